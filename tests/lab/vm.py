# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""One VM: its description, its disk and the QEMU command line made from qemu-configs/vm.args.

It owns how a machine is put together; it must never know which processes run or when.
"""
import dataclasses
import hashlib
import os
import shlex
import socket
import string
import subprocess

from errors import LabError

HERE = os.path.dirname(os.path.realpath(__file__))
CONFIG = os.path.join(HERE, "..", "..", "qemu-configs", "vm.args")


@dataclasses.dataclass
class Setup:
    """What is put into a machine each time it came up, and the command that makes use of it."""
    files: dict    # absolute path there -> path here, or what stands in it
    command: list


@dataclasses.dataclass
class VmSpec:
    name: str
    number: int
    mem: str = "1536M"
    smp: int = 1
    iommu: str = None    # intel or amd
    bypass: bool = False # HCAs are on a bus that the IOMMU is not for
    accel: str = "tcg"
    host: bool = False   # runs guests of its own, upon the image as a second disk
    setup: list = dataclasses.field(default_factory=list)
    hcas: list = dataclasses.field(default_factory=list)  # sockets, relative to the lab's folder
    append: str = ""     # further kernel arguments
    extra: list = dataclasses.field(default_factory=list)  # further QEMU arguments
    ssh_port: int = 0

    def reach(self):
        return {"port": self.ssh_port}


def read_config(path=CONFIG):
    """The sections of the file: name -> lines."""
    sections, lines = {}, None
    with open(path, encoding="utf-8") as f:
        for line in map(str.strip, f):
            if not line or line.startswith("#"):
                continue
            if line.startswith("[") and line.endswith("]"):
                lines = sections.setdefault(line[1:-1], [])
            elif lines is None:
                raise LabError(f"{path}: text before the first section: {line}")
            else:
                lines.append(line)
    return sections


def fill(lines, words):
    return [string.Template(line).substitute(words) for line in lines]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def command_line(spec, guest):
    """The whole argv of QEMU for one VM; to be run in the lab's folder."""
    config = read_config()
    words = {
        "name": spec.name, "mem": spec.mem, "smp": spec.smp, "max_cpus": max(2, spec.smp), "number_hex": f"{spec.number:02x}",
        "disk": f"{spec.name}.qcow2", "ssh_port": spec.ssh_port, "image": guest.path("root.ext4"),
        "kernel": guest.path("vmlinuz"), "initrd": guest.path("initrd"),
        "machine_id": hashlib.md5(f"lab {spec.name}".encode(), usedforsecurity=False).hexdigest(),
    }
    bypass = "-bypass" if spec.iommu and spec.bypass else ""
    iommu = [f"iommu-{spec.iommu}{bypass}"] if spec.iommu else []
    kernel_sections = ["kernel"] + ([f"kernel-iommu-{spec.iommu}"] if spec.iommu else [])
    kernel_sections += ["kernel-host"] if spec.host else []
    append = [w for s in kernel_sections for w in fill(config[s], words)]
    words["append"] = " ".join(append + ([spec.append] if spec.append else []))
    sections = ["always", "lan", spec.accel + ("-nested" if spec.host else "")] + iommu
    sections += ["guest-disk"] if spec.host else []
    lines = [line for s in sections for line in fill(config[s], words)]
    for number, path in enumerate(spec.hcas):
        lines += fill(config[f"hca{bypass}"] + config["hca-device"], {**words, "socket": path, "hca": number})
    qemu = guest.qemu()
    argv = qemu.command("qemu-system-x86_64") + qemu.data_options()
    for line in lines:
        argv += line.split(None, 1)
    return argv + spec.extra


def make_disk(spec, guest, folder):
    """A disk of the VM's own that only holds what differs from the image."""
    if not os.path.exists(os.path.join(folder, f"{spec.name}.qcow2")):
        subprocess.run([*guest.qemu().command("qemu-img"), "create", "-q", "-f", "qcow2", "-F", "raw",
                        "-b", guest.path("host.ext4" if spec.host else "root.ext4"), f"{spec.name}.qcow2"], cwd=folder, check=True)


def quoted(argv):
    return shlex.join(argv)
