// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns one I/O address space: every map and unmap call passes here and is
 * counted, and what a call did not confirm stays out of use. Must never know
 * guests.
 */
#include "iommu/ioas.h"

#include <errno.h>
#include <stdlib.h>

enum { IOAS_PAGE = 4096 };

/* No device has translation entries for more. */
#define IOAS_MAX_ALIGN (1ull << 38)

struct ioas {
	struct iommu_domain *domain;
	struct iova_space *space;
	struct ioas_stats stats;
};

int ioas_create(struct iommu_domain *domain, struct ioas **out)
{
	const struct iommu_caps *caps = &domain->caps;
	struct ioas *ioas;
	int ret;

	if (!(caps->page_sizes & IOAS_PAGE))
		return -EINVAL;
	ioas = calloc(1, sizeof(*ioas));
	if (!ioas)
		return -ENOMEM;
	ret = iova_space_create(caps->ranges, caps->n_ranges, IOAS_PAGE, &ioas->space);
	if (ret)
		goto free;
	ioas->domain = domain;
	*out = ioas;
	return 0;

free:
	free(ioas);
	return ret;
}

/* One call for each range: whatever is mapped lies whole in one of them. */
static void unmap_everything(struct ioas *ioas)
{
	const struct iommu_caps *caps = &ioas->domain->caps;
	uint64_t unmapped;

	for (size_t i = 0; i < caps->n_ranges; i++) {
		struct iova_range range = caps->ranges[i];

		if (iova_range_trim(&range, IOAS_PAGE))
			ioas->domain->ops->unmap(ioas->domain, range.first,
						 range.last - range.first + 1, &unmapped);
	}
}

void ioas_destroy(struct ioas *ioas)
{
	if (!ioas)
		return;
	if (ioas->stats.maps)
		unmap_everything(ioas);
	iova_space_destroy(ioas->space);
	ioas->domain->ops->destroy(ioas->domain);
	free(ioas);
}

const struct iommu_caps *ioas_caps(const struct ioas *ioas)
{
	return &ioas->domain->caps;
}

bool ioas_needs_hva(const struct ioas *ioas)
{
	return ioas->domain->ops->needs_hva;
}

const char *ioas_name(const struct ioas *ioas)
{
	return ioas->domain->ops->name;
}

uint64_t ioas_maps_left(const struct ioas *ioas)
{
	uint64_t max = ioas->domain->caps.max_maps;

	if (max == UINT64_MAX)
		return UINT64_MAX;
	return max > ioas->stats.maps ? max - ioas->stats.maps : 0;
}

void ioas_stats(const struct ioas *ioas, struct ioas_stats *stats)
{
	*stats = ioas->stats;
}

int ioas_take(struct ioas *ioas, uint64_t size, uint64_t va,
	      struct iova_block **out)
{
	uint64_t align = IOAS_PAGE, page = va & ~(uint64_t)(IOAS_PAGE - 1);
	int ret;

	while (align < size && align < IOAS_MAX_ALIGN)
		align <<= 1;
	for (;; align >>= 1) {
		ret = iova_space_take(ioas->space, size, align, page & (align - 1), out);
		if (ret != -ENOSPC || align == IOAS_PAGE)
			return ret;
	}
}

void ioas_give(struct ioas *ioas, struct iova_block *block)
{
	iova_space_give(ioas->space, block);
}

/* A block that stays taken is never found by ioas_take() again: that is all of the quarantine. */
void ioas_quarantine(struct ioas *ioas, struct iova_block *block, uint64_t maps)
{
	ioas->stats.quarantined_blocks++;
	ioas->stats.quarantined_bytes += block->size;
	ioas->stats.quarantined_maps += maps;
}

/* Of the @size bytes at @iova, @mapped are mapped, by @maps calls. All or -EUCLEAN. */
static int unmap_window(struct ioas *ioas, uint64_t iova, uint64_t size,
			uint64_t mapped, uint64_t maps)
{
	uint64_t unmapped = 0;
	int ret;

	ioas->stats.unmap_calls++;
	ret = ioas->domain->ops->unmap(ioas->domain, iova, size, &unmapped);
	if (ret || unmapped != mapped)
		return -EUCLEAN;
	ioas->stats.maps -= maps;
	ioas->stats.mapped_bytes -= mapped;
	return 0;
}

static bool segments_fill(const struct iova_block *block,
			  const struct ioas_segment *segments, size_t n)
{
	uint64_t left = block->size;

	for (size_t i = 0; i < n; i++) {
		if (!segments[i].size || segments[i].size > left)
			return false;
		left -= segments[i].size;
	}
	return !left;
}

int ioas_map(struct ioas *ioas, struct iova_block *block,
	     const struct ioas_segment *segments, size_t n, unsigned int prot)
{
	struct iommu_domain *domain = ioas->domain;
	uint64_t done = 0;
	size_t i;
	int ret;

	if (!segments_fill(block, segments, n))
		return -EINVAL;
	if (n > ioas_maps_left(ioas))
		return -ENOSPC;
	for (i = 0; i < n; i++) {
		ioas->stats.map_calls++;
		ret = domain->ops->map(domain, block->iova + done, segments[i].size,
				       prot, &segments[i].backing);
		if (ret)
			goto undo;
		done += segments[i].size;
		ioas->stats.maps++;
		ioas->stats.mapped_bytes += segments[i].size;
	}
	return 0;

undo:
	if (i && unmap_window(ioas, block->iova, done, done, i)) {
		ioas_quarantine(ioas, block, i);
		return -EUCLEAN;
	}
	return ret;
}

int ioas_unmap(struct ioas *ioas, struct iova_block *block, uint64_t maps)
{
	int ret = unmap_window(ioas, block->iova, block->size, block->size, maps);

	if (ret)
		ioas_quarantine(ioas, block, maps);
	return ret;
}

static int by_address(const void *a, const void *b)
{
	const struct ioas_mapped *x = a, *y = b;

	return x->block->iova < y->block->iova ? -1 : x->block->iova > y->block->iova;
}

/* All of them have only gaps between them. */
static int unmap_run(struct ioas *ioas, struct ioas_mapped *mapped, size_t n)
{
	const struct iova_block *first = mapped[0].block, *last = mapped[n - 1].block;
	uint64_t bytes = 0, maps = 0;
	int ret;

	for (size_t i = 0; i < n; i++) {
		bytes += mapped[i].block->size;
		maps += mapped[i].maps;
	}
	ret = unmap_window(ioas, first->iova, last->iova - first->iova + last->size, bytes, maps);
	if (!ret)
		return 0;
	for (size_t i = 0; i < n; i++) {
		ioas_quarantine(ioas, mapped[i].block, mapped[i].maps);
		mapped[i].block = NULL;
	}
	return ret;
}

int ioas_unmap_many(struct ioas *ioas, struct ioas_mapped *mapped, size_t n)
{
	size_t start, end;
	int ret = 0;

	if (!n)
		return 0;
	qsort(mapped, n, sizeof(*mapped), by_address);
	for (start = 0; start < n; start = end) {
		for (end = start + 1; end < n; end++)
			if (!iova_block_follows(mapped[end].block, mapped[end - 1].block))
				break;
		if (unmap_run(ioas, mapped + start, end - start))
			ret = -EUCLEAN;
	}
	return ret;
}
