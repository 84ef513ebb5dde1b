/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the relation between the clock that stamps completions and the time of
 * day. Must never know completions.
 */
#ifndef UNDERPASS_CLOCK_H
#define UNDERPASS_CLOCK_H

#include "underpass.h"

/* 0 also when the device has no clock to offer. */
int up_clock_start(struct up_dev *dev);
void up_clock_stop(struct up_dev *dev);

static inline bool up_clock_is_there(const struct up_dev *dev)
{
	return dev->clock;
}

/* A page of struct mlx5_ib_clock_info, read-only. */
int up_clock_mmap(struct up_dev *dev, struct vm_area_struct *vma);

#endif
