/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns queue buffers: a list of physical (bus) pages of one size, seen as one
 * run of bytes. It must never know what the bytes mean.
 */
#ifndef HCA_MODEL_MEM_PAS_H
#define HCA_MODEL_MEM_PAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hca;

struct pas_buf {
	uint64_t *pas;			/* bus address of each page, low bits cleared */
	uint32_t count;
	uint32_t log_page;		/* log2 bytes */
	uint32_t offset;		/* of byte 0 within the first page */
	uint64_t size;			/* bytes */
};

/**
 * pas_buf_init - take a page list out of a command
 * @buf:      filled; release with pas_buf_fini()
 * @list:     big-endian 64-bit bus addresses
 * @in_bytes: bytes of the command that the list may take
 * @log_page: log2 of the page size in bytes, 12..63
 * @offset:   of the buffer's first byte in the first page
 * @size:     bytes of the buffer
 *
 * Return: 0, -EINVAL if the list is too short for @size or the geometry is
 * impossible, -ENOMEM.
 */
int pas_buf_init(struct pas_buf *buf, const uint8_t *list, size_t in_bytes,
		 uint32_t log_page, uint32_t offset, uint64_t size);
/* A buffer of its own over @size bytes at @off of @from (within it). 0, -ENOMEM. */
int pas_buf_slice(struct pas_buf *buf, const struct pas_buf *from, uint64_t off, uint64_t size);

/* The page_offset field of a context is in 64ths of its page. Bytes. */
static inline uint32_t pas_offset(uint64_t page_offset, uint64_t log_page)
{
	/* pas_buf_init() refuses such a page */
	return log_page > 62 ? 0 : (uint32_t)(page_offset << (log_page - 6));
}

void pas_buf_fini(struct pas_buf *buf);

/* Bus address of byte @off (within the buffer) and how many bytes of its page follow. */
uint64_t pas_buf_iova(const struct pas_buf *buf, uint64_t off, uint64_t *room);

/**
 * pas_buf_ptr - host pointer to @len contiguous bytes at offset @off
 *
 * Return: NULL when out of range, on a DMA fault (counted), or when the bytes
 * are not contiguous in host memory (then use pas_buf_read()).
 */
void *pas_buf_ptr(struct hca *hca, const struct pas_buf *buf, uint64_t off, size_t len, bool write);

/* 0, -EFAULT on a DMA fault, -ERANGE beyond the buffer. */
int pas_buf_read(struct hca *hca, const struct pas_buf *buf, uint64_t off, void *dst, size_t len);

#endif
