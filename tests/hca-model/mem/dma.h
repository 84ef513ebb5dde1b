/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the HCA's view of memory: bus addresses (IOVA) to host bytes by the DMA
 * map of the vfio-user connection. It must never know mkeys or queues.
 */
#ifndef HCA_MODEL_MEM_DMA_H
#define HCA_MODEL_MEM_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/vfio-user/dma.h"

struct hca;

#define DMA_CACHE_SLOTS 256

struct dma {
	struct vfu_dma *map;		/* NULL while no client is attached */
	bool master;			/* PCI command: bus master enable */
	uint64_t faults;		/* accesses to what is not mapped or not writable */
	uint64_t last_fault;		/* IOVA of the newest one */
	uint64_t swept;			/* ranges that a client left mapped when it went */
	uint64_t generation;		/* of the map, when the cache was filled */
	const struct vfu_dma_range *cache[DMA_CACHE_SLOTS];
};

/**
 * dma_ptr - host pointer for a piece of bus address space
 * @hca:   the HCA
 * @iova:  bus address
 * @want:  bytes wanted, > 0
 * @write: the HCA will write there
 * @got:   out: bytes that are contiguous from the pointer on, 1..want
 *
 * The pointer is valid until the loop handles the next vfio-user message.
 * Return: NULL on a DMA fault (counted and logged).
 */
uint8_t *dma_ptr(struct hca *hca, uint64_t iova, size_t want, bool write, size_t *got);

/* Copy; 0 or -EFAULT (counted, logged). On a fault part of the bytes may have moved. */
int dma_read(struct hca *hca, uint64_t iova, void *buf, size_t len);
int dma_write(struct hca *hca, uint64_t iova, const void *buf, size_t len);

/*
 * Whether all of [@iova, @iova + @len) is mapped with @prot (VFU_DMA_READ,
 * VFU_DMA_WRITE). No access, so no fault.
 */
bool dma_mapped(struct hca *hca, uint64_t iova, uint64_t len, uint32_t prot);

/* A 32-bit big-endian word, as doorbell records are. */
int dma_read_be32(struct hca *hca, uint64_t iova, uint32_t *value);

#endif
