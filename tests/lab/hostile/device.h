/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the device's registers and its life: reset, start. Must never know
 * commands.
 */
#ifndef HOSTILE_DEVICE_H
#define HOSTILE_DEVICE_H

#include <linux/io.h>

#include "hostile.h"

static inline u32 device_read(const struct hostile *h, u32 reg)
{
	return readl(h->control + reg);
}

static inline void device_write(const struct hostile *h, u32 reg, u32 value)
{
	writel(value, h->control + reg);
}

static inline void device_kick(const struct hostile *h)
{
	device_write(h, UP_REG_KICK, 1);
}

/* BARs, vectors, memory: as a driver's probe does it. -errno. */
int device_open(struct hostile *h);
/* @confirmed: the device let go of the memory; else it is left to it. */
void device_close(struct hostile *h, bool confirmed);

/* Wait as long as the status is @passing. Return: what it is then. */
u32 device_await(const struct hostile *h, u32 passing, unsigned int ms);
/* 0 when the device confirmed it; -ETIMEDOUT. */
int device_reset(struct hostile *h);
/* With this ring and these features. Return: the status that comes of it. */
u32 device_start(const struct hostile *h, u64 gpa, u32 features);
/* Reset, then a fresh ring: -EIO when the device does not become ready. */
int device_restart(struct hostile *h);

#endif
