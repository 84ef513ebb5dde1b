// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the policy that gives every registration bus addresses of its own, maps
 * exactly its pages there, and unmaps them before its end is answered. Must never
 * know what else is registered.
 */
#include <errno.h>

#include "iommu/mapping.h"

int exact_map(struct iommu_registrar *registrar, const struct iommu_request *request,
	      const struct piece_list *pieces, struct iommu_registration *reg,
	      struct iommu_refusal *refusal)
{
	int ret = mapping_make(registrar, pieces->v, pieces->n, request->va,
			       request->access, &reg->own.block, refusal);

	if (ret)
		return ret;
	reg->own.maps = (uint32_t)mapping_calls(pieces->v, pieces->n);
	reg->bus = (struct bus_run){ reg->own.block->iova, reg->own.block->size };
	return 0;
}

void exact_revoke(struct iommu_registrar *registrar, struct iommu_registration *reg,
		  struct unmap_batch *batch)
{
	(void)registrar;
	unmap_batch_add(batch, &reg->own.block, reg->own.maps);
}

int exact_end(struct iommu_registrar *registrar, struct iommu_registration *reg, bool abandon)
{
	if (reg->state != REGISTRATION_REVOKED)
		unmap_one(registrar, &reg->own.block, reg->own.maps);
	if (!reg->own.block)
		return -EUCLEAN;
	if (abandon)
		ioas_quarantine(registrar->ioas, reg->own.block, 0);
	else
		ioas_give(registrar->ioas, reg->own.block);
	return 0;
}

const struct policy_ops policy_exact = {
	.map = exact_map,
	.end = exact_end,
	.revoke = exact_revoke,
};
