/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns objects as a guest's driver and its programs would make and use them:
 * rings in guest RAM, doorbells through the UAR window. It must never know what a
 * test is after. All assert that they work.
 */
#ifndef TESTS_UNIT_PV_GUEST_VERBS_H
#define TESTS_UNIT_PV_GUEST_VERBS_H

#include "host-backend/selftest/wqe.h"
#include "tests/unit/pv/guest_bed.h"

enum {
	GUEST_LOG_CQ = 6, GUEST_LOG_SQ = 6, GUEST_LOG_RQ = 5, GUEST_LOG_RQ_STRIDE = 5,
	GUEST_LOG_EQ = 6, GUEST_LOG_SRQ = 5,
	GUEST_QKEY = 0x11111111,
	GUEST_VECTOR = 2,		/* of the event queue */
};

struct guest_eq {
	struct guest_window ring;
	uint32_t eqn, ci;
};

struct guest_cq {
	struct guest_window ring;
	uint32_t *dbr;
	uint32_t cqn, ci;
	uint8_t log, sn;
	uint32_t cqe_bytes;
};

struct guest_srq {
	struct guest_window ring;
	uint32_t *dbr;
	uint32_t srqn;
	uint16_t posted;
};

struct guest_qp {
	struct guest_window ring;
	uint8_t *sq;
	uint32_t *dbr;
	uint32_t qpn, type;
	uint16_t sq_pi, rq_pi;
};

struct guest_mr {
	struct guest_window memory;
	uint32_t key;
};

struct guest_completion {
	uint8_t opcode, syndrome;
	uint32_t qpn, bytes, user_index;
	uint16_t index;
};

/**
 * struct guest_verbs - what all other objects stand on
 * @uar, @page: number and page of the window
 * @dbrs, @records: doorbell records; @next_record: bytes used
 */
struct guest_verbs {
	struct guest_bed *bed;
	uint32_t uar, page, pd, dbrs;
	struct guest_window records;
	uint32_t next_record;
	struct guest_eq eq;
	struct guest_cq scq, rcq;
	uint16_t lid;
	uint8_t gid[16];
};

/* Waits until the port is active. */
void guest_verbs_open(struct guest_bed *bed, struct guest_verbs *v);
void guest_verbs_close(struct guest_verbs *v);
/* Only what the test itself has of it: the device lost it all. */
void guest_verbs_forget(struct guest_verbs *v);

/* UP_ALLOC_*, UP_CREATE_*: the number. */
uint32_t guest_make(struct guest_bed *bed, uint32_t opcode, const void *in, uint32_t len);
/* UP_FREE_*, UP_DESTROY_*. */
enum up_result guest_end(struct guest_bed *bed, uint32_t opcode, uint32_t number);

struct up_dbr guest_record(struct guest_verbs *v, uint32_t **dbr);

void guest_cq_open(struct guest_verbs *v, uint8_t log, uint32_t cqe_bytes, struct guest_cq *cq);
void guest_cq_close(struct guest_verbs *v, struct guest_cq *cq);
bool guest_cq_poll(struct guest_cq *cq, struct guest_completion *c);
void guest_cq_arm(struct guest_verbs *v, struct guest_cq *cq);
/* The next completion comes by an event and its interrupt. */
void guest_cq_wait(struct guest_verbs *v, struct guest_cq *cq, struct guest_completion *c);
/* The fields of the command for a CQ whose ring is @cq's, fresh. */
struct up_create_cq guest_cq_command(struct guest_verbs *v, struct guest_cq *cq);

void guest_mr_open(struct guest_verbs *v, uint64_t bytes, bool scattered, uint32_t access,
		   struct guest_mr *mr);
/* UP_REREG_MR. */
enum up_result guest_mr_change(struct guest_verbs *v, const struct guest_mr *mr, uint32_t pd,
			       uint32_t access);
void guest_mr_close(struct guest_verbs *v, struct guest_mr *mr);

void guest_srq_open(struct guest_verbs *v, uint32_t kind, uint32_t xrcd, struct guest_srq *srq);
void guest_srq_close(struct guest_verbs *v, struct guest_srq *srq);
void guest_srq_post(struct guest_srq *srq, const struct st_piece *piece);

/* @srqn: 0: a receive queue of its own where the type has one. */
void guest_qp_open(struct guest_verbs *v, uint32_t type, uint32_t srqn, uint32_t xrcd,
		   struct guest_qp *qp);
struct up_create_qp guest_qp_command(struct guest_verbs *v, uint32_t type, uint32_t srqn,
				     uint32_t xrcd, struct guest_qp *qp);
void guest_qp_close(struct guest_verbs *v, struct guest_qp *qp);
/* One transition by a command whose attributes are good for any. */
struct up_modify_qp guest_qp_change(const struct guest_verbs *v, const struct guest_qp *qp,
				    uint8_t from, uint8_t to, uint32_t remote_qpn);
enum up_result guest_qp_modify(struct guest_verbs *v, const struct up_modify_qp *change);
/* To RTS, or RTR where it cannot send. */
void guest_qp_connect(struct guest_verbs *v, struct guest_qp *qp, uint32_t remote_qpn);
void guest_qp_send(struct guest_verbs *v, struct guest_qp *qp, const struct st_send *send);
void guest_qp_receive(struct guest_qp *qp, const struct st_piece *piece);

#endif
