// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the making of the queue pair that may change keys, and of its CQ. Must
 * never know what is posted. Source: Linux 6.12 drivers/infiniband/hw/mlx5/umr.c
 * (mlx5r_umr_resource_init) and qp.c (create_kernel_qp).
 */
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/cq.h"
#include "host-backend/hca/object.h"
#include "host-backend/hca/qp_private.h"
#include "host-backend/hca/umr_private.h"

enum {
	/* The CQ and the send queue have a page each: ring first, record in the middle. */
	CQ_PAGE, SQ_PAGE, N_PAGES,
	PAGE = 4096, DBR_AT = 2048,
	CQE_FRESH = CQE_INVALID << 4 | CQE_OWNER,
	SERVICE_UMR = 0xc, RQ_NONE = 3,
	LOG_ACK_REQ_FREQ = 8, LOG_MSG_MAX = 12, PORT = 1,
};

_Static_assert((int)sizeof(struct cqe64) << HCA_UMR_LOG_CQ <= (int)DBR_AT &&
	       (int)WQE_BB << HCA_UMR_LOG_SQ <= (int)DBR_AT, "rings end before their records");

static struct bus_run page_run(const struct hca_umr_queue *q, unsigned int page)
{
	return (struct bus_run){ q->memory.iova + (uint64_t)page * PAGE, PAGE };
}

static void lay_out(struct hca_umr_queue *q)
{
	uint8_t *cq = q->memory.ptr + CQ_PAGE * PAGE, *sq = q->memory.ptr + SQ_PAGE * PAGE;
	unsigned int i;

	q->cq = (struct cqe64 *)cq;
	q->cq_dbr = (uint32_t *)(cq + DBR_AT);
	q->sq = sq;
	q->sq_dbr = (uint32_t *)(sq + DBR_AT);
	for (i = 0; i < 1u << HCA_UMR_LOG_CQ; i++)
		q->cq[i].op_own = CQE_FRESH;
}

static int make_cq(struct hca *hca, uint32_t eqn, struct hca_umr_queue *q)
{
	const struct bus_run run = page_run(q, CQ_PAGE);
	const struct hca_cq_attr attr = {
		.log_size = HCA_UMR_LOG_CQ, .cqe_bytes = sizeof(struct cqe64),
		.uar = hca_own_uar(hca), .eqn = eqn,
		.ring = { .runs = &run, .n_runs = 1, .bytes = DBR_AT },
		.dbr_iova = run.iova + DBR_AT,
	};

	return hca_cq_create(hca, &attr, &q->cqn);
}

/* No PD yet: RST2INIT brings it. The rights are those of every queue pair of the Linux kernel. */
static void fill_create(uint8_t *c, struct hca *hca, const struct hca_defaults *d,
			const struct hca_umr_queue *q)
{
	ifc_set(c, qpc__st, SERVICE_UMR);
	ifc_set(c, qpc__pm_state, QP_PM_MIGRATED);
	ifc_set(c, qpc__latency_sensitive, 1);
	ifc_set(c, qpc__fre, 1);
	ifc_set(c, qpc__rlky, 1);
	ifc_set(c, qpc__rq_type, RQ_NONE);
	ifc_set(c, qpc__log_sq_size, HCA_UMR_LOG_SQ);
	ifc_set(c, qpc__uar_page, hca_own_uar(hca));
	ifc_set(c, qpc__user_index, HCA_QP_NO_USER_INDEX);
	ifc_set(c, qpc__cqn_snd, q->cqn);
	ifc_set(c, qpc__cqn_rcv, q->cqn);
	ifc_set(c, qpc__xrcd, d->xrcd);
	ifc_set(c, qpc__srqn_rmpn_xrqn, d->rmpn);
	ifc_set(c, qpc__dbr_addr, page_run(q, SQ_PAGE).iova + DBR_AT);
}

static int make_qp(struct hca *hca, const struct hca_defaults *d, struct hca_umr_queue *q)
{
	uint8_t in[create_qp_in__SIZE + sizeof(uint64_t)] = { 0 };

	hca_object_head(in, HCA_OP_CREATE_QP, 0);
	fill_create(in + create_qp_in__qpc__BYTE, hca, d, q);
	ifc_store64(in + create_qp_in__pas__BYTE, page_run(q, SQ_PAGE).iova);
	return hca_object_create(hca, in, sizeof(in), &q->qpn);
}

static int transition(struct hca *hca, const struct hca_defaults *d,
		      const struct hca_umr_queue *q, enum hca_opcode opcode)
{
	uint8_t in[rst2init_qp_in__SIZE] = { 0 }, out[object_status__SIZE] = { 0 };
	uint8_t *c = in + rst2init_qp_in__qpc__BYTE;

	hca_object_head(in, opcode, 0);
	ifc_set(in, rst2init_qp_in__qpn, q->qpn);
	ifc_set(c, qpc__st, SERVICE_UMR);
	ifc_set(c, qpc__pm_state, QP_PM_MIGRATED);
	ifc_set(c, qpc__pd, d->pd);
	ifc_set(c, qpc__cqn_snd, q->cqn);
	ifc_set(c, qpc__cqn_rcv, q->cqn);
	ifc_set(c, qpc__log_ack_req_freq, LOG_ACK_REQ_FREQ);
	ifc_set(c, qpc__mtu, HCA_MTU_4096);
	ifc_set(c, qpc__log_msg_max, LOG_MSG_MAX);
	if (opcode == HCA_OP_RST2INIT_QP)
		ifc_set(c + qpc__primary_address_path__BYTE, ads__vhca_port_num, PORT);
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}

static int to_rts(struct hca *hca, const struct hca_defaults *d, const struct hca_umr_queue *q)
{
	int ret = transition(hca, d, q, HCA_OP_RST2INIT_QP);

	if (!ret)
		ret = transition(hca, d, q, HCA_OP_INIT2RTR_QP);
	return ret ? ret : transition(hca, d, q, HCA_OP_RTR2RTS_QP);
}

/* @unsure: one that we do not know of may use the memory. */
static int unmake(struct hca *hca, struct hca_umr_queue *q, bool unsure)
{
	int ret = q->has_qp ? hca_cmd_simple(hca, HCA_OP_DESTROY_QP, 0, q->qpn) : 0;

	if (!ret && q->has_cq)
		ret = hca_cq_destroy(hca, q->cqn);
	if (ret || unsure)
		hca_dma_abandon(hca_dma(hca), &q->memory);
	else
		hca_dma_free(hca_dma(hca), &q->memory);
	memset(q, 0, sizeof(*q));
	return ret;
}

int hca_umr_queue_make(struct hca *hca, const struct hca_defaults *defaults, uint32_t eqn,
		       struct hca_umr_queue *q)
{
	struct hca_cmd_error cause;
	int ret;

	ret = hca_dma_alloc(hca_dma(hca), (size_t)N_PAGES * PAGE, PAGE, &q->memory);
	if (ret)
		return ret;
	lay_out(q);
	ret = make_cq(hca, eqn, q);
	q->has_cq = !ret;
	if (!ret)
		ret = make_qp(hca, defaults, q);
	q->has_qp = q->has_cq && !ret;
	if (!ret)
		ret = to_rts(hca, defaults, q);
	q->ready = !ret;
	if (!ret)
		return 0;
	cause = *hca_cmd_last_error(hca);
	unmake(hca, q, !q->has_qp && hca_cmd_unsure(ret));
	hca_cmd_blame(hca, &cause);
	return ret;
}

int hca_umr_queue_unmake(struct hca *hca, struct hca_umr_queue *q)
{
	return q->memory.ptr ? unmake(hca, q, false) : 0;
}
