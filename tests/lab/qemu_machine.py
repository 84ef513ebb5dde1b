# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A machine whose QEMU is a process of this lab.

It owns that process; it must never know what runs inside.
"""
import asyncio
import collections
import contextlib
import json
import os
import re

import ssh
import vm
from children import Part
from errors import LabError
from machine import Machine

CONSOLE_LOOK_S = 0.5
STACK = 16384          # bytes of a kernel's stack, x86-64 Linux
KERNEL_CS, KERNEL_SS = 0x10, 0x18
FAULTS_IN_FAULTS = 16  # more than any kernel has for good reasons


class QemuMachine(Machine):
    def __init__(self, lab, spec):
        part = Part(spec.name, "vm", vm.command_line(spec, lab.guest), f"{spec.name}.qemu.log")
        part.extra = {"reach": spec.reach(), "console": f"{spec.name}.log"}
        super().__init__(lab, spec, part)
        self.how = lab.accel
        vm.make_disk(spec, lab.guest, lab.run.path)

    def access(self):
        return ssh.Access(self.name, self.spec.reach(), self.lab.key())

    async def start(self):
        await self.lab.children.spawn(self.part, self.lab.guest.qemu().environment())

    async def reset(self):
        await self._qmp("system_reset")

    async def end(self):
        await self.lab.children.end(self.part, 3.0)

    async def ended(self):
        return None if self.part.running() else self.part.detail or "ended"

    async def knock(self):
        """Whether sshd greets."""
        writer = None
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.spec.ssh_port), 5)
            return (await asyncio.wait_for(reader.readline(), 5)).startswith(b"SSH-")
        except (OSError, asyncio.TimeoutError):
            return False
        finally:
            if writer:
                writer.close()

    async def console_size(self):
        log = self.lab.run.file(f"{self.name}.log")
        return os.path.getsize(log) if os.path.exists(log) else 0

    async def console_from(self, offset):
        with contextlib.suppress(OSError):
            with open(self.lab.run.file(f"{self.name}.log"), "rb") as f:
                f.seek(offset)
                return f.read()
        return b""

    async def console_stream(self, offset):
        while not await self.ended():
            text = await self.console_from(offset)
            offset += len(text)
            yield text
            await asyncio.sleep(CONSOLE_LOOK_S)

    async def last_words(self):
        return "\n".join(filter(None, (self.lab.run.tail(self.part.log), self.lab.run.tail(f"{self.name}.log", 30))))

    async def panicked_lost(self):
        """QEMU's emulated SVM now and then runs a guest with its host's registers: that faults within the handler of
        its own fault until the stack of the host's kernel is full (docs/lab.md). What it leaves is looked for."""
        for rsp in re.findall(r"\bRSP=([0-9a-f]+)", await self._monitor("info registers -a")):
            stack = int(rsp, 16) & -STACK
            words = [int(word, 16) for word in
                     re.findall(r" 0x([0-9a-f]{16})\b", await self._monitor(f"x/{STACK // 8}gx {stack:#x}"))]
            faults = collections.Counter(
                rip for rip, cs, at, ss in zip(words, words[1:], words[3:], words[4:])
                if (cs, ss) == (KERNEL_CS, KERNEL_SS) and stack <= at < stack + STACK)
            for rip, times in faults.most_common(1):
                if times >= FAULTS_IN_FAULTS:
                    return f"its emulated processor was lost: faults within faults, {times} times (RIP {rip:x})"
        return None

    async def _monitor(self, question):
        return await self._qmp("human-monitor-command", **{"command-line": question})

    async def _qmp(self, command, **arguments):
        """A command to QEMU: its answer."""
        reader, writer = await asyncio.open_unix_connection(f"{self.name}.qmp", limit=1 << 20)
        try:
            await reader.readline()
            for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                writer.write(json.dumps(request).encode() + b"\n")
                reply = {}
                while "return" not in reply:
                    reply = json.loads(await asyncio.wait_for(reader.readline(), 10))
                    if "error" in reply:
                        raise LabError(f"QEMU refused {request['execute']}: {reply['error']['desc']}")
            return reply["return"]
        finally:
            writer.close()
