// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the life of the function: enable, ISSI, init, teardown, and what it
 * says of itself. It must never know objects but as a whole.
 */
#include <string.h>

#include "tests/hca-model/cmd/handlers.h"
#include "tests/hca-model/cmd/pages.h"
#include "tests/hca-model/obj/mkey.h"
#include "tests/hca-model/trace.h"

enum { ISSI_SUPPORTED = 1 << 0 | 1 << 1, VENDOR_MELLANOX_OUI = 0x2c9 };

enum cmd_status cmd_enable_hca(struct cmd *cmd)
{
	if (cmd->hca->obj.enabled)
		return CMD_REFUSE(cmd, CMD_BAD_SYS_STATE, "already enabled");
	cmd->hca->obj.enabled = true;
	return CMD_OK;
}

enum cmd_status cmd_disable_hca(struct cmd *cmd)
{
	if (cmd->hca->obj.inited)
		return CMD_REFUSE(cmd, CMD_BAD_SYS_STATE, "before TEARDOWN_HCA");
	cmd->hca->obj.enabled = false;
	return CMD_OK;
}

enum cmd_status cmd_query_issi(struct cmd *cmd)
{
	ifc_set(cmd->out, query_issi_out__current_issi, cmd->hca->obj.issi);
	ifc_set(cmd->out, query_issi_out__supported_issi_dw0, ISSI_SUPPORTED);
	return CMD_OK;
}

enum cmd_status cmd_set_issi(struct cmd *cmd)
{
	uint16_t issi = (uint16_t)ifc_get(cmd->in, set_issi_in__current_issi);

	if (issi > 1)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "ISSI is not supported");
	if (cmd->hca->obj.inited)
		return CMD_REFUSE(cmd, CMD_BAD_SYS_STATE, "after INIT_HCA");
	cmd->hca->obj.issi = issi;
	return CMD_OK;
}

enum cmd_status cmd_init_hca(struct cmd *cmd)
{
	if (cmd->hca->obj.inited)
		return CMD_REFUSE(cmd, CMD_BAD_SYS_STATE, "already initialized");
	if (cmd->hca->strict && !pages_suffice(cmd->hca))
		return CMD_REFUSE(cmd, CMD_BAD_SYS_STATE, "before the pages that it needs");
	cmd->hca->obj.inited = true;
	return CMD_OK;
}

enum cmd_status cmd_teardown_hca(struct cmd *cmd)
{
	struct object_counts left;

	if (!cmd->hca->obj.inited)
		return CMD_REFUSE(cmd, CMD_BAD_SYS_STATE, "not initialized");
	/* The driver should have destroyed everything; what it left goes now. */
	objects_count(cmd->hca, &left);
	if (left.uar || left.pd || left.xrcd || left.mkey || left.eq || left.cq || left.qp ||
	    left.srq || left.counter || left.umem)
		hca_log(cmd->hca, "TEARDOWN_HCA destroys what the driver left: uar %u pd %u xrcd %u "
			"mkey %u eq %u cq %u qp %u srq %u counter %u umem %u", left.uar, left.pd,
			left.xrcd, left.mkey, left.eq, left.cq, left.qp, left.srq, left.counter,
			left.umem);
	objects_destroy_all(cmd->hca);
	cmd->hca->obj.inited = false;
	return CMD_OK;
}

enum cmd_status cmd_query_adapter(struct cmd *cmd)
{
	uint8_t *block = cmd->out + query_adapter_out__query_adapter_struct__BYTE;
	static const char psid[16] = "MT_2190110032";

	ifc_set(block, query_adapter_param_block__ieee_vendor_id, VENDOR_MELLANOX_OUI);
	memcpy(block + query_adapter_param_block__vsd_contd_psid__BYTE, psid, sizeof(psid));
	return CMD_OK;
}

enum cmd_status cmd_query_special_contexts(struct cmd *cmd)
{
	ifc_set(cmd->out, query_special_contexts_out__resd_lkey, RESERVED_LKEY);
	return CMD_OK;
}
