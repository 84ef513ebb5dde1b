// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns request packets: what a send WQE looks like on the wire. It must never
 * know when a WQE may be sent, or when it is done.
 */
#include "tests/hca-model/transport/sender.h"

#include <endian.h>
#include <string.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/cqe.h"
#include "tests/hca-model/transport/payload.h"
#include "tests/hca-model/transport/qp_kind.h"
#include "tests/hca-model/transport/retry.h"
#include "tests/hca-model/transport/wqe.h"

enum {
	ASK_PACKETS = 64,		/* at most so many packets without a question */
	ASK_MESSAGES = 16,
	LID_MULTICAST = 0xc000,
	PKEY_DEFAULT = 0xffff,
};

#define QKEY_PRIVILEGED 0x80000000u	/* in an AV: use the QP's Q_Key */

static uint16_t pkey_at(const struct port *port, unsigned int index)
{
	return index < PORT_PKEYS ? port->pkey[index] : 0;
}

/* The port's LID with path bits; 0 lets the port fill its own. */
static uint16_t source_lid(const struct port *port, unsigned int bits)
{
	return (uint16_t)(port->lid | (bits & ((1u << port->lmc) - 1)));
}

void sender_address(const struct qp *qp, struct packet *pkt)
{
	const struct port *port = qp->hca->port;
	const struct qp_path *path = &qp->path;

	memset(pkt, 0, offsetof(struct packet, len));
	pkt->slid = source_lid(port, path->path_bits);
	pkt->dlid = path->dlid;
	pkt->sl = path->sl;
	pkt->pkey = pkey_at(port, path->pkey_index);
	pkt->dqpn = qp->remote_qpn;
	if (path->grh) {
		pkt->grh = true;
		pkt->tclass = path->tclass;
		pkt->hop_limit = path->hop_limit;
		pkt->flow_label = path->flow_label;
		memcpy(pkt->sgid, port->gid[path->sgid_index % PORT_GIDS], sizeof(pkt->sgid));
		memcpy(pkt->dgid, path->dgid, sizeof(pkt->dgid));
	}
}

static void address_datagram(const struct qp *qp, const struct wqe_av *av, struct packet *pkt)
{
	const struct port *port = qp->hca->port;
	uint32_t dqp = be32toh(av->dqp_dct);
	uint32_t grh = be32toh(av->grh_gid_fl);

	memset(pkt, 0, offsetof(struct packet, len));
	pkt->slid = source_lid(port, av->fl_mlid & 0x7f);
	pkt->dlid = be16toh(av->rlid);
	if (av->fl_mlid & 0x80)
		pkt->dlid = port->lid;
	pkt->sl = av->stat_rate_sl & 0xf;
	pkt->dqpn = dqp & 0xffffff;
	pkt->qkey = be32toh(av->qkey);
	if (pkt->qkey & QKEY_PRIVILEGED)
		pkt->qkey = qp->qkey;
	pkt->sqpn = qp->qpn;
	pkt->pkey = pkey_at(port, qp->path.pkey_index);
	if (qp->type == QP_QP0 || qp->type == QP_QP1)
		pkt->sqpn = qp->type == QP_QP1;
	if (qp->type == QP_QP0)
		pkt->pkey = PKEY_DEFAULT;
	if ((dqp & WQE_AV_EXTENDED) && (grh & WQE_AV_GRH)) {
		pkt->grh = true;
		pkt->tclass = av->tclass;
		pkt->hop_limit = av->hop_limit;
		pkt->flow_label = grh & 0xfffff;
		memcpy(pkt->sgid, port->gid[(grh >> 20 & 0xff) % PORT_GIDS], sizeof(pkt->sgid));
		memcpy(pkt->dgid, av->rgid, sizeof(pkt->dgid));
	}
}

static enum bth_op send_op(const struct send_wqe *w, bool first, bool last)
{
	if (!last)
		return first ? OP_SEND_FIRST : OP_SEND_MIDDLE;
	switch (w->opcode) {
	case WQE_SEND_IMM: return first ? OP_SEND_ONLY_IMM : OP_SEND_LAST_IMM;
	case WQE_SEND_INVAL: return first ? OP_SEND_ONLY_INV : OP_SEND_LAST_INV;
	default: return first ? OP_SEND_ONLY : OP_SEND_LAST;
	}
}

static enum bth_op write_op(const struct send_wqe *w, bool first, bool last)
{
	if (!last)
		return first ? OP_WRITE_FIRST : OP_WRITE_MIDDLE;
	if (w->opcode == WQE_RDMA_WRITE_IMM)
		return first ? OP_WRITE_ONLY_IMM : OP_WRITE_LAST_IMM;
	return first ? OP_WRITE_ONLY : OP_WRITE_LAST;
}

/* The last packet of a message: does it ask, or will a later one? */
static bool asks_at_end(struct qp *qp)
{
	struct requester *req = &qp->req;
	uint32_t next = req->cursor + 1;
	const struct send_wqe *w;

	if (req->ask || req->unasked + 1 >= ASK_MESSAGES || qp->state != QP_RTS)
		return true;
	if (next == req->tail && !requester_fetch(qp))
		return true;
	w = &req->ring[next & req->mask];
	return w->syndrome || w->local ||
	       (w->fm_ce_se & WQE_CTRL_FM_MASK) == WQE_FM_STRONG_ORDERING;
}

static void count_ask(struct requester *req, struct packet *pkt, bool last)
{
	if (pkt->ack_req) {
		req->asked_psn = packet_last_psn(pkt);
		req->unasked = 0;
		req->ask = false;
	} else if (last) {
		req->unasked++;
	}
}

/* PSNs move on by @n; the cursor too when the WQE is complete. */
static void advance(struct qp *qp, struct send_wqe *w, uint32_t n)
{
	struct requester *req = &qp->req;

	if (!requester_in_flight(req))
		req->progress++;
	w->sent += n;
	req->next_psn = (req->next_psn + n) & PSN_MASK;
	if (psn_diff(req->next_psn, req->top_psn) > 0)
		req->top_psn = req->next_psn;
	if (w->sent == w->packets) {
		req->cursor++;
		if (wqe_is_read(w))
			req->reads++;
	}
	if (qp_is_reliable(qp))
		retry_arm(qp);
	else
		req->acked_psn = req->next_psn;
}

static void put_on_wire(struct qp *qp, struct packet *pkt)
{
	trace(qp->hca, "qp %#x -> lid %#x qp %#x: %s psn %u len %u%s", qp->qpn, pkt->dlid,
	      pkt->dqpn, packet_opcode_name(pkt->opcode), pkt->psn, pkt->len,
	      pkt->ack_req ? " ack" : "");
	port_send(qp->hca->port, pkt);
}

/* One packet asks for everything, or for what was not answered yet. */
static void send_read(struct qp *qp, struct send_wqe *w)
{
	struct requester *req = &qp->req;
	uint64_t done = (uint64_t)w->sent * qp_mtu(qp);
	enum bth_op op = OP_READ_REQUEST;
	struct packet pkt;

	sender_address(qp, &pkt);
	if (w->opcode == WQE_ATOMIC_CS)
		op = OP_COMPARE_SWAP;
	else if (w->opcode == WQE_ATOMIC_FA)
		op = OP_FETCH_ADD;
	pkt.opcode = bth(qp_class(qp), op);
	pkt.ack_req = true;
	pkt.psn = req->next_psn;
	pkt.va = w->raddr + done;
	pkt.rkey = w->rkey;
	pkt.dma_len = w->len - (uint32_t)done;
	pkt.swap_add = w->swap_add;
	pkt.compare = w->compare;
	pkt.xrc_srqn = w->srqn;
	pkt.len = 0;
	pkt.n_sg = 0;
	advance(qp, w, w->packets - w->sent);
	req->asked_psn = (req->next_psn - 1) & PSN_MASK;
	req->unasked = 0;
	req->ask = false;
	put_on_wire(qp, &pkt);
}

static bool is_write(const struct send_wqe *w)
{
	return w->opcode == WQE_RDMA_WRITE || w->opcode == WQE_RDMA_WRITE_IMM;
}

static uint32_t at_most(uint32_t n, uint32_t limit)
{
	return n < limit ? n : limit;
}

/*
 * How many packets may go as one: none that begins or ends a message, asks
 * before the run ends or is sent again, and only where nobody could lose or see
 * a single one of them.
 */
static uint32_t run_of(const struct qp *qp, const struct send_wqe *w, uint32_t room)
{
	const struct requester *req = &qp->req;

	if (w->sent == 0 || w->packets - w->sent < 3 || req->ask ||
	    req->next_psn != req->top_psn || trace_on(qp->hca) || !port_takes_runs(qp->hca->port))
		return 1;
	return at_most(at_most(w->packets - w->sent - 1, room),
		       ASK_PACKETS - w->sent % ASK_PACKETS);
}

static uint32_t send_data(struct qp *qp, struct send_wqe *w, uint32_t room)
{
	struct requester *req = &qp->req;
	uint32_t at = req->cursor, mtu = qp_mtu(qp);
	uint32_t off = w->sent * mtu;
	uint32_t n = run_of(qp, w, room);
	uint32_t len = at_most(w->len - off, n * mtu);
	bool first = w->sent == 0, last = w->sent + 1 == w->packets;
	struct wqe_view *v = wqe_view_get(qp, at, at & 1);
	uint8_t bounce[PACKET_MAX_PAYLOAD];
	enum access_result res;
	struct packet pkt;

	if (!v) {
		requester_fail(qp, at, CQE_SYND_LOCAL_QP_OP, VENDOR_CHANGED);
		return 1;
	}
	res = first && !last ? payload_check(qp, v) : ACCESS_OK;
	if (!res)
		res = payload_gather(qp, v, off, len, at_most(len, mtu), &pkt, bounce);
	if (res) {
		requester_fail(qp, at, CQE_SYND_LOCAL_PROT,
			       res == ACCESS_DMA_FAULT ? VENDOR_DMA_FAULT : VENDOR_NONE);
		return 1;
	}
	n = qp_packets(qp, pkt.len);
	if (qp_is_datagram(qp))
		address_datagram(qp, wqe_av(v), &pkt);
	else
		sender_address(qp, &pkt);
	pkt.opcode = bth(qp_class(qp), is_write(w) ? write_op(w, first, last)
						   : send_op(w, first, last));
	pkt.psn = req->next_psn;
	pkt.more = n - 1;
	pkt.va = w->raddr;
	pkt.rkey = w->rkey;
	pkt.dma_len = w->len;
	pkt.imm = w->imm;
	pkt.xrc_srqn = w->srqn;
	pkt.solicited = last && (w->fm_ce_se & WQE_CTRL_SOLICITED);
	if (qp_is_reliable(qp)) {
		pkt.ack_req = last ? asks_at_end(qp)
				   : req->ask || (w->sent + n) % ASK_PACKETS == 0;
		if (!qp_sends(qp))
			return 1;
		count_ask(req, &pkt, last);
	}
	advance(qp, w, n);
	put_on_wire(qp, &pkt);
	if (!qp_is_reliable(qp))
		requester_reap(qp);
	return n;
}

uint32_t sender_send(struct qp *qp, struct send_wqe *w, uint32_t room)
{
	if (!wqe_is_read(w))
		return send_data(qp, w, room);
	send_read(qp, w);
	return 1;
}
