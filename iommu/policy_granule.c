// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns which block serves a guest-physical address: aligned blocks of the granule's
 * size, clipped to their region, each mapped once for all who need a page of it,
 * at the region's own rights. Must never know who refers to a block.
 *
 * A region's blocks stand in a table of two levels whose leaves come with their
 * first block and go with their last, so that a large region costs little.
 */
#include <errno.h>

#include "iommu/mapping.h"
#include "iommu/refusal.h"
#include "iommu/shared.h"

#define LEAF_BLOCKS	512u

struct granule_leaf {
	struct granule_table *table;
	uint64_t at;			/* which leaf of the table */
	size_t used;
	struct shared_block *blocks[LEAF_BLOCKS];
};

struct granule_table {
	struct memory_region *region;
	uint64_t first;			/* number of the region's first block, from address 0 */
	size_t n_leaves;
	struct granule_leaf *leaves[];
};

static size_t table_size(size_t n_leaves)
{
	return sizeof(struct granule_table) + n_leaves * sizeof(struct granule_leaf *);
}

static struct granule_table *table_get(struct iommu_registrar *registrar,
				       struct memory_region *region)
{
	uint64_t granule = registrar->config.granule;
	uint64_t first = region->gpa / granule;
	uint64_t last = (region->gpa + (region->size - 1)) / granule;
	size_t n_leaves = (last - first) / LEAF_BLOCKS + 1;
	struct granule_table *table = region->policy;

	if (table)
		return table;
	table = registrar_alloc(registrar, 1, table_size(n_leaves));
	if (!table)
		return NULL;
	table->region = region;
	table->first = first;
	table->n_leaves = n_leaves;
	region->policy = table;
	return table;
}

static void leaf_put(struct iommu_registrar *registrar, struct granule_leaf *leaf)
{
	if (--leaf->used)
		return;
	leaf->table->leaves[leaf->at] = NULL;
	registrar_free(registrar, leaf, 1, sizeof(*leaf));
}

static struct shared_block **slot_of(const struct iommu_registrar *registrar,
				     struct granule_leaf *leaf, uint64_t gpa)
{
	uint64_t number = gpa / registrar->config.granule - leaf->table->first;

	return &leaf->blocks[number % LEAF_BLOCKS];
}

void granule_forget(struct iommu_registrar *registrar, struct shared_block *block)
{
	struct granule_leaf *leaf = block->leaf;

	*slot_of(registrar, leaf, block->gpa) = NULL;
	block->leaf = NULL;
	leaf_put(registrar, leaf);
}

/* The part of a region that the block around @gpa covers. */
static struct piece span_of(const struct iommu_registrar *registrar,
			    struct memory_region *region, uint64_t gpa)
{
	uint64_t mask = registrar->config.granule - 1;
	uint64_t region_last = region->gpa + (region->size - 1);
	uint64_t first = gpa & ~mask, last = gpa | mask;

	if (first < region->gpa)
		first = region->gpa;
	if (last > region_last)
		last = region_last;
	return (struct piece){ region, first - region->gpa, last - first + 1 };
}

static struct granule_leaf *leaf_get(struct iommu_registrar *registrar,
				     struct memory_region *region, uint64_t gpa)
{
	struct granule_table *table = table_get(registrar, region);
	struct granule_leaf *leaf;
	uint64_t at;

	if (!table)
		return NULL;
	at = (gpa / registrar->config.granule - table->first) / LEAF_BLOCKS;
	if (table->leaves[at])
		return table->leaves[at];
	leaf = registrar_alloc(registrar, 1, sizeof(*leaf));
	if (!leaf)
		return NULL;
	leaf->table = table;
	leaf->at = at;
	table->leaves[at] = leaf;
	return leaf;
}

/* The block around @gpa, made if there is none; it then has no reference and is not mapped. */
static struct shared_block *block_at(struct iommu_registrar *registrar,
				     struct memory_region *region, uint64_t gpa)
{
	struct granule_leaf *leaf = leaf_get(registrar, region, gpa);
	struct shared_block **slot, *block;

	if (!leaf)
		return NULL;
	slot = slot_of(registrar, leaf, gpa);
	if (*slot)
		return *slot;
	leaf->used++;
	block = shared_block_create(registrar, region->gpa + span_of(registrar, region, gpa).at);
	if (!block) {
		leaf_put(registrar, leaf);
		return NULL;
	}
	block->leaf = leaf;
	*slot = block;
	return block;
}

/* One step of a walk over the pieces: a part that lies in one block. */
struct step {
	const struct piece *piece;
	uint64_t gpa, size;
};

static bool step_next(const struct iommu_registrar *registrar,
		      const struct piece_list *pieces, struct step *step)
{
	uint64_t to_border, left;

	if (!step->piece) {
		step->piece = pieces->v;
		step->gpa = piece_gpa(step->piece);
	} else {
		step->gpa += step->size;
		if (step->gpa - piece_gpa(step->piece) == step->piece->size) {
			if (++step->piece == pieces->v + pieces->n)
				return false;
			step->gpa = piece_gpa(step->piece);
		}
	}
	to_border = registrar->config.granule - (step->gpa & (registrar->config.granule - 1));
	left = step->piece->size - (step->gpa - piece_gpa(step->piece));
	step->size = left < to_border ? left : to_border;
	return true;
}

/* All blocks of the pieces get a reference. @missing: those that are not mapped yet. */
static int collect(struct iommu_registrar *registrar, const struct piece_list *pieces,
		   struct shared_draft *draft, bool *idled, uint64_t *missing,
		   struct iommu_refusal *refusal)
{
	uint64_t mark = ++registrar->mark;
	struct step step = { 0 };

	while (step_next(registrar, pieces, &step)) {
		struct shared_block *block = NULL;
		uint64_t room;

		if (!shared_draft_reserve(draft))
			block = block_at(registrar, step.piece->region, step.gpa);
		if (!block)
			return iommu_refuse(refusal, IOMMU_NO_MEMORY, 0, 0);
		if (block->mark == mark)
			continue;
		*idled |= block->idles;
		*missing += !block->mapped;
		shared_draft_block(registrar, draft, block, mark);
		/* What idles makes room, but the draft has some of it by now. */
		room = ioas_maps_left(registrar->ioas);
		if (*missing > room && *missing - room > registrar->idle.maps)
			return iommu_refuse(refusal, IOMMU_TOO_MANY_MAPS, *missing,
					    room + registrar->idle.maps);
	}
	return 0;
}

static int map_missing(struct iommu_registrar *registrar, const struct shared_draft *draft,
		       uint64_t missing, struct iommu_refusal *refusal)
{
	int ret;

	if (!idle_make_room(registrar, missing))
		return iommu_refuse(refusal, IOMMU_TOO_MANY_MAPS, missing,
				    ioas_maps_left(registrar->ioas));
	for (size_t i = 0; i < draft->n_blocks && missing; i++) {
		struct shared_block *block = draft->blocks[i];
		struct piece piece;

		if (block->mapped)
			continue;
		piece = span_of(registrar, block->leaf->table->region, block->gpa);
		ret = shared_block_map(registrar, block, &piece, refusal);
		if (ret)
			return ret;
		missing--;
	}
	return 0;
}

static int list_bus(struct iommu_registrar *registrar, const struct piece_list *pieces,
		    struct shared_draft *draft)
{
	struct step step = { 0 };

	while (step_next(registrar, pieces, &step)) {
		struct shared_block *block = block_at(registrar, step.piece->region, step.gpa);

		if (shared_draft_bus(draft, block->block->iova + (step.gpa - block->gpa),
				     step.size))
			return -ENOMEM;
	}
	return 0;
}

static int granule_map(struct iommu_registrar *registrar, const struct iommu_request *request,
		       const struct piece_list *pieces, struct iommu_registration *reg,
		       struct iommu_refusal *refusal)
{
	struct shared_draft draft;
	uint64_t missing = 0;
	bool idled = false;
	int ret;

	(void)request;
	shared_draft_init(&draft);
	ret = collect(registrar, pieces, &draft, &idled, &missing, refusal);
	if (ret)
		goto undo;
	ret = map_missing(registrar, &draft, missing, refusal);
	if (ret)
		goto undo;
	if (list_bus(registrar, pieces, &draft) || shared_draft_finish(registrar, &draft, reg)) {
		ret = iommu_refuse(refusal, IOMMU_NO_MEMORY, 0, 0);
		goto undo;
	}
	if (idled && !missing)
		registrar->stats.reuses++;
	return 0;

undo:
	if (shared_draft_undo(registrar, &draft))
		ret = iommu_refuse(refusal, IOMMU_NOT_CONFIRMED, pieces->size, 0);
	return ret;
}

static void leaf_clear(struct iommu_registrar *registrar, struct granule_leaf *leaf,
		       struct unmap_batch *batch)
{
	leaf->used++;			/* it must outlive its last block here */
	for (size_t i = 0; i < LEAF_BLOCKS; i++)
		if (leaf->blocks[i])
			shared_block_evict(registrar, leaf->blocks[i], batch);
	leaf_put(registrar, leaf);
}

/* Blocks of live registrations are gone by now: what is left idles. */
static int granule_region_remove(struct iommu_registrar *registrar, struct memory_region *region)
{
	struct granule_table *table = region->policy;
	struct unmap_batch batch;

	if (!table)
		return 0;
	unmap_batch_begin(&batch, registrar, false);
	for (size_t i = 0; i < table->n_leaves; i++)
		if (table->leaves[i])
			leaf_clear(registrar, table->leaves[i], &batch);
	registrar_free(registrar, table, 1, table_size(table->n_leaves));
	region->policy = NULL;
	return unmap_batch_end(&batch);
}

const struct policy_ops policy_granule = {
	.region_remove = granule_region_remove,
	.map = granule_map,
	.end = shared_end,
	.revoke = shared_revoke,
};
