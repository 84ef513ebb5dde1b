// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns a queue pair's rings and transitions. Must never know what comes of a
 * request.
 */
#include "host-backend/selftest/qp.h"

#include <errno.h>
#include <string.h>

#include "host-backend/hca/barrier.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/selftest/run.h"

enum {
	FIRST_PSN = 0xfffffd,		/* the numbers wrap soon */
	ACK_TIMEOUT = 14,		/* 67 ms */
	RETRIES = 7,
	RNR_RETRIES = 5, RNR_TIMER = 1,
	LOG_OUTSTANDING = 2,		/* reads and atomics */
	HOP_LIMIT = 64,
	USER_INDEX = 0x5e1f00,
};

static void fill_attr(struct st_run *run, struct st_qp *qp, enum hca_qp_type type, uint32_t xrcd)
{
	struct st_objects *o = &run->objects;
	bool target = type == HCA_QP_XRC_TGT, xrc = target || type == HCA_QP_XRC_INI;

	qp->attr = (struct hca_qp_attr){
		.type = type, .uar = o->uar, .user_index = USER_INDEX,
		.pd = target ? 0 : o->pd, .xrcd = target ? xrcd : 0,
		.send_cqn = target ? 0 : o->send_cq.cqn,
		.recv_cqn = xrc ? 0 : o->recv_cq.cqn,
		.has_sq = !target, .log_sq = target ? 0 : ST_LOG_SQ,
		.has_rq = !xrc, .log_rq = xrc ? 0 : ST_LOG_RQ,
		.log_rq_stride = xrc ? 0 : ST_LOG_RQ_STRIDE,
	};
}

static int rings_open(struct st_run *run, struct st_qp *qp)
{
	uint64_t bytes, sq;
	int ret;

	bytes = hca_qp_ring_bytes(&qp->attr, &sq);
	if (!bytes)
		return 0;
	ret = st_window(run, bytes, true, &qp->ring);
	if (ret)
		return ret;
	ret = st_record_take(&run->objects.records, &qp->record);
	if (ret)
		return ret;
	qp->sq = qp->ring.ptr + sq;
	qp->attr.ring = st_window_ring(&qp->ring);
	qp->attr.dbr_iova = qp->record.bus;
	return 0;
}

int st_qp_open(struct st_run *run, enum hca_qp_type type, uint32_t xrcd, struct st_qp *qp)
{
	int ret;

	memset(qp, 0, sizeof(*qp));
	fill_attr(run, qp, type, xrcd);
	ret = rings_open(run, qp);
	if (ret)
		return ret;
	ret = hca_qp_create(run->hca, &run->objects.defaults, &qp->attr, &qp->qpn);
	qp->made = !ret;
	qp->quarantined = hca_cmd_unsure(ret);
	return ret ? st_fail_command(run, ret, "queue pair") : 0;
}

int st_qp_close(struct st_run *run, struct st_qp *qp)
{
	int ret = qp->made ? hca_qp_destroy(run->hca, qp->qpn) : 0, err;

	if (ret)
		st_fail_command(run, ret, "queue pair");
	st_record_give(&run->objects.records, &qp->record, ret || qp->quarantined);
	err = st_window_end(run, &qp->ring, ret || qp->quarantined);
	memset(qp, 0, sizeof(*qp));
	return ret ? ret : err;
}

static void fill_change(const struct st_run *run, uint32_t remote_qpn,
			struct hca_qp_change *change)
{
	*change = (struct hca_qp_change){
		.path = {
			.dlid = run->port.lid, .port = 1, .pkey_index = run->port.pkey_index,
			.ack_timeout = ACK_TIMEOUT, .grh = run->port.grh_required,
			.hop_limit = run->port.grh_required ? HOP_LIMIT : 0,
		},
		.mtu = run->port.mtu, .remote_qpn = remote_qpn,
		.recv_psn = FIRST_PSN, .send_psn = FIRST_PSN,
		.log_responder = LOG_OUTSTANDING, .log_initiator = LOG_OUTSTANDING,
		.rnr_timer = RNR_TIMER, .retries = RETRIES, .rnr_retries = RNR_RETRIES,
		.qkey = ST_QKEY,
		.remote_read = true, .remote_write = true, .remote_atomic = true,
	};
	if (run->port.grh_required)
		memcpy(change->path.dgid, run->port.gid, sizeof(change->path.dgid));
}

static int transition(struct st_run *run, struct st_qp *qp, enum hca_qp_verb verb,
		      const struct hca_qp_change *change)
{
	int ret = hca_qp_modify(run->hca, &run->objects.defaults, qp->qpn, &qp->attr, verb,
				change);

	return ret ? st_fail_command(run, ret, "queue pair") : 0;
}

int st_qp_connect(struct st_run *run, struct st_qp *qp, uint32_t remote_qpn)
{
	struct hca_qp_change change;
	int ret;

	fill_change(run, remote_qpn, &change);
	ret = transition(run, qp, HCA_QP_RST2INIT, &change);
	if (!ret)
		ret = transition(run, qp, HCA_QP_INIT2RTR, &change);
	if (!ret && qp->attr.has_sq)
		ret = transition(run, qp, HCA_QP_RTR2RTS, &change);
	return ret;
}

int st_qp_reset(struct st_run *run, struct st_qp *qp)
{
	int ret = transition(run, qp, HCA_QP_2RST, NULL);

	if (ret)
		return ret;
	qp->sq_pi = 0;
	qp->rq_pi = 0;
	if (qp->record.word)
		memset(qp->record.word, 0, 2 * sizeof(*qp->record.word));
	return 0;
}

/* The first eight bytes of the newest WQE tell the HCA that there is one. */
static void ring_doorbell(struct st_run *run, struct st_qp *qp, const struct wqe_ctrl *ctrl)
{
	struct hca_transport *t = hca_transport(run->hca);

	hca_to_device_barrier();
	st_record_write(qp->record.word + 1, qp->sq_pi);
	hca_to_device_barrier();
	t->ops->write64(t, (uint64_t)qp->attr.uar * UAR_PAGE_SIZE + UAR_BF,
			be32toh(ctrl->opmod_idx_opcode), be32toh(ctrl->qpn_ds));
}

uint16_t st_qp_send(struct st_run *run, struct st_qp *qp, const struct st_send *send)
{
	union {
		uint8_t byte[ST_WQE_MAX];
		struct wqe_ctrl ctrl;
	} wqe = { { 0 } };
	size_t len = st_wqe_send(wqe.byte, qp->qpn, qp->sq_pi, send), at;
	uint16_t index = qp->sq_pi;

	for (at = 0; at < len; at += WQE_BB, qp->sq_pi++)
		memcpy(qp->sq + (size_t)(qp->sq_pi & ((1u << ST_LOG_SQ) - 1)) * WQE_BB,
		       wqe.byte + at, WQE_BB);
	ring_doorbell(run, qp, &wqe.ctrl);
	return index;
}

uint16_t st_qp_receive(struct st_qp *qp, const struct st_piece *pieces, unsigned int n)
{
	uint16_t index = qp->rq_pi++;
	size_t slot = index & ((1u << ST_LOG_RQ) - 1);

	st_wqe_receive(qp->ring.ptr + (slot << ST_LOG_RQ_STRIDE), ST_RQ_PIECES, pieces, n);
	hca_to_device_barrier();
	st_record_write(qp->record.word, qp->rq_pi);
	return index;
}
