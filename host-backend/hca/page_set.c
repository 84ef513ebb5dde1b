// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns a set of page addresses. Must never know whose they are.
 */
#include "host-backend/hca/page_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST = 256 };

static size_t place(const struct hca_page_set *set, uint64_t page)
{
	return (size_t)((page >> 12) * 0x9e3779b97f4a7c15ull >> 20) & (set->size - 1);
}

void hca_page_set_add(struct hca_page_set *set, uint64_t page)
{
	size_t i = place(set, page);

	while (set->slot[i])
		i = (i + 1) & (set->size - 1);
	set->slot[i] = page;
	set->n++;
}

/* At most three quarters full. */
int hca_page_set_reserve(struct hca_page_set *set, size_t more)
{
	struct hca_page_set larger = { .size = set->size ? set->size : LEAST };
	size_t i;

	while (set->n + more > larger.size / 4 * 3)
		larger.size *= 2;
	if (larger.size == set->size)
		return 0;
	larger.slot = calloc(larger.size, sizeof(*larger.slot));
	if (!larger.slot)
		return -ENOMEM;
	for (i = 0; i < set->size; i++)
		if (set->slot[i])
			hca_page_set_add(&larger, set->slot[i]);
	free(set->slot);
	*set = larger;
	return 0;
}

/* Those behind an emptied place move up, where it lies between their own place and them. */
static void close_gap(struct hca_page_set *set, size_t hole)
{
	size_t mask = set->size - 1, i = hole, home;

	for (;;) {
		i = (i + 1) & mask;
		if (!set->slot[i])
			break;
		home = place(set, set->slot[i]);
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		set->slot[hole] = set->slot[i];
		hole = i;
	}
	set->slot[hole] = 0;
}

bool hca_page_set_remove(struct hca_page_set *set, uint64_t page)
{
	size_t i;

	if (!set->n || !page)
		return false;
	for (i = place(set, page); set->slot[i]; i = (i + 1) & (set->size - 1)) {
		if (set->slot[i] != page)
			continue;
		close_gap(set, i);
		set->n--;
		return true;
	}
	return false;
}

void hca_page_set_fini(struct hca_page_set *set)
{
	free(set->slot);
	memset(set, 0, sizeof(*set));
}
