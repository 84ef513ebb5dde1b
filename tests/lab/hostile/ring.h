/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the attacker's end of the control ring: many commands under way, and what
 * is thought of each answer. Must never know what a command means.
 */
#ifndef HOSTILE_RING_H
#define HOSTILE_RING_H

#include <linux/types.h>

#include "abi/ring.h"

struct hostile;

enum expect {
	MAY,				/* work or not */
	MUST_FAIL,			/* the contract says that it is refused */
	MUST_WORK,			/* honest */
};

/* A command under way, by slot. */
struct shot {
	u32 opcode, sequence;
	enum expect expect;
	bool busy;
	const char *what;
};

/**
 * struct ring - the ring and what is under way
 * @up: in memory that the device reads and writes; @gpa
 * @submitted, @seen, @sequence: as we have them
 * @worked: commands that were answered by UP_OK
 * @last: the answer of the last command that was waited for
 * @blind: slots change meanwhile: answers mean nothing, completions are counted
 * @lawless: counters do, too: commands may never be answered
 * @over: the device is not ready any more, or does not answer: nothing is fired
 */
struct ring {
	struct up_ring *up;
	u64 gpa;
	u32 submitted, seen, sequence, worked;
	struct {
		u32 status;
		u8 data[UP_SLOT_DATA];
	} last;
	bool blind, lawless, over;
	struct shot shots[UP_SLOTS];
};

/* 0; -ENOMEM. */
int ring_alloc(struct hostile *h);
void ring_free(struct hostile *h);
/* As a driver leaves it before it says READY. The device is reset. */
void ring_clear(struct hostile *h);
/* After a reset: fills it, waits a little, and looks whether anybody else wrote. */
bool ring_untouched(struct hostile *h);

/* A free slot, all zero: waits for one. NULL: it is over. */
struct up_slot *ring_take(struct hostile *h);
/* Off it goes. @what: in words, why it must fail; may be NULL. */
void ring_fire(struct hostile *h, struct up_slot *slot, u32 opcode, u32 length,
	       enum expect expect, const char *what);
/* Until all are answered. False: it is over. */
bool ring_drain(struct hostile *h);
/* @n times: take a slot, let @attack fill it and fire; then until all are answered. Ends early when it is over. */
void ring_batch(struct hostile *h, unsigned int n,
		void (*attack)(struct hostile *h, struct up_slot *slot));
/* One command to its end, ring.last has the answer. Whether that is UP_OK. */
bool ring_command(struct hostile *h, u32 opcode, const void *in, u32 length, enum expect expect);

unsigned int ring_slot_of(const struct hostile *h, const struct up_slot *slot);
/* Put a slot's number into the queue, whatever is in it. */
void ring_submit(struct hostile *h, u32 slot);
/* All is answered, and nothing changes any more: answers mean something again. */
void ring_look_again(struct hostile *h);
/* The device has had enough of this ring, or we have: nothing of it is waited for. */
void ring_give_up(struct hostile *h);

#endif
