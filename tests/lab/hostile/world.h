/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the honest world that is attacked from within: one object of every kind
 * and queue pairs that work; and which numbers the device ever gave. Must never
 * know an attack.
 */
#ifndef HOSTILE_WORLD_H
#define HOSTILE_WORLD_H

#include <linux/types.h>
#include <linux/xarray.h>

#include "abi/commands.h"
#include "qp.h"

struct hostile;
struct chance;

enum kind {
	KIND_NONE, KIND_UAR, KIND_PD, KIND_XRCD, KIND_PAGES, KIND_MR, KIND_EQ, KIND_CQ, KIND_SRQ,
	KIND_QP, KINDS,
};

enum {
	WORLD_QPS = 8,			/* connected to themselves */
	RECENT = 32,			/* of each kind: what attacks made */
	/* Sizes of queues. */
	LOG_EQ = 8, LOG_CQ = 10, LOG_SPARE_CQ = 7, LOG_SRQ = 5, LOG_SRQ_STRIDE = 6,
	/* Doorbell records that attacks may name; those below are the world's. */
	SPARE_RECORDS = 2048,
	/* Where the HCA sees the memory regions. */
	VA_NEAR = 0x10000000, VA_FAR = 0x20000000, VA_CONSTANT = 0x30000000,
	VA_OTHER = 0x40000000, VA_WITHDRAWN = 0x50000000, VA_MOVED = 0x60000000,
	REGION_PAGES = 4,
};

/* @key is good for nothing outside @va ... @va + @bytes. */
struct region {
	u32 key;
	u64 va, bytes;
	u8 *ptr;
};

/**
 * struct world - what the device made for us since its reset
 * @caps: as it says
 * @lid: of the port
 * @uar, @page: number and page of the window; @spare_uar, @spare_page: rings nothing
 * @pd, @other_pd: protection domains
 * @records: of all doorbell records
 * @spare_cqn: takes no completions; @rc, @ud: queue pairs in RESET and INIT
 * @near, @far: for all access; @constant: for local reads; @other: in @other_pd
 * @withdrawn: had remote access, and has it no more; @moved: went to @other_pd
 * @given: every number that was ever given, by kind
 * @recent: those that attacks made; @made: how many ever
 */
struct world {
	struct up_query_device_out caps;
	u16 lid;
	u32 uar, page, spare_uar, spare_page, pd, other_pd, xrcd, records, eqn, cqn, spare_cqn;
	u32 srqn, xrc_srqn, rc, ud;
	struct region near, far, constant, other, withdrawn, moved;
	struct cq cq;
	struct qp qps[WORLD_QPS];
	struct xarray given[KINDS];
	u32 recent[KINDS][RECENT];
	unsigned int made[KINDS];
};

void world_init(struct hostile *h);
void world_fini(struct hostile *h);
/* Reset, then all of it anew. 0; -EIO when an honest step did not work. */
int world_open(struct hostile *h);
/* Whether the queue pairs still move bytes. */
bool world_works(struct hostile *h);

/* A command was answered by UP_OK: remember what it made. */
void world_given(struct hostile *h, u32 opcode, const void *answer);
/* A number that is certainly none of ours. */
u32 world_foreign(struct hostile *h, enum kind kind);
/* One that attacks made not long ago, or a foreign one. */
u32 world_recent(struct hostile *h, enum kind kind);

#endif
