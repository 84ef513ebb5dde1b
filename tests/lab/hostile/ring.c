// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the attacker's end of the control ring. Must never know what a command
 * means.
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/string.h>

#include "device.h"

enum {
	LIMIT_MS = 60000,		/* for a command */
	LAWLESS_MS = 300,
	LOOK_MS = 2,			/* between looks at the device's status */
	SPINS = 20,
	SETTLE_US = 500,
	FILL = 0xa5,
};

int ring_alloc(struct hostile *h)
{
	struct ring *r = &h->ring;

	r->up = alloc_pages_exact(sizeof(*r->up), GFP_KERNEL | __GFP_ZERO);
	if (!r->up)
		return -ENOMEM;
	r->gpa = virt_to_phys(r->up);
	return 0;
}

void ring_free(struct hostile *h)
{
	free_pages_exact(h->ring.up, sizeof(*h->ring.up));
}

void ring_clear(struct hostile *h)
{
	struct ring *r = &h->ring;

	memset(r->up, 0, sizeof(*r->up));
	memset(r->shots, 0, sizeof(r->shots));
	r->submitted = 0;
	r->seen = 0;
	r->blind = false;
	r->lawless = false;
	r->over = false;
}

bool ring_untouched(struct hostile *h)
{
	memset(h->ring.up, FILL, sizeof(*h->ring.up));
	usleep_range(SETTLE_US, 2 * SETTLE_US);
	return !memchr_inv(h->ring.up, FILL, sizeof(*h->ring.up));
}

void ring_give_up(struct hostile *h)
{
	h->ring.over = true;
}

void ring_look_again(struct hostile *h)
{
	memset(h->ring.shots, 0, sizeof(h->ring.shots));
	h->ring.blind = false;
}

unsigned int ring_slot_of(const struct hostile *h, const struct up_slot *slot)
{
	return slot - h->ring.up->slots;
}

static void judge_refusal(const struct shot *shot, const struct up_slot *s, u32 status)
{
	figures_refused();
	if (status > UP_HCA_FAILED)
		figures_breach("opcode %#x (%s): result %u, which there is not", shot->opcode,
			       shot->what, status);
	if (status == UP_HCA_FAILED)
		figures.failed++;
	if (READ_ONCE(s->out_length))
		figures_breach("opcode %#x (%s): refused with an answer", shot->opcode, shot->what);
	if (shot->expect == MUST_WORK)
		figures_unexpected("opcode %#x: result %u, detail %#x", shot->opcode, status,
				   le32_to_cpu(READ_ONCE(s->detail)));
}

static void judge(struct hostile *h, const struct shot *shot, const struct up_slot *s)
{
	u32 status = le32_to_cpu(READ_ONCE(s->status));

	if (status) {
		judge_refusal(shot, s, status);
		return;
	}
	figures_ok();
	h->ring.worked++;
	world_given(h, shot->opcode, s->data);
	if (shot->expect == MUST_FAIL)
		figures_breach("opcode %#x (%s) worked", shot->opcode, shot->what);
}

static void finish(struct hostile *h, u32 slot, u32 sequence)
{
	struct ring *r = &h->ring;
	struct shot *shot = slot < UP_SLOTS ? &r->shots[slot] : NULL;

	if (!shot || (!r->blind && (!shot->busy || shot->sequence != sequence))) {
		figures_breach("completion of nothing: slot %u, sequence %u", slot, sequence);
		return;
	}
	if (!r->blind)
		judge(h, shot, &r->up->slots[slot]);
	shot->busy = false;
}

static void reap(struct hostile *h)
{
	struct ring *r = &h->ring;
	u32 made = le32_to_cpu(READ_ONCE(r->up->complete));

	if (made - r->seen > UP_SLOTS) {
		if (!r->blind)
			figures_breach("%u completions at once", made - r->seen);
		r->seen = made;
		return;
	}
	virt_rmb();	/* the counter before the entries and the answers */
	for (; r->seen != made; r->seen++) {
		struct up_completion *c = &r->up->completions[r->seen % UP_SLOTS];

		finish(h, le32_to_cpu(READ_ONCE(c->slot)), le32_to_cpu(READ_ONCE(c->sequence)));
	}
	WRITE_ONCE(r->up->complete_seen, cpu_to_le32(r->seen));
}

/* Ready, but it took its time. Whether it is to be given up. */
static bool is_late(struct hostile *h, ktime_t start)
{
	struct ring *r = &h->ring;
	s64 ms = ktime_ms_delta(ktime_get(), start);

	if (r->blind)
		device_kick(h);		/* the wish for one may be gone */
	if (ms < (r->lawless ? LAWLESS_MS : LIMIT_MS))
		return false;
	if (!r->lawless) {
		figures.unanswered++;
		figures_unexpected("%u commands are not answered", r->submitted - r->seen);
	}
	return true;
}

/* The device stopped it, lost its HCA, or just does not answer. */
static void look_at_status(struct hostile *h, ktime_t start)
{
	u32 status = device_read(h, UP_REG_STATUS);

	if (status == UP_STATUS_READY)
		h->ring.over = is_late(h, start);
	else
		h->ring.over = true;
	if (status == UP_STATUS_FAILED)
		figures.lost++;
	if (status == UP_STATUS_REFUSED)
		figures.stopped_rings++;
}

/* For a change; @round counts up from 0, @start is when that was. */
static void idle(struct hostile *h, unsigned int round, ktime_t start, ktime_t *looked)
{
	if (round < SPINS) {
		cpu_relax();
		return;
	}
	usleep_range(20, 60);
	if (ktime_ms_delta(ktime_get(), *looked) < LOOK_MS)
		return;
	look_at_status(h, start);
	*looked = ktime_get();
}

static struct up_slot *find_free(struct hostile *h)
{
	struct ring *r = &h->ring;
	unsigned int i;

	if ((s32)(r->submitted - r->seen) >= UP_SLOTS)
		return NULL;
	for (i = 0; i < UP_SLOTS; i++)
		if (!r->shots[i].busy)
			return &r->up->slots[i];
	return NULL;
}

struct up_slot *ring_take(struct hostile *h)
{
	ktime_t start = ktime_get(), looked = start;
	struct up_slot *slot;
	unsigned int round;

	for (round = 0; !hostile_over(h); round++) {
		slot = find_free(h);
		if (slot) {
			memset(slot, 0, sizeof(*slot));
			return slot;
		}
		reap(h);
		idle(h, round, start, &looked);
	}
	return NULL;
}

bool ring_drain(struct hostile *h)
{
	ktime_t start = ktime_get(), looked = start;
	struct ring *r = &h->ring;
	unsigned int round;

	for (round = 0; !hostile_over(h); round++) {
		reap(h);
		if ((s32)(r->submitted - r->seen) <= 0)
			return true;
		idle(h, round, start, &looked);
	}
	return false;
}

void ring_batch(struct hostile *h, unsigned int n,
		void (*attack)(struct hostile *h, struct up_slot *slot))
{
	struct up_slot *slot;

	while (n--) {
		slot = ring_take(h);
		if (!slot)
			return;
		attack(h, slot);
	}
	ring_drain(h);
}

void ring_submit(struct hostile *h, u32 slot)
{
	struct ring *r = &h->ring;
	u32 old = r->submitted++, wake;

	WRITE_ONCE(r->up->submissions[old % UP_SLOTS], cpu_to_le32(slot));
	virt_wmb();	/* slot and entry before the counter */
	WRITE_ONCE(r->up->submit, cpu_to_le32(r->submitted));
	virt_mb();	/* the counter before the look at who sleeps */
	wake = le32_to_cpu(READ_ONCE(r->up->submit_wake));
	if (r->submitted - wake < r->submitted - old)
		device_kick(h);
	figures_fired(1);
}

void ring_fire(struct hostile *h, struct up_slot *slot, u32 opcode, u32 length,
	       enum expect expect, const char *what)
{
	unsigned int i = ring_slot_of(h, slot);
	struct ring *r = &h->ring;

	r->shots[i] = (struct shot){
		.opcode = opcode, .sequence = ++r->sequence, .expect = expect, .busy = true,
		.what = what ?: "",
	};
	slot->opcode = cpu_to_le32(opcode);
	slot->length = cpu_to_le32(length);
	slot->sequence = cpu_to_le32(r->sequence);
	ring_submit(h, i);
}

bool ring_command(struct hostile *h, u32 opcode, const void *in, u32 length, enum expect expect)
{
	struct up_slot *slot = ring_take(h);
	struct ring *r = &h->ring;

	if (!slot)
		return false;
	memcpy(slot->data, in, length);
	ring_fire(h, slot, opcode, length, expect, "honest");
	if (!ring_drain(h))
		return false;
	r->last.status = le32_to_cpu(slot->status);
	memcpy(r->last.data, slot->data, sizeof(r->last.data));
	return !r->last.status;
}
