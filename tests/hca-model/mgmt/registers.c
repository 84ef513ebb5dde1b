// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the access registers: link speed, MTU, VLs, administrative state, node
 * description. It must never know MADs.
 */
#include "host-backend/hca/ifc/commands.h"
#include "host-backend/hca/ifc/registers.h"
#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/fabric/port.h"

enum {
	REG_PMTU = 0x5003, REG_PTYS = 0x5004, REG_PAOS = 0x5006, REG_PVLC = 0x500f,
	REG_NODE_DESC = 0x6001, REG_HOST_ENDIANNESS = 0x7004,
	OP_WRITE = 0, OP_READ = 1,		/* op_mod */
	NODE_DESC_BYTES = 64, HOST_ENDIANNESS_BYTES = 16,
	PTYS_IB = 1 << 0,			/* proto_mask */
	WIDTH_1X = 1 << 0, WIDTH_4X = 1 << 2,
	PROTO_SDR = 1 << 0, PROTO_EDR = 1 << 5,
	PROTO_ALL = 0x3f & ~(1 << 3),		/* SDR, DDR, QDR, FDR, EDR */
	ADMIN_UP = 1, ADMIN_DOWN = 2,
	VLS = 4,
};

/* Fill @data (zeroed, the register's size) with what the register reads. */
typedef void (*reg_read)(struct port *port, uint8_t *data);
/* Take @data; the status of the command. */
typedef enum cmd_status (*reg_write)(struct cmd *cmd, const uint8_t *data);

static void ptys_read(struct port *port, uint8_t *data)
{
	bool up = port->phys_state == PHYS_LINK_UP;

	ifc_set(data, ptys_reg__local_port, 1);
	ifc_set(data, ptys_reg__proto_mask, PTYS_IB);
	ifc_set(data, ptys_reg__ib_link_width_capability, WIDTH_1X | WIDTH_4X);
	ifc_set(data, ptys_reg__ib_proto_capability, PROTO_ALL);
	ifc_set(data, ptys_reg__ib_link_width_admin, WIDTH_1X | WIDTH_4X);
	ifc_set(data, ptys_reg__ib_proto_admin, PROTO_ALL);
	ifc_set(data, ptys_reg__ib_link_width_oper, WIDTH_4X);
	ifc_set(data, ptys_reg__ib_proto_oper, up ? PROTO_EDR : PROTO_SDR);
}

static void pmtu_read(struct port *port, uint8_t *data)
{
	ifc_set(data, pmtu_reg__local_port, 1);
	ifc_set(data, pmtu_reg__max_mtu, 4096);
	ifc_set(data, pmtu_reg__admin_mtu, port->mtu);
	ifc_set(data, pmtu_reg__oper_mtu, port->mtu);
}

static void pvlc_read(struct port *port, uint8_t *data)
{
	(void)port;
	ifc_set(data, pvlc_reg__local_port, 1);
	ifc_set(data, pvlc_reg__vl_hw_cap, VLS);
	ifc_set(data, pvlc_reg__vl_admin, VLS);
	ifc_set(data, pvlc_reg__vl_operational, VLS);
}

static void paos_read(struct port *port, uint8_t *data)
{
	bool up = port->phys_state == PHYS_LINK_UP;

	ifc_set(data, paos_reg__local_port, 1);
	ifc_set(data, paos_reg__admin_status, port->admin_up ? ADMIN_UP : ADMIN_DOWN);
	ifc_set(data, paos_reg__oper_status, up ? ADMIN_UP : ADMIN_DOWN);
}

static enum cmd_status paos_write(struct cmd *cmd, const uint8_t *data)
{
	uint64_t admin = ifc_get(data, paos_reg__admin_status);
	struct port *port = cmd->hca->port;

	if (!ifc_get(data, paos_reg__ase))
		return CMD_OK;
	if (admin != ADMIN_UP && admin != ADMIN_DOWN)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "PAOS: unknown admin status");
	/* Opening a port that is open tells its state once more. */
	if (admin == ADMIN_UP && port->admin_up && port->state == PORT_ACTIVE)
		port->ops->changed(port->owner, PORT_CHANGE_ACTIVE);
	port_set_admin(port, admin == ADMIN_UP);
	return CMD_OK;
}

static void node_desc_read(struct port *port, uint8_t *data)
{
	memcpy(data, port->node_desc, NODE_DESC_BYTES);
}

static enum cmd_status node_desc_write(struct cmd *cmd, const uint8_t *data)
{
	memcpy(cmd->hca->port->node_desc, data, NODE_DESC_BYTES);
	return CMD_OK;
}

/* The model only knows little-endian hosts (host_endianness 0). */
static void host_endianness_read(struct port *port, uint8_t *data)
{
	(void)port;
	(void)data;
}

static enum cmd_status host_endianness_write(struct cmd *cmd, const uint8_t *data)
{
	if (data[0] & 0x80)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "big-endian host");
	return CMD_OK;
}

static const struct reg {
	uint16_t id, bytes;
	bool per_port;
	reg_read read;
	reg_write write;			/* NULL: read only */
} regs[] = {
	{ REG_PTYS, ptys_reg__SIZE, true, ptys_read, NULL },
	{ REG_PMTU, pmtu_reg__SIZE, true, pmtu_read, NULL },
	{ REG_PVLC, pvlc_reg__SIZE, true, pvlc_read, NULL },
	{ REG_PAOS, paos_reg__SIZE, true, paos_read, paos_write },
	{ REG_NODE_DESC, NODE_DESC_BYTES, false, node_desc_read, node_desc_write },
	{ REG_HOST_ENDIANNESS, HOST_ENDIANNESS_BYTES, false, host_endianness_read,
	  host_endianness_write },
};

static const struct reg *reg_find(uint16_t id)
{
	unsigned int i;

	for (i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		if (regs[i].id == id)
			return &regs[i];
	return NULL;
}

enum cmd_status cmd_access_register(struct cmd *cmd)
{
	const struct reg *reg =
		reg_find((uint16_t)ifc_get(cmd->in, access_register_in__register_id));
	const uint8_t *in = cmd->in + access_register_in__register_data__BYTE;
	uint8_t *out = cmd->out + access_register_out__register_data__BYTE;
	enum cmd_status status;

	if (!reg)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "unknown register");
	if (cmd->op_mod > OP_READ)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "register: neither read nor write");
	if (cmd->in_len < (uint32_t)access_register_in__SIZE + reg->bytes)
		return CMD_REFUSE(cmd, CMD_BAD_INPUT_LEN, "register data is too short");
	if (cmd->out_len < (uint32_t)access_register_out__SIZE + reg->bytes)
		return CMD_REFUSE(cmd, CMD_BAD_OUTPUT_LEN, "no room for the register");
	if (reg->per_port && ifc_get(in, paos_reg__local_port) != 1)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "register: no such port");
	if (cmd->op_mod == OP_WRITE) {
		if (!reg->write)
			return CMD_REFUSE(cmd, CMD_BAD_PARAM, "register cannot be written");
		status = reg->write(cmd, in);
		if (status != CMD_OK)
			return status;
	}
	reg->read(cmd->hca->port, out);
	return CMD_OK;
}
