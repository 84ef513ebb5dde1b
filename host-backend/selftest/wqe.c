// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the order and the bytes of WQE segments. Must never know rings, doorbells
 * or completions.
 */
#include "host-backend/selftest/wqe.h"

#include <endian.h>
#include <string.h>

#include "host-backend/hca/ifc/wqe.h"

enum { INDEX_SHIFT = 8, QPN_SHIFT = 8, HOP_LIMIT = 64 };

static uint8_t *put(uint8_t *at, const void *segment, size_t len)
{
	memcpy(at, segment, len);
	return at + len;
}

static uint8_t *put_address(uint8_t *at, const struct st_address *to)
{
	struct wqe_av av = {
		.qkey = htobe32(to->qkey),
		.dqp_dct = htobe32(to->qpn | WQE_AV_EXTENDED),
		.rlid = htobe16(to->lid),
	};

	if (to->grh) {
		av.hop_limit = HOP_LIMIT;
		av.grh_gid_fl = htobe32(WQE_AV_GRH);	/* our GID 0 */
		memcpy(av.rgid, to->gid, sizeof(av.rgid));
	}
	return put(at, &av, sizeof(av));
}

static uint8_t *put_remote(uint8_t *at, const struct st_send *send)
{
	const struct wqe_raddr remote = {
		.raddr = htobe64(send->remote_va), .rkey = htobe32(send->remote_key),
	};
	const struct wqe_atomic atomic = {
		.swap_add = htobe64(send->swap_add), .compare = htobe64(send->compare),
	};

	switch (send->opcode) {
	case WQE_ATOMIC_CS:
	case WQE_ATOMIC_FA:
		at = put(at, &remote, sizeof(remote));
		return put(at, &atomic, sizeof(atomic));
	case WQE_RDMA_WRITE:
	case WQE_RDMA_WRITE_IMM:
	case WQE_RDMA_READ:
		return put(at, &remote, sizeof(remote));
	default:
		return at;
	}
}

static uint8_t *put_pieces(uint8_t *at, const struct st_piece *pieces, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		const struct wqe_data data = {
			.byte_count = htobe32(pieces[i].len), .lkey = htobe32(pieces[i].key),
			.addr = htobe64(pieces[i].va),
		};

		at = put(at, &data, sizeof(data));
	}
	return at;
}

static uint8_t *put_inlined(uint8_t *at, const void *data, uint32_t len)
{
	const uint32_t head = htobe32(len | WQE_INLINE);
	size_t pad = -(sizeof(head) + len) % WQE_DS;

	at = put(at, &head, sizeof(head));
	at = put(at, data, len);
	memset(at, 0, pad);
	return at + pad;
}

size_t st_wqe_send(uint8_t *wqe, uint32_t qpn, uint16_t index, const struct st_send *send)
{
	struct wqe_ctrl ctrl = { .fm_ce_se = WQE_CTRL_CQ_UPDATE, .imm = htobe32(send->imm) };
	const struct wqe_xrc xrc = { .xrc_srqn = htobe32(send->xrc_srqn) };
	uint8_t *at = wqe + sizeof(ctrl);
	size_t len;

	if (send->xrc)
		at = put(at, &xrc, sizeof(xrc));
	if (send->to)
		at = put_address(at, send->to);
	at = put_remote(at, send);
	if (send->inlined)
		at = put_inlined(at, send->inlined, send->inlined_len);
	else
		at = put_pieces(at, send->pieces, send->n_pieces);
	len = (size_t)(at - wqe);
	ctrl.opmod_idx_opcode = htobe32((uint32_t)index << INDEX_SHIFT | send->opcode);
	ctrl.qpn_ds = htobe32(qpn << QPN_SHIFT | (uint32_t)(len / WQE_DS));
	put(wqe, &ctrl, sizeof(ctrl));
	return len;
}

void st_wqe_receive(uint8_t *wqe, unsigned int room, const struct st_piece *pieces,
		    unsigned int n)
{
	const struct wqe_data end = { .lkey = htobe32(WQE_TERMINATE_LKEY) };

	wqe = put_pieces(wqe, pieces, n);
	if (n < room)
		put(wqe, &end, sizeof(end));
}
