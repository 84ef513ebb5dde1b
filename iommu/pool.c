// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the chunks of a pool: which are full, which objects of the others are
 * free. Must never know what the objects are.
 *
 * A chunk starts at a multiple of its size, so that an object leads to it.
 */
#include "iommu/pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <sanitizer/asan_interface.h>

/*
 * Small enough to come from the heap even with what aligning takes for a moment,
 * and with room for the C library's own words behind: so chunks lie side by side.
 */
#define CHUNK_SIZE	((size_t)32 << 10)
#define CHUNK_BYTES	(CHUNK_SIZE - 2 * sizeof(size_t))
#define CHUNK_HEAD	((size_t)64)	/* one cache line */

/* A free object; what lies behind the link is poisoned while it is free. */
struct pool_hole {
	struct pool_hole *next;
};

struct pool_chunk {
	struct pool_chunk *next, *prev;
	struct pool_hole *holes;	/* objects given back */
	uint8_t *fresh;			/* objects from here on were never handed out */
	size_t used;
};

_Static_assert(sizeof(struct pool_chunk) <= CHUNK_HEAD, "the head has a line of its own");

static struct pool_chunk *chunk_of(const void *object)
{
	return (struct pool_chunk *)((uintptr_t)object & ~(CHUNK_SIZE - 1));
}

static void chunk_push(struct pool_chunk **list, struct pool_chunk *chunk)
{
	chunk->prev = NULL;
	chunk->next = *list;
	if (*list)
		(*list)->prev = chunk;
	*list = chunk;
}

static void chunk_remove(struct pool_chunk **list, struct pool_chunk *chunk)
{
	if (chunk->prev)
		chunk->prev->next = chunk->next;
	else
		*list = chunk->next;
	if (chunk->next)
		chunk->next->prev = chunk->prev;
}

static void chunk_free(struct pool *pool, struct pool_chunk *chunk)
{
	ASAN_UNPOISON_MEMORY_REGION(chunk, CHUNK_BYTES);
	free(chunk);
	pool->memory -= CHUNK_SIZE;
}

void pool_init(struct pool *pool, size_t object)
{
	*pool = (struct pool){ .object = object };
}

void pool_destroy(struct pool *pool)
{
	struct pool_chunk *chunk;

	while ((chunk = pool->open)) {
		chunk_remove(&pool->open, chunk);
		chunk_free(pool, chunk);
	}
	while ((chunk = pool->full)) {
		chunk_remove(&pool->full, chunk);
		chunk_free(pool, chunk);
	}
}

static struct pool_chunk *chunk_create(struct pool *pool)
{
	struct pool_chunk *chunk;
	void *ptr;

	if (posix_memalign(&ptr, CHUNK_SIZE, CHUNK_BYTES))
		return NULL;
	chunk = ptr;
	*chunk = (struct pool_chunk){ .fresh = (uint8_t *)chunk + CHUNK_HEAD };
	ASAN_POISON_MEMORY_REGION(chunk->fresh, CHUNK_BYTES - CHUNK_HEAD);
	chunk_push(&pool->open, chunk);
	pool->memory += CHUNK_SIZE;
	return chunk;
}

static bool chunk_full(const struct pool *pool, const struct pool_chunk *chunk)
{
	return !chunk->holes &&
	       (size_t)((uint8_t *)chunk + CHUNK_BYTES - chunk->fresh) < pool->object;
}

void *pool_alloc(struct pool *pool)
{
	struct pool_chunk *chunk = pool->open;
	void *object;

	if (!chunk)
		chunk = chunk_create(pool);
	if (!chunk)
		return NULL;
	if (chunk->holes) {
		object = chunk->holes;
		chunk->holes = chunk->holes->next;
	} else {
		object = chunk->fresh;
		chunk->fresh += pool->object;
	}
	ASAN_UNPOISON_MEMORY_REGION(object, pool->object);
	chunk->used++;
	if (chunk_full(pool, chunk)) {
		chunk_remove(&pool->open, chunk);
		chunk_push(&pool->full, chunk);
	}
	return object;
}

void pool_free(struct pool *pool, void *object)
{
	struct pool_chunk *chunk = chunk_of(object);
	struct pool_hole *hole = object;

	if (chunk_full(pool, chunk)) {
		chunk_remove(&pool->full, chunk);
		chunk_push(&pool->open, chunk);
	}
	hole->next = chunk->holes;
	chunk->holes = hole;
	ASAN_POISON_MEMORY_REGION(hole + 1, pool->object - sizeof(*hole));
	/* One empty chunk stays, for the next object. */
	if (!--chunk->used && (chunk->prev || chunk->next)) {
		chunk_remove(&pool->open, chunk);
		chunk_free(pool, chunk);
	}
}
