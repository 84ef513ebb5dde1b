# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Commands and files in machines: `lab exec`, `lab put`, `lab get`.

It owns one command from start to end, also when it must be cut short; it must never know who runs the machine.
"""
import os
import secrets
import shlex
import signal
import subprocess

import ssh
from errors import EXIT_LAB, EXIT_TIMEOUT, LabError

MACHINES = ("vm", "guest")  # kinds of parts
MARK = "LAB_EXEC"

# Ends everything that carries the mark in its environment, daemons of the command included. One grep for all
# processes: under emulation one for each takes seconds.
REMOTE_KILL = r"""
marked() { grep -lsz "^$0\$" /proc/[0-9]*/environ | tr -dc '0-9\n'; }
hit() { found=$(marked); [ -z "$found" ] || kill "-$1" $found; }
hit TERM && sleep 0.3; hit KILL
"""


def access_to(run, name, state=None):
    """The way into a machine, after checking that it is one and runs."""
    state = state or run.read()
    part = state["parts"].get(name)
    if part is None or part["kind"] not in MACHINES:
        names = [n for n, p in state["parts"].items() if p["kind"] in MACHINES]
        raise LabError(f"no machine {name}; there are: {' '.join(names) or 'none yet'}")
    if part["status"] in ("died", "ended", "panicked"):
        raise LabError(f"{name} {part['status']}: {part['detail']} (see: lab logs {name})")
    reach = part["reach"]
    jump = access_to(run, reach["via"], state) if "via" in reach else None
    return ssh.Access(name, reach, state["key"], jump)


def interrupted(_signal, _frame):
    raise KeyboardInterrupt


def execute(run, name, command, timeout, no_stdin=False, tty=False):
    if not command:
        raise LabError("nothing to run; usage: lab exec VM -- COMMAND …")
    access = access_to(run, name)
    signal.signal(signal.SIGTERM, interrupted)
    mark = f"{MARK}={secrets.token_hex(6)}"
    argv = access.command(command, mark, tty)
    with subprocess.Popen(argv, cwd=run.path, stdin=subprocess.DEVNULL if no_stdin else None) as child:
        try:
            status = child.wait(timeout or None)
        except subprocess.TimeoutExpired:
            killed = kill_remote(run, access, mark)
            child.terminate()
            raise LabError(f"time-out: {' '.join(command)!r} on {name} did not end within {timeout:g} s; "
                           + ("it was killed" if killed else why_silent(run, name)), EXIT_TIMEOUT) from None
        except KeyboardInterrupt:
            kill_remote(run, access, mark)
            child.terminate()
            raise
    if status == ssh.FAILED:
        access_to(run, name)  # raises with the reason when the machine is gone
    return status if status >= 0 else 128 - status


def kill_remote(run, access, mark):
    try:
        return subprocess.run(access.command(["sh", "-c", REMOTE_KILL, mark]), cwd=run.path, timeout=15,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False).returncode != ssh.FAILED
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        return False


def why_silent(run, name):
    """A machine did not even let us kill: what the lab finds out about it."""
    text = "and the machine did not let it be killed"
    try:
        lost = run.ask({"do": "look", "name": name}, timeout=300)["lost"]
        return f"{text}: {lost}; it was started anew" if lost else text
    except LabError as e:
        return f"{text} ({e})"


def _copy(run, access, sources, target, recursive, timeout):
    try:
        done = subprocess.run(access.copy(sources, target, recursive), cwd=run.path, stdin=subprocess.DEVNULL,
                              timeout=timeout or None, check=False)
    except subprocess.TimeoutExpired:
        raise LabError(f"time-out: copying did not end within {timeout:g} s", EXIT_TIMEOUT) from None
    if done.returncode == ssh.FAILED:
        access_to(run, access.name)
    return EXIT_LAB if done.returncode == ssh.FAILED else done.returncode


def put(run, name, sources, target, timeout):
    access = access_to(run, name)
    sources = [os.path.abspath(s) for s in sources]
    for source in sources:
        if not os.path.exists(source):
            raise LabError(f"{source} is not there", 1)
    recursive = any(map(os.path.isdir, sources))
    return _copy(run, access, sources, access.remote_path(target), recursive, timeout)


def get(run, name, sources, target, timeout):
    access = access_to(run, name)
    sources = [access.remote_path(s) for s in sources]
    return _copy(run, access, sources, os.path.abspath(target), True, timeout)


def ctl(run, guest, words, timeout):
    """underpassctl, with the control socket of that guest's daemon as its last word."""
    parts = run.read()["parts"]
    if guest not in parts:
        raise LabError(f"no guest {guest}")
    if "host" in parts[guest]:
        return execute(run, parts[guest]["host"], ["underpassctl", *words, guest], timeout, no_stdin=True)
    daemon = parts.get(f"underpassd-{guest}")
    if daemon is None:
        raise LabError(f"{guest} has no underpassd")
    program = os.path.join(os.path.dirname(shlex.split(daemon["command"])[0]), "underpassctl")
    return subprocess.run([program, *words, f"./up-{guest}.ctl"], cwd=run.path, stdin=subprocess.DEVNULL,
                          timeout=timeout, check=False).returncode
