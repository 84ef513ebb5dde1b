# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A machine that libvirt runs in another machine of the lab.

It owns what is asked of libvirt there; it must never know which device its guest was given.
"""
import re

import guest
import ssh
from children import Part
from errors import LabError
from machine import Machine, tail

CONSOLE = "/var/log/libvirt/qemu/{}.console"


def guest_top(megabytes):
    """Where the memory of a q35 machine ends: from 2816 MiB on all but 2 GiB lies above 4 GiB (QEMU, pc_q35_init())."""
    return (megabytes if megabytes < 2816 else megabytes + 2048) << 20


class LibvirtMachine(Machine):
    patience = 5.0
    slowness = 2
    how = "libvirt"

    def __init__(self, lab, spec):
        part = Part(spec.name, "guest", [], f"{spec.name}.log")
        part.extra = {"reach": spec.reach(), "host": spec.host}
        super().__init__(lab, spec, part)
        lab.children.parts[spec.name] = part

    @property
    def host(self):
        return self.lab.machines[self.spec.host]

    def below(self):
        return self.host

    def access(self):
        return ssh.Access(self.name, self.spec.reach(), self.lab.key(), self.host.access())

    async def _virsh(self, *words):
        status, output = await self.host.run(["virsh", "-q", *words])
        if status:
            raise LabError(f"{self.spec.host}: virsh {' '.join(words)}: {output.decode(errors='replace').strip()}")
        return output.decode(errors="replace").strip()

    async def start(self):
        await self._virsh("start", self.name)

    async def reset(self):
        await self._virsh("reset", self.name)

    async def end(self):
        self.part.expected_end = True
        if await self.host.ended() is None and not await self.ended():
            await self._virsh("destroy", self.name)

    async def ended(self):
        how = await self.host.ended() or (self.host.panicked.is_set() and "panicked")
        if how:
            return f"ended with its host, which {how}"
        what = await self._virsh("domstate", self.name, "--reason")
        return None if what.startswith(("running", "paused")) else f"is {what}"

    async def lost(self):
        """QEMU's emulated SVM sometimes saves the host's registers in a guest's place (docs/lab.md): its page table
        lies outside of its memory then, and it never gets on."""
        status, text = await self.host.run(["virsh", "-q", "qemu-monitor-command", "--hmp", self.name,
                                            "info registers"])
        found = re.search(rb"\bCR3=([0-9a-f]+)", text)
        if not status and found and int(found[1], 16) >= guest_top(guest.megabytes(self.spec.mem)):
            return f"its emulated processor is lost (CR3 {found[1].decode()})"
        return None

    async def look(self):
        if self.part.status == "up":
            how = await self.ended()
            if how:
                self.part.status, self.part.detail = "ended", how

    async def console_size(self):
        status, output = await self.host.run(["stat", "-c", "%s", CONSOLE.format(self.name)])
        return 0 if status else int(output)

    async def console_from(self, offset):
        status, output = await self.host.run(["tail", "-c", f"+{offset + 1}", CONSOLE.format(self.name)])
        return b"" if status else output

    async def last_words(self):
        _, qemu = await self.host.run(["tail", "-n", "15", f"/var/log/libvirt/qemu/{self.name}.log"])
        return tail(qemu) + "\n" + tail(await self.console_from(0), 30)
