/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the driver's own DMA memory (queues, mailboxes, firmware pages): anonymous
 * files mapped here and, in chunks, at bus addresses. Must never know what is in it.
 */
#ifndef HCA_DMA_H
#define HCA_DMA_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu/ioas.h"

struct hca_dma;

/* One piece, here and as the HCA sees it. Zeroed when allocated. */
struct hca_buf {
	uint8_t *ptr;
	uint64_t iova;
	size_t size;		/* as asked for */
};

/**
 * hca_dma_create() - a pool
 * @ioas: where to map; outlives the pool
 * @lock: held around every call of @ioas, inside the pool's own lock; NULL: none
 * @out: the pool. Its functions may be called from any thread, but not with @lock held
 *
 * Return: 0, -ENOMEM.
 */
int hca_dma_create(struct ioas *ioas, pthread_mutex_t *lock, struct hca_dma **out);
/* All pieces go; chunks are unmapped. -EUCLEAN when the domain did not confirm one. */
int hca_dma_destroy(struct hca_dma *dma);

/**
 * hca_dma_alloc() - memory that the HCA may read and write
 * @dma: pool
 * @size: bytes, not 0
 * @align: power of two, at most 2 MiB
 * @out: filled
 *
 * Pieces come from chunks of 2 MiB (larger ones get a chunk of their own), so
 * that firmware pages do not use up the domain's mappings. A chunk whose last
 * piece is freed is unmapped, except one that is kept for the next.
 *
 * Return: 0, -ENOMEM, -EINVAL, errors of ioas_take() and ioas_map().
 */
int hca_dma_alloc(struct hca_dma *dma, size_t size, size_t align, struct hca_buf *out);
/* By @buf's iova and size. Zeroes *@buf; a zeroed one is ignored. */
void hca_dma_free(struct hca_dma *dma, struct hca_buf *buf);
/* The HCA may still use it: never handed out again, stays mapped until the pool goes. */
void hca_dma_abandon(struct hca_dma *dma, struct hca_buf *buf);

struct hca_dma_stats {
	uint64_t bytes_in_use, bytes_mapped, pieces, abandoned;
};
void hca_dma_stats(struct hca_dma *dma, struct hca_dma_stats *stats);

#endif
