// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns queue pairs and shared receive queues as a guest would make and use
 * them. It must never know what a test is after.
 */
#include <endian.h>
#include <string.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/unit/pv/guest_verbs.h"

enum { ABSENT = 0xff, PSN = 0xfffffe, SRQ_LOG_STRIDE = 5, FAR_ACCESS = 14 };

void guest_srq_open(struct guest_verbs *v, uint32_t kind, uint32_t xrcd, struct guest_srq *srq)
{
	struct up_create_srq in = {
		.kind = htole32(kind), .pd = htole32(v->pd), .log_size = htole32(GUEST_LOG_SRQ),
		.log_stride = htole32(SRQ_LOG_STRIDE), .user_index = htole32(0xffffff),
	};
	uint64_t bytes = 1ull << (GUEST_LOG_SRQ + SRQ_LOG_STRIDE);
	struct wqe_srq_next *next;
	unsigned int i;

	*srq = (struct guest_srq){ .srqn = 0 };
	guest_window_open(v->bed, bytes, false, &srq->ring);
	for (i = 0; i < 1u << GUEST_LOG_SRQ; i++) {
		next = (void *)(srq->ring.ptr + ((size_t)i << SRQ_LOG_STRIDE));
		next->next_wqe_index = htobe16((uint16_t)((i + 1) & ((1u << GUEST_LOG_SRQ) - 1)));
	}
	in.dbr = guest_record(v, &srq->dbr);
	if (kind == UP_SRQ_XRC) {
		in.xrcd = htole32(xrcd);
		in.cqn = htole32(v->rcq.cqn);
	}
	guest_window_pages(v->bed, &srq->ring, 0, bytes, &in.ring);
	srq->srqn = guest_make(v->bed, UP_CREATE_SRQ, &in, sizeof(in));
}

void guest_srq_close(struct guest_verbs *v, struct guest_srq *srq)
{
	assert_int_equal(guest_end(v->bed, UP_DESTROY_SRQ, srq->srqn), UP_OK);
	guest_window_close(&srq->ring);
}

void guest_srq_post(struct guest_srq *srq, const struct st_piece *piece)
{
	uint32_t index = srq->posted & ((1u << GUEST_LOG_SRQ) - 1);

	st_wqe_receive(srq->ring.ptr + ((size_t)index << SRQ_LOG_STRIDE) +
		       sizeof(struct wqe_srq_next), 1, piece, 1);
	srq->posted++;
	__atomic_store_n(&srq->dbr[0], htobe32(srq->posted), __ATOMIC_RELEASE);
}

struct up_create_qp guest_qp_command(struct guest_verbs *v, uint32_t type, uint32_t srqn,
				     uint32_t xrcd, struct guest_qp *qp)
{
	bool target = type == UP_QP_XRC_TGT, xrc = target || type == UP_QP_XRC_INI;
	bool rq = !xrc && !srqn;
	struct up_create_qp in = {
		.type = htole32(type), .srq = htole32(srqn), .xrcd = htole32(xrcd),
		.user_index = htole32(0x123456), .log_sq = ABSENT, .log_rq = ABSENT,
	};
	uint64_t rq_bytes = rq ? 1ull << (GUEST_LOG_RQ + GUEST_LOG_RQ_STRIDE) : 0;

	*qp = (struct guest_qp){ .type = type };
	if (target)
		return in;
	in.pd = htole32(v->pd);
	in.uar = htole32(v->uar);
	in.scq = htole32(v->scq.cqn);
	in.rcq = xrc ? 0 : htole32(v->rcq.cqn);
	in.log_sq = GUEST_LOG_SQ;
	if (rq) {
		in.log_rq = GUEST_LOG_RQ;
		in.log_rq_stride = GUEST_LOG_RQ_STRIDE;
	}
	in.dbr = guest_record(v, &qp->dbr);
	guest_window_open(v->bed, rq_bytes + ((uint64_t)WQE_BB << GUEST_LOG_SQ), true, &qp->ring);
	guest_window_pages(v->bed, &qp->ring, 0, rq_bytes + ((uint64_t)WQE_BB << GUEST_LOG_SQ),
			   &in.ring);
	qp->sq = qp->ring.ptr + rq_bytes;
	return in;
}

void guest_qp_open(struct guest_verbs *v, uint32_t type, uint32_t srqn, uint32_t xrcd,
		   struct guest_qp *qp)
{
	struct up_create_qp in = guest_qp_command(v, type, srqn, xrcd, qp);

	qp->qpn = guest_make(v->bed, UP_CREATE_QP, &in, sizeof(in));
}

void guest_qp_close(struct guest_verbs *v, struct guest_qp *qp)
{
	assert_int_equal(guest_end(v->bed, UP_DESTROY_QP, qp->qpn), UP_OK);
	guest_window_close(&qp->ring);
}

static uint32_t mask_of(uint32_t type, uint8_t from, uint8_t to)
{
	bool datagram = type == UP_QP_UD, answers = type == UP_QP_RC || type == UP_QP_XRC_TGT;
	bool asks = type == UP_QP_RC || type == UP_QP_XRC_INI;

	if (from == UP_QPS_RESET && to == UP_QPS_INIT)
		return UP_QP_PKEY | UP_QP_PATH | (datagram ? UP_QP_QKEY : UP_QP_ACCESS);
	if (from == UP_QPS_INIT && to == UP_QPS_RTR && !datagram)
		return UP_QP_PATH | UP_QP_MTU | UP_QP_DEST | UP_QP_RQ_PSN |
		       (answers ? UP_QP_DEST_RD_ATOMIC | UP_QP_MIN_RNR : 0u);
	if (from == UP_QPS_RTR && to == UP_QPS_RTS)
		return UP_QP_SQ_PSN | (type == UP_QP_XRC_TGT ? UP_QP_TIMEOUT : 0u) |
		       (asks ? UP_QP_TIMEOUT | UP_QP_RETRY | UP_QP_RNR_RETRY | UP_QP_RD_ATOMIC : 0u);
	return 0;
}

struct up_modify_qp guest_qp_change(const struct guest_verbs *v, const struct guest_qp *qp,
				    uint8_t from, uint8_t to, uint32_t remote_qpn)
{
	return (struct up_modify_qp){
		.qpn = htole32(qp->qpn), .from = from, .to = to,
		.mask = htole32(mask_of(qp->type, from, to)),
		.attr = {
			.qkey = htole32(GUEST_QKEY), .dest_qpn = htole32(remote_qpn),
			.rq_psn = htole32(PSN), .sq_psn = htole32(PSN),
			.access = htole32(FAR_ACCESS), .path_mtu = 3, .timeout = 14, .retry = 7,
			.rnr_retry = 5, .min_rnr = 1, .rd_atomic = 4, .dest_rd_atomic = 4,
			.path = { .dlid = htole16(v->lid), .port = 1 },
		},
	};
}

enum up_result guest_qp_modify(struct guest_verbs *v, const struct up_modify_qp *change)
{
	return guest_bed_command(v->bed, UP_MODIFY_QP, change, sizeof(*change), NULL, 0);
}

void guest_qp_connect(struct guest_verbs *v, struct guest_qp *qp, uint32_t remote_qpn)
{
	uint8_t last = qp->type == UP_QP_XRC_TGT ? UP_QPS_RTR : UP_QPS_RTS, state;
	struct up_modify_qp change;

	for (state = UP_QPS_RESET; state < last; state++) {
		change = guest_qp_change(v, qp, state, (uint8_t)(state + 1), remote_qpn);
		assert_int_equal(guest_qp_modify(v, &change), UP_OK);
	}
}

void guest_qp_send(struct guest_verbs *v, struct guest_qp *qp, const struct st_send *send)
{
	union {
		uint8_t byte[ST_WQE_MAX];
		struct wqe_ctrl ctrl;
	} wqe = { { 0 } };
	size_t len = st_wqe_send(wqe.byte, qp->qpn, qp->sq_pi, send), at;

	for (at = 0; at < len; at += WQE_BB, qp->sq_pi++)
		memcpy(qp->sq + (size_t)(qp->sq_pi & ((1u << GUEST_LOG_SQ) - 1)) * WQE_BB,
		       wqe.byte + at, WQE_BB);
	__atomic_store_n(&qp->dbr[1], htobe32(qp->sq_pi), __ATOMIC_RELEASE);
	guest_bed_doorbell(v->bed, v->page, UAR_BF, be32toh(wqe.ctrl.opmod_idx_opcode),
			   be32toh(wqe.ctrl.qpn_ds));
}

void guest_qp_receive(struct guest_qp *qp, const struct st_piece *piece)
{
	size_t index = qp->rq_pi & ((1u << GUEST_LOG_RQ) - 1);

	st_wqe_receive(qp->ring.ptr + (index << GUEST_LOG_RQ_STRIDE), 2, piece, 1);
	qp->rq_pi++;
	__atomic_store_n(&qp->dbr[0], htobe32(qp->rq_pi), __ATOMIC_RELEASE);
}
