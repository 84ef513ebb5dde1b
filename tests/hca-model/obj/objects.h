/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the tables of one HCA's objects and what they count. It must never know
 * what is inside an object.
 */
#ifndef HCA_MODEL_OBJ_OBJECTS_H
#define HCA_MODEL_OBJ_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "tests/hca-model/obj/counter.h"
#include "tests/hca-model/obj/table.h"

struct hca;

enum {
	HCA_CAP_BYTES = 0x1000,
	UAR_FIRST = 4,			/* pages 0..3 of the BAR hold registers and MSI-X */
	EQ_MAX = 64,
	XLT_OCTOWORD = 16,
};

/* Objects of all kinds plus lent pages: zero after a clean teardown. */
struct object_counts {
	uint32_t pages, uar, pd, xrcd, mkey, eq, cq, qp, srq, counter, umem, mcg;
};

struct objects {
	/* life of the function */
	bool enabled, inited;
	uint16_t issi;
	uint8_t cap_gen[HCA_CAP_BYTES];		/* current values, big-endian */
	uint8_t cap_atomic[HCA_CAP_BYTES];

	/* pages lent by the driver */
	uint64_t *page_list;
	uint32_t n_pages, room_pages;

	struct objtab uar, pd, xrcd, mkey, eq, cq, qp, srq, counter, umem;
	struct qp *special[2];			/* QP0 and QP1 */
	struct q_counters default_counters;	/* set 0: QPs that name none */
	TAILQ_HEAD(, mcg) mcgs;
	uint32_t n_mcg;				/* QP attachments */

	/* What went without a command of its own, since the model started: swept away by TEARDOWN_HCA, a reset, the client's end. */
	struct object_counts swept;
};

void objects_init(struct hca *hca);
/* Everything but the pages and the function's life: also what TEARDOWN_HCA does. */
void objects_destroy_all(struct hca *hca);
void objects_fini(struct hca *hca);

void objects_count(const struct hca *hca, struct object_counts *out);

/* Plain numbers with a user count (PD, XRCD, UAR page). */
struct refobj {
	uint32_t number;
	uint32_t users;
};

/* Take one more user of a number; NULL if it does not exist. ref_put() gives it back. */
struct refobj *ref_get(struct objtab *t, uint32_t number);
void ref_put(struct objtab *t, uint32_t number);

#endif
