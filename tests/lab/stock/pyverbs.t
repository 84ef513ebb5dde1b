#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""TAP: the pyverbs suite of Debian in a machine of the lab, each of its tests one of ours.

It owns the reading of unittest's report; it must never decide that a failure does not matter.
usage: pyverbs.t [TEST …]      e.g. tests.test_mr.MRTest; all without one
"""
import collections
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))  # as it was called: the folder is the topology
LAB = os.path.join(HERE, "..", "lab")
TOPOLOGY = os.path.basename(HERE)
OURS = TOPOLOGY in ("direct", "nested", "pair")  # our driver, which serves no users in the kernel
MACHINE = "vm1" if TOPOLOGY == "stock" else "guest1"
DEV = os.environ.get("RDMA_DEV", "underpass0" if OURS else "mlx5_0")
OPTIONS = shlex.split(os.environ.get("PYVERBS_OPTIONS", ""))
LIMIT = os.environ.get("STOCK_TIMEOUT", "1500")

# The tests of the connection manager want an address on the HCA's IPoIB interface.
ADDRESS = ("modprobe ib_ipoib; until ls /sys/class/infiniband/$0/device/net > /dev/null 2>&1; do sleep 0.2; done; "
           "for link in /sys/class/infiniband/$0/device/net/*; do ip addr replace 192.168.77.1/24 dev ${link##*/}; "
           "ip link set ${link##*/} up; done; sleep 2")
UNPACK = ("rm -rf /root/tests && cp -r /usr/share/doc/rdma-core/tests /root/tests && "
          "gunzip -rf /root/tests && echo 32 > /proc/sys/vm/nr_hugepages && ls /root/tests/test_*.py | wc -l")
# unittest's verbose report: "name (id)" or its doc string on the next line, then " ... result".
START = re.compile(r"^(?P<name>\w+) \((?P<id>[\w.]+)\)")
RESULT = re.compile(r"(?:^|.* )\.\.\. (?:.*?)(?P<result>ok|FAIL|ERROR|expected failure|unexpected success|"
                    r"skipped (?P<reason>'.*'|\".*\"))$")
LATE = re.compile(r"^(?P<result>ok|FAIL|ERROR|skipped (?P<reason>'.*'|\".*\"))$")


def lab(*argv, **kwargs):
    return subprocess.run([LAB, *argv], **kwargs)


def read_report(lines):
    """(id, result, reason) of each test, in order."""
    results, current = [], None
    for line in lines:
        if line.startswith("=" * 70) or line.startswith("-" * 70):
            break
        start = START.match(line)
        if start:
            if current:
                results.append((current, "no result", None))
            current = start["id"]
        match = RESULT.match(line) or (current and LATE.match(line))
        if match and current:
            results.append((current, match["result"].split()[0], match["reason"]))
            current = None
    if current:
        results.append((current, "no result", None))
    return results


def main():
    own = None
    if "LAB_DIR" not in os.environ and "LAB_SHARED" in os.environ:
        os.environ["LAB_DIR"] = subprocess.run([os.path.join(HERE, "..", "shared"), TOPOLOGY], check=True, text=True,
                                               stdout=subprocess.PIPE).stdout.strip()
    if not (os.environ.get("LAB_DIR") and
            lab("status", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0):
        own = tempfile.TemporaryDirectory()
        os.environ["LAB_DIR"] = os.path.join(own.name, "lab")
        if lab("up", TOPOLOGY, "--vms", "1", "--model-arg=--strict",
               "--kernel", os.environ.get("STOCK_KERNEL", "stable")).returncode:
            print("Bail out! the lab did not come up")
            return 1
    try:
        return run()
    finally:
        if own:
            lab("down")
            own.cleanup()


def run():
    files = lab("exec", "-n", MACHINE, "--", "sh", "-c", UNPACK, capture_output=True, text=True)
    if files.returncode or int(files.stdout) < 40:
        print(f"Bail out! Debian's tests are not where they should be: {files.stdout}{files.stderr}")
        return 1
    if not OURS:
        lab("exec", "-n", MACHINE, "--", "sh", "-c", ADDRESS, DEV, check=True)
    done = lab("exec", "-n", "--timeout", LIMIT, MACHINE, "--", "python3", "/root/tests/run_tests.py",
               "--dev", DEV, "-v", *OPTIONS, *sys.argv[1:], capture_output=True, text=True)
    lines = done.stderr.splitlines()
    results = read_report(lines)
    told = re.search(r"^Ran (\d+) tests? in", done.stderr, re.M)
    counts = collections.Counter(result for _, result, _ in results)
    good = ("ok", "skipped", "expected")
    for number, (name, result, reason) in enumerate(results, 1):
        skip = f" # SKIP {reason}" if result == "skipped" else ""
        print(f"{'ok' if result in good else 'not ok'} {number} - {name}{skip}")
    complete = told is not None and int(told[1]) == len(results) and results
    print(f"{'ok' if complete else 'not ok'} {len(results) + 1} - the suite ran to its end and every test is counted")
    print(f"1..{len(results) + 1}")
    print(f"# ran {told[1] if told else '?'}, passed {counts['ok']}, skipped {counts['skipped']}, "
          f"failed {counts['FAIL']}, errors {counts['ERROR']}, status {done.returncode}")
    for reason, n in collections.Counter(r for _, s, r in results if s == "skipped").most_common():
        print(f"# skipped {n}: {reason}")
    bad = [r for r in results if r[1] not in good]
    if bad or not complete:
        at = next((i for i, line in enumerate(lines) if line.startswith("=" * 70)), max(0, len(lines) - 60))
        for line in lines[at:at + 400]:
            print(f"# {line}")
    return 1 if bad or not complete or done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
