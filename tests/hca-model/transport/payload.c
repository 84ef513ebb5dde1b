// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns moving bytes between protected host memory and packets. It must never
 * know what a message is.
 */
#include "tests/hca-model/transport/payload.h"

#include <string.h>

#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/qp.h"
#include "tests/hca-model/transport/packet.h"
#include "tests/hca-model/transport/wqe.h"

/* Resolve as much of [va, va + *len) as fits into @iov. */
static enum access_result resolve_some(struct hca *hca, const struct access *a, uint64_t va,
				       uint32_t *len, bool write, struct iovec *iov,
				       unsigned int max, unsigned int *n)
{
	enum access_result r;

	for (;;) {
		r = access_resolve(hca, a, va, *len, write, iov, max, n);
		if (r != ACCESS_TOO_MANY)
			return r;
		if (*len == 1)
			return ACCESS_PROTECTION;
		*len = (*len + 1) / 2;
	}
}

enum access_result payload_read(struct hca *hca, const struct access *a, uint64_t va, void *dst,
				uint32_t len)
{
	struct iovec iov[PACKET_SG];
	uint8_t *to = dst;
	enum access_result r;
	unsigned int n;

	while (len) {
		uint32_t some = len;

		r = resolve_some(hca, a, va, &some, false, iov, PACKET_SG, &n);
		if (r)
			return r;
		for (unsigned int i = 0; i < n; i++) {
			memcpy(to, iov[i].iov_base, iov[i].iov_len);
			to += iov[i].iov_len;
		}
		va += some;
		len -= some;
	}
	return ACCESS_OK;
}

enum access_result payload_store(struct hca *hca, const struct access *a, uint64_t va,
				 const struct packet *pkt, uint32_t off, uint32_t len)
{
	struct iovec iov[PACKET_SG];
	enum access_result r;
	unsigned int n;

	while (len) {
		uint32_t some = len;

		r = resolve_some(hca, a, va, &some, true, iov, PACKET_SG, &n);
		if (r)
			return r;
		for (unsigned int i = 0; i < n; i++) {
			packet_copy_out(pkt, off, iov[i].iov_base, (uint32_t)iov[i].iov_len);
			off += (uint32_t)iov[i].iov_len;
		}
		va += some;
		len -= some;
	}
	return ACCESS_OK;
}

static void use_bounce(struct packet *pkt, uint8_t *bounce, uint32_t len)
{
	pkt->sg[0] = (struct iovec) { .iov_base = bounce, .iov_len = len };
	pkt->n_sg = 1;
	pkt->len = len;
}

enum access_result payload_borrow(struct hca *hca, const struct access *a, uint64_t va,
				  uint32_t len, struct packet *pkt, uint8_t *bounce)
{
	enum access_result r;

	pkt->n_sg = 0;
	pkt->len = len;
	if (!len)
		return ACCESS_OK;
	r = access_resolve(hca, a, va, len, false, pkt->sg, PACKET_SG, &pkt->n_sg);
	if (r != ACCESS_TOO_MANY)
		return r;
	r = payload_read(hca, a, va, bounce, len);
	use_bounce(pkt, bounce, len);
	return r;
}

static struct access local_access(const struct qp *qp, uint32_t lkey, uint32_t rights)
{
	return (struct access) {
		.key = lkey,
		.pd = qp->pd,
		.qpn = qp->qpn,
		.rights = rights,
		.reserved_lkey_ok = qp->rlky,
	};
}

/* Where the walk stands: the segment and how much of it is wanted. Moves the walk. */
static const struct wqe_seg *walk_next(struct wqe_view *v, uint32_t want, uint32_t *at_off,
				       uint32_t *got)
{
	const struct wqe_seg *s = &v->seg[v->at];

	*at_off = v->at_off;
	*got = s->len - v->at_off < want ? s->len - v->at_off : want;
	v->pos += *got;
	v->at_off += *got;
	if (v->at_off == s->len) {
		v->at++;
		v->at_off = 0;
	}
	return s;
}

static enum access_result gather_bounced(struct qp *qp, struct wqe_view *v, uint32_t pos,
					 uint32_t len, uint8_t *bounce)
{
	wqe_seek(v, pos);
	while (len && v->at < v->n_seg) {
		uint32_t off, n;
		const struct wqe_seg *s = walk_next(v, len, &off, &n);
		enum access_result r = ACCESS_OK;

		if (s->inl) {
			memcpy(bounce, v->raw + s->addr + off, n);
		} else {
			struct access a = local_access(qp, s->lkey, MKEY_LOCAL_READ);

			r = payload_read(qp->hca, &a, s->addr + off, bounce, n);
		}
		if (r)
			return r;
		bounce += n;
		len -= n;
	}
	return len ? ACCESS_PROTECTION : ACCESS_OK;
}

/* Cut what the packet points to down to whole units. False: not even one. */
static bool keep_units(struct packet *pkt, uint32_t unit)
{
	size_t bytes = 0, extra;

	for (unsigned int i = 0; i < pkt->n_sg; i++)
		bytes += pkt->sg[i].iov_len;
	extra = bytes % unit;
	pkt->len = (uint32_t)(bytes - extra);
	while (extra) {
		struct iovec *last = &pkt->sg[pkt->n_sg - 1];

		if (last->iov_len > extra) {
			last->iov_len -= extra;
			break;
		}
		extra -= last->iov_len;
		pkt->n_sg--;
	}
	return pkt->len != 0;
}

enum access_result payload_gather(struct qp *qp, struct wqe_view *v, uint32_t pos, uint32_t len,
				  uint32_t unit, struct packet *pkt, uint8_t *bounce)
{
	uint32_t left = len;

	pkt->n_sg = 0;
	pkt->len = len;
	wqe_seek(v, pos);
	while (left && v->at < v->n_seg) {
		uint32_t off, n;
		const struct wqe_seg *s = walk_next(v, left, &off, &n);
		unsigned int pieces = 0;
		enum access_result r = ACCESS_TOO_MANY;

		if (s->inl && pkt->n_sg < PACKET_SG) {
			pkt->sg[pkt->n_sg].iov_base = v->raw + s->addr + off;
			pkt->sg[pkt->n_sg].iov_len = n;
			pieces = 1;
			r = ACCESS_OK;
		} else if (pkt->n_sg < PACKET_SG && n) {
			struct access a = local_access(qp, s->lkey, MKEY_LOCAL_READ);

			r = access_resolve(qp->hca, &a, s->addr + off, n, false,
					   pkt->sg + pkt->n_sg, PACKET_SG - pkt->n_sg, &pieces);
		}
		if (r && r != ACCESS_TOO_MANY)
			return r;
		pkt->n_sg += pieces;
		if (r) {
			if (keep_units(pkt, unit))
				return ACCESS_OK;
			use_bounce(pkt, bounce, unit);
			return gather_bounced(qp, v, pos, unit, bounce);
		}
		left -= n;
	}
	return left ? ACCESS_PROTECTION : ACCESS_OK;
}

enum access_result payload_scatter(struct qp *qp, struct wqe_view *v, uint32_t pos,
				   const struct packet *pkt)
{
	uint32_t done = 0;

	wqe_seek(v, pos);
	while (done < pkt->len && v->at < v->n_seg) {
		uint32_t off, n;
		const struct wqe_seg *s = walk_next(v, pkt->len - done, &off, &n);
		struct access a = local_access(qp, s->lkey, MKEY_LOCAL_WRITE);
		enum access_result r;

		r = payload_store(qp->hca, &a, s->addr + off, pkt, done, n);
		if (r)
			return r;
		done += n;
	}
	return done < pkt->len ? ACCESS_PROTECTION : ACCESS_OK;
}

enum access_result payload_probe(struct hca *hca, const struct access *a, uint64_t va,
				 uint32_t len, bool write)
{
	struct iovec iov;
	unsigned int n;
	enum access_result r;

	if (!len)
		return ACCESS_OK;
	if (va + len - 1 < va)
		return ACCESS_PROTECTION;
	r = access_resolve(hca, a, va, 1, write, &iov, 1, &n);
	if (r || len == 1)
		return r;
	return access_resolve(hca, a, va + len - 1, 1, write, &iov, 1, &n);
}

enum access_result payload_check(struct qp *qp, const struct wqe_view *v)
{
	for (unsigned int i = 0; i < v->n_seg; i++) {
		struct access a = local_access(qp, v->seg[i].lkey, MKEY_LOCAL_READ);
		enum access_result r;

		if (v->seg[i].inl)
			continue;
		r = payload_probe(qp->hca, &a, v->seg[i].addr, v->seg[i].len, false);
		if (r)
			return r;
	}
	return ACCESS_OK;
}
