#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""TAP: what the host does while a guest posts and polls, and while it sleeps until completions come: nothing.

It owns what must stand still; it must never know how that is counted: that is exits.py's.
POSTS is how many posts and polls (100000), EVENTS how many completions are slept for (200).
"""
import os
import sys

from bed import DEV, HOST, TOP, Talk, Tap, daemon, lab, put_in_host, some_lab

POSTS = int(os.environ.get("POSTS", "100000"))
EVENTS = int(os.environ.get("EVENTS", "200"))
GUEST = "guest1"
TICK_S = 0.01  # of the host's accounting of CPU time
# Exits that a device access would show as; the others (interrupts, the timer's registers) come with time.
QUIET = ("npf", "ioio", "vmmcall", "cpuid")


def daemon_counts():
    stats = daemon(GUEST, "stats")
    return {"commands": sum(c["count"] for c in stats["commands"].values()), "kicks": stats["kicks"],
            "firmware": stats["firmware"]["done"], "interrupts": stats["interrupts"]}


def difference(before, after):
    return {k: difference(before.get(k, {}), v) if isinstance(v, dict) else round(v - before.get(k, 0), 3)
            for k, v in after.items()}


def measure(host, guest, order):
    """What the host counted while the guest carried out an order, and its answer."""
    counts = daemon_counts()
    before = host.ask("now")  # after that, for asking costs the daemon something, too
    answer = guest.ask(order)
    after = host.ask("now")
    return answer, difference(before, after), difference(counts, daemon_counts())


def check_daemon(tap, busy, idle, text):
    """It looks at the HCA's health every now and then, whatever the guest does."""
    tap.check(busy["cpu_s"] <= idle["cpu_s"] + 2 * TICK_S and busy["wakeups"] <= idle["wakeups"] + 5, text,
              f"{busy}; idle {idle}")


def posts_and_polls(tap, host, guest):
    answer, busy, counts = measure(host, guest, f"posts {POSTS}")
    _, idle, _ = measure(host, guest, f"idle {answer['ns']}")
    print(f"# {POSTS} posts, {answer['polls']} polls in {answer['ns'] / 1e9:.2f} s: exits {busy['exits']}; "
          f"the same time idle: {idle['exits']}")
    tap.check(answer["posts"] == POSTS, f"{POSTS} posts were completed")
    for reason in QUIET:
        more = busy["exits"].get(reason, 0) - idle["exits"].get(reason, 0)
        tap.check(more < POSTS / 1000, f"posting and polling causes no {reason} exit", f"{more} more than idle")
    total, of_time = sum(busy["exits"].values()), sum(idle["exits"].values())
    tap.check(total < 2 * of_time + POSTS / 100, "nor any other kind", f"{total} in all, idle {of_time}")
    check_daemon(tap, busy["daemon"], idle["daemon"], "underpassd executes nothing for them")
    tap.check(not any(counts.values()), "and its counters stand still", str(counts))


def sleeping(tap, host, guest):
    answer, busy, counts = measure(host, guest, f"events {EVENTS}")
    _, idle, _ = measure(host, guest, f"idle {answer['ns']}")
    print(f"# {EVENTS} completions slept for in {answer['ns'] / 1e9:.2f} s: {busy}; idle: {idle}")
    tap.check(answer["events"] == EVENTS, f"{EVENTS} completions woke the guest")
    check_daemon(tap, busy["daemon"], idle["daemon"], "none of them wakes underpassd")
    tap.check(not any(counts.values()), "whose counters stand still", str(counts))
    more = busy["qemu_main_wakeups"] - idle["qemu_main_wakeups"]
    tap.check(more < EVENTS / 10, "nor QEMU's main loop", f"{more} more wake-ups than idle")


def main():
    put_in_host("exits.py")
    lab("put", GUEST, os.path.join(TOP, "build/release/tests/lab/verbs/verbs_spin"), "/root/")
    tap = Tap()
    host = Talk(HOST, "python3", "/root/exits.py", GUEST)
    guest = Talk(GUEST, "/root/verbs_spin", "--device", DEV)
    tap.check(guest.first == "ready", "two queue pairs of the guest are connected", guest.first)
    guest.ask("posts 1000")  # caches, page tables
    posts_and_polls(tap, host, guest)
    sleeping(tap, host, guest)
    tap.check(guest.end() == 0 and host.end() == 0, "both programs end well")
    return tap.end()


if __name__ == "__main__":
    with some_lab("nested", "--guests", "2"):
        status = main()
    sys.exit(status)
