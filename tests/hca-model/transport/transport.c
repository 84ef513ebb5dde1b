// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the data path's face to the other rooms: a QP's start and end, its
 * changes of state, doorbells. It must never know commands.
 */
#include "tests/hca-model/transport/transport.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "tests/hca-model/hca.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/qp_kind.h"
#include "tests/hca-model/transport/recvqueue.h"
#include "tests/hca-model/transport/reply.h"
#include "tests/hca-model/transport/retry.h"
#include "tests/hca-model/transport/wqe.h"

int transport_qp_init(struct qp *qp)
{
	struct requester *req = &qp->req;
	struct responder *resp = &qp->resp;

	if (qp->has_sq) {
		req->mask = (1u << qp->log_sq) - 1;
		req->ring = calloc((size_t)req->mask + 1, sizeof(*req->ring));
		req->view = calloc(VIEWS, sizeof(*req->view));
		if (!req->ring || !req->view)
			goto err;
	}
	resp->wqe = calloc(1, sizeof(*resp->wqe));
	resp->replies = calloc(REPLIES, sizeof(*resp->replies));
	resp->replays = calloc(REPLAYS, sizeof(*resp->replays));
	if (!resp->wqe || !resp->replies || !resp->replays)
		goto err;
	requester_reset(qp);
	responder_reset(qp);
	return 0;

err:
	transport_qp_fini(qp);
	return -ENOMEM;
}

void transport_qp_fini(struct qp *qp)
{
	struct requester *req = &qp->req;
	struct responder *resp = &qp->resp;

	if (qp->is_ready)
		TAILQ_REMOVE(&qp->hca->ready, qp, ready);
	qp->is_ready = false;
	retry_free(qp);
	if (resp->timer)
		event_free(resp->timer);
	resp->timer = NULL;
	free(req->ring);
	free(req->view);
	free(resp->wqe);
	free(resp->replies);
	free(resp->replays);
	req->ring = NULL;
	req->view = NULL;
	resp->wqe = NULL;
	resp->replies = NULL;
	resp->replays = NULL;
}

static void send_again(struct qp *qp, enum qp_state old)
{
	if (old == QP_RTR || old == QP_RTS) {
		qp->req.retries = qp->retry_count;
		qp->req.rnr_retries = qp->rnr_retry;
	}
	if (qp->has_sq)
		qp_wake(qp);
}

void transport_qp_changed(struct qp *qp, enum qp_state old)
{
	trace(qp->hca, "qp %#x state %u -> %u", qp->qpn, old, qp->state);
	switch (qp->state) {
	case QP_RESET:
		requester_reset(qp);
		responder_reset(qp);
		break;
	case QP_INIT:
	case QP_RTR:
	case QP_SQD:
		break;
	case QP_RTS:
		send_again(qp, old);
		break;
	case QP_SQER:
		requester_flush(qp);
		break;
	case QP_ERR:
		requester_flush(qp);
		responder_flush(qp);
		break;
	}
}

void transport_set_send_psn(struct qp *qp, uint32_t psn)
{
	struct requester *req = &qp->req;

	req->next_psn = req->acked_psn = req->top_psn = psn & PSN_MASK;
	req->asked_psn = (psn - 1) & PSN_MASK;
}

void transport_set_recv_psn(struct qp *qp, uint32_t psn)
{
	qp->resp.expected_psn = psn & PSN_MASK;
}

uint32_t transport_send_psn(const struct qp *qp)
{
	return qp->req.next_psn;
}

uint32_t transport_recv_psn(const struct qp *qp)
{
	return qp->resp.expected_psn;
}

void transport_sq_doorbell(struct hca *hca, uint32_t uar, uint32_t word0, uint32_t word1)
{
	struct qp *qp = qp_get(hca, word1 >> 8);

	if (hca->dead)
		return;
	if (!qp || !qp->has_sq || qp->uar != uar) {
		hca_log(hca, "doorbell for qp %#x on page %u: not its page", word1 >> 8, uar);
		return;
	}
	trace(hca, "qp %#x doorbell, wqe %u", qp->qpn, word0 >> 8 & 0xffff);
	if (qp_sends(qp)) {
		qp_wake(qp);
	} else if (qp->state == QP_ERR || qp->state == QP_SQER) {
		requester_flush(qp);
		if (qp->state == QP_ERR)
			responder_flush(qp);
	}
}
