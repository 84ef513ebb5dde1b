// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns creation, query and end of queue pairs of the guest. Must never know
 * what is posted.
 */
#include "host-backend/pv/qp.h"

#include <endian.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/pv/kinds.h"
#include "host-backend/pv/pages.h"
#include "host-backend/pv/private.h"
#include "host-backend/pv/srq.h"

enum {
	NO_QUEUE = 0xff,
	LOG_STRIDE_MIN = 4, LOG_STRIDE_MAX = 11,
	LOG_RING_MIN = 6,		/* bytes of a receive queue */
};

#define AT(field)	offsetof(struct up_create_qp, field)

static bool is_xrc(uint32_t type)
{
	return type == UP_QP_XRC_INI || type == UP_QP_XRC_TGT;
}

/* Sizes of the queues. */
static enum up_result check_queues(struct pv *pv, struct pv_command *cmd)
{
	const struct up_create_qp *in = (const void *)cmd->in;
	uint64_t max = ifc_get(hca_caps(pv->adapter.hca), cmd_hca_cap__log_max_qp_sz);
	uint32_t type = le32toh(in->type);

	if (in->log_sq != NO_QUEUE && (in->log_sq > max || type == UP_QP_XRC_TGT))
		return pv_refuse(cmd, UP_BAD_VALUE, AT(log_sq));
	if (in->log_rq == NO_QUEUE)
		return in->log_rq_stride ? pv_refuse(cmd, UP_BAD_VALUE, AT(log_rq_stride)) : UP_OK;
	if (in->log_rq > max || in->srq || is_xrc(type))
		return pv_refuse(cmd, UP_BAD_VALUE, AT(log_rq));
	if (in->log_rq_stride < LOG_STRIDE_MIN || in->log_rq_stride > LOG_STRIDE_MAX ||
	    in->log_rq + in->log_rq_stride < LOG_RING_MIN)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(log_rq_stride));
	return UP_OK;
}

/* What this type has not must be zero. */
static enum up_result check_absent(struct pv_command *cmd)
{
	const struct up_create_qp *in = (const void *)cmd->in;
	bool target = in->type == htole32(UP_QP_XRC_TGT), xrc = is_xrc(le32toh(in->type));

	if (xrc && in->rcq)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(rcq));
	if (xrc && in->srq)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(srq));
	if (!target)
		return in->xrcd ? pv_refuse(cmd, UP_BAD_VALUE, AT(xrcd)) : UP_OK;
	if (in->pd)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(pd));
	if (in->scq)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(scq));
	if (in->uar)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(uar));
	return UP_OK;
}

static enum up_result check(struct pv *pv, struct pv_command *cmd)
{
	const struct up_create_qp *in = (const void *)cmd->in;
	enum up_result result;

	if (in->reserved0)
		return pv_refuse(cmd, UP_BAD_COMMAND, AT(reserved0));
	if (in->flags)
		return pv_refuse(cmd, UP_BAD_COMMAND, AT(flags));
	if (le32toh(in->type) > UP_QP_XRC_TGT)
		return pv_refuse(cmd, UP_BAD_COMMAND, AT(type));
	if (le32toh(in->user_index) > HCA_QP_NO_USER_INDEX)
		return pv_refuse(cmd, UP_BAD_VALUE, AT(user_index));
	result = check_queues(pv, cmd);
	return result ? result : check_absent(cmd);
}

static void fill(const struct up_create_qp *in, struct hca_qp_attr *attr)
{
	static const enum hca_qp_type types[] = {
		[UP_QP_RC] = HCA_QP_RC, [UP_QP_UC] = HCA_QP_UC, [UP_QP_UD] = HCA_QP_UD,
		[UP_QP_XRC_INI] = HCA_QP_XRC_INI, [UP_QP_XRC_TGT] = HCA_QP_XRC_TGT,
	};

	*attr = (struct hca_qp_attr){
		.type = types[le32toh(in->type)], .pd = le32toh(in->pd), .uar = le32toh(in->uar),
		.send_cqn = le32toh(in->scq), .recv_cqn = le32toh(in->rcq),
		.has_sq = in->log_sq != NO_QUEUE, .has_rq = in->log_rq != NO_QUEUE,
		.has_srq = in->srq, .srqn = le32toh(in->srq), .xrcd = le32toh(in->xrcd),
		.user_index = le32toh(in->user_index),
	};
	if (attr->has_sq)
		attr->log_sq = in->log_sq;
	if (attr->has_rq) {
		attr->log_rq = in->log_rq;
		attr->log_rq_stride = in->log_rq_stride;
	}
}

/* The objects that it names. */
static enum up_result gather(struct pv *pv, struct pv_command *cmd, struct pv_qp *qp)
{
	const struct hca_qp_attr *attr = &qp->attr;
	struct pv_object *srq;

	if (attr->type == HCA_QP_XRC_TGT)
		return pv_object_use(pv, &qp->o, PV_XRCD, attr->xrcd, NULL) ?
		       pv_refuse(cmd, UP_BAD_OBJECT, AT(xrcd)) : UP_OK;
	if (pv_object_use(pv, &qp->o, PV_PD, attr->pd, NULL))
		return pv_refuse(cmd, UP_BAD_OBJECT, AT(pd));
	if (pv_object_use(pv, &qp->o, PV_UAR, attr->uar, NULL))
		return pv_refuse(cmd, UP_BAD_OBJECT, AT(uar));
	if (pv_object_use(pv, &qp->o, PV_CQ, attr->send_cqn, NULL))
		return pv_refuse(cmd, UP_BAD_OBJECT, AT(scq));
	if (attr->type == HCA_QP_XRC_INI)
		return UP_OK;
	if (pv_object_use(pv, &qp->o, PV_CQ, attr->recv_cqn, NULL))
		return pv_refuse(cmd, UP_BAD_OBJECT, AT(rcq));
	if (attr->has_srq && (pv_object_use(pv, &qp->o, PV_SRQ, attr->srqn, &srq) ||
			      ((struct pv_srq *)srq)->xrc))
		return pv_refuse(cmd, UP_BAD_OBJECT, AT(srq));
	return UP_OK;
}

static enum up_result gather_rings(struct pv *pv, struct pv_command *cmd, struct pv_qp *qp)
{
	const struct up_create_qp *in = (const void *)cmd->in;
	uint64_t bytes = hca_qp_ring_bytes(&qp->attr, NULL);
	enum up_result result;

	if (!bytes) {
		if (in->dbr.pages || in->dbr.offset)
			return pv_refuse(cmd, UP_BAD_VALUE, AT(dbr));
		return pv_pages_none(cmd, AT(ring));
	}
	result = pv_pages_record(pv, cmd, AT(dbr), &qp->o, &qp->attr.dbr_iova);
	if (result)
		return result;
	return pv_pages_ring(pv, cmd, AT(ring), IOMMU_READ, bytes, &qp->o, &qp->attr.ring);
}

enum up_result pv_qp_create(struct pv *pv, struct pv_command *cmd)
{
	const struct pv_adapter *a = &pv->adapter;
	struct pv_object *o;
	struct pv_qp *qp;
	enum up_result result = check(pv, cmd);
	uint32_t qpn = 0;
	int err;

	if (result)
		return result;
	result = pv_object_new(pv, PV_QP, sizeof(*qp), &o);
	if (result)
		return result;
	qp = (struct pv_qp *)o;
	LIST_INIT(&qp->mcasts);
	fill((const void *)cmd->in, &qp->attr);
	result = gather(pv, cmd, qp);
	if (!result)
		result = gather_rings(pv, cmd, qp);
	if (result)
		return pv_object_abort(pv, o, result);
	err = hca_qp_create(a->hca, &a->defaults, &qp->attr, &qpn);
	return pv_object_finish(pv, cmd, o, err, qpn);
}

enum up_result pv_qp_query(struct pv *pv, struct pv_command *cmd)
{
	static const uint8_t states[] = {
		[HCA_QP_STATE_RST] = UP_QPS_RESET, [HCA_QP_STATE_INIT] = UP_QPS_INIT,
		[HCA_QP_STATE_RTR] = UP_QPS_RTR, [HCA_QP_STATE_RTS] = UP_QPS_RTS,
		[HCA_QP_STATE_SQER] = UP_QPS_SQE, [HCA_QP_STATE_SQD] = UP_QPS_SQD,
		[HCA_QP_STATE_ERR] = UP_QPS_ERR,
	};
	const struct up_number *in = (const void *)cmd->in;
	struct up_query_qp_out *out = (void *)cmd->out;
	struct hca_qp_info info;
	struct pv_object *o;
	enum up_result result;
	uint32_t access;
	int err;

	if (in->reserved)
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_number, reserved));
	result = pv_object_claim(pv, PV_QP, le32toh(in->number), false, &o);
	if (result)
		return result;
	err = hca_qp_query(pv->adapter.hca, o->number, &info);
	access = ((struct pv_qp *)o)->access;
	pv_object_unclaim(pv, o);
	if (err)
		return pv_hca_result(pv, cmd, err);
	out->state = htole32(states[info.state]);
	pv_qp_attr_fill(&info, &out->attr);
	out->attr.access = htole32(access);
	return UP_OK;
}

static int qp_destroy(struct pv *pv, struct pv_object *o)
{
	return hca_qp_destroy(pv->adapter.hca, o->number);
}

static void qp_gone(struct pv *pv, struct pv_object *o)
{
	pv_mcast_forget(pv, (struct pv_qp *)o);
}

const struct pv_kind_ops pv_qp_ops = { .destroy = qp_destroy, .gone = qp_gone };
