// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the first look at a packet: whose it is, and whether that QP may have
 * it. It must never know what the packet does.
 */
#include "tests/hca-model/hca.h"
#include "tests/hca-model/mgmt/mgmt.h"
#include "tests/hca-model/obj/mcg.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/qp_kind.h"
#include "tests/hca-model/transport/transport.h"

#define QKEY_QP1 0x80010000u

static void drop(struct hca *hca, const struct packet *pkt, const char *why)
{
	trace(hca, "dropped: %s for qp %#x psn %u from lid %#x: %s",
	      packet_opcode_name(pkt->opcode), pkt->dqpn, pkt->psn, pkt->slid, why);
}

static void count_violation(uint16_t *counter)
{
	if (*counter != UINT16_MAX)
		++*counter;
}

static bool pkey_ok(const struct qp *qp, const struct packet *pkt)
{
	const struct port *port = qp->hca->port;
	unsigned int index = qp->path.pkey_index;

	if (qp->type == QP_QP0)
		return true;
	if (qp->type != QP_QP1)
		return index < PORT_PKEYS && port_pkey_match(port->pkey[index], pkt->pkey);
	for (unsigned int i = 0; i < PORT_PKEYS; i++)
		if (port_pkey_match(port->pkey[i], pkt->pkey))
			return true;
	return false;
}

static bool qkey_ok(const struct qp *qp, const struct packet *pkt)
{
	if (qp->type == QP_QP0)
		return true;
	return pkt->qkey == (qp->type == QP_QP1 ? QKEY_QP1 : qp->qkey);
}

static bool source_ok(const struct qp *qp, const struct packet *pkt)
{
	return qp_is_datagram(qp) || pkt->slid == qp->path.dlid;
}

static bool may_have(struct qp *qp, const struct packet *pkt)
{
	struct hca *hca = qp->hca;

	if (!qp_receives(qp)) {
		drop(hca, pkt, "state");
		return false;
	}
	if (qp->type == QP_REG_UMR || packet_class(pkt) != qp_class(qp)) {
		drop(hca, pkt, "another transport");
		return false;
	}
	if (!pkey_ok(qp, pkt)) {
		count_violation(&hca->port->pkey_violations);
		drop(hca, pkt, "P_Key");
		return false;
	}
	if (!source_ok(qp, pkt)) {
		drop(hca, pkt, "another source");
		return false;
	}
	if (qp_is_datagram(qp) && !qkey_ok(qp, pkt)) {
		count_violation(&hca->port->qkey_violations);
		drop(hca, pkt, "Q_Key");
		return false;
	}
	return true;
}

static bool is_response(const struct packet *pkt)
{
	return packet_op(pkt) >= OP_READ_RESP_FIRST && packet_op(pkt) <= OP_ATOMIC_ACK;
}

static void hand_over(struct qp *qp, struct packet *pkt)
{
	if (!may_have(qp, pkt))
		return;
	if (qp_is_datagram(qp))
		responder_receive_ud(qp, pkt);
	else if (qp->type == QP_UC)
		responder_receive_uc(qp, pkt);
	else if (is_response(pkt))
		requester_receive(qp, pkt);
	else
		responder_receive(qp, pkt);
}

static void hand_over_multicast(struct qp *qp, void *arg)
{
	struct packet *pkt = arg;
	const struct port *port = qp->hca->port;

	/* not back to the QP that sent it */
	if (pkt->sqpn == qp->qpn && pkt->slid >> port->lmc == port->lid >> port->lmc)
		return;
	hand_over(qp, pkt);
}

void transport_receive(struct hca *hca, struct packet *pkt)
{
	struct qp *qp;

	if (hca->dead || (pkt->dqpn == 0 && mgmt_receive(hca, pkt)))
		return;
	if (pkt->dqpn == QPN_MULTICAST) {
		if (pkt->grh && packet_class(pkt) == BTH_UD)
			mcg_each(hca, pkt->dgid, hand_over_multicast, pkt);
		return;
	}
	qp = pkt->dqpn < 2 ? qp_special(hca, pkt->dqpn) : qp_get(hca, pkt->dqpn);
	if (qp && pkt->dqpn >= 2 && (qp->type == QP_QP0 || qp->type == QP_QP1))
		qp = NULL;
	if (qp)
		hand_over(qp, pkt);
	else
		drop(hca, pkt, "no such QP");
}
