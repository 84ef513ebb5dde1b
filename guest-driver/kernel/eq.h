/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns completion event queues: one for each vector but the first, written by
 * the HCA into guest memory. Must never know what completed.
 */
#ifndef UNDERPASS_EQ_H
#define UNDERPASS_EQ_H

#include <linux/types.h>

struct up_dev;
struct up_eq;

/* One for each vector from 1 on; dev->eqs and n_eqs. */
int up_eqs_create(struct up_dev *dev);
void up_eqs_destroy(struct up_dev *dev);

/* Number for CREATE_CQ. */
u32 up_eq_number(const struct up_eq *eq);
/* Room for the events of one more CQ; false: none is left. */
bool up_eq_take(struct up_eq *eq);
void up_eq_give(struct up_eq *eq);
/* When this returns, no handler works on what it found before. May sleep. */
void up_eq_synchronize(struct up_eq *eq);

#endif
