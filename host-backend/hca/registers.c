// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the access registers that a driver reads. Must never know MADs.
 */
#include "host-backend/hca/registers.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "host-backend/hca/ifc/registers.h"
#include "host-backend/hca/object.h"

enum {
	REG_PMTU = 0x5003, REG_PTYS = 0x5004, REG_PVLC = 0x500f, REG_NODE_DESC = 0x6001,
	OPMOD_WRITE = 0, OPMOD_READ = 1,
	DATA_MAX = 64,
	PTYS_IB = 1 << 0,		/* proto_mask: which half of the register */
	MTU_MIN = 256, MTU_MAX = 4096,
};

_Static_assert((int)ptys_reg__SIZE <= (int)DATA_MAX &&
	       (int)HCA_NODE_DESC_BYTES <= (int)DATA_MAX, "registers fit");

/* @data: of the register, in and out. */
static int access_register(struct hca *hca, uint16_t id, bool write, uint8_t *data, size_t len)
{
	uint8_t in[access_register_in__SIZE + DATA_MAX] = { 0 };
	uint8_t out[access_register_out__SIZE + DATA_MAX] = { 0 };
	int ret;

	hca_object_head(in, HCA_OP_ACCESS_REG, write ? OPMOD_WRITE : OPMOD_READ);
	ifc_set(in, access_register_in__register_id, id);
	memcpy(in + access_register_in__register_data__BYTE, data, len);
	ret = hca_cmd(hca, in, access_register_in__SIZE + len, out,
		      access_register_out__SIZE + len);
	if (!ret)
		memcpy(data, out + access_register_out__register_data__BYTE, len);
	return ret;
}

/* A register read whose values cannot be. */
static int nonsense(struct hca *hca)
{
	uint8_t in[access_register_in__SIZE] = { 0 };

	hca_object_head(in, HCA_OP_ACCESS_REG, OPMOD_READ);
	return hca_cmd_nonsense(hca, in);
}

/* Read a register of a port; all have it at the same place. */
static int port_register(struct hca *hca, unsigned int port, uint16_t id, uint8_t *data,
			 size_t len)
{
	struct hca_identity identity;
	int ret;

	hca_identity(hca, &identity);
	if (!port || port > identity.n_ports)
		return -EINVAL;
	ifc_set(data, ptys_reg__local_port, port);
	ret = access_register(hca, id, false, data, len);
	if (!ret && ifc_get(data, ptys_reg__local_port) != port)
		ret = nonsense(hca);
	return ret;
}

int hca_reg_link(struct hca *hca, unsigned int port, struct hca_link *link)
{
	uint8_t ptys[ptys_reg__SIZE] = { 0 };
	int ret;

	ifc_set(ptys, ptys_reg__proto_mask, PTYS_IB);
	ret = port_register(hca, port, REG_PTYS, ptys, sizeof(ptys));
	if (ret)
		return ret;
	*link = (struct hca_link){
		.width_caps = (uint16_t)ifc_get(ptys, ptys_reg__ib_link_width_capability),
		.width = (uint16_t)ifc_get(ptys, ptys_reg__ib_link_width_oper),
		.speed_caps = (uint16_t)ifc_get(ptys, ptys_reg__ib_proto_capability),
		.speed = (uint16_t)ifc_get(ptys, ptys_reg__ib_proto_oper),
	};
	return 0;
}

int hca_reg_mtu(struct hca *hca, unsigned int port, struct hca_link_mtu *mtu)
{
	uint8_t pmtu[pmtu_reg__SIZE] = { 0 };
	int ret = port_register(hca, port, REG_PMTU, pmtu, sizeof(pmtu));

	if (ret)
		return ret;
	*mtu = (struct hca_link_mtu){
		.max = (uint16_t)ifc_get(pmtu, pmtu_reg__max_mtu),
		.admin = (uint16_t)ifc_get(pmtu, pmtu_reg__admin_mtu),
		.now = (uint16_t)ifc_get(pmtu, pmtu_reg__oper_mtu),
	};
	if (mtu->now & (mtu->now - 1) || mtu->now < MTU_MIN || mtu->now > MTU_MAX)
		return nonsense(hca);
	return 0;
}

int hca_reg_vls(struct hca *hca, unsigned int port, struct hca_link_vls *vls)
{
	uint8_t pvlc[pvlc_reg__SIZE] = { 0 };
	int ret = port_register(hca, port, REG_PVLC, pvlc, sizeof(pvlc));

	if (ret)
		return ret;
	*vls = (struct hca_link_vls){
		.caps = (uint8_t)ifc_get(pvlc, pvlc_reg__vl_hw_cap),
		.admin = (uint8_t)ifc_get(pvlc, pvlc_reg__vl_admin),
		.now = (uint8_t)ifc_get(pvlc, pvlc_reg__vl_operational),
	};
	return 0;
}

int hca_reg_node_desc(struct hca *hca, uint8_t desc[HCA_NODE_DESC_BYTES])
{
	memset(desc, 0, HCA_NODE_DESC_BYTES);
	return access_register(hca, REG_NODE_DESC, false, desc, HCA_NODE_DESC_BYTES);
}

int hca_reg_node_desc_set(struct hca *hca, const uint8_t desc[HCA_NODE_DESC_BYTES])
{
	uint8_t data[HCA_NODE_DESC_BYTES];

	memcpy(data, desc, sizeof(data));
	return access_register(hca, REG_NODE_DESC, true, data, sizeof(data));
}
