// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns doorbells: every place of every page of the UAR BAR, given or not, with
 * numbers of others. Must never know commands.
 */
#include <linux/delay.h>

#include "hostile.h"

enum { BATCH = 256, SETTLE_US = 2000 };

static u32 number(struct hostile *h)
{
	const struct world *w = &h->world;
	const u32 numbers[] = {
		w->cqn, w->spare_cqn, w->eqn, w->rc, w->ud, w->qps[0].qpn, w->qps[1].qpn,
		w->srqn,
	};

	if (chance_one_in(&h->chance, 2))
		return chance_below(&h->chance, 256);
	if (chance_one_in(&h->chance, 2))
		return numbers[chance_below(&h->chance, ARRAY_SIZE(numbers))];
	return chance_u64(&h->chance);
}

static u64 page(struct hostile *h)
{
	switch (chance_below(&h->chance, 4)) {
	case 0:
		return h->world.page;
	case 1:
		return h->world.spare_page;
	case 2:
		return chance_below(&h->chance, h->uar_pages);
	default:
		return chance_below(&h->chance, h->uar_bytes / UP_PAGE);
	}
}

static u32 place(struct hostile *h)
{
	static const u16 places[] = { UAR_CQ_ARM, UAR_EQ_ARM, UAR_EQ_UPDATE, UAR_SEND, 0x900 };

	return chance_one_in(&h->chance, 2) ? places[chance_below(&h->chance, ARRAY_SIZE(places))] :
					      chance_below(&h->chance, UP_PAGE);
}

void attack_doorbells(struct hostile *h)
{
	void __iomem *at;
	unsigned int i;
	u32 word, n;

	for (i = 0; i < BATCH && !hostile_over(h); i++) {
		at = h->uars + page(h) * UP_PAGE;
		word = chance_one_in(&h->chance, 2) ? chance_edge(&h->chance) :
						      number(h) << 24 | chance_below(&h->chance, 8);
		n = chance_one_in(&h->chance, 2) ? number(h) : number(h) << 8 | 3;
		if (chance_one_in(&h->chance, 2))
			__raw_writel((__force u32)cpu_to_be32(word), at + (place(h) & ~3U));
		else
			__raw_writeq((__force u64)cpu_to_be64((u64)word << 32 | n),
				     at + (place(h) & ~7U));
		figures_fired(1);
	}
	/*
	 * What was rung for is over before the next reset, under which it would look
	 * for memory that is gone: a register is read behind it.
	 */
	ring_command(h, UP_QUERY_CLOCK, NULL, 0, MAY);
	usleep_range(SETTLE_US, 2 * SETTLE_US);
}
