# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""KVM or TCG: decided by letting the stock kernel try to boot under KVM, once per boot of this machine.

It owns that verdict; it must never be guessed from the presence of /dev/kvm alone.
"""
import contextlib
import json
import os
import subprocess
import time

from image import die_with_parent

LIMIT = 20  # seconds a kernel gets to come to its first process


def boot_id():
    with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as f:
        return f.read().strip()


def choose(wanted, guest, say):
    """'kvm' or 'tcg', and a sentence why."""
    if wanted != "auto":
        return wanted, "asked for"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg", "no usable /dev/kvm"
    verdict_file = os.path.join(guest.cache, "kvm-verdict.json")
    with contextlib.suppress(OSError, ValueError):
        with open(verdict_file, encoding="utf-8") as f:
            verdict = json.load(f)
        if verdict["boot"] == boot_id():
            return verdict["accel"], verdict["why"]
    say("trying whether a stock kernel boots under KVM")
    accel, why = probe(guest)
    with contextlib.suppress(OSError):
        with open(verdict_file, "w", encoding="utf-8") as f:
            json.dump({"boot": boot_id(), "accel": accel, "why": why}, f)
    return accel, why


def probe(guest):
    qemu = guest.qemu()
    argv = [*qemu.command("qemu-system-x86_64"), *qemu.data_options(), "-nodefaults", "-display", "none",
            "-machine", "q35", "-accel", "kvm", "-cpu", "host", "-m", "512M", "-no-reboot",
            "-kernel", guest.path("vmlinuz"), "-serial", "stdio",
            "-append", "console=ttyS0 panic=-1"]
    end = time.monotonic() + LIMIT
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          preexec_fn=die_with_parent(), env={**os.environ, **qemu.environment()}) as child:
        os.set_blocking(child.stdout.fileno(), False)
        seen = b""
        try:
            while time.monotonic() < end:
                seen += child.stdout.read() or b""
                if b"Unable to mount root fs" in seen:  # it came as far as a kernel without a disk can
                    return "kvm", "a stock kernel boots under it"
                if b"KVM internal error" in seen or child.poll() is not None:
                    return "tcg", "/dev/kvm is there, but a stock kernel does not run under it"
                time.sleep(0.05)
            return "tcg", f"/dev/kvm is there, but a stock kernel did not boot in {LIMIT} s"
        finally:
            child.kill()
