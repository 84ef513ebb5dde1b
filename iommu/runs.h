/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the check of a request's runs, and what the runs come to: pieces, each in
 * one region. Must never know bus addresses.
 */
#ifndef IOMMU_RUNS_H
#define IOMMU_RUNS_H

#include "iommu/registration.h"

/* Part of one region; neighbours in the request are one piece already. */
struct piece {
	struct memory_region *region;
	uint64_t at;			/* offset in the region, bytes */
	uint64_t size;
};

#define PIECES_INLINE	4u

/**
 * struct piece_list - all of a request, in its order
 * @v: the pieces
 * @n: how many, at least one
 * @size: bytes of all
 * @cap: room in @v
 * @few: @v of short lists
 */
struct piece_list {
	struct piece *v;
	size_t n;
	uint64_t size;
	size_t cap;
	struct piece few[PIECES_INLINE];
};

static inline uint64_t piece_gpa(const struct piece *piece)
{
	return piece->region->gpa + piece->at;
}

/**
 * piece_list_build() - check the runs of a request and resolve them
 * @memory: where they must lie
 * @request: the request; its runs are read once
 * @list: filled on success, to be freed by piece_list_free()
 * @refusal: filled on error
 *
 * Checked run by run: empty, alignment, wrap; then whether a page is named
 * twice; then run by run: in RAM, access. Time is linear in the runs.
 *
 * Return: 0 or refusal->err.
 */
int piece_list_build(const struct guest_memory *memory,
		     const struct iommu_request *request,
		     struct piece_list *list, struct iommu_refusal *refusal);
void piece_list_free(struct piece_list *list);

#endif
