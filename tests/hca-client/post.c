// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how a work request becomes bytes of a ring. It must never know
 * completions.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "tests/hca-client/post.h"

/* The two halves of a BlueFlame register that doorbells alternate between. */
enum { BF_HALF = 0x100, IDX_SHIFT = 8 };

static uint8_t *put(uint8_t *p, const void *seg, size_t len)
{
	memcpy(p, seg, len);
	return p + len;
}

static uint8_t *put_av(uint8_t *p, const struct hc_av *av)
{
	struct wqe_av seg = {
		.qkey = htobe32(av->qkey),
		.dqp_dct = htobe32(av->qpn | WQE_AV_EXTENDED),
		.stat_rate_sl = av->sl & 0xf,
		.fl_mlid = av->path_bits & 0x7f,
		.rlid = htobe16(av->lid),
	};

	if (av->grh) {
		seg.hop_limit = av->hop_limit;
		seg.grh_gid_fl = htobe32(WQE_AV_GRH | (uint32_t)av->sgid_index << 20);
		memcpy(seg.rgid, av->dgid, 16);
	}
	return put(p, &seg, sizeof(seg));
}

static uint8_t *put_remote(uint8_t *p, const struct hc_wr *wr)
{
	struct wqe_raddr r = { .raddr = htobe64(wr->raddr), .rkey = htobe32(wr->rkey) };
	struct wqe_atomic a = { .swap_add = htobe64(wr->swap_add),
				.compare = htobe64(wr->compare) };

	switch (wr->opcode) {
	case WQE_RDMA_WRITE:
	case WQE_RDMA_WRITE_IMM:
	case WQE_RDMA_READ:
		return put(p, &r, sizeof(r));
	case WQE_ATOMIC_CS:
	case WQE_ATOMIC_FA:
		p = put(p, &r, sizeof(r));
		return put(p, &a, sizeof(a));
	default:
		return p;
	}
}

static uint8_t *put_list(uint8_t *p, const struct hc_sge *sge, unsigned int n)
{
	struct wqe_data d;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!sge[i].len)	/* in a ring 0 means 2 GiB */
			continue;
		d.byte_count = htobe32(sge[i].len);
		d.lkey = htobe32(sge[i].key);
		d.addr = htobe64(sge[i].va);
		p = put(p, &d, sizeof(d));
	}
	return p;
}

static uint8_t *put_inline(uint8_t *p, const struct hc_wr *wr)
{
	uint32_t pad = -(4 + wr->inl_len) & (WQE_DS - 1);

	ifc_store32(p, wr->inl_len | WQE_INLINE);
	p = put(p + 4, wr->inl, wr->inl_len);
	memset(p, 0, pad);
	return p + pad;
}

static size_t build(const struct hc_qp *qp, const struct hc_wr *wr, uint8_t *wqe)
{
	struct wqe_ctrl ctrl = { .fm_ce_se = wr->flags, .imm = htobe32(wr->imm) };
	struct wqe_xrc xrc = { .xrc_srqn = htobe32(wr->xrc_srqn) };
	uint8_t *p = wqe + sizeof(ctrl);
	size_t ds;

	if (qp->init.type == HC_XRC)
		p = put(p, &xrc, sizeof(xrc));
	if (wr->av)
		p = put_av(p, wr->av);
	p = put_remote(p, wr);
	if (wr->inl)
		p = put_inline(p, wr);
	else
		p = put_list(p, wr->sge, wr->n_sge);
	if (wr->raw)
		p = put(p, wr->raw, wr->raw_len);
	ds = wr->ds ? wr->ds : (size_t)(p - wqe + WQE_DS - 1) / WQE_DS;
	ctrl.opmod_idx_opcode = htobe32((uint32_t)qp->sq_pi << IDX_SHIFT | wr->opcode);
	ctrl.qpn_ds = htobe32(qp->qpn << 8 | (uint32_t)ds);
	put(wqe, &ctrl, sizeof(ctrl));
	return (size_t)(p - wqe);
}

uint16_t hc_post_send(struct hc_qp *qp, const struct hc_wr *wr)
{
	uint8_t wqe[HC_MAX_WQE + 2 * WQE_BB];
	uint16_t index = qp->sq_pi;
	size_t len = build(qp, wr, wqe);
	uint32_t entries = 1u << qp->init.log_sq;
	size_t off, n;

	for (off = 0; off < len; off += WQE_BB) {
		n = len - off < WQE_BB ? len - off : WQE_BB;
		memcpy(qp->sq + (size_t)(qp->sq_pi++ & (entries - 1)) * WQE_BB, wqe + off, n);
	}
	memcpy(qp->last_ctrl, wqe, sizeof(qp->last_ctrl));
	return index;
}

void hc_ring(struct hc *hc, struct hc_qp *qp)
{
	uint64_t off = (uint64_t)qp->uar * UAR_PAGE_SIZE + UAR_BF + (qp->bf_odd ? BF_HALF : 0);

	__atomic_store_n((uint32_t *)(qp->dbr.ptr + DBR_SND), htobe32(qp->sq_pi),
			 __ATOMIC_RELEASE);
	hc_bar_write(hc, off, qp->last_ctrl, sizeof(qp->last_ctrl));
	qp->bf_odd = !qp->bf_odd;
}

static void put_recv(uint8_t *wqe, size_t room, const struct hc_sge *sge, unsigned int n)
{
	struct wqe_data end = { .lkey = htobe32(WQE_TERMINATE_LKEY) };
	uint8_t *p = put_list(wqe, sge, n);

	if ((size_t)(p - wqe) < room)
		put(p, &end, sizeof(end));
}

uint16_t hc_post_recv(struct hc_qp *qp, const struct hc_sge *sge, unsigned int n)
{
	uint16_t index = qp->rq_pi++;
	size_t stride = (size_t)1 << qp->init.log_rq_stride;

	put_recv(qp->buf.ptr + (index & ((1u << qp->init.log_rq) - 1)) * stride, stride, sge, n);
	__atomic_store_n((uint32_t *)(qp->dbr.ptr + DBR_RCV), htobe32(qp->rq_pi),
			 __ATOMIC_RELEASE);
	return index;
}

static struct wqe_srq_next *srq_wqe(struct hc_srq *srq, uint16_t index)
{
	return (void *)(srq->buf.ptr + ((size_t)index << srq->log_stride));
}

int hc_post_srq_recv(struct hc_srq *srq, const struct hc_sge *sge, unsigned int n)
{
	struct wqe_srq_next *next = srq_wqe(srq, srq->head);
	size_t room = ((size_t)1 << srq->log_stride) - sizeof(*next);
	uint16_t index = srq->head;

	if (srq->head == srq->tail)	/* the last one stays: the HCA may look at its link */
		return -ENOSPC;
	srq->head = be16toh(next->next_wqe_index);
	put_recv((uint8_t *)(next + 1), room, sge, n);
	srq->posted++;
	__atomic_store_n((uint32_t *)(srq->dbr.ptr + DBR_RCV), htobe32(srq->posted),
			 __ATOMIC_RELEASE);
	return index;
}

void hc_srq_release(struct hc_srq *srq, uint16_t index)
{
	srq_wqe(srq, srq->tail)->next_wqe_index = htobe16(index);
	srq->tail = index;
}
