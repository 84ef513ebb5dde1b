/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns queue pairs that are connected to themselves, and the queue that they
 * complete in: posting, ringing, polling. Must never know why a WQE is good or
 * bad. Layouts: the kernel's include/linux/mlx5.
 */
#ifndef HOSTILE_QP_H
#define HOSTILE_QP_H

#include <linux/types.h>

struct hostile;

enum {
	LOG_SQ = 6, LOG_RQ = 6,		/* 64 bytes each */
	QUEUE_BYTES = 64 << LOG_SQ,
	WQE_BYTES = 256,		/* the longest */
	UAR_CQ_ARM = 0x20, UAR_EQ_ARM = 0x40, UAR_EQ_UPDATE = 0x48, UAR_SEND = 0x800,
};

struct cq {
	u8 *ring;
	__be32 *record;
	u32 consumer;
};

/**
 * struct qp - one queue pair
 * @rq, @sq: rings, one behind the other
 * @record: receive, send
 * @posted, @received: counters of the rings
 * @waits: a WQE is under way
 * @must_fail: it may not complete well; @what: why, in words
 */
struct qp {
	u32 qpn;
	u8 *rq, *sq;
	__be32 *record;
	u16 posted, received;
	bool waits, must_fail;
	const char *what;
};

/* A send WQE under construction: @ds pieces of 16 bytes. */
struct wqe {
	union {
		u8 bytes[WQE_BYTES];
		__be32 words[WQE_BYTES / 4];
		__be64 longs[WQE_BYTES / 8];
	};
	unsigned int ds;
};

/* Fresh rings: what the HCA finds when they are given to it. */
void cq_clear(struct cq *cq);
void qp_clear(struct qp *qp);

/* The first 16 bytes; more is to be added. */
void wqe_begin(struct wqe *wqe, const struct qp *qp, u8 opcode);
void wqe_remote(struct wqe *wqe, u64 va, u32 rkey);
void wqe_data(struct wqe *wqe, u64 va, u32 lkey, u32 bytes);
void wqe_atomic(struct wqe *wqe, u64 swap_add, u64 compare);
void qp_receive(struct qp *qp, u64 va, u32 lkey, u32 bytes);
/* Into the ring, and ring for it. The ring has room: one is under way at a time. */
void qp_post(struct hostile *h, struct qp *qp, struct wqe *wqe, bool must_fail, const char *what);
/* Take what completed until all are done or a while is over. How many did well. */
unsigned int qp_poll(struct hostile *h, unsigned int ms);
/* All of them through RESET to RTS, fresh. Whether it worked. */
bool qp_connect_all(struct hostile *h);

#endif
