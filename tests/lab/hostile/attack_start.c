// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns starts that must be refused: features, ring addresses; and statuses that
 * a driver never writes. Must never know the ring's insides.
 */
#include "device.h"

enum { TRIES = 6, IGNORED = 4 };

static void expect_refused(struct hostile *h, u64 gpa, u32 features, const char *what)
{
	u32 status;

	if (device_reset(h))
		return;
	figures_fired(1);
	status = device_start(h, gpa, features);
	if (status == UP_STATUS_REFUSED)
		figures_refused();
	else
		figures_breach("%s: status is %u", what, status);
	/* Without a reset it stays refused, whatever is asked for. */
	device_write(h, UP_REG_DRIVER_FEATURES, 0);
	device_write(h, UP_REG_RING_LOW, lower_32_bits(h->ring.gpa));
	device_write(h, UP_REG_RING_HIGH, upper_32_bits(h->ring.gpa));
	device_write(h, UP_REG_STATUS, UP_STATUS_READY);
	device_kick(h);
	figures_fired(1);
	if (device_read(h, UP_REG_STATUS) == UP_STATUS_READY)
		figures_breach("%s: refused, then ready without a reset", what);
}

static void refused_starts(struct hostile *h)
{
	struct chance *c = &h->chance;

	switch (chance_below(c, 4)) {
	case 0:
		expect_refused(h, h->ring.gpa, chance_u64(c) | 1U << chance_below(c, 32),
			       "unknown features");
		break;
	case 1:
		expect_refused(h, h->ring.gpa + 1 + chance_below(c, UP_PAGE - 1), 0,
			       "ring within a page");
		break;
	case 2:
		expect_refused(h, memory_hole(h, c), 0, "ring in a hole");
		break;
	default:
		expect_refused(h, -(u64)UP_PAGE * (1 + chance_below(c, 11)), 0, "ring that wraps");
	}
}

/* Before READY nothing of the ring is looked at, and nobody is rung. */
static void nothing_before_ready(struct hostile *h)
{
	unsigned int i;

	if (device_reset(h))
		return;
	for (i = 0; i < IGNORED; i++) {
		device_kick(h);
		device_write(h, UP_REG_STATUS, chance_between(&h->chance, 2, U32_MAX));
		__raw_writel(chance_u64(&h->chance), h->uars + 0x800);
		figures_fired(3);
	}
	if (device_read(h, UP_REG_STATUS) != UP_STATUS_RESET)
		figures_breach("status %u without a driver", device_read(h, UP_REG_STATUS));
}

void attack_start(struct hostile *h)
{
	unsigned int i;

	for (i = 0; i < TRIES && !hostile_over(h); i++) {
		if (chance_one_in(&h->chance, 4))
			nothing_before_ready(h);
		else
			refused_starts(h);
	}
	ring_give_up(h);
}
