// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the init segment at the start of the BAR: firmware version, command
 * queue address and doorbell, health, clock. It must never know commands.
 * Layout: Linux 6.12 include/linux/mlx5/device.h, struct mlx5_init_seg.
 */
#include "tests/hca-model/pci/init_segment.h"

#include <time.h>

#include "tests/hca-model/hca.h"
#include "tests/hca-model/trace.h"

enum {
	FW_MAJOR = 12, FW_MINOR = 28, FW_SUB = 2006, CMD_INTERFACE = 5,
	REG_FW_REV = 0x000, REG_CMDIF = 0x004, REG_CMDQ_H = 0x010, REG_CMDQ_L = 0x014,
	REG_CMD_DOORBELL = 0x018, REG_FW_VER = 0x230, REG_RFR = 0x238, REG_SYND = 0x23c,
	REG_TIMER_H = 0x1000, REG_TIMER_L = 0x1004, REG_HEALTH = 0x1010,
	CMDQ_LAYOUT = CMDQ_LOG_ENTRIES << 4 | CMDQ_LOG_STRIDE,
	CMDQ_ADDRESS_MASK = ~0xfff,
	NIC_STATE_SHIFT = 8, NIC_STATE_MASK = 7,
};

static uint64_t nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

void pci_clock_start(struct hca *hca)
{
	hca->pci.boot_ns = nanoseconds();
}

uint64_t pci_clock(const struct hca *hca)
{
	uint64_t ns = nanoseconds() - hca->pci.boot_ns;

	return ns / 1000000 * CLOCK_KHZ + ns % 1000000 * CLOCK_KHZ / 1000000;
}

uint32_t init_segment_read(struct hca *hca, uint32_t reg)
{
	struct pci *p = &hca->pci;

	switch (reg) {
	case REG_FW_REV:
		return FW_MINOR << 16 | FW_MAJOR;
	case REG_CMDIF:
		return CMD_INTERFACE << 16 | FW_SUB;
	case REG_CMDQ_H:
		return p->cmdq_h;
	case REG_CMDQ_L:
		return (p->cmdq_l & (uint32_t)CMDQ_ADDRESS_MASK) |
		       (uint32_t)p->nic_state << NIC_STATE_SHIFT | CMDQ_LAYOUT;
	case REG_FW_VER:
		return FW_MAJOR << 24 | FW_MINOR << 16 | FW_SUB;
	case REG_RFR:
		return (uint32_t)p->rfr_severity << 24;
	case REG_SYND:
		return (uint32_t)p->synd << 16;
	case REG_TIMER_H:
		return (uint32_t)(pci_clock(hca) >> 32);
	case REG_TIMER_L:
		return (uint32_t)pci_clock(hca);
	case REG_HEALTH:
		/* The firmware counts about ten times a second. */
		return p->health_stuck ? 1 : (uint32_t)(pci_clock(hca) / (CLOCK_KHZ * 100));
	default:
		return 0;
	}
}

/* With the queue's address a driver takes the interface, gives it up, or has the firmware start anew. */
static void set_nic_state(struct hca *hca, uint32_t state)
{
	if (state == NIC_SW_RESET) {
		trace(hca, "the driver resets the firmware");
		hca_reset_firmware(hca);
		return;
	}
	hca->pci.nic_state = (uint8_t)state;
	hca->cmdq.ready = false;
}

void init_segment_write(struct hca *hca, uint32_t reg, uint32_t value)
{
	struct pci *p = &hca->pci;

	switch (reg) {
	case REG_CMDQ_H:
		p->cmdq_h = value;
		break;
	case REG_CMDQ_L:
		set_nic_state(hca, value >> NIC_STATE_SHIFT & NIC_STATE_MASK);
		if (p->nic_state != NIC_FULL_DRIVER)
			break;
		p->cmdq_l = value;
		hca->cmdq.base = (uint64_t)p->cmdq_h << 32 |
				 (value & (uint32_t)CMDQ_ADDRESS_MASK);
		hca->cmdq.ready = true;
		break;
	case REG_CMD_DOORBELL:
		cmdq_doorbell(hca, value);
		break;
	default:
		hca_log(hca, "write to read-only register 0x%x", reg);
		break;
	}
}
