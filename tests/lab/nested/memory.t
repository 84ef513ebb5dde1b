#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""TAP: a guest costs the memory that it registers, not the memory that it has; and it starts as quickly, however large.

It owns the comparison of a small guest with a large one, and with plain passthrough; it must never know how memory is
mapped. ROUNDS is how often each guest is started (3); by plain passthrough once, for that takes minutes here.
"""
import os
import statistics
import sys

import registered
from bed import HOST, Tap, output, own_lab, put_in_host
from registered import GUESTS

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SIZES = ("512M", "4G")


def start_times(topology, rounds):
    put_in_host("first_entry.py")
    medians = []
    for guest, size in zip(GUESTS, SIZES):
        times = [float(t) for t in
                 output("exec", "-n", "--timeout", "900", HOST, "--", "python3", "/root/first_entry.py", guest,
                        str(rounds)).split()]
        medians.append(statistics.median(times))
        print(f"# {topology}: `virsh start` to the first instruction of a guest of {size}: "
              f"{medians[-1]:.0f} ms ({' '.join(f'{t:.0f}' for t in times)})", flush=True)
    return medians


def main():
    options = ("--guests", "2", "--mem", ",".join(SIZES), "--small-pages")
    tap = Tap()
    with own_lab("nested", *options):
        registered.check(tap)
        small, large = start_times("nested", ROUNDS)
    tap.check(large <= 1.3 * small, "the start does not grow with the guest's memory", f"{large / small:.2f} times")
    with own_lab("passthrough", *options):
        small, large = start_times("passthrough", 1)
    tap.check(large >= 2 * small, "as it does with plain passthrough", f"{large / small:.2f} times")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
