// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns receiving where nobody is told: unreliable connections and datagrams.
 * It must never send a packet.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/events.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/cqe.h"
#include "tests/hca-model/transport/execute.h"
#include "tests/hca-model/transport/qp_kind.h"
#include "tests/hca-model/transport/recvqueue.h"

enum {
	GRH_BYTES = 40,
	BTH_BYTES = 12, DETH_BYTES = 8, IMM_BYTES = 4, ICRC_BYTES = 4,
	NEXT_HEADER_IBA = 0x1b,
};

static void establish(struct qp *qp)
{
	if (qp->state != QP_RTR || qp->resp.established)
		return;
	qp->resp.established = true;
	event_qp(qp->hca, qp->qpn, EVENT_COMM_EST);
}

static void fail(struct qp *qp, enum eqe_type event)
{
	if (event != EVENT_COMP)
		event_qp(qp->hca, qp->qpn, event);
	qp_set_error(qp, QP_ERR);
}

static enum execute_result do_uc(struct qp *qp, const struct packet *pkt)
{
	struct execute_target to = { .srq = qp->srq, .pd = qp->pd };

	switch (packet_op(pkt)) {
	case OP_SEND_FIRST ... OP_SEND_ONLY_IMM:
	case OP_SEND_LAST_INV:
	case OP_SEND_ONLY_INV:
		return execute_send(qp, pkt, &to);
	case OP_WRITE_FIRST ... OP_WRITE_ONLY_IMM:
		return execute_write(qp, pkt, &to);
	default:
		return EXECUTE_INVALID;
	}
}

void responder_receive_uc(struct qp *qp, struct packet *pkt)
{
	struct responder *resp = &qp->resp;
	bool first = execute_is_first(pkt);

	/* a lost packet spoils its message; the next one starts anew */
	if (first || pkt->psn != resp->expected_psn)
		resp->message = MESSAGE_NONE;
	if (pkt->psn != resp->expected_psn)
		qp->counters->out_of_sequence++;
	resp->expected_psn = (packet_last_psn(pkt) + 1) & PSN_MASK;
	if (!first && resp->message == MESSAGE_NONE)
		return;
	establish(qp);
	switch (do_uc(qp, pkt)) {
	case EXECUTE_OK:
		return;
	case EXECUTE_RNR:
	case EXECUTE_INVALID:
		break;
	case EXECUTE_ACCESS:
		qp->counters->resp_remote_access_errors++;
		break;
	case EXECUTE_FAULT:
		fail(qp, EVENT_WQ_CATAS_ERROR);
		return;
	case EXECUTE_LENGTH:
	case EXECUTE_LOCAL:
		fail(qp, EVENT_COMP);
		return;
	}
	resp->message = MESSAGE_NONE;
}

/* IBA volume 1, 8.3: the header as it was on the wire. */
static void fill_grh(uint8_t grh[GRH_BYTES], const struct packet *pkt)
{
	bool imm = packet_op(pkt) == OP_SEND_ONLY_IMM;
	uint32_t word = htobe32(6u << 28 | (uint32_t)pkt->tclass << 20 |
				(pkt->flow_label & 0xfffff));
	uint16_t len = htobe16((uint16_t)(BTH_BYTES + DETH_BYTES + (imm ? IMM_BYTES : 0) +
					  ((pkt->len + 3) & ~3u) + ICRC_BYTES));

	memcpy(grh, &word, sizeof(word));
	memcpy(grh + 4, &len, sizeof(len));
	grh[6] = NEXT_HEADER_IBA;
	grh[7] = pkt->hop_limit;
	memcpy(grh + 8, pkt->sgid, sizeof(pkt->sgid));
	memcpy(grh + 24, pkt->dgid, sizeof(pkt->dgid));
}

static uint8_t store_datagram(struct qp *qp, const struct packet *pkt, uint8_t *vendor)
{
	uint8_t grh[GRH_BYTES], syndrome;

	*vendor = VENDOR_NONE;
	if (recv_room(qp->resp.wqe) < GRH_BYTES + (uint64_t)pkt->len)
		return CQE_SYND_LOCAL_LENGTH;
	if (!pkt->grh) {
		recv_skip(qp, GRH_BYTES);
	} else {
		fill_grh(grh, pkt);
		syndrome = recv_store_bytes(qp, grh, sizeof(grh), vendor);
		if (syndrome)
			return syndrome;
	}
	return recv_store(qp, pkt, 0, vendor);
}

void responder_receive_ud(struct qp *qp, struct packet *pkt)
{
	bool imm = packet_op(pkt) == OP_SEND_ONLY_IMM;
	struct cqe_message m = {
		.opcode = imm ? CQE_RESP_SEND_IMM : CQE_RESP_SEND,
		.imm = imm ? pkt->imm : 0,
		.bytes = GRH_BYTES + pkt->len,
	};
	uint8_t syndrome, vendor;
	int rc;

	if (packet_op(pkt) != OP_SEND_ONLY && !imm)
		return;
	rc = recv_take(qp, qp->srq);
	if (rc == -ENOENT) {
		qp->counters->out_of_buffer++;
		trace(qp->hca, "qp %#x: no receive WQE, dropped", qp->qpn);
		return;
	}
	if (rc) {
		fail(qp, EVENT_WQ_CATAS_ERROR);
		return;
	}
	establish(qp);
	qp->resp.wqe_taken = false;
	syndrome = store_datagram(qp, pkt, &vendor);
	if (syndrome) {
		cqe_receive_error(qp, qp->resp.wqe, syndrome, vendor);
		fail(qp, EVENT_COMP);
	} else if (cqe_receive(qp, qp->resp.wqe, &m, pkt)) {
		fail(qp, EVENT_WQ_CATAS_ERROR);
	}
}
