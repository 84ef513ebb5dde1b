#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Where the time of a guest's commands goes: what the threads of its QEMU and its daemon do between two kicks.

It owns the reading of the host's trace and the names of the steps; it must never know what the guest does.
To be run in the host: profile.py GUEST; traces from the first line on stdin to the second, then answers by one line of
JSON: how often there was each step, and how long it took.
"""
import collections
import glob
import json
import os
import re
import statistics
import sys

import inhost
from inhost import write

EVENTS = ("kvm/kvm_exit", "kvm/kvm_entry", "raw_syscalls/sys_enter", "raw_syscalls/sys_exit")
LINE = re.compile(r"^\s*.+-(\d+)\s+\[\d+\]\s+\S+\s+(\d+\.\d+): (\w+): (.*)$")
# linux/vfio.h; asm/unistd_64.h
MAP, UNMAP = 0x3b71, 0x3b72
WRITE, IOCTL, FUTEX = 1, 16, 202


def threads(pid):
    """Thread -> name."""
    result = {}
    for task in glob.glob(f"/proc/{pid}/task/*"):
        with open(f"{task}/comm", encoding="ascii", errors="replace") as f:
            result[int(os.path.basename(task))] = f.read().strip()
    return result


def begin(tids):
    inhost.mount()
    write("tracing_on", "0")
    write("trace_clock", "mono")
    write("buffer_size_kb", "16384")
    write("trace", "\n")
    write("set_event_pid", " ".join(map(str, tids)))
    for event in EVENTS:
        write(f"events/{event}/enable", "1")
    write("tracing_on", "1")


def end():
    write("tracing_on", "0")
    for event in EVENTS:
        write(f"events/{event}/enable", "0")
    write("set_event_pid", "\n")


# -- from lines to steps -----------------------------------------------------------

class Steps:
    """How long each step took, every time."""

    def __init__(self, vcpus, daemon):
        self.vcpus, self.daemon = vcpus, daemon
        self.took = collections.defaultdict(list)
        self.calls = {}     # thread -> system call under way: number, second argument, when
        self.kicked = None  # when the guest left for a kick
        self.asked = None   # the same, until it is answered
        self.does = ""      # what that command has done to the IOMMU last
        self.told = None    # when an interrupt was raised
        self.mapped = {}    # thread of the daemon -> when it came back from mapping, and has waited for nothing since

    def add(self, step, begun, at):
        self.took[step].append((at - begun) * 1e6)

    def vcpu(self, event, text, at):
        if event == "kvm_exit" and "reason npf" in text:
            self.kicked = self.asked = at
        elif event == "kvm_entry":
            if self.kicked:
                self.add("the guest is stopped by its kick", self.kicked, at)
            if self.told:
                self.add("from the interrupt to the guest", self.told, at)
            self.kicked = self.told = None

    def called(self, tid, number, second, at):
        if number == WRITE:  # an answer: what it waits for next is the guest
            self.answered(tid, at)
        elif number == IOCTL and second in (MAP, UNMAP):
            self.does = "maps" if second == MAP else "unmaps"
            if self.kicked:
                self.add("from the kick to the IOMMU", self.kicked, at)

    def answered(self, tid, at):
        if self.asked and self.does:
            self.add(f"a command that {self.does}, kick to answer", self.asked, at)
        self.told = at
        self.asked, self.does = None, ""
        self.mapped.pop(tid, None)

    def returned(self, tid, number, second, begun, at):
        if number == IOCTL and second in (MAP, UNMAP):
            self.add("IOMMU, map" if second == MAP else "IOMMU, unmap", begun, at)
            self.mapped[tid] = second == MAP
        elif number == FUTEX and self.mapped.pop(tid, False):
            self.add("firmware, and to be woken of it", begun, at)

    def line(self, line):
        m = LINE.match(line)
        if not m:
            return
        tid, at, event, text = int(m[1]), float(m[2]), m[3], m[4]
        if tid in self.vcpus:
            self.vcpu(event, text, at)
        elif tid in self.daemon and event == "sys_enter":
            number, arguments = re.match(r"NR (\d+) \(([^)]*)\)", text).groups()
            call = self.calls[tid] = int(number), int(arguments.split(", ")[1], 16), at
            self.called(tid, *call)
        elif tid in self.daemon and event == "sys_exit" and tid in self.calls:
            self.returned(tid, *self.calls.pop(tid), at)

    def summary(self):
        return {step: {"n": len(times), "median_us": round(statistics.median(times)), "min_us": round(min(times)),
                       "sum_us": round(sum(times))}
                for step, times in self.took.items()}


def main():
    guest = sys.argv[1]
    qemu, daemon = threads(inhost.qemu_of(guest)), threads(inhost.daemon_of(guest))
    vcpus = {tid for tid, name in qemu.items() if name.startswith("CPU ")}
    print(json.dumps("ready"), flush=True)
    sys.stdin.readline()
    begin([*vcpus, *daemon])
    print(json.dumps("traced"), flush=True)
    sys.stdin.readline()
    end()
    steps = Steps(vcpus, daemon)
    for line in inhost.lines():
        steps.line(line)
    print(json.dumps(steps.summary()), flush=True)


if __name__ == "__main__":
    main()
