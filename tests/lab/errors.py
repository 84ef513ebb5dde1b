# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The one exception that reaches the person at the keyboard as a plain sentence.

It owns the exit codes of the tool; it must never know what went wrong.
"""

EXIT_TIMEOUT = 124  # as timeout(1): the command ran into its time limit
EXIT_LAB = 125      # as docker(1): the lab failed, not the command


class LabError(Exception):
    """Something the user can read and act upon; `code` becomes the exit status."""

    def __init__(self, message: str, code: int = EXIT_LAB):
        super().__init__(message)
        self.code = code
