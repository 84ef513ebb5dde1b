/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns which bus addresses are free: an allocator over the usable ranges of a
 * domain, with alignment and a phase (the low bits an address must have).
 * Every operation takes constant time up to a bounded search; memory is
 * bounded by the live blocks (at most one gap beside each). Must never know
 * what is mapped.
 */
#ifndef IOMMU_IOVA_H
#define IOMMU_IOVA_H

#include <stddef.h>
#include <stdint.h>

#include "iommu/domain.h"

struct iova_space;

/* A piece of the space: taken, or a gap. The first two fields are for all to read. */
struct iova_block {
	uint64_t iova;
	uint64_t size;
	/* The rest is iova.c's: neighbours by address, links among gaps of a size. */
	struct iova_block *prev, *next;
	struct iova_block *gap_prev, *gap_next;
};

/**
 * iova_space_create() - a space of some ranges
 * @ranges: usable addresses, ascending, disjoint; rounded inwards to @granule
 * @n: how many
 * @granule: smallest unit, bytes, a power of two
 * @out: the space
 *
 * Address 0 is never given out: a bus address of zero reads as "none".
 *
 * Return: 0, -EINVAL for ranges that are empty, unordered or overlap, -ENOMEM.
 */
int iova_space_create(const struct iova_range *ranges, size_t n,
		      uint64_t granule, struct iova_space **out);
/* All blocks go with it. */
void iova_space_destroy(struct iova_space *space);

/**
 * iova_space_take() - a free block
 * @space: space
 * @size: bytes, a multiple of the granule, not 0
 * @align: power of two, at least the granule
 * @phase: what the address is modulo @align; multiple of the granule, < @align
 * @out: the block, to be given back by iova_space_give()
 *
 * Return: 0; -ENOSPC when no gap fits; -EINVAL; -ENOMEM.
 */
int iova_space_take(struct iova_space *space, uint64_t size, uint64_t align,
		    uint64_t phase, struct iova_block **out);
void iova_space_give(struct iova_space *space, struct iova_block *block);

/* Bytes free, and bytes of the largest gap. */
uint64_t iova_space_free(const struct iova_space *space);
uint64_t iova_space_largest(const struct iova_space *space);
/* Bytes of memory that the space itself holds. */
size_t iova_space_memory(const struct iova_space *space);

#endif
