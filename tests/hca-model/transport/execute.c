// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what a request packet does to memory and to receive WQEs. It must never
 * know PSNs, or what the requester is told.
 */
#include "tests/hca-model/transport/execute.h"

#include <errno.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/transport/cqe.h"
#include "tests/hca-model/transport/local.h"
#include "tests/hca-model/transport/payload.h"
#include "tests/hca-model/transport/qp_kind.h"
#include "tests/hca-model/transport/recvqueue.h"

#define MESSAGE_MAX (1u << 31)
#define OP(x) (1u << (x))

bool execute_is_first(const struct packet *pkt)
{
	return OP(packet_op(pkt)) &
	       (OP(OP_SEND_FIRST) | OP(OP_SEND_ONLY) | OP(OP_SEND_ONLY_IMM) | OP(OP_SEND_ONLY_INV) |
		OP(OP_WRITE_FIRST) | OP(OP_WRITE_ONLY) | OP(OP_WRITE_ONLY_IMM));
}

bool execute_is_last(const struct packet *pkt)
{
	return OP(packet_op(pkt)) &
	       (OP(OP_SEND_LAST) | OP(OP_SEND_LAST_IMM) | OP(OP_SEND_LAST_INV) | OP(OP_SEND_ONLY) |
		OP(OP_SEND_ONLY_IMM) | OP(OP_SEND_ONLY_INV) | OP(OP_WRITE_LAST) |
		OP(OP_WRITE_LAST_IMM) | OP(OP_WRITE_ONLY) | OP(OP_WRITE_ONLY_IMM));
}

/* The place in the message and the payload must fit the opcode. */
static bool is_in_place(const struct qp *qp, const struct packet *pkt, enum message_kind kind)
{
	bool first = execute_is_first(pkt), last = execute_is_last(pkt);

	if (first ? qp->resp.message != MESSAGE_NONE : qp->resp.message != kind)
		return false;
	if (!last)
		return pkt->len == packet_count(pkt) * qp_mtu(qp);
	return pkt->len <= qp_mtu(qp) && (first || pkt->len > 0);
}

static enum execute_result take_wqe(struct qp *qp, const struct execute_target *to)
{
	int rc = 0;

	if (qp->resp.wqe_taken)
		recv_restart(qp->resp.wqe);
	else
		rc = recv_take(qp, to->srq);
	if (rc == -ENOENT) {
		qp->counters->out_of_buffer++;
		return EXECUTE_RNR;
	}
	return rc ? EXECUTE_FAULT : EXECUTE_OK;
}

static enum execute_result complete(struct qp *qp, const struct packet *pkt, uint8_t opcode)
{
	struct cqe_message m = { .opcode = opcode, .imm = pkt->imm, .bytes = qp->resp.got };

	qp->resp.wqe_taken = false;
	return cqe_receive(qp, qp->resp.wqe, &m, pkt) ? EXECUTE_FAULT : EXECUTE_OK;
}

static enum execute_result finish_send(struct qp *qp, const struct packet *pkt,
				       const struct execute_target *to)
{
	qp->resp.message = MESSAGE_NONE;
	switch (packet_op(pkt)) {
	case OP_SEND_LAST_INV:
	case OP_SEND_ONLY_INV:
		if (!local_remote_invalidate(qp, to->pd, pkt->imm))
			return EXECUTE_ACCESS;
		return complete(qp, pkt, CQE_RESP_SEND_INV);
	case OP_SEND_LAST_IMM:
	case OP_SEND_ONLY_IMM:
		return complete(qp, pkt, CQE_RESP_SEND_IMM);
	default:
		return complete(qp, pkt, CQE_RESP_SEND);
	}
}

enum execute_result execute_send(struct qp *qp, const struct packet *pkt,
				 const struct execute_target *to)
{
	struct responder *resp = &qp->resp;
	enum execute_result res;
	uint8_t syndrome, vendor;

	if (!is_in_place(qp, pkt, MESSAGE_SEND))
		return EXECUTE_INVALID;
	if (execute_is_first(pkt)) {
		res = take_wqe(qp, to);
		if (res)
			return res;
		resp->message = MESSAGE_SEND;
		resp->got = 0;
	}
	if (resp->got > MESSAGE_MAX)
		return EXECUTE_INVALID;
	syndrome = recv_store(qp, pkt, 0, &vendor);
	if (syndrome) {
		resp->message = MESSAGE_NONE;
		resp->wqe_taken = false;
		cqe_receive_error(qp, resp->wqe, syndrome, vendor);
		return syndrome == CQE_SYND_LOCAL_LENGTH ? EXECUTE_LENGTH : EXECUTE_LOCAL;
	}
	resp->got += pkt->len;
	return execute_is_last(pkt) ? finish_send(qp, pkt, to) : EXECUTE_OK;
}

static struct access remote_access(const struct qp *qp, const struct execute_target *to,
				   uint32_t rkey, uint32_t rights)
{
	return (struct access) { .key = rkey, .pd = to->pd, .qpn = qp->qpn, .rights = rights,
				 .pieces_reserved_ok = qp->rlky };
}

static enum execute_result from_access(enum access_result res)
{
	if (res == ACCESS_OK)
		return EXECUTE_OK;
	return res == ACCESS_DMA_FAULT ? EXECUTE_FAULT : EXECUTE_ACCESS;
}

/* The RETH of a first packet. */
static enum execute_result begin_write(struct qp *qp, const struct packet *pkt,
				       const struct execute_target *to)
{
	struct responder *resp = &qp->resp;
	struct access a = remote_access(qp, to, pkt->rkey, MKEY_REMOTE_WRITE);

	if (pkt->dma_len > MESSAGE_MAX)
		return EXECUTE_INVALID;
	if (!qp->rwe)
		return EXECUTE_ACCESS;
	resp->va = pkt->va;
	resp->rkey = pkt->rkey;
	resp->left = pkt->dma_len;
	resp->got = 0;
	if (execute_is_last(pkt))
		return EXECUTE_OK;
	return from_access(payload_probe(qp->hca, &a, pkt->va, pkt->dma_len, true));
}

enum execute_result execute_write(struct qp *qp, const struct packet *pkt,
				  const struct execute_target *to)
{
	struct responder *resp = &qp->resp;
	bool first = execute_is_first(pkt), last = execute_is_last(pkt);
	bool imm = packet_op(pkt) == OP_WRITE_LAST_IMM || packet_op(pkt) == OP_WRITE_ONLY_IMM;
	enum execute_result res;
	struct access a;

	if (!is_in_place(qp, pkt, MESSAGE_WRITE))
		return EXECUTE_INVALID;
	res = first ? begin_write(qp, pkt, to) : EXECUTE_OK;
	if (res)
		return res;
	if (last ? pkt->len != resp->left : pkt->len >= resp->left)
		return EXECUTE_INVALID;
	res = imm ? take_wqe(qp, to) : EXECUTE_OK;
	if (res)
		return res;
	if (first) {
		qp->counters->rx_write_requests++;
		resp->message = MESSAGE_WRITE;
	}
	a = remote_access(qp, to, resp->rkey, MKEY_REMOTE_WRITE);
	res = from_access(payload_store(qp->hca, &a, resp->va, pkt, 0, pkt->len));
	if (res)
		return res;
	resp->va += pkt->len;
	resp->left -= pkt->len;
	resp->got += pkt->len;
	if (!last)
		return EXECUTE_OK;
	resp->message = MESSAGE_NONE;
	return imm ? complete(qp, pkt, CQE_RESP_WR_IMM) : EXECUTE_OK;
}

enum execute_result execute_read(struct qp *qp, const struct packet *pkt,
				 const struct execute_target *to)
{
	struct access a = remote_access(qp, to, pkt->rkey, MKEY_REMOTE_READ);

	if (qp->resp.message != MESSAGE_NONE || pkt->len || pkt->dma_len > MESSAGE_MAX)
		return EXECUTE_INVALID;
	if (!qp->rre)
		return EXECUTE_ACCESS;
	return from_access(payload_probe(qp->hca, &a, pkt->va, pkt->dma_len, false));
}

enum execute_result execute_atomic(struct qp *qp, const struct packet *pkt,
				   const struct execute_target *to, uint64_t *orig)
{
	struct access a = remote_access(qp, to, pkt->rkey, MKEY_ATOMIC);
	enum access_result res;
	struct iovec iov;
	unsigned int n;
	uint64_t *p;

	if (qp->resp.message != MESSAGE_NONE || pkt->len || pkt->va % sizeof(*p))
		return EXECUTE_INVALID;
	if (!qp->rae || !qp->atomic_mode)
		return EXECUTE_ACCESS;
	res = access_resolve(qp->hca, &a, pkt->va, sizeof(*p), true, &iov, 1, &n);
	if (res)
		return from_access(res);
	p = iov.iov_base;
	if ((uintptr_t)p % sizeof(*p))
		return EXECUTE_INVALID;
	if (packet_op(pkt) == OP_FETCH_ADD) {
		*orig = __atomic_fetch_add(p, pkt->swap_add, __ATOMIC_SEQ_CST);
	} else {
		*orig = pkt->compare;
		__atomic_compare_exchange_n(p, orig, pkt->swap_add, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
	}
	return EXECUTE_OK;
}
