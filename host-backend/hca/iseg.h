/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns where the registers of the init segment stand in BAR 0. Must never know
 * who reads them. Source: Linux 6.12 include/linux/mlx5/device.h, struct
 * mlx5_init_seg, health_buffer; core/health.c for the states.
 */
#ifndef HCA_ISEG_H
#define HCA_ISEG_H

enum {
	HCA_ISEG_FW_REV		= 0x000,	/* [31:16] minor [15:0] major */
	HCA_ISEG_CMDIF_FW_SUB	= 0x004,	/* [31:16] command interface [15:0] sub-minor */
	HCA_ISEG_CMDQ_H		= 0x010,
	/* [31:12] address [10:8] NIC state [7:4] log2 slots [3:0] log2 bytes of an entry */
	HCA_ISEG_CMDQ_L		= 0x014,
	HCA_ISEG_CMD_DOORBELL	= 0x018,	/* bit n = slot n */
	HCA_ISEG_INITIALIZING	= 0x1fc,	/* bit 31 */
	HCA_ISEG_FW_VER		= 0x230,	/* of the health buffer */
	HCA_ISEG_RFR		= 0x238,	/* byte; bit 7: the firmware wants a reset */
	HCA_ISEG_SYND		= 0x23d,	/* byte */
	HCA_ISEG_TIMER_H	= 0x1000,	/* free-running */
	HCA_ISEG_TIMER_L	= 0x1004,
	HCA_ISEG_HEALTH_COUNTER	= 0x1010,

	HCA_CMDIF_REVISION	= 5,
};

/* [10:8] of HCA_ISEG_CMDQ_L. */
enum hca_nic_state {
	HCA_NIC_FULL_DRIVER	= 0,
	HCA_NIC_DISABLED	= 1,
	HCA_NIC_SW_RESET	= 7,
};

static inline enum hca_nic_state hca_nic_state(unsigned int cmdq_l)
{
	return (enum hca_nic_state)(cmdq_l >> 8 & 7);
}

#endif
