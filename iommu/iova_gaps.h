/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the gaps of a space by size. Must never know where they lie, nor what
 * else there is in the space.
 *
 * Classes of two levels: a power of two, cut into 32 equal steps; up to 31
 * granules each size has a class of its own. A bitmap per level finds the next
 * class that has gaps by two bit scans. Functions are inline for iova.c, which
 * is the only user.
 */
#ifndef IOMMU_IOVA_GAPS_H
#define IOMMU_IOVA_GAPS_H

#include <assert.h>
#include <stdint.h>

#include "iommu/iova.h"

enum {
	GAP_STEP_BITS = 5,
	GAP_STEPS = 1 << GAP_STEP_BITS,	/* classes in a row, bits in a row's bitmap */
	GAP_ROWS = 64 - GAP_STEP_BITS + 1,
	GAP_CLASSES = GAP_ROWS * GAP_STEPS,	/* as a class: none */
};

static_assert(GAP_ROWS <= 64, "one bit per row");

struct iova_gaps {
	unsigned int shift;			/* log2 of the granule */
	uint64_t rows;				/* bit: a class of the row has gaps */
	uint32_t steps[GAP_ROWS];		/* bit: the class has gaps */
	/* Lists by gap_next and gap_prev; gap_prev of a head is stale, but never itself. */
	struct iova_block *heads[GAP_CLASSES];
};

/* The class that holds gaps of @size bytes. */
static inline unsigned int gap_class_of(const struct iova_gaps *gaps, uint64_t size)
{
	uint64_t granules = size >> gaps->shift;
	unsigned int top;

	if (granules < GAP_STEPS)
		return granules;
	top = 63 - __builtin_clzll(granules);
	/* The bit below the top is worth a step; the top one itself adds the row. */
	return (top - GAP_STEP_BITS) * GAP_STEPS + (granules >> (top - GAP_STEP_BITS));
}

/* The lowest class all of whose gaps have @size bytes; GAP_CLASSES: there is none. */
static inline unsigned int gap_class_from(const struct iova_gaps *gaps, uint64_t size)
{
	uint64_t granules = size >> gaps->shift, round;

	if (granules < GAP_STEPS)
		return granules;
	round = (1ull << (63 - __builtin_clzll(granules) - GAP_STEP_BITS)) - 1;
	if (round > (UINT64_MAX >> gaps->shift) - granules)
		return GAP_CLASSES;
	return gap_class_of(gaps, (granules + round) << gaps->shift);
}

/* The first class from @class upwards that has gaps; GAP_CLASSES: there is none. */
static inline unsigned int gap_class_up(const struct iova_gaps *gaps, unsigned int class)
{
	unsigned int row = class / GAP_STEPS;
	uint64_t rows;
	uint32_t steps;

	if (class >= GAP_CLASSES)
		return GAP_CLASSES;
	steps = gaps->steps[row] & UINT32_MAX << class % GAP_STEPS;
	if (!steps) {
		rows = gaps->rows & ~(UINT64_MAX >> (63 - row));	/* above row */
		if (!rows)
			return GAP_CLASSES;
		row = __builtin_ctzll(rows);
		steps = gaps->steps[row];
	}
	return row * GAP_STEPS + __builtin_ctz(steps);
}

/* The first class below @class that has gaps; GAP_CLASSES: there is none. */
static inline unsigned int gap_class_down(const struct iova_gaps *gaps, unsigned int class)
{
	unsigned int row = class / GAP_STEPS;
	uint32_t steps = row < GAP_ROWS ? gaps->steps[row] & ~(UINT32_MAX << class % GAP_STEPS) : 0;
	uint64_t rows;

	if (!steps) {
		rows = gaps->rows & ~(UINT64_MAX << row);		/* below row */
		if (!rows)
			return GAP_CLASSES;
		row = 63 - __builtin_clzll(rows);
		steps = gaps->steps[row];
	}
	return row * GAP_STEPS + (31 - __builtin_clz(steps));
}

static inline void gap_insert(struct iova_gaps *gaps, struct iova_block *gap, unsigned int class)
{
	struct iova_block *head = gaps->heads[class];

	if (head)
		head->gap_prev = gap;
	gap->gap_prev = NULL;
	gap->gap_next = head;
	gaps->heads[class] = gap;
	gaps->steps[class / GAP_STEPS] |= 1u << class % GAP_STEPS;
	gaps->rows |= 1ull << class / GAP_STEPS;
}

static inline void gap_remove(struct iova_gaps *gaps, struct iova_block *gap, unsigned int class)
{
	if (gaps->heads[class] != gap) {
		gap->gap_prev->gap_next = gap->gap_next;
		if (gap->gap_next)
			gap->gap_next->gap_prev = gap->gap_prev;
		return;
	}
	/* The new head is not touched: one cache line less. */
	gaps->heads[class] = gap->gap_next;
	if (gap->gap_next)
		return;
	gaps->steps[class / GAP_STEPS] &= ~(1u << class % GAP_STEPS);
	if (!gaps->steps[class / GAP_STEPS])
		gaps->rows &= ~(1ull << class / GAP_STEPS);
}

/* Between classes only where that changes: a large gap that is nibbled at stays. */
static inline void gap_resize(struct iova_gaps *gaps, struct iova_block *gap, uint64_t size)
{
	unsigned int old = gap_class_of(gaps, gap->size), new = gap_class_of(gaps, size);

	gap->size = size;
	if (old == new)
		return;
	gap_remove(gaps, gap, old);
	gap_insert(gaps, gap, new);
}

#endif
