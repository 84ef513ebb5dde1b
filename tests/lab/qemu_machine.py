# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A machine whose QEMU is a process of this lab.

It owns that process; it must never know what runs inside.
"""
import asyncio
import contextlib
import json
import os

import ssh
import vm
from children import Part
from errors import LabError
from machine import Machine

CONSOLE_LOOK_S = 0.5


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

    async def _qmp(self, command):
        reader, writer = await asyncio.open_unix_connection(f"{self.name}.qmp")
        try:
            await reader.readline()
            for name in ("qmp_capabilities", command):
                writer.write(json.dumps({"execute": name}).encode() + b"\n")
                while True:
                    reply = json.loads(await asyncio.wait_for(reader.readline(), 10))
                    if "error" in reply:
                        raise LabError(f"QEMU refused {name}: {reply['error']['desc']}")
                    if "return" in reply:
                        break
        finally:
            writer.close()
