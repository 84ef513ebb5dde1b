// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the lookup from bus addresses to host bytes and the count of faults.
 * It must never know why memory is accessed.
 */
#include "tests/hca-model/mem/dma.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "host-backend/hca/ifc/ifc.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/trace.h"

static uint8_t *dma_fault(struct hca *hca, uint64_t iova, bool write, const char *why)
{
	hca->dma.faults++;
	hca->dma.last_fault = iova;
	hca_log(hca, "DMA fault: %s of 0x%" PRIx64 ": %s", write ? "write" : "read", iova, why);
	return NULL;
}

static const struct vfu_dma_range *dma_lookup(struct dma *dma, uint64_t iova)
{
	const struct vfu_dma_range **slot = &dma->cache[iova >> 12 & (DMA_CACHE_SLOTS - 1)];
	uint64_t generation = vfu_dma_generation(dma->map);

	if (dma->generation != generation) {
		memset(dma->cache, 0, sizeof(dma->cache));
		dma->generation = generation;
	} else if (*slot && iova >= (*slot)->iova && iova <= (*slot)->last) {
		return *slot;
	}
	*slot = vfu_dma_find(dma->map, iova);
	return *slot;
}

uint8_t *dma_ptr(struct hca *hca, uint64_t iova, size_t want, bool write, size_t *got)
{
	struct dma *dma = &hca->dma;
	const struct vfu_dma_range *range;
	uint64_t room;

	if (!dma->map || !dma->master)
		return dma_fault(hca, iova, write, "bus mastering is off");
	range = dma_lookup(dma, iova);
	if (!range || !range->vaddr)
		return dma_fault(hca, iova, write, "not mapped");
	if (!(range->prot & (write ? VFU_DMA_WRITE : VFU_DMA_READ)))
		return dma_fault(hca, iova, write, "not permitted");
	room = range->last - iova;
	*got = want - 1 <= room ? want : (size_t)(room + 1);
	return range->vaddr + (iova - range->iova);
}

bool dma_mapped(struct hca *hca, uint64_t iova, uint64_t len, uint32_t prot)
{
	const struct vfu_dma_range *range;
	uint64_t room;

	if (!hca->dma.map || !hca->dma.master || (len && len - 1 > UINT64_MAX - iova))
		return false;
	while (len) {
		range = dma_lookup(&hca->dma, iova);
		if (!range || !range->vaddr || (range->prot & prot) != prot)
			return false;
		room = range->last - iova;
		if (len - 1 <= room)
			return true;
		len -= room + 1;
		iova += room + 1;
	}
	return true;
}

int dma_read(struct hca *hca, uint64_t iova, void *buf, size_t len)
{
	uint8_t *dst = buf;
	const uint8_t *src;
	size_t got;

	for (; len; len -= got, iova += got, dst += got) {
		src = dma_ptr(hca, iova, len, false, &got);
		if (!src)
			return -EFAULT;
		memcpy(dst, src, got);
	}
	return 0;
}

int dma_write(struct hca *hca, uint64_t iova, const void *buf, size_t len)
{
	const uint8_t *src = buf;
	uint8_t *dst;
	size_t got;

	for (; len; len -= got, iova += got, src += got) {
		dst = dma_ptr(hca, iova, len, true, &got);
		if (!dst)
			return -EFAULT;
		memcpy(dst, src, got);
	}
	return 0;
}

int dma_read_be32(struct hca *hca, uint64_t iova, uint32_t *value)
{
	const uint32_t *word;
	uint8_t raw[4];
	size_t got;
	int ret;

	word = (const uint32_t *)dma_ptr(hca, iova, 4, false, &got);
	if (!word)
		return -EFAULT;
	if (got == 4 && (iova & 3) == 0) {
		*value = be32toh(__atomic_load_n(word, __ATOMIC_ACQUIRE));
		return 0;
	}
	ret = dma_read(hca, iova, raw, 4);
	*value = ret ? 0 : ifc_load32(raw);
	return ret;
}
