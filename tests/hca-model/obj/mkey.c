// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns memory keys: creation, decoding of contexts, translation tables. It must
 * never know who uses a key.
 */
#include "tests/hca-model/obj/mkey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/cmd/handlers.h"
#include "tests/hca-model/cmd/reach.h"

enum {
	MKEY_MAX_OCTOWORDS = 1 << 22,	/* 64 MiB of translation: 32 GiB in 4 KiB pages */
	MTT_RESERVED = 0xffc,
};

struct mkey *mkey_get(struct hca *hca, uint32_t index)
{
	return objtab_get(&hca->obj.mkey, index);
}

int mkey_decode(struct mkey *mkey)
{
	const uint8_t *c = mkey->ctx;

	mkey->variant = (uint8_t)ifc_get(c, mkc__mkey_7_0);
	mkey->free = ifc_get(c, mkc__free);
	mkey->umr_en = ifc_get(c, mkc__umr_en);
	mkey->length64 = ifc_get(c, mkc__length64);
	mkey->en_rinval = ifc_get(c, mkc__en_rinval);
	mkey->access = (uint8_t)(ifc_get(c, mkc__lr) * MKEY_LOCAL_READ |
				 ifc_get(c, mkc__lw) * MKEY_LOCAL_WRITE |
				 ifc_get(c, mkc__rr) * MKEY_REMOTE_READ |
				 ifc_get(c, mkc__rw) * MKEY_REMOTE_WRITE |
				 ifc_get(c, mkc__a) * MKEY_ATOMIC);
	mkey->mode = (uint8_t)(ifc_get(c, mkc__access_mode_4_2) << 2 |
			       ifc_get(c, mkc__access_mode_1_0));
	mkey->log_page = (uint8_t)ifc_get(c, mkc__log_page_size);
	mkey->qpn = (uint32_t)ifc_get(c, mkc__qpn);
	mkey->pd = (uint32_t)ifc_get(c, mkc__pd);
	mkey->start = ifc_get(c, mkc__start_addr);
	mkey->len = ifc_get(c, mkc__len);
	if (mkey->mode > MKEY_KSM)
		return -EINVAL;
	if (mkey->length64 && mkey->mode != MKEY_PA && mkey->mode != MKEY_KSM)
		return -EINVAL;
	if ((mkey->mode == MKEY_MTT || mkey->mode == MKEY_KSM) && mkey->log_page > 62)
		return -EINVAL;
	return 0;
}

int mkey_xlt_write(struct mkey *mkey, uint32_t offset, const uint8_t *entries, uint32_t octowords)
{
	uint32_t i;

	if (offset > mkey->octowords || octowords > mkey->octowords - offset)
		return -ERANGE;
	if (mkey->mode == MKEY_MTT) {
		for (i = 0; i < octowords * 2; i++)
			mkey->xlt.mtt[offset * 2 + i] = ifc_load64(entries + i * 8);
		return 0;
	}
	for (i = 0; i < octowords; i++) {
		struct klm *klm = &mkey->xlt.klm[offset + i];

		klm->bcount = ifc_load32(entries + i * XLT_OCTOWORD);
		klm->key = ifc_load32(entries + i * XLT_OCTOWORD + 4);
		klm->va = ifc_load64(entries + i * XLT_OCTOWORD + 8);
	}
	return 0;
}

static bool mtt_in_use(const struct mkey *mkey)
{
	return mkey->mode == MKEY_MTT && !mkey->free && !mkey->length64 && mkey->len;
}

/* MTT entries that the range of a key in use takes, less one. */
static uint64_t mtt_last(const struct mkey *mkey)
{
	uint64_t in_page = mkey->start & ((1ull << mkey->log_page) - 1);
	uint64_t last = mkey->len - 1;

	return (last >> mkey->log_page) +
	       ((in_page + (last & ((1ull << mkey->log_page) - 1))) >> mkey->log_page);
}

static enum cmd_status mkey_check(struct cmd *cmd, const struct mkey *mkey)
{
	const uint8_t *c = mkey->ctx;

	if (ifc_get(c, mkc__bsf_en) || ifc_get(c, mkc__bsf_octword_size))
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "signature keys are not offered");
	if (mkey->mode == MKEY_PA && mkey->octowords)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "a PA key has no translation");
	if (!mkey->length64 && mkey->len && mkey->len - 1 > UINT64_MAX - mkey->start)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "the key's range wraps");
	/* Only a translation that comes with the command is in use at once. */
	if (!mtt_in_use(mkey))
		return CMD_OK;
	if (mkey->log_page < MTT_LOG_PAGE_MIN)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "pages are at least 4 KiB");
	if (mtt_last(mkey) / 2 >= mkey->octowords)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "the translation is shorter than the key");
	return CMD_OK;
}

/* Strict: what an MTT key in use covers is all given, and mapped. */
static enum cmd_status mtt_reach(struct cmd *cmd, const struct mkey *mkey, uint32_t given)
{
	const uint8_t writes = MKEY_LOCAL_WRITE | MKEY_REMOTE_WRITE | MKEY_ATOMIC;
	uint32_t prot = VFU_DMA_READ | (mkey->access & writes ? VFU_DMA_WRITE : 0u);
	uint64_t off = mkey->start & ((1ull << mkey->log_page) - 1), left = mkey->len;
	enum cmd_status status;
	uint64_t i, n;

	if (!cmd->hca->strict || !mtt_in_use(mkey))
		return CMD_OK;
	if (mtt_last(mkey) / 2 >= given)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "the key covers entries that are not given");
	for (i = 0; left; i++, left -= n, off = 0) {
		n = (1ull << mkey->log_page) - off;
		if (n > left)
			n = left;
		if (mkey->xlt.mtt[i] & MTT_RESERVED)
			return CMD_REFUSE(cmd, CMD_BAD_PARAM, "low bits of a page are set");
		status = reach_bytes(cmd, mkey->xlt.mtt[i] + off - (mkey->xlt.mtt[i] & 7), n,
				     prot);
		if (status)
			return status;
	}
	return CMD_OK;
}

static enum cmd_status mkey_load_xlt(struct cmd *cmd, struct mkey *mkey)
{
	uint32_t given = (uint32_t)ifc_get(cmd->in,
					   create_mkey_in__translations_octword_actual_size);
	size_t unit = mkey->mode == MKEY_MTT ? 2 * sizeof(uint64_t) : sizeof(struct klm);

	if (mkey->octowords > MKEY_MAX_OCTOWORDS)
		return CMD_REFUSE(cmd, CMD_EXCEED_LIM, "translation too long");
	if (given > mkey->octowords ||
	    given > (cmd->in_len - create_mkey_in__SIZE) / XLT_OCTOWORD)
		return CMD_REFUSE(cmd, CMD_BAD_PARAM, "fewer entries than the command says");
	if (!mkey->octowords)
		return CMD_OK;
	mkey->xlt.mtt = calloc(mkey->octowords, unit);
	if (!mkey->xlt.mtt)
		return CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
	mkey_xlt_write(mkey, 0, cmd->in + create_mkey_in__klm_pas_mtt__BYTE, given);
	return mtt_reach(cmd, mkey, given);
}

enum cmd_status cmd_create_mkey(struct cmd *cmd)
{
	struct mkey *mkey = calloc(1, sizeof(*mkey));
	struct objects *obj = &cmd->hca->obj;
	enum cmd_status status = CMD_OK;

	if (!mkey)
		return CMD_REFUSE(cmd, CMD_NO_RESOURCES, "out of memory");
	memcpy(mkey->ctx, cmd->in + create_mkey_in__memory_key_mkey_entry__BYTE, mkc__SIZE);
	mkey->octowords = (uint32_t)ifc_get(mkey->ctx, mkc__translations_octword_size);
	mkey->pg_access = ifc_get(cmd->in, create_mkey_in__pg_access);
	if (mkey_decode(mkey))
		status = CMD_REFUSE(cmd, CMD_BAD_PARAM, "access mode or page size");
	else
		status = mkey_check(cmd, mkey);
	if (status)
		goto err_free;
	status = mkey_load_xlt(cmd, mkey);
	if (status)
		goto err_xlt;
	if (!ref_get(&obj->pd, mkey->pd)) {
		status = CMD_REFUSE(cmd, CMD_BAD_RES, "no such PD");
		goto err_xlt;
	}
	if (objtab_add(&obj->mkey, mkey, &mkey->index)) {
		status = CMD_REFUSE(cmd, CMD_EXCEED_LIM, "no mkey is free");
		goto err_pd;
	}
	ifc_set(cmd->out, create_mkey_out__mkey_index, mkey->index);
	return CMD_OK;
err_pd:
	ref_put(&obj->pd, mkey->pd);
err_xlt:
	free(mkey->xlt.mtt);
err_free:
	free(mkey);
	return status;
}

void mkey_free(struct hca *hca, struct mkey *mkey)
{
	objtab_del(&hca->obj.mkey, mkey->index);
	ref_put(&hca->obj.pd, mkey->pd);
	free(mkey->xlt.mtt);
	free(mkey);
}

enum cmd_status cmd_destroy_mkey(struct cmd *cmd)
{
	struct mkey *mkey = mkey_get(cmd->hca, (uint32_t)ifc_get(cmd->in,
							destroy_mkey_in__mkey_index));

	if (!mkey)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such mkey");
	mkey_free(cmd->hca, mkey);
	return CMD_OK;
}

enum cmd_status cmd_query_mkey(struct cmd *cmd)
{
	const struct mkey *mkey = mkey_get(cmd->hca, (uint32_t)ifc_get(cmd->in,
							query_mkey_in__mkey_index));

	if (!mkey)
		return CMD_REFUSE(cmd, CMD_BAD_RES, "no such mkey");
	memcpy(cmd->out + query_mkey_out__memory_key_mkey_entry__BYTE, mkey->ctx, mkc__SIZE);
	return CMD_OK;
}
