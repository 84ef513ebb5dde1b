// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns user memory objects. It must never know what is built on them.
 */
#include "tests/hca-model/obj/umem.h"

#include <stdlib.h>

#include "tests/hca-model/cmd/handlers.h"
#include "tests/hca-model/cmd/reach.h"

enum { UMEM_AT = 0x10, UMEM_MAX_PAGES = 1 << 20 };

/*
 * A umem does not say where its memory ends within the last page, so only the
 * first byte of each page has to be there; what is built on it is checked whole.
 */
static enum cmd_status umem_check_pages(struct cmd *cmd, const struct umem *umem)
{
	enum cmd_status status = CMD_OK;
	uint64_t off, room;

	for (off = 0; off < umem->buf.size && !status; off += room)
		status = reach_bytes(cmd, pas_buf_iova(&umem->buf, off, &room), 1, VFU_DMA_READ);
	return status;
}

enum cmd_status cmd_create_umem(struct cmd *cmd)
{
	const uint8_t *c = cmd->in + UMEM_AT;
	uint64_t pages = ifc_get(c, umem__num_of_mtt);
	uint32_t log_page = (uint32_t)ifc_get(c, umem__log_page_size) + 12;
	uint32_t offset = (uint32_t)ifc_get(c, umem__page_offset);
	enum cmd_status status;
	struct umem *umem;

	if (!pages || pages > UMEM_MAX_PAGES || offset >= 1ull << log_page)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "umem geometry");
	umem = calloc(1, sizeof(*umem));
	if (!umem)
		return CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
	if (pas_buf_init(&umem->buf, c + umem__SIZE, cmd->in_len - UMEM_AT - umem__SIZE, log_page,
			 offset, (pages << log_page) - offset)) {
		free(umem);
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "umem pages");
	}
	status = umem_check_pages(cmd, umem);
	if (!status && objtab_add(&cmd->hca->obj.umem, umem, &umem->id))
		status = CMD_REFUSE(cmd, CMD_EXCEED_LIM, "no umem is free");
	if (status) {
		pas_buf_fini(&umem->buf);
		free(umem);
		return status;
	}
	ifc_set(cmd->out, create_umem_out__umem_id, umem->id);
	return CMD_OK;
}

void umem_free(struct hca *hca, struct umem *umem)
{
	objtab_del(&hca->obj.umem, umem->id);
	pas_buf_fini(&umem->buf);
	free(umem);
}

enum cmd_status cmd_destroy_umem(struct cmd *cmd)
{
	struct umem *umem = objtab_get(&cmd->hca->obj.umem,
				       (uint32_t)ifc_get(cmd->in, destroy_umem_in__umem_id));

	if (!umem)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such umem");
	umem_free(cmd->hca, umem);
	return CMD_OK;
}

enum cmd_status umem_buffer(struct cmd *cmd, uint32_t id, uint64_t offset, uint64_t size,
			    struct pas_buf *buf)
{
	const struct umem *umem = objtab_get(&cmd->hca->obj.umem, id);

	if (!umem)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such umem");
	if (offset >= umem->buf.size || size > umem->buf.size - offset)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "beyond the umem");
	if (pas_buf_slice(buf, &umem->buf, offset, size))
		return CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
	return CMD_OK;
}

enum cmd_status umem_dbr(struct cmd *cmd, bool valid, uint32_t id, uint64_t addr, uint64_t *dbr)
{
	struct pas_buf buf;
	enum cmd_status status;

	if (addr & 7)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "doorbell record alignment");
	*dbr = addr;
	if (valid) {
		status = umem_buffer(cmd, id, addr, 8, &buf);
		if (status)
			return status;
		*dbr = buf.pas[0] + buf.offset;
		pas_buf_fini(&buf);
	}
	return reach_record(cmd, *dbr);
}
