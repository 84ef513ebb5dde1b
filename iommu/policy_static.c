// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the policy that maps every region whole while it exists: registrations are
 * checked and translated, but protect nothing. Must never know who refers to a
 * region's block.
 */
#include <errno.h>

#include "iommu/mapping.h"
#include "iommu/refusal.h"
#include "iommu/shared.h"

static int static_region_add(struct iommu_registrar *registrar, struct memory_region *region)
{
	struct piece whole = { region, 0, region->size };
	struct iommu_refusal refusal;
	struct shared_block *block;
	int ret;

	block = shared_block_create(registrar, region->gpa);
	if (!block)
		return -ENOMEM;
	/* The region's own reference: goes in static_region_remove(). */
	shared_block_get(registrar, block);
	ret = shared_block_map(registrar, block, &whole, &refusal);
	if (ret) {
		shared_block_put(registrar, block, false);
		return ret;
	}
	region->policy = block;
	return 0;
}

/* No live registration is left in it, so this is the last reference. */
static int static_region_remove(struct iommu_registrar *registrar, struct memory_region *region)
{
	struct shared_block *block = region->policy;

	if (!block)
		return 0;
	region->policy = NULL;
	return shared_block_put(registrar, block, false);
}

static int static_map(struct iommu_registrar *registrar, const struct iommu_request *request,
		      const struct piece_list *pieces, struct iommu_registration *reg,
		      struct iommu_refusal *refusal)
{
	struct shared_draft draft;
	uint64_t mark = ++registrar->mark;

	(void)request;
	shared_draft_init(&draft);
	for (size_t i = 0; i < pieces->n; i++) {
		const struct piece *piece = &pieces->v[i];
		struct shared_block *block = piece->region->policy;

		if (shared_draft_reserve(&draft))
			goto undo;
		shared_draft_block(registrar, &draft, block, mark);
		if (shared_draft_bus(&draft, block->block->iova + piece->at, piece->size))
			goto undo;
	}
	if (shared_draft_finish(registrar, &draft, reg))
		goto undo;
	return 0;

undo:
	shared_draft_undo(registrar, &draft);
	return iommu_refuse(refusal, IOMMU_NO_MEMORY, 0, 0);
}

const struct policy_ops policy_static = {
	.region_add = static_region_add,
	.region_remove = static_region_remove,
	.map = static_map,
	.end = shared_end,
	.revoke = shared_revoke,
};
