#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""TAP: the HCA reaches what a guest registered, and nothing else. It owns no checks: those are registered.py's."""
import sys

import registered
from bed import Tap, some_lab

if __name__ == "__main__":
    tap = Tap()
    with some_lab("nested", "--guests", "2"):
        registered.check(tap)
    sys.exit(tap.end())
