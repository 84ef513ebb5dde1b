// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns accesses to the control BAR by every width at every place but the MSI-X
 * table. Must never change the device's state: all of them are to be ignored.
 */
#include "device.h"

enum { BATCH = 64 };

static void expect(u32 value, u32 wanted, const char *what)
{
	if (value != wanted)
		figures_breach("%s reads %#x, not %#x", what, value, wanted);
}

/* What stands fast for good, or as long as the device is ready. */
static void check(struct hostile *h)
{
	expect(device_read(h, UP_REG_MAGIC), UP_MAGIC, "magic");
	expect(device_read(h, UP_REG_VERSION), UP_ABI_VERSION, "version");
	expect(device_read(h, UP_REG_FEATURES), UP_FEATURES_KNOWN, "features");
	expect(device_read(h, UP_REG_UAR_PAGES), h->uar_pages, "UAR pages");
	expect(device_read(h, UP_REG_VECTORS), h->vectors, "vectors");
	expect(device_read(h, UP_REG_DRIVER_FEATURES), 0, "driver's features");
	expect(device_read(h, UP_REG_RING_LOW), lower_32_bits(h->ring.gpa), "ring, low");
	expect(device_read(h, UP_REG_RING_HIGH), upper_32_bits(h->ring.gpa), "ring, high");
	expect(device_read(h, UP_REG_STATUS), UP_STATUS_READY, "status");
}

static u32 place(struct hostile *h)
{
	return chance_one_in(&h->chance, 2) ? chance_below(&h->chance, UP_REG_SIZE) :
					      chance_below(&h->chance, UP_MSIX_TABLE);
}

static void read_any(struct hostile *h)
{
	u32 at = place(h);

	switch (chance_below(&h->chance, 4)) {
	case 0:
		expect(readb(h->control + at), 0, "a byte");
		break;
	case 1:
		expect(readw(h->control + (at & ~1U)), 0, "half a word");
		break;
	case 2:
		at = (at & ~3U) + UP_REG_SIZE;
		expect(readl(h->control + min(at, (u32)UP_MSIX_TABLE - 4)), 0, "nothing");
		break;
	default:
		readq(h->control + (at & ~7U));
	}
}

/* Bytes and half words everywhere; words where a driver may not write, or not now. */
static void write_any(struct hostile *h)
{
	u32 at = place(h), value = chance_edge(&h->chance);

	switch (chance_below(&h->chance, 4)) {
	case 0:
		writeb(value, h->control + at);
		break;
	case 1:
		writew(value, h->control + (at & ~1U));
		break;
	case 2:
		at &= ~3U;
		if (at == UP_REG_STATUS && value == UP_STATUS_RESET)
			value = UP_STATUS_FAILED;
		writel(value, h->control + at);
		break;
	default:
		at &= ~7U;
		/* Wherever this comes as two words, the status is not to be among them. */
		if (at != UP_REG_STATUS)
			writeq(chance_edge(&h->chance), h->control + at);
	}
}

void attack_registers(struct hostile *h)
{
	unsigned int i;

	for (i = 0; i < BATCH && !hostile_over(h); i++) {
		if (chance_one_in(&h->chance, 2))
			read_any(h);
		else
			write_any(h);
		figures_fired(1);
	}
	check(h);
}
