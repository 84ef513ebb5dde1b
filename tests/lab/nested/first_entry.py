#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""How long a domain takes from `virsh start` to the first instruction of its guest: the first time KVM enters it.

It owns that one figure; it must never know what the domain has.
To be run in the host: first_entry.py GUEST ROUNDS; milliseconds, one line a round. All domains are off then, for nobody
else may enter a guest meanwhile. A guest's memory is in small pages, also where it is private to its QEMU: how many
huge ones the host happens to find would decide the figure.
"""
import contextlib
import re
import subprocess
import sys
import time

import inhost
from inhost import write

LIMIT_S = 800
HUGE = "/sys/kernel/mm/transparent_hugepage/enabled"


@contextlib.contextmanager
def small_pages():
    with open(HUGE, "r+", encoding="ascii") as f:
        before = re.search(r"\[(\w+)\]", f.read())[1]
        f.write("never")
    try:
        yield
    finally:
        with open(HUGE, "w", encoding="ascii") as f:
            f.write(before)


def off(guest):
    subprocess.run(["virsh", "-q", "destroy", guest], stderr=subprocess.DEVNULL, check=False)


def first_entry(guest):
    write("tracing_on", "0")
    write("trace", "\n")
    write("tracing_on", "1")
    start = time.clock_gettime(time.CLOCK_MONOTONIC)
    subprocess.run(["virsh", "-q", "start", guest], check=True, timeout=LIMIT_S)
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        for line in inhost.lines():
            m = re.search(r"\s(\d+\.\d+): kvm_entry:", line)
            if m:
                return (float(m[1]) - start) * 1000
        time.sleep(0.05)
    raise SystemExit(f"{guest} was not entered within {LIMIT_S} s")


def main():
    guest, rounds = sys.argv[1], int(sys.argv[2])
    inhost.mount()
    for running in subprocess.run(["virsh", "-q", "list", "--name"], capture_output=True, text=True,
                                  check=True).stdout.split():
        off(running)
    write("trace_clock", "mono")
    # Only the first matters: the event switches tracing off.
    write("events/kvm/kvm_entry/enable", "1")
    write("events/kvm/kvm_entry/trigger", "traceoff:1")
    try:
        with small_pages():
            for _ in range(rounds):
                print(f"{first_entry(guest):.1f}", flush=True)
                off(guest)
                write("events/kvm/kvm_entry/trigger", "!traceoff")
                write("events/kvm/kvm_entry/trigger", "traceoff:1")
    finally:
        write("events/kvm/kvm_entry/trigger", "!traceoff")
        write("events/kvm/kvm_entry/enable", "0")
        write("tracing_on", "1")


if __name__ == "__main__":
    main()
