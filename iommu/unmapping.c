// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the count of what registrations have mapped, on its way down. Must never
 * know what was mapped, nor for whom.
 */
#include "iommu/unmapping.h"

#include "iommu/policy.h"

static void count_down(struct iommu_registrar *registrar, const struct iova_block *block,
		       uint64_t maps)
{
	registrar->stats.mapped_bytes -= block->size;
	registrar->stats.maps -= maps;
}

int unmap_one(struct iommu_registrar *registrar, struct iova_block **block, uint64_t maps)
{
	int ret;

	count_down(registrar, *block, maps);
	ret = ioas_unmap(registrar->ioas, *block, maps);
	if (ret)
		*block = NULL;
	return ret;
}

void unmap_batch_begin(struct unmap_batch *batch, struct iommu_registrar *registrar, bool keep)
{
	batch->registrar = registrar;
	batch->keep = keep;
	batch->err = 0;
	batch->n = 0;
}

static bool confirmed(const struct unmap_batch *batch, const struct iova_block *block)
{
	for (size_t i = 0; i < batch->n; i++)
		if (batch->mapped[i].block == block)
			return true;
	return false;
}

static void flush(struct unmap_batch *batch)
{
	struct ioas *ioas = batch->registrar->ioas;
	int err = ioas_unmap_many(ioas, batch->mapped, batch->n);

	if (err)
		batch->err = err;
	for (size_t i = 0; i < batch->n; i++) {
		if (!batch->keep && batch->mapped[i].block)
			ioas_give(ioas, batch->mapped[i].block);
		if (batch->keep && err && !confirmed(batch, *batch->owners[i]))
			*batch->owners[i] = NULL;
	}
	batch->n = 0;
}

void unmap_batch_add(struct unmap_batch *batch, struct iova_block **block, uint64_t maps)
{
	count_down(batch->registrar, *block, maps);
	batch->mapped[batch->n] = (struct ioas_mapped){ *block, maps };
	batch->owners[batch->n] = block;
	if (++batch->n == UNMAP_BATCH)
		flush(batch);
}

int unmap_batch_end(struct unmap_batch *batch)
{
	flush(batch);
	return batch->err;
}
