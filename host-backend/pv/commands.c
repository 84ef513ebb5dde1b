// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the table of commands and what is checked of all of them. Must never
 * know the ring that they came by.
 */
#include "host-backend/pv/commands.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "host-backend/pv/kinds.h"
#include "host-backend/pv/pages.h"
#include "host-backend/pv/private.h"

struct row {
	const char *name;
	pv_command_fn fn;		/* NULL: there is no such command */
	uint16_t in, out;		/* bytes, exactly */
	uint8_t kind;			/* of objects, for destroy() */
};

static enum up_result destroy(struct pv *pv, struct pv_command *cmd);

#define ROW(op, fn, in, out)	[UP_##op] = { #op, fn, in, out, 0 }
#define PLAIN(op, fn, in)	ROW(op, fn, sizeof(struct in), 0)
#define ASK(op, fn, in, out)	ROW(op, fn, sizeof(struct in), sizeof(struct out))
#define LEARN(op, fn, out)	ROW(op, fn, 0, sizeof(struct out))
#define MAKE(op, fn, in)	ASK(op, fn, in, up_number_out)
#define DESTROY(op, kind)	[UP_##op] = { #op, destroy, sizeof(struct up_number), 0, kind }

static const struct row table[] = {
	LEARN(QUERY_DEVICE, pv_query_device, up_query_device_out),
	ASK(QUERY_PORT, pv_query_port, up_query_port, up_query_port_out),
	ASK(QUERY_GIDS, pv_query_gids, up_query_table, up_query_gids_out),
	ASK(QUERY_PKEYS, pv_query_pkeys, up_query_table, up_query_pkeys_out),
	LEARN(QUERY_CLOCK, pv_query_clock, up_query_clock_out),
	LEARN(ALLOC_UAR, pv_uar_alloc, up_alloc_uar_out),
	DESTROY(FREE_UAR, PV_UAR),
	LEARN(ALLOC_PD, pv_pd_alloc, up_number_out),
	DESTROY(FREE_PD, PV_PD),
	LEARN(ALLOC_XRCD, pv_xrcd_alloc, up_number_out),
	DESTROY(FREE_XRCD, PV_XRCD),
	MAKE(PIN_PAGES, pv_pages_pin, up_pin_pages),
	DESTROY(UNPIN_PAGES, PV_PAGES),
	ASK(REG_MR, pv_mr_register, up_reg_mr, up_reg_mr_out),
	DESTROY(DEREG_MR, PV_MR),
	PLAIN(REREG_MR, pv_mr_change, up_rereg_mr),
	MAKE(CREATE_EQ, pv_eq_create, up_create_eq),
	DESTROY(DESTROY_EQ, PV_EQ),
	MAKE(CREATE_CQ, pv_cq_create, up_create_cq),
	PLAIN(RESIZE_CQ, pv_cq_resize, up_resize_cq),
	PLAIN(MODERATE_CQ, pv_cq_moderate, up_moderate_cq),
	DESTROY(DESTROY_CQ, PV_CQ),
	MAKE(CREATE_SRQ, pv_srq_create, up_create_srq),
	PLAIN(ARM_SRQ, pv_srq_arm, up_arm_srq),
	ASK(QUERY_SRQ, pv_srq_query, up_number, up_query_srq_out),
	DESTROY(DESTROY_SRQ, PV_SRQ),
	MAKE(CREATE_QP, pv_qp_create, up_create_qp),
	PLAIN(MODIFY_QP, pv_qp_modify, up_modify_qp),
	ASK(QUERY_QP, pv_qp_query, up_number, up_query_qp_out),
	DESTROY(DESTROY_QP, PV_QP),
	PLAIN(ATTACH_MCAST, pv_mcast_attach, up_mcast),
	PLAIN(DETACH_MCAST, pv_mcast_detach, up_mcast),
};

enum { ROWS = sizeof(table) / sizeof(table[0]) };

_Static_assert((int)ROWS <= (int)PV_STATS_OPCODES, "each command is counted");
_Static_assert(sizeof(struct up_create_qp) <= UP_SLOT_DATA &&
	       sizeof(struct up_modify_qp) <= UP_SLOT_DATA &&
	       sizeof(struct up_query_gids_out) <= UP_SLOT_DATA &&
	       sizeof(struct up_query_pkeys_out) <= UP_SLOT_DATA, "fits into a slot");

static enum up_result destroy(struct pv *pv, struct pv_command *cmd)
{
	const struct up_number *in = (const void *)cmd->in;
	struct pv_object *o;
	enum up_result result;
	int err;

	if (in->reserved)
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_number, reserved));
	result = pv_object_claim(pv, table[cmd->opcode].kind, le32toh(in->number), true, &o);
	if (result)
		return result;
	err = pv_object_end(pv, o);
	return err ? pv_hca_result(pv, cmd, err) : UP_OK;
}

enum up_result pv_hca_result(struct pv *pv, struct pv_command *cmd, int err)
{
	const struct hca_cmd_error *last = hca_cmd_last_error(pv->adapter.hca);
	char text[128];

	switch (err) {
	case -EREMOTEIO:
		return pv_refuse(cmd, UP_HCA_REFUSED, last->syndrome);
	case -EINVAL:
		return pv_refuse(cmd, UP_BAD_VALUE, 0);
	case -ETIMEDOUT:
	case -EIO:
		hca_cmd_error_text(last, text, sizeof(text));
		pv_log(pv, PV_LOG_ERROR, "%s", text);
		return pv_refuse(cmd, UP_HCA_FAILED, 0);
	case -ENODEV:
		return pv_refuse(cmd, UP_HCA_FAILED, 0);
	default:
		return pv_refuse(cmd, UP_NO_RESOURCES, (size_t)-err);
	}
}

static enum up_result run(struct pv *pv, struct pv_command *cmd)
{
	const struct row *row = cmd->opcode < ROWS ? &table[cmd->opcode] : NULL;
	enum up_result result;

	if (!row || !row->fn || cmd->length != row->in || cmd->reserved)
		return UP_BAD_COMMAND;
	result = row->fn(pv, cmd);
	cmd->out_length = result ? 0 : row->out;
	return result;
}

const char *pv_command_name(uint32_t opcode)
{
	return opcode < ROWS ? table[opcode].name : NULL;
}

void pv_command_run(struct pv *pv, struct pv_command *cmd)
{
	uint64_t start = pv_stats_now();

	cmd->detail = 0;
	cmd->out_length = 0;
	memset(cmd->out, 0, sizeof(cmd->out));
	cmd->result = run(pv, cmd);
	pv_stats_count(&pv->stats, cmd->opcode, cmd->result, pv_stats_now() - start);
}
