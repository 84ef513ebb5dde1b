// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns memory keys. Must never know whose memory a key covers.
 */
#include "host-backend/hca/mkey.h"

#include <errno.h>
#include <stdlib.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/object.h"
#include "host-backend/hca/pas.h"

enum {
	ANY_QPN = 0xffffff,
	OCTOWORD = 16,			/* two page entries, or one piece */
	PAGES_PER_OCTOWORD = 2,
	PIECES_ALIGN = 4,		/* a list of pieces ends on 64 bytes, as all users have it */
	KLM_BYTES = 0, KLM_KEY = 4, KLM_VA = 8,
};

static bool attr_sane(const struct hca_mkey_attr *attr)
{
	return attr->len && attr->len - 1 <= UINT64_MAX - attr->start &&
	       !(attr->access & ~(unsigned int)HCA_MKEY_ACCESS_ALL);
}

static void fill_context(uint8_t *c, const struct hca_mkey_attr *attr, enum hca_mkey_mode mode,
			 unsigned int log_page, uint32_t octowords)
{
	ifc_set(c, mkc__lr, !!(attr->access & HCA_MKEY_LOCAL_READ));
	ifc_set(c, mkc__lw, !!(attr->access & HCA_MKEY_LOCAL_WRITE));
	ifc_set(c, mkc__rr, !!(attr->access & HCA_MKEY_REMOTE_READ));
	ifc_set(c, mkc__rw, !!(attr->access & HCA_MKEY_REMOTE_WRITE));
	ifc_set(c, mkc__a, !!(attr->access & HCA_MKEY_REMOTE_ATOMIC));
	ifc_set(c, mkc__umr_en, attr->changeable);
	ifc_set(c, mkc__access_mode_1_0, mode);
	ifc_set(c, mkc__qpn, ANY_QPN);
	ifc_set(c, mkc__mkey_7_0, attr->variant);
	ifc_set(c, mkc__pd, attr->pd);
	ifc_set(c, mkc__start_addr, attr->start);
	ifc_set(c, mkc__len, attr->len);
	ifc_set(c, mkc__translations_octword_size, octowords);
	ifc_set(c, mkc__log_page_size, log_page);
}

/* Send the filled command; index 0 belongs to the firmware's own keys. */
static int create(struct hca *hca, const struct hca_mkey_attr *attr, const void *in, size_t ilen,
		  uint32_t *key)
{
	uint32_t index;
	int ret = hca_object_create(hca, in, ilen, &index);

	if (ret)
		return ret;
	if (!index)
		return hca_cmd_nonsense(hca, in);
	*key = index << 8 | attr->variant;
	return 0;
}

/* A command with room for that many octowords, its context filled. NULL: no memory. */
static uint8_t *command(const struct hca_mkey_attr *attr, enum hca_mkey_mode mode,
			unsigned int log_page, uint32_t octowords, size_t *ilen)
{
	uint8_t *in = hca_object_input(create_mkey_in__SIZE, octowords, OCTOWORD, ilen);

	if (!in)
		return NULL;
	hca_object_head(in, HCA_OP_CREATE_MKEY, 0);
	ifc_set(in, create_mkey_in__translations_octword_actual_size, octowords);
	fill_context(in + create_mkey_in__memory_key_mkey_entry__BYTE, attr, mode, log_page,
		     octowords);
	return in;
}

static int plan(const struct hca_mkey_attr *attr, const struct bus_run *runs, size_t n_runs,
		uint64_t offset, struct hca_pas *pas)
{
	if (!attr_sane(attr))
		return -EINVAL;
	return hca_pas_plan(runs, n_runs, offset, attr->len, attr->start, HCA_MKEY_LOG_PAGE_MAX,
			    0, 0, pas);
}

int hca_mkey_plan(const struct hca_mkey_attr *attr, const struct bus_run *runs, size_t n_runs,
		  uint64_t offset, uint64_t *entries, unsigned int *log_page)
{
	struct hca_pas pas;
	int ret = plan(attr, runs, n_runs, offset, &pas);

	if (ret)
		return ret;
	*entries = pas.n;
	*log_page = pas.log_page;
	return 0;
}

int hca_mkey_create(struct hca *hca, const struct hca_mkey_attr *attr, const struct bus_run *runs,
		    size_t n_runs, uint64_t offset, uint32_t *key)
{
	struct hca_pas pas;
	uint8_t *in;
	size_t ilen;
	int ret = plan(attr, runs, n_runs, offset, &pas);

	if (ret)
		return ret;
	if (pas.n > HCA_MKEY_MAX_PAGES)
		return -EMSGSIZE;
	in = command(attr, HCA_MKEY_MTT, pas.log_page,
		     (uint32_t)((pas.n + PAGES_PER_OCTOWORD - 1) / PAGES_PER_OCTOWORD), &ilen);
	if (!in)
		return -ENOMEM;
	hca_pas_write(&pas, in + create_mkey_in__klm_pas_mtt__BYTE, 0);
	ret = create(hca, attr, in, ilen, key);
	free(in);
	return ret;
}

/* @log_bytes: of each piece; 0: the pieces say. */
static int create_indirect(struct hca *hca, const struct hca_mkey_attr *attr,
			   unsigned int log_bytes, const struct hca_klm *klms, size_t n,
			   uint32_t *key)
{
	uint64_t limit = 1ull << ifc_get(hca_caps(hca), cmd_hca_cap__log_max_klm_list_size);
	uint8_t *in, *entry;
	size_t ilen, i;
	int ret;

	if (!n || !attr_sane(attr))
		return -EINVAL;
	if (n > limit)
		return -EMSGSIZE;
	in = command(attr, log_bytes ? HCA_MKEY_KSM : HCA_MKEY_KLM, log_bytes,
		     (uint32_t)((n + PIECES_ALIGN - 1) & ~(size_t)(PIECES_ALIGN - 1)), &ilen);
	if (!in)
		return -ENOMEM;
	entry = in + create_mkey_in__klm_pas_mtt__BYTE;
	for (i = 0; i < n; i++, entry += OCTOWORD) {
		ifc_store32(entry + KLM_BYTES, log_bytes ? 0 : klms[i].bytes);
		ifc_store32(entry + KLM_KEY, klms[i].key);
		ifc_store64(entry + KLM_VA, klms[i].va);
	}
	ret = create(hca, attr, in, ilen, key);
	free(in);
	return ret;
}

int hca_mkey_create_klm(struct hca *hca, const struct hca_mkey_attr *attr,
			const struct hca_klm *klms, size_t n, uint32_t *key)
{
	uint64_t together = 0;
	size_t i;

	for (i = 0; i < n; i++)
		together += klms[i].bytes;
	if (attr->len > together)
		return -EINVAL;
	return create_indirect(hca, attr, 0, klms, n, key);
}

int hca_mkey_create_ksm(struct hca *hca, const struct hca_mkey_attr *attr, unsigned int log_bytes,
			const struct hca_klm *klms, size_t n, uint32_t *key)
{
	if (log_bytes < HCA_PAS_LOG_MIN || log_bytes > HCA_MKEY_LOG_PAGE_MAX || !attr_sane(attr))
		return -EINVAL;
	if (attr->start & ((1ull << log_bytes) - 1) || (attr->len - 1) >> log_bytes >= n)
		return -EINVAL;
	return create_indirect(hca, attr, log_bytes, klms, n, key);
}

int hca_mkey_destroy(struct hca *hca, uint32_t key)
{
	return hca_cmd_simple(hca, HCA_OP_DESTROY_MKEY, 0, key >> 8);
}

int hca_mkey_query(struct hca *hca, uint32_t key, struct hca_mkey_info *info)
{
	const uint8_t *c;
	uint8_t in[query_mkey_in__SIZE] = { 0 }, out[query_mkey_out__SIZE] = { 0 };
	int ret;

	hca_object_head(in, HCA_OP_QUERY_MKEY, 0);
	ifc_set(in, query_mkey_in__mkey_index, key >> 8);
	ret = hca_cmd(hca, in, sizeof(in), out, sizeof(out));
	if (ret)
		return ret;
	c = out + query_mkey_out__memory_key_mkey_entry__BYTE;
	if (ifc_get(c, mkc__access_mode_4_2))
		return hca_cmd_nonsense(hca, in);
	*info = (struct hca_mkey_info){
		.attr = {
			.pd = (uint32_t)ifc_get(c, mkc__pd),
			.variant = (uint8_t)ifc_get(c, mkc__mkey_7_0),
			.changeable = ifc_get(c, mkc__umr_en),
			.start = ifc_get(c, mkc__start_addr),
			.len = ifc_get(c, mkc__len),
			.access = (unsigned int)(ifc_get(c, mkc__lr) * HCA_MKEY_LOCAL_READ |
						 ifc_get(c, mkc__lw) * HCA_MKEY_LOCAL_WRITE |
						 ifc_get(c, mkc__rr) * HCA_MKEY_REMOTE_READ |
						 ifc_get(c, mkc__rw) * HCA_MKEY_REMOTE_WRITE |
						 ifc_get(c, mkc__a) * HCA_MKEY_REMOTE_ATOMIC),
		},
		.mode = (enum hca_mkey_mode)ifc_get(c, mkc__access_mode_1_0),
		.free = ifc_get(c, mkc__free),
		.log_page = (unsigned int)ifc_get(c, mkc__log_page_size),
		.octowords = (uint32_t)ifc_get(c, mkc__translations_octword_size),
	};
	return 0;
}
