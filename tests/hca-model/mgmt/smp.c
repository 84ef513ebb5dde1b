// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the subnet management agent of a port: attributes, M_Key, answers on
 * the wire. It must never know HCAs or commands. Source: IBA volume 1, 14.2.
 */
#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/fabric/port.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/mgmt/smp.h"
#include "tests/hca-model/transport/packet.h"

enum {
	PKEYS_PER_BLOCK = 32, GUIDS_PER_BLOCK = 8,
	NODE_TYPE_CA = 1,
	PERMISSIVE = 0xffff,
};

typedef uint16_t (*attr_fn)(struct port *port, uint8_t *data, uint32_t mod);

static uint16_t get_node_desc(struct port *port, uint8_t *data, uint32_t mod)
{
	(void)mod;
	memcpy(data, port->node_desc, sizeof(port->node_desc));
	return STATUS_OK;
}

static uint16_t get_node_info(struct port *port, uint8_t *data, uint32_t mod)
{
	(void)mod;
	data[0] = 1;
	data[1] = 1;
	data[2] = NODE_TYPE_CA;
	data[3] = 1;
	mad_put64(data + 4, port->sys_guid);
	mad_put64(data + 12, port->node_guid);
	mad_put64(data + 20, port->port_guid);
	mad_put16(data + 28, PORT_PKEYS);
	mad_put16(data + 30, port->device_id);
	mad_put32(data + 36, 1u << 24 | OUI_MELLANOX);
	return STATUS_OK;
}

static uint16_t get_port_info(struct port *port, uint8_t *data, uint32_t mod)
{
	if (mod > 1)
		return STATUS_BAD_VALUE;
	portinfo_put(data, port);
	return STATUS_OK;
}

static uint16_t set_port_info(struct port *port, uint8_t *data, uint32_t mod)
{
	uint16_t status;

	if (mod > 1)
		return STATUS_BAD_VALUE;
	status = portinfo_set(port, data);
	portinfo_put(data, port);
	return status;
}

static uint16_t get_pkeys(struct port *port, uint8_t *data, uint32_t mod)
{
	uint32_t first = (mod & 0xffff) * PKEYS_PER_BLOCK, i;

	if (first >= PORT_PKEYS)
		return STATUS_BAD_VALUE;
	for (i = 0; i < PKEYS_PER_BLOCK; i++)
		mad_put16(data + i * 2, port->pkey[first + i]);
	return STATUS_OK;
}

static uint16_t set_pkeys(struct port *port, uint8_t *data, uint32_t mod)
{
	uint32_t first = (mod & 0xffff) * PKEYS_PER_BLOCK, i;
	bool changed = false;

	if (first >= PORT_PKEYS)
		return STATUS_BAD_VALUE;
	for (i = 0; i < PKEYS_PER_BLOCK; i++) {
		uint16_t pkey = mad_get16(data + i * 2);

		changed |= port->pkey[first + i] != pkey;
		port->pkey[first + i] = pkey;
	}
	if (changed)
		port->ops->changed(port->owner, PORT_CHANGE_PKEY);
	return STATUS_OK;
}

static uint16_t get_guids(struct port *port, uint8_t *data, uint32_t mod)
{
	uint32_t i;

	if (mod * GUIDS_PER_BLOCK >= PORT_GIDS)
		return STATUS_BAD_VALUE;
	for (i = 0; i < GUIDS_PER_BLOCK; i++)
		memcpy(data + i * 8, port->gid[i] + 8, 8);
	return STATUS_OK;
}

/* GUID 0 is the port's own and stays. */
static uint16_t set_guids(struct port *port, uint8_t *data, uint32_t mod)
{
	uint32_t i;

	if (mod * GUIDS_PER_BLOCK >= PORT_GIDS)
		return STATUS_BAD_VALUE;
	for (i = 1; i < GUIDS_PER_BLOCK; i++) {
		bool used = mad_get64(data + i * 8) != 0;

		memcpy(port->gid[i] + 8, data + i * 8, 8);
		mad_put64(port->gid[i], used ? port->subnet_prefix : 0);
	}
	port->ops->changed(port->owner, PORT_CHANGE_GUID);
	return get_guids(port, data, mod);
}

static uint16_t get_sl_to_vl(struct port *port, uint8_t *data, uint32_t mod)
{
	unsigned int i;

	(void)port;
	(void)mod;
	for (i = 0; i < 8; i++)
		data[i] = i % 2 ? 0x23 : 0x01;
	return STATUS_OK;
}

static uint16_t get_vl_arb(struct port *port, uint8_t *data, uint32_t mod)
{
	unsigned int i;

	(void)port;
	(void)mod;
	for (i = 0; i < 8; i++) {
		data[i * 2] = (uint8_t)(i % 4);
		data[i * 2 + 1] = 32;
	}
	return STATUS_OK;
}

/* Attributes that this port has, but with nothing in it that would change anything. */
static uint16_t echo(struct port *port, uint8_t *data, uint32_t mod)
{
	(void)port;
	(void)data;
	(void)mod;
	return STATUS_OK;
}

static uint16_t zeros(struct port *port, uint8_t *data, uint32_t mod)
{
	(void)port;
	(void)mod;
	memset(data, 0, SMP_DATA_BYTES);
	return STATUS_OK;
}

static const struct attr {
	uint16_t id;
	attr_fn get, set;	/* NULL: method not allowed */
} attrs[] = {
	{ ATTR_NODE_DESC, get_node_desc, NULL },
	{ ATTR_NODE_INFO, get_node_info, NULL },
	{ ATTR_PORT_INFO, get_port_info, set_port_info },
	{ ATTR_PKEY_TABLE, get_pkeys, set_pkeys },
	{ ATTR_GUID_INFO, get_guids, set_guids },
	{ ATTR_SL_TO_VL, get_sl_to_vl, echo },
	{ ATTR_VL_ARB, get_vl_arb, echo },
	{ ATTR_NOTICE, zeros, echo },
	{ ATTR_LED_INFO, zeros, echo },
	{ ATTR_MLNX_EXT_PORT_INFO, zeros, NULL },
};

static uint16_t process(struct port *port, uint8_t *mad)
{
	uint16_t id = mad_get16(mad + MAD_ATTR);
	uint32_t mod = mad_get32(mad + MAD_ATTR_MOD);
	bool set = mad[MAD_METHOD] == METHOD_SET;
	uint8_t *data = mad + SMP_DATA;
	unsigned int i;

	if (!mad_is_version_1(mad))
		return STATUS_BAD_VERSION;
	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		attr_fn fn = set ? attrs[i].set : attrs[i].get;

		if (attrs[i].id != id)
			continue;
		if (!fn)
			return STATUS_BAD_ATTR;
		if (!set)
			memset(data, 0, SMP_DATA_BYTES);
		return fn(port, data, mod);
	}
	return STATUS_BAD_ATTR;
}

/* IBA 14.2.4.1. A port without an M_Key is open. */
static bool mkey_fits(struct port *port, const uint8_t *mad)
{
	if (!port->m_key || mad_get64(mad + SMP_MKEY) == port->m_key)
		return true;
	if (mad[MAD_METHOD] == METHOD_GET && port->m_key_protect < 2)
		return true;
	if (port->mkey_violations < 0xffff)
		port->mkey_violations++;
	return false;
}

bool smp_answer(struct port *port, uint8_t *mad, bool check_mkey)
{
	bool knows = mad_get64(mad + SMP_MKEY) == port->m_key;
	uint16_t status;

	if (mad[MAD_METHOD] != METHOD_GET && mad[MAD_METHOD] != METHOD_SET)
		return false;
	if (check_mkey && !mkey_fits(port, mad))
		return false;
	status = process(port, mad);
	if (check_mkey && !knows && port->m_key_protect == 1 &&
	    mad_get16(mad + MAD_ATTR) == ATTR_PORT_INFO)
		mad_put64(mad + SMP_DATA + PORTINFO_MKEY, 0);
	mad_reply(mad, status);
	return true;
}

/* Whether the SMA (and not the driver) answers this MAD. */
static bool is_request(const uint8_t *mad)
{
	if (mad[MAD_CLASS] != CLASS_SMP_LID && mad[MAD_CLASS] != CLASS_SMP_DIRECT)
		return false;
	return (mad[MAD_METHOD] == METHOD_GET || mad[MAD_METHOD] == METHOD_SET) &&
	       mad_get16(mad + MAD_ATTR) != ATTR_SM_INFO;
}

static void reply(struct port *port, const struct packet *req, uint8_t *mad, bool direct)
{
	struct packet pkt = {
		.slid = direct ? PERMISSIVE : req->dlid,
		.dlid = direct ? PERMISSIVE : req->slid,
		.sl = req->sl,
		.opcode = bth(BTH_UD, OP_SEND_ONLY),
		.pkey = 0xffff,
		.dqpn = req->sqpn,
		.len = MAD_BYTES,
		.n_sg = 1,
		.sg = { { .iov_base = mad, .iov_len = MAD_BYTES } },
	};

	port_send(port, &pkt);
}

/* The end of a directed route: the way back begins (IBA 14.2.2.2). */
static bool turn_round(uint8_t *mad)
{
	uint8_t hops = mad[SMP_HOP_CNT];

	if (hops > SMP_MAX_HOPS || mad[SMP_HOP_PTR] != hops)
		return false;
	mad[SMP_RETURN_PATH + hops] = 1;
	return true;
}

bool smp_receive(struct port *port, const struct packet *pkt)
{
	uint8_t mad[MAD_BYTES];
	bool direct;

	if (pkt->len != MAD_BYTES) {
		port->count.rcv_errors++;
		return true;
	}
	packet_copy_out(pkt, 0, mad, MAD_BYTES);
	if (!is_request(mad))
		return false;
	direct = mad[MAD_CLASS] == CLASS_SMP_DIRECT;
	if (direct && (mad_get16(mad + MAD_STATUS) & STATUS_DIRECTION))
		return false;
	if (direct && !turn_round(mad))
		return true;
	if (!smp_answer(port, mad, true))
		return true;
	if (direct)
		mad_put16(mad + MAD_STATUS, mad_get16(mad + MAD_STATUS) | STATUS_DIRECTION);
	reply(port, pkt, mad, direct);
	return true;
}
