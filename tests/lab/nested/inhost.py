# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What programs that watch the host from inside share: its kernel's tracing, and the processes of a guest.

It owns no figure. It has to be put into the host beside them.
"""
import os
import subprocess

TRACING = "/sys/kernel/tracing"


def mount():
    if not os.path.exists(f"{TRACING}/events"):
        subprocess.run(["mount", "-t", "tracefs", "tracefs", TRACING], check=True)


def write(name, text):
    with open(f"{TRACING}/{name}", "w", encoding="ascii") as f:
        f.write(text)


def lines(name="trace"):
    with open(f"{TRACING}/{name}", encoding="ascii", errors="replace") as f:
        yield from f


def _process_of(pattern):
    return int(subprocess.run(["pgrep", "-f", pattern], capture_output=True, text=True, check=True).stdout.split()[0])


def qemu_of(guest):
    return _process_of(f"qemu-system.*guest={guest},")


def daemon_of(guest):
    """None: it has none."""
    return _process_of(f"underpassd .*{guest}.sock") if os.path.exists(f"/run/underpass/{guest}.ctl") else None
