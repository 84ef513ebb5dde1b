// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns one queue pair for tests. It must never know what a test does with it.
 */
#include "tests/unit/host/objects_qp.h"

#include <string.h>

#include "host-backend/hca/cq.h"
#include "host-backend/hca/pd.h"

enum { LOG_CQ = OBJECTS_QP_LOG_CQ, LOG_RQ = 5, LOG_RQ_STRIDE = 6 };

static void make_cq(struct objects_qp *q)
{
	struct hca_cq_attr attr = { .log_size = LOG_CQ, .cqe_bytes = 64,
				    .uar = hca_own_uar(q->hca), .eqn = q->bed->eq->eqn };

	assert_int_equal(objects_ring_alloc(q->bed, 64u << LOG_CQ, &q->cq_ring), 0);
	objects_ring_fresh_cqes(&q->cq_ring, 64);
	attr.ring = q->cq_ring.ring;
	attr.dbr_iova = q->cq_ring.dbr_iova;
	assert_int_equal(hca_cq_create(q->hca, &attr, &q->cqn), 0);
}

void objects_qp_open(struct objects_qp *q, void **state)
{
	memset(q, 0, sizeof(*q));
	q->bed = *state;
	q->hca = q->bed->hca;
	assert_int_equal(hca_defaults_create(q->hca, hca_own_uar(q->hca), q->bed->eq->eqn,
					     &q->defaults), 0);
	make_cq(q);
	assert_int_equal(hca_pd_alloc(q->hca, &q->pd), 0);
	assert_int_equal(objects_ring_alloc(q->bed, 3 * OBJECTS_PAGE, &q->ring), 0);
}

void objects_qp_close(struct objects_qp *q)
{
	objects_ring_free(q->bed, &q->ring, false);
	assert_int_equal(hca_pd_dealloc(q->hca, q->pd), 0);
	assert_int_equal(hca_cq_destroy(q->hca, q->cqn), 0);
	objects_ring_free(q->bed, &q->cq_ring, false);
	assert_int_equal(hca_defaults_destroy(q->hca, &q->defaults), 0);
	objects_bed_assert_as_at_open(q->bed);
}

void objects_qp_describe(struct objects_qp *q, enum hca_qp_type type)
{
	bool xrc = type == HCA_QP_XRC_INI || type == HCA_QP_XRC_TGT;

	q->attr = (struct hca_qp_attr){
		.type = type, .pd = q->pd, .uar = hca_own_uar(q->hca), .send_cqn = q->cqn,
		.recv_cqn = q->cqn, .has_sq = type != HCA_QP_XRC_TGT, .has_rq = !xrc,
		.log_sq = OBJECTS_QP_LOG_SQ, .log_rq = LOG_RQ, .log_rq_stride = LOG_RQ_STRIDE,
		.user_index = OBJECTS_QP_USER_INDEX, .ring = q->ring.ring,
		.dbr_iova = type == HCA_QP_XRC_TGT ? 0 : q->ring.dbr_iova,
	};
}

void objects_qp_create(struct objects_qp *q)
{
	struct hca_qp_info info;

	assert_int_equal(hca_qp_create(q->hca, &q->defaults, &q->attr, &q->qpn), 0);
	assert_int_equal(hca_qp_query(q->hca, q->qpn, &info), 0);
	assert_int_equal(info.state, HCA_QP_STATE_RST);
	assert_false(info.trusted);
	assert_int_equal(info.user_index, OBJECTS_QP_USER_INDEX);
}

const struct hca_qp_change objects_qp_good = {
	.path = { .dlid = 1, .sl = 3, .path_bits = 0, .port = 1, .pkey_index = 0,
		  .ack_timeout = 14 },
	.mtu = HCA_MTU_1024, .remote_qpn = 0xabcde, .recv_psn = 0x123456,
	.send_psn = 0xfedcba, .log_responder = 3, .log_initiator = 2, .rnr_timer = 12,
	.retries = 7, .rnr_retries = 6,
	.qkey = 0x11111111, .remote_read = true, .remote_write = true, .remote_atomic = true,
};

int objects_qp_modify(struct objects_qp *q, enum hca_qp_verb verb,
		      const struct hca_qp_change *change)
{
	return hca_qp_modify(q->hca, &q->defaults, q->qpn, &q->attr, verb, change);
}

struct hca_qp_info objects_qp_step(struct objects_qp *q, enum hca_qp_verb verb,
				   const struct hca_qp_change *change, enum hca_qp_state state)
{
	struct hca_qp_info info;

	assert_int_equal(objects_qp_modify(q, verb, change), 0);
	assert_int_equal(hca_qp_query(q->hca, q->qpn, &info), 0);
	assert_int_equal(info.state, state);
	assert_false(info.trusted);
	return info;
}

struct hca_qp_change objects_qp_options(const struct objects_qp *q, enum hca_qp_verb verb)
{
	struct hca_qp_change change = objects_qp_good;

	change.opt = hca_qp_opt_allowed(q->attr.type, verb);
	return change;
}

void objects_qp_to_rts(struct objects_qp *q)
{
	objects_qp_step(q, HCA_QP_RST2INIT, &objects_qp_good, HCA_QP_STATE_INIT);
	objects_qp_step(q, HCA_QP_INIT2RTR, &objects_qp_good, HCA_QP_STATE_RTR);
	objects_qp_step(q, HCA_QP_RTR2RTS, &objects_qp_good, HCA_QP_STATE_RTS);
}
