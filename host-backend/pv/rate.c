// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns static rates. Must never know paths. Source: IBA volume 1, 9.11.1 and
 * PathRecord:Rate; Linux 6.12 drivers/infiniband/hw/mlx5/qp.c, ib_to_mlx5_rate_map.
 */
#include "host-backend/pv/rate.h"

#include <stddef.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/pv/private.h"

enum { FIRST = 2, LAST = 22 };		/* 2.5 Gb/s; 600 Gb/s */

/* By IBA's code; 0: the HCA has no such limit. */
static const uint8_t codes[LAST + 1] = {
	[2] = 7, [3] = 8, [4] = 9, [5] = 10, [6] = 11, [7] = 12, [8] = 13, [9] = 14, [10] = 15,
	[12] = 1, [15] = 2, [16] = 3, [17] = 4, [20] = 5, [21] = 6,
};

bool pv_rate_known(uint8_t rate)
{
	return !rate || (rate >= FIRST && rate <= LAST);
}

uint8_t pv_rate_to_hca(struct pv *pv, uint8_t rate)
{
	uint64_t supported = ifc_get(hca_caps(pv->adapter.hca), cmd_hca_cap__stat_rate_support);

	for (; rate >= FIRST; rate--)
		if (codes[rate] && supported >> codes[rate] & 1)
			return codes[rate];
	return 0;
}

uint8_t pv_rate_from_hca(uint8_t code)
{
	uint8_t rate;

	for (rate = FIRST; code && rate <= LAST; rate++)
		if (codes[rate] == code)
			return rate;
	return 0;
}
