// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the HCA's free-running timer. Must never know what is timed.
 */
#include "host-backend/hca/timer.h"

#include <errno.h>

#include "host-backend/hca/hca.h"
#include "host-backend/hca/iseg.h"

/* Two registers: the high one must be the same before and after. */
int hca_timer_read(struct hca *hca, uint64_t *cycles)
{
	struct hca_transport *t = hca_transport(hca);
	uint32_t high = t->ops->read32(t, HCA_ISEG_TIMER_H);
	uint32_t low = t->ops->read32(t, HCA_ISEG_TIMER_L);
	uint32_t again = t->ops->read32(t, HCA_ISEG_TIMER_H);

	if (high == UINT32_MAX && low == UINT32_MAX)
		return -ENODEV;
	if (high != again)
		low = t->ops->read32(t, HCA_ISEG_TIMER_L);
	*cycles = (uint64_t)again << 32 | low;
	return 0;
}
