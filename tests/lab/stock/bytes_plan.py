# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What bytes.py sends, from where to where, and the memory that must be there afterwards.

It owns sizes, alignments, patterns and the comparison; it must never know a device.
"""
import ctypes
import dataclasses
import mmap
import random
import struct

import pyverbs.enums as e

PAGE = 4096
SIZES = [0, 1, 2, 3, 7, 31, 32, 33, 63, 64, 65, 255, 1023, 1024, 1025, 2047, 4095, 4096, 4097, 8191, 8193,
         65535, 65537, 1048575, 1048577]
ALIGN = [0, 1, 3, 7, 13, 63, PAGE - 1]
WORD_ALIGN = [0, 8, 24, 56, 64, 2040, PAGE - 8]
INLINE = 236
INLINE_SIZES = [size for size in SIZES if size < INLINE] + [128, INLINE - 1, INLINE]
PIECES = 4
DEPTH = 16
GUARD = 64
GRH = 40
ARENA = 3 << 20
FLIP = bytes(255 - i for i in range(256))

SEND, SEND_IMM = e.IBV_WR_SEND, e.IBV_WR_SEND_WITH_IMM
WRITE, WRITE_IMM, READ = e.IBV_WR_RDMA_WRITE, e.IBV_WR_RDMA_WRITE_WITH_IMM, e.IBV_WR_RDMA_READ
FETCH_ADD, CMP_SWP = e.IBV_WR_ATOMIC_FETCH_AND_ADD, e.IBV_WR_ATOMIC_CMP_AND_SWP
NAMES = {SEND: "SEND", SEND_IMM: "SEND_WITH_IMM", WRITE: "RDMA_WRITE", WRITE_IMM: "RDMA_WRITE_WITH_IMM",
         READ: "RDMA_READ", FETCH_ADD: "ATOMIC_FETCH_AND_ADD", CMP_SWP: "ATOMIC_CMP_AND_SWP"}
SENDS, WRITES, ATOMICS, IMM = (SEND, SEND_IMM), (WRITE, WRITE_IMM), (FETCH_ADD, CMP_SWP), (SEND_IMM, WRITE_IMM)
RELIABLE = tuple(NAMES)
TRANSPORTS = {"RC": RELIABLE, "UC": SENDS + WRITES, "UD": SENDS, "XRC": RELIABLE}
# The pairs of QPs of one line of the report: how the passive one receives, and the largest path MTU.
PAIRS = {"RC": (("rq", 4096), ("srq", 1024)), "UC": (("rq", 4096), ("rq", 256)),
         "UD": (("rq", 4096), ("srq", 4096)), "XRC": (("srq", 4096), ("srq", 1024))}


@dataclasses.dataclass
class Case:
    number: int
    opcode: int
    size: int
    near: list          # the active side's pieces, each (offset in the arena, length)
    far: list           # the passive side's
    inline: bool
    extended: bool      # posted by ibv_wr_*, otherwise by ibv_post_send
    pair: int
    mrs: tuple          # which of the two registrations, near and far
    imm: int
    with_grh: bool
    values: tuple       # of an atomic: before, add or compare, swap

    def __str__(self):
        def where(pieces):
            return "+".join(f"{length}@{offset % PAGE}" for offset, length in pieces)
        return (f"case {self.number}: {self.size} bytes, {where(self.near)} {'->' if gathers(self.opcode) else '<-'} "
                f"{where(self.far)}{', inline' if self.inline else ''}, "
                f"{'ibv_wr' if self.extended else 'ibv_post_send'}, pair {self.pair}"
                f"{', GRH' if self.with_grh else ''}")


def gathers(opcode):
    return opcode in SENDS + WRITES


def chosen(opcode, limit):
    """(size, near alignment, far alignment, inline): every size with a few alignments, all of them with a few sizes."""
    if opcode in ATOMICS:
        return [(8, near, far, False) for _ in range(2) for near in ALIGN for far in WORD_ALIGN]
    combinations = []
    sizes = [size for size in SIZES if size <= limit]
    for i, size in enumerate(sizes):
        for k in range(4 if size < 10000 else 2 if size < 100000 else 1):
            combinations.append((size, ALIGN[(i + 2 * k) % 7], ALIGN[(3 * i + 1 + k) % 7], False))
    for size in (65, min(limit, 4097)):
        combinations += [(size, near, far, False) for near in ALIGN for far in ALIGN]
    if gathers(opcode):
        for i, size in enumerate(INLINE_SIZES):
            combinations += [(size, ALIGN[(i + 3 * k) % 7], ALIGN[(2 * i + k) % 7], True) for k in range(3)]
    return combinations


def pieces(rng, align, size, count, empty=True):
    """Cut size bytes into pieces, the first aligned as told: [(align, length)]."""
    if empty:
        cuts = [rng.randint(0, size) for _ in range(count - 1)]
    else:
        cuts = rng.sample(range(1, size), min(count, size) - 1) if size else []
        count = len(cuts) + 1
    cuts = [0] + sorted(cuts) + [size]
    return [(rng.choice(ALIGN) if i else align, cuts[i + 1] - cuts[i]) for i in range(count)]


def place(cursor, parts):
    """Give each part an offset in the arena, with untouched bytes around it: ([(offset, length)], next cursor)."""
    placed = []
    for align, length in parts:
        placed.append((cursor + align, length))
        cursor = (cursor + align + length + GUARD + PAGE - 1) // PAGE * PAGE
    return placed, cursor


def batches(seed, transport, opcode, limit, roce):
    """The cases of one line of the report, in lists of those that are under way together.

    On RoCE (rdma_rxe) all go with a GRH, and what its driver in rdma-core gets wrong is left out: inline data and
    several pieces by ibv_wr.
    """
    rng = random.Random(f"{seed} {transport} {opcode}")
    base = (list(TRANSPORTS).index(transport) * 7 + opcode) * 1000
    batch, near_cursor, far_cursor = [], PAGE, PAGE
    for i, (size, near_align, far_align, inline) in enumerate(chosen(opcode, limit)):
        head = GRH if transport == "UD" else 0
        near = pieces(rng, near_align, size, 1 if opcode in ATOMICS else rng.choice((1, 1, 2, 3, PIECES)))
        far, pair = [(far_align, size)], rng.getrandbits(1)
        if opcode in SENDS:
            # rdma-core leaves an empty piece out of a receive, but not out of one for an SRQ, where mlx5 takes it for 2 GiB.
            far = pieces(rng, far_align, head + size + rng.choice((0, 0, 17)), rng.choice((1, 1, 2, 3, PIECES)),
                         PAIRS[transport][pair][0] == "rq")
        before = rng.getrandbits(64)
        compare = before if rng.getrandbits(1) else rng.getrandbits(64)
        extended = bool(rng.getrandbits(1)) and not (roce and (inline or len(near) > 1))
        case = Case(base + i, opcode, size, near, far, inline, extended, pair,
                    (rng.getrandbits(1), rng.getrandbits(1)), rng.getrandbits(32),
                    transport == "UD" and (roce or bool(rng.getrandbits(1))), (before, compare, rng.getrandbits(64)))
        case.near, near_end = place(near_cursor, near)
        case.far, far_end = place(far_cursor, far)
        if len(batch) == DEPTH or max(near_end, far_end) > ARENA - PAGE:
            yield batch
            batch = []
            case.near, near_end = place(PAGE, near)
            case.far, far_end = place(PAGE, far)
        batch.append(case)
        near_cursor, far_cursor = near_end, far_end
    yield batch


class Arena:
    """Memory of the HCA and a second copy of what it must contain."""

    def __init__(self, seed):
        self.memory = mmap.mmap(-1, ARENA)
        self.base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self.pattern = random.Random(seed).randbytes(ARENA)
        self.memory[:] = self.pattern
        self.wanted = bytearray(self.pattern)

    def payload(self, case):
        start = case.number * 7919 % (ARENA - case.size)
        return self.pattern[start:start + case.size]

    @staticmethod
    def spread(parts, data):
        done = 0
        for offset, length in parts:
            part = data[done:done + length]
            yield offset, offset + len(part), part
            done += len(part)

    def put(self, parts, data):
        for start, end, part in self.spread(parts, data):
            self.memory[start:end] = self.wanted[start:end] = part

    def expect(self, parts, data):
        for start, end, part in self.spread(parts, data):
            self.wanted[start:end] = part

    def accept(self, parts, count):
        """The first count bytes of the parts may be anything."""
        for start, end, _ in self.spread(parts, bytes(count)):
            self.wanted[start:end] = self.memory[start:end]

    def differences(self):
        """[(first, last + 1, what is there, what should be)], after which the memory is as it should be."""
        if self.wanted == self.memory:
            return []
        found = []
        for page in range(0, ARENA, PAGE):
            is_, should = self.memory[page:page + PAGE], self.wanted[page:page + PAGE]
            if is_ == should:
                continue
            for i in range(PAGE):
                if is_[i] == should[i]:
                    continue
                if found and found[-1][1] == page + i:
                    found[-1][1] += 1
                else:
                    found.append([page + i, page + i + 1, is_[i], should[i]])
        self.memory[:] = self.wanted
        return found

    def complaints(self, batch, far):
        """A line for each run of wrong bytes, told by the nearest piece."""
        places = [(offset, length, i, case) for case in batch
                  for i, (offset, length) in enumerate(case.far if far else case.near)]
        lines = []
        for first, end, is_, should in self.differences():
            offset, length, i, case = min(places, key=lambda p: max(p[0] - first, first - p[0] - p[1] + 1, 0))
            if first < offset:
                where = f"guard, {offset - first} before piece {i}"
            elif first >= offset + length:
                where = f"guard, {first - offset - length} after piece {i}"
            else:
                where = f"byte {first - offset} of piece {i}"
            lines.append(f"{case}: {end - first} wrong at {'far' if far else 'near'} {where}: {is_:#04x}, not {should:#04x}")
        return lines


def atomic_after(case):
    before, operand, swap = case.values
    if case.opcode == FETCH_ADD:
        return (before + operand) % 2**64
    return swap if before == operand else before


def word(value):
    return struct.pack("=Q", value)


def spoiled(batch):
    """For the test of the test: a byte of data, one before it and one after it, of three cases that have some."""
    full = [case.far[0] for case in batch if case.far[0][1]]
    return full[0][0] + full[0][1] // 2, full[1][0] - 1, full[2][0] + full[2][1]
