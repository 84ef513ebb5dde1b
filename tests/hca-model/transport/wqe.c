// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what a send WQE says: reading it from the ring, checking its shape,
 * finding its data segments. It must never know when it is sent.
 */
#include "tests/hca-model/transport/wqe.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/qp.h"
#include "tests/hca-model/transport/qp_kind.h"

#define OP(x) (1ull << (x))

static uint64_t allowed_opcodes(enum qp_type type)
{
	const uint64_t sends = OP(WQE_SEND) | OP(WQE_SEND_IMM) | OP(WQE_NOP);
	const uint64_t local = OP(WQE_UMR) | OP(WQE_LOCAL_INVAL);
	const uint64_t writes = OP(WQE_RDMA_WRITE) | OP(WQE_RDMA_WRITE_IMM) | OP(WQE_SEND_INVAL);

	switch (type) {
	case QP_RC:
	case QP_XRC:
		return sends | local | writes | OP(WQE_RDMA_READ) | OP(WQE_ATOMIC_CS) |
		       OP(WQE_ATOMIC_FA);
	case QP_UC:
		return sends | local | writes;
	case QP_UD:
	case QP_QP0:
	case QP_QP1:
		return sends;
	case QP_REG_UMR:
		return local | OP(WQE_NOP);
	}
	return 0;
}

/* Copy @len bytes at byte @off of the SQ, which is a ring. */
static int sq_read(struct qp *qp, uint32_t off, void *dst, uint32_t len)
{
	uint32_t size = (uint32_t)WQE_BB << qp->log_sq;
	uint32_t first = len < size - off ? len : size - off;
	void *p = pas_buf_ptr(qp->hca, &qp->buf, qp->sq_offset + off, first, false);
	int rc;

	if (p) {
		memcpy(dst, p, first);
	} else {
		rc = pas_buf_read(qp->hca, &qp->buf, qp->sq_offset + off, dst, first);
		if (rc)
			return -EFAULT;
	}
	if (first == len)
		return 0;
	rc = pas_buf_read(qp->hca, &qp->buf, qp->sq_offset, (uint8_t *)dst + first, len - first);
	return rc ? -EFAULT : 0;
}

int wqe_load(struct qp *qp, uint16_t index, struct wqe_view *v)
{
	uint32_t slots = 1u << qp->log_sq;
	const struct wqe_ctrl *ctrl = (const struct wqe_ctrl *)v->raw;
	uint32_t bytes;
	int rc;

	v->valid = false;
	rc = sq_read(qp, (index & (slots - 1)) * WQE_BB, v->raw, WQE_BB);
	if (rc)
		return rc;
	v->ds = be32toh(ctrl->qpn_ds) & WQE_CTRL_DS_MASK;
	bytes = v->ds * WQE_DS;
	if (bytes <= WQE_BB || bytes > slots * WQE_BB)
		return 0;
	return sq_read(qp, ((index + 1u) & (slots - 1)) * WQE_BB, v->raw + WQE_BB, bytes - WQE_BB);
}

static uint8_t parse_data(struct wqe_view *v, uint32_t off, uint32_t end, bool is_read,
			  uint64_t *total)
{
	v->n_seg = 0;
	*total = 0;
	while (off < end) {
		const struct wqe_data *d = (const struct wqe_data *)(v->raw + off);
		struct wqe_seg *s = &v->seg[v->n_seg];
		uint32_t count = be32toh(d->byte_count);

		s->inl = count & WQE_INLINE;
		if (s->inl) {
			s->len = count & ~WQE_INLINE;
			s->addr = off + sizeof(d->byte_count);
			if (is_read || s->len > WQE_INLINE_MASK)
				return CQE_SYND_LOCAL_QP_OP;
			off += (sizeof(d->byte_count) + s->len + WQE_DS - 1) & ~(WQE_DS - 1u);
			if (off > end)
				return CQE_SYND_LOCAL_QP_OP;
		} else {
			/* a count of zero is 2 GiB: drivers leave empty segments out */
			s->len = count ? count : 1u << 31;
			s->lkey = be32toh(d->lkey);
			s->addr = be64toh(d->addr);
			off += sizeof(*d);
		}
		*total += s->len;
		v->n_seg++;
	}
	return CQE_SYND_NONE;
}

/* The segments between ctrl and data. Moves @off; false when the WQE is too short. */
static bool parse_headers(const struct qp *qp, const struct wqe_view *v, struct send_wqe *w,
			  uint32_t *off, uint32_t end)
{
	const uint8_t *raw = v->raw;

	if (qp->type == QP_XRC) {
		if (*off + sizeof(struct wqe_xrc) > end)
			return false;
		w->srqn = be32toh(((const struct wqe_xrc *)(raw + *off))->xrc_srqn) & 0xffffff;
		*off += sizeof(struct wqe_xrc);
	}
	if (qp_is_datagram(qp)) {
		if (*off + 16 > end)
			return false;
		*off += be32toh(wqe_av(v)->dqp_dct) & WQE_AV_EXTENDED ? sizeof(struct wqe_av) : 16;
		return *off <= end;
	}
	if (wqe_is_read(w) || w->opcode == WQE_RDMA_WRITE || w->opcode == WQE_RDMA_WRITE_IMM) {
		const struct wqe_raddr *r = (const struct wqe_raddr *)(raw + *off);

		if (*off + sizeof(*r) > end || (qp->hca->strict && r->reserved))
			return false;
		w->raddr = be64toh(r->raddr);
		w->rkey = be32toh(r->rkey);
		*off += sizeof(*r);
	}
	if (w->opcode == WQE_ATOMIC_CS || w->opcode == WQE_ATOMIC_FA) {
		const struct wqe_atomic *a = (const struct wqe_atomic *)(raw + *off);

		if (*off + sizeof(*a) > end)
			return false;
		w->swap_add = be64toh(a->swap_add);
		w->compare = be64toh(a->compare);
		*off += sizeof(*a);
	}
	return true;
}

/* WQE signatures and opcode modifiers are not offered. */
static bool ctrl_reserved_set(const struct wqe_ctrl *c)
{
	const uint8_t known = WQE_CTRL_SOLICITED | WQE_CTRL_CE_MASK | WQE_CTRL_FM_MASK;

	return be32toh(c->opmod_idx_opcode) >> 24 || (be32toh(c->qpn_ds) & 0xff & ~WQE_CTRL_DS_MASK) ||
	       c->signature || c->reserved[0] || c->reserved[1] || (c->fm_ce_se & ~known);
}

uint8_t wqe_parse(const struct qp *qp, struct wqe_view *v, struct send_wqe *w)
{
	const struct wqe_ctrl *ctrl = (const struct wqe_ctrl *)v->raw;
	uint32_t off = sizeof(*ctrl), end = v->ds * WQE_DS;
	uint64_t total;
	uint8_t syndrome;

	memset(w, 0, sizeof(*w));
	w->opcode = be32toh(ctrl->opmod_idx_opcode) & 0xff;
	w->fm_ce_se = ctrl->fm_ce_se;
	w->imm = be32toh(ctrl->imm);
	w->ds = (uint8_t)v->ds;
	v->n_seg = 0;
	v->pos = v->at_off = v->at = 0;
	if (v->ds == 0 || end > (uint32_t)WQE_BB << qp->log_sq)
		return CQE_SYND_LOCAL_QP_OP;
	if (w->opcode >= 64 || !(allowed_opcodes(qp->type) & OP(w->opcode)))
		return CQE_SYND_LOCAL_QP_OP;
	if (qp->hca->strict && (be32toh(ctrl->qpn_ds) >> 8 != qp->qpn || ctrl_reserved_set(ctrl)))
		return CQE_SYND_LOCAL_QP_OP;
	w->local = w->opcode == WQE_NOP || w->opcode == WQE_UMR || w->opcode == WQE_LOCAL_INVAL;
	if (w->local)
		return CQE_SYND_NONE;

	if (!parse_headers(qp, v, w, &off, end))
		return CQE_SYND_LOCAL_QP_OP;
	syndrome = parse_data(v, off, end, wqe_is_read(w), &total);
	if (syndrome)
		return syndrome;
	w->packets = 1;
	if (w->opcode == WQE_ATOMIC_CS || w->opcode == WQE_ATOMIC_FA) {
		w->len = 8;
		return total < 8 ? CQE_SYND_LOCAL_LENGTH : CQE_SYND_NONE;
	}
	if (total > 1ull << qp->log_msg_max || (qp_is_datagram(qp) && total > qp_mtu(qp)))
		return CQE_SYND_LOCAL_LENGTH;
	w->len = (uint32_t)total;
	w->packets = qp_packets(qp, w->len);
	return CQE_SYND_NONE;
}

struct wqe_view *wqe_view_get(struct qp *qp, uint32_t counter, unsigned int slot)
{
	const struct send_wqe *w = &qp->req.ring[counter & qp->req.mask];
	struct wqe_view *v = &qp->req.view[slot];
	struct send_wqe again;

	if (v->valid && v->counter == counter)
		return v;
	if (wqe_load(qp, w->index, v))
		return NULL;
	if (wqe_parse(qp, v, &again) || again.opcode != w->opcode || again.len != w->len ||
	    again.ds != w->ds)
		return NULL;
	v->valid = true;
	v->counter = counter;
	return v;
}

void wqe_seek(struct wqe_view *v, uint32_t pos)
{
	uint32_t skip;

	if (v->pos == pos)
		return;
	if (pos < v->pos)
		v->pos = v->at_off = v->at = 0;
	skip = pos - v->pos;
	while (skip && v->at < v->n_seg) {
		uint32_t left = v->seg[v->at].len - v->at_off;

		if (skip < left) {
			v->at_off += skip;
			break;
		}
		skip -= left;
		v->at++;
		v->at_off = 0;
	}
	v->pos = pos;
}

const char *wqe_opcode_name(uint8_t opcode)
{
	switch (opcode) {
	case WQE_NOP: return "NOP";
	case WQE_SEND_INVAL: return "SEND_INVAL";
	case WQE_RDMA_WRITE: return "RDMA_WRITE";
	case WQE_RDMA_WRITE_IMM: return "RDMA_WRITE_IMM";
	case WQE_SEND: return "SEND";
	case WQE_SEND_IMM: return "SEND_IMM";
	case WQE_TSO: return "TSO";
	case WQE_RDMA_READ: return "RDMA_READ";
	case WQE_ATOMIC_CS: return "ATOMIC_CS";
	case WQE_ATOMIC_FA: return "ATOMIC_FA";
	case WQE_ATOMIC_MASKED_CS: return "ATOMIC_MASKED_CS";
	case WQE_ATOMIC_MASKED_FA: return "ATOMIC_MASKED_FA";
	case WQE_LOCAL_INVAL: return "LOCAL_INVAL";
	case WQE_UMR: return "UMR";
	default: return "?";
	}
}
