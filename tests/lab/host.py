# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What is put into a host of the lab: our programs, the daemons' settings, the guests' domains.

It owns which file goes where; it must never know how a file gets into a machine.
"""
import os

import guest
import vm
from errors import LabError

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", ".."))
UNIT = os.path.join(TOP, "host-backend", "underpassd", "underpassd@.service")


def need(path, make):
    """A file that was built before."""
    if not os.access(path, os.R_OK):
        raise LabError(f"{path} is not there; build it by `make{make}`")
    return path


def settings(options):
    """The lines of a daemon's settings file, but for its device."""
    return "".join(f"{name} = {value}\n" for name, value in
                   [("socket-group", "libvirt-qemu"), ("user", "nobody"), *options.settings])


def setup(options, role, guests, release):
    """For a host with these guests; `role` and what is done then: setup/host."""
    files = {"/root/lab/host": os.path.join(HERE, "setup", "host")}
    if role == "underpass":
        files["/usr/sbin/underpassd"] = need(options.daemon, "")
        files["/usr/bin/underpassctl"] = need(os.path.join(os.path.dirname(options.daemon), "underpassctl"), "")
        files["/etc/systemd/system/underpassd@.service"] = UNIT
    for spec in guests:
        files[f"/root/lab/{spec.name}.conf"] = settings(options).encode()
        files[f"/root/lab/{spec.name}.xml"] = guest.domain(spec, release).encode()
    return vm.Setup(files, ["/root/lab/host", role, str(guest.huge_pages(guests)), str(options.hcas),
                            *(g.name for g in guests)])
