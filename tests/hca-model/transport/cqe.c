// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what a completion says: every field that a driver reads. It must never
 * know when a WQE completes.
 */
#include "tests/hca-model/transport/cqe.h"

#include <endian.h>
#include <errno.h>

#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/cq.h"
#include "tests/hca-model/obj/qp.h"
#include "tests/hca-model/obj/srq.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/packet.h"
#include "tests/hca-model/transport/qp_kind.h"
#include "tests/hca-model/transport/recvqueue.h"
#include "tests/hca-model/transport/wqe.h"

#define NO_USER_INDEX 0xffffffu
#define GRH_IN_BUFFER (1u << 28)

static int post(struct qp *qp, struct cq *cq, struct cqe64 *cqe, bool solicited)
{
	int rc = cq_post(qp->hca, cq, cqe, solicited);

	if (rc == -EOVERFLOW)
		qp->counters->cq_overflow++;
	return rc;
}

int cqe_send(struct qp *qp, const struct send_wqe *w)
{
	struct cqe64 cqe = { 0 };

	if (!(w->fm_ce_se & WQE_CTRL_CQ_UPDATE) || !qp->scq)
		return 0;
	trace(qp->hca, "qp %#x cqe on cq %#x: %s wqe %u ok", qp->qpn, qp->scq->cqn,
	      wqe_opcode_name(w->opcode), w->index);
	cqe.srqn_uidx = htobe32(qp->user_index);
	cqe.byte_cnt = htobe32(w->len);
	cqe.timestamp = htobe64(pci_clock(qp->hca));
	cqe.sop_drop_qpn = htobe32((uint32_t)w->opcode << 24 | qp->qpn);
	cqe.wqe_counter = htobe16(w->index);
	cqe.op_own = CQE_REQ << 4;
	return post(qp, qp->scq, &cqe,
		    (w->fm_ce_se & WQE_CTRL_CE_MASK) == WQE_CTRL_CQ_UPDATE_EQE);
}

static int post_error(struct qp *qp, struct cq *cq, uint32_t srqn_uidx, uint32_t opcode_qpn,
		      uint16_t index, uint8_t kind, uint8_t syndrome, uint8_t vendor)
{
	union {
		struct err_cqe err;
		struct cqe64 cqe;
	} u = { .err = {
		.srqn = htobe32(srqn_uidx),
		.vendor_err_synd = vendor,
		.syndrome = syndrome,
		.s_wqe_opcode_qpn = htobe32(opcode_qpn),
		.wqe_counter = htobe16(index),
		.op_own = (uint8_t)(kind << 4),
	} };

	trace(qp->hca, "qp %#x cqe on cq %#x: %s wqe %u syndrome %#x vendor %#x", qp->qpn,
	      cq->cqn, kind == CQE_REQ_ERR ? "send" : "receive", index, syndrome, vendor);
	return post(qp, cq, &u.cqe, true);
}

static void count_send_error(struct q_counters *c, uint8_t syndrome)
{
	c->req_cqe_error++;
	switch (syndrome) {
	case CQE_SYND_WR_FLUSH: c->req_cqe_flush_error++; break;
	case CQE_SYND_LOCAL_LENGTH: c->req_local_length_error++; break;
	case CQE_SYND_LOCAL_QP_OP: c->local_operation_error++; break;
	case CQE_SYND_LOCAL_PROT: c->req_local_protection++; break;
	case CQE_SYND_MW_BIND: c->req_mw_binding++; break;
	case CQE_SYND_BAD_RESP: c->req_bad_response++; break;
	case CQE_SYND_REMOTE_INVAL_REQ: c->req_remote_invalid_request++; break;
	case CQE_SYND_REMOTE_ACCESS: c->req_remote_access_errors++; break;
	case CQE_SYND_REMOTE_OP: c->req_remote_operation_errors++; break;
	case CQE_SYND_RETRY_EXC: c->req_transport_retries_exceeded++; break;
	case CQE_SYND_RNR_RETRY_EXC: c->req_rnr_retries_exceeded++; break;
	}
}

int cqe_send_error(struct qp *qp, uint8_t opcode, uint16_t index, uint8_t syndrome, uint8_t vendor)
{
	count_send_error(qp->counters, syndrome);
	if (!qp->scq)
		return 0;
	return post_error(qp, qp->scq, qp->user_index, (uint32_t)opcode << 24 | qp->qpn, index,
			  CQE_REQ_ERR, syndrome, vendor);
}

/* An XRC SRQ completes to its own CQ; everything else to the QP's. */
static struct cq *receive_cq(const struct qp *qp, const struct recv_wqe *r)
{
	return r->srq && r->srq->kind == SRQ_XRC ? r->srq->cq : qp->rcq;
}

/* What finds the receiver: a user's index, or the SRQ's number for kernel queues. */
static uint32_t receive_index(const struct qp *qp, const struct recv_wqe *r)
{
	uint32_t index = qp->user_index;

	if (r->srq && r->srq->kind == SRQ_XRC)
		index = r->srq->user_index;
	if (index == NO_USER_INDEX)
		return r->srq ? r->srq->srqn : 0;
	return index;
}

int cqe_receive(struct qp *qp, const struct recv_wqe *r, const struct cqe_message *m,
		const struct packet *pkt)
{
	struct cqe64 cqe = { 0 };
	struct cq *cq = receive_cq(qp, r);
	uint32_t imm = m->imm;

	if (!cq)
		return 0;
	trace(qp->hca, "qp %#x cqe on cq %#x: receive wqe %u, %u bytes, opcode %u", qp->qpn,
	      cq->cqn, r->index, m->bytes, m->opcode);
	cqe.slid = htobe16(pkt->slid);
	cqe.ml_path = pkt->dlid & ((1u << qp->hca->port->lmc) - 1) & 0x7f;
	cqe.flags_rqpn = htobe32((pkt->grh ? GRH_IN_BUFFER : 0) | (uint32_t)(pkt->sl & 0xf) << 24 |
				 (qp_is_datagram(qp) ? pkt->sqpn : qp->remote_qpn));
	if (qp->type == QP_QP1)
		imm = pkt->pkey;
	cqe.srqn_uidx = htobe32(receive_index(qp, r));
	cqe.imm_inval_pkey = htobe32(imm);
	cqe.byte_cnt = htobe32(m->bytes);
	cqe.timestamp = htobe64(pci_clock(qp->hca));
	cqe.sop_drop_qpn = htobe32(qp->qpn);
	cqe.wqe_counter = htobe16(r->index);
	cqe.op_own = (uint8_t)(m->opcode << 4);
	return post(qp, cq, &cqe, pkt->solicited);
}

int cqe_receive_error(struct qp *qp, const struct recv_wqe *r, uint8_t syndrome, uint8_t vendor)
{
	struct cq *cq = receive_cq(qp, r);

	qp->counters->resp_cqe_error++;
	if (syndrome == CQE_SYND_WR_FLUSH)
		qp->counters->resp_cqe_flush_error++;
	else if (syndrome == CQE_SYND_LOCAL_LENGTH)
		qp->counters->resp_local_length_error++;
	else if (syndrome == CQE_SYND_LOCAL_PROT)
		qp->counters->resp_local_protection++;
	else if (syndrome == CQE_SYND_LOCAL_QP_OP)
		qp->counters->resp_local_qp_error++;
	if (!cq)
		return 0;
	return post_error(qp, cq, receive_index(qp, r), qp->qpn, r->index, CQE_RESP_ERR, syndrome,
			  vendor);
}
