# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Processes of a lab: starting them, noticing their end, ending them.

It owns what is known of each part of a lab; it must never know what a part is for.
"""
import asyncio
import contextlib
import os
import signal
import time

import state
import vm
from image import die_with_parent


class Part:
    """A part of a lab and what is known of it; `argv` is empty where another machine runs it."""

    def __init__(self, name, kind, argv, log):
        self.name, self.kind, self.argv, self.log = name, kind, argv, log
        self.process = None
        self.status = "not started"
        self.detail = ""
        self.expected_end = False
        self.started = 0.0
        self.took = None
        self.extra = {}

    def running(self):
        return self.process is not None and self.process.returncode is None

    def record(self):
        pid = self.process.pid if self.running() else None
        return {"kind": self.kind, "status": self.status, "detail": self.detail, "pid": pid,
                "born": state.process_birth(pid) if pid else None, "log": self.log, "seconds": self.took,
                "command": vm.quoted(self.argv), **self.extra}


class Children:
    """All parts of a lab. `lost` is called with a part that ended by itself."""

    def __init__(self, run, lost):
        self.run, self.lost = run, lost
        self.parts = {}

    def of_kind(self, *kinds):
        return [p for p in self.parts.values() if p.kind in kinds]

    async def spawn(self, part, env=None):
        with open(self.run.file(part.log), "ab") as log:
            part.process = await asyncio.create_subprocess_exec(
                *part.argv, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.run.path,
                env={**os.environ, **(env or {})}, preexec_fn=die_with_parent())
        part.status, part.detail, part.expected_end = "running", "", False
        part.started = time.monotonic()
        self.parts[part.name] = part
        asyncio.create_task(self._watch(part, part.process))

    async def _watch(self, part, process):
        """Notice and report the end of a child."""
        code = await process.wait()
        if part.process is not process or part.expected_end:
            return
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exited with status {code}"
        # QEMU ends with status 0 when its guest powers off.
        part.status = "ended" if code == 0 and part.kind == "vm" else "died"
        part.detail = "powered off" if part.status == "ended" else how
        self.lost(part)

    async def end(self, part, grace=5.0):
        process = part.process
        part.expected_end = True
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), grace)
        except asyncio.TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            if part.kind == "service":
                part.status, part.detail = "died", f"did not end within {grace:.0f} s of SIGTERM"
                return
        if part.kind == "service" and process.returncode not in (0, -signal.SIGTERM):
            part.status, part.detail = "died", f"ended with status {process.returncode} when told to stop"
        elif part.status == "running":
            part.status = "ended"

    def faults(self):
        """Services that did not end the way they should; a machine's end is its own affair."""
        return [f"{p.name} {p.detail}" for p in self.of_kind("service") if p.status == "died"]
