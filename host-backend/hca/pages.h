/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the pages that the firmware borrows: which they are, giving, taking
 * back. Must never know what the firmware keeps there.
 */
#ifndef HCA_PAGES_H
#define HCA_PAGES_H

#include <stdint.h>

struct hca;
struct hca_pages;

/* op_mod of QUERY_PAGES. */
enum hca_pages_which { HCA_PAGES_BOOT = 1, HCA_PAGES_INIT = 2 };

enum {
	HCA_PAGES_BATCH = 512,		/* pages of one command */
	HCA_PAGES_MAX = 1 << 22,	/* 16 GiB: more is no sane wish */
	HCA_PAGES_PATIENCE_MS = 5000,	/* or a command's limit: for pages that do not return */
};

int hca_pages_create(struct hca *hca, struct hca_pages **out);
/* Pages still lent are freed: the device was reset. NULL is ignored. */
void hca_pages_destroy(struct hca_pages *pages);

/**
 * hca_pages_give() - as many as QUERY_PAGES asks for
 * @pages: pages
 * @which: at which point of bring-up
 *
 * Return: 0; errors of hca_cmd() and hca_dma_alloc().
 */
int hca_pages_give(struct hca_pages *pages, enum hca_pages_which which);

/**
 * hca_pages_take_all() - everything back, after TEARDOWN_HCA
 * @pages: pages
 *
 * Return: 0; -ENODATA when the firmware keeps some although it was asked for
 * a while; -EPROTO when it gives what it was not lent; errors of hca_cmd().
 */
int hca_pages_take_all(struct hca_pages *pages);

/*
 * In the event thread: the firmware wants @n pages for a function, or gives -@n
 * back. Served there by and by. @function: its number; flags above it (of an
 * embedded processor, is gone) make it none of ours.
 */
void hca_pages_request(struct hca_pages *pages, uint32_t function, int32_t n);
/* No request is served any more, and none is under way when it returns. Not in the event thread. */
void hca_pages_quiesce(struct hca_pages *pages);

uint64_t hca_pages_count(struct hca_pages *pages);

#endif
