// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what a responder has to send: ACKs, NAKs, read and atomic responses, in
 * order. It must never know how a request was executed.
 */
#include "tests/hca-model/transport/reply.h"

#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/events.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/packet.h"
#include "tests/hca-model/transport/payload.h"
#include "tests/hca-model/transport/qp_kind.h"
#include "tests/hca-model/transport/sender.h"

enum { CREDITS_UNLIMITED = 0x1f };

static struct reply *slot(struct responder *resp, uint32_t at)
{
	return &resp->replies[at % REPLIES];
}

static void put_on_wire(struct qp *qp, struct packet *pkt, enum bth_op op, const struct reply *r)
{
	pkt->opcode = bth(qp_class(qp), op);
	pkt->aeth_syndrome = r->syndrome;
	pkt->msn = r->msn;
	trace(qp->hca, "qp %#x -> lid %#x qp %#x: %s psn %u len %u syndrome %#x", qp->qpn,
	      pkt->dlid, pkt->dqpn, packet_opcode_name(pkt->opcode), pkt->psn, pkt->len,
	      r->syndrome);
	port_send(qp->hca->port, pkt);
}

static void send_short(struct qp *qp, const struct reply *r)
{
	struct packet pkt;

	sender_address(qp, &pkt);
	pkt.psn = r->psn;
	pkt.atomic_orig = r->orig;
	pkt.len = 0;
	pkt.n_sg = 0;
	put_on_wire(qp, &pkt, r->kind == REPLY_ATOMIC ? OP_ATOMIC_ACK : OP_ACK, r);
}

static void die(struct qp *qp, enum eqe_type event)
{
	if (event != EVENT_COMP)
		event_qp(qp->hca, qp->qpn, event);
	qp_set_error(qp, QP_ERR);
}

/* Append, and send at once if nothing is due before it. */
static void add(struct qp *qp, const struct reply *r)
{
	struct responder *resp = &qp->resp;

	if (!reply_due(qp)) {
		send_short(qp, r);
		if (r->fatal)
			die(qp, r->event);
		return;
	}
	if (resp->reply_tail - resp->reply_head == REPLIES)
		return;
	*slot(resp, resp->reply_tail++) = *r;
	resp->dying |= r->fatal;
}

/* Where in PSN order; what is due for the same request before it gives way. */
static void insert(struct qp *qp, const struct reply *r)
{
	struct responder *resp = &qp->resp;
	uint32_t at;

	for (at = resp->reply_head; at != resp->reply_tail; at++) {
		struct reply *old = slot(resp, at);

		if (psn_diff(old->psn, r->psn) == 0 && old->kind == r->kind) {
			bool again = old->again;

			*old = *r;
			old->again = again;
			return;
		}
		if (psn_diff(old->psn, r->psn) > 0 ||
		    (old->kind == REPLY_ACK && psn_diff(old->psn, r->psn) == 0))
			break;
		if (old->kind == REPLY_READ &&
		    psn_diff(old->psn + qp_packets(qp, old->len), r->psn) > 0) {
			old->end = (uint32_t)psn_diff(r->psn, old->psn) * qp_mtu(qp);
			old->cut = true;
		}
	}
	if (resp->reply_tail - resp->reply_head == REPLIES)
		return;
	for (uint32_t i = resp->reply_tail++; i != at; i--)
		*slot(resp, i) = *slot(resp, i - 1);
	*slot(resp, at) = *r;
	qp_wake(qp);
}

void reply_ack(struct qp *qp, uint32_t psn, uint8_t syndrome)
{
	struct responder *resp = &qp->resp;
	struct reply r = {
		.kind = REPLY_ACK,
		.syndrome = syndrome,
		.psn = psn,
		.msn = resp->msn,
	};

	if ((syndrome & AETH_KIND) == AETH_ACK)
		r.syndrome |= CREDITS_UNLIMITED;
	if (reply_due(qp)) {
		struct reply *newest = slot(resp, resp->reply_tail - 1);

		/* one ACK says what two would */
		if (newest->kind == REPLY_ACK && (newest->syndrome & AETH_KIND) == AETH_ACK &&
		    !newest->fatal) {
			*newest = r;
			return;
		}
	}
	add(qp, &r);
}

void reply_fatal(struct qp *qp, uint32_t psn, uint8_t nak, enum eqe_type event)
{
	struct reply r = {
		.kind = REPLY_ACK,
		.syndrome = AETH_NAK | nak,
		.fatal = true,
		.event = event,
		.psn = psn,
		.msn = qp->resp.msn,
	};

	add(qp, &r);
}

void reply_read(struct qp *qp, const struct packet *pkt, uint32_t pd, bool again)
{
	struct reply r = {
		.kind = REPLY_READ,
		.syndrome = AETH_ACK | CREDITS_UNLIMITED,
		.psn = pkt->psn,
		.msn = qp->resp.msn,
		.rkey = pkt->rkey,
		.pd = pd,
		.len = pkt->dma_len,
		.end = pkt->dma_len,
		.va = pkt->va,
		.again = again,
	};

	insert(qp, &r);
}

void reply_atomic(struct qp *qp, uint32_t psn, uint64_t orig, bool again)
{
	struct reply r = {
		.kind = REPLY_ATOMIC,
		.syndrome = AETH_ACK | CREDITS_UNLIMITED,
		.psn = psn,
		.msn = qp->resp.msn,
		.orig = orig,
		.again = again,
	};

	if (reply_due(qp))
		insert(qp, &r);
	else
		add(qp, &r);
}

unsigned int reply_reads(const struct qp *qp, bool again)
{
	const struct responder *resp = &qp->resp;
	unsigned int n = 0;

	for (uint32_t at = resp->reply_head; at != resp->reply_tail; at++)
		n += resp->replies[at % REPLIES].kind != REPLY_ACK &&
		     (again || !resp->replies[at % REPLIES].again);
	return n;
}

static enum bth_op read_op(bool first, bool last)
{
	if (last)
		return first ? OP_READ_RESP_ONLY : OP_READ_RESP_LAST;
	return first ? OP_READ_RESP_FIRST : OP_READ_RESP_MIDDLE;
}

static void send_data(struct qp *qp, struct reply *r)
{
	struct responder *resp = &qp->resp;
	uint32_t mtu = qp_mtu(qp), off = r->done;
	uint32_t len = r->len - off < mtu ? r->len - off : mtu;
	uint32_t psn = (r->psn + off / mtu) & PSN_MASK;
	struct access a = {
		.key = r->rkey,
		.pd = r->pd,
		.qpn = qp->qpn,
		.rights = MKEY_REMOTE_READ,
		.pieces_reserved_ok = qp->rlky,
	};
	uint8_t bounce[PACKET_MAX_PAYLOAD];
	struct reply copy = *r;
	enum access_result res;
	struct packet pkt;

	res = payload_borrow(qp->hca, &a, r->va + off, len, &pkt, bounce);
	if (res) {
		resp->reply_tail = resp->reply_head;
		if (res == ACCESS_DMA_FAULT)
			reply_fatal(qp, psn, NAK_REMOTE_OPERATION, EVENT_WQ_CATAS_ERROR);
		else
			reply_fatal(qp, psn, NAK_REMOTE_ACCESS, EVENT_WQ_ACCESS_ERROR);
		return;
	}
	r->done += len;
	if (r->done >= r->end)
		resp->reply_head++;
	sender_address(qp, &pkt);
	pkt.psn = psn;
	put_on_wire(qp, &pkt, read_op(off == 0, off + len == r->len), &copy);
}

bool reply_run(struct qp *qp, unsigned int *budget)
{
	struct responder *resp = &qp->resp;

	while (*budget && reply_due(qp) && qp_receives(qp)) {
		struct reply *r = slot(resp, resp->reply_head);

		if (r->cut && r->done >= r->end) {
			resp->reply_head++;
			continue;
		}
		--*budget;
		if (r->kind == REPLY_READ) {
			send_data(qp, r);
		} else {
			struct reply copy = *r;

			resp->reply_head++;
			send_short(qp, &copy);
			if (copy.fatal)
				die(qp, copy.event);
		}
	}
	return reply_due(qp) && qp_receives(qp);
}
