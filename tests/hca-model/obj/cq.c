// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the life of a CQ in motion: CQEs, overflow, arming, moderation. It must
 * never know what completed, or commands.
 */
#include "tests/hca-model/obj/cq.h"

#include <errno.h>
#include <string.h>

#include <event2/event.h>

#include "host-backend/hca/ifc/ifc.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/events.h"
#include "tests/hca-model/trace.h"

enum { CQ_SYNDROME_OVERFLOW = 1, CQ_SYNDROME_ACCESS = 2, CQ_INDEX_MASK = 0xffffff };

struct cq *cq_get(struct hca *hca, uint32_t cqn)
{
	return objtab_get(&hca->obj.cq, cqn);
}

static void cq_fail(struct hca *hca, struct cq *cq, uint8_t syndrome)
{
	if (cq->error)
		return;
	cq->error = true;
	hca_log(hca, "CQ 0x%x fails: %s", cq->cqn,
		syndrome == CQ_SYNDROME_OVERFLOW ? "overflow" : "ring not accessible");
	event_cq_error(hca, cq->cqn, syndrome);
}

static void cq_notify(struct cq *cq)
{
	cq->armed = false;
	cq->armed_solicited = false;
	cq->notified = cq->pi;
	if (cq->timer)
		event_del(cq->timer);
	eq_comp_event(cq->hca, cq->eqn, cq->cqn);
}

static void cq_timer(evutil_socket_t fd, short what, void *arg)
{
	struct cq *cq = arg;

	(void)fd;
	(void)what;
	if (cq->armed || cq->armed_solicited)
		cq_notify(cq);
}

/* A completion that an armed CQ reports: now, or when moderation lets it. */
static void cq_fire(struct cq *cq)
{
	struct timeval tv = { 0, cq->period_us };

	if (!cq->period_us || !cq->max_count ||
	    ((cq->pi - cq->notified) & CQ_INDEX_MASK) >= cq->max_count) {
		cq_notify(cq);
		return;
	}
	if (!cq->timer)
		cq->timer = evtimer_new(cq->hca->model->base, cq_timer, cq);
	if (!cq->timer)
		cq_notify(cq);
	else if (!evtimer_pending(cq->timer, NULL))
		evtimer_add(cq->timer, &tv);
}

/* CQEs that software has not consumed, by a fresh look at its record. */
static uint32_t cq_pending(struct hca *hca, struct cq *cq)
{
	uint32_t ci;

	if (dma_read_be32(hca, cq->dbr + DBR_CQ_CI, &ci) == 0)
		cq->ci = ci & CQ_INDEX_MASK;
	return (cq->pi - cq->ci) & CQ_INDEX_MASK;
}

static bool cq_full(struct hca *hca, struct cq *cq)
{
	uint32_t size = 1u << cq->log_size;

	if (((cq->pi - cq->ci) & CQ_INDEX_MASK) < size)
		return false;
	return cq_pending(hca, cq) >= size;
}

/* Write the 64 bytes at the producer index and move it. */
static int cq_write(struct hca *hca, struct cq *cq, struct cqe64 *cqe)
{
	uint64_t index = cq->pi & ((1u << cq->log_size) - 1);
	uint64_t off = index * cq->cqe_bytes + (cq->cqe_bytes - sizeof(*cqe));
	uint8_t *p = pas_buf_ptr(hca, &cq->buf, off, sizeof(*cqe), true);

	if (!p) {
		cq_fail(hca, cq, CQ_SYNDROME_ACCESS);
		return -EFAULT;
	}
	cqe->op_own = (uint8_t)((cqe->op_own & ~CQE_OWNER) | (cq->pi >> cq->log_size & 1));
	memcpy(p, cqe, sizeof(*cqe) - 8);
	__atomic_store_n((uint64_t *)(p + 56), ((const uint64_t *)cqe)[7], __ATOMIC_RELEASE);
	cq->pi = (cq->pi + 1) & CQ_INDEX_MASK;
	return 0;
}

int cq_post(struct hca *hca, struct cq *cq, struct cqe64 *cqe, bool solicited)
{
	int ret;

	if (cq->error)
		return -EOVERFLOW;
	if (!cq->ignore_overrun && cq_full(hca, cq)) {
		cq_fail(hca, cq, CQ_SYNDROME_OVERFLOW);
		return -EOVERFLOW;
	}
	ret = cq_write(hca, cq, cqe);
	if (ret)
		return ret;
	if (cqe->op_own >> 4 >= CQE_REQ_ERR)
		solicited = true;
	if (solicited)
		cq->last_solicited = cq->pi;
	if (cq->armed || (cq->armed_solicited && solicited))
		cq_fire(cq);
	return 0;
}

/* Whether @index is in (@after, pi]: the CQE before it came later than @after. */
static bool in_window(const struct cq *cq, uint32_t after, uint32_t index)
{
	return ((index - after - 1) & CQ_INDEX_MASK) < ((cq->pi - after) & CQ_INDEX_MASK);
}

void cq_arm_doorbell(struct hca *hca, uint32_t uar, uint32_t word0, uint32_t cqn)
{
	struct cq *cq = cq_get(hca, cqn & CQ_INDEX_MASK);
	uint32_t ci = word0 & CQ_INDEX_MASK;

	/* A doorbell through somebody else's page has no effect. */
	if (!cq || cq->uar != uar || cq->error)
		return;
	trace(hca, "arm cqn 0x%x ci %u pi %u%s", cq->cqn, ci, cq->pi,
	      word0 & DBR_CQ_SOLICITED_ONLY ? " solicited" : "");
	cq->ci = ci;
	if (word0 & DBR_CQ_SOLICITED_ONLY) {
		cq->armed_solicited = true;
		if (in_window(cq, ci, cq->last_solicited) &&
		    in_window(cq, cq->notified, cq->last_solicited))
			cq_fire(cq);
		return;
	}
	cq->armed = true;
	/* At once for CQEs that software has not consumed and that no event has
	 * told it of: it may arm before it polls. */
	if (in_window(cq, ci, cq->pi) && in_window(cq, cq->notified, cq->pi))
		cq_fire(cq);
}

int cq_switch_buffer(struct hca *hca, struct cq *cq, struct pas_buf *buf, uint8_t log_size)
{
	struct cqe64 cqe = { .op_own = CQE_RESIZE_CQ << 4 };
	int ret;

	if (cq_pending(hca, cq) > 1u << log_size)
		return -ENOSPC;
	ifc_store32(&cqe.sop_drop_qpn, cq->cqn);
	ret = cq_write(hca, cq, &cqe);
	if (ret)
		return ret;
	pas_buf_fini(&cq->buf);
	cq->buf = *buf;
	cq->log_size = log_size;
	return 0;
}
