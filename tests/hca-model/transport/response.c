// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what a response does to the send queue: ACKs, NAKs, the data of reads
 * and atomics. It must never know how requests are sent.
 */
#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/cqe.h"
#include "tests/hca-model/transport/payload.h"
#include "tests/hca-model/transport/qp_kind.h"
#include "tests/hca-model/transport/retry.h"
#include "tests/hca-model/transport/wqe.h"

static struct send_wqe *slot(struct requester *req, uint32_t at)
{
	return &req->ring[at & req->mask];
}

static void set_acked(struct qp *qp, uint32_t psn)
{
	struct requester *req = &qp->req;

	if (psn_diff(psn, req->acked_psn) <= 0)
		return;
	req->acked_psn = psn;
	retry_progress(qp);
	/* an answer to what was sent before a rewind: that much need not be sent again */
	if (psn_diff(psn, req->next_psn) > 0)
		requester_rewind(qp, psn);
}

/*
 * All requests before @psn were executed. False: among them is a read whose
 * data did not arrive; what precedes it is acknowledged.
 */
static bool ack_before(struct qp *qp, uint32_t psn)
{
	struct requester *req = &qp->req;

	for (uint32_t at = req->head; at != req->tail; at++) {
		const struct send_wqe *w = slot(req, at);

		if (!w->started || psn_diff(psn, w->first_psn) <= 0)
			break;
		if (wqe_is_read(w) && psn_diff(req->acked_psn, w->first_psn + w->packets) < 0 &&
		    psn_diff(psn, req->acked_psn) > 0) {
			set_acked(qp, w->first_psn);
			return false;
		}
	}
	set_acked(qp, psn);
	return true;
}

/* Data that should have come before what came. */
static void ask_again(struct qp *qp)
{
	requester_reap(qp);
	if (!qp_sends(qp) || qp->req.gap)
		return;
	qp->counters->implied_nak_seq_err++;
	qp->req.gap = true;
	retry_again(qp);
}

static void take_nak(struct qp *qp, const struct packet *pkt)
{
	static const uint8_t syndromes[] = {
		[NAK_INVALID_REQUEST] = CQE_SYND_REMOTE_INVAL_REQ,
		[NAK_REMOTE_ACCESS] = CQE_SYND_REMOTE_ACCESS,
		[NAK_REMOTE_OPERATION] = CQE_SYND_REMOTE_OP,
	};
	unsigned int value = pkt->aeth_syndrome & AETH_VALUE;

	if ((pkt->aeth_syndrome & AETH_KIND) == AETH_RNR_NAK) {
		qp->counters->rnr_nak_retry_err++;
		retry_rnr(qp, value);
	} else if (value == NAK_PSN_SEQUENCE) {
		qp->counters->packet_seq_err++;
		retry_again(qp);
	} else if (value <= NAK_REMOTE_OPERATION) {
		requester_fail(qp, qp->req.head, syndromes[value], VENDOR_NAK);
	}
}

static void take_ack(struct qp *qp, const struct packet *pkt)
{
	struct requester *req = &qp->req;
	bool is_ack = (pkt->aeth_syndrome & AETH_KIND) == AETH_ACK;

	if (psn_diff(pkt->psn, req->acked_psn) < 0 || psn_diff(pkt->psn, req->top_psn) >= 0)
		return;
	if (!ack_before(qp, is_ack ? (pkt->psn + 1) & PSN_MASK : pkt->psn)) {
		ask_again(qp);
		return;
	}
	requester_reap(qp);
	if (!is_ack && qp_sends(qp) && requester_in_flight(req))
		take_nak(qp, pkt);
	if (qp_sends(qp))
		qp_wake(qp);
}

/* Atomics return a number; the driver says in which byte order it wants it. */
static uint64_t original_value(const struct qp *qp, uint64_t value)
{
	if (ifc_get(qp->hca->obj.cap_atomic, atomic_caps__atomic_req_8B_endianness_mode))
		return value;
	return htobe64(value);
}

static enum access_result store_atomic(struct qp *qp, struct wqe_view *v, const struct packet *pkt)
{
	uint64_t value = original_value(qp, pkt->atomic_orig);
	struct packet data = {
		.len = sizeof(value),
		.n_sg = 1,
		.sg[0] = { .iov_base = &value, .iov_len = sizeof(value) },
	};

	return payload_scatter(qp, v, 0, &data);
}

/* Whether this packet is what the read waits for at byte @off. */
static bool is_wanted(const struct qp *qp, const struct send_wqe *w, const struct packet *pkt,
		      uint32_t off)
{
	uint32_t left = w->len - off, mtu = qp_mtu(qp);
	enum bth_op op = packet_op(pkt);

	if (w->opcode != WQE_RDMA_READ)
		return op == OP_ATOMIC_ACK;
	if (left > mtu)
		return pkt->len == mtu && (op == OP_READ_RESP_FIRST || op == OP_READ_RESP_MIDDLE);
	return pkt->len == left && (op == OP_READ_RESP_LAST || op == OP_READ_RESP_ONLY);
}

static void take_data(struct qp *qp, const struct packet *pkt)
{
	struct requester *req = &qp->req;
	struct send_wqe *w;
	struct wqe_view *v;
	enum access_result res;
	uint32_t off;

	if (psn_diff(pkt->psn, req->acked_psn) < 0 || psn_diff(pkt->psn, req->top_psn) >= 0)
		return;
	if (!ack_before(qp, pkt->psn)) {
		ask_again(qp);
		return;
	}
	requester_reap(qp);
	if (!qp_sends(qp) || req->head == req->tail)
		return;
	w = slot(req, req->head);
	if (!w->started || w->syndrome)
		return;
	off = ((pkt->psn - w->first_psn) & PSN_MASK) * qp_mtu(qp);
	if (!wqe_is_read(w) || !is_wanted(qp, w, pkt, off)) {
		requester_fail(qp, req->head, CQE_SYND_BAD_RESP, VENDOR_NONE);
		return;
	}
	v = wqe_view_get(qp, req->head, VIEW_RESPONSE);
	if (!v) {
		requester_fail(qp, req->head, CQE_SYND_LOCAL_QP_OP, VENDOR_CHANGED);
		return;
	}
	res = w->opcode == WQE_RDMA_READ ? payload_scatter(qp, v, off, pkt)
					 : store_atomic(qp, v, pkt);
	if (res) {
		requester_fail(qp, req->head, CQE_SYND_LOCAL_PROT,
			       res == ACCESS_DMA_FAULT ? VENDOR_DMA_FAULT : VENDOR_NONE);
		return;
	}
	set_acked(qp, (pkt->psn + 1) & PSN_MASK);
	requester_reap(qp);
	if (qp_sends(qp))
		qp_wake(qp);
}

void requester_receive(struct qp *qp, struct packet *pkt)
{
	if (!qp->has_sq || !qp_sends(qp))
		return;
	if (packet_op(pkt) == OP_ACK)
		take_ack(qp, pkt);
	else
		take_data(qp, pkt);
}
