# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""`lab up` and `lab down`: starting the supervisor, following its progress, ending it.

It owns the conversation with the supervisor during these two; it must never own a VM itself.
"""
import json
import os
import selectors
import signal
import subprocess
import sys
import time

import accel
import state
import topology
from errors import LabError
from image import GuestImage, need_tools

HERE = os.path.dirname(os.path.realpath(__file__))
QUIET = 10  # seconds without news after which a line says that we still wait


def say(text):
    print(f"lab: {text}", file=sys.stderr, flush=True)


def on_terminate(_signal, _frame):
    raise KeyboardInterrupt


def up(args):
    need_tools("ssh", "scp")
    if not 1 <= args.machines <= 16:
        raise LabError("--vms or --guests takes 1 to 16")
    if not 0 <= args.hcas <= 16:
        raise LabError("--hcas takes 0 to 16")
    for sig in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, on_terminate)
    for name in ("model", "daemon", "modules"):
        setattr(args, name, os.path.abspath(getattr(args, name)))
    guest = GuestImage(args.cache, args.kernel, say)
    guest.ensure()
    plan = topology.plan(args.topology, args)  # refuse what cannot work before anything starts
    how, why = accel.choose(args.accel, guest, say)
    say(f"{args.topology}: {' '.join(m.name for m in (*plan.services, *plan.vms, *plan.guests))}, "
        f"kernel {args.kernel}, {how} ({why})")
    args.run.create()
    names = ("topology", "machines", "hcas", "kernel", "mem", "smp", "host_smp", "small_pages", "iommu", "append", "model",
             "model_args", "qemu_args", "daemon", "modules", "settings", "cache", "boot_timeout")
    given = {"dir": args.run.path, "cache": args.cache, "accel": how,
             "options": {n: getattr(args, n) for n in names}}
    supervisor = None
    try:
        with open(args.run.file(state.SUPERVISOR_LOG), "ab") as log:
            supervisor = subprocess.Popen(
                [sys.executable, "-X", f"pycache_prefix={sys.pycache_prefix}", os.path.join(HERE, "supervisor.py"),
                 json.dumps(given)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True)
        follow(supervisor)
    except BaseException as e:
        abandon(args.run, supervisor, isinstance(e, KeyboardInterrupt))
        raise
    supervisor.stdin.write(b"detach\n")
    supervisor.stdin.close()


def follow(supervisor):
    """Show progress until all is up."""
    start = time.monotonic()
    waiting, buffer = [], b""
    with selectors.DefaultSelector() as selector:
        selector.register(supervisor.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(QUIET):
                say(f"{time.monotonic() - start:5.1f} s  waiting for {', '.join(waiting) or 'the supervisor'}")
                continue
            text = os.read(supervisor.stdout.fileno(), 65536)
            if not text:
                raise LabError("the supervisor ended unexpectedly")
            *lines, buffer = (buffer + text).split(b"\n")
            for line in map(json.loads, lines):
                kind = line["kind"]
                if kind == "failed":
                    raise LabError(line["text"])
                if kind == "gone":
                    continue
                if kind == "start":
                    waiting.append(line["text"])
                    say(f"{line['at']:5.1f} s  starting {line['text']}")
                else:
                    waiting = [w for w in waiting if w.split()[0] != line["text"].split()[0]]
                    say(f"{line['at']:5.1f} s  {line['text']}")
                if kind == "ready":
                    return


def abandon(run, supervisor, interrupted):
    """The lab did not come up, or is not wanted any more: see that nothing stays."""
    if interrupted:
        say("interrupted, ending what was started")
    if supervisor is None:
        run.remove()
        return
    supervisor.stdin.close()  # the lifeline: the supervisor ends everything
    supervisor.stdin = None   # or communicate() would try to flush it
    try:
        supervisor.communicate(timeout=20)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        supervisor.kill()
        supervisor.wait()
    run.remove()
    if os.path.isdir(run.failed()):
        say(f"the logs are kept in {run.failed()}")


def down(run, save=None):
    import shutil
    shutil.rmtree(run.failed(), ignore_errors=True)
    if not run.exists():
        say(f"no lab in {run.path}")
        return 0
    if save:
        run.keep_logs(save)
    if not run.supervisor_alive():
        say("the supervisor of this lab had died, and its processes with it; cleaning up")
        run.remove()
        return 0
    answer = run.ask({"do": "down"}, timeout=60)
    if not state.wait_until(lambda: state.process_birth(answer["supervisor"]) is None, 10):
        raise LabError(f"the supervisor (process {answer['supervisor']}) does not end")
    run.remove()
    for fault in answer["faults"]:
        say(f"fault: {fault}")
    return 1 if answer["faults"] else 0
