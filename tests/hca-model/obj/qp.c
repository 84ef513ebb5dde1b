// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the life of queue pairs: create, query, destroy. It must never know
 * packets, or which transitions are legal.
 */
#include "tests/hca-model/obj/qp.h"

#include <stdlib.h>
#include <string.h>

#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/cmd/handlers.h"
#include "tests/hca-model/cmd/reach.h"
#include "tests/hca-model/obj/counter.h"
#include "tests/hca-model/obj/cq.h"
#include "tests/hca-model/obj/events.h"
#include "tests/hca-model/obj/mcg.h"
#include "tests/hca-model/obj/qp_context.h"
#include "tests/hca-model/obj/srq.h"
#include "tests/hca-model/obj/umem.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/transport.h"

enum { RQ_OWN = 0, RQ_SRQ = 1, RQ_ZERO_LENGTH = 3 };	/* qpc.rq_type */

struct qp *qp_get(struct hca *hca, uint32_t qpn)
{
	return objtab_get(&hca->obj.qp, qpn);
}

struct qp *qp_special(struct hca *hca, unsigned int wire_qpn)
{
	return wire_qpn < 2 ? hca->obj.special[wire_qpn] : NULL;
}

void qp_enter(struct qp *qp, enum qp_state state)
{
	enum qp_state old = qp->state;

	if (old == state && state != QP_RESET)
		return;
	trace(qp->hca, "qpn 0x%x state %u -> %u", qp->qpn, old, state);
	qp->state = state;
	transport_qp_changed(qp, old);
	if (state == QP_ERR && qp->srq)
		event_qp(qp->hca, qp->qpn, EVENT_SRQ_LAST_WQE);
}

void qp_set_error(struct qp *qp, enum qp_state state)
{
	if (qp->state != QP_ERR)
		qp_enter(qp, state);
}

static bool is_special(const struct qp *qp)
{
	return qp->type == QP_QP0 || qp->type == QP_QP1;
}

static bool type_offered(enum qp_type type)
{
	return type == QP_RC || type == QP_UC || type == QP_UD || type == QP_XRC ||
	       type == QP_QP0 || type == QP_QP1 || type == QP_REG_UMR;
}

static enum cmd_status qp_take_queues(struct cmd *cmd, struct qp *qp)
{
	const uint8_t *c = qp->ctx;
	uint32_t log_page = (uint32_t)ifc_get(c, qpc__log_page_size) + 12;
	const uint8_t *list = cmd->in + create_qp_in__pas__BYTE;
	enum cmd_status status;
	uint64_t size;

	qp->has_sq = !ifc_get(c, qpc__no_sq);
	qp->has_rq = ifc_get(c, qpc__rq_type) == RQ_OWN;
	qp->log_sq = (uint8_t)ifc_get(c, qpc__log_sq_size);
	qp->log_rq = (uint8_t)ifc_get(c, qpc__log_rq_size);
	qp->log_rq_stride = (uint8_t)(ifc_get(c, qpc__log_rq_stride) + 4);
	qp->sq_offset = qp->has_rq ? 1ull << (qp->log_rq + qp->log_rq_stride) : 0;
	size = qp->sq_offset + (qp->has_sq ? (uint64_t)WQE_BB << qp->log_sq : 0);
	if (!size)
		return CMD_OK;
	status = umem_dbr(cmd, ifc_get(c, qpc__dbr_umem_valid),
			  (uint32_t)ifc_get(c, qpc__dbr_umem_id), ifc_get(c, qpc__dbr_addr),
			  &qp->dbr);
	if (status)
		return status;
	if (ifc_get(cmd->in, create_qp_in__wq_umem_valid)) {
		list = NULL;
		status = umem_buffer(cmd, (uint32_t)ifc_get(cmd->in, create_qp_in__wq_umem_id),
				     ifc_get(cmd->in, create_qp_in__wq_umem_offset), size,
				     &qp->buf);
		if (status)
			return status;
	} else if (pas_buf_init(&qp->buf, list, cmd->in_len - create_qp_in__pas__BYTE, log_page,
				pas_offset(ifc_get(c, qpc__page_offset), log_page), size)) {
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "QP pages");
	}
	status = reach_queue(cmd, &qp->buf, list, VFU_DMA_READ);
	if (status)
		pas_buf_fini(&qp->buf);
	return status;
}

/* The objects a QP names; nothing is counted as used yet. */
static enum cmd_status qp_take_refs(struct cmd *cmd, struct qp *qp)
{
	struct objects *obj = &cmd->hca->obj;
	const uint8_t *c = qp->ctx;
	uint32_t rq_type = (uint32_t)ifc_get(c, qpc__rq_type);

	qp->pd = (uint32_t)ifc_get(c, qpc__pd);
	qp->uar = (uint32_t)ifc_get(c, qpc__uar_page);
	qp->xrcd = (uint32_t)ifc_get(c, qpc__xrcd);
	qp->scq = cq_get(cmd->hca, (uint32_t)ifc_get(c, qpc__cqn_snd));
	qp->rcq = cq_get(cmd->hca, (uint32_t)ifc_get(c, qpc__cqn_rcv));
	/* The UMR QP is created without a PD; RST2INIT brings it. */
	if (!objtab_get(&obj->pd, qp->pd) && !(qp->type == QP_REG_UMR && !qp->pd))
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such PD");
	if (qp->has_sq && (!objtab_get(&obj->uar, qp->uar) || !qp->scq))
		return CMD_REFUSE(cmd, CMD_BAD_RES, "send queue without UAR page or CQ");
	if ((qp->has_rq || rq_type == RQ_SRQ) && !qp->rcq)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "receive queue without CQ");
	if (rq_type == RQ_SRQ) {
		qp->srq = srq_get(cmd->hca, (uint32_t)ifc_get(c, qpc__srqn_rmpn_xrqn));
		if (!qp->srq)
			return CMD_REFUSE(cmd, CMD_BAD_RES, "no such SRQ");
	} else if (rq_type != RQ_OWN && rq_type != RQ_ZERO_LENGTH) {
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "rq_type");
	}
	if (qp->type == QP_XRC && !objtab_get(&obj->xrcd, qp->xrcd))
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such XRC domain");
	return CMD_OK;
}

static void qp_count_refs(struct qp *qp, bool take)
{
	struct objects *obj = &qp->hca->obj;
	uint32_t one = take ? 1 : (uint32_t)-1;

	if (take)
		ref_get(&obj->pd, qp->pd);
	else
		ref_put(&obj->pd, qp->pd);
	if (qp->type == QP_XRC && take)
		ref_get(&obj->xrcd, qp->xrcd);
	else if (qp->type == QP_XRC)
		ref_put(&obj->xrcd, qp->xrcd);
	if (qp->scq)
		qp->scq->users += one;
	if (qp->rcq)
		qp->rcq->users += one;
	if (qp->srq)
		qp->srq->users += one;
}

static enum cmd_status qp_fill(struct cmd *cmd, struct qp *qp)
{
	const uint8_t *c = qp->ctx;
	enum cmd_status status;

	qp->hca = cmd->hca;
	qp->type = (enum qp_type)ifc_get(c, qpc__st);
	qp->state = QP_RESET;
	qp->counters = &cmd->hca->obj.default_counters;
	if (!type_offered(qp->type))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "QP type is not offered");
	if (cmd->hca->strict && ifc_get(c, qpc__state) != QP_RESET)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "a QP begins in RESET");
	if (cmd->hca->strict && is_special(qp) && cmd->hca->obj.special[qp->type - QP_QP0])
		return CMD_REFUSE(cmd, CMD_RES_BUSY, "the port has this special QP already");
	status = qp_take_queues(cmd, qp);
	if (status)
		return status;
	status = qp_take_refs(cmd, qp);
	if (status) {
		pas_buf_fini(&qp->buf);
		return status;
	}
	qp_decode(qp);
	return CMD_OK;
}

enum cmd_status cmd_create_qp(struct cmd *cmd)
{
	struct qp *qp = calloc(1, sizeof(*qp));
	enum cmd_status status;

	if (!qp)
		return CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
	memcpy(qp->ctx, cmd->in + create_qp_in__qpc__BYTE, qpc__SIZE);
	status = qp_fill(cmd, qp);
	if (status)
		goto err_free;
	if (transport_qp_init(qp)) {
		status = CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
		goto err_fill;
	}
	if (objtab_add(&cmd->hca->obj.qp, qp, &qp->qpn)) {
		status = CMD_REFUSE(cmd, CMD_EXCEED_LIM, "no QP is free");
		goto err_transport;
	}
	qp_count_refs(qp, true);
	if (is_special(qp))
		cmd->hca->obj.special[qp->type - QP_QP0] = qp;
	ifc_set(cmd->out, create_qp_out__qpn, qp->qpn);
	return CMD_OK;
err_transport:
	transport_qp_fini(qp);
err_fill:
	pas_buf_fini(&qp->buf);
err_free:
	free(qp);
	return status;
}

void qp_free(struct hca *hca, struct qp *qp)
{
	unsigned int i;

	transport_qp_fini(qp);
	mcg_detach_all(hca, qp);
	for (i = 0; i < 2; i++)
		if (hca->obj.special[i] == qp)
			hca->obj.special[i] = NULL;
	objtab_del(&hca->obj.qp, qp->qpn);
	qp_count_refs(qp, false);
	counter_put(hca, qp->counter_set);
	pas_buf_fini(&qp->buf);
	free(qp);
}

enum cmd_status cmd_destroy_qp(struct cmd *cmd)
{
	struct qp *qp = qp_get(cmd->hca, (uint32_t)ifc_get(cmd->in, destroy_qp_in__qpn));

	if (!qp)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such QP");
	qp_free(cmd->hca, qp);
	return CMD_OK;
}

enum cmd_status cmd_query_qp(struct cmd *cmd)
{
	const struct qp *qp = qp_get(cmd->hca, (uint32_t)ifc_get(cmd->in, query_qp_in__qpn));
	uint8_t *c = cmd->out + query_qp_out__qpc__BYTE;

	if (!qp)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such QP");
	memcpy(c, qp->ctx, qpc__SIZE);
	ifc_set(c, qpc__state, qp->state);
	ifc_set(c, qpc__next_send_psn, transport_send_psn(qp));
	ifc_set(c, qpc__next_rcv_psn, transport_recv_psn(qp));
	ifc_set(c, qpc__rmsn, qp->resp.msn);
	ifc_set(c, qpc__last_acked_psn, (qp->req.acked_psn - 1) & 0xffffff);
	ifc_set(c, qpc__hw_sq_wqebb_counter, qp->req.fetched);
	ifc_set(c, qpc__sw_sq_wqebb_counter, qp->req.posted);
	ifc_set(c, qpc__hw_rq_counter, qp->resp.taken);
	return CMD_OK;
}
