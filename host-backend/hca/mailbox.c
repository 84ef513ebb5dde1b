// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the blocks of mailboxes: their headers, their bytes, their reuse. Must
 * never know slots, nor what a command does.
 */
#include "host-backend/hca/mailbox.h"

#include <string.h>

#include "host-backend/hca/ifc/ifc.h"

/* Offsets in a block; ctrl_sig and sig behind the token stay zero: signatures are switched off. */
enum { BLOCK_NEXT = 560, BLOCK_NUMBER = 568, BLOCK_TOKEN = 573 };

static uint32_t blocks_of(size_t len)
{
	if (len <= HCA_CMD_INLINE)
		return 0;
	return (uint32_t)((len - HCA_CMD_INLINE + HCA_MAILBOX_DATA - 1) / HCA_MAILBOX_DATA);
}

/* The class whose mailboxes have room for @n blocks; HCA_MAILBOX_CLASSES: none. */
static unsigned int class_of(uint32_t n)
{
	unsigned int class = 0;

	while (class < HCA_MAILBOX_CLASSES && 1u << class < n)
		class++;
	return class;
}

static uint8_t *block(const struct hca_mailbox *box, uint32_t i)
{
	return box->buf.ptr + (size_t)i * HCA_MAILBOX_STRIDE;
}

void hca_mailbox_cache_init(struct hca_mailbox_cache *cache, struct hca_dma *dma)
{
	memset(cache, 0, sizeof(*cache));
	cache->dma = dma;
	pthread_mutex_init(&cache->lock, NULL);
}

void hca_mailbox_cache_fini(struct hca_mailbox_cache *cache)
{
	unsigned int i;

	for (i = 0; i < HCA_MAILBOX_CLASSES; i++)
		while (cache->class[i].n)
			hca_dma_free(cache->dma, &cache->class[i].free[--cache->class[i].n].buf);
	pthread_mutex_destroy(&cache->lock);
}

static bool from_cache(struct hca_mailbox_cache *cache, unsigned int class,
		       struct hca_mailbox *out)
{
	bool hit = false;

	if (class == HCA_MAILBOX_CLASSES)
		return false;
	pthread_mutex_lock(&cache->lock);
	if (cache->class[class].n) {
		*out = cache->class[class].free[--cache->class[class].n];
		hit = true;
	}
	pthread_mutex_unlock(&cache->lock);
	return hit;
}

/* No byte of an earlier command stays where the HCA may not write. */
static void write_headers(struct hca_mailbox *box, uint32_t n, uint8_t token)
{
	uint32_t i;
	uint8_t *b;

	for (i = 0; i < n; i++) {
		b = block(box, i);
		memset(b, 0, HCA_MAILBOX_DATA);
		ifc_store64(b + BLOCK_NEXT, i + 1 < n ? box->buf.iova +
			    (uint64_t)(i + 1) * HCA_MAILBOX_STRIDE : 0);
		ifc_store32(b + BLOCK_NUMBER, i);
		b[BLOCK_TOKEN] = token;
	}
}

int hca_mailbox_take(struct hca_mailbox_cache *cache, size_t len, uint8_t token,
		     struct hca_mailbox *out)
{
	uint32_t n = blocks_of(len);
	unsigned int class = class_of(n);
	int err;

	memset(out, 0, sizeof(*out));
	if (!n)
		return 0;
	if (!from_cache(cache, class, out)) {
		out->room = class == HCA_MAILBOX_CLASSES ? n : 1u << class;
		err = hca_dma_alloc(cache->dma, (size_t)out->room * HCA_MAILBOX_STRIDE,
				    HCA_MAILBOX_STRIDE, &out->buf);
		if (err)
			return err;
	}
	write_headers(out, n, token);
	return 0;
}

void hca_mailbox_give(struct hca_mailbox_cache *cache, struct hca_mailbox *box)
{
	unsigned int class = class_of(box->room);

	if (!box->buf.size)
		return;
	pthread_mutex_lock(&cache->lock);
	if (class < HCA_MAILBOX_CLASSES && cache->class[class].n < HCA_MAILBOX_CACHED) {
		cache->class[class].free[cache->class[class].n++] = *box;
		memset(box, 0, sizeof(*box));
	}
	pthread_mutex_unlock(&cache->lock);
	hca_dma_free(cache->dma, &box->buf);
	box->room = 0;
}

/* Bytes of block @i for a command of @len bytes. */
static size_t block_bytes(size_t len, uint32_t i)
{
	size_t left = len - HCA_CMD_INLINE - (size_t)i * HCA_MAILBOX_DATA;

	return left < HCA_MAILBOX_DATA ? left : HCA_MAILBOX_DATA;
}

void hca_mailbox_write(struct hca_mailbox *box, const void *cmd, size_t len)
{
	const uint8_t *src = (const uint8_t *)cmd + HCA_CMD_INLINE;
	uint32_t i, n = blocks_of(len);

	for (i = 0; i < n; i++)
		memcpy(block(box, i), src + (size_t)i * HCA_MAILBOX_DATA, block_bytes(len, i));
}

void hca_mailbox_read(const struct hca_mailbox *box, void *cmd, size_t len)
{
	uint8_t *dst = (uint8_t *)cmd + HCA_CMD_INLINE;
	uint32_t i, n = blocks_of(len);

	for (i = 0; i < n; i++)
		memcpy(dst + (size_t)i * HCA_MAILBOX_DATA, block(box, i), block_bytes(len, i));
}

bool hca_mailbox_sane(const struct hca_mailbox *box, size_t len, uint8_t token)
{
	uint32_t i, n = blocks_of(len);

	for (i = 0; i < n; i++)
		if (block(box, i)[BLOCK_TOKEN] != token)
			return false;
	return true;
}
