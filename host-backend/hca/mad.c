// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the command that asks the firmware's management agents. Must never know
 * what is in a MAD.
 */
#include "host-backend/hca/mad.h"

#include <errno.h>
#include <string.h>

#include "host-backend/hca/object.h"

int hca_mad(struct hca *hca, unsigned int port, unsigned int flags,
	    const uint8_t request[HCA_MAD_BYTES], uint8_t answer[HCA_MAD_BYTES])
{
	uint8_t in[mad_ifc_in__SIZE] = { 0 }, out[mad_ifc_out__SIZE] = { 0 };
	struct hca_identity identity;
	int ret;

	hca_identity(hca, &identity);
	if (!port || port > identity.n_ports ||
	    flags & ~(unsigned int)(HCA_MAD_IGNORE_MKEY | HCA_MAD_IGNORE_BKEY))
		return -EINVAL;
	hca_object_head(in, HCA_OP_MAD_IFC, (uint16_t)flags);
	ifc_set(in, mad_ifc_in__port, port);
	memcpy(in + mad_ifc_in__mad__BYTE, request, HCA_MAD_BYTES);
	ret = hca_cmd(hca, in, sizeof(in), out, sizeof(out));
	if (ret)
		return ret;
	memcpy(answer, out + mad_ifc_out__response_mad_packet__BYTE, HCA_MAD_BYTES);
	return 0;
}
