// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands of a queue pair's life. It must never know WQEs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hca-client/qp.h"

enum {
	PM_MIGRATED = 3,
	RQ_OWN = 0, RQ_SRQ = 1, RQ_NONE = 3,	/* qpc.rq_type */
	ATOMIC_IB_COMPATIBLE = 1,
	DBR_BYTES = 64,
	LOG_MSG_MAX = 30,
};

const struct hc_path hc_path_default = {
	.mtu = HC_MTU_1024, .ack_timeout = 14, .retry = 7, .rnr_retry = 7, .min_rnr = 1,
	.log_sra = 2, .log_rra = 2, .rights = HC_RR | HC_RW | HC_ATOMIC, .qkey = 0x11111111,
};

static size_t rq_bytes(const struct hc_qp_init *init)
{
	return init->log_rq_stride ? (size_t)1 << (init->log_rq + init->log_rq_stride) : 0;
}

static size_t sq_bytes(const struct hc_qp_init *init)
{
	return init->no_sq ? 0 : (size_t)WQE_BB << init->log_sq;
}

static void fill_create(uint8_t *qpc, struct hc *hc, const struct hc_qp_init *init,
			const struct hc_qp *qp)
{
	ifc_set(qpc, qpc__st, init->type);
	ifc_set(qpc, qpc__pm_state, PM_MIGRATED);
	if (init->type != HC_UMR_QP)
		ifc_set(qpc, qpc__pd, init->pd);
	if (init->log_rq_stride) {
		ifc_set(qpc, qpc__log_rq_size, init->log_rq);
		ifc_set(qpc, qpc__log_rq_stride, init->log_rq_stride - 4);
	}
	ifc_set(qpc, qpc__rq_type, init->srq ? RQ_SRQ : init->log_rq_stride ? RQ_OWN : RQ_NONE);
	ifc_set(qpc, qpc__no_sq, init->no_sq);
	if (!init->no_sq)
		ifc_set(qpc, qpc__log_sq_size, init->log_sq);
	ifc_set(qpc, qpc__uar_page, hc->fw->uar);
	ifc_set(qpc, qpc__user_index, init->user_index);
	ifc_set(qpc, qpc__counter_set_id, init->counter_set);
	ifc_set(qpc, qpc__fre, init->fre);
	ifc_set(qpc, qpc__rlky, init->rlky);
	ifc_set(qpc, qpc__cqn_snd, init->scq ? init->scq->cqn : 0);
	ifc_set(qpc, qpc__cqn_rcv, init->rcq ? init->rcq->cqn : 0);
	ifc_set(qpc, qpc__srqn_rmpn_xrqn, init->srq ? init->srq->srqn : 0);
	ifc_set(qpc, qpc__xrcd, init->xrcd);
	ifc_set(qpc, qpc__dbr_addr, qp->dbr.iova);
}

int hc_qp_create(struct hc *hc, const struct hc_qp_init *init, struct hc_qp *qp)
{
	size_t bytes = rq_bytes(init) + sq_bytes(init);
	size_t n = (bytes + HC_PAGE - 1) / HC_PAGE, i;
	uint8_t *in = calloc(1, create_qp_in__SIZE + n * 8);
	uint8_t out[create_qp_out__SIZE] = { 0 };
	int ret;

	if (!in)
		return -ENOMEM;
	*qp = (struct hc_qp){ .init = *init, .uar = hc->fw->uar };
	ret = hc_alloc(hc, bytes ? bytes : 1, HC_PAGE, &qp->buf);
	if (ret)
		goto free_in;
	ret = hc_alloc(hc, DBR_BYTES, DBR_BYTES, &qp->dbr);
	if (ret)
		goto free_buf;
	hc_head(in, HC_CREATE_QP, 0);
	fill_create(in + create_qp_in__qpc__BYTE, hc, init, qp);
	for (i = 0; i < n; i++)
		ifc_store64(in + create_qp_in__pas__BYTE + i * 8, qp->buf.iova + i * HC_PAGE);
	ret = hc_exec(hc, in, create_qp_in__SIZE + n * 8, out, sizeof(out));
	if (ret)
		goto free_dbr;
	qp->qpn = (uint32_t)ifc_get(out, create_qp_out__qpn);
	qp->sq = qp->buf.ptr + rq_bytes(init);
	free(in);
	return 0;

free_dbr:
	hc_free(hc, &qp->dbr);
free_buf:
	hc_free(hc, &qp->buf);
free_in:
	free(in);
	return ret;
}

int hc_qp_destroy(struct hc *hc, struct hc_qp *qp)
{
	int ret;

	if (!qp->buf.ptr)
		return 0;
	hc_cmd_simple(hc, HC_2RST_QP, 0, qp->qpn);
	ret = hc_cmd_simple(hc, HC_DESTROY_QP, 0, qp->qpn);
	hc_free(hc, &qp->buf);
	hc_free(hc, &qp->dbr);
	return ret;
}

static void fill_path(uint8_t *ads, const struct hc_path *p)
{
	ifc_set(ads, ads__pkey_index, p->pkey_index);
	ifc_set(ads, ads__grh, p->grh);
	ifc_set(ads, ads__rlid, p->dlid);
	ifc_set(ads, ads__ack_timeout, p->ack_timeout);
	ifc_set(ads, ads__src_addr_index, p->sgid_index);
	ifc_set(ads, ads__hop_limit, p->grh ? 1 : 0);
	memcpy(ads + ads__rgid_rip__BYTE, p->dgid, 16);
	ifc_set(ads, ads__vhca_port_num, 1);
}

static void fill_modify(uint8_t *qpc, const struct hc_qp *qp, uint16_t opcode,
			const struct hc_path *p)
{
	const struct hc_qp_init *init = &qp->init;
	bool datagram = init->type == HC_UD || init->type == HC_UMR_QP;
	bool special = init->type == HC_QP0 || init->type == HC_QP1;

	ifc_set(qpc, qpc__st, init->type);
	ifc_set(qpc, qpc__pm_state, PM_MIGRATED);
	ifc_set(qpc, qpc__pd, init->pd);
	ifc_set(qpc, qpc__cqn_snd, init->scq ? init->scq->cqn : 0);
	ifc_set(qpc, qpc__cqn_rcv, init->rcq ? init->rcq->cqn : 0);
	ifc_set(qpc, qpc__mtu, datagram ? HC_MTU_4096 : special ? HC_MTU_256 : p->mtu);
	ifc_set(qpc, qpc__log_msg_max, datagram ? 12 : special ? 8 :
				       p->log_msg_max ? p->log_msg_max : LOG_MSG_MAX);
	fill_path(qpc + qpc__primary_address_path__BYTE, p);
	ifc_set(qpc, qpc__q_key, p->qkey);
	ifc_set(qpc, qpc__rre, !!(p->rights & HC_RR));
	ifc_set(qpc, qpc__rwe, !!(p->rights & HC_RW));
	ifc_set(qpc, qpc__rae, !!(p->rights & HC_ATOMIC));
	ifc_set(qpc, qpc__atomic_mode, p->rights & HC_ATOMIC ? ATOMIC_IB_COMPATIBLE : 0);
	ifc_set(qpc, qpc__min_rnr_nak, p->min_rnr);
	ifc_set(qpc, qpc__counter_set_id, init->counter_set);
	if (opcode == HC_RST2INIT_QP) {
		ifc_set(qpc, qpc__dbr_addr, qp->dbr.iova);
		ifc_set(qpc, qpc__rlky, init->rlky);
		return;
	}
	ifc_set(qpc, qpc__remote_qpn, p->remote_qpn);
	ifc_set(qpc, qpc__next_rcv_psn, p->rq_psn);
	ifc_set(qpc, qpc__log_rra_max, p->log_rra);
	if (opcode == HC_INIT2RTR_QP)
		return;
	ifc_set(qpc, qpc__next_send_psn, p->sq_psn);
	ifc_set(qpc, qpc__log_sra_max, p->log_sra);
	ifc_set(qpc, qpc__retry_count, p->retry);
	ifc_set(qpc, qpc__rnr_retry, p->rnr_retry);
}

int hc_qp_modify(struct hc *hc, struct hc_qp *qp, uint16_t opcode, uint32_t optpar,
		 const struct hc_path *path)
{
	uint8_t in[rst2init_qp_in__SIZE] = { 0 };

	if (opcode == HC_2ERR_QP || opcode == HC_2RST_QP)	/* these have no context */
		return hc_cmd_simple(hc, opcode, 0, qp->qpn);
	hc_head(in, opcode, 0);
	ifc_set(in, rst2init_qp_in__qpn, qp->qpn);
	ifc_set(in, rst2init_qp_in__opt_param_mask, optpar);
	fill_modify(in + rst2init_qp_in__qpc__BYTE, qp, opcode, path);
	return hc_exec(hc, in, sizeof(in), NULL, 16);
}

int hc_qp_to_rts(struct hc *hc, struct hc_qp *qp, const struct hc_path *path)
{
	int ret = hc_qp_modify(hc, qp, HC_RST2INIT_QP, 0, path);

	if (!ret)
		ret = hc_qp_modify(hc, qp, HC_INIT2RTR_QP, 0, path);
	if (!ret)
		ret = hc_qp_modify(hc, qp, HC_RTR2RTS_QP, 0, path);
	return ret;
}

int hc_qp_reset(struct hc *hc, struct hc_qp *qp)
{
	int ret = hc_cmd_simple(hc, HC_2RST_QP, 0, qp->qpn);

	if (ret)
		return ret;
	qp->sq_pi = 0;
	qp->rq_pi = 0;
	memset(qp->dbr.ptr, 0, 8);
	return 0;
}

int hc_qp_query(struct hc *hc, const struct hc_qp *qp, uint8_t qpc[qpc__SIZE])
{
	uint8_t in[query_qp_in__SIZE] = { 0 }, out[query_qp_out__SIZE + 512] = { 0 };
	int ret;

	hc_head(in, HC_QUERY_QP, 0);
	ifc_set(in, query_qp_in__qpn, qp->qpn);
	ret = hc_exec(hc, in, sizeof(in), out, sizeof(out));
	memcpy(qpc, out + query_qp_out__qpc__BYTE, qpc__SIZE);
	return ret;
}

int hc_qp_state(struct hc *hc, const struct hc_qp *qp)
{
	uint8_t qpc[qpc__SIZE];
	int ret = hc_qp_query(hc, qp, qpc);

	return ret ? ret : (int)ifc_get(qpc, qpc__state);
}
