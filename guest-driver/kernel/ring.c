// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the driver's end of the control ring (abi/ring.h): slots, submission,
 * completion, waiting. Must never know what a command means.
 *
 * The ring is ordinary memory that the device writes at any time: each of its
 * fields is read once and checked.
 */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "channel.h"
#include "pci.h"
#include "underpass.h"

enum {
	SPIN_NS = 100 * 1000,		/* look for a completion at most so long before sleeping */
	LIMIT_S = 60,			/* for a command; registering much memory takes seconds */
	SLICE = HZ,			/* between looks at the device's status */
};

int up_channel_alloc(struct up_dev *dev)
{
	struct up_channel *ch = &dev->channel;
	unsigned int i;

	spin_lock_init(&ch->lock);
	init_waitqueue_head(&ch->slot_wait);
	for (i = 0; i < UP_SLOTS; i++)
		init_completion(&ch->calls[i].done);
	ch->ring = alloc_pages_exact(sizeof(*ch->ring), GFP_KERNEL | __GFP_ZERO);
	if (!ch->ring)
		return -ENOMEM;
	/* Asleep for the first event. */
	ch->ring->event_wake = cpu_to_le32(1);
	return 0;
}

void up_channel_free(struct up_dev *dev)
{
	free_pages_exact(dev->channel.ring, sizeof(*dev->channel.ring));
}

/* A completion says which slot and which command; believe it only if that was under way. */
static void complete_one(struct up_channel *ch, u32 slot, u32 sequence)
{
	struct up_call *call;

	if (slot >= UP_SLOTS || !ch->calls[slot].busy || ch->calls[slot].sequence != sequence) {
		ch->strays++;
		return;
	}
	call = &ch->calls[slot];
	call->busy = false;
	complete(&call->done);
}

/* Take all completions. Return: false when the counter makes no sense. */
static bool reap(struct up_channel *ch)
{
	struct up_ring *ring = ch->ring;
	u32 made = le32_to_cpu(READ_ONCE(ring->complete));

	lockdep_assert_held(&ch->lock);
	if (made == ch->seen)
		return true;
	if (made - ch->seen > UP_SLOTS)
		return false;
	virt_rmb();	/* the counter before the entries and the answers */
	while (ch->seen != made) {
		struct up_completion *c = &ring->completions[ch->seen % UP_SLOTS];

		complete_one(ch, le32_to_cpu(READ_ONCE(c->slot)),
			     le32_to_cpu(READ_ONCE(c->sequence)));
		ch->seen++;
	}
	WRITE_ONCE(ring->complete_seen, cpu_to_le32(ch->seen));
	return true;
}

/* Ask for an interrupt at the next completion, and take what came before that was visible. */
static bool reap_and_arm(struct up_channel *ch)
{
	struct up_ring *ring = ch->ring;

	do {
		if (!reap(ch))
			return false;
		WRITE_ONCE(ring->complete_wake, cpu_to_le32(ch->seen + 1));
		virt_mb();	/* the wish before the look */
	} while (le32_to_cpu(READ_ONCE(ring->complete)) != ch->seen);
	return true;
}

bool up_channel_interrupt(struct up_dev *dev)
{
	struct up_channel *ch = &dev->channel;
	unsigned long flags;
	bool sane, some;
	u32 seen;

	spin_lock_irqsave(&ch->lock, flags);
	seen = ch->seen;
	sane = ch->sleepers ? reap_and_arm(ch) : reap(ch);
	some = ch->seen != seen;
	spin_unlock_irqrestore(&ch->lock, flags);
	if (!sane)
		up_fail(dev, "completion counter out of range");
	return some;
}

void up_channel_abort(struct up_dev *dev)
{
	struct up_channel *ch = &dev->channel;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&ch->lock, flags);
	for (i = 0; i < UP_SLOTS; i++)
		if (ch->calls[i].busy)
			complete(&ch->calls[i].done);
	spin_unlock_irqrestore(&ch->lock, flags);
	wake_up_all(&ch->slot_wait);
}

static int try_take_slot(struct up_dev *dev)
{
	struct up_channel *ch = &dev->channel;
	unsigned long flags;
	unsigned int slot;
	int ret = -EAGAIN;

	spin_lock_irqsave(&ch->lock, flags);
	slot = find_first_zero_bit(ch->used, UP_SLOTS);
	if (dev->life != UP_ALIVE) {
		ret = -ENODEV;
	} else if (slot < UP_SLOTS) {
		__set_bit(slot, ch->used);
		ret = slot;
	}
	spin_unlock_irqrestore(&ch->lock, flags);
	return ret;
}

/* Every holder gives its slot back in bounded time, or the device is lost. */
static int take_slot(struct up_dev *dev)
{
	int slot;

	wait_event(dev->channel.slot_wait, (slot = try_take_slot(dev)) != -EAGAIN);
	return slot;
}

static void give_slot(struct up_channel *ch, unsigned int slot)
{
	unsigned long flags;

	spin_lock_irqsave(&ch->lock, flags);
	__clear_bit(slot, ch->used);
	spin_unlock_irqrestore(&ch->lock, flags);
	wake_up(&ch->slot_wait);
}

/* Return: false when the device is lost; nobody would complete the call then. */
static bool submit(struct up_dev *dev, unsigned int slot, u32 opcode, const void *in, size_t in_len)
{
	struct up_channel *ch = &dev->channel;
	struct up_slot *s = &ch->ring->slots[slot];
	unsigned long flags;
	bool kick = false;
	bool alive;
	u32 old;

	memset(s, 0, offsetof(struct up_slot, data));
	s->opcode = cpu_to_le32(opcode);
	s->length = cpu_to_le32(in_len);
	memcpy(s->data, in, in_len);

	spin_lock_irqsave(&ch->lock, flags);
	alive = dev->life == UP_ALIVE;
	if (!alive)
		goto unlock;
	reinit_completion(&ch->calls[slot].done);
	ch->calls[slot].sequence = ++ch->sequence;
	ch->calls[slot].busy = true;
	s->sequence = cpu_to_le32(ch->sequence);
	old = ch->submitted++;
	WRITE_ONCE(ch->ring->submissions[old % UP_SLOTS], cpu_to_le32(slot));
	virt_wmb();	/* slot and entry before the counter */
	WRITE_ONCE(ch->ring->submit, cpu_to_le32(ch->submitted));
	virt_mb();	/* the counter before the look at who sleeps */
	kick = ch->submitted - le32_to_cpu(READ_ONCE(ch->ring->submit_wake)) < ch->submitted - old;
unlock:
	spin_unlock_irqrestore(&ch->lock, flags);
	if (kick)
		up_pci_write(dev, UP_REG_KICK, 1);
	return alive;
}

/* While commands are fast on average, the next one is worth waiting for. */
static bool spin(struct up_dev *dev, struct up_call *call, u64 start)
{
	struct up_channel *ch = &dev->channel;
	u64 limit = 2 * (u64)READ_ONCE(ch->mean_ns);
	unsigned long flags;
	bool sane;

	if (limit > 2 * SPIN_NS)
		return false;
	do {
		if (le32_to_cpu(READ_ONCE(ch->ring->complete)) != READ_ONCE(ch->seen)) {
			spin_lock_irqsave(&ch->lock, flags);
			sane = reap(ch);
			spin_unlock_irqrestore(&ch->lock, flags);
			if (!sane)
				up_fail(dev, "completion counter out of range");
		}
		if (try_wait_for_completion(&call->done))
			return true;
		cpu_relax();
	} while (ktime_get_ns() - start < limit && !need_resched());
	return false;
}

/*
 * Look again although no interrupt came: it may be lost, as may the kick; and the
 * device, too.
 */
static void look_again(struct up_dev *dev)
{
	up_channel_interrupt(dev);
	up_pci_write(dev, UP_REG_KICK, 1);
	if (up_pci_read(dev, UP_REG_STATUS) != UP_STATUS_READY)
		up_fail(dev, "device is not ready any more");
}

static void sleep_for(struct up_dev *dev, struct up_call *call)
{
	struct up_channel *ch = &dev->channel;
	unsigned long end = jiffies + LIMIT_S * HZ;
	unsigned long flags;
	bool sane;

	spin_lock_irqsave(&ch->lock, flags);
	ch->sleepers++;
	sane = reap_and_arm(ch);
	spin_unlock_irqrestore(&ch->lock, flags);
	if (!sane)
		up_fail(dev, "completion counter out of range");

	while (!wait_for_completion_timeout(&call->done, SLICE)) {
		if (time_after(jiffies, end))
			up_fail(dev, "a command was not answered in time");
		else
			look_again(dev);
	}

	spin_lock_irqsave(&ch->lock, flags);
	ch->sleepers--;
	spin_unlock_irqrestore(&ch->lock, flags);
}

static int take_answer(struct up_slot *s, void *out, size_t out_len)
{
	u32 status = le32_to_cpu(READ_ONCE(s->status));

	virt_rmb();	/* the completion before the answer */
	if (status == UP_OK) {
		if (le32_to_cpu(READ_ONCE(s->out_length)) != out_len)
			return -EPROTO;
		memcpy(out, s->data, out_len);
	}
	return status > UP_HCA_FAILED ? -EPROTO : status;
}

int up_channel_execute(struct up_dev *dev, u32 opcode, const void *in, size_t in_len,
		       void *out, size_t out_len)
{
	struct up_channel *ch = &dev->channel;
	struct up_call *call;
	u64 start, took;
	int slot, ret;

	if (WARN_ON(in_len > UP_SLOT_DATA || out_len > UP_SLOT_DATA))
		return -EINVAL;
	slot = take_slot(dev);
	if (slot < 0)
		return slot;
	call = &ch->calls[slot];
	start = ktime_get_ns();
	if (!submit(dev, slot, opcode, in, in_len))
		return -ENODEV;
	if (!spin(dev, call, start))
		sleep_for(dev, call);

	/* Still busy: it was the end of the device that ended the wait. The slot stays taken. */
	if (READ_ONCE(call->busy))
		return -ENODEV;
	took = min_t(u64, ktime_get_ns() - start, U32_MAX);
	WRITE_ONCE(ch->mean_ns, (u32)((7 * (u64)ch->mean_ns + took) / 8));
	ret = take_answer(&ch->ring->slots[slot], out, out_len);
	give_slot(ch, slot);
	return ret;
}
