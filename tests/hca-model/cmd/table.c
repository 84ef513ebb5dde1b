// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the table of firmware commands: opcode, sizes, when it is legal, who
 * does it. It must never know how. To add a command: a row here, a line in
 * cmd/handlers.h, the function in the room of its object.
 */
#include "tests/hca-model/cmd/handlers.h"

#define ROW(op, in, out, needs, fn) { op, in, out, needs, #fn, cmd_##fn }

/* STATUS: an answer that carries only status and syndrome. */
enum { STATUS = 8, CAP_BYTES = 0x1010, MAD_BYTES = 0x110, QP_BYTES = 0x110 };

/* Sorted by opcode. Names and sizes: mlx5_ifc.h. */
static const struct cmd_row rows[] = {
	ROW(0x100, 0x10, 0x10, CMD_ENABLED, query_hca_cap),
	ROW(0x101, 0x10, query_adapter_out__SIZE, CMD_ENABLED, query_adapter),
	ROW(0x102, 0x10, STATUS, CMD_ENABLED, init_hca),
	ROW(0x103, 0x10, STATUS, CMD_ENABLED, teardown_hca),
	ROW(0x104, 0x10, STATUS, CMD_ANY_STATE, enable_hca),
	ROW(0x105, 0x10, STATUS, CMD_ENABLED, disable_hca),
	ROW(0x107, 0x10, 0x10, CMD_ENABLED, query_pages),
	ROW(0x108, 0x10, 0x10, CMD_ENABLED, manage_pages),
	ROW(0x109, CAP_BYTES, STATUS, CMD_ENABLED, set_hca_cap),
	ROW(0x10a, 0x10, query_issi_out__SIZE, CMD_ENABLED, query_issi),
	ROW(0x10b, 0x10, STATUS, CMD_ENABLED, set_issi),
	ROW(0x200, create_mkey_in__SIZE, 0x10, CMD_INITED, create_mkey),
	ROW(0x201, 0x10, 0x110, CMD_INITED, query_mkey),
	ROW(0x202, 0x10, STATUS, CMD_INITED, destroy_mkey),
	ROW(0x203, 0x10, 0x10, CMD_INITED, query_special_contexts),
	ROW(0x301, create_eq_in__SIZE, 0x10, CMD_INITED, create_eq),
	ROW(0x302, 0x10, STATUS, CMD_INITED, destroy_eq),
	ROW(0x303, 0x10, query_eq_out__SIZE, CMD_INITED, query_eq),
	ROW(0x400, create_cq_in__SIZE, 0x10, CMD_INITED, create_cq),
	ROW(0x401, 0x10, STATUS, CMD_INITED, destroy_cq),
	ROW(0x402, 0x10, query_cq_out__SIZE, CMD_INITED, query_cq),
	ROW(0x403, modify_cq_in__SIZE, STATUS, CMD_INITED, modify_cq),
	ROW(0x500, create_qp_in__SIZE, 0x10, CMD_INITED, create_qp),
	ROW(0x501, 0x10, STATUS, CMD_INITED, destroy_qp),
	ROW(0x502, QP_BYTES, STATUS, CMD_INITED, modify_qp),
	ROW(0x503, QP_BYTES, STATUS, CMD_INITED, modify_qp),
	ROW(0x504, QP_BYTES, STATUS, CMD_INITED, modify_qp),
	ROW(0x505, QP_BYTES, STATUS, CMD_INITED, modify_qp),
	ROW(0x506, QP_BYTES, STATUS, CMD_INITED, modify_qp),
	ROW(0x507, 0x10, STATUS, CMD_INITED, modify_qp),
	ROW(0x50a, 0x10, STATUS, CMD_INITED, modify_qp),
	ROW(0x50b, 0x10, query_qp_out__qpc__BYTE + qpc__SIZE, CMD_INITED, query_qp),
	ROW(0x50c, QP_BYTES, STATUS, CMD_INITED, modify_qp),
	ROW(0x50d, MAD_BYTES, MAD_BYTES, CMD_INITED, mad_ifc),
	ROW(0x50e, QP_BYTES, STATUS, CMD_INITED, modify_qp),
	ROW(0x700, create_srq_in__SIZE, 0x10, CMD_INITED, create_srq),
	ROW(0x701, 0x10, STATUS, CMD_INITED, destroy_srq),
	ROW(0x702, 0x10, query_srq_out__SIZE, CMD_INITED, query_srq),
	ROW(0x703, 0x10, STATUS, CMD_INITED, arm_srq),
	ROW(0x705, create_xrc_srq_in__SIZE, 0x10, CMD_INITED, create_srq),
	ROW(0x706, 0x10, STATUS, CMD_INITED, destroy_srq),
	ROW(0x707, 0x10, query_xrc_srq_out__SIZE, CMD_INITED, query_srq),
	ROW(0x708, 0x10, STATUS, CMD_INITED, arm_srq),
	ROW(0x750, 0x10, 0x10, CMD_INITED, query_vport_state),
	ROW(0x762, 0x10, query_hca_vport_context_out__SIZE, CMD_INITED, query_hca_vport_context),
	ROW(0x763, modify_hca_vport_context_in__SIZE, STATUS, CMD_INITED,
	    modify_hca_vport_context),
	ROW(0x764, 0x10, 0x10, CMD_INITED, query_hca_vport_gid),
	ROW(0x765, 0x10, 0x10, CMD_INITED, query_hca_vport_pkey),
	ROW(0x770, 0x20, query_vport_counter_out__SIZE, CMD_INITED, query_vport_counter),
	ROW(0x771, 0x10, 0x10, CMD_INITED, alloc_q_counter),
	ROW(0x772, 0x10, STATUS, CMD_INITED, dealloc_q_counter),
	ROW(0x773, query_q_counter_in__SIZE, query_q_counter_out__SIZE, CMD_INITED,
	    query_q_counter),
	ROW(0x800, 0x10, 0x10, CMD_INITED, alloc_pd),
	ROW(0x801, 0x10, STATUS, CMD_INITED, dealloc_pd),
	ROW(0x802, 0x10, 0x10, CMD_INITED, alloc_uar),
	ROW(0x803, 0x10, STATUS, CMD_INITED, dealloc_uar),
	ROW(0x805, 0x10, 0x10, CMD_ENABLED, access_register),
	ROW(0x806, attach_to_mcg_in__SIZE, STATUS, CMD_INITED, attach_mcg),
	ROW(0x807, detach_from_mcg_in__SIZE, STATUS, CMD_INITED, detach_mcg),
	ROW(0x80e, 0x10, 0x10, CMD_INITED, alloc_xrcd),
	ROW(0x80f, 0x10, STATUS, CMD_INITED, dealloc_xrcd),
	ROW(0x90c, create_rmp_in__SIZE, 0x10, CMD_INITED, create_srq),
	ROW(0x90d, modify_rmp_in__SIZE, STATUS, CMD_INITED, modify_rmp),
	ROW(0x90e, 0x10, STATUS, CMD_INITED, destroy_srq),
	ROW(0x90f, 0x10, query_rmp_out__SIZE, CMD_INITED, query_srq),
	ROW(0xa08, 0x30, 0x10, CMD_INITED, create_umem),
	ROW(0xa0a, 0x10, STATUS, CMD_INITED, destroy_umem),
};

const struct cmd_row *cmd_lookup(uint16_t opcode)
{
	unsigned int low = 0, high = sizeof(rows) / sizeof(rows[0]), mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (rows[mid].opcode == opcode)
			return &rows[mid];
		if (rows[mid].opcode < opcode)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
