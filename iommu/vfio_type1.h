/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the domain over kernel VFIO's type1 IOMMU driver (group/container).
 * Must never know how the container got its groups.
 */
#ifndef IOMMU_VFIO_TYPE1_H
#define IOMMU_VFIO_TYPE1_H

#include "iommu/domain.h"

/**
 * vfio_type1_create() - make a domain of a container
 * @container: open /dev/vfio/vfio that has at least one group and no IOMMU
 *	set, or TYPE1v2 set already; stays the caller's and open
 * @out: the domain, to be dropped by its destroy()
 *
 * Sets VFIO_TYPE1v2_IOMMU and reads VFIO_IOMMU_GET_INFO (usable IOVA ranges,
 * page sizes, mappings left) and VFIO_DMA_CC_IOMMU. Source: linux/vfio.h.
 *
 * caps.max_maps is what this container may still map now: so nothing should be
 * mapped yet. A kernel that does not tell it (before 5.10) has the module
 * parameter dma_entry_limit: that is taken where it can be read, else no limit
 * is known. Groups that join the container later may narrow its ranges unseen.
 *
 * Return: 0; -EOPNOTSUPP when the container has no TYPE1v2 or does not report
 * its page sizes or IOVA ranges; -EPROTO when its answer is malformed; -ENOMEM;
 * the ioctl's error.
 */
int vfio_type1_create(int container, struct iommu_domain **out);

#endif
