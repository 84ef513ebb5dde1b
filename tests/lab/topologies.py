# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The topologies by name, in a sentence each.

It owns these words, apart from topology.py's plans, which take long to load; it must never know what is in a plan.
"""
TOPOLOGIES = {
    "stock": "VMs with HCAs of the model and the distribution's own driver",
    "direct": "guests with our driver, their underpassd on this machine: no host VM between, quick",
    "nested": "a host with IOMMU, kernel VFIO, underpassd and libvirt, guests with our driver in it",
    "pair": "the same with a host for each guest",
    "passthrough": "as nested, but the HCAs themselves are the guests', with the distribution's own driver",
}
