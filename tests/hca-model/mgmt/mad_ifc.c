// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the driver's two ways to the firmware's agents: the command MAD_IFC and
 * the look at packets for QP0. It must never know an attribute.
 */
#include "host-backend/hca/ifc/commands.h"
#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/mgmt/mad.h"
#include "tests/hca-model/mgmt/mgmt.h"
#include "tests/hca-model/mgmt/pma.h"
#include "tests/hca-model/mgmt/smp.h"
#include "tests/hca-model/trace.h"

enum {
	IGNORE_MKEY = 1 << 0, IGNORE_BKEY = 1 << 1,	/* op_mod */
	CLASS_VENDOR_9 = 0x09, CLASS_VENDOR_A = 0x0a, CLASS_CONGESTION = 0x21,
};

static bool is_get_or_set(const uint8_t *mad)
{
	return mad[MAD_METHOD] == METHOD_GET || mad[MAD_METHOD] == METHOD_SET;
}

enum cmd_status cmd_mad_ifc(struct cmd *cmd)
{
	struct hca *hca = cmd->hca;
	uint64_t port_num = ifc_get(cmd->in, mad_ifc_in__port);
	uint8_t *mad = cmd->out + mad_ifc_out__response_mad_packet__BYTE;

	if (port_num > 1)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "MAD_IFC: no such port");
	if (hca->strict && cmd->op_mod & ~(IGNORE_MKEY | IGNORE_BKEY))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "MAD_IFC: reserved op_mod bits");
	memcpy(mad, cmd->in + mad_ifc_in__mad__BYTE, MAD_BYTES);
	switch (mad[MAD_CLASS]) {
	case CLASS_SMP_LID:
	case CLASS_SMP_DIRECT:
		if (mad[MAD_METHOD] == METHOD_TRAP_REPRESS)
			return CMD_OK;
		if (!smp_answer(hca->port, mad, !(cmd->op_mod & IGNORE_MKEY)))
			return CMD_REFUSE(cmd, CMD_BAD_PARAM, "MAD_IFC: the SMA does not answer");
		return CMD_OK;
	case CLASS_PMA:
		if (!is_get_or_set(mad))
			break;
		pma_answer(hca->port, mad);
		return CMD_OK;
	case CLASS_VENDOR_9:
	case CLASS_VENDOR_A:
	case CLASS_CONGESTION:
		if (!is_get_or_set(mad))
			break;
		mad_reply(mad, STATUS_BAD_ATTR);
		return CMD_OK;
	default:
		break;
	}
	return CMD_REFUSE(cmd, CMD_BAD_PARAM, "MAD_IFC: not a class or method of the firmware");
}

bool mgmt_receive(struct hca *hca, struct packet *pkt)
{
	return smp_receive(hca->port, pkt);
}
