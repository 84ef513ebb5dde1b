// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what the HCA says it can do. It must never know how it is done. Fields
 * and values: docs/hca-model.md; layout: mlx5_ifc.h, cmd_hca_cap, atomic_caps.
 */
#include "tests/hca-model/cmd/caps.h"

#include <string.h>

#include "tests/hca-model/cmd/handlers.h"

enum {			/* op_mod = type << 1 | current */
	CAP_GENERAL = 0, CAP_ATOMIC = 3,
	CAP_PAGE = 0x1000, CAP_AT = 0x10,
	ATOMIC_COMPARE_SWAP = 1 << 0, ATOMIC_FETCH_ADD = 1 << 1, ATOMIC_8_BYTES = 1 << 3,
};

#define GEN(field, value) { cmd_hca_cap__##field, value }

static const struct {
	uint32_t field, value;
} general[] = {
	GEN(log_max_srq_sz, 15), GEN(log_max_qp_sz, 15), GEN(log_max_qp, CAP_LOG_MAX_QP),
	GEN(log_max_srq, CAP_LOG_MAX_SRQ), GEN(log_max_cq_sz, 22),
	GEN(log_max_cq, CAP_LOG_MAX_CQ), GEN(log_max_eq_sz, 22),
	GEN(log_max_mkey, CAP_LOG_MAX_MKEY), GEN(log_max_eq, 7), GEN(log_max_mrw_sz, 40),
	GEN(max_indirection, 1), GEN(log_max_klm_list_size, 16), GEN(log_max_ra_req_qp, 4),
	GEN(log_max_ra_res_qp, 4), GEN(gid_table_size, 0), GEN(pkey_table_size, 0),
	GEN(max_qp_cnt, CAP_MAX_QP_COUNTERS - 1), GEN(ib_virt, 1), GEN(local_ca_ack_delay, 16),
	GEN(out_of_seq_cnt, 1), GEN(retransmission_q_counters, 1),
	GEN(enhanced_error_q_counters, 1), GEN(port_type, 0), GEN(num_ports, 1), GEN(log_max_msg, 30), GEN(cqe_version, 1),
	GEN(umr_modify_entity_size_disabled, 1), GEN(atomic, 1), GEN(cq_resize, 1),
	GEN(cq_moderation, 1), GEN(qkv, 1), GEN(pkv, 1), GEN(xrc, 1), GEN(ud, 1), GEN(uc, 1),
	GEN(rc, 1), GEN(umem_uid_0, 1), GEN(log_pg_sz, 12), GEN(log_bf_reg_size, 9),
	GEN(max_wqe_sz_sq, 1024), GEN(max_wqe_sz_rq, 512), GEN(max_qp_mcg, 240),
	GEN(log_max_mcg, CAP_LOG_MAX_MCG), GEN(log_max_pd, CAP_LOG_MAX_PD),
	GEN(log_max_xrcd, CAP_LOG_MAX_XRCD), GEN(log_max_rmp, 16), GEN(max_num_eqs, 64),
	GEN(device_frequency_mhz, CLOCK_KHZ / 1000), GEN(device_frequency_khz, CLOCK_KHZ),
	GEN(num_of_uars_per_page, 1),
};

static void fill_general(uint8_t *page)
{
	unsigned int i;

	memset(page, 0, CAP_PAGE);
	for (i = 0; i < sizeof(general) / sizeof(general[0]); i++)
		ifc_set(page, general[i].field, general[i].value);
}

static void fill_atomic(uint8_t *page)
{
	memset(page, 0, CAP_PAGE);
	ifc_set(page, atomic_caps__supported_atomic_req_8B_endianness_mode_1, 1);
	ifc_set(page, atomic_caps__atomic_operations, ATOMIC_COMPARE_SWAP | ATOMIC_FETCH_ADD);
	ifc_set(page, atomic_caps__atomic_size_qp, ATOMIC_8_BYTES);
}

void caps_reset(struct hca *hca)
{
	fill_general(hca->obj.cap_gen);
	fill_atomic(hca->obj.cap_atomic);
}

enum cmd_status cmd_query_hca_cap(struct cmd *cmd)
{
	const struct objects *obj = &cmd->hca->obj;
	bool current = cmd->op_mod & 1;
	uint32_t room = cmd->out_len - CAP_AT;
	uint8_t page[CAP_PAGE];

	switch (cmd->op_mod >> 1) {
	case CAP_GENERAL:
		fill_general(page);
		if (current)
			memcpy(page, obj->cap_gen, CAP_PAGE);
		break;
	case CAP_ATOMIC:
		fill_atomic(page);
		if (current)
			memcpy(page, obj->cap_atomic, CAP_PAGE);
		break;
	default:
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "capability type is not offered");
	}
	/* Who asks for less than the page gets its beginning. */
	memcpy(cmd->out + CAP_AT, page, room < CAP_PAGE ? room : CAP_PAGE);
	return CMD_OK;
}

/* No field may exceed what the card has; of flags, none may be set that it has not. */
static enum cmd_status set_general(struct cmd *cmd, const uint8_t *page)
{
	uint8_t rest[CAP_PAGE];
	unsigned int i;

	memcpy(rest, page, CAP_PAGE);
	for (i = 0; i < sizeof(general) / sizeof(general[0]); i++) {
		/* The field of P_Keys is a code: a smaller number is a larger table. */
		if (ifc_get(page, general[i].field) > general[i].value &&
		    general[i].field != cmd_hca_cap__pkey_table_size)
			return CMD_REFUSE(cmd, CMD_BAD_PARAM, "more than the maximum");
		ifc_set(rest, general[i].field, 0);
	}
	ifc_set(rest, cmd_hca_cap__log_uar_page_sz, 0);
	for (i = 0; i < CAP_PAGE && cmd->hca->strict; i++)
		if (rest[i])
			return CMD_REFUSE(cmd, CMD_BAD_PARAM, "a capability it has not");
	memcpy(cmd->hca->obj.cap_gen, page, CAP_PAGE);
	return CMD_OK;
}

enum cmd_status cmd_set_hca_cap(struct cmd *cmd)
{
	const uint8_t *page = cmd->in + CAP_AT;

	if (cmd->hca->obj.inited)
		return CMD_REFUSE(cmd, CMD_BAD_SYS_STATE, "after INIT_HCA");
	switch (cmd->op_mod >> 1) {
	case CAP_GENERAL:
		return set_general(cmd, page);
	case CAP_ATOMIC:
		ifc_set(cmd->hca->obj.cap_atomic, atomic_caps__atomic_req_8B_endianness_mode,
			ifc_get(page, atomic_caps__atomic_req_8B_endianness_mode));
		return CMD_OK;
	default:
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "capability type is not offered");
	}
}
