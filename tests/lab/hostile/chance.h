/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns chance, which a seed repeats. Must never know what is drawn for.
 */
#ifndef HOSTILE_CHANCE_H
#define HOSTILE_CHANCE_H

#include <linux/types.h>

struct chance {
	u64 state;
};

void chance_init(struct chance *c, u64 seed);
u64 chance_u64(struct chance *c);
/* From 0 to @n - 1; @n is not 0. */
u32 chance_below(struct chance *c, u32 n);
/* From @first to @last, both included. */
u64 chance_between(struct chance *c, u64 first, u64 last);
bool chance_one_in(struct chance *c, u32 n);
/* What often goes wrong: small numbers, powers of two, nearly 2^64, anything. */
u64 chance_edge(struct chance *c);

#endif
