// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns creation, query and destruction of queue pairs. Must never know what is
 * posted.
 */
#include "host-backend/hca/qp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/object.h"
#include "host-backend/hca/qp_private.h"

enum {
	RQ_OWN = 0, RQ_SRQ = 1, RQ_NONE = 3,	/* qpc.rq_type */
	LOG_SIZE_MAX = 15,
	LOG_STRIDE_UNIT = 4, LOG_STRIDE_MAX = 11,	/* the field counts from 16 bytes */
	LOG_WQE_BLOCK = 6,
	CQE_VERSION_1 = 1,
};

int hca_qp_service(enum hca_qp_type type)
{
	static const int service[] = {
		[HCA_QP_RC] = 0, [HCA_QP_UC] = 1, [HCA_QP_UD] = 2, [HCA_QP_XRC_INI] = 3,
		[HCA_QP_XRC_TGT] = 3, [HCA_QP_SMI] = 7, [HCA_QP_GSI] = 8,
	};

	return (unsigned int)type <= HCA_QP_GSI ? service[type] : -EINVAL;
}

uint64_t hca_qp_ring_bytes(const struct hca_qp_attr *attr, uint64_t *sq_offset)
{
	uint64_t rq = attr->has_rq ? 1ull << (attr->log_rq + attr->log_rq_stride) : 0;

	if (sq_offset)
		*sq_offset = rq;
	return rq + (attr->has_sq ? 1ull << (attr->log_sq + LOG_WQE_BLOCK) : 0);
}

static bool attr_sane(const struct hca_qp_attr *attr)
{
	if (hca_qp_service(attr->type) < 0 || attr->dbr_iova & 7)
		return false;
	if (attr->has_sq && (attr->type == HCA_QP_XRC_TGT || attr->log_sq > LOG_SIZE_MAX))
		return false;
	if (attr->has_rq && (attr->log_rq > LOG_SIZE_MAX ||
			     attr->log_rq_stride < LOG_STRIDE_UNIT ||
			     attr->log_rq_stride > LOG_STRIDE_MAX ||
			     attr->log_rq + attr->log_rq_stride < LOG_WQE_BLOCK))
		return false;
	if (attr->has_rq && attr->has_srq)
		return false;
	return !hca_qp_is_xrc(attr->type) || !(attr->has_rq || attr->has_srq);
}

static void fill_queues(uint8_t *c, const struct hca_qp_attr *attr)
{
	if (attr->has_rq) {
		ifc_set(c, qpc__log_rq_size, attr->log_rq);
		ifc_set(c, qpc__log_rq_stride, (unsigned int)attr->log_rq_stride - LOG_STRIDE_UNIT);
	}
	if (attr->has_sq)
		ifc_set(c, qpc__log_sq_size, attr->log_sq);
	ifc_set(c, qpc__no_sq, !attr->has_sq);
	ifc_set(c, qpc__rq_type, attr->has_rq ? RQ_OWN :
				 attr->has_srq || hca_qp_is_xrc(attr->type) ? RQ_SRQ : RQ_NONE);
}

/* What the QP completes to and receives from, its own or the default. */
static void fill_partners(uint8_t *c, const struct hca_defaults *d, const struct hca_qp_attr *attr)
{
	bool xrc = hca_qp_is_xrc(attr->type), target = attr->type == HCA_QP_XRC_TGT;

	ifc_set(c, qpc__pd, hca_qp_pd(attr, d));
	ifc_set(c, qpc__cqn_snd, target ? d->cqn : attr->send_cqn);
	ifc_set(c, qpc__cqn_rcv, xrc ? d->cqn : attr->recv_cqn);
	ifc_set(c, qpc__srqn_rmpn_xrqn, xrc ? d->xrc_srqn : attr->has_srq ? attr->srqn : d->rmpn);
	ifc_set(c, qpc__xrcd, target ? attr->xrcd : attr->has_srq ? d->xrcd_srq : d->xrcd);
}

static void fill_context(uint8_t *c, struct hca *hca, const struct hca_defaults *defaults,
			 const struct hca_qp_attr *attr)
{
	ifc_set(c, qpc__st, (uint64_t)hca_qp_service(attr->type));
	ifc_set(c, qpc__pm_state, QP_PM_MIGRATED);
	ifc_set(c, qpc__uar_page, attr->uar);
	if (ifc_get(hca_caps(hca), cmd_hca_cap__cqe_version) >= CQE_VERSION_1)
		ifc_set(c, qpc__user_index, attr->user_index);
	ifc_set(c, qpc__dbr_addr, attr->dbr_iova);
	fill_queues(c, attr);
	fill_partners(c, defaults, attr);
}

int hca_qp_create(struct hca *hca, const struct hca_defaults *defaults,
		  const struct hca_qp_attr *attr, uint32_t *qpn)
{
	struct hca_pas pas = { .n = 0 };
	uint64_t bytes;
	uint8_t *in, *c;
	size_t ilen;
	int ret = 0;

	if (!attr_sane(attr))
		return -EINVAL;
	bytes = hca_qp_ring_bytes(attr, NULL);
	if (bytes)
		ret = hca_ring_plan(&attr->ring, bytes, HCA_RING_UNITS, &pas);
	if (ret)
		return ret;
	in = hca_object_input(create_qp_in__SIZE, pas.n, sizeof(uint64_t), &ilen);
	if (!in)
		return -ENOMEM;
	c = in + create_qp_in__qpc__BYTE;
	hca_object_head(in, HCA_OP_CREATE_QP, 0);
	fill_context(c, hca, defaults, attr);
	if (bytes) {
		ifc_set(c, qpc__log_page_size, pas.log_page - HCA_PAS_LOG_MIN);
		ifc_set(c, qpc__page_offset, hca_pas_units(&pas));
		hca_pas_write(&pas, in + create_qp_in__pas__BYTE, 0);
	}
	ret = hca_object_create(hca, in, ilen, qpn);
	free(in);
	return ret;
}

int hca_qp_destroy(struct hca *hca, uint32_t qpn)
{
	return hca_cmd_simple(hca, HCA_OP_DESTROY_QP, 0, qpn);
}

static struct hca_qp_path path_of(const uint8_t *c)
{
	struct hca_qp_path path = {
		.dlid = (uint16_t)ifc_get(c, ads__rlid),
		.sl = (uint8_t)ifc_get(c, ads__sl),
		.path_bits = (uint8_t)ifc_get(c, ads__mlid),
		.static_rate = (uint8_t)ifc_get(c, ads__stat_rate),
		.force_loopback = ifc_get(c, ads__fl),
		.port = (uint8_t)ifc_get(c, ads__vhca_port_num),
		.pkey_index = (uint16_t)ifc_get(c, ads__pkey_index),
		.ack_timeout = (uint8_t)ifc_get(c, ads__ack_timeout),
		.grh = ifc_get(c, ads__grh),
		.sgid_index = (uint8_t)ifc_get(c, ads__src_addr_index),
		.hop_limit = (uint8_t)ifc_get(c, ads__hop_limit),
		.traffic_class = (uint8_t)ifc_get(c, ads__tclass),
		.flow_label = (uint32_t)ifc_get(c, ads__flow_label),
	};

	memcpy(path.dgid, c + ads__rgid_rip__BYTE, sizeof(path.dgid));
	return path;
}

static struct hca_qp_change values_of(const uint8_t *c)
{
	return (struct hca_qp_change){
		.path = path_of(c + qpc__primary_address_path__BYTE),
		.mtu = (enum hca_mtu)ifc_get(c, qpc__mtu),
		.remote_qpn = (uint32_t)ifc_get(c, qpc__remote_qpn),
		.recv_psn = (uint32_t)ifc_get(c, qpc__next_rcv_psn),
		.send_psn = (uint32_t)ifc_get(c, qpc__next_send_psn),
		.log_responder = (uint8_t)ifc_get(c, qpc__log_rra_max),
		.log_initiator = (uint8_t)ifc_get(c, qpc__log_sra_max),
		.rnr_timer = (uint8_t)ifc_get(c, qpc__min_rnr_nak),
		.retries = (uint8_t)ifc_get(c, qpc__retry_count),
		.rnr_retries = (uint8_t)ifc_get(c, qpc__rnr_retry),
		.qkey = (uint32_t)ifc_get(c, qpc__q_key),
		.remote_read = ifc_get(c, qpc__rre),
		.remote_write = ifc_get(c, qpc__rwe),
		.remote_atomic = ifc_get(c, qpc__rae),
		.counter_set = (uint8_t)ifc_get(c, qpc__counter_set_id),
	};
}

int hca_qp_query(struct hca *hca, uint32_t qpn, struct hca_qp_info *info)
{
	uint8_t in[query_qp_in__SIZE] = { 0 }, out[query_qp_out__SIZE] = { 0 };
	const uint8_t *c = out + query_qp_out__qpc__BYTE;
	int ret;

	hca_object_head(in, HCA_OP_QUERY_QP, 0);
	ifc_set(in, query_qp_in__qpn, qpn);
	ret = hca_cmd(hca, in, sizeof(in), out, sizeof(out));
	if (ret)
		return ret;
	if (ifc_get(c, qpc__state) > HCA_QP_STATE_ERR)
		return hca_cmd_nonsense(hca, in);
	*info = (struct hca_qp_info){
		.state = (enum hca_qp_state)ifc_get(c, qpc__state),
		.service = (uint8_t)ifc_get(c, qpc__st),
		.trusted = ifc_get(c, qpc__fre) || ifc_get(c, qpc__rlky),
		.pd = (uint32_t)ifc_get(c, qpc__pd),
		.uar = (uint32_t)ifc_get(c, qpc__uar_page),
		.send_cqn = (uint32_t)ifc_get(c, qpc__cqn_snd),
		.recv_cqn = (uint32_t)ifc_get(c, qpc__cqn_rcv),
		.srqn = (uint32_t)ifc_get(c, qpc__srqn_rmpn_xrqn),
		.xrcd = (uint32_t)ifc_get(c, qpc__xrcd),
		.user_index = (uint32_t)ifc_get(c, qpc__user_index),
		.now = values_of(c),
		.sq_posted = (uint16_t)ifc_get(c, qpc__sw_sq_wqebb_counter),
		.sq_fetched = (uint16_t)ifc_get(c, qpc__hw_sq_wqebb_counter),
		.rq_taken = (uint32_t)ifc_get(c, qpc__hw_rq_counter),
	};
	return 0;
}
