// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns shared receive queues of the guest: basic ones, which are RMPs to the
 * HCA, and XRC ones. Must never know what is received.
 */
#include "host-backend/hca/srq.h"

#include <endian.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/rmp.h"
#include "host-backend/pv/kinds.h"
#include "host-backend/pv/pages.h"
#include "host-backend/pv/private.h"
#include "host-backend/pv/srq.h"

enum {
	LOG_SIZE_MAX = 15, LOG_STRIDE_MIN = 5, LOG_STRIDE_MAX = 11,
	USER_INDEX_MAX = 0xffffff, LIMIT_MAX = 0xffff,
};

static enum up_result check(struct pv *pv, struct pv_command *cmd)
{
	const struct up_create_srq *in = (const void *)cmd->in;
	uint32_t log_size = le32toh(in->log_size), stride = le32toh(in->log_stride);
	bool xrc = le32toh(in->kind) == UP_SRQ_XRC;

	if (in->reserved)
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_create_srq, reserved));
	if (le32toh(in->kind) > UP_SRQ_XRC)
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_create_srq, kind));
	if (log_size > LOG_SIZE_MAX ||
	    log_size > ifc_get(hca_caps(pv->adapter.hca), cmd_hca_cap__log_max_srq_sz))
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_create_srq, log_size));
	if (stride < LOG_STRIDE_MIN || stride > LOG_STRIDE_MAX)
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_create_srq, log_stride));
	if (!xrc && in->xrcd)
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_create_srq, xrcd));
	if (!xrc && in->cqn)
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_create_srq, cqn));
	if (le32toh(in->user_index) > USER_INDEX_MAX)
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_create_srq, user_index));
	return UP_OK;
}

static enum up_result gather(struct pv *pv, struct pv_command *cmd, struct pv_srq *srq,
			     struct hca_srq_attr *attr)
{
	const struct up_create_srq *in = (const void *)cmd->in;
	enum up_result result;

	*attr = (struct hca_srq_attr){
		.pd = le32toh(in->pd), .log_size = (uint8_t)le32toh(in->log_size),
		.log_stride = (uint8_t)le32toh(in->log_stride), .xrcd = le32toh(in->xrcd),
		.cqn = le32toh(in->cqn), .user_index = le32toh(in->user_index),
	};
	if (pv_object_use(pv, &srq->o, PV_PD, attr->pd, NULL))
		return pv_refuse(cmd, UP_BAD_OBJECT, offsetof(struct up_create_srq, pd));
	if (srq->xrc && pv_object_use(pv, &srq->o, PV_XRCD, attr->xrcd, NULL))
		return pv_refuse(cmd, UP_BAD_OBJECT, offsetof(struct up_create_srq, xrcd));
	if (srq->xrc && pv_object_use(pv, &srq->o, PV_CQ, attr->cqn, NULL))
		return pv_refuse(cmd, UP_BAD_OBJECT, offsetof(struct up_create_srq, cqn));
	result = pv_pages_record(pv, cmd, offsetof(struct up_create_srq, dbr), &srq->o,
				 &attr->dbr_iova);
	if (result)
		return result;
	return pv_pages_ring(pv, cmd, offsetof(struct up_create_srq, ring), IOMMU_READ,
			     1ull << (attr->log_size + attr->log_stride), &srq->o, &attr->ring);
}

enum up_result pv_srq_create(struct pv *pv, struct pv_command *cmd)
{
	const struct up_create_srq *in = (const void *)cmd->in;
	struct hca *hca = pv->adapter.hca;
	struct hca_srq_attr attr;
	struct pv_object *o;
	struct pv_srq *srq;
	enum up_result result = check(pv, cmd);
	uint32_t srqn = 0;
	int err;

	if (result)
		return result;
	result = pv_object_new(pv, PV_SRQ, sizeof(*srq), &o);
	if (result)
		return result;
	srq = (struct pv_srq *)o;
	srq->xrc = le32toh(in->kind) == UP_SRQ_XRC;
	result = gather(pv, cmd, srq, &attr);
	if (result)
		return pv_object_abort(pv, o, result);
	err = srq->xrc ? hca_xrc_srq_create(hca, &attr, &srqn) : hca_rmp_create(hca, &attr, &srqn);
	return pv_object_finish(pv, cmd, o, err, srqn);
}

enum up_result pv_srq_arm(struct pv *pv, struct pv_command *cmd)
{
	const struct up_arm_srq *in = (const void *)cmd->in;
	uint32_t limit = le32toh(in->limit);
	struct hca *hca = pv->adapter.hca;
	struct pv_object *o;
	enum up_result result;
	int err;

	if (limit > LIMIT_MAX)
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_arm_srq, limit));
	result = pv_object_claim(pv, PV_SRQ, le32toh(in->srqn), false, &o);
	if (result)
		return result;
	err = ((struct pv_srq *)o)->xrc ? hca_xrc_srq_arm(hca, o->number, (uint16_t)limit) :
					  hca_rmp_arm(hca, o->number, (uint16_t)limit);
	pv_object_unclaim(pv, o);
	return err ? pv_hca_result(pv, cmd, err) : UP_OK;
}

enum up_result pv_srq_query(struct pv *pv, struct pv_command *cmd)
{
	const struct up_number *in = (const void *)cmd->in;
	struct up_query_srq_out *out = (void *)cmd->out;
	struct hca *hca = pv->adapter.hca;
	struct hca_srq_info info;
	struct pv_object *o;
	enum up_result result;
	int err;

	if (in->reserved)
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_number, reserved));
	result = pv_object_claim(pv, PV_SRQ, le32toh(in->number), false, &o);
	if (result)
		return result;
	err = ((struct pv_srq *)o)->xrc ? hca_xrc_srq_query(hca, o->number, &info) :
					  hca_rmp_query(hca, o->number, &info);
	pv_object_unclaim(pv, o);
	if (err)
		return pv_hca_result(pv, cmd, err);
	out->limit = htole32(info.limit);
	out->state = htole32(info.error);
	return UP_OK;
}

static int srq_destroy(struct pv *pv, struct pv_object *o)
{
	struct hca *hca = pv->adapter.hca;

	return ((struct pv_srq *)o)->xrc ? hca_xrc_srq_destroy(hca, o->number) :
					   hca_rmp_destroy(hca, o->number);
}

const struct pv_kind_ops pv_srq_ops = { .destroy = srq_destroy };
