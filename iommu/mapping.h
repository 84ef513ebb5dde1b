/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how guest memory gets mapped at a block of bus addresses: counted, and with
 * what idles making room where there is none. Must never know
 * whose block it is.
 */
#ifndef IOMMU_MAPPING_H
#define IOMMU_MAPPING_H

#include "iommu/policy.h"

/* Map calls for so many pieces: one each, and one more for each further IOMMU_CHUNK. */
uint64_t mapping_calls(const struct piece *pieces, size_t n);

/**
 * mapping_make() - map pieces one after the other at a block of their own
 * @registrar: registrar
 * @pieces: what
 * @n: how many
 * @va: what the block's address shall be like, see ioas_take()
 * @prot: IOMMU_*
 * @out: the block
 * @refusal: filled on error
 *
 * Return: 0 or refusal->err; nothing is left of it then.
 */
int mapping_make(struct iommu_registrar *registrar, const struct piece *pieces,
		 size_t n, uint64_t va, unsigned int prot,
		 struct iova_block **out, struct iommu_refusal *refusal);

#endif
