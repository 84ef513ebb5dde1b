// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the requester's patience: the ACK timeout, the RNR wait, how often it
 * tries again. It must never know what is in a packet.
 */
#include "tests/hca-model/transport/retry.h"

#include <event2/event.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/model.h"
#include "tests/hca-model/obj/qp.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/cqe.h"
#include "tests/hca-model/transport/qp_kind.h"

enum { RNR_FOR_EVER = 7 };

uint32_t retry_rnr_us(unsigned int code)
{
	static const uint32_t us[32] = {
		655360, 10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1280, 1920,
		2560, 3840, 5120, 7680, 10240, 15360, 20480, 30720, 40960, 61440, 81920, 122880,
		163840, 245760, 327680, 491520,
	};

	return us[code & 31];
}

uint64_t retry_timeout_us(unsigned int code)
{
	uint64_t us = (4096ull << (code & 31)) / 1000;

	if (!(code & 31))
		return 0;
	return us ? us : 1;
}

static void on_timer(evutil_socket_t fd, short what, void *arg);

static void start(struct qp *qp, uint64_t us)
{
	struct requester *req = &qp->req;
	struct timeval tv = {
		.tv_sec = (time_t)(us / 1000000),
		.tv_usec = (suseconds_t)(us % 1000000),
	};

	if (!req->timer)
		req->timer = evtimer_new(qp->hca->model->base, on_timer, qp);
	if (!req->timer || evtimer_add(req->timer, &tv))
		hca_log(qp->hca, "qp %#x: no timer", qp->qpn);
	req->waiting = true;
	req->stamp = req->progress;
}

/*
 * The timer is armed once and looks at the progress when it fires, so that the
 * fast path never touches it: a loss is noticed after one to two timeouts,
 * which IBA allows (one to four).
 */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct qp *qp = arg;
	struct requester *req = &qp->req;

	(void)fd;
	(void)what;
	req->waiting = false;
	if (!qp_sends(qp) || qp->hca->dead)
		return;
	if (req->rnr_wait) {
		req->rnr_wait = false;
		qp_wake(qp);
		return;
	}
	if (!requester_in_flight(req))
		return;
	if (req->progress == req->stamp) {
		qp->counters->local_ack_timeout_err++;
		trace(qp->hca, "qp %#x timeout, psn %u, %u retries left", qp->qpn,
		      req->acked_psn, req->retries);
		retry_again(qp);
	}
	if (qp_sends(qp) && requester_in_flight(req))
		retry_arm(qp);
}

void retry_arm(struct qp *qp)
{
	uint64_t us = retry_timeout_us(qp->path.ack_timeout);

	if (!qp->req.waiting && us)
		start(qp, us);
}

void retry_progress(struct qp *qp)
{
	qp->req.progress++;
	qp->req.gap = false;
	qp->req.retries = qp->retry_count;
	qp->req.rnr_retries = qp->rnr_retry;
}

void retry_again(struct qp *qp)
{
	struct requester *req = &qp->req;

	if (req->retries == 0) {
		requester_fail(qp, req->head, CQE_SYND_RETRY_EXC, VENDOR_RETRY);
		return;
	}
	req->retries--;
	requester_rewind(qp, req->acked_psn);
	req->progress++;
	qp_wake(qp);
}

void retry_rnr(struct qp *qp, unsigned int code)
{
	struct requester *req = &qp->req;

	if (qp->rnr_retry != RNR_FOR_EVER && req->rnr_retries == 0) {
		requester_fail(qp, req->head, CQE_SYND_RNR_RETRY_EXC, VENDOR_RNR);
		return;
	}
	if (qp->rnr_retry != RNR_FOR_EVER)
		req->rnr_retries--;
	requester_rewind(qp, req->acked_psn);
	req->rnr_wait = true;
	start(qp, retry_rnr_us(code));
}

void retry_stop(struct qp *qp)
{
	qp->req.rnr_wait = false;
	qp->req.waiting = false;
	if (qp->req.timer)
		evtimer_del(qp->req.timer);
}

void retry_free(struct qp *qp)
{
	if (qp->req.timer)
		event_free(qp->req.timer);
	qp->req.timer = NULL;
}
