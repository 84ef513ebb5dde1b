// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the life of shared blocks and the references of registrations to them.
 * Must never know which block serves a guest-physical address.
 */
#include "iommu/shared.h"

#include <errno.h>
#include <string.h>

#include "iommu/array.h"
#include "iommu/mapping.h"
#include "iommu/refusal.h"

struct shared_block *shared_block_create(struct iommu_registrar *registrar, uint64_t gpa)
{
	struct shared_block *block = pool_alloc(&registrar->blocks);

	if (block)
		*block = (struct shared_block){ .gpa = gpa };
	return block;
}

int shared_block_map(struct iommu_registrar *registrar, struct shared_block *block,
		     const struct piece *piece, struct iommu_refusal *refusal)
{
	/* At the region's own rights: what a registration may do is the mkey's business. */
	int ret = mapping_make(registrar, piece, 1, block->gpa, piece->region->prot,
			       &block->block, refusal);

	if (ret)
		return ret;
	block->maps = mapping_calls(piece, 1);
	block->mapped = true;
	return 0;
}

static int block_unmap(struct iommu_registrar *registrar, struct shared_block *block)
{
	if (block->leaf)
		granule_forget(registrar, block);
	if (!block->mapped)
		return 0;
	block->mapped = false;
	return unmap_one(registrar, &block->block, block->maps);
}

/* Nobody refers to it any more, and it is not mapped. */
static void block_free(struct iommu_registrar *registrar, struct shared_block *block)
{
	if (block->block && block->abandoned)
		ioas_quarantine(registrar->ioas, block->block, 0);
	else if (block->block)
		ioas_give(registrar->ioas, block->block);
	pool_free(&registrar->blocks, block);
}

void shared_block_get(struct iommu_registrar *registrar, struct shared_block *block)
{
	if (block->idles)
		idle_take(registrar, &block->idle, block->block->size, block->maps);
	block->idles = false;
	block->refs++;
}

int shared_block_put(struct iommu_registrar *registrar, struct shared_block *block, bool idle)
{
	int ret;

	if (--block->refs)
		return 0;
	if (idle && block->leaf && !block->held) {
		block->idles = idle_put(registrar, IDLE_BLOCK, &block->idle,
					block->block->size, block->maps);
		if (block->idles)
			return 0;
	}
	ret = block_unmap(registrar, block);
	if (!block->held)
		block_free(registrar, block);
	return ret;
}

void shared_block_evict(struct iommu_registrar *registrar, struct shared_block *block,
			struct unmap_batch *batch)
{
	idle_take(registrar, &block->idle, block->block->size, block->maps);
	granule_forget(registrar, block);
	unmap_batch_add(batch, &block->block, block->maps);
	pool_free(&registrar->blocks, block);
}

void shared_draft_init(struct shared_draft *draft)
{
	draft->blocks = draft->few_blocks;
	draft->bus = draft->few_bus;
	draft->n_blocks = draft->n_bus = 0;
	draft->cap_blocks = draft->cap_bus = SHARED_INLINE;
}

static void draft_free(struct shared_draft *draft)
{
	array_free(draft->blocks, draft->few_blocks);
	array_free(draft->bus, draft->few_bus);
}

int shared_draft_reserve(struct shared_draft *draft)
{
	struct shared_block **v;

	if (draft->n_blocks < draft->cap_blocks)
		return 0;
	v = array_grown(draft->blocks, draft->few_blocks, &draft->cap_blocks, sizeof(*v));
	if (!v)
		return -ENOMEM;
	draft->blocks = v;
	return 0;
}

void shared_draft_block(struct iommu_registrar *registrar, struct shared_draft *draft,
			struct shared_block *block, uint64_t mark)
{
	if (block->mark == mark)
		return;
	block->mark = mark;
	draft->blocks[draft->n_blocks++] = block;
	shared_block_get(registrar, block);
}

int shared_draft_bus(struct shared_draft *draft, uint64_t iova, uint64_t size)
{
	struct bus_run *last = draft->n_bus ? &draft->bus[draft->n_bus - 1] : NULL, *v;

	if (last && last->iova + last->size == iova) {
		last->size += size;
		return 0;
	}
	if (draft->n_bus == draft->cap_bus) {
		v = array_grown(draft->bus, draft->few_bus, &draft->cap_bus, sizeof(*v));
		if (!v)
			return -ENOMEM;
		draft->bus = v;
	}
	draft->bus[draft->n_bus++] = (struct bus_run){ iova, size };
	return 0;
}

/* An array of its final size; a single element is kept in the registration itself. */
static void *finished(struct iommu_registrar *registrar, const void *v, size_t n, size_t size)
{
	void *copy = registrar_alloc(registrar, n, size);

	if (copy)
		memcpy(copy, v, n * size);
	return copy;
}

int shared_draft_finish(struct iommu_registrar *registrar, struct shared_draft *draft,
			struct iommu_registration *reg)
{
	struct shared_block **blocks = NULL;
	struct bus_run *bus = NULL;

	if (draft->n_blocks > 1) {
		blocks = finished(registrar, draft->blocks, draft->n_blocks, sizeof(*blocks));
		if (!blocks)
			return -ENOMEM;
	}
	if (draft->n_bus > 1) {
		bus = finished(registrar, draft->bus, draft->n_bus, sizeof(*bus));
		if (!bus)
			goto free_blocks;
	}
	if (blocks)
		reg->shared.blocks = blocks;
	else
		reg->shared.block = draft->blocks[0];
	if (bus)
		reg->bus_runs = bus;
	else
		reg->bus = draft->bus[0];
	reg->shared.n_blocks = (uint32_t)draft->n_blocks;
	reg->shared.n_bus = (uint32_t)draft->n_bus;
	draft_free(draft);
	return 0;

free_blocks:
	registrar_free(registrar, blocks, draft->n_blocks, sizeof(*blocks));
	return -ENOMEM;
}

int shared_draft_undo(struct iommu_registrar *registrar, struct shared_draft *draft)
{
	int ret = 0, err;

	while (draft->n_blocks) {
		err = shared_block_put(registrar, draft->blocks[--draft->n_blocks], false);
		if (err)
			ret = err;
	}
	draft_free(draft);
	return ret;
}

static struct shared_block **blocks_of(struct iommu_registration *reg)
{
	return reg->shared.n_blocks == 1 ? &reg->shared.block : reg->shared.blocks;
}

/* A revoked registration lets go of the addresses. */
static int block_release(struct iommu_registrar *registrar, struct shared_block *block)
{
	int ret = block->block ? 0 : -EUCLEAN;

	block->held--;
	if (!block->held && !block->refs)
		block_free(registrar, block);
	return ret;
}

int shared_end(struct iommu_registrar *registrar, struct iommu_registration *reg, bool abandon)
{
	struct shared_block **blocks = blocks_of(reg);
	uint32_t n = reg->shared.n_blocks;
	int ret = 0, err;

	for (uint32_t i = 0; i < n; i++) {
		if (abandon) {
			blocks[i]->abandoned = true;
			if (blocks[i]->leaf)
				granule_forget(registrar, blocks[i]);
		}
		if (reg->state == REGISTRATION_REVOKED)
			err = block_release(registrar, blocks[i]);
		else
			err = shared_block_put(registrar, blocks[i], true);
		if (err)
			ret = err;
	}
	if (n > 1)
		registrar_free(registrar, reg->shared.blocks, n, sizeof(*blocks));
	if (reg->shared.n_bus > 1)
		registrar_free(registrar, reg->bus_runs, reg->shared.n_bus, sizeof(*reg->bus_runs));
	return ret;
}

void shared_revoke(struct iommu_registrar *registrar, struct iommu_registration *reg,
		   struct unmap_batch *batch)
{
	struct shared_block **blocks = blocks_of(reg);

	for (uint32_t i = 0; i < reg->shared.n_blocks; i++) {
		struct shared_block *block = blocks[i];

		block->held++;
		if (--block->refs)
			continue;
		if (block->leaf)
			granule_forget(registrar, block);
		block->mapped = false;
		unmap_batch_add(batch, &block->block, block->maps);
	}
}
