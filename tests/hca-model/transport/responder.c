// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the order of requests on a reliable connection: expected PSN, gaps,
 * duplicates, what the requester is told. It must never know how a request is
 * executed.
 */
#include "tests/hca-model/transport/responder.h"

#include <string.h>

#include <event2/event.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/model.h"
#include "tests/hca-model/obj/events.h"
#include "tests/hca-model/obj/srq.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/cqe.h"
#include "tests/hca-model/transport/execute.h"
#include "tests/hca-model/transport/qp_kind.h"
#include "tests/hca-model/transport/recvqueue.h"
#include "tests/hca-model/transport/reply.h"

enum { FLUSH_POLL_US = 10000 };

/* XRC: the packet names the SRQ, in whose PD everything happens. */
static bool find_target(struct qp *qp, const struct packet *pkt, struct execute_target *to)
{
	if (qp->type != QP_XRC) {
		*to = (struct execute_target) { .srq = qp->srq, .pd = qp->pd };
		return true;
	}
	to->srq = srq_get(qp->hca, pkt->xrc_srqn);
	if (!to->srq || to->srq->kind != SRQ_XRC || to->srq->xrcd != qp->xrcd || to->srq->error)
		return false;
	to->pd = to->srq->pd;
	return true;
}

static void tell(struct qp *qp, const struct packet *pkt, enum execute_result res)
{
	struct q_counters *c = qp->counters;

	switch (res) {
	case EXECUTE_OK:
		break;
	case EXECUTE_RNR:
		qp->resp.nak_sent = true;
		reply_ack(qp, pkt->psn, (uint8_t)(AETH_RNR_NAK | (qp->min_rnr_nak & AETH_VALUE)));
		break;
	case EXECUTE_INVALID:
		c->resp_remote_invalid_request++;
		reply_fatal(qp, pkt->psn, NAK_INVALID_REQUEST, EVENT_WQ_INVAL_REQ_ERROR);
		break;
	case EXECUTE_ACCESS:
		c->resp_remote_access_errors++;
		reply_fatal(qp, pkt->psn, NAK_REMOTE_ACCESS, EVENT_WQ_ACCESS_ERROR);
		break;
	case EXECUTE_FAULT:
		reply_fatal(qp, pkt->psn, NAK_REMOTE_OPERATION, EVENT_WQ_CATAS_ERROR);
		break;
	case EXECUTE_LENGTH:
		reply_fatal(qp, pkt->psn, NAK_INVALID_REQUEST, EVENT_COMP);
		break;
	case EXECUTE_LOCAL:
		reply_fatal(qp, pkt->psn, NAK_REMOTE_OPERATION, EVENT_COMP);
		break;
	}
}

/* A send or a write was executed as far as it came. */
static void acknowledge(struct qp *qp, const struct packet *pkt)
{
	struct responder *resp = &qp->resp;

	resp->expected_psn = (packet_last_psn(pkt) + 1) & PSN_MASK;
	if (execute_is_last(pkt))
		resp->msn = (resp->msn + 1) & PSN_MASK;
	if (pkt->ack_req)
		reply_ack(qp, packet_last_psn(pkt), AETH_ACK);
}

static enum execute_result do_read(struct qp *qp, const struct packet *pkt,
				   const struct execute_target *to)
{
	struct responder *resp = &qp->resp;
	enum execute_result res;

	if (reply_reads(qp, false) >= qp->max_responder)
		return EXECUTE_INVALID;
	res = execute_read(qp, pkt, to);
	if (res)
		return res;
	qp->counters->rx_read_requests++;
	resp->expected_psn = (pkt->psn + qp_packets(qp, pkt->dma_len)) & PSN_MASK;
	resp->msn = (resp->msn + 1) & PSN_MASK;
	reply_read(qp, pkt, to->pd, false);
	return EXECUTE_OK;
}

static enum execute_result do_atomic(struct qp *qp, const struct packet *pkt,
				     const struct execute_target *to)
{
	struct responder *resp = &qp->resp;
	struct replay *again = &resp->replays[resp->replay_next % REPLAYS];
	enum execute_result res;
	uint64_t orig;

	if (reply_reads(qp, false) >= qp->max_responder)
		return EXECUTE_INVALID;
	res = execute_atomic(qp, pkt, to, &orig);
	if (res)
		return res;
	qp->counters->rx_atomic_requests++;
	resp->replay_next++;
	*again = (struct replay) {
		.valid = true,
		.op = (uint8_t)packet_op(pkt),
		.psn = pkt->psn,
		.rkey = pkt->rkey,
		.va = pkt->va,
		.swap_add = pkt->swap_add,
		.compare = pkt->compare,
		.orig = orig,
	};
	resp->expected_psn = (pkt->psn + 1) & PSN_MASK;
	resp->msn = (resp->msn + 1) & PSN_MASK;
	reply_atomic(qp, pkt->psn, orig, false);
	return EXECUTE_OK;
}

static enum execute_result do_request(struct qp *qp, const struct packet *pkt,
				      const struct execute_target *to)
{
	enum execute_result res;

	switch (packet_op(pkt)) {
	case OP_SEND_FIRST ... OP_SEND_ONLY_IMM:
	case OP_SEND_LAST_INV:
	case OP_SEND_ONLY_INV:
		res = execute_send(qp, pkt, to);
		break;
	case OP_WRITE_FIRST ... OP_WRITE_ONLY_IMM:
		res = execute_write(qp, pkt, to);
		break;
	case OP_READ_REQUEST:
		return do_read(qp, pkt, to);
	case OP_COMPARE_SWAP:
	case OP_FETCH_ADD:
		return do_atomic(qp, pkt, to);
	default:
		return EXECUTE_INVALID;
	}
	if (res == EXECUTE_OK)
		acknowledge(qp, pkt);
	return res;
}

static void replay_atomic(struct qp *qp, const struct packet *pkt)
{
	for (unsigned int i = 0; i < REPLAYS; i++) {
		const struct replay *r = &qp->resp.replays[i];

		if (!r->valid || r->psn != pkt->psn || r->op != packet_op(pkt) ||
		    r->rkey != pkt->rkey || r->va != pkt->va || r->swap_add != pkt->swap_add ||
		    r->compare != pkt->compare)
			continue;
		reply_atomic(qp, pkt->psn, r->orig, true);
		return;
	}
}

/* Executed before: acknowledge again, read again, never write again. */
static void do_duplicate(struct qp *qp, const struct packet *pkt, const struct execute_target *to)
{
	struct responder *resp = &qp->resp;
	uint32_t end;

	qp->counters->duplicate_request++;
	switch (packet_op(pkt)) {
	case OP_READ_REQUEST:
		end = pkt->psn + qp_packets(qp, pkt->dma_len);
		if (psn_diff(end, resp->expected_psn) > 0 || pkt->dma_len > 1u << 31)
			return;
		if (reply_reads(qp, true) < qp->max_responder)
			reply_read(qp, pkt, to->pd, true);
		return;
	case OP_COMPARE_SWAP:
	case OP_FETCH_ADD:
		replay_atomic(qp, pkt);
		return;
	default:
		if (pkt->ack_req)
			reply_ack(qp, (resp->expected_psn - 1) & PSN_MASK, AETH_ACK);
	}
}

void responder_receive(struct qp *qp, struct packet *pkt)
{
	struct responder *resp = &qp->resp;
	int32_t ahead = psn_diff(pkt->psn, resp->expected_psn);
	struct execute_target to;

	if (resp->dying)
		return;
	if (ahead > 0) {
		qp->counters->out_of_sequence++;
		if (!resp->nak_sent)
			reply_ack(qp, resp->expected_psn, AETH_NAK | NAK_PSN_SEQUENCE);
		resp->nak_sent = true;
		return;
	}
	if (!find_target(qp, pkt, &to)) {
		if (ahead == 0)
			tell(qp, pkt, EXECUTE_INVALID);
		return;
	}
	if (ahead < 0) {
		do_duplicate(qp, pkt, &to);
		return;
	}
	resp->nak_sent = false;
	if (qp->state == QP_RTR && !resp->established) {
		resp->established = true;
		event_qp(qp->hca, qp->qpn, EVENT_COMM_EST);
	}
	tell(qp, pkt, do_request(qp, pkt, &to));
}

static void on_flush_timer(evutil_socket_t fd, short what, void *arg)
{
	struct qp *qp = arg;

	(void)fd;
	(void)what;
	if (qp->state == QP_ERR && !qp->hca->dead)
		responder_flush(qp);
}

/* Posting receives rings no doorbell: look again while the QP is in ERR. */
static void poll_later(struct qp *qp)
{
	struct responder *resp = &qp->resp;
	struct timeval tv = { .tv_usec = FLUSH_POLL_US };

	if (!resp->timer)
		resp->timer = evtimer_new(qp->hca->model->base, on_flush_timer, qp);
	if (!resp->timer || evtimer_add(resp->timer, &tv))
		hca_log(qp->hca, "qp %#x: no timer", qp->qpn);
}

void responder_flush(struct qp *qp)
{
	struct responder *resp = &qp->resp;

	resp->message = MESSAGE_NONE;
	resp->reply_head = resp->reply_tail;
	if (resp->wqe_taken)
		cqe_receive_error(qp, resp->wqe, CQE_SYND_WR_FLUSH, VENDOR_FLUSHED);
	if (qp->has_rq) {
		while (recv_take(qp, NULL) == 0)
			cqe_receive_error(qp, resp->wqe, CQE_SYND_WR_FLUSH, VENDOR_FLUSHED);
		poll_later(qp);
	}
	resp->wqe_taken = false;
}

void responder_reset(struct qp *qp)
{
	struct responder *resp = &qp->resp;

	if (resp->timer)
		evtimer_del(resp->timer);
	resp->posted = resp->taken = 0;
	resp->expected_psn = resp->msn = 0;
	resp->nak_sent = resp->established = resp->dying = false;
	resp->message = MESSAGE_NONE;
	resp->wqe_taken = false;
	resp->reply_head = resp->reply_tail = 0;
	memset(resp->replays, 0, REPLAYS * sizeof(*resp->replays));
}
