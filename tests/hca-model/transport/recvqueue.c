// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns receive WQEs: taking the next one from the QP's own queue or an SRQ,
 * and its scatter list. It must never know what arrives.
 */
#include "tests/hca-model/transport/recvqueue.h"

#include <endian.h>
#include <errno.h>

#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/qp.h"
#include "tests/hca-model/obj/srq.h"
#include "tests/hca-model/transport/cqe.h"
#include "tests/hca-model/transport/packet.h"
#include "tests/hca-model/transport/payload.h"

/* Whether one could be taken from the own queue; -EFAULT as for recv_take(). */
static int poll_own(struct qp *qp)
{
	struct responder *resp = &qp->resp;
	uint32_t record;

	if (!qp->has_rq)
		return -ENOENT;
	if (resp->taken != resp->posted)
		return 0;
	if (dma_read_be32(qp->hca, qp->dbr + DBR_RCV, &record))
		return -EFAULT;
	/* pairs with the barrier between WQE and record in the driver */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if ((uint16_t)((uint16_t)record - resp->taken) > 1u << qp->log_rq)
		return -EFAULT;
	resp->posted = (uint16_t)record;
	return resp->taken == resp->posted ? -ENOENT : 0;
}

static int take_own(struct qp *qp, struct recv_wqe *r, uint32_t *bytes)
{
	uint16_t slot = qp->resp.taken & ((1u << qp->log_rq) - 1);
	int rc = poll_own(qp);

	if (rc)
		return rc;
	*bytes = 1u << qp->log_rq_stride;
	if (*bytes > sizeof(r->seg))
		*bytes = sizeof(r->seg);
	if (pas_buf_read(qp->hca, &qp->buf, (uint64_t)slot << qp->log_rq_stride, r->seg, *bytes))
		return -EFAULT;
	r->index = qp->resp.taken++;
	r->pd = qp->pd;
	return 0;
}

int recv_take(struct qp *qp, struct srq *srq)
{
	struct recv_wqe *r = qp->resp.wqe;
	uint32_t bytes = 0;
	int rc;

	if (srq) {
		rc = srq_pop(qp->hca, srq, r->seg, sizeof(r->seg), &bytes, &r->index);
		r->pd = srq->pd;
	} else {
		rc = take_own(qp, r, &bytes);
	}
	if (rc)
		return rc;
	r->srq = srq;
	r->at = 0;
	r->at_off = 0;
	for (r->n_seg = 0; r->n_seg < bytes / WQE_DS; r->n_seg++)
		if (r->seg[r->n_seg].lkey == htobe32(WQE_TERMINATE_LKEY))
			break;
	qp->resp.wqe_taken = true;
	return 0;
}

static uint32_t seg_len(const struct wqe_data *d)
{
	uint32_t count = be32toh(d->byte_count);

	return count ? count : 1u << 31;
}

/* The next run of the list; 0 at its end. Moves the walk. */
static uint32_t walk_next(struct recv_wqe *r, uint32_t want, uint32_t *lkey, uint64_t *va)
{
	const struct wqe_data *d = &r->seg[r->at];
	uint32_t left;

	if (r->at == r->n_seg)
		return 0;
	left = seg_len(d) - r->at_off;
	if (want > left)
		want = left;
	*lkey = be32toh(d->lkey);
	*va = be64toh(d->addr) + r->at_off;
	r->at_off += want;
	if (want == left) {
		r->at++;
		r->at_off = 0;
	}
	return want;
}

uint64_t recv_room(const struct recv_wqe *r)
{
	uint64_t room = 0;

	for (unsigned int i = r->at; i < r->n_seg; i++)
		room += seg_len(&r->seg[i]);
	return room - r->at_off;
}

uint8_t recv_store(struct qp *qp, const struct packet *pkt, uint32_t off, uint8_t *vendor)
{
	struct recv_wqe *r = qp->resp.wqe;

	*vendor = VENDOR_NONE;
	while (off < pkt->len) {
		struct access a = {
			.pd = r->pd,
			.qpn = qp->qpn,
			.rights = MKEY_LOCAL_WRITE,
			.reserved_lkey_ok = qp->rlky,
		};
		enum access_result res;
		uint64_t va = 0;
		uint32_t n = walk_next(r, pkt->len - off, &a.key, &va);

		if (!n)
			return CQE_SYND_LOCAL_LENGTH;
		res = payload_store(qp->hca, &a, va, pkt, off, n);
		if (res) {
			*vendor = res == ACCESS_DMA_FAULT ? VENDOR_DMA_FAULT : VENDOR_NONE;
			return CQE_SYND_LOCAL_PROT;
		}
		off += n;
	}
	return CQE_SYND_NONE;
}

void recv_skip(struct qp *qp, uint32_t n)
{
	uint32_t lkey, some;
	uint64_t va;

	for (; n; n -= some) {
		some = walk_next(qp->resp.wqe, n, &lkey, &va);
		if (!some)
			return;
	}
}

uint8_t recv_store_bytes(struct qp *qp, const void *src, uint32_t len, uint8_t *vendor)
{
	struct packet pkt = {
		.len = len,
		.n_sg = 1,
		.sg[0] = { .iov_base = (void *)(uintptr_t)src, .iov_len = len },
	};

	return recv_store(qp, &pkt, 0, vendor);
}
