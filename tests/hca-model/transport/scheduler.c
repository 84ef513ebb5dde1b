// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns whose turn it is: the ready list of an HCA, served round robin in
 * bounded slices. It must never know what a QP does with its turn.
 */
#include "tests/hca-model/hca.h"
#include "tests/hca-model/model.h"
#include "tests/hca-model/transport/qp_kind.h"
#include "tests/hca-model/transport/reply.h"
#include "tests/hca-model/transport/transport.h"

enum {
	SLICE = 64,			/* packets per call: 256 KiB of full ones */
	TURN = 16,			/* packets per QP and turn */
};

void qp_wake(struct qp *qp)
{
	if (qp->is_ready)
		return;
	qp->is_ready = true;
	TAILQ_INSERT_TAIL(&qp->hca->ready, qp, ready);
	model_kick(qp->hca->model);
}

/* The QP stays in the list meanwhile: what wakes it now is seen here. */
static bool take_turn(struct qp *qp, unsigned int *budget)
{
	bool more = false;

	if (qp_receives(qp))
		reply_run(qp, budget);
	if (qp->has_sq && qp_sends(qp))
		more = requester_run(qp, budget);
	return more || (reply_due(qp) && qp_receives(qp));
}

bool transport_run(struct hca *hca)
{
	unsigned int budget = SLICE;
	struct qp *qp;

	if (hca->dead)
		return false;
	while (budget && (qp = TAILQ_FIRST(&hca->ready))) {
		unsigned int turn = budget < TURN ? budget : TURN, left = turn;
		bool more = take_turn(qp, &left);

		TAILQ_REMOVE(&hca->ready, qp, ready);
		qp->is_ready = more;
		if (more)
			TAILQ_INSERT_TAIL(&hca->ready, qp, ready);
		budget -= left < turn ? turn - left : 1;
	}
	return !TAILQ_EMPTY(&hca->ready);
}
