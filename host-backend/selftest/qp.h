/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns one queue pair as a program uses it: rings in registered memory, posting,
 * doorbells, its way to RTS. Must never know what comes of a request.
 */
#ifndef HOST_BACKEND_SELFTEST_QP_H
#define HOST_BACKEND_SELFTEST_QP_H

#include "host-backend/hca/qp.h"
#include "host-backend/selftest/record.h"
#include "host-backend/selftest/wqe.h"

struct st_run;

enum {
	ST_QKEY = 0x5e1f7e57,
	ST_LOG_SQ = 6,			/* WQE blocks */
	ST_LOG_RQ = 4,
	ST_LOG_RQ_STRIDE = 6,		/* bytes: four pieces */
	ST_RQ_PIECES = (1 << ST_LOG_RQ_STRIDE) / 16,
};

/**
 * struct st_qp - a queue pair
 * @attr: as it was created
 * @ring: receive queue, then send queue
 * @sq: where the send queue starts
 * @sq_pi, @rq_pi: WQE blocks and receive WQEs posted, free running
 */
struct st_qp {
	struct hca_qp_attr attr;
	struct st_window ring;
	struct st_record record;
	uint8_t *sq;
	uint32_t qpn;
	uint16_t sq_pi, rq_pi;
	bool made, quarantined;
};

/* @xrcd: of HCA_QP_XRC_TGT. Kept is what st_qp_close() needs also when it fails. */
int st_qp_open(struct st_run *run, enum hca_qp_type type, uint32_t xrcd, struct st_qp *qp);
/* A zeroed one is ignored. */
int st_qp_close(struct st_run *run, struct st_qp *qp);

/* From RESET to RTS (an XRC target: to RTR), talking to @remote_qpn at our own port. */
int st_qp_connect(struct st_run *run, struct st_qp *qp, uint32_t remote_qpn);
/* To RESET from anywhere; rings and record start over. */
int st_qp_reset(struct st_run *run, struct st_qp *qp);

/* One request and its doorbell. Return: the WQE's index, as its completion has it. */
uint16_t st_qp_send(struct st_run *run, struct st_qp *qp, const struct st_send *send);
/* One receive WQE of at most ST_RQ_PIECES pieces. */
uint16_t st_qp_receive(struct st_qp *qp, const struct st_piece *pieces, unsigned int n);

#endif
