// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the walk over a queue buffer's page list. It must never know what the
 * bytes mean.
 */
#include "tests/hca-model/mem/pas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/ifc/ifc.h"
#include "tests/hca-model/hca.h"

int pas_buf_init(struct pas_buf *buf, const uint8_t *list, size_t in_bytes,
		 uint32_t log_page, uint32_t offset, uint64_t size)
{
	uint64_t page, pages, i;

	if (log_page < 12 || log_page > 62 || !size || size > 1ull << 40)
		return -EINVAL;
	page = 1ull << log_page;
	if (offset >= page)
		return -EINVAL;
	pages = (offset + size + page - 1) >> log_page;
	if (pages > in_bytes / 8)
		return -EINVAL;
	buf->pas = calloc(pages, sizeof(*buf->pas));
	if (!buf->pas)
		return -ENOMEM;
	/* A page of more than 2^12 bytes need not be aligned to its size: the
	 * card adds. Only the low 12 bits are not address. */
	for (i = 0; i < pages; i++)
		buf->pas[i] = ifc_load64(list + i * 8) & ~0xfffull;
	buf->count = (uint32_t)pages;
	buf->log_page = log_page;
	buf->offset = offset;
	buf->size = size;
	return 0;
}

int pas_buf_slice(struct pas_buf *buf, const struct pas_buf *from, uint64_t off, uint64_t size)
{
	uint64_t at = from->offset + off;
	uint64_t first = at >> from->log_page;
	uint64_t last = (at + size - 1) >> from->log_page;

	buf->count = (uint32_t)(last - first + 1);
	buf->pas = malloc(buf->count * sizeof(*buf->pas));
	if (!buf->pas)
		return -ENOMEM;
	memcpy(buf->pas, from->pas + first, buf->count * sizeof(*buf->pas));
	buf->log_page = from->log_page;
	buf->offset = (uint32_t)(at & ((1ull << from->log_page) - 1));
	buf->size = size;
	return 0;
}

void pas_buf_fini(struct pas_buf *buf)
{
	free(buf->pas);
	buf->pas = NULL;
	buf->count = 0;
	buf->size = 0;
}

uint64_t pas_buf_iova(const struct pas_buf *buf, uint64_t off, uint64_t *room)
{
	uint64_t at = buf->offset + off;
	uint64_t in_page = at & ((1ull << buf->log_page) - 1);

	*room = (1ull << buf->log_page) - in_page;
	return buf->pas[at >> buf->log_page] + in_page;
}

void *pas_buf_ptr(struct hca *hca, const struct pas_buf *buf, uint64_t off, size_t len, bool write)
{
	uint64_t iova, room;
	size_t got;
	uint8_t *p;

	if (off >= buf->size || len > buf->size - off)
		return NULL;
	iova = pas_buf_iova(buf, off, &room);
	if (room < len)
		return NULL;
	p = dma_ptr(hca, iova, len, write, &got);
	return p && got == len ? p : NULL;
}

int pas_buf_read(struct hca *hca, const struct pas_buf *buf, uint64_t off, void *dst, size_t len)
{
	uint64_t iova, room;
	size_t n;
	int ret;

	if (off >= buf->size || len > buf->size - off)
		return -ERANGE;
	while (len) {
		iova = pas_buf_iova(buf, off, &room);
		n = len < room ? len : (size_t)room;
		ret = dma_read(hca, iova, dst, n);
		if (ret)
			return ret;
		dst = (uint8_t *)dst + n;
		off += n;
		len -= n;
	}
	return 0;
}
