/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns mailboxes: chains of blocks that carry all of a command but its first 16
 * bytes, and a cache of them. Must never know slots, nor what a command does.
 * Layout: Linux, include/linux/mlx5/device.h, struct mlx5_cmd_prot_block.
 */
#ifndef HCA_MAILBOX_H
#define HCA_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host-backend/hca/dma.h"

enum {
	HCA_CMD_INLINE = 16,		/* bytes of a command that its queue entry holds */
	HCA_MAILBOX_DATA = 512,		/* bytes of one block */
	HCA_MAILBOX_STRIDE = 1024,	/* blocks are aligned to it */
	HCA_MAILBOX_CLASSES = 5,	/* 1, 2, 4, 8, 16 blocks are cached */
	HCA_MAILBOX_CACHED = 32,	/* of each class */
	HCA_CMD_MAX = 16 << 20,		/* bytes of one command, either way */
};

struct hca_mailbox {
	struct hca_buf buf;		/* empty: the queue entry is enough */
	uint32_t room;			/* blocks */
};

struct hca_mailbox_cache {
	struct hca_dma *dma;
	pthread_mutex_t lock;
	struct {
		struct hca_mailbox free[HCA_MAILBOX_CACHED];
		unsigned int n;
	} class[HCA_MAILBOX_CLASSES];
};

void hca_mailbox_cache_init(struct hca_mailbox_cache *cache, struct hca_dma *dma);
/* Frees what is in it. */
void hca_mailbox_cache_fini(struct hca_mailbox_cache *cache);

/**
 * hca_mailbox_take() - a chain of blocks
 * @cache: cache
 * @len: bytes of the whole command, at most HCA_CMD_MAX
 * @token: of the command, written into every block that is used
 * @out: the mailbox
 *
 * Return: 0; errors of hca_dma_alloc().
 */
int hca_mailbox_take(struct hca_mailbox_cache *cache, size_t len, uint8_t token,
		     struct hca_mailbox *out);
/* The HCA is done with it. Zeroes *@box; a zeroed one is ignored. */
void hca_mailbox_give(struct hca_mailbox_cache *cache, struct hca_mailbox *box);

/* All of a command but its first HCA_CMD_INLINE bytes, in and out. */
void hca_mailbox_write(struct hca_mailbox *box, const void *cmd, size_t len);
void hca_mailbox_read(const struct hca_mailbox *box, void *cmd, size_t len);
/* Whether every block that a command of @len bytes uses still has its token. */
bool hca_mailbox_sane(const struct hca_mailbox *box, size_t len, uint8_t token);

#endif
