# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The supervisor: the one process that owns every child of a running lab and outlives `lab up`.

It owns the order in which parts come and go; it must never outlive its lab, nor its children outlive it:
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
import state
import topology
import vm
from children import Children, Part
from errors import LabError
from image import GuestImage
from libvirt_machine import LibvirtMachine
from qemu_machine import QemuMachine


class Supervisor:
    def __init__(self, run, options, cache, accel):
        self.run, self.options, self.accel = run, options, accel
        self.guest = GuestImage(cache, options.kernel)
        self.children = Children(run, self._lost)
        self.services, self.machines = {}, {}
        self.lan = lan.Lan()
        self.phase = "starting"
        self.ending = asyncio.Event()
        self.ended = asyncio.Event()
        self.clients = set()
        self.start = time.monotonic()
        self.image_lock = None
        self.bringing = None  # the task of bring_up
        self.fatal = ""       # why it was cancelled, if something died

    def key(self):
        return self.guest.path("key")

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
                "kernel": self.options.kernel, "supervisor": os.getpid(), "key": self.key(),
                "parts": {name: part.record() for name, part in self.children.parts.items()}}

    def _lost(self, part):
        """A child ended by itself."""
        self.say("died", f"{part.name} {part.detail}")
        self.save()
        if self.phase == "starting" and part.kind == "service" and self.bringing:
            self.fatal = f"{part.name} {part.detail} before all was up:\n{self.run.tail(part.log)}"
            self.bringing.cancel()

    # -- bringing up --------------------------------------------------------

    async def bring_up(self):
        plan = topology.plan(self.options.topology, self.options)
        await self.lan.start(state.LAN)  # relative: the lab's folder is the current one
        for service in plan.services:
            await self._start_service(service)
        for spec in plan.vms:
            spec.accel = self.accel
            spec.ssh_port = vm.free_port()
            await self._start_machine(QemuMachine(self, spec))
        await self._all_up()
        await asyncio.gather(*(self._start_machine(LibvirtMachine(self, spec)) for spec in plan.guests))
        await self._all_up()
        self.phase = "up"
        self.save()

    async def _all_up(self):
        await asyncio.gather(*(m.task for m in self.machines.values()))

    async def _start_service(self, service):
        part = self.children.parts.get(service.name) or Part(service.name, "service", service.argv,
                                                             f"{service.name}.log")
        self.services[service.name] = service
        self.say("start", service.name)
        await self.children.spawn(part)
        self.save()
        end = time.monotonic() + 10
        while not all(os.path.exists(self.run.file(p)) for p in service.ready):
            if not part.running() or part.status == "died":
                raise LabError(f"{part.name} ended at its start:\n{self.run.tail(part.log)}")
            if time.monotonic() > end:
                raise LabError(f"{part.name} did not open its sockets within 10 s:\n{self.run.tail(part.log)}")
            await asyncio.sleep(0.02)
        part.took = round(time.monotonic() - part.started, 1)
        self.say("up", f"{service.name} serves")

    async def _start_machine(self, machine):
        self.machines[machine.name] = machine
        self.say("start", f"{machine.name} ({machine.how})")
        await machine.start()
        self.save()
        machine.follow()

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
            await asyncio.gather(*(m.look() for m in self.machines.values()))
            return self.snapshot()
        if what == "restart":
            return await self.restart(request["name"], request.get("reset", False))
        if what == "look":
            return {"lost": await self.look(request["name"])}
        if what == "down":
            self.ending.set()
            await self.ended.wait()
            return {"supervisor": os.getpid(), "faults": self.children.faults()}
        raise LabError(f"unknown request {what!r}")

    async def restart(self, name, reset):
        if name in self.services:
            return await self._restart_service(self.services[name])
        machine = self.machines.get(name)
        if machine is None:
            raise LabError(f"no part {name}; there are: {' '.join([*self.machines, *self.services])}")
        machine.forget()
        if reset and not await machine.ended():
            await machine.reset()
        else:
            await machine.end()
            await machine.start()
        machine.follow()
        await machine.task
        return {"seconds": machine.part.took}

    async def look(self, name):
        """A machine does not answer: if it is lost, why; it was started anew then."""
        machine = self.machines[name]
        why = await machine.lost()
        if why:
            machine.tell_lost(f"{why}; once more")
            await self.restart(name, False)
        return why

    async def _restart_service(self, service):
        part = self.children.parts[service.name]
        await self.children.end(part)
        for path in service.ready:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.run.file(path))
        await self._start_service(service)
        return {"seconds": part.took}

    # -- ending -------------------------------------------------------------

    async def tear_down(self):
        self.phase = "ending"
        self.ending.set()
        for machine in self.machines.values():
            machine.forget()
        # Guests end with their hosts.
        await asyncio.gather(*(self.children.end(p, 3.0) for p in self.children.of_kind("vm")))
        for part in reversed(self.children.of_kind("service")):
            await self.children.end(part)
        self.lan.stop()
        self.save()

    async def main(self):
        os.chdir(self.run.path)
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(sig, self.ending.set)
        self.image_lock = self.guest.hold(self.guest.dir)
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
        faults = self.children.faults()
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
