// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns which pages are lent, and the commands that give and take at bring-up
 * and teardown. Must never know what the firmware keeps there.
 */
#include "host-backend/hca/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/clock.h"
#include "host-backend/hca/object.h"
#include "host-backend/hca/pages_private.h"
#include "host-backend/hca/private.h"

enum { ASK_AGAIN_US = 20000 };

int hca_pages_create(struct hca *hca, struct hca_pages **out)
{
	struct hca_pages *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->hca = hca;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->idle, NULL);
	*out = p;
	return 0;
}

static void page_free(struct hca_pages *p, uint64_t page)
{
	struct hca_buf buf = { .iova = page, .size = HCA_PAGE_BYTES };

	hca_dma_free(hca_dma(p->hca), &buf);
}

void hca_pages_destroy(struct hca_pages *p)
{
	size_t i;

	if (!p)
		return;
	for (i = 0; i < p->lent.size; i++)
		if (p->lent.slot[i])
			page_free(p, p->lent.slot[i]);
	hca_page_set_fini(&p->lent);
	pthread_cond_destroy(&p->idle);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

uint64_t hca_pages_count(struct hca_pages *p)
{
	uint64_t n;

	pthread_mutex_lock(&p->lock);
	n = p->lent.n;
	pthread_mutex_unlock(&p->lock);
	return n;
}

size_t hca_pages_head(uint8_t *in, uint16_t function, enum hca_pages_op op, uint32_t n)
{
	memset(in, 0, manage_pages_in__SIZE);
	hca_object_head(in, HCA_OP_MANAGE_PAGES, op);
	ifc_set(in, manage_pages_in__function_id, function);
	ifc_set(in, manage_pages_in__input_num_entries, n);
	return manage_pages_in__SIZE;
}

int hca_pages_batch(struct hca_pages *p, uint32_t n, size_t *ilen)
{
	struct hca_buf buf;
	int err;

	pthread_mutex_lock(&p->lock);
	err = hca_page_set_reserve(&p->lent, n);
	pthread_mutex_unlock(&p->lock);
	for (p->n_batch = 0; !err && p->n_batch < n; p->n_batch++) {
		err = hca_dma_alloc(hca_dma(p->hca), HCA_PAGE_BYTES, HCA_PAGE_BYTES, &buf);
		if (err)
			break;
		p->batch[p->n_batch] = buf.iova;
		ifc_store64(p->in + manage_pages_in__pas__BYTE + p->n_batch * sizeof(uint64_t),
			    buf.iova);
	}
	*ilen = hca_pages_head(p->in, p->function, HCA_PAGES_GIVE, p->n_batch) +
		p->n_batch * sizeof(uint64_t);
	return p->n_batch ? 0 : err;
}

void hca_pages_settle(struct hca_pages *p, int err)
{
	struct hca_buf buf;
	uint32_t i;

	pthread_mutex_lock(&p->lock);
	for (i = 0; i < p->n_batch; i++) {
		buf = (struct hca_buf){ .iova = p->batch[i], .size = HCA_PAGE_BYTES };
		if (!err)
			hca_page_set_add(&p->lent, p->batch[i]);
		else if (hca_cmd_unsure(err))
			hca_dma_abandon(hca_dma(p->hca), &buf);
		else
			hca_dma_free(hca_dma(p->hca), &buf);
	}
	p->n_batch = 0;
	pthread_mutex_unlock(&p->lock);
}

int hca_pages_back(struct hca_pages *p, uint32_t asked, uint32_t *got)
{
	uint32_t n = (uint32_t)ifc_get(p->out, manage_pages_out__output_num_entries), i;
	uint64_t page;
	int err = 0;
	bool ours;

	*got = 0;
	if (n > asked)
		return -EPROTO;
	for (i = 0; i < n; i++) {
		page = ifc_load64(p->out + manage_pages_out__pas__BYTE + i * sizeof(uint64_t));
		pthread_mutex_lock(&p->lock);
		ours = hca_page_set_remove(&p->lent, page);
		pthread_mutex_unlock(&p->lock);
		if (ours)
			page_free(p, page);
		else
			err = -EPROTO;
		*got += ours;
	}
	return err;
}

static int query(struct hca_pages *p, enum hca_pages_which which, int32_t *n)
{
	uint8_t in[query_pages_in__SIZE] = { 0 }, out[query_pages_out__SIZE] = { 0 };
	int err;

	hca_object_head(in, HCA_OP_QUERY_PAGES, which);
	err = hca_cmd(p->hca, in, sizeof(in), out, sizeof(out));
	if (err)
		return err;
	*n = (int32_t)ifc_get(out, query_pages_out__num_pages);
	if (*n < 0 || *n > HCA_PAGES_MAX)
		return hca_cmd_nonsense(p->hca, in);
	p->function = (uint16_t)ifc_get(out, query_pages_out__function_id);
	return 0;
}

int hca_pages_give(struct hca_pages *p, enum hca_pages_which which)
{
	int32_t left = 0;
	uint32_t n;
	size_t ilen;
	int err;

	err = query(p, which, &left);
	while (!err && left) {
		err = hca_pages_batch(p, left < HCA_PAGES_BATCH ? (uint32_t)left : HCA_PAGES_BATCH,
				      &ilen);
		if (err)
			break;
		n = p->n_batch;
		err = hca_cmd(p->hca, p->in, ilen, p->out, manage_pages_out__SIZE);
		hca_pages_settle(p, err);
		left -= (int32_t)n;
	}
	return err;
}

int hca_pages_take_all(struct hca_pages *p)
{
	unsigned int limit = p->hca->config.command_ms;
	uint64_t wait_ms = limit < HCA_PAGES_PATIENCE_MS ? limit : HCA_PAGES_PATIENCE_MS;
	uint64_t patience = hca_now_ms() + wait_ms;
	uint32_t got;
	size_t ilen;
	int err = 0;

	while (!err && hca_pages_count(p)) {
		ilen = hca_pages_head(p->in, p->function, HCA_PAGES_TAKE, HCA_PAGES_BATCH);
		memset(p->out, 0, sizeof(p->out));
		err = hca_cmd(p->hca, p->in, ilen, p->out, sizeof(p->out));
		if (err)
			break;
		err = hca_pages_back(p, HCA_PAGES_BATCH, &got);
		if (got)
			patience = hca_now_ms() + wait_ms;
		else if (hca_now_ms() >= patience)
			err = -ENODATA;
		else if (!err)
			hca_sleep_us(ASK_AGAIN_US);
	}
	return err;
}
