// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands on protection domains. Must never know what is in one.
 */
#include "host-backend/hca/pd.h"

#include "host-backend/hca/command.h"
#include "host-backend/hca/opcodes.h"

int hca_pd_alloc(struct hca *hca, uint32_t *pd)
{
	return hca_cmd_number(hca, HCA_OP_ALLOC_PD, pd);
}

int hca_pd_dealloc(struct hca *hca, uint32_t pd)
{
	return hca_cmd_simple(hca, HCA_OP_DEALLOC_PD, 0, pd);
}
