// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands on XRC shared receive queues. Must never know what is
 * received.
 */
#include "host-backend/hca/srq.h"

#include <errno.h>
#include <stdlib.h>

#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/object.h"
#include "host-backend/hca/srq_private.h"

enum {
	OPMOD_ARM = 1,
	STATE_GOOD = 0, STATE_ERROR = 1,
	LOG_STRIDE_UNIT = 4,		/* the field counts from 16 bytes */
	DBR_LOW_UNIT = 2,		/* of db_record_addr_l: without the two low bits */
};

int hca_srq_plan(const struct hca_srq_attr *attr, unsigned int max_units, struct hca_pas *pas)
{
	if (attr->log_size > SRQ_LOG_SIZE_MAX || attr->log_stride < SRQ_LOG_STRIDE_MIN ||
	    attr->log_stride > SRQ_LOG_STRIDE_MAX || attr->dbr_iova & 7)
		return -EINVAL;
	return hca_ring_plan(&attr->ring, 1ull << (attr->log_size + attr->log_stride), max_units,
			     pas);
}

static void fill_context(uint8_t *c, const struct hca_srq_attr *attr, const struct hca_pas *pas)
{
	ifc_set(c, xrc_srqc__log_xrc_srq_size, attr->log_size);
	ifc_set(c, xrc_srqc__log_rq_stride, (unsigned int)attr->log_stride - LOG_STRIDE_UNIT);
	ifc_set(c, xrc_srqc__log_page_size, pas->log_page - HCA_PAS_LOG_MIN);
	ifc_set(c, xrc_srqc__page_offset, hca_pas_units(pas));
	ifc_set(c, xrc_srqc__xrcd, attr->xrcd);
	ifc_set(c, xrc_srqc__cqn, attr->cqn);
	ifc_set(c, xrc_srqc__user_index, attr->user_index);
	ifc_set(c, xrc_srqc__pd, attr->pd);
	ifc_set(c, xrc_srqc__lwm, attr->limit);
	ifc_set(c, xrc_srqc__db_record_addr_h, attr->dbr_iova >> 32);
	ifc_set(c, xrc_srqc__db_record_addr_l, (attr->dbr_iova & 0xffffffff) >> DBR_LOW_UNIT);
}

int hca_xrc_srq_create(struct hca *hca, const struct hca_srq_attr *attr, uint32_t *srqn)
{
	struct hca_pas pas;
	uint8_t *in;
	size_t ilen;
	int ret = hca_srq_plan(attr, HCA_RING_UNITS, &pas);

	if (ret)
		return ret;
	in = hca_object_input(create_xrc_srq_in__SIZE, pas.n, sizeof(uint64_t), &ilen);
	if (!in)
		return -ENOMEM;
	hca_object_head(in, HCA_OP_CREATE_XRC_SRQ, 0);
	fill_context(in + create_xrc_srq_in__xrc_srq_context_entry__BYTE, attr, &pas);
	hca_pas_write(&pas, in + create_xrc_srq_in__pas__BYTE, 0);
	ret = hca_object_create(hca, in, ilen, srqn);
	free(in);
	return ret;
}

int hca_xrc_srq_destroy(struct hca *hca, uint32_t srqn)
{
	return hca_cmd_simple(hca, HCA_OP_DESTROY_XRC_SRQ, 0, srqn);
}

int hca_xrc_srq_arm(struct hca *hca, uint32_t srqn, uint16_t limit)
{
	uint8_t in[arm_xrc_srq_in__SIZE] = { 0 }, out[object_status__SIZE] = { 0 };

	hca_object_head(in, HCA_OP_ARM_XRC_SRQ, OPMOD_ARM);
	ifc_set(in, arm_xrc_srq_in__xrc_srqn, srqn);
	ifc_set(in, arm_xrc_srq_in__lwm, limit);
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}

int hca_xrc_srq_query(struct hca *hca, uint32_t srqn, struct hca_srq_info *info)
{
	uint8_t in[query_xrc_srq_in__SIZE] = { 0 }, out[query_xrc_srq_out__SIZE] = { 0 };
	const uint8_t *c = out + query_xrc_srq_out__xrc_srq_context_entry__BYTE;
	int ret;

	hca_object_head(in, HCA_OP_QUERY_XRC_SRQ, 0);
	ifc_set(in, query_xrc_srq_in__xrc_srqn, srqn);
	ret = hca_cmd(hca, in, sizeof(in), out, sizeof(out));
	if (ret)
		return ret;
	if (ifc_get(c, xrc_srqc__state) > STATE_ERROR)
		return hca_cmd_nonsense(hca, in);
	*info = (struct hca_srq_info){
		.error = ifc_get(c, xrc_srqc__state) != STATE_GOOD,
		.pd = (uint32_t)ifc_get(c, xrc_srqc__pd),
		.log_size = (uint8_t)ifc_get(c, xrc_srqc__log_xrc_srq_size),
		.log_stride = (uint8_t)(ifc_get(c, xrc_srqc__log_rq_stride) + LOG_STRIDE_UNIT),
		.limit = (uint16_t)ifc_get(c, xrc_srqc__lwm),
		.dbr_iova = ifc_get(c, xrc_srqc__db_record_addr_h) << 32 |
			    ifc_get(c, xrc_srqc__db_record_addr_l) << DBR_LOW_UNIT,
		.xrcd = (uint32_t)ifc_get(c, xrc_srqc__xrcd),
		.cqn = (uint32_t)ifc_get(c, xrc_srqc__cqn),
		.user_index = (uint32_t)ifc_get(c, xrc_srqc__user_index),
	};
	return 0;
}
