/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns which bus addresses are free: an allocator over the usable ranges of a
 * domain, with alignment and a phase (the low bits an address must have).
 * Giving back takes constant time. So does taking, unless the space is nearly
 * exhausted: see iova_space_take(). Memory is bounded by the most blocks that
 * were ever taken at the same time (48 bytes each, and for at most one gap
 * beside each). Must never know what is mapped.
 */
#ifndef IOMMU_IOVA_H
#define IOMMU_IOVA_H

#include <stdbool.h>
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
 * iova_range_trim() - what a space makes of a range
 * @range: range, @first <= @last; rounded inwards, and without address 0, which
 *	is never given out: a bus address of zero reads as "none"
 * @granule: a power of two
 *
 * Return: whether anything is left of it; if not, @range is unchanged.
 */
bool iova_range_trim(struct iova_range *range, uint64_t granule);

/**
 * iova_space_create() - a space of some ranges
 * @ranges: usable addresses, ascending, disjoint; each goes through
 *	iova_range_trim(). No block crosses from one to the next
 * @n: how many
 * @granule: smallest unit, bytes, a power of two
 * @out: the space
 *
 * Return: 0, -EINVAL for ranges that are empty, unordered or overlap or of which
 * nothing is left, -ENOMEM.
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
 * A gap of @size + @align - the granule, and up to 1/32 more, is found in constant
 * time. Where there is none, smaller gaps are tried one by one: at most 64 of
 * them, so that a gap that would fit only because of where it lies can be missed.
 * With @align the granule none is missed: then all gaps of the one class that
 * @size falls into may be looked at, whose sizes are within 1/32 of it. (Below
 * 32 granules a class is one size: its first gap is taken.)
 *
 * Return: 0; -ENOSPC when no gap fits; -EINVAL; -ENOMEM.
 */
int iova_space_take(struct iova_space *space, uint64_t size, uint64_t align,
		    uint64_t phase, struct iova_block **out);
void iova_space_give(struct iova_space *space, struct iova_block *block);

/* Whether @block is the next taken one above @after, in the same range. Constant time. */
bool iova_block_follows(const struct iova_block *block, const struct iova_block *after);

/* Bytes free, and bytes of the largest gap. */
uint64_t iova_space_free(const struct iova_space *space);
uint64_t iova_space_largest(const struct iova_space *space);
/* Bytes of memory that the space itself holds. */
size_t iova_space_memory(const struct iova_space *space);

#endif
