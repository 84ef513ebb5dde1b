// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns UAR pages. Must never know who rings their doorbells.
 */
#include "host-backend/hca/uar.h"

#include <errno.h>
#include <stdlib.h>

#include "host-backend/hca/object.h"

enum page_state { PAGE_FREE, PAGE_TAKEN, PAGE_ABANDONED };

struct hca_uar_pool {
	struct hca *hca;
	size_t n;
	uint32_t *pages;		/* ascending */
	enum page_state *state;
};

int hca_uar_alloc(struct hca *hca, uint32_t *uar)
{
	uint8_t in[dealloc_uar_in__SIZE] = { 0 };
	uint32_t page;
	int ret;

	hca_object_head(in, HCA_OP_ALLOC_UAR, 0);
	ret = hca_object_create(hca, in, sizeof(in), &page);
	if (ret)
		return ret;
	/* Whoever gets the page can write to it: it must be nothing else. */
	if (page < HCA_UAR_FIRST || hca_uar_offset(page) >= hca_transport(hca)->bar_size)
		return hca_cmd_nonsense(hca, in);
	*uar = page;
	return 0;
}

int hca_uar_dealloc(struct hca *hca, uint32_t uar)
{
	return hca_cmd_simple(hca, HCA_OP_DEALLOC_UAR, 0, uar);
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

int hca_uar_pool_create(struct hca *hca, size_t n, struct hca_uar_pool **out)
{
	struct hca_cmd_error cause;
	struct hca_uar_pool *pool;
	int ret = -ENOMEM;

	if (!n)
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	pool->hca = hca;
	pool->pages = calloc(n, sizeof(*pool->pages));
	pool->state = calloc(n, sizeof(*pool->state));
	if (!pool->pages || !pool->state)
		goto destroy;
	for (; pool->n < n; pool->n++) {
		ret = hca_uar_alloc(hca, &pool->pages[pool->n]);
		if (ret)
			goto destroy;
	}
	qsort(pool->pages, n, sizeof(*pool->pages), ascending);
	*out = pool;
	return 0;

destroy:
	cause = *hca_cmd_last_error(hca);
	hca_uar_pool_destroy(pool);
	hca_cmd_blame(hca, &cause);
	return ret;
}

int hca_uar_pool_destroy(struct hca_uar_pool *pool)
{
	struct hca_cmd_error cause = { 0 };
	int first = 0, ret;
	size_t i;

	if (!pool)
		return 0;
	for (i = 0; i < pool->n; i++) {
		ret = hca_uar_dealloc(pool->hca, pool->pages[i]);
		if (ret && !first) {
			first = ret;
			cause = *hca_cmd_last_error(pool->hca);
		}
	}
	if (first)
		hca_cmd_blame(pool->hca, &cause);
	free(pool->state);
	free(pool->pages);
	free(pool);
	return first;
}

int hca_uar_pool_take(struct hca_uar_pool *pool, uint32_t *uar)
{
	size_t i;

	for (i = 0; i < pool->n; i++)
		if (pool->state[i] == PAGE_FREE) {
			pool->state[i] = PAGE_TAKEN;
			*uar = pool->pages[i];
			return 0;
		}
	return -ENOSPC;
}

/* Of a page that is taken; others are not the caller's. */
static void pool_set(struct hca_uar_pool *pool, uint32_t uar, enum page_state state)
{
	size_t i;

	for (i = 0; i < pool->n; i++)
		if (pool->pages[i] == uar && pool->state[i] == PAGE_TAKEN)
			pool->state[i] = state;
}

void hca_uar_pool_give(struct hca_uar_pool *pool, uint32_t uar)
{
	pool_set(pool, uar, PAGE_FREE);
}

void hca_uar_pool_abandon(struct hca_uar_pool *pool, uint32_t uar)
{
	pool_set(pool, uar, PAGE_ABANDONED);
}

const uint32_t *hca_uar_pool_pages(const struct hca_uar_pool *pool, size_t *n)
{
	*n = pool->n;
	return pool->pages;
}

void hca_uar_pool_stats(const struct hca_uar_pool *pool, struct hca_uar_pool_stats *stats)
{
	size_t i;

	*stats = (struct hca_uar_pool_stats){ .total = pool->n };
	for (i = 0; i < pool->n; i++) {
		stats->taken += pool->state[i] == PAGE_TAKEN;
		stats->abandoned += pool->state[i] == PAGE_ABANDONED;
	}
}
