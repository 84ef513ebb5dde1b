// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands on multicast groups. Must never know who joined one in the
 * fabric.
 */
#include "host-backend/hca/mcg.h"

#include <errno.h>
#include <string.h>

#include "host-backend/hca/object.h"

enum { MULTICAST = 0xff };		/* first byte of such a GID */

_Static_assert((int)attach_to_mcg_in__SIZE == (int)detach_from_mcg_in__SIZE &&
	       (int)attach_to_mcg_in__qpn == (int)detach_from_mcg_in__qpn &&
	       (int)attach_to_mcg_in__multicast_gid__BYTE ==
	       (int)detach_from_mcg_in__multicast_gid__BYTE, "one layout for both");

static int command(struct hca *hca, enum hca_opcode opcode, uint32_t qpn, const uint8_t mgid[16])
{
	uint8_t in[attach_to_mcg_in__SIZE] = { 0 }, out[object_status__SIZE] = { 0 };

	if (mgid[0] != MULTICAST)
		return -EINVAL;
	hca_object_head(in, opcode, 0);
	ifc_set(in, attach_to_mcg_in__qpn, qpn);
	memcpy(in + attach_to_mcg_in__multicast_gid__BYTE, mgid, 16);
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}

int hca_mcg_attach(struct hca *hca, uint32_t qpn, const uint8_t mgid[16])
{
	return command(hca, HCA_OP_ATTACH_TO_MCG, qpn, mgid);
}

int hca_mcg_detach(struct hca *hca, uint32_t qpn, const uint8_t mgid[16])
{
	return command(hca, HCA_OP_DETACH_FROM_MCG, qpn, mgid);
}
