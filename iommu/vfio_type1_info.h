/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the reading of what VFIO_IOMMU_GET_INFO answers. Must never know where
 * the answer came from.
 */
#ifndef IOMMU_VFIO_TYPE1_INFO_H
#define IOMMU_VFIO_TYPE1_INFO_H

#include "iommu/domain.h"

/**
 * vfio_type1_parse_info() - capabilities out of an answer
 * @info: struct vfio_iommu_type1_info and what follows it
 * @len: bytes there
 * @caps: on success page_sizes, ranges and n_ranges are filled, ranges to be
 *	freed by free(); max_maps where the answer has it, else UINT64_MAX
 *	(VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL: mappings left at that time); else
 *	untouched
 *
 * Source: linux/vfio.h. Capabilities that are unknown, or of an unknown version,
 * are passed over.
 *
 * Return: 0; -EOPNOTSUPP without page sizes or usable ranges; -EPROTO when the
 * answer is malformed: a capability that leaves it, a chain that does not end,
 * a capability that comes twice, ranges out of order; -ENOMEM.
 */
int vfio_type1_parse_info(const void *info, size_t len, struct iommu_caps *caps);

#endif
