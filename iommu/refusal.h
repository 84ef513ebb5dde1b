/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how a refusal is filled in: the reason decides the error. Must never
 * decide to refuse.
 */
#ifndef IOMMU_REFUSAL_H
#define IOMMU_REFUSAL_H

#include "iommu/registration.h"

/* All three return refusal->err, so that a check is one line. */
int iommu_refuse(struct iommu_refusal *refusal, enum iommu_reason reason,
		 uint64_t wanted, uint64_t limit);
int iommu_refuse_at(struct iommu_refusal *refusal, enum iommu_reason reason,
		    uint64_t at);
/* The domain's error (-errno) for @bytes that were to be mapped; -EUCLEAN has a reason of its own. */
int iommu_refuse_map(struct iommu_refusal *refusal, int err, uint64_t bytes);

#endif
