# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Talking to sockets of a lab by hand: serial consoles and the HCA model's control socket.

It owns the terminal while it is attached; it must never interpret what it carries.
"""
import json
import os
import select
import sys
import termios
import tty

import state
from errors import EXIT_TIMEOUT, LabError

LEAVE = 0x1d  # Ctrl-]


def attach(run, name):
    part = run.read()["parts"].get(name, {})
    if part.get("kind") == "guest":
        import shell
        print(f"console of {name}; Ctrl-] leaves", file=sys.stderr)
        return shell.execute(run, part["host"], ["virsh", "-q", "console", "--force", name], 0, tty=True)
    if part.get("kind") != "vm":
        raise LabError(f"no machine {name}")
    sock = run.connect(f"{name}.console")
    stdin = sys.stdin.fileno()
    saved = termios.tcgetattr(stdin) if os.isatty(stdin) else None
    print(f"console of {name}; Ctrl-] leaves", file=sys.stderr)
    try:
        if saved:
            tty.setraw(stdin)
        carry(sock, stdin, sys.stdout.fileno())
    finally:
        if saved:
            termios.tcsetattr(stdin, termios.TCSADRAIN, saved)
        sock.close()
    return 0


def carry(sock, source, target):
    sources = [sock, source]
    while True:
        for ready in select.select(sources, [], [])[0]:
            if ready is sock:
                data = sock.recv(65536)
                if not data:
                    return
                os.write(target, data)
            else:
                data = os.read(source, 4096)
                if LEAVE in data:
                    return
                if not data:
                    sources.remove(source)
                    continue
                sock.sendall(data)


def model(run, line, timeout):
    """One line to the model, its one line of JSON to stdout; status 1 if it refused."""
    run.read()
    with run.connect(state.MODEL_CONTROL, timeout) as sock:
        sock.sendall(line.encode() + b"\n")
        try:
            answer = sock.makefile("rb").readline()
        except TimeoutError:
            raise LabError(f"time-out: the model did not answer within {timeout:g} s", EXIT_TIMEOUT) from None
    if not answer:
        raise LabError("the model closed the connection without an answer")
    sys.stdout.write(answer.decode())
    return 0 if json.loads(answer).get("ok") else 1
