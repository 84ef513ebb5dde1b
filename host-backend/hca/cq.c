// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands on completion queues. Must never know what completes.
 */
#include "host-backend/hca/cq.h"

#include <errno.h>
#include <stdlib.h>

#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/object.h"

enum {
	OPMOD_MODIFY = 0, OPMOD_RESIZE = 1,
	SELECT_PERIOD = 1 << 0, SELECT_COUNT = 1 << 1,		/* modify */
	SELECT_LOG_SIZE = 1 << 0, SELECT_OFFSET = 1 << 1, SELECT_PAGE = 1 << 2,	/* resize */
	STATUS_OK = 0,
	STATE_ARMED_SOLICITED = 6, STATE_ARMED = 9,
	CQE_64 = 0, CQE_128 = 1, CQE_128_PAD = 2,		/* cqe_sz */
	LOG_SIZE_MAX = 31, PERIOD_MAX = 0xfff,
};

_Static_assert((int)create_cq_in__SIZE == (int)modify_cq_in__SIZE &&
	       (int)create_cq_in__cq_context__BYTE == (int)modify_cq_in__cq_context__BYTE &&
	       (int)create_cq_in__pas__BYTE == (int)modify_cq_in__pas__BYTE,
	       "both commands carry a ring at the same place");

/* A command with the ring in it. */
static int command(const struct hca_cq_attr *attr, enum hca_opcode opcode, uint16_t op_mod,
		   uint8_t **out, size_t *ilen)
{
	struct hca_pas pas;
	uint8_t *in, *c;
	int ret;

	if ((attr->cqe_bytes != 64 && attr->cqe_bytes != 128) || attr->log_size > LOG_SIZE_MAX)
		return -EINVAL;
	ret = hca_ring_plan(&attr->ring, (uint64_t)attr->cqe_bytes << attr->log_size,
			    HCA_RING_UNITS, &pas);
	if (ret)
		return ret;
	in = hca_object_input(create_cq_in__SIZE, pas.n, sizeof(uint64_t), ilen);
	if (!in)
		return -ENOMEM;
	c = in + create_cq_in__cq_context__BYTE;
	hca_object_head(in, opcode, op_mod);
	ifc_set(c, cqc__cqe_sz, attr->cqe_bytes == 64 ? CQE_64 : CQE_128);
	ifc_set(c, cqc__log_cq_size, attr->log_size);
	ifc_set(c, cqc__log_page_size, pas.log_page - HCA_PAS_LOG_MIN);
	ifc_set(c, cqc__page_offset, hca_pas_units(&pas));
	hca_pas_write(&pas, in + create_cq_in__pas__BYTE, 0);
	*out = in;
	return 0;
}

int hca_cq_create(struct hca *hca, const struct hca_cq_attr *attr, uint32_t *cqn)
{
	uint8_t *in, *c;
	size_t ilen;
	int ret;

	if (attr->dbr_iova & 7)
		return -EINVAL;
	ret = command(attr, HCA_OP_CREATE_CQ, 0, &in, &ilen);
	if (ret)
		return ret;
	c = in + create_cq_in__cq_context__BYTE;
	ifc_set(c, cqc__oi, attr->ignore_overrun);
	ifc_set(c, cqc__uar_page, attr->uar);
	ifc_set(c, cqc__c_eqn_or_apu_element, attr->eqn);
	ifc_set(c, cqc__dbr_addr, attr->dbr_iova);
	ret = hca_object_create(hca, in, ilen, cqn);
	free(in);
	return ret;
}

int hca_cq_destroy(struct hca *hca, uint32_t cqn)
{
	return hca_cmd_simple(hca, HCA_OP_DESTROY_CQ, 0, cqn);
}

int hca_cq_resize(struct hca *hca, uint32_t cqn, const struct hca_cq_attr *attr)
{
	uint8_t out[object_status__SIZE] = { 0 };
	uint8_t *in;
	size_t ilen;
	int ret = command(attr, HCA_OP_MODIFY_CQ, OPMOD_RESIZE, &in, &ilen);

	if (ret)
		return ret;
	ifc_set(in, modify_cq_in__cqn, cqn);
	ifc_set(in, modify_cq_in__modify_field_select_resize_field_select,
		SELECT_LOG_SIZE | SELECT_OFFSET | SELECT_PAGE);
	ret = hca_cmd(hca, in, ilen, out, sizeof(out));
	free(in);
	return ret;
}

int hca_cq_moderate(struct hca *hca, uint32_t cqn, uint16_t period_us, uint16_t count)
{
	uint8_t in[modify_cq_in__SIZE] = { 0 }, out[object_status__SIZE] = { 0 };
	uint8_t *c = in + modify_cq_in__cq_context__BYTE;

	if (period_us > PERIOD_MAX)
		return -EINVAL;
	hca_object_head(in, HCA_OP_MODIFY_CQ, OPMOD_MODIFY);
	ifc_set(in, modify_cq_in__cqn, cqn);
	ifc_set(in, modify_cq_in__modify_field_select_resize_field_select,
		SELECT_PERIOD | SELECT_COUNT);
	ifc_set(c, cqc__cq_period, period_us);
	ifc_set(c, cqc__cq_max_count, count);
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}

int hca_cq_query(struct hca *hca, uint32_t cqn, struct hca_cq_info *info)
{
	uint8_t in[query_cq_in__SIZE] = { 0 }, out[query_cq_out__SIZE] = { 0 };
	const uint8_t *c = out + query_cq_out__cq_context__BYTE;
	uint64_t state;
	int ret;

	hca_object_head(in, HCA_OP_QUERY_CQ, 0);
	ifc_set(in, query_cq_in__cqn, cqn);
	ret = hca_cmd(hca, in, sizeof(in), out, sizeof(out));
	if (ret)
		return ret;
	if (ifc_get(c, cqc__cqe_sz) > CQE_128_PAD)
		return hca_cmd_nonsense(hca, in);
	state = ifc_get(c, cqc__st);
	*info = (struct hca_cq_info){
		.error = ifc_get(c, cqc__status) != STATUS_OK,
		.armed = state == STATE_ARMED,
		.armed_solicited = state == STATE_ARMED_SOLICITED,
		.log_size = (uint8_t)ifc_get(c, cqc__log_cq_size),
		.cqe_bytes = ifc_get(c, cqc__cqe_sz) == CQE_64 ? 64 : 128,
		.uar = (uint32_t)ifc_get(c, cqc__uar_page),
		.eqn = (uint32_t)ifc_get(c, cqc__c_eqn_or_apu_element),
		.consumer = (uint32_t)ifc_get(c, cqc__consumer_counter),
		.producer = (uint32_t)ifc_get(c, cqc__producer_counter),
		.period_us = (uint16_t)ifc_get(c, cqc__cq_period),
		.count = (uint16_t)ifc_get(c, cqc__cq_max_count),
		.dbr_iova = ifc_get(c, cqc__dbr_addr),
	};
	return 0;
}
