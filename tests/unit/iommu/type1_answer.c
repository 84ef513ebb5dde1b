// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how an answer to VFIO_IOMMU_GET_INFO lies in memory. Must never know who
 * reads it.
 */
#include "tests/unit/iommu/type1_answer.h"

#include <stdlib.h>
#include <string.h>

static struct vfio_info_cap_header *header_at(struct type1_answer *answer, size_t at)
{
	return (struct vfio_info_cap_header *)(answer->bytes + at);
}

void type1_answer_init(struct type1_answer *answer, uint64_t page_sizes)
{
	memset(answer, 0, sizeof(*answer));
	answer->len = sizeof(answer->info);
	answer->info.argsz = answer->len;
	answer->info.flags = VFIO_IOMMU_INFO_PGSIZES;
	answer->info.iova_pgsizes = page_sizes;
}

size_t type1_answer_add(struct type1_answer *answer, uint16_t id, uint16_t version, size_t len)
{
	size_t at = answer->len;

	if (len > sizeof(answer->bytes) - at)
		abort();
	header_at(answer, at)->id = id;
	header_at(answer, at)->version = version;
	if (answer->last)
		header_at(answer, answer->last)->next = at;
	else
		answer->info.cap_offset = at;
	answer->info.flags |= VFIO_IOMMU_INFO_CAPS;
	answer->last = at;
	answer->len += (len + 7) & ~7ull;
	answer->info.argsz = answer->len;
	return at;
}

size_t type1_answer_add_ranges(struct type1_answer *answer, const struct iova_range *ranges,
			       uint32_t n)
{
	struct vfio_iommu_type1_info_cap_iova_range *cap;
	size_t at = type1_answer_add(answer, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1,
				     sizeof(*cap) + n * sizeof(cap->iova_ranges[0]));

	cap = (void *)(answer->bytes + at);
	cap->nr_iovas = n;
	for (uint32_t i = 0; i < n; i++) {
		cap->iova_ranges[i].start = ranges[i].first;
		cap->iova_ranges[i].end = ranges[i].last;
	}
	return at;
}

size_t type1_answer_add_avail(struct type1_answer *answer, uint32_t avail)
{
	struct vfio_iommu_type1_info_dma_avail *cap;
	size_t at = type1_answer_add(answer, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 1, sizeof(*cap));

	cap = (void *)(answer->bytes + at);
	cap->avail = avail;
	return at;
}

void type1_answer_usual(struct type1_answer *answer)
{
	const struct iova_range x86[] = {
		{ 0, 0xfedfffff }, { 0xfef00000, (1ull << 39) - 1 },
	};

	type1_answer_init(answer, ~0xfffull);
	type1_answer_add(answer, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, 1,
			 sizeof(struct vfio_iommu_type1_info_cap_migration));
	type1_answer_add_avail(answer, 65535);
	type1_answer_add_ranges(answer, x86, 2);
}
