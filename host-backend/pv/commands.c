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
	pv_command_fn fn;		/* NULL: there is no such command */
	uint16_t in, out;		/* bytes, exactly */
	uint8_t kind;			/* of objects, for destroy() */
};

static enum up_result destroy(struct pv *pv, struct pv_command *cmd);

#define ROW(fn, in, out)	{ fn, in, out, 0 }
#define MAKE(fn, in)		{ fn, sizeof(struct in), sizeof(struct up_number_out), 0 }
#define DESTROY(kind)		{ destroy, sizeof(struct up_number), 0, kind }

static const struct row table[] = {
	[UP_QUERY_DEVICE] = ROW(pv_query_device, 0, sizeof(struct up_query_device_out)),
	[UP_QUERY_PORT] = ROW(pv_query_port, sizeof(struct up_query_port),
			      sizeof(struct up_query_port_out)),
	[UP_QUERY_GIDS] = ROW(pv_query_gids, sizeof(struct up_query_table),
			      sizeof(struct up_query_gids_out)),
	[UP_QUERY_PKEYS] = ROW(pv_query_pkeys, sizeof(struct up_query_table),
			       sizeof(struct up_query_pkeys_out)),
	[UP_QUERY_CLOCK] = ROW(pv_query_clock, 0, sizeof(struct up_query_clock_out)),
	[UP_ALLOC_UAR] = ROW(pv_uar_alloc, 0, sizeof(struct up_alloc_uar_out)),
	[UP_FREE_UAR] = DESTROY(PV_UAR),
	[UP_ALLOC_PD] = ROW(pv_pd_alloc, 0, sizeof(struct up_number_out)),
	[UP_FREE_PD] = DESTROY(PV_PD),
	[UP_ALLOC_XRCD] = ROW(pv_xrcd_alloc, 0, sizeof(struct up_number_out)),
	[UP_FREE_XRCD] = DESTROY(PV_XRCD),
	[UP_PIN_PAGES] = MAKE(pv_pages_pin, up_pin_pages),
	[UP_UNPIN_PAGES] = DESTROY(PV_PAGES),
	[UP_REG_MR] = ROW(pv_mr_register, sizeof(struct up_reg_mr), sizeof(struct up_reg_mr_out)),
	[UP_DEREG_MR] = DESTROY(PV_MR),
	[UP_CREATE_EQ] = MAKE(pv_eq_create, up_create_eq),
	[UP_DESTROY_EQ] = DESTROY(PV_EQ),
	[UP_CREATE_CQ] = MAKE(pv_cq_create, up_create_cq),
	[UP_RESIZE_CQ] = ROW(pv_cq_resize, sizeof(struct up_resize_cq), 0),
	[UP_MODERATE_CQ] = ROW(pv_cq_moderate, sizeof(struct up_moderate_cq), 0),
	[UP_DESTROY_CQ] = DESTROY(PV_CQ),
	[UP_CREATE_SRQ] = MAKE(pv_srq_create, up_create_srq),
	[UP_ARM_SRQ] = ROW(pv_srq_arm, sizeof(struct up_arm_srq), 0),
	[UP_QUERY_SRQ] = ROW(pv_srq_query, sizeof(struct up_number),
			     sizeof(struct up_query_srq_out)),
	[UP_DESTROY_SRQ] = DESTROY(PV_SRQ),
	[UP_CREATE_QP] = MAKE(pv_qp_create, up_create_qp),
	[UP_MODIFY_QP] = ROW(pv_qp_modify, sizeof(struct up_modify_qp), 0),
	[UP_QUERY_QP] = ROW(pv_qp_query, sizeof(struct up_number), sizeof(struct up_query_qp_out)),
	[UP_DESTROY_QP] = DESTROY(PV_QP),
	[UP_ATTACH_MCAST] = ROW(pv_mcast_attach, sizeof(struct up_mcast), 0),
	[UP_DETACH_MCAST] = ROW(pv_mcast_detach, sizeof(struct up_mcast), 0),
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

void pv_command_run(struct pv *pv, struct pv_command *cmd)
{
	uint64_t start = pv_stats_now();

	cmd->detail = 0;
	cmd->out_length = 0;
	memset(cmd->out, 0, sizeof(cmd->out));
	cmd->result = run(pv, cmd);
	pv_stats_count(&pv->stats, cmd->opcode, cmd->result, pv_stats_now() - start);
}
