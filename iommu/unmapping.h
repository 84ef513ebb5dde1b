/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how mappings end, one at once or many by few calls. Must never know what
 * was mapped, nor for whom.
 */
#ifndef IOMMU_UNMAPPING_H
#define IOMMU_UNMAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu/ioas.h"

struct iommu_registrar;

/**
 * unmap_one() - unmap all of a block
 * @registrar: registrar
 * @block: wholly mapped; NULL afterwards when it went into quarantine
 * @maps: mappings in it
 *
 * Return: 0 or -EUCLEAN.
 */
int unmap_one(struct iommu_registrar *registrar, struct iova_block **block, uint64_t maps);

#define UNMAP_BATCH	64u

/**
 * struct unmap_batch - blocks on their way to be unmapped
 * @registrar: registrar
 * @keep: the blocks stay their owners' afterwards; else they are given back
 * @err: 0, or -EUCLEAN once one was not confirmed
 * @n: how many wait
 * @mapped: they
 * @owners: with @keep, where each is referred to
 */
struct unmap_batch {
	struct iommu_registrar *registrar;
	bool keep;
	int err;
	size_t n;
	struct ioas_mapped mapped[UNMAP_BATCH];
	struct iova_block **owners[UNMAP_BATCH];
};

void unmap_batch_begin(struct unmap_batch *batch, struct iommu_registrar *registrar, bool keep);
/* A wholly mapped block; with keep, @block stays till the end and is NULL then if in quarantine. */
void unmap_batch_add(struct unmap_batch *batch, struct iova_block **block, uint64_t maps);
/* All are unmapped. 0, or -EUCLEAN when some are in quarantine. */
int unmap_batch_end(struct unmap_batch *batch);

#endif
