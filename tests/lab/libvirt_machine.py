# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A machine that libvirt runs in another machine of the lab.

It owns what is asked of libvirt there; it must never know which device its guest was given.
"""
import asyncio
import contextlib
import re

import guest
import ssh
from children import Part
from errors import LabError
from image import die_with_parent
from machine import Machine, tail

QUESTIONS = ("info registers", "x/128gx $rsp")  # to the QEMU of a lost guest
CONSOLE = "/var/log/libvirt/qemu/{}.console"
INTERRUPTS_ON = 0x200  # RFLAGS.IF
RECONNECT_S = 5
STUCK_LOOKS = 3        # at a processor that gets no further, this many seconds apart
STUCK_LOOK_S = 3
STUCK_LOOP = 16        # bytes of code that a wait for a spinlock takes at most


def guest_top(megabytes):
    """Where the memory of a q35 machine ends: from 2816 MiB on all but 2 GiB lies above 4 GiB (QEMU, pc_q35_init())."""
    return (megabytes if megabytes < 2816 else megabytes + 2048) << 20


class LibvirtMachine(Machine):
    # Each try or look is work of the host, whose processors are all that its guests have.
    pause = 1.5
    patience = 10.0
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
        """QEMU's emulated SVM loses guests in two ways (docs/lab.md): it saves the host's registers in the guest's
        place, whose page table lies outside of its memory then; or it delivers an interrupt a second time where the
        guest has interrupts off, and the guest waits for ever for a lock that it holds itself."""
        seen = await self._registers()
        if not seen:
            return None
        if seen["CR3"] >= guest_top(guest.megabytes(self.spec.mem)):
            await self.keep_console(*QUESTIONS)
            return f"its emulated processor is lost (CR3 {seen['CR3']:x})"
        for _ in range(STUCK_LOOKS):
            if seen["RFL"] & INTERRUPTS_ON or seen["HLT"]:
                return None
            await asyncio.sleep(STUCK_LOOK_S)
            now = await self._registers()
            if not now or abs(now["RIP"] - seen["RIP"]) > STUCK_LOOP or any(now[n] != seen[n] for n in ("RSP", "CR3")):
                return None
            seen = now
        await self.keep_console(*QUESTIONS)
        return f"its emulated processor waits with interrupts off (RIP {seen['RIP']:x})"

    async def _registers(self):
        text = await self._monitor("info registers")
        found = {name.decode(): int(value, 16)
                 for name, value in re.findall(rb"\b(RIP|RSP|RFL|HLT|CR3)=([0-9a-f]+)", text)}
        return found if len(found) == 5 else None

    async def _monitor(self, question):
        status, text = await self.host.run(["virsh", "-q", "qemu-monitor-command", "--hmp", self.name, question])
        return b"" if status else text

    async def keep_console(self, *questions):
        """With what its QEMU says to `questions`."""
        text = await self.console_from(0)
        for question in questions:
            text += f"\n(qemu) {question}\n".encode() + await self._monitor(question)
        with open(self.lab.run.file(self.part.log), "wb") as log:
            log.write(text)

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

    async def console_stream(self, offset):
        while True:
            process = await asyncio.create_subprocess_exec(
                *self.host.access().command(["tail", "-c", f"+{offset + 1}", "-F", CONSOLE.format(self.name)]),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                cwd=self.lab.run.path, preexec_fn=die_with_parent())
            try:
                while text := await process.stdout.read(65536):
                    offset += len(text)
                    yield text
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            await asyncio.sleep(RECONNECT_S)  # the connection to the host was lost

    async def last_words(self):
        _, qemu = await self.host.run(["tail", "-n", "15", f"/var/log/libvirt/qemu/{self.name}.log"])
        return tail(qemu) + "\n" + tail(await self.console_from(0), 30)
