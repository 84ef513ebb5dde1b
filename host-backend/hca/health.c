// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what the init segment says of the HCA's health. Must never know what
 * happens when it is bad. Source: Linux, core/health.c.
 */
#include "host-backend/hca/health.h"

#include "host-backend/hca/hca.h"
#include "host-backend/hca/iseg.h"

enum { RFR_BIT = 0x80 };

uint32_t hca_health_presence(struct hca_transport *t)
{
	return t->ops->read32(t, HCA_ISEG_FW_VER) == UINT32_MAX ? HCA_SYNDROME_GONE : 0;
}

/*
 * Heat and whatever else the firmware survived is reported there, too, and may stay
 * there over any reset of ours: it is the end only if the firmware asks for one.
 */
static uint32_t firmware_says(struct hca_transport *t)
{
	uint8_t syndrome = t->ops->read8(t, HCA_ISEG_SYND);

	return syndrome && t->ops->read8(t, HCA_ISEG_RFR) & RFR_BIT ? syndrome : 0;
}

static uint32_t counter_moves(struct hca_health *health, struct hca_transport *t)
{
	uint32_t counter = t->ops->read32(t, HCA_ISEG_HEALTH_COUNTER);

	health->equal = health->looked && counter == health->counter ? health->equal + 1 : 0;
	health->counter = counter;
	health->looked = true;
	return health->equal >= HCA_HEALTH_EQUAL_MAX ? HCA_SYNDROME_STUCK : 0;
}

uint32_t hca_health_look(struct hca_health *health, struct hca_transport *t)
{
	uint32_t syndrome = hca_health_presence(t);
	enum hca_nic_state state;

	if (syndrome)
		return syndrome;
	state = hca_nic_state(t->ops->read32(t, HCA_ISEG_CMDQ_L));
	if (state == HCA_NIC_DISABLED || state == HCA_NIC_SW_RESET)
		return HCA_SYNDROME_DISABLED;
	syndrome = firmware_says(t);
	if (syndrome)
		/* Read while it went away? */
		return hca_health_presence(t) ? (uint32_t)HCA_SYNDROME_GONE : syndrome;
	return counter_moves(health, t);
}

const char *hca_fatal_text(uint32_t syndrome)
{
	static const char *const firmware[] = {
		[0x1] = "firmware internal error", [0x7] = "IRISC not responding",
		[0x8] = "unrecoverable hardware error", [0x9] = "firmware CRC error",
		[0xa] = "ICM fetch PCI error", [0xb] = "ICM page error",
		[0xc] = "asynchronous EQ overrun", [0xd] = "EQ error", [0xe] = "invalid EQ",
		[0xf] = "FFSER error", [0x10] = "high temperature",
		[0x12] = "ICM fetch PCI data poisoned", [0x13] = "trust lockdown",
	};

	switch (syndrome) {
	case 0:
		return "alive";
	case HCA_SYNDROME_GONE:
		return "the device is gone";
	case HCA_SYNDROME_DISABLED:
		return "the NIC interface was disabled or reset by somebody else";
	case HCA_SYNDROME_STUCK:
		return "the health counter stands still";
	default:
		if (syndrome < sizeof(firmware) / sizeof(firmware[0]) && firmware[syndrome])
			return firmware[syndrome];
		return "unknown syndrome";
	}
}
