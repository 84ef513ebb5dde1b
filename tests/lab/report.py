# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What a lab looks like to a person: `lab status` and `lab logs`.

It owns the wording; it must never change anything.
"""
import json
import os
import sys

BAD = ("died", "panicked")
LINES, PANIC_LINES = 15, 60


def status(run, as_json):
    state = run.read()
    alive = run.supervisor_alive()
    if alive:
        state = run.ask({"do": "status"})
    else:
        state["phase"] = "dead"
    bad = [n for n, p in state["parts"].items() if p["status"] in BAD]
    if as_json:
        print(json.dumps(state, indent=1))
        return 0 if alive and not bad else 1
    print(f"{state.get('topology', '?')} in {run.path}: {state['phase']}, {state.get('accel', '?')}, "
          f"kernel {state.get('kernel', '?')}")
    if not alive:
        print("the supervisor was killed, and all its processes with it; `lab down` cleans up")
        return 1
    for name, part in state["parts"].items():
        seconds = f"ready after {part['seconds']} s" if part["seconds"] is not None else ""
        lost = f"; was lost {part['lost']} times, see docs/lab.md" if "lost" in part else ""
        print(f"  {name:10} {part['status']:10} {part['detail'] or seconds}{lost}")
    for name in bad:
        part = state["parts"][name]
        panicked = part["status"] == "panicked"
        log = part.get("console", part["log"]) if panicked else part["log"]
        print(f"\n{name} {part['status']}, {part['detail']}; the end of {log}:")
        print(run.tail(log, PANIC_LINES if panicked else LINES) or "(empty)")
    return 1 if bad else 0


def logs(run, name, lines):
    state = run.read()
    names = sorted(n for n in os.listdir(run.path) if n.endswith(".log"))
    if name:
        names = [n for n in names if n.split(".")[0] == name]
        if not names:
            print(f"lab: no logs of {name}; parts: {' '.join(state['parts'])}", file=sys.stderr)
            return 1
    for log in names:
        print(f"==> {log} <==")
        if lines:
            print(run.tail(log, lines))
        else:
            with open(run.file(log), "rb") as f:
                sys.stdout.flush()
                while data := f.read(65536):
                    sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        print()
    return 0
