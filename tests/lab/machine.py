# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A machine of a lab from its start to its first login, and what is put into it then.

It owns the way to that login; it must never know how the machine itself is run: that is qemu_machine.py's and
libvirt_machine.py's.
"""
import asyncio
import contextlib
import io
import os
import tarfile
import time

import ssh
from errors import LabError
from image import die_with_parent

PANIC = b"Kernel panic - not syncing"
STARTS = 3  # of a machine whose emulated processor is lost
LOST_LOOK_S = 10


class Machine:
    """`lab` is the supervisor: folder, options, key, the other machines, and whom to tell."""

    def __init__(self, lab, spec, part):
        self.lab, self.spec, self.part = lab, spec, part
        self.name = spec.name
        self.task = None    # follows its boot
        self.master = None  # the ssh connection that is held open for everybody
        self.watch = None   # reads its console for a panic
        self.panicked = asyncio.Event()

    # -- what the kinds of machines do differently ----------------------------

    async def start(self):
        """Start it; it is not running."""
        raise NotImplementedError

    async def reset(self):
        """Press its reset button; it is running."""
        raise NotImplementedError

    async def end(self):
        """End it at once, if it runs."""
        raise NotImplementedError

    async def ended(self):
        """None while it runs, else how it ended."""
        raise NotImplementedError

    async def knock(self):
        """Whether it is worth trying to log in."""
        return True

    async def console_from(self, offset):
        """What its serial console said from that byte on."""
        raise NotImplementedError

    async def console_size(self):
        raise NotImplementedError

    def console_stream(self, offset):
        """The same as it comes: an asynchronous generator, which may go on when the machine has ended."""
        raise NotImplementedError

    async def last_words(self):
        """The ends of its logs, for people."""
        raise NotImplementedError

    async def keep_console(self):
        """Put what its console said into a log of the lab, unless it is in one anyhow."""

    async def lost(self):
        """What to tell if what runs it has lost it, through no fault of anything in it."""
        return None

    async def panicked_lost(self):
        """The same of one whose kernel has panicked."""
        return None

    async def look(self):
        """Notice an end that nobody tells of."""

    def access(self):
        """The way in for ssh."""
        raise NotImplementedError

    def below(self):
        """The machine it runs in, if it is one of the lab."""
        return None

    # -- what they share --------------------------------------------------------

    def follow(self):
        self.task = asyncio.create_task(self._boot())

    def forget(self):
        """Stop following it and close the connection to it."""
        master, self.master = self.master, None
        if master and master.returncode is None:
            master.kill()
        for task in (self.task, self.watch):
            if task and not task.done():
                task.cancel()

    async def _boot(self):
        """Follow it from its start to its first login; raise when it cannot get there."""
        for again in range(STARTS):
            lost = await self._boot_once()
            if not lost:
                return
            self.lab.say("again", f"{self.name}: {lost}" + ("" if again == STARTS - 1 else "; once more"))
            await self.end()
            if again < STARTS - 1:
                await self.start()
        raise LabError(f"{self.name}: {lost}, {STARTS} times")

    async def _boot_once(self):
        """None once it is up; why it has to be started again."""
        part = self.part
        part.status, part.detail, part.took = "booting", "", None
        part.started = time.monotonic()
        self.panicked.clear()
        part.extra["panic_from"] = await self.console_size()
        if self.watch:
            self.watch.cancel()
        panics = self.watch = asyncio.create_task(self._panics(part.extra["panic_from"]))
        answers = asyncio.create_task(self._login())
        lost = asyncio.create_task(self._until_lost())
        limit = self.slowness * self.lab.options.boot_timeout
        try:
            done, _ = await asyncio.wait({panics, answers, lost}, timeout=limit,
                                         return_when=asyncio.FIRST_COMPLETED)
            if answers in done:
                answers.result()
                part.took = round(time.monotonic() - part.started, 1)
                self.lab.say("up", f"{self.name} up, {part.took} s after its start")
                self.lab.save()
                return None
            if lost in done:
                panics.cancel()
                return lost.result()
            if panics in done:
                panics.result()
                raise LabError(f"{self.name}: {part.detail}:\n" + await self.last_words())
            raise LabError(f"{self.name} gave no login within {limit} s; its console ends:\n"
                           + await self.last_words())
        except BaseException:
            panics.cancel()
            raise
        finally:
            answers.cancel()
            lost.cancel()

    async def _until_lost(self):
        while True:
            await asyncio.sleep(LOST_LOOK_S)
            why = await self.lost()
            if why:
                return why

    def tell_lost(self, how):
        """It was lost after it was up: whoever works with it will want to know."""
        self.part.extra["lost"] = self.part.extra.get("lost", 0) + 1
        self.lab.say("lost", f"{self.name}: {how}")
        self.lab.save()

    async def _login(self):
        """Wait for sshd, hold one connection open for everybody, then set the machine up."""
        looked = 0.0
        while True:
            if time.monotonic() - looked > self.patience:
                how = await self.ended()
                if how:
                    raise LabError(f"{self.name} {how}:\n" + await self.last_words())
                looked = time.monotonic()
            if await self.knock():
                self.part.extra["sshd"] = round(time.monotonic() - self.part.started, 1)
                if await self._connect() and await self._settle():
                    await self._set_up()
                    self.part.status = "up"
                    return
            await asyncio.sleep(self.pause)

    async def _connect(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.lab.run.file(self.access().socket()))
        with open(self.lab.run.file(f"{self.name}.ssh.log"), "ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self.access().master(), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.lab.run.path, preexec_fn=die_with_parent())
        self.master = process
        while process.returncode is None:
            if os.path.exists(self.lab.run.file(self.access().socket())):
                asyncio.create_task(self._keep(process))
                return True
            await asyncio.sleep(0.05)
        return False

    async def _keep(self, process):
        """When the connection is lost but the machine lives (it rebooted, say), follow it anew."""
        await process.wait()
        if self.master is not process or self.lab.ending.is_set():
            return
        await asyncio.sleep(0.5)
        if self.part.status == "up" and not await self.ended():
            self.tell_lost("connection lost, following its boot")
            self.follow()
            with contextlib.suppress(LabError):
                await self.task

    async def _settle(self):
        """Up also means that udev has bound drivers to what it found; False if the connection was lost."""
        status, _ = await self.run(["udevadm", "settle", "--timeout=60"])
        if status == ssh.FAILED:
            return False
        if status:
            self.lab.say("slow", f"{self.name}: its devices did not settle within 60 s")
        return True

    async def _set_up(self):
        """Put into it what its topology wants there, and run what makes use of it."""
        for setup in self.spec.setup:
            script = "tar -C / -xf - && exec \"$@\""
            status, output = await self.run(["sh", "-c", script, "sh", *setup.command], archive(setup.files))
            if status:
                raise LabError(f"{self.name}: {' '.join(setup.command)} ended with status {status}:\n"
                               + output.decode(errors="replace"))

    async def run(self, argv, stdin=b""):
        """A command in it: exit status, and all it said."""
        process = await asyncio.create_subprocess_exec(
            *self.access().command(argv), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, cwd=self.lab.run.path, preexec_fn=die_with_parent())
        talk = asyncio.create_task(process.communicate(stdin))
        panic = asyncio.create_task(self._panic())
        try:
            await asyncio.wait({talk, panic}, return_when=asyncio.FIRST_COMPLETED)
            if not talk.done():
                raise LabError(panic.result())
            return process.returncode, talk.result()[0]
        finally:
            panic.cancel()
            if not talk.done():
                talk.cancel()
                with contextlib.suppress(ProcessLookupError):
                    process.kill()

    async def _panic(self):
        """Wait for the panic of it, or of what it runs in: what to tell of it."""
        machines = [self]
        while machines[-1].below():
            machines.append(machines[-1].below())
        waits = [asyncio.create_task(m.panicked.wait()) for m in machines]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            gone = next(m for m, w in zip(machines, waits) if w.done())
            return f"{gone.name}: {gone.part.detail}:\n" + await gone.last_words()
        finally:
            for wait in waits:
                wait.cancel()

    async def _panics(self, offset):
        """Watch its console for the one line that means it is gone."""
        kept = b""
        async for text in self.console_stream(offset):
            kept = kept[-200:] + text
            at = kept.find(PANIC)
            if at >= 0:
                await asyncio.sleep(0.5)
                self.part.status = "panicked"
                self.part.detail = kept[at:].splitlines()[0].decode(errors="replace").strip()
                await self.keep_console()
                self.lab.say("died", f"{self.name}: {self.part.detail}")
                self.lab.save()
                self.panicked.set()
                with contextlib.suppress(OSError, ValueError, LabError):  # what runs it may end meanwhile
                    if how := await self.panicked_lost():
                        self.tell_lost(how)
                return

    pause = 0.2     # seconds between tries to log in
    patience = 0.5  # and between looks whether it runs
    slowness = 1    # how many times the limit for a boot it gets


def archive(files):
    """A tar of `files`, absolute path in the machine -> path here, or what stands in it; owned by root."""
    def owned_by_root(info):
        info.uid = info.gid = 0
        info.uname = info.gname = "root"
        return info

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for target, source in files.items():
            if isinstance(source, bytes):
                info = tarfile.TarInfo(target.lstrip("/"))
                info.size, info.mode = len(source), 0o644
                tar.addfile(info, io.BytesIO(source))
            else:
                tar.add(source, target.lstrip("/"), filter=owned_by_root)
    return buffer.getvalue()


def tail(text, lines=15):
    return "\n".join(text.decode(errors="replace").replace("\r", "").splitlines()[-lines:])
