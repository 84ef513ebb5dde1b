/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the book of lent pages, for the files pages*.c only. Must never know what
 * the firmware keeps there.
 */
#ifndef HCA_PAGES_PRIVATE_H
#define HCA_PAGES_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "host-backend/hca/ifc/commands.h"
#include "host-backend/hca/page_set.h"
#include "host-backend/hca/pages.h"

enum { HCA_PAGE_BYTES = 4096 };

/* op_mod of MANAGE_PAGES. */
enum hca_pages_op { HCA_PAGES_CANT_GIVE = 0, HCA_PAGES_GIVE = 1, HCA_PAGES_TAKE = 2 };

struct hca_pages {
	struct hca *hca;
	uint16_t function;		/* as QUERY_PAGES calls us */

	/* Protects the next four. */
	pthread_mutex_t lock;
	pthread_cond_t idle;
	struct hca_page_set lent;
	bool stopped, busy;		/* no more requests; a command for one is under way */

	/*
	 * Who runs a command on pages owns the rest: the thread of bring-up, then
	 * the event thread until hca_pages_quiesce(), then the thread of teardown.
	 */
	uint32_t want_give, want_take;
	uint32_t asked;			/* by the MANAGE_PAGES TAKE under way */
	bool refuse;			/* CANT_GIVE is to be sent */
	uint64_t batch[HCA_PAGES_BATCH];/* on their way to the firmware */
	uint32_t n_batch;
	uint8_t in[manage_pages_in__SIZE + HCA_PAGES_BATCH * sizeof(uint64_t)];
	uint8_t out[manage_pages_out__SIZE + HCA_PAGES_BATCH * sizeof(uint64_t)];
};

/* The fixed part of MANAGE_PAGES. Return: its bytes. */
size_t hca_pages_head(uint8_t *in, uint16_t function, enum hca_pages_op op, uint32_t n);
/* Up to @n pages are allocated and written into @in, of @ilen bytes. Error: not even one. */
int hca_pages_batch(struct hca_pages *p, uint32_t n, size_t *ilen);
/* The batch's command ended with @err: its pages are lent, or ours again, or nobody knows. */
void hca_pages_settle(struct hca_pages *p, int err);
/*
 * The pages that @out names are ours again, @got of them. -EPROTO: more than
 * asked for, or some that were not lent.
 */
int hca_pages_back(struct hca_pages *p, uint32_t asked, uint32_t *got);

#endif
