// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the objects that are only a number with users: protection domains, XRC
 * domains and UAR pages. It must never know who uses them.
 */
#include <stdlib.h>

#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/cmd/handlers.h"

static enum cmd_status ref_alloc(struct cmd *cmd, struct objtab *t, uint32_t out_field)
{
	struct refobj *obj = calloc(1, sizeof(*obj));

	if (!obj)
		return CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
	if (objtab_add(t, obj, &obj->number)) {
		free(obj);
		return CMD_REFUSE(cmd, CMD_EXCEED_LIM, "no number is free");
	}
	ifc_set(cmd->out, out_field, obj->number);
	return CMD_OK;
}

static enum cmd_status ref_dealloc(struct cmd *cmd, struct objtab *t, uint32_t in_field)
{
	uint32_t number = (uint32_t)ifc_get(cmd->in, in_field);
	struct refobj *obj = objtab_get(t, number);

	if (!obj)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such number");
	if (obj->users)
		return CMD_REFUSE(cmd, CMD_RES_BUSY, "still in use");
	objtab_del(t, number);
	free(obj);
	return CMD_OK;
}

enum cmd_status cmd_alloc_pd(struct cmd *cmd)
{
	return ref_alloc(cmd, &cmd->hca->obj.pd, alloc_pd_out__pd);
}

enum cmd_status cmd_dealloc_pd(struct cmd *cmd)
{
	return ref_dealloc(cmd, &cmd->hca->obj.pd, dealloc_pd_in__pd);
}

enum cmd_status cmd_alloc_xrcd(struct cmd *cmd)
{
	return ref_alloc(cmd, &cmd->hca->obj.xrcd, alloc_xrcd_out__xrcd);
}

enum cmd_status cmd_dealloc_xrcd(struct cmd *cmd)
{
	return ref_dealloc(cmd, &cmd->hca->obj.xrcd, dealloc_xrcd_in__xrcd);
}

enum cmd_status cmd_alloc_uar(struct cmd *cmd)
{
	return ref_alloc(cmd, &cmd->hca->obj.uar, alloc_uar_out__uar);
}

enum cmd_status cmd_dealloc_uar(struct cmd *cmd)
{
	return ref_dealloc(cmd, &cmd->hca->obj.uar, dealloc_uar_in__uar);
}

struct refobj *ref_get(struct objtab *t, uint32_t number)
{
	struct refobj *obj = objtab_get(t, number);

	if (obj)
		obj->users++;
	return obj;
}

void ref_put(struct objtab *t, uint32_t number)
{
	struct refobj *obj = objtab_get(t, number);

	if (obj && obj->users)
		obj->users--;
}
