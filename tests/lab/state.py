# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The folder of one running lab: its file names, its state file, its control socket.

It owns the layout of that folder; it must never know how a machine is started or entered.
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import time

from errors import LabError

STATE = "lab.json"
CONTROL = "lab.sock"
LAN = "lan.sock"
MODEL_CONTROL = "model.ctl"
SUPERVISOR_LOG = "supervisor.log"


class RunDir:
    """All names inside are used relative to the folder: a socket path may only have 107 bytes."""

    def __init__(self, path):
        self.path = os.path.abspath(path)

    def file(self, name):
        return os.path.join(self.path, name)

    def exists(self):
        return os.path.exists(self.file(STATE))

    def create(self):
        """Make the folder ready for a new lab, and refuse one that is not ours to use."""
        if os.path.isdir(self.path) and os.listdir(self.path):
            if not self.exists():
                raise LabError(f"{self.path} is neither empty nor the folder of a lab")
            if self.supervisor_alive():
                raise LabError(f"a lab is already up in {self.path}; see `lab status`, end it by `lab down`")
            self.remove()
        os.makedirs(self.path, exist_ok=True)
        shutil.rmtree(self.failed(), ignore_errors=True)
        self.write({"phase": "starting", "parts": {}})

    def failed(self):
        """Where the logs of a lab that did not come up are kept."""
        return self.path + ".failed"

    def write(self, state):
        temporary = self.file(STATE + ".new")
        with open(temporary, "w", encoding="utf-8") as f:
            json.dump(state, f, indent=1)
        os.rename(temporary, self.file(STATE))

    def read(self):
        try:
            with open(self.file(STATE), encoding="utf-8") as f:
                return json.load(f)
        except FileNotFoundError:
            raise LabError(f"no lab is up in {self.path}; start one by `lab up stock`") from None

    def supervisor_alive(self):
        with contextlib.suppress(LabError, OSError):
            with self.connect(CONTROL):
                return True
        return False

    def connect(self, name, timeout=10.0):
        """Connect to a socket of the folder, however long the folder's name is."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(timeout)
        try:
            folder = os.open(self.path, os.O_PATH | os.O_DIRECTORY)
        except OSError as e:
            sock.close()
            raise LabError(f"no lab is up in {self.path}: {e.strerror}") from e
        try:
            sock.connect(f"/proc/self/fd/{folder}/{name}")
        except OSError as e:
            sock.close()
            raise LabError(f"cannot reach {name} in {self.path}: {e.strerror}") from e
        finally:
            os.close(folder)
        return sock

    def ask(self, request, timeout=30.0):
        """One request to the supervisor, one answer."""
        with self.connect(CONTROL, timeout) as sock:
            sock.sendall(json.dumps(request).encode() + b"\n")
            try:
                line = sock.makefile("rb").readline()
            except TimeoutError:
                raise LabError(f"the supervisor did not answer within {timeout:.0f} s") from None
        if not line:
            raise LabError("the supervisor closed the connection without an answer")
        answer = json.loads(line)
        if "error" in answer:
            raise LabError(answer["error"])
        return answer

    def tail(self, name, lines=15):
        """The last lines of a log, or nothing."""
        with contextlib.suppress(OSError):
            with open(self.file(name), "rb") as f:
                f.seek(max(0, os.fstat(f.fileno()).st_size - 8192))
                text = f.read().decode(errors="replace").replace("\r", "")
            return "\n".join(text.splitlines()[-lines:])
        return ""

    def kill_leftovers(self):
        """End processes that a killed supervisor may have left; normally they died with it."""
        for part in self.read().get("parts", {}).values():
            pid, born = part.get("pid"), part.get("born")
            if pid and born and process_birth(pid) == born:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def remove(self):
        if self.exists():
            self.kill_leftovers()
            shutil.rmtree(self.path, ignore_errors=True)

    def keep_logs(self, where):
        os.makedirs(where, exist_ok=True)
        for name in os.listdir(self.path):
            if name.endswith(".log"):
                shutil.copy(self.file(name), where)


def process_birth(pid):
    """Start time of a process in clock ticks: with the pid it names one process for ever."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        if fields[0] != "Z":
            return int(fields[19])
    return None


def wait_until(condition, timeout, interval=0.05):
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(interval)
    return True
