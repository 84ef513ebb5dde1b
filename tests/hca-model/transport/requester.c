// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the send queue's way: WQEs come in, wait for their turn, are sent, and
 * complete in order. It must never know what a response says.
 */
#include "tests/hca-model/transport/requester.h"

#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/events.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/cqe.h"
#include "tests/hca-model/transport/local.h"
#include "tests/hca-model/transport/qp_kind.h"
#include "tests/hca-model/transport/retry.h"
#include "tests/hca-model/transport/sender.h"
#include "tests/hca-model/transport/wqe.h"

enum {
	WINDOW = 256,			/* packets in flight, reads apart */
	PSN_ROOM = 1 << 22,		/* PSNs in flight, reads included */
};

static struct send_wqe *slot(struct requester *req, uint32_t at)
{
	return &req->ring[at & req->mask];
}

/* False: not mapped, or it claims more than the queue holds. */
static bool read_record(struct qp *qp)
{
	struct requester *req = &qp->req;
	uint32_t record;

	if (dma_read_be32(qp->hca, qp->dbr + DBR_SND, &record))
		return false;
	/* pairs with the barrier between WQE and record in the driver */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if ((uint16_t)((uint16_t)record - req->fetched) > 1u << qp->log_sq)
		return false;
	req->posted = (uint16_t)record;
	return true;
}

/* The record or the ring is not mapped: no WQE can be blamed. */
static void catastrophe(struct qp *qp)
{
	hca_log(qp->hca, "qp %#x: send queue or its doorbell record cannot be read", qp->qpn);
	event_qp(qp->hca, qp->qpn, EVENT_WQ_CATAS_ERROR);
	qp_set_error(qp, QP_ERR);
}

/* Read the doorbell record. False: it is not mapped, and the QP has failed. */
static bool poll_record(struct qp *qp)
{
	if (read_record(qp))
		return true;
	catastrophe(qp);
	return false;
}

bool requester_fetch(struct qp *qp)
{
	struct requester *req = &qp->req;
	struct send_wqe *w = slot(req, req->tail);
	struct wqe_view *v = &req->view[req->tail & 1];
	uint16_t blocks;
	uint8_t syndrome;

	if (req->tail - req->head > req->mask)
		return false;
	if (req->posted == req->fetched && (!poll_record(qp) || req->posted == req->fetched))
		return false;
	if (wqe_load(qp, req->fetched, v)) {
		catastrophe(qp);
		return false;
	}
	syndrome = wqe_parse(qp, v, w);
	blocks = (uint16_t)((v->ds + 3) / 4);
	if (!blocks)
		blocks = 1;
	if (qp->hca->strict && wqe_index(v) != req->fetched)
		syndrome = CQE_SYND_LOCAL_QP_OP;
	if (blocks > (uint16_t)(req->posted - req->fetched)) {
		blocks = (uint16_t)(req->posted - req->fetched);
		syndrome = CQE_SYND_LOCAL_QP_OP;
	}
	w->index = req->fetched;
	w->syndrome = syndrome;
	v->valid = !syndrome;
	v->counter = req->tail;
	req->fetched = (uint16_t)(req->fetched + blocks);
	req->tail++;
	trace(qp->hca, "qp %#x wqe %u: %s ds %u len %u flags %#x%s", qp->qpn, w->index,
	      wqe_opcode_name(w->opcode), w->ds, w->len, w->fm_ce_se, syndrome ? " (bad)" : "");
	return true;
}

/* Must wait for what is in flight before it starts. */
static bool is_held(const struct qp *qp, const struct send_wqe *w)
{
	const struct requester *req = &qp->req;
	uint32_t flight = (req->next_psn - req->acked_psn) & PSN_MASK;

	switch (w->fm_ce_se & WQE_CTRL_FM_MASK) {
	case WQE_FM_FENCE:
	case WQE_FM_SMALL_AND_FENCE:
		if (req->reads)
			return true;
		break;
	case WQE_FM_STRONG_ORDERING:
		if (req->head != req->cursor)
			return true;
		break;
	}
	if (wqe_is_read(w) && req->reads && req->reads >= qp->max_initiator)
		return true;
	return flight && flight + w->packets > PSN_ROOM;
}

/* Packets that may follow those in flight. */
static uint32_t window(const struct requester *req)
{
	uint32_t flight = (req->next_psn - req->acked_psn) & PSN_MASK;

	return flight < WINDOW ? WINDOW - flight : 0;
}

static bool is_full(const struct requester *req, const struct send_wqe *w)
{
	return !wqe_is_read(w) && !w->local && !window(req);
}

static void run_local(struct qp *qp, struct send_wqe *w)
{
	struct requester *req = &qp->req;
	uint32_t at = req->cursor;
	const struct wqe_view *v;
	uint8_t syndrome = CQE_SYND_NONE;

	if (!w->started) {
		v = wqe_view_get(qp, at, at & 1);
		syndrome = v ? local_execute(qp, w, v) : CQE_SYND_LOCAL_QP_OP;
		w->started = true;
		w->first_psn = req->next_psn;
	}
	if (syndrome) {
		requester_fail(qp, at, syndrome, VENDOR_NONE);
		return;
	}
	req->cursor++;
	requester_reap(qp);
}

/*
 * Nothing can be sent now. When packets are in flight and none of them asks
 * for an answer, the newest is sent again and does.
 */
static bool go_idle(struct qp *qp)
{
	struct requester *req = &qp->req;

	requester_reap(qp);
	if (!qp_sends(qp) || !requester_in_flight(req) ||
	    psn_diff(req->asked_psn, req->acked_psn) >= 0)
		return false;
	requester_rewind(qp, (req->next_psn - 1) & PSN_MASK);
	req->ask = true;
	return true;
}

/* One packet, a run of them, or one WQE that needs none. False: nothing more can be done now. */
static bool step(struct qp *qp, unsigned int *budget)
{
	struct requester *req = &qp->req;
	struct send_wqe *w;
	uint32_t room;

	if (req->rnr_wait)
		return false;
	if (req->cursor == req->tail && (qp->state != QP_RTS || !requester_fetch(qp)))
		return go_idle(qp);
	w = slot(req, req->cursor);
	if (w->syndrome || (!w->started && (qp->state != QP_RTS || is_held(qp, w))) ||
	    is_full(req, w))
		return go_idle(qp);
	if (w->local) {
		--*budget;
		run_local(qp, w);
		return true;
	}
	if (!w->started) {
		w->started = true;
		w->first_psn = req->next_psn;
	}
	room = window(req);
	*budget -= sender_send(qp, w, room < *budget ? room : *budget);
	return true;
}

bool requester_run(struct qp *qp, unsigned int *budget)
{
	while (*budget && qp_sends(qp))
		if (!step(qp, budget))
			return false;
	return qp_sends(qp);
}

void requester_fail(struct qp *qp, uint32_t at, uint8_t syndrome, uint8_t vendor)
{
	struct send_wqe *w = slot(&qp->req, at);

	if (at - qp->req.head >= qp->req.tail - qp->req.head || w->syndrome)
		return;
	w->syndrome = syndrome;
	w->vendor = vendor;
	requester_reap(qp);
}

/* The oldest WQE fails; the send queue stops. */
static void complete_failed(struct qp *qp, const struct send_wqe *w)
{
	struct requester *req = &qp->req;

	if (req->cursor == req->head)
		req->cursor++;
	req->head++;
	cqe_send_error(qp, w->opcode, w->index, w->syndrome, w->vendor);
	qp_set_error(qp, qp_is_reliable(qp) || qp->type == QP_REG_UMR ? QP_ERR : QP_SQER);
}

static bool is_done(const struct requester *req, const struct send_wqe *w)
{
	if (req->head == req->cursor)
		return false;
	return w->local || psn_diff(req->acked_psn, w->first_psn + w->packets) >= 0;
}

void requester_reap(struct qp *qp)
{
	struct requester *req = &qp->req;

	while (req->head != req->tail && qp_sends(qp)) {
		struct send_wqe *w = slot(req, req->head);

		if (w->syndrome) {
			complete_failed(qp, w);
			return;
		}
		if (!is_done(req, w))
			break;
		if (wqe_is_read(w))
			req->reads--;
		req->head++;
		if (!w->untold && cqe_send(qp, w)) {
			event_qp(qp->hca, qp->qpn, EVENT_WQ_CATAS_ERROR);
			qp_set_error(qp, QP_ERR);
			return;
		}
	}
}

void requester_rewind(struct qp *qp, uint32_t psn)
{
	struct requester *req = &qp->req;
	struct send_wqe *w = NULL;
	uint32_t at, old = req->cursor;

	req->reads = 0;
	for (at = req->head; at != req->tail; at++) {
		w = slot(req, at);
		if (!w->started || psn_diff(w->first_psn + w->packets, psn) > 0)
			break;
		if (wqe_is_read(w))
			req->reads++;
	}
	req->cursor = at;
	req->next_psn = psn;
	if (at != req->tail && w->started)
		w->sent = (psn - w->first_psn) & PSN_MASK;
	for (at++; (int32_t)(old - at) >= 0 && (int32_t)(req->tail - at) > 0; at++)
		slot(req, at)->sent = 0;
	if (psn_diff(req->asked_psn, psn) >= 0)
		req->asked_psn = (psn - 1) & PSN_MASK;
	req->unasked = 0;
}

void requester_flush(struct qp *qp)
{
	struct requester *req = &qp->req;

	if (!qp->has_sq)
		return;
	retry_stop(qp);
	while (req->head != req->tail) {
		const struct send_wqe *w = slot(req, req->head++);

		cqe_send_error(qp, w->opcode, w->index, CQE_SYND_WR_FLUSH, VENDOR_FLUSHED);
	}
	req->cursor = req->tail;
	req->reads = 0;
	req->acked_psn = req->next_psn;
	req->asked_psn = (req->next_psn - 1) & PSN_MASK;
	if (!read_record(qp))
		req->posted = req->fetched;
	while (req->fetched != req->posted) {
		struct wqe_view *v = &req->view[0];
		struct send_wqe w;
		uint16_t blocks, left = (uint16_t)(req->posted - req->fetched);

		if (wqe_load(qp, req->fetched, v))
			break;
		wqe_parse(qp, v, &w);
		cqe_send_error(qp, w.opcode, req->fetched, CQE_SYND_WR_FLUSH, VENDOR_FLUSHED);
		blocks = (uint16_t)((v->ds + 3) / 4);
		if (!blocks)
			blocks = 1;
		req->fetched = (uint16_t)(req->fetched + (blocks < left ? blocks : left));
	}
}

void requester_reset(struct qp *qp)
{
	struct requester *req = &qp->req;

	retry_stop(qp);
	req->posted = req->fetched = 0;
	req->head = req->cursor = req->tail = 0;
	req->next_psn = req->acked_psn = req->top_psn = 0;
	req->asked_psn = PSN_MASK;
	req->reads = 0;
	req->unasked = 0;
	req->ask = req->gap = false;
	for (unsigned int i = 0; req->view && i < VIEWS; i++)
		req->view[i].valid = false;
}
