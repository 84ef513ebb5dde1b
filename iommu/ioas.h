/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns one I/O address space: a domain, which of its bus addresses are taken,
 * how many mappings live, and the quarantine for blocks whose unmapping was
 * not confirmed. Must never know guests.
 *
 * One thread at a time: callers serialize. That holds for all of iommu/.
 */
#ifndef IOMMU_IOAS_H
#define IOMMU_IOAS_H

#include "iommu/domain.h"
#include "iommu/iova.h"

struct ioas;

/* One contiguous piece for ioas_map(). */
struct ioas_segment {
	struct iommu_backing backing;
	uint64_t size;
};

struct ioas_stats {
	uint64_t maps;			/* live mappings */
	uint64_t mapped_bytes;
	uint64_t map_calls, unmap_calls;/* made of the domain, ever */
	uint64_t quarantined_blocks, quarantined_bytes;
	uint64_t quarantined_maps;	/* lost for good, part of @maps */
};

/* A block that is wholly mapped, for ioas_unmap_many(). */
struct ioas_mapped {
	struct iova_block *block;	/* NULL afterwards: gone into quarantine */
	uint64_t maps;
};

/**
 * ioas_create() - an address space over a domain
 * @domain: taken over on success: destroyed with the space
 * @out: the space
 *
 * Return: 0, -ENOMEM, -EINVAL when the domain has no 4 KiB pages or no range.
 */
int ioas_create(struct iommu_domain *domain, struct ioas **out);
/* Unmaps what is mapped, quarantine included, as far as the domain lets it. */
void ioas_destroy(struct ioas *ioas);

const struct iommu_caps *ioas_caps(const struct ioas *ioas);
bool ioas_needs_hva(const struct ioas *ioas);
/* The domain's name, for messages. */
const char *ioas_name(const struct ioas *ioas);
/* Mappings that may still be made. */
uint64_t ioas_maps_left(const struct ioas *ioas);
void ioas_stats(const struct ioas *ioas, struct ioas_stats *stats);

/**
 * ioas_take() - a block of bus addresses, nothing mapped in it
 * @ioas: space
 * @size: bytes, multiple of 4 KiB
 * @va: address whose low bits the block's address should share
 * @out: the block
 *
 * The block starts at an address equal to @va modulo the smallest power of two
 * that is not below @size (256 GiB at most), so that one translation entry (or
 * two, where the region crosses a border of that size) covers it; where no gap
 * allows that, modulo the next smaller power that works, down to 4 KiB: then
 * every gap that is large enough will do.
 *
 * Return: 0, -ENOSPC, -EINVAL, -ENOMEM.
 */
int ioas_take(struct ioas *ioas, uint64_t size, uint64_t va,
	      struct iova_block **out);
/* A block in which nothing is mapped goes back. */
void ioas_give(struct ioas *ioas, struct iova_block *block);

/**
 * ioas_map() - map segments one after the other from a block's start
 * @ioas: space
 * @block: from ioas_take(), as large as all segments together
 * @segments: what to map; each takes one map call
 * @n: how many
 * @prot: IOMMU_*
 *
 * All or nothing: what was mapped before an error is unmapped again. Should
 * even that fail, the block goes into quarantine and is no longer the caller's.
 *
 * Return: 0; -ENOSPC when the segments are more than the mappings left (checked
 * before the first); -EUCLEAN when the undoing was not confirmed (the block is
 * gone into quarantine); -EINVAL when the sizes do not add up; the domain's error.
 */
int ioas_map(struct ioas *ioas, struct iova_block *block,
	     const struct ioas_segment *segments, size_t n, unsigned int prot);

/**
 * ioas_unmap() - unmap all of a block by one call
 * @ioas: space
 * @block: wholly mapped by ioas_map()
 * @maps: number of segments it was mapped in
 *
 * Return: 0: the block is empty and still the caller's; -EUCLEAN when the domain
 * failed or unmapped another number of bytes: the block is in quarantine, gone.
 */
int ioas_unmap(struct ioas *ioas, struct iova_block *block, uint64_t maps);

/**
 * ioas_unmap_many() - unmap blocks by as few calls as possible
 * @ioas: space
 * @mapped: blocks, each wholly mapped by ioas_map(), none twice; sorted by address
 *	on return
 * @n: how many
 *
 * Blocks that have nothing but free addresses between them are unmapped by one
 * call over all of that. Should a call not be confirmed, every block that it was
 * for goes into quarantine (its @block is NULL then); the others are unmapped
 * nevertheless.
 *
 * Return: 0: all blocks are empty and still the caller's; -EUCLEAN when there are
 * some in quarantine now.
 */
int ioas_unmap_many(struct ioas *ioas, struct ioas_mapped *mapped, size_t n);

/**
 * ioas_quarantine() - never use a block again
 * @ioas: space
 * @block: gone for the caller
 * @maps: mappings still in it, 0: none
 *
 * For blocks that the device may still refer to.
 */
void ioas_quarantine(struct ioas *ioas, struct iova_block *block, uint64_t maps);

#endif
