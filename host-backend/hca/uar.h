/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns UAR pages: the commands, and a pool of pages allocated before they are
 * needed. Must never know who rings their doorbells.
 */
#ifndef HCA_UAR_H
#define HCA_UAR_H

#include <stddef.h>
#include <stdint.h>

struct hca;
struct hca_uar_pool;

enum {
	HCA_UAR_BYTES = 4096,
	HCA_UAR_FIRST = 4,	/* below it BAR 0 has the init segment and the MSI-X table */
};

/**
 * hca_uar_alloc() - a UAR page
 * @hca: HCA
 * @uar: its index: the page is at index * HCA_UAR_BYTES in BAR 0
 *
 * Return: 0; -EIO also when the page is not one of BAR 0 that may be given
 * away; errors of hca_cmd().
 */
int hca_uar_alloc(struct hca *hca, uint32_t *uar);
/* Errors of hca_cmd(): the page must not be used for anything else. */
int hca_uar_dealloc(struct hca *hca, uint32_t uar);

static inline uint64_t hca_uar_offset(uint32_t uar)
{
	return (uint64_t)uar * HCA_UAR_BYTES;
}

/**
 * hca_uar_pool_create() - a fixed number of pages
 * @hca: HCA, outlives the pool
 * @n: pages, not 0
 * @out: the pool; one thread at a time
 *
 * Return: 0; -EINVAL; -ENOMEM; errors of hca_uar_alloc(): then all pages that
 * had been allocated were given back.
 */
int hca_uar_pool_create(struct hca *hca, size_t n, struct hca_uar_pool **out);

/**
 * hca_uar_pool_destroy() - all pages back to the HCA
 * @pool: gone in every case; NULL is ignored
 *
 * Return: 0, or the first error of hca_uar_dealloc(): pages are lost until the
 * HCA is reset.
 */
int hca_uar_pool_destroy(struct hca_uar_pool *pool);

/* -ENOSPC: all are taken. */
int hca_uar_pool_take(struct hca_uar_pool *pool, uint32_t *uar);
/* Nothing refers to it any more: it may be taken again. */
void hca_uar_pool_give(struct hca_uar_pool *pool, uint32_t uar);
/* Something may still refer to it: not taken again while the pool lives. */
void hca_uar_pool_abandon(struct hca_uar_pool *pool, uint32_t uar);

/* All pages, taken or not, ascending; the array lives with the pool. */
const uint32_t *hca_uar_pool_pages(const struct hca_uar_pool *pool, size_t *n);

struct hca_uar_pool_stats {
	size_t total, taken, abandoned;
};
void hca_uar_pool_stats(const struct hca_uar_pool *pool, struct hca_uar_pool_stats *stats);

#endif
