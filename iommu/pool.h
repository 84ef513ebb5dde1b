/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns memory for many objects of one size, without the C library's overhead for
 * each. Must never know what the objects are.
 */
#ifndef IOMMU_POOL_H
#define IOMMU_POOL_H

#include <stddef.h>

struct pool_chunk;

/**
 * struct pool - objects of one size
 * @object: bytes of one, at least a pointer's, multiple of 8
 * @open: chunks with room for more
 * @full: chunks without
 * @memory: bytes that all chunks take
 */
struct pool {
	size_t object;
	struct pool_chunk *open, *full;
	size_t memory;
};

/* Allocates nothing. */
void pool_init(struct pool *pool, size_t object);
/* All objects go with it. */
void pool_destroy(struct pool *pool);

/* An object, not zeroed, or NULL. */
void *pool_alloc(struct pool *pool);
/* Memory goes back to the system as soon as two chunks are empty. */
void pool_free(struct pool *pool, void *object);

#endif
