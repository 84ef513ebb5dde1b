# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Runs rdma-core's test suite with the packet parsing that it was written for.

The suite parses device structures from their first bytes only and counts on scapy to stop where the
bytes end, as it did up to 2.5; 2.6 raises struct.error there, whatever device is tested. It must never
change anything else. usage: run_tests.py's own arguments.
"""
import runpy
import sys

from scapy.packet import Packet


def do_dissect(self, data):
    """Fill fields in order until the bytes end; the rest keep their defaults."""
    self.raw_packet_cache = None
    for field in self.fields_desc:
        if not data:
            break
        data, self.fields[field.name] = field.getfield(self, data)
    self.explicit = 1
    return data


Packet.do_dissect = do_dissect
SUITE = "/root/tests/run_tests.py"
sys.argv[0] = SUITE
sys.path.insert(0, "/root/tests")
runpy.run_path(SUITE, run_name="__main__")
