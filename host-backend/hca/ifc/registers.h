/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the layouts of the access registers. It must never know who reads them.
 * Source of every offset: the device interface that the Linux driver
 * publishes in include/linux/mlx5/mlx5_ifc.h (6.12).
 */
#ifndef UNDERPASS_IFC_REGISTERS_H
#define UNDERPASS_IFC_REGISTERS_H

#include "host-backend/hca/ifc/ifc.h"

/* ptys_reg: 0x40 bytes */
enum {
	ptys_reg__an_disable_admin = IFC(0x1, 1),
	ptys_reg__an_disable_cap = IFC(0x2, 1),
	ptys_reg__local_port = IFC(0x8, 8),
	ptys_reg__plane_ind = IFC(0x18, 4),
	ptys_reg__proto_mask = IFC(0x1d, 3),
	ptys_reg__an_status = IFC(0x20, 4),
	ptys_reg__data_rate_oper = IFC(0x30, 16),
	ptys_reg__ext_eth_proto_capability = IFC(0x40, 32),
	ptys_reg__eth_proto_capability = IFC(0x60, 32),
	ptys_reg__ib_link_width_capability = IFC(0x80, 16),
	ptys_reg__ib_proto_capability = IFC(0x90, 16),
	ptys_reg__ext_eth_proto_admin = IFC(0xa0, 32),
	ptys_reg__eth_proto_admin = IFC(0xc0, 32),
	ptys_reg__ib_link_width_admin = IFC(0xe0, 16),
	ptys_reg__ib_proto_admin = IFC(0xf0, 16),
	ptys_reg__ext_eth_proto_oper = IFC(0x100, 32),
	ptys_reg__eth_proto_oper = IFC(0x120, 32),
	ptys_reg__ib_link_width_oper = IFC(0x140, 16),
	ptys_reg__ib_proto_oper = IFC(0x150, 16),
	ptys_reg__connector_type = IFC(0x17c, 4),
	ptys_reg__eth_proto_lp_advertise = IFC(0x180, 32),
	ptys_reg__SIZE = 0x40,
};

/* pmtu_reg: 0x10 bytes */
enum {
	pmtu_reg__local_port = IFC(0x8, 8),
	pmtu_reg__max_mtu = IFC(0x20, 16),
	pmtu_reg__admin_mtu = IFC(0x40, 16),
	pmtu_reg__oper_mtu = IFC(0x60, 16),
	pmtu_reg__SIZE = 0x10,
};

/* pvlc_reg: 0x10 bytes */
enum {
	pvlc_reg__local_port = IFC(0x8, 8),
	pvlc_reg__vl_hw_cap = IFC(0x3c, 4),
	pvlc_reg__vl_admin = IFC(0x5c, 4),
	pvlc_reg__vl_operational = IFC(0x7c, 4),
	pvlc_reg__SIZE = 0x10,
};

/* paos_reg: 0x10 bytes */
enum {
	paos_reg__swid = IFC(0x0, 8),
	paos_reg__local_port = IFC(0x8, 8),
	paos_reg__admin_status = IFC(0x14, 4),
	paos_reg__oper_status = IFC(0x1c, 4),
	paos_reg__ase = IFC(0x20, 1),
	paos_reg__ee = IFC(0x21, 1),
	paos_reg__e = IFC(0x3e, 2),
	paos_reg__SIZE = 0x10,
};

#endif
