# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A guest of libvirt in a host of the lab: its description, and its domain XML made from qemu-configs/.

It owns what stands in that XML; it must never know when the guest runs.
"""
import dataclasses
import hashlib
import os
import string
import uuid

HERE = os.path.dirname(os.path.realpath(__file__))
CONFIGS = os.path.join(HERE, "..", "..", "qemu-configs")
FIRST_SLOT = 0x10
PREFIX = "192.168.76."  # of the segment between the machines; see lab-network in the guest image


@dataclasses.dataclass
class GuestSpec:
    name: str
    number: int
    host: str
    role: str            # of its first HCA: underpass, or passthrough as all further ones are
    hcas: int = 1
    mem: str = "768M"
    smp: int = 1
    append: str = ""
    huge_pages: bool = True
    setup: list = dataclasses.field(default_factory=list)

    def reach(self):
        return {"via": self.host, "host": f"{PREFIX}{self.number}"}


def huge_pages(specs):
    """How many of 2 MiB the host needs for these guests."""
    return sum(megabytes(s.mem) for s in specs if s.huge_pages) // 2


def megabytes(size):
    return int(size[:-1]) * {"M": 1, "G": 1024}[size[-1]]


def config(name):
    with open(os.path.join(CONFIGS, name), encoding="utf-8") as f:
        return string.Template(f.read())


def domain(spec, release):
    """The domain XML; `release` is that of the kernel it boots, which is in the host's /boot. HCA n is on bus @BUSn@."""
    plain = range(0 if spec.role == "passthrough" else 1, spec.hcas)
    digest = hashlib.md5(f"lab {spec.name}".encode(), usedforsecurity=False).hexdigest()
    return config(f"{spec.role}.xml").substitute({
        "name": spec.name, "uuid": uuid.UUID(digest), "memory": megabytes(spec.mem), "smp": spec.smp,
        "number_hex": f"{spec.number:02x}", "release": release, "machine_id": digest, "append": spec.append,
        "pages": "<hugepages/>" if spec.huge_pages else "",
        "passthrough": "".join(config("passthrough-hca.xml").substitute(hca=n, slot=hex(FIRST_SLOT + n)) for n in plain)})
