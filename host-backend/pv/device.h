/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the device as the guest finds it on its PCI bus: identity, registers,
 * status. Must never know commands or objects.
 */
#ifndef PV_DEVICE_H
#define PV_DEVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "guest-driver/abi/device.h"
#include "host-backend/pv/config_space.h"
#include "hv/device.h"

struct pv;

/**
 * struct pv_registers - what the guest sees change
 * @status: enum up_status; workers and the HCA's event thread write it, too
 * @features, @ring: what the driver chose; the loop's
 * @attached, @attached_ns: whether there is a guest and since when; the loop's
 * @config: the loop's
 */
struct pv_registers {
	_Atomic uint32_t status;
	uint32_t features;
	uint64_t ring;
	bool attached;
	uint64_t attached_ns;
	struct pv_config_space config;
};

/* What the hypervisor is told of the device; 0, -ENOMEM. */
int pv_device_describe(struct pv *pv);

/* From any thread: */
/* The HCA is dead; the guest is told, unless it is going anyhow. */
void pv_registers_fail(struct pv *pv, uint32_t syndrome);
/* The guest's ring makes no sense. */
void pv_registers_refuse(struct pv *pv);
void pv_registers_resetting(struct pv *pv);
/* The reset is over: the next guest may come, if the HCA is fit. */
void pv_registers_reset_done(struct pv *pv);

#endif
