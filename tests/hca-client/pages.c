// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the pages that the firmware borrows: giving it what it asks for, and
 * taking all of them back. It must never know what they are for.
 */
#include "tests/hca-client/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hca-client/bringup.h"

enum {
	PAGES_GIVE = 1, PAGES_TAKE = 2,		/* op_mod of MANAGE_PAGES */
	PAGES_CHUNK = 512,
};

static int pages_query(struct hc *hc, uint16_t op_mod, int32_t *n)
{
	uint8_t in[query_pages_in__SIZE] = { 0 }, out[query_pages_out__SIZE] = { 0 };
	int ret;

	hc_head(in, HC_QUERY_PAGES, op_mod);
	ret = hc_exec(hc, in, sizeof(in), out, sizeof(out));
	*n = (int32_t)ifc_get(out, query_pages_out__num_pages);
	return ret;
}

static int pages_room(struct hc_fw *fw, uint32_t more)
{
	struct hc_mem *pages;

	if (fw->n_pages + more <= fw->room_pages)
		return 0;
	pages = realloc(fw->pages, (fw->n_pages + more) * sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	fw->pages = pages;
	fw->room_pages = fw->n_pages + more;
	return 0;
}

static int pages_give_some(struct hc *hc, uint32_t n)
{
	uint8_t in[manage_pages_in__SIZE + PAGES_CHUNK * 8] = { 0 };
	struct hc_fw *fw = hc->fw;
	uint32_t i;
	int ret;

	ret = pages_room(fw, n);
	if (ret)
		return ret;
	hc_head(in, HC_MANAGE_PAGES, PAGES_GIVE);
	ifc_set(in, manage_pages_in__input_num_entries, n);
	for (i = 0; i < n; i++) {
		ret = hc_alloc(hc, HC_PAGE, HC_PAGE, &fw->pages[fw->n_pages + i]);
		if (ret)
			goto free_pages;
		ifc_store64(in + manage_pages_in__pas__BYTE + i * 8,
			    fw->pages[fw->n_pages + i].iova);
	}
	ret = hc_exec(hc, in, manage_pages_in__SIZE + n * 8, NULL, manage_pages_out__SIZE);
	if (ret)
		goto free_pages;
	fw->n_pages += n;
	return 0;

free_pages:
	while (i--)
		hc_free(hc, &fw->pages[fw->n_pages + i]);
	return ret;
}

int hc_pages_give(struct hc *hc, uint16_t which)
{
	int32_t left;
	int ret;

	ret = pages_query(hc, which, &left);
	while (!ret && left > 0) {
		uint32_t n = left < PAGES_CHUNK ? (uint32_t)left : PAGES_CHUNK;

		ret = pages_give_some(hc, n);
		left -= (int32_t)n;
	}
	return ret;
}

/* It must be one that was lent. */
static int page_returned(struct hc *hc, uint64_t iova)
{
	struct hc_fw *fw = hc->fw;
	uint32_t i;

	for (i = 0; i < fw->n_pages; i++) {
		if (fw->pages[i].iova != iova)
			continue;
		hc_free(hc, &fw->pages[i]);
		fw->pages[i] = fw->pages[--fw->n_pages];
		return 0;
	}
	return -EPROTO;
}

int hc_pages_take(struct hc *hc)
{
	uint8_t in[manage_pages_in__SIZE] = { 0 };
	uint8_t out[manage_pages_out__SIZE + PAGES_CHUNK * 8];
	uint32_t n, i;
	int ret;

	while (hc->fw->n_pages) {
		memset(out, 0, sizeof(out));
		hc_head(in, HC_MANAGE_PAGES, PAGES_TAKE);
		ifc_set(in, manage_pages_in__input_num_entries, PAGES_CHUNK);
		ret = hc_exec(hc, in, sizeof(in), out, sizeof(out));
		if (ret)
			return ret;
		n = (uint32_t)ifc_get(out, manage_pages_out__output_num_entries);
		if (!n)
			return -ENODATA;
		if (n > PAGES_CHUNK)
			return -EPROTO;
		for (i = 0; i < n; i++) {
			ret = page_returned(hc, ifc_load64(out + manage_pages_out__pas__BYTE +
							   i * 8));
			if (ret)
				return ret;
		}
	}
	return 0;
}
