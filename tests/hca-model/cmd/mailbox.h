/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the bytes of a command in host memory: entry and mailbox blocks. It
 * must never know what they mean.
 */
#ifndef HCA_MODEL_CMD_MAILBOX_H
#define HCA_MODEL_CMD_MAILBOX_H

#include <stdint.h>

struct hca;

/* A queue entry (Linux 6.12 include/linux/mlx5/device.h, struct mlx5_cmd_layout). */
struct cmd_entry {
	uint8_t type;			/* 7: mailboxes over PCI */
	uint8_t reserved0[3];
	uint8_t in_len[4];
	uint8_t in_ptr[8];
	uint8_t in[16];
	uint8_t out[16];
	uint8_t out_ptr[8];
	uint8_t out_len[4];
	uint8_t token;
	uint8_t signature;
	uint8_t reserved1;
	uint8_t status_own;		/* bit 0: owned by hardware, [7:1] delivery status */
};

enum delivery_status {			/* core/cmd.c, MLX5_CMD_DELIVERY_STAT_* */
	DELIVERED = 0, DELIVERY_TOKEN = 2, DELIVERY_BLOCK = 3, DELIVERY_OUT_ALIGN = 4,
	DELIVERY_IN_ALIGN = 5, DELIVERY_FIRMWARE = 6, DELIVERY_IN_LENGTH = 7,
	DELIVERY_OUT_LENGTH = 8, DELIVERY_DESCRIPTOR = 0x10,
};

enum { CMD_MAX_BYTES = 80 << 20 };

/* Gather the input (to be freed by the caller, also when it is empty). */
enum delivery_status mailbox_gather(struct hca *hca, const struct cmd_entry *entry,
				    uint8_t **in);
/* Scatter @len bytes of output; the first 16 go into the entry. */
enum delivery_status mailbox_scatter(struct hca *hca, struct cmd_entry *entry,
				     const uint8_t *out, uint32_t len);

#endif
