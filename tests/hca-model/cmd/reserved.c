// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the table of known fields per command and the search for anything else.
 * It must never know what a field means. Layouts: mlx5_ifc.h; a field that
 * needs a capability which cmd/caps.c does not give is left out on purpose.
 */
#include "tests/hca-model/cmd/reserved.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Four dwords that are all data: a GID. */
#define GID(byte) IFC((byte) * 8, 64), IFC((byte) * 8 + 64, 64)

static const uint32_t number_fields[] = { IFC(0x48, 24) };	/* pd, uar, cqn, qpn, ... */
static const uint32_t eqn_fields[] = { destroy_eq_in__eq_number };
static const uint32_t counter_fields[] = { dealloc_q_counter_in__counter_set_id };
static const uint32_t register_fields[] = {
	access_register_in__register_id, access_register_in__argument,
};
static const uint32_t pages_fields[] = { manage_pages_in__input_num_entries };
static const uint32_t issi_fields[] = { set_issi_in__current_issi };
static const uint32_t mcg_fields[] = {
	attach_to_mcg_in__qpn, GID(attach_to_mcg_in__multicast_gid__BYTE),
};
static const uint32_t mad_fields[] = { mad_ifc_in__remote_lid, mad_ifc_in__port };
static const uint32_t query_counter_fields[] = {
	query_q_counter_in__clear, query_q_counter_in__counter_set_id,
};
static const uint32_t arm_fields[] = { arm_rq_in__srq_number, arm_rq_in__lwm };
static const uint32_t vport_fields[] = {
	query_hca_vport_gid_in__port_num, query_hca_vport_gid_in__gid_index,
};
static const uint32_t vport_counter_fields[] = {
	query_vport_counter_in__port_num, query_vport_counter_in__clear,
};
static const uint32_t vport_context_head[] = { modify_hca_vport_context_in__port_num };
static const uint32_t vport_context_fields[] = {
	hca_vport_context__field_select, hca_vport_context__vport_state_policy,
	hca_vport_context__system_image_guid, hca_vport_context__port_guid,
	hca_vport_context__node_guid, hca_vport_context__cap_mask1,
	hca_vport_context__cap_mask1_field_select, hca_vport_context__lid,
	hca_vport_context__sm_lid, hca_vport_context__sm_sl, hca_vport_context__lmc,
	hca_vport_context__subnet_timeout, hca_vport_context__init_type_reply,
	hca_vport_context__qkey_violation_counter, hca_vport_context__pkey_violation_counter,
};

static const uint32_t event_fields[] = {
	IFC(0x000, 64), IFC(0x040, 64), IFC(0x080, 64), IFC(0x0c0, 64),
};
static const uint32_t eqc_fields[] = {
	eqc__page_offset, eqc__log_eq_size, eqc__uar_page, eqc__intr, eqc__log_page_size,
};

static const uint32_t cq_head[] = {
	create_cq_in__cq_umem_offset, create_cq_in__cq_umem_id, create_cq_in__cq_umem_valid,
};
static const uint32_t modify_cq_head[] = {
	modify_cq_in__cqn, modify_cq_in__modify_field_select_resize_field_select,
	create_cq_in__cq_umem_offset, create_cq_in__cq_umem_id, create_cq_in__cq_umem_valid,
};
static const uint32_t cqc_fields[] = {
	cqc__dbr_umem_valid, cqc__cqe_sz, cqc__oi, cqc__dbr_umem_id, cqc__page_offset,
	cqc__log_cq_size, cqc__uar_page, cqc__cq_period, cqc__cq_max_count,
	IFC(IFC_BIT(cqc__c_eqn_or_apu_element) + 24, 8), cqc__log_page_size, cqc__dbr_addr,
};

static const uint32_t mkey_head[] = {
	create_mkey_in__pg_access, create_mkey_in__translations_octword_actual_size,
};
static const uint32_t mkc_fields[] = {
	mkc__free, mkc__access_mode_4_2, mkc__umr_en, mkc__a, mkc__rw, mkc__rr, mkc__lw,
	mkc__lr, mkc__access_mode_1_0, mkc__qpn, mkc__mkey_7_0, mkc__length64, mkc__bsf_en,
	mkc__en_rinval, mkc__pd, mkc__start_addr, mkc__len, mkc__bsf_octword_size,
	mkc__translations_octword_size, mkc__log_page_size,
};

static const uint32_t create_qp_head[] = {
	create_qp_in__wq_umem_offset, create_qp_in__wq_umem_id, create_qp_in__wq_umem_valid,
};
static const uint32_t modify_qp_head[] = {
	rst2init_qp_in__qpn, rst2init_qp_in__opt_param_mask,
};

/* The primary path, seen from the start of the QP context. */
#define PATH(field) IFC(qpc__primary_address_path__BYTE * 8 + IFC_BIT(field), IFC_WIDTH(field))

static const uint32_t qpc_fields[] = {
	qpc__state, qpc__st, qpc__pm_state, qpc__latency_sensitive, qpc__pd, qpc__mtu,
	qpc__log_msg_max, qpc__log_rq_size, qpc__log_rq_stride, qpc__no_sq, qpc__log_sq_size,
	qpc__ts_format, qpc__rlky, qpc__counter_set_id, qpc__uar_page, qpc__user_index,
	qpc__log_page_size, qpc__remote_qpn,
	PATH(ads__fl), PATH(ads__pkey_index), PATH(ads__grh), PATH(ads__mlid), PATH(ads__rlid),
	PATH(ads__ack_timeout), PATH(ads__src_addr_index), PATH(ads__stat_rate),
	PATH(ads__hop_limit), PATH(ads__tclass), PATH(ads__flow_label),
	GID(qpc__primary_address_path__BYTE + ads__rgid_rip__BYTE), PATH(ads__sl),
	PATH(ads__vhca_port_num),
	qpc__log_ack_req_freq, qpc__log_sra_max, qpc__retry_count, qpc__rnr_retry, qpc__fre,
	qpc__next_send_psn, qpc__cqn_snd, qpc__log_rra_max, qpc__atomic_mode, qpc__rre,
	qpc__rwe, qpc__rae, qpc__page_offset, qpc__min_rnr_nak, qpc__next_rcv_psn, qpc__xrcd,
	qpc__cqn_rcv, qpc__dbr_addr, qpc__q_key, qpc__rq_type, qpc__srqn_rmpn_xrqn,
	qpc__dbr_umem_valid, qpc__dbr_umem_id,
};

static const uint32_t srqc_fields[] = {
	srqc__log_srq_size, srqc__log_rq_stride, srqc__xrcd, srqc__page_offset, srqc__cqn,
	srqc__log_page_size, srqc__pd, srqc__lwm, srqc__dbr_addr,
};
static const uint32_t xrc_srqc_fields[] = {
	xrc_srqc__log_xrc_srq_size, xrc_srqc__log_rq_stride, xrc_srqc__xrcd,
	xrc_srqc__page_offset, xrc_srqc__cqn, xrc_srqc__log_page_size, xrc_srqc__user_index,
	xrc_srqc__pd, xrc_srqc__lwm, xrc_srqc__db_record_addr_h, xrc_srqc__db_record_addr_l,
};
static const uint32_t rmpc_fields[] = { rmpc__state };
static const uint32_t wq_fields[] = {
	wq__wq_type, wq__page_offset, wq__lwm, wq__pd, wq__dbr_addr, wq__log_wq_stride,
	wq__log_wq_pg_sz, wq__log_wq_sz,
};
static const uint32_t modify_rmp_head[] = {
	modify_rmp_in__rmp_state, modify_rmp_in__rmpn,
	IFC(IFC_BIT(modify_rmp_in__bitmask) + IFC_BIT(rmp_bitmask__lwm), 1),
};
static const uint32_t umem_fields[] = {
	umem__log_page_size, umem__page_offset, umem__num_of_mtt,
};

/* Some fields of a command, counted from byte @at of its input. */
struct part {
	const uint32_t *fields;
	uint16_t n, at;
};

#define PART(at, list) { list, COUNT(list), at }
#define LIST(at) .list = (at)
#define WITH_OP_MOD .op_mod = true

struct shape {
	uint16_t first, last;		/* opcodes */
	uint16_t list;			/* byte where something begins that is not fields; 0: nothing */
	bool op_mod;			/* the field says something */
	struct part part[3];
};

static const struct shape shapes[] = {
	{ 0x100, 0x100, WITH_OP_MOD },
	{ 0x107, 0x107, WITH_OP_MOD },
	{ 0x108, 0x108, WITH_OP_MOD, LIST(manage_pages_in__pas__BYTE),
	  .part = { PART(0, pages_fields) } },
	{ 0x109, 0x109, WITH_OP_MOD, LIST(0x10) },	/* the page: cmd/caps.c */
	{ 0x10b, 0x10b, .part = { PART(0, issi_fields) } },
	{ 0x200, 0x200, LIST(create_mkey_in__klm_pas_mtt__BYTE), .part = { PART(0, mkey_head),
	  PART(create_mkey_in__memory_key_mkey_entry__BYTE, mkc_fields) } },
	{ 0x201, 0x202, .part = { PART(0, number_fields) } },
	{ 0x301, 0x301, LIST(create_eq_in__pas__BYTE),
	  .part = { PART(create_eq_in__event_bitmask__BYTE, event_fields),
		    PART(create_eq_in__eq_context_entry__BYTE, eqc_fields) } },
	{ 0x302, 0x303, .part = { PART(0, eqn_fields) } },
	{ 0x400, 0x400, LIST(create_cq_in__pas__BYTE), .part = { PART(0, cq_head),
	  PART(create_cq_in__cq_context__BYTE, cqc_fields) } },
	{ 0x401, 0x402, .part = { PART(0, number_fields) } },
	{ 0x403, 0x403, WITH_OP_MOD, LIST(modify_cq_in__pas__BYTE),
	  .part = { PART(0, modify_cq_head), PART(modify_cq_in__cq_context__BYTE, cqc_fields) } },
	{ 0x500, 0x500, LIST(create_qp_in__pas__BYTE), .part = { PART(0, create_qp_head),
	  PART(create_qp_in__qpc__BYTE, qpc_fields) } },
	{ 0x501, 0x501, .part = { PART(0, number_fields) } },
	{ 0x507, 0x507, .part = { PART(0, number_fields) } },
	{ 0x50a, 0x50b, .part = { PART(0, number_fields) } },
	{ 0x50d, 0x50d, WITH_OP_MOD, LIST(mad_ifc_in__mad__BYTE),
	  .part = { PART(0, mad_fields) } },
	{ 0x502, 0x50e, .part = { PART(0, modify_qp_head),
	  PART(rst2init_qp_in__qpc__BYTE, qpc_fields) } },
	{ 0x700, 0x700, LIST(create_srq_in__pas__BYTE),
	  .part = { PART(create_srq_in__srq_context_entry__BYTE, srqc_fields) } },
	{ 0x705, 0x705, LIST(create_xrc_srq_in__pas__BYTE),
	  .part = { PART(create_xrc_srq_in__xrc_srq_context_entry__BYTE, xrc_srqc_fields) } },
	{ 0x703, 0x703, WITH_OP_MOD, .part = { PART(0, arm_fields) } },
	{ 0x708, 0x708, WITH_OP_MOD, .part = { PART(0, arm_fields) } },
	{ 0x701, 0x707, .part = { PART(0, number_fields) } },
	{ 0x750, 0x750, WITH_OP_MOD },
	{ 0x763, 0x763, .part = { PART(0, vport_context_head),
	  PART(modify_hca_vport_context_in__hca_vport_context__BYTE, vport_context_fields) } },
	{ 0x762, 0x765, .part = { PART(0, vport_fields) } },
	{ 0x770, 0x770, WITH_OP_MOD, .part = { PART(0, vport_counter_fields) } },
	{ 0x772, 0x772, .part = { PART(0, counter_fields) } },
	{ 0x773, 0x773, .part = { PART(0, query_counter_fields) } },
	{ 0x801, 0x801, .part = { PART(0, number_fields) } },
	{ 0x803, 0x803, .part = { PART(0, number_fields) } },
	{ 0x805, 0x805, WITH_OP_MOD, LIST(access_register_in__register_data__BYTE),
	  .part = { PART(0, register_fields) } },
	{ 0x806, 0x807, .part = { PART(0, mcg_fields) } },
	{ 0x80f, 0x80f, .part = { PART(0, number_fields) } },
	{ 0x90c, 0x90c, LIST(create_rmp_in__ctx__BYTE + rmpc__wq__BYTE + wq__pas__BYTE),
	  .part = { PART(create_rmp_in__ctx__BYTE, rmpc_fields),
		    PART(create_rmp_in__ctx__BYTE + rmpc__wq__BYTE, wq_fields) } },
	{ 0x90d, 0x90d, .part = { PART(0, modify_rmp_head),
	  PART(create_rmp_in__ctx__BYTE, rmpc_fields),
	  PART(create_rmp_in__ctx__BYTE + rmpc__wq__BYTE, wq_fields) } },
	{ 0x90e, 0x90f, .part = { PART(0, number_fields) } },
	{ 0xa08, 0xa08, LIST(0x10 + umem__SIZE), .part = { PART(0x10, umem_fields) } },
	{ 0xa0a, 0xa0a, .part = { PART(0, number_fields) } },
};

/* The first that fits: a narrow row stands before the wide one around it. */
static const struct shape *shape_of(uint16_t opcode)
{
	static const struct shape header_only;
	unsigned int i;

	for (i = 0; i < COUNT(shapes); i++)
		if (opcode >= shapes[i].first && opcode <= shapes[i].last)
			return &shapes[i];
	return &header_only;
}

enum { HEAD_MAX = 0x210 };		/* no command has a field beyond */

static void clear_fields(uint8_t *head, uint32_t len, const struct part *p)
{
	unsigned int i;

	for (i = 0; i < p->n; i++)
		if (p->at + (IFC_BIT(p->fields[i]) + IFC_WIDTH(p->fields[i]) + 7) / 8 <= len)
			ifc_set(head + p->at, p->fields[i], 0);
}

/* What is left when every known field is taken out is reserved. */
enum cmd_status reserved_check(struct cmd *cmd)
{
	const struct shape *s = shape_of(cmd->opcode);
	uint32_t end = s->list && s->list < cmd->in_len ? s->list : cmd->in_len;
	uint8_t head[HEAD_MAX] = { 0 };
	uint32_t len = end < HEAD_MAX ? end : HEAD_MAX;
	char why[64];
	uint32_t i;

	memcpy(head, cmd->in, len);
	ifc_set(head, cmd_in__opcode, 0);
	if (s->op_mod)
		ifc_set(head, cmd_in__op_mod, 0);
	for (i = 0; i < COUNT(s->part); i++)
		clear_fields(head, len, &s->part[i]);
	for (i = 0; i < end; i++)
		if (i < len ? head[i] : cmd->in[i])
			break;
	if (i == end)
		return CMD_OK;
	snprintf(why, sizeof(why), "reserved bits 0x%02x are set at byte 0x%x",
		 i < len ? head[i] : cmd->in[i], i);
	return CMD_REFUSE(cmd, CMD_BAD_PARAM, why);
}
