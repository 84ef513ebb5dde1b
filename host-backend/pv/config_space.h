/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns PCI configuration space: identity, BARs, capabilities, what software may
 * change. Must never know what is behind the BARs.
 */
#ifndef PV_CONFIG_SPACE_H
#define PV_CONFIG_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/device.h"

enum { PV_CONFIG_BYTES = 4096 };

struct pv_config_space {
	uint8_t byte[PV_CONFIG_BYTES];
	uint8_t writable[PV_CONFIG_BYTES];	/* bits */
};

/* As after power-on. */
void pv_config_space_reset(struct pv_config_space *space, const struct hv_device *device);
/* Inside of it. */
void pv_config_space_read(const struct pv_config_space *space, uint64_t off, void *buf,
			  size_t len);
void pv_config_space_write(struct pv_config_space *space, uint64_t off, const void *buf,
			   size_t len);
/* Whether writing this starts a function level reset; it is not to be written then. */
bool pv_config_space_asks_reset(uint64_t off, const void *buf, size_t len);
bool pv_config_space_bus_master(const struct pv_config_space *space);

#endif
