/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the HCA's free-running timer, by which it stamps completions. Must never
 * know what is timed.
 */
#ifndef HCA_TIMER_H
#define HCA_TIMER_H

#include <stdint.h>

struct hca;

/* Bits that count (drivers/net/ethernet/mellanox/mlx5/core/lib/clock.c of Linux); then it wraps. */
enum { HCA_TIMER_BITS = 41 };

/* Cycles of cmd_hca_cap.device_frequency_khz, all bits that the registers have. -ENODEV: gone. */
int hca_timer_read(struct hca *hca, uint64_t *cycles);

#endif
