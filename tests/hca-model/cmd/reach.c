// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the strict check that what a command names is in the DMA map. It must
 * never know what lies there.
 */
#include "tests/hca-model/cmd/reach.h"

#include <inttypes.h>
#include <stdio.h>

enum { RECORD_BYTES = 8, ENTRY_LOW_BITS = 0xfff };

static enum cmd_status refuse_at(struct cmd *cmd, const char *what, uint64_t iova)
{
	char why[80];

	snprintf(why, sizeof(why), "%s 0x%" PRIx64, what, iova);
	return CMD_REFUSE(cmd, CMD_BAD_PARAM, why);
}

enum cmd_status reach_bytes(struct cmd *cmd, uint64_t iova, uint64_t len, uint32_t prot)
{
	if (!cmd->hca->strict || dma_mapped(cmd->hca, iova, len, prot))
		return CMD_OK;
	return refuse_at(cmd, "not mapped for the device, or not so:", iova);
}

enum cmd_status reach_queue(struct cmd *cmd, const struct pas_buf *buf, const uint8_t *list,
			    uint32_t prot)
{
	enum cmd_status status = CMD_OK;
	uint64_t off, iova, room;
	uint32_t i;

	if (!cmd->hca->strict)
		return CMD_OK;
	for (i = 0; list && i < buf->count; i++)
		if (ifc_load64(list + i * 8ull) & ENTRY_LOW_BITS)
			return refuse_at(cmd, "low bits of a page are set:",
					 ifc_load64(list + i * 8ull));
	for (off = 0; off < buf->size && !status; off += room) {
		iova = pas_buf_iova(buf, off, &room);
		if (room > buf->size - off)
			room = buf->size - off;
		status = reach_bytes(cmd, iova, room, prot);
	}
	return status;
}

enum cmd_status reach_record(struct cmd *cmd, uint64_t dbr)
{
	return reach_bytes(cmd, dbr, RECORD_BYTES, VFU_DMA_READ);
}
