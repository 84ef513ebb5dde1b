// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how runs are sorted: by the digits of their page numbers, lowest first. Must
 * never know what runs are for.
 */
#include "iommu/run_order.h"

#include <stdlib.h>

#define PAGE_SHIFT	12u
#define DIGIT_BITS	8u
#define DIGITS		(1u << DIGIT_BITS)

/* Below that the digits' counters cost more than comparing. */
#define FEW		64u

static int run_cmp(const void *left, const void *right)
{
	const struct gpa_run *a = left, *b = right;

	return a->gpa < b->gpa ? -1 : a->gpa > b->gpa;
}

static size_t digit_of(struct gpa_run run, unsigned int shift)
{
	return run.gpa >> shift & (DIGITS - 1);
}

/* By one digit, and by those before where that is equal. */
static void sort_by_digit(const struct gpa_run *from, struct gpa_run *to, size_t n,
			  unsigned int shift)
{
	size_t at[DIGITS] = { 0 }, next = 0;

	for (size_t i = 0; i < n; i++)
		at[digit_of(from[i], shift)]++;
	for (size_t digit = 0; digit < DIGITS; digit++) {
		size_t count = at[digit];

		at[digit] = next;
		next += count;
	}
	for (size_t i = 0; i < n; i++)
		to[at[digit_of(from[i], shift)]++] = from[i];
}

struct gpa_run *run_order_sort(struct gpa_run *runs, struct gpa_run *scratch, size_t n)
{
	uint64_t differ = 0;

	if (n < FEW) {
		qsort(runs, n, sizeof(*runs), run_cmp);
		return runs;
	}
	for (size_t i = 1; i < n; i++)
		differ |= runs[i].gpa ^ runs[0].gpa;
	for (unsigned int shift = PAGE_SHIFT; shift < 64; shift += DIGIT_BITS) {
		struct gpa_run *from = runs;

		if (!(differ >> shift & (DIGITS - 1)))
			continue;
		sort_by_digit(from, scratch, n, shift);
		runs = scratch;
		scratch = from;
	}
	return runs;
}
