// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the pages that the driver lends to the firmware. It must never know
 * what the firmware would keep there.
 */
#include <stdlib.h>

#include "tests/hca-model/cmd/handlers.h"
#include "tests/hca-model/cmd/pages.h"
#include "tests/hca-model/cmd/reach.h"
#include "tests/hca-model/trace.h"

enum {
	PAGES_BOOT = 1, PAGES_INIT = 2, PAGES_REGULAR = 3,	/* QUERY_PAGES op_mod */
	PAGES_CANT_GIVE = 0, PAGES_GIVE = 1, PAGES_TAKE = 2,	/* MANAGE_PAGES op_mod */
	BOOT_PAGES = 16, INIT_PAGES = 112,
	PAGE_BYTES = 4096,
	PAGES_MAX = 1 << 20,		/* what is kept of a driver that never stops giving */
};

bool pages_suffice(const struct hca *hca)
{
	return hca->obj.n_pages >= BOOT_PAGES + INIT_PAGES;
}

enum cmd_status cmd_query_pages(struct cmd *cmd)
{
	int32_t pages = 0;

	if (cmd->op_mod == PAGES_BOOT)
		pages = BOOT_PAGES;
	else if (cmd->op_mod == PAGES_INIT)
		pages = INIT_PAGES;
	else if (cmd->op_mod != PAGES_REGULAR)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "op_mod");
	ifc_set(cmd->out, query_pages_out__num_pages, (uint32_t)pages);
	return CMD_OK;
}

static enum cmd_status pages_give(struct cmd *cmd, uint32_t n)
{
	struct objects *obj = &cmd->hca->obj;
	const uint8_t *list = cmd->in + manage_pages_in__pas__BYTE;
	static const uint8_t mark[8];
	uint64_t *pages;
	uint32_t i;

	if (n > (cmd->in_len - manage_pages_in__pas__BYTE) / 8)
		return CMD_REFUSE(cmd, CMD_BAD_INPUT_LEN, "fewer pages than the command says");
	if (n > PAGES_MAX - obj->n_pages)
		return CMD_REFUSE(cmd, CMD_EXCEED_LIM, "more pages than anybody asked for");
	if (obj->n_pages + n > obj->room_pages) {
		pages = realloc(obj->page_list, (obj->n_pages + n) * sizeof(*pages));
		if (!pages)
			return CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
		obj->page_list = pages;
		obj->room_pages = obj->n_pages + n;
	}
	for (i = 0; i < n; i++) {
		uint64_t page = ifc_load64(list + i * 8);

		if (reach_bytes(cmd, page, PAGE_BYTES, VFU_DMA_READ | VFU_DMA_WRITE))
			return CMD_BAD_PARAM;
		if (page & (PAGE_BYTES - 1) || dma_write(cmd->hca, page, mark, sizeof(mark)))
			return CMD_REFUSE(cmd, CMD_BAD_PARAM, "page is not accessible");
		obj->page_list[obj->n_pages + i] = page;
	}
	obj->n_pages += n;
	return CMD_OK;
}

/* What the firmware needs while it runs it keeps; the rest it gives back. */
static enum cmd_status pages_take(struct cmd *cmd, uint32_t n)
{
	struct objects *obj = &cmd->hca->obj;
	uint32_t need = obj->inited ? BOOT_PAGES + INIT_PAGES : 0;
	uint32_t spare = obj->n_pages > need ? obj->n_pages - need : 0;
	uint32_t room = (cmd->out_len - manage_pages_out__pas__BYTE) / 8;
	uint32_t i;

	if (n > room)
		return CMD_REFUSE(cmd, CMD_BAD_OUTPUT_LEN, "no room for the page list");
	if (n > spare)
		n = spare;
	for (i = 0; i < n; i++)
		ifc_store64(cmd->out + manage_pages_out__pas__BYTE + i * 8,
			    obj->page_list[--obj->n_pages]);
	ifc_set(cmd->out, manage_pages_out__output_num_entries, n);
	return CMD_OK;
}

enum cmd_status cmd_manage_pages(struct cmd *cmd)
{
	uint32_t n = (uint32_t)ifc_get(cmd->in, manage_pages_in__input_num_entries);

	if (ifc_get(cmd->in, manage_pages_in__function_id))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "no such function");
	switch (cmd->op_mod) {
	case PAGES_CANT_GIVE:
		hca_log(cmd->hca, "the driver cannot give pages");
		return CMD_OK;
	case PAGES_GIVE:
		return pages_give(cmd, n);
	case PAGES_TAKE:
		return pages_take(cmd, n);
	default:
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "op_mod");
	}
}
