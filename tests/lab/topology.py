# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Topologies: from a name and options to a plan, that is, which processes and which VMs there are.

It owns the plans; it must never start anything itself. A new topology is one class and its table entry.
"""
import dataclasses
import os

import state
import vm
from errors import LabError

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", ".."))


@dataclasses.dataclass
class Service:
    """A process on this machine that VMs depend on."""
    name: str
    argv: list
    ready: list  # sockets that exist once it is ready, relative to the lab's folder


@dataclasses.dataclass
class Plan:
    services: list
    vms: list


def hca_model(options, sockets):
    """The HCA model's command line: the one place that knows its syntax. `sockets`: HCA name -> path."""
    program = os.path.abspath(options.model)
    if not os.access(program, os.X_OK):
        raise LabError(f"{program} is not there; build it by `make`, or run the lab with --hcas 0")
    argv = [program, "--control", state.MODEL_CONTROL, *options.model_args]
    for name, path in sockets.items():
        argv += ["--hca", f"{name}={path}"]
    return Service("model", argv, [*sockets.values(), state.MODEL_CONTROL])


class Stock:
    """HCA model(s) on this machine, VMs with the distribution's own driver."""

    @staticmethod
    def plan(options):
        vms, sockets = [], {}
        for n in range(1, options.vms + 1):
            spec = vm.VmSpec(name=f"vm{n}", number=n, kernel=options.kernel, mem=options.mem, smp=options.smp,
                             iommu=options.iommu, append=options.append, extra=options.qemu_args)
            for h in range(options.hcas):
                name = f"{spec.name}.{h}"
                sockets[name] = f"hca-{name}.sock"
                spec.hcas.append(sockets[name])
            vms.append(spec)
        return Plan([hca_model(options, sockets)] if sockets else [], vms)


TOPOLOGIES = {"stock": Stock}


def plan(name, options):
    if name not in TOPOLOGIES:
        raise LabError(f"no topology {name}; there are: {' '.join(TOPOLOGIES)}")
    return TOPOLOGIES[name].plan(options)
