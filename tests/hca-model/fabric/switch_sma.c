// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the switch's subnet management agent: SwitchInfo, forwarding tables,
 * its ports. It must never know how a MAD travelled. Source: IBA volume 1,
 * 14.2.5.
 */
#include "tests/hca-model/fabric/node.h"
#include "tests/hca-model/fabric/sm.h"
#include "tests/hca-model/fabric/switch.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/mgmt/smp.h"

enum {
	NODE_TYPE_SWITCH = 2, SWITCH_DEVICE_ID = 0xcb20, LFT_BLOCK = 64, MFT_BLOCK = 32,
	PORT_STATE_CHANGE = 1 << 2, ENHANCED_PORT_0 = 1 << 3,
};

typedef uint16_t (*attr_fn)(struct fabric *fabric, uint8_t *data, uint32_t mod);

void node_info(const struct fabric *fabric, unsigned int in, uint8_t *data)
{
	data[0] = 1;
	data[1] = 1;
	data[2] = NODE_TYPE_SWITCH;
	data[3] = SWITCH_PORTS;
	mad_put64(data + 4, fabric->guid);
	mad_put64(data + 12, fabric->guid);
	mad_put64(data + 20, fabric->guid);
	mad_put16(data + 28, 1);
	mad_put16(data + 30, SWITCH_DEVICE_ID);
	mad_put32(data + 36, in << 24 | OUI_MELLANOX);
}

void node_switch_info(const struct fabric *fabric, uint8_t *data)
{
	mad_put16(data, LFT_TOP + 1);
	mad_put16(data + 4, MFT_SIZE);
	mad_put16(data + 6, fabric->lft_top);
	data[8] = LFT_NONE;
	data[9] = LFT_NONE;
	data[10] = LFT_NONE;
	data[11] = (uint8_t)(18 << 3 | (fabric->port_changed ? PORT_STATE_CHANGE : 0));
	mad_put16(data + 14, 1);
	data[16] = ENHANCED_PORT_0;
	mad_put16(data + 18, LID_PERMISSIVE);
}

void node_sm_info(const struct fabric *fabric, uint8_t *data)
{
	mad_put64(data, fabric->guid);
	mad_put32(data + 16, sm_sweeps(fabric));
	data[20] = SM_PRIORITY << 4 | (sm_is_on(fabric) ? SM_STATE_MASTER : SM_STATE_NOT_ACTIVE);
}

static void port0_info(struct fabric *fabric, uint8_t *data)
{
	portinfo_put_link(data, PORT_ACTIVE, PHYS_LINK_UP, 4096);
	mad_put64(data + PORTINFO_MKEY, fabric->m_key);
	mad_put64(data + PORTINFO_PREFIX, fabric->subnet_prefix);
	mad_put16(data + PORTINFO_LID, fabric->lid);
	mad_put16(data + PORTINFO_SM_LID, fabric->sm_lid);
	mad_put32(data + PORTINFO_CAP, PORT_CAP_SYS_GUID | PORT_CAP_EXT_SPEEDS | PORT_CAP_SL_MAP |
				       (sm_is_on(fabric) ? PORT_CAP_SM : 0u));
	data[PORTINFO_MKEY_LMC] = fabric->lmc;
	data[PORTINFO_MTU_SMSL] |= fabric->sm_sl;
	data[PORTINFO_GUID_CAP] = 1;
	data[PORTINFO_REREG_TIMEOUT] = fabric->subnet_timeout;
}

uint16_t node_port_info(struct fabric *fabric, unsigned int n, uint8_t *data)
{
	const struct port *port;

	if (n > SWITCH_PORTS)
		return STATUS_BAD_VALUE;
	memset(data, 0, SMP_DATA_BYTES);
	port = fabric->ports[n];
	if (n == 0)
		port0_info(fabric, data);
	else if (port)
		portinfo_put_link(data, port->far_state, port->phys_state, 4096);
	else
		portinfo_put_link(data, PORT_DOWN, PHYS_POLLING, 4096);
	data[PORTINFO_LOCAL_PORT] = (uint8_t)n;
	return STATUS_OK;
}

static void set_port0(struct fabric *fabric, const uint8_t *data)
{
	uint16_t lid = mad_get16(data + PORTINFO_LID);

	if (fabric->lid && fabric->lft[fabric->lid] == 0)
		fabric->lft[fabric->lid] = LFT_NONE;
	fabric->lid = lid;
	fabric->lft[lid] = 0;
	fabric->lmc = data[PORTINFO_MKEY_LMC] & 7;
	fabric->m_key = mad_get64(data + PORTINFO_MKEY);
	fabric->subnet_prefix = mad_get64(data + PORTINFO_PREFIX);
	fabric->sm_lid = mad_get16(data + PORTINFO_SM_LID);
	fabric->sm_sl = data[PORTINFO_MTU_SMSL] & 15;
	fabric->subnet_timeout = data[PORTINFO_REREG_TIMEOUT] & 31;
}

/* The two ends of a link go through the states by separate orders. */
static void set_far_end(struct port *port, uint8_t state, uint8_t phys)
{
	if (phys == PHYS_DISABLED) {
		port_set_link(port, false);
	} else if (phys == PHYS_POLLING) {
		if (!port->link_up)
			port_set_link(port, true);
		else
			port_retrain(port);
	} else if (state == PORT_DOWN) {
		port_retrain(port);
	} else if ((state == PORT_ARMED || state == PORT_ACTIVE) &&
		   port->far_state != PORT_DOWN) {
		port->far_state = state;
	}
}

static uint16_t set_port_info(struct fabric *fabric, uint8_t *data, unsigned int n)
{
	uint16_t lid = mad_get16(data + PORTINFO_LID);

	if (n > SWITCH_PORTS)
		return STATUS_BAD_VALUE;
	if (n == 0) {
		if (!lid || lid > LFT_TOP)
			return STATUS_BAD_VALUE;
		set_port0(fabric, data);
	} else if (fabric->ports[n]) {
		set_far_end(fabric->ports[n], data[PORTINFO_SPEED_STATE] & 15,
			    data[PORTINFO_PHYS] >> 4);
	}
	return node_port_info(fabric, n, data);
}

static uint16_t node_desc(struct fabric *fabric, uint8_t *data, uint32_t mod)
{
	(void)mod;
	memcpy(data, fabric->node_desc, sizeof(fabric->node_desc));
	return STATUS_OK;
}

static uint16_t get_switch_info(struct fabric *fabric, uint8_t *data, uint32_t mod)
{
	(void)mod;
	node_switch_info(fabric, data);
	return STATUS_OK;
}

static uint16_t set_switch_info(struct fabric *fabric, uint8_t *data, uint32_t mod)
{
	uint16_t top = mad_get16(data + 6);

	if (top > LFT_TOP)
		return STATUS_BAD_VALUE;
	fabric->lft_top = top;
	if (data[11] & PORT_STATE_CHANGE)
		fabric->port_changed = false;
	memset(data, 0, SMP_DATA_BYTES);
	return get_switch_info(fabric, data, mod);
}

static uint16_t get_lft(struct fabric *fabric, uint8_t *data, uint32_t block)
{
	if (block > LFT_TOP / LFT_BLOCK)
		return STATUS_BAD_VALUE;
	memcpy(data, fabric->lft + block * LFT_BLOCK, LFT_BLOCK);
	return STATUS_OK;
}

static uint16_t set_lft(struct fabric *fabric, uint8_t *data, uint32_t block)
{
	if (block > LFT_TOP / LFT_BLOCK)
		return STATUS_BAD_VALUE;
	memcpy(fabric->lft + block * LFT_BLOCK, data, LFT_BLOCK);
	return STATUS_OK;
}

static bool mft_is_inside(uint32_t mod)
{
	return (mod & 0x1ff) < MFT_SIZE / MFT_BLOCK && mod >> 28 < MFT_POSITIONS;
}

static uint16_t get_mft(struct fabric *fabric, uint8_t *data, uint32_t mod)
{
	uint32_t first = (mod & 0x1ff) * MFT_BLOCK, i;

	if (!mft_is_inside(mod))
		return STATUS_BAD_VALUE;
	for (i = 0; i < MFT_BLOCK; i++)
		mad_put16(data + i * 2, fabric->mft[first + i][mod >> 28]);
	return STATUS_OK;
}

static uint16_t set_mft(struct fabric *fabric, uint8_t *data, uint32_t mod)
{
	uint32_t first = (mod & 0x1ff) * MFT_BLOCK, i;

	if (!mft_is_inside(mod))
		return STATUS_BAD_VALUE;
	for (i = 0; i < MFT_BLOCK; i++)
		fabric->mft[first + i][mod >> 28] = mad_get16(data + i * 2);
	return STATUS_OK;
}

static uint16_t get_pkeys(struct fabric *fabric, uint8_t *data, uint32_t mod)
{
	(void)fabric;
	if ((mod & 0xffff) == 0)
		mad_put16(data, 0xffff);
	return STATUS_OK;
}

static uint16_t get_guids(struct fabric *fabric, uint8_t *data, uint32_t mod)
{
	if (mod)
		return STATUS_BAD_VALUE;
	mad_put64(data, fabric->guid);
	return STATUS_OK;
}

static uint16_t get_sm_info(struct fabric *fabric, uint8_t *data, uint32_t mod)
{
	(void)mod;
	if (!sm_is_on(fabric))
		return STATUS_BAD_ATTR;
	node_sm_info(fabric, data);
	return STATUS_OK;
}

static uint16_t echo(struct fabric *fabric, uint8_t *data, uint32_t mod)
{
	(void)fabric;
	(void)data;
	(void)mod;
	return STATUS_OK;
}

static const struct attr {
	uint16_t id;
	attr_fn get, set;	/* NULL: method not allowed */
} attrs[] = {
	{ ATTR_NODE_DESC, node_desc, NULL },
	{ ATTR_SWITCH_INFO, get_switch_info, set_switch_info },
	{ ATTR_GUID_INFO, get_guids, NULL },
	{ ATTR_PKEY_TABLE, get_pkeys, echo },
	{ ATTR_SL_TO_VL, echo, echo },
	{ ATTR_VL_ARB, echo, echo },
	{ ATTR_LFT, get_lft, set_lft },
	{ ATTR_MFT, get_mft, set_mft },
	{ ATTR_SM_INFO, get_sm_info, get_sm_info },
	{ ATTR_NOTICE, echo, echo },
	{ ATTR_LED_INFO, echo, echo },
	{ ATTR_MLNX_EXT_PORT_INFO, echo, NULL },
};

static uint16_t process(struct fabric *fabric, unsigned int in, uint8_t *mad)
{
	uint16_t id = mad_get16(mad + MAD_ATTR);
	uint32_t mod = mad_get32(mad + MAD_ATTR_MOD);
	bool set = mad[MAD_METHOD] == METHOD_SET;
	uint8_t *data = mad + SMP_DATA;
	unsigned int i;

	if (!mad_is_version_1(mad))
		return STATUS_BAD_VERSION;
	if (!set)
		memset(data, 0, SMP_DATA_BYTES);
	if (id == ATTR_PORT_INFO)
		return set ? set_port_info(fabric, data, mod & 0xff) :
			     node_port_info(fabric, mod & 0xff, data);
	if (id == ATTR_NODE_INFO && !set) {
		node_info(fabric, in, data);
		return STATUS_OK;
	}
	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		attr_fn fn = set ? attrs[i].set : attrs[i].get;

		if (attrs[i].id == id)
			return fn ? fn(fabric, data, mod) : STATUS_BAD_ATTR;
	}
	return STATUS_BAD_ATTR;
}

void node_answer(struct fabric *fabric, unsigned int in, uint8_t *mad)
{
	uint16_t status = process(fabric, in, mad);

	mad_reply(mad, status);
}
