// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the chunks of the pool: their memory, their mappings, their end. Must
 * never know what the pieces are for.
 */
#include "host-backend/hca/dma.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <unistd.h>

#include "host-backend/hca/dma_chunk.h"

#define PAGE 4096ul

struct chunk {
	LIST_ENTRY(chunk) link;
	uint8_t *ptr;
	uint64_t size;			/* bytes; above HCA_CHUNK_BYTES: one piece */
	int fd;
	struct iova_block *block;
	struct hca_chunk_map map;	/* of one piece: only @used counts */
};

/* Locking: @lock, then @ioas_lock. */
struct hca_dma {
	struct ioas *ioas;
	pthread_mutex_t *ioas_lock;	/* may be NULL */
	pthread_mutex_t lock;
	LIST_HEAD(, chunk) chunks;
	struct chunk *empty;		/* the one that is kept, in the list, too */
	int err;			/* -EUCLEAN once an unmapping was not confirmed */
	struct hca_dma_stats stats;
};

static void ioas_enter(struct hca_dma *dma)
{
	if (dma->ioas_lock)
		pthread_mutex_lock(dma->ioas_lock);
}

static void ioas_leave(struct hca_dma *dma)
{
	if (dma->ioas_lock)
		pthread_mutex_unlock(dma->ioas_lock);
}

static int chunk_back(struct chunk *chunk)
{
	void *ptr;
	int err;

	chunk->fd = memfd_create("underpass-dma", MFD_CLOEXEC);
	if (chunk->fd < 0)
		return -errno;
	if (ftruncate(chunk->fd, (off_t)chunk->size)) {
		err = -errno;
		goto close_fd;
	}
	ptr = mmap(NULL, chunk->size, PROT_READ | PROT_WRITE, MAP_SHARED, chunk->fd, 0);
	if (ptr == MAP_FAILED) {
		err = -errno;
		goto close_fd;
	}
	chunk->ptr = ptr;
	return 0;

close_fd:
	close(chunk->fd);
	return err;
}

static void chunk_unback(struct chunk *chunk)
{
	munmap(chunk->ptr, chunk->size);
	close(chunk->fd);
}

static int chunk_map(struct hca_dma *dma, struct chunk *chunk)
{
	struct ioas_segment segment = {
		.backing = { .fd = chunk->fd, .hva = chunk->ptr },
		.size = chunk->size,
	};
	int err;

	ioas_enter(dma);
	err = ioas_take(dma->ioas, chunk->size, 0, &chunk->block);
	if (!err) {
		err = ioas_map(dma->ioas, chunk->block, &segment, 1, IOMMU_READ | IOMMU_WRITE);
		if (err && err != -EUCLEAN)
			ioas_give(dma->ioas, chunk->block);
	}
	ioas_leave(dma);
	return err;
}

/* What was not confirmed is in the address space's quarantine; our memory may go all the same. */
static int chunk_unmap(struct hca_dma *dma, struct chunk *chunk)
{
	int err;

	ioas_enter(dma);
	err = ioas_unmap(dma->ioas, chunk->block, 1);
	if (!err)
		ioas_give(dma->ioas, chunk->block);
	ioas_leave(dma);
	return err;
}

static int chunk_create(struct hca_dma *dma, uint64_t size, struct chunk **out)
{
	struct chunk *chunk = calloc(1, sizeof(*chunk));
	int err;

	if (!chunk)
		return -ENOMEM;
	chunk->size = size;
	err = chunk_back(chunk);
	if (err)
		goto free_chunk;
	err = chunk_map(dma, chunk);
	if (err)
		goto unback;
	dma->stats.bytes_mapped += size;
	LIST_INSERT_HEAD(&dma->chunks, chunk, link);
	*out = chunk;
	return 0;

unback:
	chunk_unback(chunk);
free_chunk:
	free(chunk);
	return err;
}

static void chunk_destroy(struct hca_dma *dma, struct chunk *chunk)
{
	int err = chunk_unmap(dma, chunk);

	if (err)
		dma->err = err;
	LIST_REMOVE(chunk, link);
	if (dma->empty == chunk)
		dma->empty = NULL;
	dma->stats.bytes_mapped -= chunk->size;
	chunk_unback(chunk);
	free(chunk);
}

int hca_dma_create(struct ioas *ioas, pthread_mutex_t *lock, struct hca_dma **out)
{
	struct hca_dma *dma = calloc(1, sizeof(*dma));

	if (!dma)
		return -ENOMEM;
	dma->ioas = ioas;
	dma->ioas_lock = lock;
	pthread_mutex_init(&dma->lock, NULL);
	LIST_INIT(&dma->chunks);
	*out = dma;
	return 0;
}

int hca_dma_destroy(struct hca_dma *dma)
{
	int err;

	if (!dma)
		return 0;
	while (!LIST_EMPTY(&dma->chunks))
		chunk_destroy(dma, LIST_FIRST(&dma->chunks));
	err = dma->err;
	pthread_mutex_destroy(&dma->lock);
	free(dma);
	return err;
}

static bool piece_from(struct chunk *chunk, uint32_t units, uint32_t align, struct hca_buf *out)
{
	uint32_t skew = (uint32_t)(chunk->block->iova / HCA_CHUNK_UNIT) & (align - 1);
	uint32_t at;

	if (chunk->size != HCA_CHUNK_BYTES || !hca_chunk_take(&chunk->map, units, align, skew, &at))
		return false;
	out->ptr = chunk->ptr + (size_t)at * HCA_CHUNK_UNIT;
	out->iova = chunk->block->iova + (uint64_t)at * HCA_CHUNK_UNIT;
	return true;
}

static int piece_small(struct hca_dma *dma, uint32_t units, uint32_t align, struct hca_buf *out)
{
	struct chunk *chunk;
	int err;

	LIST_FOREACH(chunk, &dma->chunks, link)
		if (piece_from(chunk, units, align, out))
			goto found;
	err = chunk_create(dma, HCA_CHUNK_BYTES, &chunk);
	if (err)
		return err;
	/* Only a badly fragmented address space has no place where the chunk itself is aligned. */
	if (!piece_from(chunk, units, align, out)) {
		chunk_destroy(dma, chunk);
		return -ENOSPC;
	}
found:
	if (chunk == dma->empty)
		dma->empty = NULL;
	return 0;
}

static int piece_large(struct hca_dma *dma, size_t size, size_t align, struct hca_buf *out)
{
	struct chunk *chunk;
	int err;

	if (size > SIZE_MAX - PAGE)
		return -ENOMEM;
	err = chunk_create(dma, (size + PAGE - 1) & ~(PAGE - 1), &chunk);
	if (err)
		return err;
	if (chunk->block->iova & (align - 1)) {
		chunk_destroy(dma, chunk);
		return -ENOSPC;
	}
	chunk->map.used = 1;
	out->ptr = chunk->ptr;
	out->iova = chunk->block->iova;
	return 0;
}

static uint32_t units_of(size_t size)
{
	return (uint32_t)((size + HCA_CHUNK_UNIT - 1) / HCA_CHUNK_UNIT);
}

int hca_dma_alloc(struct hca_dma *dma, size_t size, size_t align, struct hca_buf *out)
{
	int err;

	if (!size || !align || align & (align - 1) || align > HCA_CHUNK_BYTES)
		return -EINVAL;
	pthread_mutex_lock(&dma->lock);
	if (size > HCA_CHUNK_BYTES)
		err = piece_large(dma, size, align, out);
	else
		err = piece_small(dma, units_of(size), units_of(align), out);
	if (!err) {
		out->size = size;
		dma->stats.pieces++;
		dma->stats.bytes_in_use += size;
	}
	pthread_mutex_unlock(&dma->lock);
	if (err)
		memset(out, 0, sizeof(*out));
	else
		memset(out->ptr, 0, size);
	return err;
}

static struct chunk *chunk_of(struct hca_dma *dma, const struct hca_buf *buf)
{
	struct chunk *chunk;

	LIST_FOREACH(chunk, &dma->chunks, link)
		if (buf->iova - chunk->block->iova < chunk->size)
			return chunk;
	return NULL;
}

static void chunk_is_empty(struct hca_dma *dma, struct chunk *chunk)
{
	if (chunk->size == HCA_CHUNK_BYTES && !dma->empty)
		dma->empty = chunk;
	else
		chunk_destroy(dma, chunk);
}

void hca_dma_free(struct hca_dma *dma, struct hca_buf *buf)
{
	struct chunk *chunk;

	if (!buf->size)
		return;
	pthread_mutex_lock(&dma->lock);
	chunk = chunk_of(dma, buf);
	if (chunk) {
		if (chunk->size == HCA_CHUNK_BYTES)
			hca_chunk_give(&chunk->map, units_of(buf->iova - chunk->block->iova),
				       units_of(buf->size));
		else
			chunk->map.used = 0;
		dma->stats.pieces--;
		dma->stats.bytes_in_use -= buf->size;
		if (!chunk->map.used)
			chunk_is_empty(dma, chunk);
	}
	pthread_mutex_unlock(&dma->lock);
	memset(buf, 0, sizeof(*buf));
}

void hca_dma_abandon(struct hca_dma *dma, struct hca_buf *buf)
{
	if (!buf->size)
		return;
	pthread_mutex_lock(&dma->lock);
	dma->stats.pieces--;
	dma->stats.bytes_in_use -= buf->size;
	dma->stats.abandoned++;
	pthread_mutex_unlock(&dma->lock);
	memset(buf, 0, sizeof(*buf));
}

void hca_dma_stats(struct hca_dma *dma, struct hca_dma_stats *stats)
{
	pthread_mutex_lock(&dma->lock);
	*stats = dma->stats;
	pthread_mutex_unlock(&dma->lock);
}
