// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the command queue: takes entries that the doorbell names, has them
 * executed, completes them. It must never know what a command does.
 */
#include "tests/hca-model/cmd/queue.h"

#include <stdlib.h>
#include <string.h>

#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/cmd/inject.h"
#include "tests/hca-model/cmd/mailbox.h"
#include "tests/hca-model/cmd/reserved.h"
#include "tests/hca-model/obj/events.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/transport.h"

enum { ENTRY_TYPE_PCI = 7, OWNED_BY_HW = 1 };

enum cmd_status cmd_refuse(struct cmd *cmd, enum cmd_status status, uint32_t line,
			   const char *why)
{
	const struct cmd_row *row = cmd_lookup(cmd->opcode);

	cmd->syndrome = (uint32_t)cmd->opcode << 16 | line;
	hca_log(cmd->hca, "%s (0x%x) refused: status 0x%x: %s", row ? row->name : "command",
		cmd->opcode, status, why);
	return status;
}

static enum cmd_status cmd_execute(struct cmd *cmd)
{
	const struct cmd_row *row = cmd_lookup(cmd->opcode);
	const struct objects *obj = &cmd->hca->obj;

	if (!row)
		return CMD_REFUSE(cmd, CMD_BAD_OP, "unknown opcode");
	if (cmd->in_len < row->in_min)
		return CMD_REFUSE(cmd, CMD_BAD_INPUT_LEN, "input too short");
	if (cmd->out_len < row->out_min)
		return CMD_REFUSE(cmd, CMD_BAD_OUTPUT_LEN, "output too short");
	if ((row->needs == CMD_ENABLED && !obj->enabled) ||
	    (row->needs == CMD_INITED && !obj->inited))
		return CMD_REFUSE(cmd, CMD_BAD_SYS_STATE, "not in this state of the function");
	if (cmd->hca->strict && reserved_check(cmd))
		return CMD_BAD_PARAM;
	return row->fn(cmd);
}

static void cmd_answer(struct cmd *cmd, enum cmd_status status)
{
	const struct cmd_row *row = cmd_lookup(cmd->opcode);

	ifc_set(cmd->out, cmd_out__status, status);
	ifc_set(cmd->out, cmd_out__syndrome, cmd->syndrome);
	cmd->hca->cmdq.executed++;
	if (status)
		cmd->hca->cmdq.refused++;
	trace(cmd->hca, "CMD %s (0x%03x) op_mod 0x%x in %u out %u -> status 0x%x",
	      row ? row->name : "?", cmd->opcode, cmd->op_mod, cmd->in_len, cmd->out_len, status);
}

/* false: the command never completes. */
static bool cmd_run(struct hca *hca, struct cmd_entry *entry, const uint8_t *in,
		    enum delivery_status *delivery)
{
	struct cmd cmd = {
		.hca = hca, .in = in, .in_len = ifc_load32(entry->in_len),
		.out_len = ifc_load32(entry->out_len),
		.opcode = (uint16_t)ifc_get(in, cmd_in__opcode),
		.op_mod = (uint16_t)ifc_get(in, cmd_in__op_mod),
	};
	enum cmd_inject inject = cmd_injected(&hca->cmdq, false);
	enum cmd_status status;

	if (inject == INJECT_TIMEOUT)
		return false;
	if (inject == INJECT_GONE) {
		hca->dead = true;
		return false;
	}
	if (cmd.out_len < 8 || cmd.out_len > CMD_MAX_BYTES) {
		*delivery = DELIVERY_OUT_LENGTH;
		return true;
	}
	cmd.out = calloc(1, cmd.out_len < 16 ? 16 : cmd.out_len);
	if (!cmd.out) {
		*delivery = DELIVERY_FIRMWARE;
		return true;
	}
	status = inject == INJECT_STATUS ? (enum cmd_status)hca->cmdq.inject_status :
					   cmd_execute(&cmd);
	if (status)
		memset(cmd.out, 0, cmd.out_len);
	if (inject == INJECT_GARBAGE)
		memset(cmd.out, 0xa5, cmd.out_len);
	cmd_answer(&cmd, status);
	*delivery = mailbox_scatter(hca, entry, cmd.out, cmd.out_len);
	free(cmd.out);
	return true;
}

static bool entry_reserved_set(const struct cmd_entry *e)
{
	return e->reserved0[0] || e->reserved0[1] || e->reserved0[2] || e->reserved1 ||
	       e->status_own != OWNED_BY_HW;
}

static void cmdq_slot(struct hca *hca, unsigned int slot)
{
	uint64_t at = hca->cmdq.base + ((uint64_t)slot << CMDQ_LOG_STRIDE);
	enum delivery_status delivery = DELIVERED;
	struct cmd_entry entry;
	uint8_t *in = NULL;
	bool done = true;
	/* The command that creates the EQ of command events was polled for: its
	 * own completion is no event. */
	bool report = eq_subscribed(hca, EVENT_CMD);

	if (dma_read(hca, at, &entry, sizeof(entry)))
		return;
	if (!(entry.status_own & OWNED_BY_HW)) {
		hca_log(hca, "command entry %u rung without ownership", slot);
		return;
	}
	if (entry.type != ENTRY_TYPE_PCI || (hca->strict && entry_reserved_set(&entry)))
		delivery = DELIVERY_DESCRIPTOR;
	else
		delivery = mailbox_gather(hca, &entry, &in);
	if (!delivery)
		done = cmd_run(hca, &entry, in, &delivery);
	free(in);
	if (!done)
		return;
	if (delivery)
		hca_log(hca, "command entry %u: delivery status 0x%x", slot, delivery);
	/* The answer first, the ownership last. */
	entry.status_own = (uint8_t)(delivery << 1 | OWNED_BY_HW);
	if (dma_write(hca, at, &entry, sizeof(entry)))
		return;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	entry.status_own = (uint8_t)(delivery << 1);
	dma_write(hca, at + sizeof(entry) - 1, &entry.status_own, 1);
	if (report)
		event_cmd(hca, 1u << slot);
}

void cmdq_doorbell(struct hca *hca, uint32_t slots)
{
	unsigned int slot;

	if (!hca->cmdq.ready || hca->dead) {
		hca_log(hca, "command doorbell without a queue");
		return;
	}
	/* A card has begun with what was rung before by the time its firmware sees a command. */
	transport_run(hca);
	for (slot = 0; slot < 1u << CMDQ_LOG_ENTRIES; slot++)
		if (slots >> slot & 1)
			cmdq_slot(hca, slot);
}

void cmdq_reset(struct hca *hca)
{
	hca->cmdq.ready = false;
	hca->cmdq.base = 0;
}
