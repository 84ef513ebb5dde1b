# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What is mapped and locked for two guests while they write 32 MiB messages into each other: what they registered.

It owns those checks; it must never know how memory is mapped.
"""
import json
import re

from bed import DEV, HOST, daemon, output, traffic

GUESTS = ("guest1", "guest2")
WRITE = ["ib_write_bw", "-d", DEV, "-F", "-b", "-s", "33554432", "-D", "60"]


def model_of(guest):
    return json.loads(output("model", "hca", f"{guest}.0"))["hca"]


def locked_kib(guest):
    """What the kernel counts as locked memory of the daemon."""
    pid = output("exec", "-n", HOST, "--", "pgrep", "-f", f"underpassd .*{guest}.sock").split()[0]
    text = output("exec", "-n", HOST, "--", "cat", f"/proc/{pid}/status")
    return int(re.search(r"^VmLck:\s+(\d+) kB", text, re.M)[1])


def check(tap):
    """While both write 32 MiB messages into each other."""
    with traffic(*GUESTS, WRITE):
        for guest in GUESTS:
            m, locked = daemon(guest, "status")["memory"], locked_kib(guest) * 1024
            ratio = m["mapped_bytes"] / m["registered_bytes"]
            reach = model_of(guest)["dma_bytes"]
            print(f"# {guest}: {m['guest_bytes'] >> 20} MiB of memory, {m['registered_bytes']} bytes registered with its "
                  f"queues, {m['mapped_bytes']} mapped for it ({ratio:.4f}), {m['own_bytes']} for the HCA itself; "
                  f"{locked} locked")
            tap.check(m["registered_bytes"] > 2 * 33554432 and ratio <= 1.05,
                      f"{guest}: what is mapped is what is registered", f"ratio {ratio:.4f}")
            tap.check(reach == m["mapped_bytes"] + m["own_bytes"], f"{guest}: the HCA reaches that and nothing else",
                      f"{reach} bytes")
            tap.check(locked <= 1.05 * (m["mapped_bytes"] + m["own_bytes"]), f"{guest}: nor does the kernel lock more")
