/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns event queues: in memory of our own, polled here, or in memory that
 * somebody else (a guest) polls. Must never know what an event means.
 */
#ifndef HCA_EQ_H
#define HCA_EQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host-backend/hca/dma.h"
#include "host-backend/hca/ifc/wqe.h"	/* struct eqe */

struct hca;

enum {
	HCA_EQ_MIN_LOG = 6,		/* one page of 64-byte entries */
	HCA_EQ_MAX_LOG = 17,
	HCA_EQ_MAX_PAS = 512,
};

/**
 * struct hca_eq_attr - an event queue in given memory
 * @vector: MSI-X vector it raises; setting an eventfd for it is the caller's
 *	business (hca_transport_ops.set_irq)
 * @log_size: log2 of its entries, HCA_EQ_MIN_LOG ... HCA_EQ_MAX_LOG
 * @uar: UAR page through which it is armed
 * @mask: event types it takes, bit n = type n (EVENT_*); 0: completions of the
 *	CQs that name it, the only sort a guest may have
 * @log_page: log2 bytes of each page, 12 or more
 * @page_offset: of the first entry in the first page, in units of 1/64 of a page
 * @pas: bus addresses of the pages
 * @n_pas: how many, at most HCA_EQ_MAX_PAS
 *
 * The owner of the memory sets bit 0 of every entry's owner byte beforehand.
 */
struct hca_eq_attr {
	unsigned int vector;
	uint8_t log_size;
	uint32_t uar;
	uint64_t mask;
	unsigned int log_page;
	unsigned int page_offset;
	const uint64_t *pas;
	size_t n_pas;
};

/**
 * hca_eq_create_at() - CREATE_EQ
 * @hca: HCA
 * @attr: see there; not kept
 * @eqn: its number
 *
 * Return: 0; -EINVAL; errors of hca_cmd(): see hca_cmd_unsure() for what
 * becomes of the memory.
 */
int hca_eq_create_at(struct hca *hca, const struct hca_eq_attr *attr, uint32_t *eqn);
/* DESTROY_EQ. After an error the HCA may still write to the memory. */
int hca_eq_destroy_at(struct hca *hca, uint32_t eqn);

/* An event queue of our own. One thread at a time. */
struct hca_eq {
	uint32_t eqn, uar;
	unsigned int vector;
	/* The rest is eq.c's. */
	struct hca *hca;
	struct hca_buf buf;
	uint8_t log_size;
	uint32_t ci;			/* free running */
};

/**
 * hca_eq_create() - in memory of our own, on hca_own_uar(), armed
 * @hca: HCA
 * @vector: MSI-X vector; 0 is the event thread's
 * @log_size: log2 of its entries
 * @mask: as in struct hca_eq_attr
 * @out: the EQ
 *
 * Return: 0; -EINVAL; -ENOMEM; errors of hca_dma_alloc() and hca_cmd().
 */
int hca_eq_create(struct hca *hca, unsigned int vector, uint8_t log_size, uint64_t mask,
		  struct hca_eq **out);
/* Freed in every case; NULL is ignored. Errors of hca_cmd(): its memory was abandoned. */
int hca_eq_destroy(struct hca_eq *eq);

/* Take the next event: whether there was one. The HCA is told now and then, and by hca_eq_arm(). */
bool hca_eq_poll(struct hca_eq *eq, struct eqe *out);
/*
 * The next event raises the vector, at once if there is one already. So: wait
 * for the eventfd, poll until there is none, arm.
 */
void hca_eq_arm(struct hca_eq *eq);

/* What struct eqe of type EVENT_COMP is about. */
uint32_t hca_eqe_cqn(const struct eqe *eqe);

#endif
