// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the steps of mapping: room, addresses, segments, the call. Must never know
 * whose block it is.
 */
#include "iommu/mapping.h"

#include <errno.h>
#include <stdlib.h>

#include "iommu/array.h"
#include "iommu/refusal.h"

#define SEGMENTS_INLINE	4u

uint64_t mapping_calls(const struct piece *pieces, size_t n)
{
	uint64_t calls = 0;

	for (size_t i = 0; i < n; i++)
		calls += (pieces[i].size - 1) / IOMMU_CHUNK + 1;
	return calls;
}

static int fill_segments(const struct iommu_registrar *registrar,
			 const struct piece *pieces, size_t n,
			 struct ioas_segment *segment)
{
	bool hva = ioas_needs_hva(registrar->ioas);

	for (size_t i = 0; i < n; i++) {
		uint64_t at = pieces[i].at, left = pieces[i].size;

		for (; left; segment++) {
			int ret = memory_region_backing(pieces[i].region, at, hva,
							&segment->backing);

			if (ret)
				return ret;
			segment->size = left < IOMMU_CHUNK ? left : IOMMU_CHUNK;
			at += segment->size;
			left -= segment->size;
		}
	}
	return 0;
}

/* What idles may hold the gap that is missing. */
static int take(struct iommu_registrar *registrar, uint64_t size, uint64_t va,
		struct iova_block **out, struct iommu_refusal *refusal)
{
	int ret = ioas_take(registrar->ioas, size, va, out);

	if (ret == -ENOSPC && idle_any(registrar)) {
		idle_flush(registrar);
		ret = ioas_take(registrar->ioas, size, va, out);
	}
	if (!ret)
		return 0;
	return iommu_refuse(refusal, ret == -ENOMEM ? IOMMU_NO_MEMORY : IOMMU_NO_IOVA,
			    size, 0);
}

/* What idles may hold the mappings, or the locked memory, that are missing. */
static int map(struct iommu_registrar *registrar, struct iova_block *block,
	       const struct ioas_segment *segments, size_t n, unsigned int prot,
	       struct iommu_refusal *refusal)
{
	uint64_t size = block->size;
	int ret = ioas_map(registrar->ioas, block, segments, n, prot);

	if ((ret == -ENOSPC || ret == -ENOMEM) && idle_any(registrar)) {
		idle_flush(registrar);
		ret = ioas_map(registrar->ioas, block, segments, n, prot);
	}
	if (!ret)
		return 0;
	if (ret != -EUCLEAN)
		ioas_give(registrar->ioas, block);
	/* The domain has fewer left than it said. */
	if (ret == -ENOSPC)
		return iommu_refuse(refusal, IOMMU_TOO_MANY_MAPS, n, 0);
	return iommu_refuse_map(refusal, ret, size);
}

static int take_and_map(struct iommu_registrar *registrar,
			const struct ioas_segment *segments, size_t n,
			uint64_t size, uint64_t va, unsigned int prot,
			struct iova_block **out, struct iommu_refusal *refusal)
{
	struct iova_block *block;
	int ret;

	ret = take(registrar, size, va, &block, refusal);
	if (ret)
		return ret;
	ret = map(registrar, block, segments, n, prot, refusal);
	if (ret)
		return ret;
	registrar->stats.mapped_bytes += size;
	registrar->stats.maps += n;
	*out = block;
	return 0;
}

int mapping_make(struct iommu_registrar *registrar, const struct piece *pieces,
		 size_t n, uint64_t va, unsigned int prot,
		 struct iova_block **out, struct iommu_refusal *refusal)
{
	struct ioas_segment few[SEGMENTS_INLINE], *segments = few;
	uint64_t calls = mapping_calls(pieces, n), size = 0;
	int ret;

	if (calls > UINT32_MAX)
		return iommu_refuse(refusal, IOMMU_TOO_MANY_MAPS, calls, UINT32_MAX);
	if (!idle_make_room(registrar, calls))
		return iommu_refuse(refusal, IOMMU_TOO_MANY_MAPS, calls,
				    ioas_maps_left(registrar->ioas) + registrar->idle.maps);
	if (calls > SEGMENTS_INLINE)
		segments = reallocarray(NULL, calls, sizeof(*segments));
	if (!segments)
		return iommu_refuse(refusal, IOMMU_NO_MEMORY, 0, 0);
	for (size_t i = 0; i < n; i++)
		size += pieces[i].size;
	ret = fill_segments(registrar, pieces, n, segments);
	if (ret) {
		if (ret == -ENOMEM)
			iommu_refuse(refusal, IOMMU_NO_MEMORY, 0, 0);
		else
			iommu_refuse_map(refusal, ret, size);
		goto free_segments;
	}
	ret = take_and_map(registrar, segments, calls, size, va, prot, out, refusal);

free_segments:
	array_free(segments, few);
	return ret;
}
