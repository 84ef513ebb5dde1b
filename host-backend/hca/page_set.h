/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns a set of page addresses, found in constant time. Must never know whose
 * they are.
 */
#ifndef HCA_PAGE_SET_H
#define HCA_PAGE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open addressing; a walk reads all places. 0 marks an empty one, so no page is at address 0. */
struct hca_page_set {
	uint64_t *slot;
	size_t size;			/* places, a power of two or 0 */
	size_t n;
};

/* Room for @more pages: 0 or -ENOMEM. After it hca_page_set_add() cannot fail. */
int hca_page_set_reserve(struct hca_page_set *set, size_t more);
void hca_page_set_add(struct hca_page_set *set, uint64_t page);
/* Whether it was there. */
bool hca_page_set_remove(struct hca_page_set *set, uint64_t page);
void hca_page_set_fini(struct hca_page_set *set);

#endif
