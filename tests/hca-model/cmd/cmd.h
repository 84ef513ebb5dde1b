/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the contract of one firmware command: what a handler gets and gives.
 * It must never know how the bytes travelled.
 */
#ifndef HCA_MODEL_CMD_CMD_H
#define HCA_MODEL_CMD_CMD_H

#include <stdint.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/commands.h"
#include "host-backend/hca/ifc/contexts.h"
#include "tests/hca-model/hca.h"

/* Command status (mlx5_ifc.h, drivers/.../core/cmd.c). */
enum cmd_status {
	CMD_OK			= 0x00,
	CMD_INTERNAL		= 0x01,
	CMD_BAD_OP		= 0x02,
	CMD_BAD_PARAM		= 0x03,
	CMD_BAD_SYS_STATE	= 0x04,
	CMD_BAD_RES		= 0x05,
	CMD_RES_BUSY		= 0x06,
	CMD_EXCEED_LIM		= 0x08,
	CMD_BAD_RES_STATE	= 0x09,
	CMD_BAD_INDEX		= 0x0a,
	CMD_NO_RESOURCES	= 0x0f,
	CMD_BAD_QP_STATE	= 0x10,
	CMD_BAD_PKT		= 0x30,
	CMD_BAD_SIZE_OUTS_CQES	= 0x40,
	CMD_BAD_INPUT_LEN	= 0x50,
	CMD_BAD_OUTPUT_LEN	= 0x51,
};

struct cmd {
	struct hca *hca;
	uint16_t opcode;
	uint16_t op_mod;
	const uint8_t *in;	/* whole input mailbox, at least the row's in_min bytes */
	uint32_t in_len;
	uint8_t *out;		/* whole output mailbox, zeroed, at least the row's out_min bytes */
	uint32_t out_len;
	uint32_t syndrome;	/* a number that says which check failed; goes out with the status */
};

/* A handler checks, acts, fills cmd->out (not status and syndrome) and returns the status. */
typedef enum cmd_status (*cmd_fn)(struct cmd *cmd);

/*
 * Refuse with a syndrome that finds the line: CMD_REFUSE(cmd, CMD_BAD_PARAM, "why").
 * The reason goes into the trace and the log.
 */
#define CMD_REFUSE(cmd, status, why) cmd_refuse(cmd, status, __LINE__, why)
enum cmd_status cmd_refuse(struct cmd *cmd, enum cmd_status status, uint32_t line,
			   const char *why);

struct cmd_row {
	uint16_t opcode;
	uint16_t in_min, out_min;	/* bytes */
	uint8_t needs;			/* enum cmd_needs */
	const char *name;
	cmd_fn fn;
};

enum cmd_needs {
	CMD_ANY_STATE = 0,
	CMD_ENABLED = 1,		/* after ENABLE_HCA */
	CMD_INITED = 2,			/* after INIT_HCA */
};

/* The table of opcodes (cmd/table.c); NULL for an opcode the card does not know. */
const struct cmd_row *cmd_lookup(uint16_t opcode);

/* Handlers that live in other rooms. mgmt/: */
enum cmd_status cmd_mad_ifc(struct cmd *cmd);
enum cmd_status cmd_access_register(struct cmd *cmd);
enum cmd_status cmd_query_hca_vport_context(struct cmd *cmd);
enum cmd_status cmd_modify_hca_vport_context(struct cmd *cmd);
enum cmd_status cmd_query_hca_vport_gid(struct cmd *cmd);
enum cmd_status cmd_query_hca_vport_pkey(struct cmd *cmd);
enum cmd_status cmd_query_vport_state(struct cmd *cmd);
enum cmd_status cmd_query_vport_counter(struct cmd *cmd);

#endif
