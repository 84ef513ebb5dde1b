#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What an HCA of the lab in LAB_DIR holds by the model's count, but for what grows with the memory of a guest.

  held.py HCA                   print it
  held.py HCA PATTERN SECONDS   look until it is as the regular expression says; status 1, and what it is, if it is not
                                in time

It looks every 20 ms in one process, for a command of the lab's takes long on a busy machine.
"""
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
import state  # noqa: E402


def held(control, name):
    control.write(f"hca {name}\n")
    control.flush()
    hca = json.loads(control.readline())["hca"]
    return " ".join([f"pages {hca['pages']}", f"ranges {hca['dma_ranges']}",
                     *(f"{kind} {count}" for kind, count in sorted(hca["objects"].items()))])


def main(name, pattern="", seconds="0"):
    end = time.monotonic() + float(seconds)
    with state.RunDir(os.environ["LAB_DIR"]).connect(state.MODEL_CONTROL) as sock, sock.makefile("rw") as control:
        if not pattern:
            print(held(control, name))
            return 0
        while True:
            late = time.monotonic() >= end  # what was begun in time counts
            what = held(control, name)
            if re.fullmatch(pattern, what):
                return 0
            if late:
                print(f"wanted: {pattern}\nholds:  {what}")
                return 1
            time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
