// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands on receive memory pools. Must never know what is received.
 */
#include "host-backend/hca/rmp.h"

#include <errno.h>
#include <stdlib.h>

#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/object.h"
#include "host-backend/hca/srq_private.h"

enum {
	STATE_RESET = 0, STATE_READY = 1, STATE_ERROR = 3,	/* rmpc.state */
	WQ_LINKED_LIST = 0,		/* wq.wq_type */
	PAS_BYTE = create_rmp_in__ctx__BYTE + rmpc__wq__BYTE + wq__pas__BYTE,
};

static void fill_context(uint8_t *c, const struct hca_srq_attr *attr, const struct hca_pas *pas)
{
	uint8_t *wq = c + rmpc__wq__BYTE;

	ifc_set(c, rmpc__state, STATE_READY);
	ifc_set(wq, wq__wq_type, WQ_LINKED_LIST);
	ifc_set(wq, wq__page_offset, hca_pas_units(pas));
	ifc_set(wq, wq__lwm, attr->limit);
	ifc_set(wq, wq__pd, attr->pd);
	ifc_set(wq, wq__dbr_addr, attr->dbr_iova);
	ifc_set(wq, wq__log_wq_stride, attr->log_stride);
	ifc_set(wq, wq__log_wq_pg_sz, pas->log_page - HCA_PAS_LOG_MIN);
	ifc_set(wq, wq__log_wq_sz, attr->log_size);
}

int hca_rmp_create(struct hca *hca, const struct hca_srq_attr *attr, uint32_t *rmpn)
{
	struct hca_pas pas;
	uint8_t *in;
	size_t ilen;
	int ret = hca_srq_plan(attr, HCA_RING_UNITS_WQ, &pas);

	if (ret)
		return ret;
	in = hca_object_input(PAS_BYTE, pas.n, sizeof(uint64_t), &ilen);
	if (!in)
		return -ENOMEM;
	hca_object_head(in, HCA_OP_CREATE_RMP, 0);
	fill_context(in + create_rmp_in__ctx__BYTE, attr, &pas);
	hca_pas_write(&pas, in + PAS_BYTE, 0);
	ret = hca_object_create(hca, in, ilen, rmpn);
	free(in);
	return ret;
}

int hca_rmp_destroy(struct hca *hca, uint32_t rmpn)
{
	return hca_cmd_simple(hca, HCA_OP_DESTROY_RMP, 0, rmpn);
}

int hca_rmp_arm(struct hca *hca, uint32_t rmpn, uint16_t limit)
{
	uint8_t in[modify_rmp_in__SIZE] = { 0 }, out[object_status__SIZE] = { 0 };
	uint8_t *c = in + modify_rmp_in__ctx__BYTE;

	hca_object_head(in, HCA_OP_MODIFY_RMP, 0);
	ifc_set(in, modify_rmp_in__rmp_state, STATE_READY);
	ifc_set(in, modify_rmp_in__rmpn, rmpn);
	ifc_set(in + IFC_BIT(modify_rmp_in__bitmask) / 8, rmp_bitmask__lwm, 1);
	ifc_set(c, rmpc__state, STATE_READY);
	ifc_set(c + rmpc__wq__BYTE, wq__lwm, limit);
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}

int hca_rmp_query(struct hca *hca, uint32_t rmpn, struct hca_srq_info *info)
{
	uint8_t in[query_rmp_in__SIZE] = { 0 }, out[query_rmp_out__SIZE] = { 0 };
	const uint8_t *c = out + query_rmp_out__rmp_context__BYTE, *wq = c + rmpc__wq__BYTE;
	uint64_t state;
	int ret;

	hca_object_head(in, HCA_OP_QUERY_RMP, 0);
	ifc_set(in, query_rmp_in__rmpn, rmpn);
	ret = hca_cmd(hca, in, sizeof(in), out, sizeof(out));
	if (ret)
		return ret;
	state = ifc_get(c, rmpc__state);
	if (state != STATE_RESET && state != STATE_READY && state != STATE_ERROR)
		return hca_cmd_nonsense(hca, in);
	*info = (struct hca_srq_info){
		.error = state != STATE_READY,
		.pd = (uint32_t)ifc_get(wq, wq__pd),
		.log_size = (uint8_t)ifc_get(wq, wq__log_wq_sz),
		.log_stride = (uint8_t)ifc_get(wq, wq__log_wq_stride),
		.limit = (uint16_t)ifc_get(wq, wq__lwm),
		.dbr_iova = ifc_get(wq, wq__dbr_addr),
	};
	return 0;
}
