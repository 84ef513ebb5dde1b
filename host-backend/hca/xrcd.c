// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands on XRC domains. Must never know what is in one.
 */
#include "host-backend/hca/xrcd.h"

#include "host-backend/hca/command.h"
#include "host-backend/hca/opcodes.h"

int hca_xrcd_alloc(struct hca *hca, uint32_t *xrcd)
{
	return hca_cmd_number(hca, HCA_OP_ALLOC_XRCD, xrcd);
}

int hca_xrcd_dealloc(struct hca *hca, uint32_t xrcd)
{
	return hca_cmd_simple(hca, HCA_OP_DEALLOC_XRCD, 0, xrcd);
}
