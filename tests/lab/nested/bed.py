# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What tests of the nested topology share: TAP, the lab tool, programs in machines that one can talk to.

It owns no expectations.
"""
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", "..", ".."))
LAB = os.path.join(TOP, "tests", "lab", "lab")
HOST, DEV = "host1", "underpass0"


class Tap:
    def __init__(self):
        self.n, self.failed = 0, 0

    def check(self, good, text, detail=""):
        self.n += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {text}" + (f"\n# {detail}" if detail else ""), flush=True)

    def end(self):
        """The plan; the exit status."""
        print(f"1..{self.n}")
        return 1 if self.failed else 0


class Talk:
    """A program in a machine that answers each line by one line of JSON."""

    def __init__(self, machine, *argv):
        self.process = subprocess.Popen([LAB, "exec", "--timeout", "900", machine, "--", *argv], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.first = self.process.stdout.readline().strip()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        return self.process.wait(60)


def lab(*argv):
    subprocess.run([LAB, *argv], check=True)


def output(*argv):
    return subprocess.run([LAB, *argv], check=True, text=True, stdout=subprocess.PIPE).stdout


def put_in_host(program):
    """A program of this folder that watches the host from inside, and what it stands on."""
    lab("put", HOST, os.path.join(HERE, program), os.path.join(HERE, "inhost.py"), "/root/")


def start_server(machine, words, port=18515, stderr=None):
    """A program in a machine, its output dropped, once it listens or has ended."""
    server = subprocess.Popen([LAB, "exec", "-n", "--timeout", "120", machine, "--", *words], stdout=subprocess.DEVNULL,
                              stderr=stderr)
    while server.poll() is None and not output("exec", "-n", machine, "--", "ss", "-Hltn", f"sport = :{port}").strip():
        time.sleep(0.1)
    return server


def perftest(server, client, words, port=18515):
    """A perftest between two machines: what the client said."""
    process = start_server(server, words, port)
    try:
        return output("exec", "-n", "--timeout", "120", client, "--", *words, server)
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def traffic(server, client, words):
    """A perftest between two machines that goes on meanwhile; what it says when it is cut off is dropped."""
    processes = [start_server(server, words, stderr=subprocess.DEVNULL)]
    processes.append(subprocess.Popen([LAB, "exec", "-n", "--timeout", "120", client, "--", *words, server],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    try:
        counted = output("model", "counters", f"{server}.0")
        while output("model", "counters", f"{server}.0") == counted:
            time.sleep(0.1)
        yield
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait()


def daemon(guest, what):
    """An answer of a guest's daemon."""
    return next(iter(json.loads(output("ctl", guest, what, "--json")).values()))


def _lost():
    """How often machines of the lab were lost by the emulator that runs their host (docs/lab.md)."""
    state = json.loads(subprocess.run([LAB, "status", "--json"], stdout=subprocess.PIPE, check=False).stdout)
    return {name: part["lost"] for name, part in state["parts"].items() if "lost" in part}


def steadily(step, *how):
    """What a step found; once more if a guest was lost meanwhile."""
    before = _lost()
    try:
        return step(*how)
    except (subprocess.CalledProcessError, OSError, ValueError):
        time.sleep(2)  # the lab may still have to notice
        gone = [name for name, times in _lost().items() if times != before.get(name)]
        if not gone:
            raise
        print(f"\nThe emulated processor of {' and '.join(gone)} was lost (docs/lab.md); once more", flush=True)
        for name in gone:
            lab("restart", name)
        return step(*how)


@contextlib.contextmanager
def own_lab(topology, *options, tries=1):
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LAB_DIR"] = os.path.join(folder, "lab")
        while subprocess.run([LAB, "up", topology, "--model-arg=--strict", *options], check=False).returncode:
            tries -= 1
            if not tries:
                print("Bail out! the lab did not come up")
                sys.exit(1)
        try:
            yield
        finally:
            save = os.environ.get("LAB_ENDED")  # in a run of many tests the logs stay
            test = f"{topology}-{os.path.basename(sys.argv[0])}"
            subprocess.run([LAB, "down", *(("--save", os.path.join(save, test)) if save else ())], check=False)


@contextlib.contextmanager
def some_lab(topology, *options):
    """The one in LAB_DIR if it is up, or the one that all tests of a run share, else one of one's own."""
    if "LAB_DIR" not in os.environ and "LAB_SHARED" in os.environ:
        os.environ["LAB_DIR"] = subprocess.run([os.path.join(HERE, "..", "shared"), topology], check=True, text=True,
                                               stdout=subprocess.PIPE).stdout.strip()
    up = "LAB_DIR" in os.environ and not subprocess.run([LAB, "status"], capture_output=True, check=False).returncode
    with contextlib.nullcontext() if up else own_lab(topology, *options):
        yield
