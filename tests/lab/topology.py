# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Topologies: from a name and options to a plan, that is, which processes and which VMs there are.

It owns the plans; it must never start anything itself. A new topology is a plan here and its name in topologies.py.
"""
import dataclasses
import os

import guest
import host
import state
import vm
from errors import LabError
from image import GuestImage

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", ".."))
HOST_MEMORY = 1536   # MiB a host has besides its guests'
HOST_NUMBERS = 100   # see customize.sh of the guest image


@dataclasses.dataclass
class Service:
    """A process on this machine that VMs depend on."""
    name: str
    argv: list
    ready: list  # sockets that exist once it is ready, relative to the lab's folder


@dataclasses.dataclass
class Plan:
    services: list
    vms: list     # machines that are processes here
    guests: list  # machines in those


def hca_model(options, sockets):
    """The HCA model's command line: the one place that knows its syntax. `sockets`: HCA name -> path."""
    program = os.path.abspath(options.model)
    if not os.access(program, os.X_OK):
        raise LabError(f"{program} is not there; build it by `make`, or run the lab with --hcas 0")
    argv = [program, "--control", state.MODEL_CONTROL, *options.model_args]
    for name, path in sockets.items():
        argv += ["--hca", f"{name}={path}"]
    return Service("model", argv, [*sockets.values(), state.MODEL_CONTROL])


def underpassd(options, name, hca):
    """The daemon that gives the HCA at socket `hca` to a guest of this machine."""
    argv = [host.need(options.daemon, ""), "--device", f"vfio-user:{hca}", "--socket", f"up-{name}.sock",
            "--control", f"up-{name}.ctl", *(f"--{key}={value}" for key, value in options.settings)]
    return Service(f"underpassd-{name}", argv, [f"up-{name}.sock", f"up-{name}.ctl"])


def guest_driver(options):
    """Our driver in a guest."""
    return vm.Setup({"/root/lab/guest": os.path.join(HERE, "setup", "guest"),
                     "/root/lab/underpass.ko": host.need(driver_for(options), " modules")}, ["/root/lab/guest"])


def driver_for(options):
    return os.path.join(options.modules, f"underpass-{release(options)}.ko")


def memory(options, number, default):
    """Of machine `number`: --mem lists sizes, the last of which counts for all that follow."""
    sizes = (options.mem or default).split(",")
    return sizes[min(number, len(sizes)) - 1]


def release(options):
    """The kernel that the machines boot."""
    return GuestImage(options.cache, options.kernel).release()


class Stock:
    """VMs, each with any number of HCAs of one model process."""

    @staticmethod
    def plan(options):
        vms, sockets = [], {}
        for n in range(1, options.machines + 1):
            name = f"vm{n}"
            hcas = {f"{name}.{h}": f"hca-{name}.{h}.sock" for h in range(options.hcas)}
            sockets.update(hcas)
            vms.append(vm.VmSpec(name=name, number=n, mem=memory(options, n, "1536M"),
                                 smp=options.smp, iommu=options.iommu, append=options.append,
                                 extra=options.qemu_args, hcas=list(hcas.values())))
        return Plan([hca_model(options, sockets)] if sockets else [], vms, [])


class Direct:
    """Guests whose daemons are processes of this machine."""

    @staticmethod
    def plan(options):
        names = [f"guest{n}" for n in range(1, options.machines + 1)]
        sockets = {f"{name}.0": f"hca-{name}.0.sock" for name in names}
        daemons = [underpassd(options, name, sockets[f"{name}.0"]) for name in names]
        vms = [vm.VmSpec(name=name, number=n, mem=memory(options, n, "1G"), smp=options.smp,
                         iommu=options.iommu, bypass=True, append=options.append, extra=options.qemu_args,
                         hcas=[f"up-{name}.sock"], setup=[guest_driver(options)])
               for n, name in enumerate(names, 1)]
        return Plan([hca_model(options, sockets), *daemons], vms, [])


class Hosts:
    """Hosts with an IOMMU, kernel VFIO and libvirt; guests in them.

    `role` and qemu-configs/ROLE.xml say how a guest gets its HCA, `host_of` in which host guest N is.
    """

    def __init__(self, role, host_of):
        self.role, self.host_of = role, host_of

    def plan(self, options):
        if not options.hcas:
            raise LabError("--hcas 0 is for stock: a guest in a host has one at least")
        guests = [guest.GuestSpec(
            name=f"guest{n}", number=n, host=self.host_of(n), role=self.role, hcas=options.hcas,
            mem=memory(options, n, "768M"), smp=options.smp, append=options.append, huge_pages=not options.small_pages,
            setup=[guest_driver(options)] if self.role == "underpass" else [])
            for n in range(1, options.machines + 1)]
        vms, sockets = [], {}
        for n, name in enumerate(dict.fromkeys(g.host for g in guests), 1):
            its = [g for g in guests if g.host == name]
            hcas = {f"{g.name}.{h}": f"hca-{g.name}.{h}.sock" for g in its for h in range(options.hcas)}
            vms.append(self._host(options, name, n, its, list(hcas.values())))
            sockets.update(hcas)
        return Plan([hca_model(options, sockets)], vms, guests)

    def _host(self, options, name, number, guests, hcas):
        memory = HOST_MEMORY + sum(guest.megabytes(g.mem) for g in guests)
        return vm.VmSpec(name=name, number=HOST_NUMBERS + number, mem=f"{memory}M",
                         smp=options.host_smp, host=True, iommu=options.iommu or "intel", hcas=hcas,
                         extra=options.qemu_args, setup=[host.setup(options, self.role, guests, release(options))])


PLANS = {
    "stock": Stock(),
    "direct": Direct(),
    "nested": Hosts("underpass", lambda n: "host1"),
    "pair": Hosts("underpass", lambda n: f"host{n}"),
    "passthrough": Hosts("passthrough", lambda n: "host1"),
}


def plan(name, options):
    return PLANS[name].plan(options)
