/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the driver's end of the control ring: slots, submission, completion,
 * waiting. Must never know what a command means.
 */
#ifndef UNDERPASS_CHANNEL_H
#define UNDERPASS_CHANNEL_H

#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "abi/ring.h"

struct up_dev;

/* A command under way; index is its slot. */
struct up_call {
	struct completion done;
	u32 sequence;
	bool busy;			/* submitted, not completed */
};

/**
 * struct up_channel - the control ring
 * @ring: in pages that both sides see
 * @lock: all below but the wait queue; taken in interrupts
 * @used: slots, bit set: taken
 * @slot_wait: for a free one
 * @calls: by slot
 * @submitted, @seen, @events_seen, @events_lost: counters of the ring, as the
 *	driver has them
 * @sequence: of the last command
 * @sleepers: commands that wait for an interrupt
 * @mean_ns: how long commands take, a moving mean
 * @strays: completions of nothing that was under way
 */
struct up_channel {
	struct up_ring *ring;
	spinlock_t lock;
	DECLARE_BITMAP(used, UP_SLOTS);
	wait_queue_head_t slot_wait;
	struct up_call calls[UP_SLOTS];
	u32 submitted, seen, events_seen, events_lost;
	u32 sequence;
	u32 sleepers;
	u32 mean_ns;
	u32 strays;
};

int up_channel_alloc(struct up_dev *dev);
/* Not before the device confirmed its reset. */
void up_channel_free(struct up_dev *dev);

/**
 * up_channel_execute() - one command, to its end
 * @dev: device
 * @opcode: enum up_opcode
 * @in: command, @in_len bytes
 * @out: for its answer, of exactly @out_len bytes
 *
 * Many callers may be in here. May sleep; not longer than a minute or so.
 *
 * Return: enum up_result; -ENODEV when the device is lost, before or meanwhile;
 * -EPROTO when the answer has another length.
 */
int up_channel_execute(struct up_dev *dev, u32 opcode, const void *in, size_t in_len,
		       void *out, size_t out_len);

/* Vector 0 fired: complete what is complete. Return: whether there was anything. */
bool up_channel_interrupt(struct up_dev *dev);
/* Wake everybody; the device is lost already. */
void up_channel_abort(struct up_dev *dev);

#endif
