// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns commands as everybody above runs them: one at a time per thread, with
 * the last error at hand. Must never know slots.
 */
#include "host-backend/hca/command.h"

#include <errno.h>
#include <string.h>

#include "host-backend/hca/cmdq.h"
#include "host-backend/hca/events.h"
#include "host-backend/hca/ifc/commands.h"
#include "host-backend/hca/private.h"

/* @hca is only compared, never followed. */
static _Thread_local struct {
	const struct hca *hca;
	struct hca_cmd_error error;
} last;

static int failed(const struct hca *hca, const struct hca_cmd_error *error)
{
	last.hca = hca;
	last.error = *error;
	return error->err;
}

void hca_cmd_forget(void)
{
	last.hca = NULL;
}

int hca_cmd(struct hca *hca, const void *in, size_t ilen, void *out, size_t olen)
{
	struct hca_cmd_error error = {
		.opcode = (uint16_t)ifc_get(in, cmd_in__opcode),
		.op_mod = (uint16_t)ifc_get(in, cmd_in__op_mod),
	};

	if (!hca->cmdq || hca_events_is_self(hca->events)) {
		error.err = hca->cmdq ? -EDEADLK : -ENODEV;	/* a restart failed */
		return failed(hca, &error);
	}
	return hca_cmdq_run(hca->cmdq, in, ilen, out, olen, &error) ? failed(hca, &error) : 0;
}

const struct hca_cmd_error *hca_cmd_last_error(const struct hca *hca)
{
	static const struct hca_cmd_error none;

	return last.hca == hca ? &last.error : &none;
}

int hca_cmd_nonsense(struct hca *hca, const void *in)
{
	struct hca_cmd_error error = {
		.opcode = (uint16_t)ifc_get(in, cmd_in__opcode),
		.op_mod = (uint16_t)ifc_get(in, cmd_in__op_mod),
		.err = -EIO,
	};

	return failed(hca, &error);
}

void hca_cmd_blame(struct hca *hca, const struct hca_cmd_error *cause)
{
	failed(hca, cause);
}

int hca_cmd_simple(struct hca *hca, uint16_t opcode, uint16_t op_mod, uint32_t number)
{
	uint8_t in[16] = { 0 }, out[16];

	ifc_set(in, cmd_in__opcode, opcode);
	ifc_set(in, cmd_in__op_mod, op_mod);
	ifc_set(in, dealloc_pd_in__pd, number);
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}

int hca_cmd_number(struct hca *hca, uint16_t opcode, uint32_t *number)
{
	uint8_t in[16] = { 0 }, out[16] = { 0 };
	int err;

	ifc_set(in, cmd_in__opcode, opcode);
	err = hca_cmd(hca, in, sizeof(in), out, sizeof(out));
	if (err)
		return err;
	/* The number's dword has nothing else in it. */
	if (ifc_load32(out + 8) >> 24)
		return hca_cmd_nonsense(hca, in);
	*number = (uint32_t)ifc_get(out, alloc_pd_out__pd);
	return 0;
}

void hca_cmd_stats(struct hca *hca, struct hca_cmd_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	if (hca->cmdq)	/* NULL: a restart failed */
		hca_cmdq_stats(hca->cmdq, stats);
}
