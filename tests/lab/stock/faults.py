#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What a bad line and a slow receiver do to messages of UC, UD and RC, by verbs between two machines.

It owns the messages and what must be true of them; it must never know who loses packets, or whether: that is -l.
usage: faults.py -m MODE [-l]          the passive side: receives; serves one client, then ends
       faults.py -m MODE [-l] SERVER   the active side: sends, prints what happened
Modes: UC, UD: some messages arrive (-l) or all; what arrives is whole. RNR: RC without a receive posted.
"""
import argparse
import random
import signal
import socket
import sys
import time

import pyverbs.enums as e
from pyverbs.addr import AH
from pyverbs.cq import CQ
from pyverbs.mr import MR
from pyverbs.pyverbs_error import PyverbsError
from pyverbs.qp import QP, QPCap, QPInitAttrEx
from pyverbs.wr import RecvWR, SendWR, SGE

from bytes import ACCESS, LINK_WAIT, QKEY, TYPES, Broken, Link, Side, reach, too_long

COUNT = 256
SLOT = 4608             # room for the longest message and a GRH
GRH = 40
MTU = 1024              # of UC, so that most messages are several packets
QUIET = 3               # seconds without an arrival, after which none is expected any more
PATIENT = 7             # the rnr_retry that means for ever


def message(number, longest):
    """Message number with its number in front; sizes go up to the longest."""
    draw = random.Random(number)
    return number.to_bytes(4, "big") + draw.randbytes(draw.randrange(longest - 3))


class Traffic:
    """One QP, its completions, and a slot of memory for each message."""

    def __init__(self, side, transport):
        self.side, self.transport = side, transport
        self.cq = CQ(side.context, 2 * COUNT)
        self.mr = MR(side.pd, COUNT * SLOT, ACCESS)
        self.grh = GRH if transport == "UD" else 0
        self.longest = side.mtu if transport == "UD" else SLOT - 512
        cap = QPCap(max_send_wr=COUNT, max_recv_wr=COUNT, max_send_sge=1, max_recv_sge=1)
        init = QPInitAttrEx(qp_type=TYPES[transport][0], comp_mask=e.IBV_QP_INIT_ATTR_PD, pd=side.pd, scq=self.cq,
                            rcq=self.cq, cap=cap, sq_sig_all=1)
        self.qp = QP(side.context, init, side.first_state(transport))

    def connect(self, rnr_retry=PATIENT):
        self.side.link.say(qp=self.qp.qp_num)
        self.far = self.side.link.hear()["qp"]
        if self.transport == "UD":
            self.ah = AH(self.side.pd, attr=self.side.address(self.side.roce))
        else:
            self.side.connect(self.qp, self.far, MTU, rnr_retry)

    def receive(self, number):
        sge = SGE(self.mr.buf + number * SLOT, self.grh + self.longest, self.mr.lkey)
        self.qp.post_recv(RecvWR(number, 1, [sge]))

    def send(self, number):
        data = message(number, self.longest)
        self.mr.write(data, len(data), number * SLOT)
        wr = SendWR(number, e.IBV_WR_SEND, 1, 0, [SGE(self.mr.buf + number * SLOT, len(data), self.mr.lkey)],
                    e.IBV_SEND_SIGNALED)
        if self.transport == "UD":
            wr.set_wr_ud(self.ah, self.far, QKEY)
        self.qp.post_send(wr)

    def completions(self, count):
        """Up to count completions; fewer when none came for some time."""
        found, end = [], time.monotonic() + QUIET
        while len(found) < count and time.monotonic() < end:
            polled, more = self.cq.poll(32)
            found += more
            if polled:
                end = time.monotonic() + QUIET
            else:
                time.sleep(0.001)
        return found

    def complaints(self, arrived):
        """What is wrong with the messages that arrived: each whole, none twice, none before an earlier one."""
        lines, last = [], -1
        for wc in arrived:
            if wc.status != e.IBV_WC_SUCCESS:
                lines.append(f"receive {wc.wr_id} ended with status {wc.status}")
                continue
            data = self.mr.read(wc.byte_len - self.grh, wc.wr_id * SLOT + self.grh)
            number = int.from_bytes(data[:4], "big")
            if number >= COUNT or data != message(number, self.longest):
                lines.append(f"receive {wc.wr_id}: {len(data)} bytes that nobody sent")
            elif number <= last:
                lines.append(f"message {number} after message {last}")
            else:
                last = number
        return lines

    def close(self):
        self.qp.close()
        self.cq.close()


def lossy_passive(side, transport):
    traffic = Traffic(side, transport)
    for number in range(COUNT):
        traffic.receive(number)
    traffic.connect()
    side.link.say(ready=True)
    side.link.hear()
    arrived = traffic.completions(COUNT)
    side.link.say(arrived=len(arrived), lines=traffic.complaints(arrived))
    traffic.close()


def lossy_active(side, transport):
    traffic = Traffic(side, transport)
    traffic.connect()
    side.link.hear()
    for number in range(COUNT):
        traffic.send(number)
    sent = traffic.completions(COUNT)
    side.link.say(sent=True)
    far = side.link.hear()
    traffic.close()
    lines = far["lines"] + [f"send {wc.wr_id} ended with status {wc.status}" for wc in sent
                            if wc.status != e.IBV_WC_SUCCESS]
    if [wc.wr_id for wc in sent] != list(range(COUNT)):
        lines.append(f"{len(sent)} completions of {COUNT} sends, or not in order")
    if not (0 < far["arrived"] < COUNT if side.options.lossy else far["arrived"] == COUNT):
        lines.append(f"{far['arrived']} is not the number of messages that must arrive")
    print(f"{transport}: {COUNT} messages sent, {far['arrived']} arrived, {len(lines)} complaints")
    return lines


def rnr_passive(side):
    hasty, patient = Traffic(side, "RC"), Traffic(side, "RC")
    hasty.connect()
    patient.connect()
    side.link.say(ready=True)
    side.link.hear()            # the hasty sender has given up; the patient one has not
    patient.receive(0)
    arrived = patient.completions(1)
    side.link.say(arrived=len(arrived), lines=patient.complaints(arrived))
    hasty.close()
    patient.close()


def rnr_active(side):
    hasty, patient = Traffic(side, "RC"), Traffic(side, "RC")
    hasty.connect(1)
    patient.connect()
    side.link.hear()
    patient.send(0)
    hasty.send(0)
    lines = []
    statuses = [wc.status for wc in hasty.completions(1)]
    print(f"rnr_retry 1, no receive: status {statuses}")
    if statuses != [e.IBV_WC_RNR_RETRY_EXC_ERR]:
        lines.append(f"that is not status {int(e.IBV_WC_RNR_RETRY_EXC_ERR)}, once")
    if patient.cq.poll(1)[0]:
        lines.append("a send with endless RNR retries ended before there was a receive")
    side.link.say(posted=True)
    statuses = [wc.status for wc in patient.completions(1)]
    far = side.link.hear()
    print(f"rnr_retry {PATIENT}, a late receive: status {statuses}, {far['arrived']} arrived")
    if statuses != [e.IBV_WC_SUCCESS] or far["arrived"] != 1:
        lines.append("the late receive did not get its message")
    hasty.close()
    patient.close()
    return lines + far["lines"]


def run(options):
    if options.server:
        side = Side(options, Link(reach(options.server, options.port)))
        lines = rnr_active(side) if options.mode == "RNR" else lossy_active(side, options.mode)
        for line in lines[:20]:
            print(line)
        return 1 if lines else 0
    listener = socket.create_server(("", options.port))
    listener.settimeout(LINK_WAIT)
    side = Side(options, Link(listener.accept()[0]))
    if options.mode == "RNR":
        rnr_passive(side)
    else:
        lossy_passive(side, options.mode)
    return 0


def main():
    parser = argparse.ArgumentParser(description="what arrives over a bad line, and how it ends")
    parser.add_argument("server", nargs="?")
    parser.add_argument("-m", "--mode", choices=("UC", "UD", "RNR"), required=True)
    parser.add_argument("-l", "--lossy", action="store_true", help="the line loses packets: some messages must not arrive")
    parser.add_argument("-d", "--device", default="mlx5_0")
    parser.add_argument("-g", "--gid", type=int, help="always by this GID index, as RoCE needs")
    parser.add_argument("-p", "--port", type=int, default=18710)
    parser.add_argument("-s", "--seed", type=int, default=1)
    parser.add_argument("-t", "--limit", type=int, default=60, help="seconds for all of it")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(options.limit)
    try:
        return run(options)
    except (Broken, OSError, PyverbsError) as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
