// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns a ring that makes no sense, and a device that is reset in the midst of
 * commands. Must never know what a command means.
 */
#include <linux/delay.h>

#include "device.h"
#include "template.h"

enum { STOP_MS = 5000, SOME = 32, COPIES = 40 };

static void fire_some(struct hostile *h, unsigned int n)
{
	const struct template *t;
	struct up_slot *s;

	while (n--) {
		s = ring_take(h);
		if (!s)
			return;
		t = template_any(h);
		template_fill(h, t, s);
		ring_fire(h, s, t->opcode, t->length, MAY, NULL);
	}
}

/* The device must stop a ring that makes no sense, and say so. */
static void expect_stop(struct hostile *h, const char *what)
{
	u32 status;

	figures_fired(1);
	device_kick(h);
	status = device_await(h, UP_STATUS_READY, STOP_MS);
	if (status == UP_STATUS_REFUSED) {
		figures_refused();
		figures.stopped_rings++;
	} else {
		figures_breach("%s: status is %u", what, status);
	}
	ring_give_up(h);
}

static void submit_jumps(struct hostile *h)
{
	struct ring *r = &h->ring;
	u32 by = UP_SLOTS + 1 + chance_below(&h->chance, U32_MAX - 2 * UP_SLOTS);

	WRITE_ONCE(r->up->submit, cpu_to_le32(r->submitted + by));
	expect_stop(h, "more commands than slots");
}

static void slot_out_of_range(struct hostile *h)
{
	struct ring *r = &h->ring;
	u32 slot = chance_between(&h->chance, UP_SLOTS, U32_MAX);

	WRITE_ONCE(r->up->submissions[r->submitted % UP_SLOTS], cpu_to_le32(slot));
	virt_wmb();	/* the entry before the counter */
	WRITE_ONCE(r->up->submit, cpu_to_le32(++r->submitted));
	expect_stop(h, "slot that there is not");
}

/* One slot many times over; and again while it is under way. */
static void same_slot(struct hostile *h)
{
	const struct template *t = template_any(h);
	struct up_slot *s = ring_take(h);
	unsigned int i;

	if (!s || !ring_drain(h))
		return;
	h->ring.blind = true;
	template_fill(h, t, s);
	ring_fire(h, s, t->opcode, t->length, MAY, NULL);
	for (i = 0; i < COPIES; i++)
		ring_submit(h, ring_slot_of(h, s));
	ring_drain(h);
	ring_give_up(h);
}

/* What only concerns who is woken, and events: any value is as good. */
static void wakes(struct hostile *h)
{
	struct up_ring *up = h->ring.up;
	unsigned int i;

	for (i = 0; i < SOME; i++) {
		WRITE_ONCE(up->complete_wake, cpu_to_le32(chance_edge(&h->chance)));
		WRITE_ONCE(up->event_wake, cpu_to_le32(chance_edge(&h->chance)));
		WRITE_ONCE(up->event_seen, cpu_to_le32(chance_edge(&h->chance)));
		WRITE_ONCE(up->submit_wake, cpu_to_le32(chance_edge(&h->chance)));
		WRITE_ONCE(up->submit_seen, cpu_to_le32(chance_edge(&h->chance)));
		fire_some(h, 1);
		device_kick(h);
	}
	ring_drain(h);
}

static void kicks(struct hostile *h)
{
	unsigned int i;

	for (i = 0; i < SOME; i++) {
		device_write(h, UP_REG_KICK, chance_u64(&h->chance));
		figures_fired(1);
	}
}

/* As many commands as there is room for, and the end of it all. */
static void reset_under_way(struct hostile *h)
{
	fire_some(h, UP_SLOTS);
	device_write(h, UP_REG_STATUS, UP_STATUS_RESET);
	device_kick(h);
	device_write(h, UP_REG_STATUS, UP_STATUS_READY);
	if (chance_one_in(&h->chance, 2))
		device_write(h, UP_REG_STATUS, UP_STATUS_RESET);
	figures_fired(1);
	figures.resets++;
	ring_give_up(h);
}

void attack_ring(struct hostile *h)
{
	static void (*const ways[])(struct hostile *h) = {
		submit_jumps, slot_out_of_range, same_slot, wakes, kicks, reset_under_way,
	};
	unsigned int i;

	fire_some(h, SOME);
	for (i = 0; i < 3 && !hostile_over(h); i++)
		ways[chance_below(&h->chance, ARRAY_SIZE(ways))](h);
}
