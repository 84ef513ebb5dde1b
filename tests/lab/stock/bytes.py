#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""TAP: messages of every opcode between two machines, each byte of both memories compared afterwards.

It owns the messages, what memory must look like after them, and the report; it must never know what carries them.
usage: bytes.py                the passive side: receives, is written to and read from; serves one client, then ends
       bytes.py SERVER         the active side: posts all sends, prints the report
Both sides compute the same plan from the seed, so only addresses and verdicts travel between them (TCP).
"""
import argparse
import dataclasses
import json
import os
import re
import signal
import socket
import struct
import sys
import tempfile
import time

import pyverbs.enums as e
from pyverbs.addr import AH, AHAttr, GID, GlobalRoute
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsError
from pyverbs.qp import DataBuffer, QP, QPAttr, QPCap, QPEx, QPInitAttrEx
from pyverbs.srq import SRQ, SrqAttr, SrqInitAttr, SrqInitAttrEx
from pyverbs.wr import RecvWR, SendWR, SGE
from pyverbs.xrcd import XRCD, XRCDInitAttr

from bytes_plan import (ARENA, ATOMICS, CMP_SWP, DEPTH, FETCH_ADD, FLIP, GRH, IMM, INLINE, NAMES, PAGE, PAIRS, PIECES, READ,
                        SEND, SEND_IMM, SENDS, SIZES, TRANSPORTS, WRITE, WRITE_IMM, Arena, atomic_after, batches, gathers,
                        spoiled, word)

MARK = 1 << 20          # the number of the empty send that follows RDMA writes
QKEY = 0x11223344
PSN = 0xffff80          # so that packet numbers wrap
WAIT = 10               # seconds for the completions of one batch
LINK_WAIT = 40          # seconds for the peer's next message
SENT_AS = {SEND: e.IBV_WC_SEND, SEND_IMM: e.IBV_WC_SEND, WRITE: e.IBV_WC_RDMA_WRITE, WRITE_IMM: e.IBV_WC_RDMA_WRITE,
           READ: e.IBV_WC_RDMA_READ, FETCH_ADD: e.IBV_WC_FETCH_ADD, CMP_SWP: e.IBV_WC_COMP_SWAP}
OPS_FLAGS = {SEND: e.IBV_QP_EX_WITH_SEND, SEND_IMM: e.IBV_QP_EX_WITH_SEND_WITH_IMM,
             WRITE: e.IBV_QP_EX_WITH_RDMA_WRITE, WRITE_IMM: e.IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM,
             READ: e.IBV_QP_EX_WITH_RDMA_READ, FETCH_ADD: e.IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD,
             CMP_SWP: e.IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP}
TYPES = {"RC": (e.IBV_QPT_RC, e.IBV_QPT_RC), "UC": (e.IBV_QPT_UC, e.IBV_QPT_UC), "UD": (e.IBV_QPT_UD, e.IBV_QPT_UD),
         "XRC": (e.IBV_QPT_XRC_SEND, e.IBV_QPT_XRC_RECV)}
ACCESS = (e.IBV_ACCESS_LOCAL_WRITE | e.IBV_ACCESS_REMOTE_WRITE | e.IBV_ACCESS_REMOTE_READ | e.IBV_ACCESS_REMOTE_ATOMIC)


class Broken(Exception):
    """The other side is gone or does not answer in time."""

class Side:
    """What active and passive have in common: device, memory, completion queues, and the TCP connection."""

    def __init__(self, options, link):
        self.options, self.link = options, link
        self.context = Context(name=options.device)
        self.port = self.context.query_port(1)
        self.roce = options.gid is not None
        self.gid = self.context.query_gid(1, options.gid or 0)
        self.pd = PD(self.context)
        self.arena = Arena(options.seed)
        # The second registration starts and ends at odd addresses.
        self.mrs = [MR(self.pd, ARENA, ACCESS, address=self.arena.base),
                    MR(self.pd, ARENA - 154, ACCESS, address=self.arena.base + 77)]
        self.send_cq, self.recv_cq = CQ(self.context, 4 * DEPTH), CQ(self.context, 4 * DEPTH)
        self.scratch = tempfile.TemporaryFile()
        try:
            self.xrcd = XRCD(self.context, XRCDInitAttr(e.IBV_XRCD_INIT_ATTR_FD | e.IBV_XRCD_INIT_ATTR_OFLAGS, os.O_CREAT,
                                                        self.scratch.fileno()))
        except PyverbsError:
            self.xrcd = None
        link.say(lid=self.port.lid, gid=str(self.gid), base=self.arena.base, rkeys=[mr.rkey for mr in self.mrs],
                 mtu=128 << self.port.active_mtu, xrc=bool(self.xrcd), seed=options.seed)
        self.peer = link.hear()
        if self.peer["seed"] != options.seed:
            raise Broken("the other side has another seed")
        self.mtu = min(128 << self.port.active_mtu, self.peer["mtu"])
        self.xrc = self.xrcd and self.peer["xrc"]

    def address(self, global_):
        route = None
        if global_:
            route = GlobalRoute(dgid=GID(self.peer["gid"]), sgid_index=self.options.gid or 0, flow_label=0x54321,
                                traffic_class=0x5a, hop_limit=64)
        return AHAttr(dlid=self.peer["lid"], port_num=1, is_global=global_, gr=route)

    def first_state(self, transport):
        attr = QPAttr(port_num=1)
        if transport == "UD":
            attr.qkey, attr.sq_psn = QKEY, PSN
        else:
            attr.qp_access_flags = ACCESS
        return attr

    def connect(self, qp, number, mtu, rnr_retry=7):
        attr = QPAttr(port_num=1)
        attr.path_mtu = {256: 1, 512: 2, 1024: 3, 2048: 4, 4096: 5}[min(mtu, self.mtu)]
        attr.dest_qp_num, attr.rq_psn, attr.sq_psn = number, PSN, PSN
        attr.ah_attr = self.address(self.roce)
        attr.max_rd_atomic = attr.max_dest_rd_atomic = 4
        attr.min_rnr_timer, attr.rnr_retry, attr.retry_cnt, attr.timeout = 12, rnr_retry, 6, 14
        attr.qp_access_flags = ACCESS
        attr.pkey_index = 0
        if qp.qp_type == e.IBV_QPT_XRC_RECV:
            qp.to_rtr(attr)
        else:
            qp.to_rts(attr)

    def pieces(self, parts, mr):
        return [SGE(self.arena.base + offset, length, mr.lkey if mr else 0) for offset, length in parts]

    @staticmethod
    def collect(cq, count):
        """Exactly count completions, one more if it is there; fewer after a failed one or too long a time."""
        found, end = [], time.monotonic() + WAIT
        while len(found) < count and time.monotonic() < end:
            polled, more = cq.poll(4 * DEPTH)
            found += more
            if any(wc.status != e.IBV_WC_SUCCESS for wc in more):
                break
            if not polled:
                time.sleep(0.0002)
        return found + cq.poll(1)[1]

    def judge(self, completions, queues, wanted):
        """Compare completions with wanted, {QP number: [{field: value}]}; also tell whether the QPs are still usable."""
        lines = []
        for wc in completions:
            queue = wanted.get(wc.qp_num)
            if wc.status != e.IBV_WC_SUCCESS:
                lines.append(f"{queues}: case {wc.wr_id} ended with status {wc.status}, vendor error {wc.vendor_err:#x}")
                return lines, False
            if not queue:
                lines.append(f"{queues}: a completion nobody asked for, case {wc.wr_id} at QP {wc.qp_num:#x}")
                continue
            for field, value in queue.pop(0).items():
                if field == "imm_data":
                    is_ = socket.ntohl(wc.imm_data)
                elif field == "wc_flags":
                    # Over RoCE everything has a GRH, and rdma_rxe says so everywhere.
                    is_ = wc.wc_flags & (e.IBV_WC_WITH_IMM | (0 if self.roce else e.IBV_WC_GRH))
                else:
                    is_ = getattr(wc, field)
                if is_ != value:
                    lines.append(f"{queues}: case {wc.wr_id}: {field} is {is_:#x}, not {value:#x}")
        missing = [str(w["wr_id"]) for queue in wanted.values() for w in queue]
        if missing:
            lines.append(f"{queues}: no completion within {WAIT} s for case {', '.join(missing)}")
        return lines, not missing

    def prepare(self, batch, far):
        """Fill the memory of one side: the source with the payload, the destination with nothing like it."""
        for case in batch:
            parts = case.far if far else case.near
            data = word(case.values[0]) if case.opcode in ATOMICS else self.arena.payload(case)
            source = gathers(case.opcode) != far
            if far and case.opcode in SENDS:
                data = self.head(case) + data
            self.arena.put(parts, data if source or (far and case.opcode in ATOMICS) else data.translate(FLIP))

    def head(self, case):
        return b""


class Passive(Side):
    """Receives, is written to and read from."""

    transport = None

    def head(self, case):
        """The 40 bytes before a datagram: its GRH, if it has one."""
        if self.transport != "UD":
            return b""
        length = 12 + 8 + (4 if case.opcode in IMM else 0) + (case.size + 3) // 4 * 4 + 4
        return (struct.pack(">IHBB", 6 << 28 | 0x5a << 20 | 0x54321, length, 0x1b, 64) +
                socket.inet_pton(socket.AF_INET6, self.peer["gid"]) +
                socket.inet_pton(socket.AF_INET6, str(self.gid)))

    def open(self, transport, numbers):
        self.transport = transport
        self.receivers, self.qps, self.senders = [], [], numbers
        for (kind, mtu), number in zip(PAIRS[transport], numbers):
            srq = None
            cap = QPCap(max_send_wr=1, max_recv_wr=0 if kind == "srq" else 2 * DEPTH, max_send_sge=1,
                        max_recv_sge=0 if kind == "srq" else PIECES)
            if transport == "XRC":
                attr = SrqInitAttrEx(max_wr=2 * DEPTH, max_sge=PIECES)
                attr.srq_type, attr.pd, attr.xrcd, attr.cq = e.IBV_SRQT_XRC, self.pd, self.xrcd, self.recv_cq
                attr.comp_mask = (e.IBV_SRQ_INIT_ATTR_TYPE | e.IBV_SRQ_INIT_ATTR_PD | e.IBV_SRQ_INIT_ATTR_CQ |
                                  e.IBV_SRQ_INIT_ATTR_XRCD)
                srq = SRQ(self.context, attr)
                init = QPInitAttrEx(qp_type=TYPES[transport][1], comp_mask=e.IBV_QP_INIT_ATTR_XRCD, xrcd=self.xrcd)
            else:
                if kind == "srq":
                    srq = SRQ(self.pd, SrqInitAttr(SrqAttr(max_wr=2 * DEPTH, max_sge=PIECES)))
                init = QPInitAttrEx(qp_type=TYPES[transport][1], comp_mask=e.IBV_QP_INIT_ATTR_PD, pd=self.pd, srq=srq,
                                    scq=self.send_cq, rcq=self.recv_cq, cap=cap)
            qp = QP(self.context, init, self.first_state(transport))
            if transport != "UD":
                self.connect(qp, number, mtu)
            self.qps.append(qp)
            self.receivers.append(srq or qp)
        self.link.say(qps=[qp.qp_num for qp in self.qps],
                      srqs=[r.get_srq_num() if transport == "XRC" else 0 for r in self.receivers])

    def close(self):
        for qp in self.qps:
            qp.close()
        # rdma-core cannot read a completion of an XRC SRQ that is gone.
        while self.recv_cq.poll(DEPTH)[0]:
            pass
        for receiver in self.receivers:
            receiver.close()

    def post(self, batch):
        """Receives for a batch; what their completions must be."""
        wanted = {qp.qp_num: [] for qp in self.qps}
        for case in batch:
            want = {"wr_id": case.number, "byte_len": case.size, "opcode": e.IBV_WC_RECV, "wc_flags": 0}
            parts = case.far
            if case.opcode == WRITE_IMM:
                parts, want["opcode"] = [(128, 64)], e.IBV_WC_RECV_RDMA_WITH_IMM    # stays untouched
            elif case.opcode not in SENDS:
                continue
            if case.opcode in IMM:
                want["imm_data"], want["wc_flags"] = case.imm, e.IBV_WC_WITH_IMM
            if self.transport == "UD":
                want["byte_len"] += GRH
                want["src_qp"] = self.senders[case.pair]
                want["slid"] = self.peer["lid"]
                want["wc_flags"] |= e.IBV_WC_GRH if case.with_grh and not self.roce else 0
            sges = self.pieces(parts, self.mrs[case.mrs[1]])
            self.receivers[case.pair].post_recv(RecvWR(case.number, len(sges), sges))
            wanted[self.qps[case.pair].qp_num].append(want)
        if batch[0].opcode == WRITE:
            for pair in {case.pair for case in batch}:
                self.receivers[pair].post_recv(RecvWR(MARK, 1, self.pieces([(128, 64)], self.mrs[0])))
                wanted[self.qps[pair].qp_num].append({"wr_id": MARK, "byte_len": 0, "opcode": e.IBV_WC_RECV})
        return wanted

    def batch(self, batch, spoil):
        self.prepare(batch, True)
        wanted = self.post(batch)
        self.link.say(ready=True)
        if not self.link.hear()["sent"]:
            self.arena.differences()
            return False
        lines, usable = self.judge(self.collect(self.recv_cq, sum(map(len, wanted.values()))), "receive", wanted)
        for case in batch:
            if case.opcode in ATOMICS:
                self.arena.expect(case.far, word(atomic_after(case)))
            elif gathers(case.opcode):
                self.arena.expect(case.far, (self.head(case) if case.opcode in SENDS else b"") + self.arena.payload(case))
            if self.transport == "UD" and (not case.with_grh or self.roce):
                self.arena.accept(case.far, GRH)
        if spoil:
            for place_ in spoiled(batch):
                self.arena.memory[place_] ^= 1
        self.link.say(lines=lines + self.arena.complaints(batch, True), usable=usable)
        return usable

    def serve(self):
        while (order := self.link.hear()).get("transport"):
            self.open(order["transport"], order["qps"])
            for batch in batches(self.options.seed, self.transport, order["opcode"], order["limit"],
                                 self.roce):
                if not self.batch(batch, order["spoil"]) or order["spoil"]:
                    break
            self.close()


class Active(Side):
    """Posts all sends and keeps the account."""

    def open(self, transport, opcode, limit, spoil):
        self.transport, self.qps = transport, []
        for _ in PAIRS[transport]:
            flags = 0
            for known in TRANSPORTS[transport]:
                flags |= OPS_FLAGS[known]
            cap = QPCap(max_send_wr=2 * DEPTH, max_recv_wr=0, max_send_sge=PIECES, max_recv_sge=0, max_inline_data=INLINE)
            init = QPInitAttrEx(qp_type=TYPES[transport][0], pd=self.pd, scq=self.send_cq, cap=cap, send_ops_flags=flags,
                                rcq=None if transport == "XRC" else self.recv_cq,
                                comp_mask=e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS)
            self.qps.append(QPEx(self.context, init, self.first_state(transport)))
            if init.max_inline_data < INLINE:
                raise Broken(f"only {init.max_inline_data} bytes inline")
        self.link.say(transport=transport, opcode=opcode, limit=limit, spoil=spoil, qps=[qp.qp_num for qp in self.qps])
        self.far = self.link.hear()
        if transport == "UD":
            self.ahs = [AH(self.pd, attr=self.address(self.roce)), AH(self.pd, attr=self.address(True))]
        else:
            for qp, number, (_, mtu) in zip(self.qps, self.far["qps"], PAIRS[transport]):
                self.connect(qp, number, mtu)

    def close(self):
        for qp in self.qps:
            qp.close()
        while self.send_cq.poll(DEPTH)[0]:
            pass

    def post(self, case):
        qp = self.qps[case.pair]
        sges = self.pieces(case.near, None if case.inline else self.mrs[case.mrs[0]])
        rkey, address = self.peer["rkeys"][case.mrs[1]], self.peer["base"] + case.far[0][0]
        (self.post_extended if case.extended else self.post_plain)(qp, case, sges, rkey, address)
        if case.inline:
            # The data went with the request: the source is free again.
            self.arena.put(case.near, self.arena.payload(case).translate(FLIP))

    def post_plain(self, qp, case, sges, rkey, address):
        wr = SendWR(case.number, case.opcode, len(sges), socket.htonl(case.imm), sges,
                    e.IBV_SEND_SIGNALED | (e.IBV_SEND_INLINE if case.inline else 0))
        if self.transport == "UD":
            wr.set_wr_ud(self.ahs[case.with_grh], self.far["qps"][case.pair], QKEY)
        elif case.opcode in ATOMICS:
            wr.set_wr_atomic(rkey, address, case.values[1], case.values[2])
        elif case.opcode not in SENDS:
            wr.set_wr_rdma(rkey, address)
        if self.transport == "XRC":
            wr.set_qp_type_xrc(self.far["srqs"][case.pair])
        qp.post_send(wr)

    def post_extended(self, qp, case, sges, rkey, address):
        qp.wr_start()
        qp.wr_id, qp.wr_flags = case.number, e.IBV_SEND_SIGNALED
        {SEND: lambda: qp.wr_send(),
         SEND_IMM: lambda: qp.wr_send_imm(case.imm),
         WRITE: lambda: qp.wr_rdma_write(rkey, address),
         WRITE_IMM: lambda: qp.wr_rdma_write_imm(rkey, address, case.imm),
         READ: lambda: qp.wr_rdma_read(rkey, address),
         FETCH_ADD: lambda: qp.wr_atomic_fetch_add(rkey, address, case.values[1]),
         CMP_SWP: lambda: qp.wr_atomic_cmp_swp(rkey, address, case.values[1], case.values[2])}[case.opcode]()
        if self.transport == "UD":
            qp.wr_set_ud_addr(self.ahs[case.with_grh], self.far["qps"][case.pair], QKEY)
        if self.transport == "XRC":
            qp.wr_set_xrc_srqn(self.far["srqs"][case.pair])
        if case.inline and len(sges) == 1:
            qp.wr_set_inline_data(sges[0].addr, case.size)
        elif case.inline:
            qp.wr_set_inline_data_list(len(sges), [DataBuffer(sge.addr, sge.length) for sge in sges])
        elif len(sges) == 1:
            qp.wr_set_sge(sges[0])
        else:
            qp.wr_set_sge_list(len(sges), sges)
        qp.wr_complete()

    def batch(self, batch):
        self.prepare(batch, False)
        self.link.hear()
        wanted = {qp.qp_num: [] for qp in self.qps}
        for case in batch:
            self.post(case)
            want = {"wr_id": case.number, "opcode": SENT_AS[case.opcode]}
            if not gathers(case.opcode):
                want["byte_len"] = case.size
            wanted[self.qps[case.pair].qp_num].append(want)
        if batch[0].opcode == WRITE:
            # Only the completion of a later receive promises that written data can be seen.
            for pair in {case.pair for case in batch}:
                self.post(dataclasses.replace(batch[0], number=MARK, opcode=SEND, size=0, near=[(128, 0)], inline=False,
                                              pair=pair))
                wanted[self.qps[pair].qp_num].append({"wr_id": MARK, "opcode": e.IBV_WC_SEND})
        lines, usable = self.judge(self.collect(self.send_cq, sum(map(len, wanted.values()))), "send", wanted)
        for case in batch:
            if not gathers(case.opcode):
                self.arena.expect(case.near, word(case.values[0]) if case.opcode in ATOMICS else self.arena.payload(case))
        lines += self.arena.complaints(batch, False)
        self.link.say(sent=usable)
        if usable:
            answer = self.link.hear()
            lines, usable = lines + answer["lines"], answer["usable"]
        return lines, usable

    def line(self, transport, opcode, spoil=False):
        """One line of the report: (complaints, cases checked)."""
        limit = self.mtu if transport == "UD" else SIZES[-1]
        self.open(transport, opcode, limit, spoil)
        lines, checked = [], []
        for batch in batches(self.options.seed, transport, opcode, limit, self.roce):
            more, usable = self.batch(batch)
            lines += more
            checked += batch
            if not usable or spoil:
                break
        self.close()
        return lines, checked

    def run(self):
        todo = [(transport, opcode) for transport in TRANSPORTS for opcode in TRANSPORTS[transport]
                if re.search(self.options.lines, f"{transport} {NAMES[opcode]}")]
        print(f"1..{len(todo) + 1}", flush=True)
        failed = 0
        for number, (transport, opcode) in enumerate(todo, 1):
            if transport == "XRC" and not self.xrc:
                print(f"ok {number} - {transport} {NAMES[opcode]} # SKIP no XRC on this device")
                continue
            start = time.monotonic()
            lines, checked = self.line(transport, opcode)
            failed += bool(lines)
            print(f"{'not ok' if lines else 'ok'} {number} - {transport} {NAMES[opcode]}: {len(checked)} combinations, "
                  f"{len({c.size for c in checked})} sizes, "
                  f"{len({(c.near[0][0] % PAGE, c.far[0][0] % PAGE) for c in checked})} pairs of alignments, "
                  f"{sum(len(c.near) > 1 or len(c.far) > 1 for c in checked)} with SGE lists, "
                  f"{sum(c.inline for c in checked)} inline, {sum(c.extended for c in checked)} by ibv_wr")
            print(f"# {time.monotonic() - start:.1f} s")
            for text in lines[:20]:
                print(f"# {text}")
            if len(lines) > 20:
                print(f"# and {len(lines) - 20} more")
            sys.stdout.flush()
        lines, _ = self.line("RC", SEND, spoil=True)
        seen = len(lines) == 3 and all(any(" 1 wrong at far " + where in text for text in lines) for where in
                                       ("byte ", "guard, 1 before", "guard, 0 after"))
        print(f"{'ok' if seen else 'not ok'} {len(todo) + 1} - three bytes changed on purpose are found, and no other")
        for text in lines:
            print(f"# {text}")
        self.link.say(transport=None)
        return 1 if failed or not seen else 0


class Link:
    """Lines of JSON between the two sides; each waits a limited time for the other."""

    def __init__(self, sock):
        sock.settimeout(LINK_WAIT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.lines = sock, sock.makefile("r")

    def say(self, **message):
        self.sock.sendall(json.dumps(message).encode() + b"\n")

    def hear(self):
        line = self.lines.readline()
        if not line:
            raise Broken("the other side has gone")
        return json.loads(line)


def reach(server, port):
    end = time.monotonic() + LINK_WAIT
    while True:
        try:
            return socket.create_connection((server, port), timeout=5)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def too_long(*_):
    raise Broken("the time is up")


def main():
    parser = argparse.ArgumentParser(description="compare the bytes of messages of every opcode")
    parser.add_argument("server", nargs="?")
    parser.add_argument("-d", "--device", default="mlx5_0")
    parser.add_argument("-g", "--gid", type=int, help="always by this GID index, as RoCE needs")
    parser.add_argument("-p", "--port", type=int, default=18700)
    parser.add_argument("-s", "--seed", type=int, default=1)
    parser.add_argument("-l", "--lines", default="", help="only these lines of the report, a pattern as in '^(RC|XRC) '")
    parser.add_argument("-t", "--limit", type=int, default=240, help="seconds for all of it")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(options.limit)
    try:
        if options.server:
            return Active(options, Link(reach(options.server, options.port))).run()
        listener = socket.create_server(("", options.port))
        listener.settimeout(LINK_WAIT)
        Passive(options, Link(listener.accept()[0])).serve()
        return 0
    except (Broken, OSError, PyverbsError) as error:
        print(f"Bail out! {type(error).__name__}: {error}", flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
