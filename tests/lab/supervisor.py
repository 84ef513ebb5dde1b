# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The supervisor: the one process that owns every child of a running lab and outlives `lab up`.

It owns starting, watching and ending; it must never outlive its lab, nor its children outlive it:
each gets SIGKILL from the kernel when this process ends, however it ends.
"""
import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import time

import lan
import ssh
import state
import topology
import vm
from errors import LabError
from image import GuestImage, QemuImage, die_with_parent

PANIC = b"Kernel panic - not syncing"


class Part:
    """A child process and what is known of it. Logs to <name>.log unless told otherwise."""

    def __init__(self, name, kind, argv, log):
        self.name, self.kind, self.argv, self.log = name, kind, argv, log
        self.process = None
        self.status = "not started"
        self.detail = ""
        self.expected_end = False
        self.started = 0.0
        self.took = None
        self.extra = {}

    def record(self):
        pid = self.process.pid if self.process and self.process.returncode is None else None
        return {"kind": self.kind, "status": self.status, "detail": self.detail, "pid": pid,
                "born": state.process_birth(pid) if pid else None, "log": self.log, "seconds": self.took,
                "command": vm.quoted(self.argv), **self.extra}


class Supervisor:
    def __init__(self, run, options, cache, accel):
        self.run, self.options, self.accel = run, options, accel
        self.qemu, self.guest = QemuImage(cache), GuestImage(cache)
        self.parts = {}
        self.specs = {}
        self.lan = lan.Lan()
        self.phase = "starting"
        self.ending = asyncio.Event()
        self.ended = asyncio.Event()
        self.clients = set()
        self.tasks = {}      # VM name -> the task that follows its boot
        self.masters = {}    # VM name -> ssh process
        self.start = time.monotonic()
        self.image_locks = []
        self.bringing = None  # the task of bring_up
        self.fatal = ""       # why it was cancelled, if something died

    # -- telling ------------------------------------------------------------

    def say(self, kind, text):
        """A line for `lab up`, which may be gone."""
        line = json.dumps({"kind": kind, "text": text, "at": round(time.monotonic() - self.start, 1)})
        with contextlib.suppress(OSError, ValueError):
            print(line, flush=True)
        print(line, file=sys.stderr, flush=True)

    def save(self):
        if self.run.exists():
            self.run.write(self.snapshot())

    def snapshot(self):
        return {"phase": self.phase, "topology": self.options.topology, "accel": self.accel,
                "kernel": self.options.kernel, "supervisor": os.getpid(), "key": self.guest.path("key"),
                "parts": {name: part.record() for name, part in self.parts.items()}}

    # -- children -----------------------------------------------------------

    async def spawn(self, part, env=None):
        with open(self.run.file(part.log), "ab") as log:
            part.process = await asyncio.create_subprocess_exec(
                *part.argv, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.run.path,
                env={**os.environ, **(env or {})}, preexec_fn=die_with_parent())
        part.status, part.detail, part.expected_end = "running", "", False
        part.started = time.monotonic()
        self.parts[part.name] = part
        asyncio.create_task(self._watch(part, part.process))
        self.save()

    async def _watch(self, part, process):
        """Notice and report the end of a child."""
        code = await process.wait()
        if part.process is not process or part.expected_end:
            return
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exited with status {code}"
        # QEMU ends with status 0 when its guest powers off.
        part.status = "ended" if code == 0 and part.kind == "vm" else "died"
        part.detail = "powered off" if part.status == "ended" else how
        self.say("died", f"{part.name} {part.detail}")
        self.save()
        if self.phase == "starting" and part.kind == "service" and self.bringing:
            self.fatal = f"{part.name} {part.detail} before all was up:\n{self.run.tail(part.log)}"
            self.bringing.cancel()

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

    # -- bringing up --------------------------------------------------------

    async def bring_up(self):
        plan = topology.plan(self.options.topology, self.options)
        await self.lan.start(state.LAN)  # relative: the lab's folder is the current one
        for service in plan.services:
            await self._start_service(service)
        for spec in plan.vms:
            spec.accel = self.accel
            spec.ssh_port = vm.free_port()
            self.specs[spec.name] = spec
            vm.make_disk(spec, self.qemu, self.guest, self.run.path)
            await self._start_vm(spec)
        await asyncio.gather(*self.tasks.values())
        self.phase = "up"
        self.save()

    async def _start_service(self, service):
        part = Part(service.name, "service", service.argv, f"{service.name}.log")
        self.say("start", service.name)
        await self.spawn(part)
        end = time.monotonic() + 10
        while not all(os.path.exists(self.run.file(p)) for p in service.ready):
            if part.process.returncode is not None or part.status == "died":
                raise LabError(f"{part.name} ended at its start:\n{self.run.tail(part.log)}")
            if time.monotonic() > end:
                raise LabError(f"{part.name} did not open its sockets within 10 s:\n{self.run.tail(part.log)}")
            await asyncio.sleep(0.02)
        part.took = round(time.monotonic() - part.started, 1)
        self.say("up", f"{service.name} serves")

    async def _start_vm(self, spec):
        part = self.parts.get(spec.name)
        if part is None:
            part = Part(spec.name, "vm", vm.command_line(spec, self.qemu, self.guest), f"{spec.name}.qemu.log")
            part.extra = {"reach": spec.reach(), "console": f"{spec.name}.log"}
        self.say("start", f"{spec.name} ({self.accel})")
        await self.spawn(part, self.qemu.environment())
        self._follow(spec)

    def _follow(self, spec):
        self.tasks[spec.name] = asyncio.create_task(self._boot(spec, self.parts[spec.name]))

    async def _boot(self, spec, part):
        """Follow a VM from its start to its first login; raise when it cannot get there."""
        part.status, part.took = "booting", None
        part.started = time.monotonic()
        log = self.run.file(f"{spec.name}.log")
        offset = os.path.getsize(log) if os.path.exists(log) else 0
        part.extra["panic_from"] = offset
        panics = asyncio.create_task(self._panics(spec, part, offset))
        answers = asyncio.create_task(self._login(spec, part))
        try:
            done, _ = await asyncio.wait({panics, answers}, timeout=self.options.boot_timeout,
                                         return_when=asyncio.FIRST_COMPLETED)
            if answers in done:
                answers.result()
                part.took = round(time.monotonic() - part.started, 1)
                self.say("up", f"{spec.name} up, {part.took} s after its start")
                self.save()
            elif panics in done:
                raise LabError(f"{spec.name}: {part.detail}:\n{self.run.tail(spec.name + '.log', 30)}")
            else:
                raise LabError(f"{spec.name} gave no login within {self.options.boot_timeout} s; its console ends:\n"
                               + self.run.tail(spec.name + ".log"))
        except BaseException:
            panics.cancel()
            raise
        finally:
            answers.cancel()

    async def _login(self, spec, part):
        """Wait for sshd, then hold one connection open for everybody."""
        while True:
            if part.process.returncode is not None:
                raise LabError(f"{spec.name} {part.detail or 'ended'}:\n{self.run.tail(part.log)}\n"
                               + self.run.tail(spec.name + ".log"))
            if await self._banner(spec.ssh_port):
                part.extra["sshd"] = round(time.monotonic() - part.started, 1)
                if await self._master(spec):
                    await self._settle(spec)
                    part.status = "up"
                    return
            await asyncio.sleep(0.2)

    @staticmethod
    async def _banner(port):
        writer = None
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 5)
            return (await asyncio.wait_for(reader.readline(), 5)).startswith(b"SSH-")
        except (OSError, asyncio.TimeoutError):
            return False
        finally:
            if writer:
                writer.close()

    async def _master(self, spec):
        access = ssh.Access(spec.name, spec.reach(), self.guest.path("key"))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.run.file(access.socket()))
        with open(self.run.file(f"{spec.name}.ssh.log"), "ab") as log:
            process = await asyncio.create_subprocess_exec(
                *access.master(), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.run.path, preexec_fn=die_with_parent())
        self.masters[spec.name] = process
        while process.returncode is None:
            if os.path.exists(self.run.file(access.socket())):
                asyncio.create_task(self._keep_master(spec, process))
                return True
            await asyncio.sleep(0.05)
        return False

    async def _settle(self, spec):
        """Up also means that udev has bound drivers to what it found."""
        access = ssh.Access(spec.name, spec.reach(), self.guest.path("key"))
        process = await asyncio.create_subprocess_exec(
            *access.command(["udevadm", "settle", "--timeout=60"]), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, cwd=self.run.path,
            preexec_fn=die_with_parent())
        try:
            if await process.wait() != 0:
                self.say("slow", f"{spec.name}: its devices did not settle within 60 s")
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            raise

    async def _keep_master(self, spec, process):
        """When the connection is lost but the VM lives (it rebooted, say), follow it anew."""
        await process.wait()
        part = self.parts[spec.name]
        if self.masters.get(spec.name) is not process or self.ending.is_set():
            return
        await asyncio.sleep(0.5)
        if part.process.returncode is None and part.status == "up":
            self.say("lost", f"{spec.name}: connection lost, following its boot")
            self._follow(spec)
            with contextlib.suppress(LabError):
                await self.tasks[spec.name]

    async def _panics(self, spec, part, offset):
        """Watch the console of a VM for the one line that means it is gone."""
        kept = b""
        while part.process.returncode is None:
            with contextlib.suppress(OSError):
                with open(self.run.file(f"{spec.name}.log"), "rb") as f:
                    f.seek(offset)
                    text = f.read()
                    offset += len(text)
                kept = kept[-200:] + text
            at = kept.find(PANIC)
            if at >= 0:
                await asyncio.sleep(0.5)
                part.status = "panicked"
                part.detail = kept[at:].splitlines()[0].decode(errors="replace").strip()
                self.say("died", f"{spec.name}: {part.detail}")
                self.save()
                return
            await asyncio.sleep(0.5)

    # -- requests -----------------------------------------------------------

    async def _client(self, reader, writer):
        self.clients.add(asyncio.current_task())
        try:
            line = await reader.readline()
            if not line:
                return
            request = json.loads(line)
            try:
                answer = await self.serve(request)
            except LabError as e:
                answer = {"error": str(e)}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError):
            pass
        finally:
            writer.close()
            self.clients.discard(asyncio.current_task())

    async def serve(self, request):
        what = request.get("do")
        if what == "status":
            return self.snapshot()
        if what == "restart":
            return await self.restart(request["vm"], request.get("reset", False))
        if what == "down":
            self.ending.set()
            await self.ended.wait()
            return {"supervisor": os.getpid(), "faults": self.faults()}
        raise LabError(f"unknown request {what!r}")

    async def restart(self, name, reset):
        spec = self.specs.get(name)
        if spec is None:
            raise LabError(f"no VM {name}; there are: {' '.join(self.specs)}")
        part = self.parts[name]
        running = part.process and part.process.returncode is None
        master = self.masters.pop(name, None)
        if master and master.returncode is None:
            master.kill()
        task = self.tasks.get(name)
        if task and not task.done():
            task.cancel()
        if reset and running:
            await self._qmp(spec, "system_reset")
            self._follow(spec)
        else:
            await self.end(part)
            await self._start_vm(spec)
        await self.tasks[name]
        return {"seconds": part.took}

    async def _qmp(self, spec, command):
        reader, writer = await asyncio.open_unix_connection(f"{spec.name}.qmp")
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

    # -- ending -------------------------------------------------------------

    def faults(self):
        """Services that did not end the way they should; a VM's end is its own affair."""
        return [f"{p.name} {p.detail}" for p in self.parts.values() if p.status == "died" and p.kind == "service"]

    async def tear_down(self):
        self.phase = "ending"
        self.ending.set()
        for task in self.tasks.values():
            task.cancel()
        for master in self.masters.values():
            with contextlib.suppress(ProcessLookupError):
                master.kill()
        vms = [p for p in self.parts.values() if p.kind == "vm"]
        await asyncio.gather(*(self.end(p, 3.0) for p in vms))
        for part in [p for p in self.parts.values() if p.kind == "service"]:
            await self.end(part)
        self.lan.stop()
        self.save()

    async def main(self):
        os.chdir(self.run.path)
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(sig, self.ending.set)
        self.image_locks = [image.hold(image.dir) for image in (self.qemu, self.guest)]
        server = await asyncio.start_unix_server(self._client, state.CONTROL)
        lifeline = asyncio.create_task(self._lifeline())
        up = self.bringing = asyncio.create_task(self.bring_up())
        ending = asyncio.create_task(self.ending.wait())
        failed = False
        await asyncio.wait({up, ending}, return_when=asyncio.FIRST_COMPLETED)
        if up.done():
            try:
                up.result()
                self.say("ready", f"all up after {time.monotonic() - self.start:.1f} s")
                await ending
            except (Exception, asyncio.CancelledError) as e:  # whatever it was: say it, and let nothing stay
                failed = True
                self.say("failed", self.fatal or (str(e) if isinstance(e, LabError) else f"{type(e).__name__}: {e}"))
        up.cancel()
        await self.tear_down()
        server.close()
        lifeline.cancel()
        if failed:
            self.run.keep_logs(self.run.failed())
        faults = self.faults()
        self.say("gone", "; ".join(faults))
        shutil.rmtree(self.run.path, ignore_errors=True)
        self.ended.set()
        if self.clients:
            await asyncio.wait(set(self.clients), timeout=2)
        # os._exit: a pending read of the lifeline in a thread must not hold us up.
        os._exit(1 if failed or faults else 0)

    async def _lifeline(self):
        """stdin is a pipe from `lab up`: its end before the word 'detach' means that one died."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        if (await reader.readline()).strip() != b"detach":
            self.ending.set()
        transport.close()


def main():
    given = json.loads(sys.argv[1])
    options = argparse.Namespace(**given["options"])
    run = state.RunDir(given["dir"])
    asyncio.run(Supervisor(run, options, given["cache"], given["accel"]).main())


if __name__ == "__main__":
    main()
