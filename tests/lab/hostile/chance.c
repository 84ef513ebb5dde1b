// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns chance, which a seed repeats. Must never know what is drawn for.
 */
#include <linux/math64.h>

#include "chance.h"

void chance_init(struct chance *c, u64 seed)
{
	c->state = seed ^ 0x9e3779b97f4a7c15ULL;
	if (!c->state)
		c->state = 1;
}

u64 chance_u64(struct chance *c)
{
	c->state ^= c->state >> 12;
	c->state ^= c->state << 25;
	c->state ^= c->state >> 27;
	return c->state * 0x2545f4914f6cdd1dULL;
}

u32 chance_below(struct chance *c, u32 n)
{
	return (chance_u64(c) >> 32) * n >> 32;
}

u64 chance_between(struct chance *c, u64 first, u64 last)
{
	u64 n = last - first + 1;

	return first + (n ? mul_u64_u64_shr(chance_u64(c), n, 64) : chance_u64(c));
}

bool chance_one_in(struct chance *c, u32 n)
{
	return !chance_below(c, n);
}

u64 chance_edge(struct chance *c)
{
	switch (chance_below(c, 6)) {
	case 0:
		return chance_below(c, 300);
	case 1:
		return 1ULL << chance_below(c, 64);
	case 2:
		return (1ULL << chance_below(c, 64)) - 1;
	case 3:
		return -(u64)chance_below(c, 10000);
	case 4:
		return chance_below(c, 0xffffffff);
	default:
		return chance_u64(c);
	}
}
