// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns PortInfo: what it says of a port and what setting it does. It must
 * never know how the SMP travelled. Source: IBA volume 1, 14.2.5.6.
 */
#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/fabric/port.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/mgmt/smp.h"

enum {
	WIDTH_1X = 1, WIDTH_4X = 2,
	SPEED_SDR = 1, SPEED_SDR_DDR_QDR = 7, SPEED_QDR = 4,
	EXT_FDR = 1, EXT_EDR = 2,
	VLS_0_3 = 3,
	REREGISTER = 0x80,
};

void portinfo_put_link(uint8_t *data, uint8_t state, uint8_t phys_state, uint32_t mtu)
{
	bool up = phys_state == PHYS_LINK_UP;

	data[PORTINFO_WIDTH_ENABLED] = WIDTH_1X | WIDTH_4X;
	data[PORTINFO_WIDTH_SUPPORTED] = WIDTH_1X | WIDTH_4X;
	data[PORTINFO_WIDTH_ACTIVE] = WIDTH_4X;
	data[PORTINFO_SPEED_STATE] = (uint8_t)(SPEED_SDR_DDR_QDR << 4 | state);
	data[PORTINFO_PHYS] = (uint8_t)(phys_state << 4 | PHYS_POLLING);
	data[PORTINFO_SPEED] = (uint8_t)((up ? SPEED_QDR : SPEED_SDR) << 4 | SPEED_SDR_DDR_QDR);
	data[PORTINFO_MTU_SMSL] = (uint8_t)(mtu_code(mtu) << 4);
	data[PORTINFO_VLCAP] = VLS_0_3 << 4;
	data[PORTINFO_VLARB_HIGH] = 8;
	data[PORTINFO_VLARB_LOW] = 8;
	data[PORTINFO_MTU_CAP] = IB_MTU_4096;
	data[PORTINFO_OPER_VLS] = VLS_0_3 << 4;
	data[PORTINFO_RESP_TIME] = 16;
	data[PORTINFO_OVERRUN] = 0x88;
	data[PORTINFO_EXT_SPEED] = (uint8_t)((up ? EXT_EDR : 0) << 4 | EXT_FDR | EXT_EDR);
	data[PORTINFO_EXT_SPEED_ENABLED] = EXT_FDR | EXT_EDR;
}

void portinfo_put(uint8_t *data, const struct port *port)
{
	memset(data, 0, SMP_DATA_BYTES);
	portinfo_put_link(data, port->state, port->phys_state, port->mtu);
	mad_put64(data + PORTINFO_MKEY, port->m_key);
	mad_put64(data + PORTINFO_PREFIX, port->subnet_prefix);
	mad_put16(data + PORTINFO_LID, port->lid);
	mad_put16(data + PORTINFO_SM_LID, port->sm_lid);
	mad_put32(data + PORTINFO_CAP, port->cap_mask);
	mad_put16(data + PORTINFO_MKEY_LEASE, port->m_key_lease);
	data[PORTINFO_LOCAL_PORT] = 1;
	data[PORTINFO_MKEY_LMC] = (uint8_t)(port->m_key_protect << 6 | port->lmc);
	data[PORTINFO_MTU_SMSL] |= port->sm_sl;
	mad_put16(data + PORTINFO_MKEY_VIOLATIONS, port->mkey_violations);
	mad_put16(data + PORTINFO_PKEY_VIOLATIONS, port->pkey_violations);
	mad_put16(data + PORTINFO_QKEY_VIOLATIONS, port->qkey_violations);
	data[PORTINFO_GUID_CAP] = PORT_GIDS;
	data[PORTINFO_REREG_TIMEOUT] = port->subnet_timeout;
}

static void set_states(struct port *port, uint8_t state, uint8_t phys)
{
	if (phys == PHYS_DISABLED) {
		port_set_admin(port, false);
	} else if (phys == PHYS_POLLING || state == PORT_DOWN) {
		port->admin_up = true;
		port_retrain(port);
	} else if (state == PORT_ARMED || state == PORT_ACTIVE) {
		port_set_state(port, state);
	}
}

static bool is_valid(const struct port *port, const uint8_t *data)
{
	uint8_t state = data[PORTINFO_SPEED_STATE] & 15, phys = data[PORTINFO_PHYS] >> 4;
	uint16_t lid = mad_get16(data + PORTINFO_LID);
	uint8_t mtu = data[PORTINFO_MTU_SMSL] >> 4;

	if (state > PORT_ACTIVE || state == PORT_INIT || phys > PHYS_DISABLED || phys == 1)
		return false;
	if (state == PORT_ARMED && port->state != PORT_INIT && port->state != PORT_ARMED)
		return false;
	if (state == PORT_ACTIVE && port->state != PORT_ARMED && port->state != PORT_ACTIVE)
		return false;
	return lid && lid < 0xc000 && mtu >= 1 && mtu <= IB_MTU_4096;
}

static void clear_violations(uint16_t *counter, const uint8_t *field)
{
	if (!mad_get16(field))
		*counter = 0;
}

uint16_t portinfo_set(struct port *port, const uint8_t *data)
{
	if (!is_valid(port, data))
		return STATUS_BAD_VALUE;
	port->m_key = mad_get64(data + PORTINFO_MKEY);
	port->m_key_protect = data[PORTINFO_MKEY_LMC] >> 6;
	port->m_key_lease = mad_get16(data + PORTINFO_MKEY_LEASE);
	port->sm_lid = mad_get16(data + PORTINFO_SM_LID);
	port->sm_sl = data[PORTINFO_MTU_SMSL] & 15;
	port->mtu = (uint16_t)(128u << (data[PORTINFO_MTU_SMSL] >> 4));
	port->subnet_timeout = data[PORTINFO_REREG_TIMEOUT] & 31;
	clear_violations(&port->mkey_violations, data + PORTINFO_MKEY_VIOLATIONS);
	clear_violations(&port->pkey_violations, data + PORTINFO_PKEY_VIOLATIONS);
	clear_violations(&port->qkey_violations, data + PORTINFO_QKEY_VIOLATIONS);
	port_set_prefix(port, mad_get64(data + PORTINFO_PREFIX));
	port_set_lid(port, mad_get16(data + PORTINFO_LID), data[PORTINFO_MKEY_LMC] & 7);
	set_states(port, data[PORTINFO_SPEED_STATE] & 15, data[PORTINFO_PHYS] >> 4);
	if (data[PORTINFO_REREG_TIMEOUT] & REREGISTER)
		port->ops->changed(port->owner, PORT_CHANGE_CLIENT_REREG);
	return STATUS_OK;
}
