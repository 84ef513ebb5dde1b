// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns gathering and scattering of commands over mailbox blocks. It must never
 * know what the bytes mean.
 */
#include "tests/hca-model/cmd/mailbox.h"

#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/ifc/ifc.h"
#include "tests/hca-model/hca.h"

enum { INLINE_BYTES = 16, BLOCK_DATA = 512, BLOCK_ALIGN = 1024 };

struct cmd_block {			/* struct mlx5_cmd_prot_block */
	uint8_t data[BLOCK_DATA];
	uint8_t reserved0[48];
	uint8_t next[8];
	uint8_t block_num[4];
	uint8_t reserved1;
	uint8_t token;
	uint8_t ctrl_sig;
	uint8_t sig;
};

_Static_assert(sizeof(struct cmd_block) == 576, "block size");
_Static_assert(sizeof(struct cmd_entry) == 64, "entry size");

static bool reserved_set(const struct cmd_block *b)
{
	static const uint8_t zero[sizeof(b->reserved0)];

	return b->reserved1 || memcmp(b->reserved0, zero, sizeof(zero));
}

/* Blocks are followed by length: a chain may be longer than this command needs. */
enum delivery_status mailbox_gather(struct hca *hca, const struct cmd_entry *entry, uint8_t **in)
{
	uint32_t len = ifc_load32(entry->in_len), at, n, number = 0;
	uint64_t block = ifc_load64(entry->in_ptr);
	struct cmd_block b;

	if (len < INLINE_BYTES || len > CMD_MAX_BYTES)
		return DELIVERY_IN_LENGTH;
	*in = malloc(len);
	if (!*in)
		return DELIVERY_FIRMWARE;
	memcpy(*in, entry->in, INLINE_BYTES);
	for (at = INLINE_BYTES; at < len; at += n) {
		n = len - at < BLOCK_DATA ? len - at : BLOCK_DATA;
		if (block & (BLOCK_ALIGN - 1))
			return DELIVERY_IN_ALIGN;
		if (dma_read(hca, block, &b, sizeof(b)))
			return DELIVERY_FIRMWARE;
		if (hca->strict && b.token != entry->token)
			return DELIVERY_TOKEN;
		if (hca->strict && (ifc_load32(b.block_num) != number || reserved_set(&b)))
			return DELIVERY_BLOCK;
		memcpy(*in + at, b.data, n);
		block = ifc_load64(b.next);
		number++;
	}
	return DELIVERED;
}

enum delivery_status mailbox_scatter(struct hca *hca, struct cmd_entry *entry,
				     const uint8_t *out, uint32_t len)
{
	uint64_t block = ifc_load64(entry->out_ptr);
	uint32_t at, n;
	struct cmd_block b;

	memcpy(entry->out, out, len < INLINE_BYTES ? len : INLINE_BYTES);
	for (at = INLINE_BYTES; at < len; at += n) {
		n = len - at < BLOCK_DATA ? len - at : BLOCK_DATA;
		if (block & (BLOCK_ALIGN - 1))
			return DELIVERY_OUT_ALIGN;
		if (dma_read(hca, block, &b, sizeof(b)))
			return DELIVERY_FIRMWARE;
		if (hca->strict && b.token != entry->token)
			return DELIVERY_TOKEN;
		memcpy(b.data, out + at, n);
		b.token = entry->token;
		if (dma_write(hca, block, &b, sizeof(b)))
			return DELIVERY_FIRMWARE;
		block = ifc_load64(b.next);
	}
	return DELIVERED;
}
