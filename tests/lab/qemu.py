# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The QEMU that runs on this machine: that of a host's tree, with the libraries it wants, in place and without chroot.

It owns how a program of such a tree is started; it must never know what it is started for.
"""
import os


class Qemu:
    def __init__(self, tree):
        self.tree = tree

    def command(self, program):
        """How to start `program` of the tree: its own loader, its own libraries."""
        return [f"{self.tree}/lib64/ld-linux-x86-64.so.2", "--library-path", f"{self.tree}/usr/lib/x86_64-linux-gnu",
                f"{self.tree}/usr/bin/{program}"]

    def data_options(self):
        share = f"{self.tree}/usr/share"
        return ["-L", f"{share}/qemu", "-L", f"{share}/seabios", "-L", f"{self.tree}/usr/lib/ipxe/qemu"]

    def environment(self):
        return {"QEMU_MODULE_DIR": f"{self.tree}/usr/lib/x86_64-linux-gnu/qemu"}
