/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns queue pairs: contexts, states, legal transitions and required
 * attributes. It must never know packets.
 */
#ifndef HCA_MODEL_OBJ_QP_H
#define HCA_MODEL_OBJ_QP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "tests/hca-model/mem/pas.h"
#include "tests/hca-model/obj/counter.h"
#include "tests/hca-model/transport/requester.h"
#include "tests/hca-model/transport/responder.h"

struct cq;
struct hca;
struct srq;

enum qp_state {
	QP_RESET = 0, QP_INIT = 1, QP_RTR = 2, QP_RTS = 3, QP_SQER = 4, QP_SQD = 5, QP_ERR = 6,
};

enum qp_type {			/* qpc.st */
	QP_RC = 0, QP_UC = 1, QP_UD = 2, QP_XRC = 3, QP_QP0 = 7, QP_QP1 = 8, QP_REG_UMR = 0xc,
};

struct qp_path {
	uint16_t pkey_index;
	bool grh;
	uint8_t path_bits;		/* low bits of the source LID */
	uint16_t dlid;
	uint8_t ack_timeout;		/* 4.096 us << n; 0: for ever */
	uint8_t sgid_index, hop_limit, tclass, sl;
	uint32_t flow_label;
	uint8_t dgid[16];
};

struct qp {
	struct hca *hca;
	uint32_t qpn;
	enum qp_type type;
	enum qp_state state;
	uint32_t pd;
	uint32_t user_index;		/* 0xffffff: none, CQEs carry the SRQ number instead */
	uint32_t uar;
	bool fre, rlky;			/* fast registration, reserved lkey: kernel QPs only */

	/* queues: RQ first, then SQ in one buffer */
	struct pas_buf buf;
	uint64_t dbr;			/* bus address of the doorbell record */
	bool has_sq, has_rq;		/* has_rq: an own RQ, not an SRQ */
	uint8_t log_sq;			/* log2 WQEBBs */
	uint8_t log_rq, log_rq_stride;	/* log2 entries, log2 bytes */
	uint64_t sq_offset;		/* of the SQ in buf, bytes */
	struct cq *scq, *rcq;		/* NULL where the type has none */
	struct srq *srq;		/* NULL: own RQ or none */
	uint32_t xrcd;

	/* attributes, from the context */
	uint32_t mtu;			/* bytes; UD and special QPs: the port's */
	uint8_t log_msg_max;
	uint32_t remote_qpn;
	uint32_t qkey;
	struct qp_path path;
	uint8_t retry_count, rnr_retry;	/* 7: for ever (rnr_retry) */
	uint8_t min_rnr_nak;		/* IBA timer code */
	uint32_t max_initiator, max_responder;	/* RDMA reads and atomics in flight */
	bool rre, rwe, rae;
	uint8_t atomic_mode;
	struct q_counters *counters;	/* never NULL: the HCA's default set if none is named */
	uint32_t counter_set;

	struct requester req;		/* transport/requester.h */
	struct responder resp;		/* transport/responder.h */
	bool is_ready;			/* in hca->ready */
	TAILQ_ENTRY(qp) ready;

	uint8_t ctx[0xe8];		/* newest context, for QUERY_QP */
};

struct qp *qp_get(struct hca *hca, uint32_t qpn);
/* The QP that packets for wire QP 0 or 1 go to; NULL if none is alive. */
struct qp *qp_special(struct hca *hca, unsigned int wire_qpn);

/**
 * qp_set_error - the QP fails by itself: ERR (or SQER for the send side of UC and UD)
 * @qp:    the queue pair
 * @state: QP_ERR or QP_SQER
 *
 * Changes the state and calls transport_qp_changed(); the caller has already
 * completed the WQE that failed.
 */
void qp_set_error(struct qp *qp, enum qp_state state);

/* Change the state and tell the transport. */
void qp_enter(struct qp *qp, enum qp_state state);
void qp_free(struct hca *hca, struct qp *qp);

#endif
