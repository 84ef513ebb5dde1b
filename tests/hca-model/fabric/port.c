// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the life, the state and the counters of a port, and the first and last
 * step of every packet. It must never know queue pairs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/fabric/faults.h"
#include "tests/hca-model/fabric/multicast.h"
#include "tests/hca-model/fabric/sm.h"
#include "tests/hca-model/fabric/switch.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/transport/packet.h"

enum {
	LRH_BYTES = 8, GRH_BYTES = 40, BTH_BYTES = 12, ICRC_BYTES = 4,
	RETH_BYTES = 16, AETH_BYTES = 4, IMM_BYTES = 4, ATOMIC_BYTES = 28, ATOMIC_ACK_BYTES = 12,
	DETH_BYTES = 8, XRCETH_BYTES = 4,
	PORT_CAP_DEFAULT = PORT_CAP_TRAP | PORT_CAP_SL_MAP | PORT_CAP_SYS_GUID |
			   PORT_CAP_EXT_SPEEDS | PORT_CAP_CLIENT_REREG,
};

/* Extended transport headers of each operation, without DETH and XRCETH (IBA table 38). */
static const uint8_t eth_bytes[32] = {
	[OP_SEND_LAST_IMM] = IMM_BYTES, [OP_SEND_ONLY_IMM] = IMM_BYTES,
	[OP_WRITE_FIRST] = RETH_BYTES, [OP_WRITE_LAST_IMM] = IMM_BYTES,
	[OP_WRITE_ONLY] = RETH_BYTES, [OP_WRITE_ONLY_IMM] = RETH_BYTES + IMM_BYTES,
	[OP_READ_REQUEST] = RETH_BYTES,
	[OP_READ_RESP_FIRST] = AETH_BYTES, [OP_READ_RESP_LAST] = AETH_BYTES,
	[OP_READ_RESP_ONLY] = AETH_BYTES, [OP_ACK] = AETH_BYTES,
	[OP_ATOMIC_ACK] = ATOMIC_ACK_BYTES,
	[OP_COMPARE_SWAP] = ATOMIC_BYTES, [OP_FETCH_ADD] = ATOMIC_BYTES,
	[OP_SEND_LAST_INV] = IMM_BYTES, [OP_SEND_ONLY_INV] = IMM_BYTES,
};

static bool op_is_response(enum bth_op op)
{
	return op >= OP_READ_RESP_FIRST && op <= OP_ATOMIC_ACK;
}

uint32_t port_wire_bytes(const struct packet *pkt)
{
	enum bth_op op = packet_op(pkt);
	uint32_t headers = LRH_BYTES + BTH_BYTES + ICRC_BYTES + eth_bytes[op];

	if (pkt->grh)
		headers += GRH_BYTES;
	if (packet_class(pkt) == BTH_UD)
		headers += DETH_BYTES;
	else if (packet_class(pkt) == BTH_XRC && !op_is_response(op))
		headers += XRCETH_BYTES;
	return packet_count(pkt) * headers + ((pkt->len + 3) & ~3u);
}

static void port_plug(struct port *port)
{
	bool up = port->link_up && port->admin_up;

	if (up && port->state == PORT_DOWN) {
		port->phys_state = PHYS_LINK_UP;
		port->state = PORT_INIT;
		port->far_state = PORT_INIT;
		port->fabric->port_changed = true;
		port->ops->changed(port->owner, PORT_CHANGE_INITIALIZED);
		sm_wake(port->fabric);
	} else if (!up) {
		port->phys_state = port->admin_up ? PHYS_POLLING : PHYS_DISABLED;
		if (port->state == PORT_DOWN)
			return;
		port->state = PORT_DOWN;
		port->far_state = PORT_DOWN;
		port->count.link_downed++;
		if (sm_is_on(port->fabric))
			multicast_forget(port->fabric, port->switch_port);
		port->fabric->port_changed = true;
		port->ops->changed(port->owner, PORT_CHANGE_DOWN);
	}
}

void port_set_link(struct port *port, bool up)
{
	port->link_up = up;
	port_plug(port);
}

void port_set_admin(struct port *port, bool up)
{
	port->admin_up = up;
	port_plug(port);
}

void port_retrain(struct port *port)
{
	bool link = port->link_up;

	port->link_up = false;
	port_plug(port);
	port->link_up = link;
	sm_wake(port->fabric);
}

void port_reset(struct port *port)
{
	port->cap_mask = PORT_CAP_DEFAULT;
	multicast_forget(port->fabric, port->switch_port);
	if (!port->admin_up)
		port_set_admin(port, true);
}

void port_set_state(struct port *port, uint8_t state)
{
	if (port->state == PORT_DOWN || port->state == state)
		return;
	port->state = state;
	if (state == PORT_ACTIVE)
		port->ops->changed(port->owner, PORT_CHANGE_ACTIVE);
	else if (state == PORT_INIT)
		port->ops->changed(port->owner, PORT_CHANGE_INITIALIZED);
}

void port_set_lid(struct port *port, uint16_t lid, uint8_t lmc)
{
	if (port->lid == lid && port->lmc == lmc)
		return;
	port->lid = lid;
	port->lmc = lmc;
	port->ops->changed(port->owner, PORT_CHANGE_LID);
}

void port_set_prefix(struct port *port, uint64_t prefix)
{
	bool changed = port->subnet_prefix != prefix;

	port->subnet_prefix = prefix;
	ifc_store64(port->gid[0], prefix);
	ifc_store64(port->gid[0] + 8, port->port_guid);
	if (changed)
		port->ops->changed(port->owner, PORT_CHANGE_GUID);
}

int port_create(struct fabric *fabric, const char *name, uint64_t guid, uint16_t device_id,
		const struct port_ops *ops, void *owner, struct port **out)
{
	struct port *port;
	unsigned int n;

	for (n = 1; n <= SWITCH_PORTS && fabric->ports[n]; n++)
		;
	if (n > SWITCH_PORTS)
		return -ENOSPC;
	port = calloc(1, sizeof(*port));
	if (!port)
		return -ENOMEM;
	port->fabric = fabric;
	port->ops = ops;
	port->owner = owner;
	port->name = name;
	port->node_guid = guid;
	port->sys_guid = guid;
	port->port_guid = guid;
	port->device_id = device_id;
	snprintf(port->node_desc, sizeof(port->node_desc), "MT%u ConnectX %.40s",
		 device_id == 0x1014 ? 4116u : 4115u, name);
	port->state = PORT_DOWN;
	port->far_state = PORT_DOWN;
	port->phys_state = PHYS_POLLING;
	port->mtu = PACKET_MAX_PAYLOAD;
	port->pkey[0] = 0xffff;
	port->cap_mask = PORT_CAP_DEFAULT;
	port->subnet_timeout = 18;
	port->subnet_prefix = GID_DEFAULT_PREFIX;
	port_set_prefix(port, GID_DEFAULT_PREFIX);
	port->switch_port = n;
	port->admin_up = true;
	port->link_up = true;
	fabric->ports[n] = port;
	if (n > fabric->top_port)
		fabric->top_port = n;
	sm_wake(fabric);
	*out = port;
	return 0;
}

void port_destroy(struct port *port)
{
	struct fabric *fabric;

	if (!port)
		return;
	fabric = port->fabric;
	faults_destroy(port);
	fabric_forget(fabric, port);
	multicast_forget(fabric, port->switch_port);
	sm_forget(fabric, port);
	fabric->ports[port->switch_port] = NULL;
	free(port);
}

void port_deliver(struct port *port, struct packet *pkt)
{
	if (port->state != PORT_ACTIVE &&
	    (port->state == PORT_DOWN || !packet_is_vl15(pkt->dqpn))) {
		if (packet_is_vl15(pkt->dqpn))
			port->count.vl15_dropped++;
		return;
	}
	port->count.rcv_bytes += port_wire_bytes(pkt);
	port->count.rcv_packets += packet_count(pkt);
	if (pkt->dlid >= LID_MULTICAST && pkt->dlid != LID_PERMISSIVE)
		port->count.multicast_rcv++;
	else
		port->count.unicast_rcv += packet_count(pkt);
	port->ops->receive(port->owner, pkt);
}

static bool lid_is_own(const struct port *port, uint16_t lid)
{
	return port->lid && (lid >> port->lmc) == (port->lid >> port->lmc);
}

/* After the sender's half of the line. */
static void port_leave(struct port *port, struct packet *pkt)
{
	if (lid_is_own(port, pkt->dlid))
		fabric_forward(port->fabric, port->switch_port, pkt);
	else
		fabric_route(port->fabric, port, pkt);
}

void port_send_now(struct port *port, struct packet *pkt)
{
	port->count.xmit_bytes += port_wire_bytes(pkt);
	port->count.xmit_packets += packet_count(pkt);
	if (pkt->dlid >= LID_MULTICAST && pkt->dlid != LID_PERMISSIVE)
		port->count.multicast_xmit++;
	else
		port->count.unicast_xmit += packet_count(pkt);
	if (port->faults)
		faults_pass(port, FAULT_TX, pkt, port_leave);
	else
		port_leave(port, pkt);
}

bool port_takes_runs(const struct port *port)
{
	const struct fabric *fabric = port->fabric;

	return !fabric->n_faulty && !fabric->depth && fabric->head == fabric->tail;
}

void port_send(struct port *port, struct packet *pkt)
{
	struct fabric *fabric = port->fabric;

	if (port->state != PORT_ACTIVE &&
	    (port->state == PORT_DOWN || !packet_is_vl15(pkt->dqpn))) {
		port->count.xmit_discards += packet_count(pkt);
		return;
	}
	if (!pkt->slid)
		pkt->slid = port->lid ? port->lid : LID_PERMISSIVE;
	if (fabric->depth || fabric->head != fabric->tail) {
		fabric_queue(fabric, port, 0, pkt);
		return;
	}
	fabric_enter(fabric);
	port_send_now(port, pkt);
	fabric_leave(fabric);
}

bool port_pkey_match(uint16_t a, uint16_t b)
{
	return (a & 0x7fff) == (b & 0x7fff) && (a & 0x7fff) && ((a | b) & 0x8000);
}
