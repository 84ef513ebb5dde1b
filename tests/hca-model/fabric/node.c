// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what reaches the switch itself: its agents and the directed routes that
 * pass. It must never know an attribute. Source: IBA volume 1, 14.2.2.
 */
#include "tests/hca-model/fabric/node.h"
#include "tests/hca-model/fabric/sa.h"
#include "tests/hca-model/fabric/sm.h"
#include "tests/hca-model/fabric/switch.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/mgmt/pma.h"
#include "tests/hca-model/transport/packet.h"

void node_reply(struct fabric *fabric, unsigned int in, const struct packet *req, uint8_t *mad,
		uint32_t sqpn)
{
	bool direct = req->dlid == LID_PERMISSIVE;
	struct packet pkt = {
		.slid = direct ? LID_PERMISSIVE : req->dlid,
		.dlid = direct ? LID_PERMISSIVE : req->slid,
		.sl = req->sl,
		.opcode = bth(BTH_UD, OP_SEND_ONLY),
		.pkey = req->pkey,
		.qkey = sqpn ? QKEY_GSI : 0,
		.dqpn = req->sqpn,
		.sqpn = sqpn,
		.len = MAD_BYTES,
		.n_sg = 1,
		.sg = { { .iov_base = mad, .iov_len = MAD_BYTES } },
	};

	fabric_send(fabric, in, &pkt);
}

static bool is_request(const uint8_t *mad)
{
	return mad[MAD_METHOD] == METHOD_GET || mad[MAD_METHOD] == METHOD_SET;
}

/* perfquery on the switch: what its port sends is what the HCA's port gets. */
static void answer_pma(struct fabric *fabric, unsigned int in, const struct packet *pkt,
		       uint8_t *mad)
{
	unsigned int n = mad[PMA_DATA + 1];
	const struct port *port = n <= SWITCH_PORTS ? fabric->ports[n] : NULL;
	struct port far = { 0 };

	if (!is_request(mad))
		return;
	if (port) {
		far.count.xmit_bytes = port->count.rcv_bytes;
		far.count.rcv_bytes = port->count.xmit_bytes;
		far.count.xmit_packets = port->count.rcv_packets;
		far.count.rcv_packets = port->count.xmit_packets;
		far.count.unicast_xmit = port->count.unicast_rcv;
		far.count.unicast_rcv = port->count.unicast_xmit;
		far.count.multicast_xmit = port->count.multicast_rcv;
		far.count.multicast_rcv = port->count.multicast_xmit;
		far.count.link_downed = port->count.link_downed;
	}
	mad[PMA_DATA + 1] = 1;
	pma_answer(&far, mad);
	mad[PMA_DATA + 1] = (uint8_t)n;
	node_reply(fabric, in, pkt, mad, 1);
}

void node_receive(struct fabric *fabric, unsigned int in, struct packet *pkt)
{
	uint8_t mad[MAD_BYTES];

	if (pkt->dqpn > 1 || pkt->len != MAD_BYTES || pkt->opcode != bth(BTH_UD, OP_SEND_ONLY))
		return;
	packet_copy_out(pkt, 0, mad, MAD_BYTES);
	if (pkt->dqpn == 0) {
		if (mad[MAD_CLASS] != CLASS_SMP_LID || !is_request(mad))
			return;
		node_answer(fabric, in, mad);
		node_reply(fabric, in, pkt, mad, 0);
	} else if (mad[MAD_CLASS] == CLASS_SA && sm_is_on(fabric)) {
		sa_receive(fabric, in, pkt);
	} else if (mad[MAD_CLASS] == CLASS_PMA) {
		answer_pma(fabric, in, pkt, mad);
	}
}

static void pass_on(struct fabric *fabric, unsigned int n, const struct packet *pkt, uint8_t *mad)
{
	struct packet copy = *pkt;

	copy.n_sg = 1;
	copy.sg[0].iov_base = mad;
	copy.sg[0].iov_len = MAD_BYTES;
	fabric_send(fabric, n, &copy);
}

static void go_out(struct fabric *fabric, unsigned int in, const struct packet *pkt, uint8_t *mad)
{
	uint8_t ptr = mad[SMP_HOP_PTR], cnt = mad[SMP_HOP_CNT];

	if (!ptr || ptr > cnt || cnt > SMP_MAX_HOPS)
		return;
	mad[SMP_RETURN_PATH + ptr] = (uint8_t)in;
	if (ptr < cnt) {
		mad[SMP_HOP_PTR]++;
		pass_on(fabric, mad[SMP_INITIAL_PATH + ptr + 1], pkt, mad);
		return;
	}
	/* The end of the route is here: answer, and the way back begins. */
	if (!is_request(mad))
		return;
	node_answer(fabric, in, mad);
	mad_put16(mad + MAD_STATUS, mad_get16(mad + MAD_STATUS) | STATUS_DIRECTION);
	node_reply(fabric, in, pkt, mad, 0);
}

static void go_back(struct fabric *fabric, const struct packet *pkt, uint8_t *mad)
{
	uint8_t ptr = mad[SMP_HOP_PTR];

	if (ptr < 2 || ptr > mad[SMP_HOP_CNT] || mad[SMP_HOP_CNT] > SMP_MAX_HOPS)
		return;
	mad[SMP_HOP_PTR]--;
	pass_on(fabric, mad[SMP_RETURN_PATH + ptr - 1], pkt, mad);
}

void node_route_direct(struct fabric *fabric, unsigned int in, struct packet *pkt)
{
	uint8_t mad[MAD_BYTES];

	if (pkt->dqpn != 0 || pkt->len != MAD_BYTES)
		return;
	packet_copy_out(pkt, 0, mad, MAD_BYTES);
	if (mad[MAD_CLASS] != CLASS_SMP_DIRECT)
		return;
	if (mad_get16(mad + MAD_STATUS) & STATUS_DIRECTION)
		go_back(fabric, pkt, mad);
	else
		go_out(fabric, in, pkt, mad);
}
