#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Counts what a guest costs its host while something runs in it: VM exits by reason, CPU time and wake-ups of processes.

It owns the reading of the host's kernel; it must never know what the guest does meanwhile.
To be run in the host: exits.py GUEST; each line on stdin is answered by one line of JSON with the counters so far.
"""
import glob
import json
import os
import re
import sys

import inhost

EXITS = "events/kvm/kvm_exit"
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# AMD64 Architecture Programmer's Manual, volume 2, appendix C: exit codes of SVM.
NAMES = {0x060: "intr", 0x064: "vintr", 0x072: "cpuid", 0x078: "hlt", 0x07b: "ioio", 0x07c: "msr", 0x07d: "task",
         0x081: "vmmcall", 0x08c: "mwait", 0x400: "npf"}


def start_counting():
    inhost.mount()
    if any("hist:" in line for line in inhost.lines(f"{EXITS}/trigger")):
        inhost.write(f"{EXITS}/trigger", "!hist:keys=common_pid,exit_reason")
    inhost.write(f"{EXITS}/trigger", "hist:keys=common_pid,exit_reason")


def exits(pids):
    """Exits of these threads by reason."""
    counts = {}
    for line in inhost.lines(f"{EXITS}/hist"):
        m = re.match(r"\{ common_pid: +(\d+), exit_reason: +(\d+) +\} hitcount: +(\d+)", line)
        if m and int(m[1]) in pids:
            name = NAMES.get(int(m[2]), hex(int(m[2])))
            counts[name] = counts.get(name, 0) + int(m[3])
    return counts


def read_thread(task):
    """Name, CPU seconds and wake-ups of a thread; None when it has just ended."""
    try:
        with open(f"{task}/stat", encoding="ascii", errors="replace") as f:
            name, rest = re.match(r"\d+ \((.*)\) (.*)", f.read()).groups()
        with open(f"{task}/status", encoding="ascii", errors="replace") as f:
            wakeups = int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", f.read(), re.M)[1])
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = rest.split()
    return name, (int(fields[11]) + int(fields[12])) * TICK_S, wakeups


def threads(pid):
    """CPU seconds and wake-ups of each thread, by name."""
    result = {}
    for task in glob.glob(f"/proc/{pid}/task/*"):
        found = read_thread(task)
        if found:
            name, cpu_s, wakeups = found
            seen = result.setdefault(name, {"cpu_s": 0.0, "wakeups": 0, "tids": []})
            seen["cpu_s"] += cpu_s
            seen["wakeups"] += wakeups
            seen["tids"].append(int(os.path.basename(task)))
    return result


def total(of, what):
    return sum(t[what] for t in of.values())


def look(qemu, daemon):
    vm = threads(qemu)
    vcpus = [tid for name, t in vm.items() if name.startswith("CPU ") for tid in t["tids"]]
    main = next(t for t in vm.values() if qemu in t["tids"])
    answer = {"exits": exits(set(vcpus)), "qemu_main_wakeups": main["wakeups"]}
    if daemon:
        served = threads(daemon)
        answer["daemon"] = {"cpu_s": total(served, "cpu_s"), "wakeups": total(served, "wakeups")}
    return answer


def main():
    guest = sys.argv[1]
    start_counting()
    qemu, daemon = inhost.qemu_of(guest), inhost.daemon_of(guest)
    print(json.dumps({"qemu": qemu, "daemon": daemon}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(look(qemu, daemon)), flush=True)


if __name__ == "__main__":
    main()
