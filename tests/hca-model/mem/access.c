// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the protection checks and the walk through a key's translation. It must
 * never know which verb asks.
 */
#include "tests/hca-model/mem/access.h"

#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/mkey.h"

/* Where the pieces go while a key is walked. */
struct piece_list {
	struct hca *hca;
	bool write;
	struct iovec *iov;
	unsigned int max, n;
};

static enum access_result add_iova(struct piece_list *list, uint64_t iova, uint64_t len)
{
	struct iovec *last;
	uint8_t *p;
	size_t got;

	for (; len; len -= got, iova += got) {
		p = dma_ptr(list->hca, iova, len, list->write, &got);
		if (!p)
			return ACCESS_DMA_FAULT;
		last = list->n ? &list->iov[list->n - 1] : NULL;
		if (last && (uint8_t *)last->iov_base + last->iov_len == p) {
			last->iov_len += got;
			continue;
		}
		if (list->n == list->max)
			return ACCESS_TOO_MANY;
		list->iov[list->n++] = (struct iovec){ p, got };
	}
	return ACCESS_OK;
}

static bool in_bounds(const struct mkey *mkey, uint64_t va, uint64_t len)
{
	if (mkey->length64)
		return len - 1 <= UINT64_MAX - va;
	return va >= mkey->start && va - mkey->start < mkey->len &&
	       len <= mkey->len - (va - mkey->start);
}

static const struct mkey *find_key(struct hca *hca, const struct access *a, uint32_t key,
				   uint32_t rights)
{
	const struct mkey *mkey = mkey_get(hca, key >> 8);

	if (!mkey || mkey->variant != (key & 0xff) || mkey->free)
		return NULL;
	if (mkey->pd != a->pd || (mkey->qpn != 0xffffff && mkey->qpn != a->qpn))
		return NULL;
	if ((mkey->access & rights) != rights)
		return NULL;
	return mkey;
}

static enum access_result walk_mtt(struct piece_list *list, const struct mkey *mkey,
				   uint64_t va, uint64_t len)
{
	uint64_t page = 1ull << mkey->log_page;
	uint64_t off = (mkey->start & (page - 1)) + (va - mkey->start);
	uint64_t index, in_page, n;
	uint64_t right = mkey->pg_access ? (list->write ? MTT_WRITE : MTT_READ) : 0;
	enum access_result ret;

	/* A UMR may set any page size; one below the adapter's is no translation. */
	if (mkey->log_page < MTT_LOG_PAGE_MIN)
		return ACCESS_PROTECTION;
	while (len) {
		index = off >> mkey->log_page;
		in_page = off & (page - 1);
		n = len < page - in_page ? len : page - in_page;
		if (index >= (uint64_t)mkey->octowords * 2 ||
		    (mkey->xlt.mtt[index] & right) != right)
			return ACCESS_PROTECTION;
		ret = add_iova(list, (mkey->xlt.mtt[index] & ~7ull) + in_page, n);
		if (ret)
			return ret;
		off += n;
		len -= n;
	}
	return ACCESS_OK;
}

static enum access_result walk_inner(struct piece_list *list, const struct access *a,
				     uint32_t key, uint64_t va, uint64_t len)
{
	uint32_t rights = list->write ? MKEY_LOCAL_WRITE : 0;
	const struct mkey *inner;

	/* The kernel's gathered regions are lists of pieces of the reserved key. */
	if (key == RESERVED_LKEY)
		return a->reserved_lkey_ok || a->pieces_reserved_ok ?
		       add_iova(list, va, len) : ACCESS_PROTECTION;
	inner = find_key(list->hca, a, key, rights);
	if (!inner || !in_bounds(inner, va, len))
		return ACCESS_PROTECTION;
	if (inner->mode == MKEY_MTT)
		return walk_mtt(list, inner, va, len);
	if (inner->mode == MKEY_PA)
		return add_iova(list, va, len);
	return ACCESS_PROTECTION;	/* max_indirection: one level */
}

static enum access_result walk_klm(struct piece_list *list, const struct access *a,
				   const struct mkey *mkey, uint64_t va, uint64_t len)
{
	uint64_t off = va - mkey->start, n;
	enum access_result ret;
	uint32_t i;

	for (i = 0; i < mkey->octowords && len; i++) {
		const struct klm *klm = &mkey->xlt.klm[i];

		if (off >= klm->bcount) {
			off -= klm->bcount;
			continue;
		}
		n = len < klm->bcount - off ? len : klm->bcount - off;
		ret = walk_inner(list, a, klm->key, klm->va + off, n);
		if (ret)
			return ret;
		off = 0;
		len -= n;
	}
	return len ? ACCESS_PROTECTION : ACCESS_OK;
}

static enum access_result walk_ksm(struct piece_list *list, const struct access *a,
				   const struct mkey *mkey, uint64_t va, uint64_t len)
{
	uint64_t block = 1ull << mkey->log_page;
	uint64_t off = (mkey->start & (block - 1)) + (va - mkey->start);
	uint64_t index, in_block, n;
	enum access_result ret;

	while (len) {
		index = off >> mkey->log_page;
		in_block = off & (block - 1);
		n = len < block - in_block ? len : block - in_block;
		if (index >= mkey->octowords)
			return ACCESS_PROTECTION;
		ret = walk_inner(list, a, mkey->xlt.klm[index].key,
				 mkey->xlt.klm[index].va + in_block, n);
		if (ret)
			return ret;
		off += n;
		len -= n;
	}
	return ACCESS_OK;
}

enum access_result access_resolve(struct hca *hca, const struct access *a, uint64_t va,
				  uint32_t len, bool write, struct iovec *iov,
				  unsigned int max, unsigned int *n)
{
	struct piece_list list = { .hca = hca, .write = write, .iov = iov, .max = max };
	enum access_result ret = ACCESS_PROTECTION;
	const struct mkey *mkey;

	if (a->key == RESERVED_LKEY) {
		ret = a->reserved_lkey_ok ? add_iova(&list, va, len) : ACCESS_PROTECTION;
		*n = list.n;
		return ret;
	}
	mkey = find_key(hca, a, a->key, a->rights);
	if (!mkey || !in_bounds(mkey, va, len))
		return ACCESS_PROTECTION;
	switch (mkey->mode) {
	case MKEY_PA:
		ret = add_iova(&list, va, len);
		break;
	case MKEY_MTT:
		ret = walk_mtt(&list, mkey, va, len);
		break;
	case MKEY_KLM:
		ret = walk_klm(&list, a, mkey, va, len);
		break;
	case MKEY_KSM:
		ret = walk_ksm(&list, a, mkey, va, len);
		break;
	}
	*n = list.n;
	return ret;
}
