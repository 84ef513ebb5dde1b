// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns WQEs that act on this HCA only: changes of memory keys (UMR, local and
 * remote invalidation). It must never know packets.
 */
#include "tests/hca-model/transport/local.h"

#include <endian.h>
#include <string.h>

#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/cmd/inject.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/mkey.h"
#include "tests/hca-model/obj/qp.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/payload.h"
#include "tests/hca-model/transport/wqe.h"

enum {
	ANY_QPN = 0xffffff,
	OFF_UMR = sizeof(struct wqe_ctrl),
	OFF_MKEY = OFF_UMR + sizeof(struct wqe_umr_ctrl),
	OFF_XLT = OFF_MKEY + mkc__SIZE,
};

/* One bit of the mask stands for these fields of the context. */
static const struct {
	uint64_t bit;
	uint32_t field;
} umr_fields[] = {
	{ UMR_MASK_LEN, mkc__len },
	{ UMR_MASK_LEN, mkc__length64 },
	{ UMR_MASK_PAGE_SIZE, mkc__log_page_size },
	{ UMR_MASK_START_ADDR, mkc__start_addr },
	{ UMR_MASK_PD, mkc__pd },
	{ UMR_MASK_EN_RINVAL, mkc__en_rinval },
	{ UMR_MASK_KEY, mkc__mkey_7_0 },
	{ UMR_MASK_QPN, mkc__qpn },
	{ UMR_MASK_LR, mkc__lr },
	{ UMR_MASK_LW, mkc__lw },
	{ UMR_MASK_RR, mkc__rr },
	{ UMR_MASK_RW, mkc__rw },
	{ UMR_MASK_A, mkc__a },
	{ UMR_MASK_FREE, mkc__free },
};

static void set_free(struct mkey *mkey)
{
	ifc_set(mkey->ctx, mkc__free, 1);
	mkey->free = true;
}

/* Which queue pairs may change keys at all. */
static bool may_change_keys(const struct qp *qp)
{
	return qp->type == QP_REG_UMR || qp->fre;
}

static struct mkey *target_key(struct qp *qp, uint32_t key)
{
	struct mkey *mkey = mkey_get(qp->hca, key >> 8);

	if (!mkey || !mkey->umr_en || mkey->mode == MKEY_PA || mkey->length64)
		return NULL;
	if (qp->type != QP_REG_UMR && mkey->pd != qp->pd)
		return NULL;
	return mkey;
}

static uint8_t local_inval(struct qp *qp, uint32_t key)
{
	struct mkey *mkey = target_key(qp, key);

	if (!mkey || mkey->variant != (key & 0xff) || mkey->free)
		return CQE_SYND_MW_BIND;
	set_free(mkey);
	return CQE_SYND_NONE;
}

/* Translation entries come in a buffer that a data segment names. */
static uint8_t write_xlt_pointer(struct qp *qp, struct mkey *mkey, const struct wqe_data *d,
				 uint32_t offset, uint32_t octowords)
{
	struct access a = {
		.key = be32toh(d->lkey),
		.pd = qp->pd,
		.qpn = qp->qpn,
		.rights = MKEY_LOCAL_READ,
		.reserved_lkey_ok = qp->rlky,
	};
	uint64_t va = be64toh(d->addr);
	uint8_t chunk[4096];

	if (be32toh(d->byte_count) < octowords * 16)
		return CQE_SYND_LOCAL_LENGTH;
	while (octowords) {
		uint32_t some = octowords < sizeof(chunk) / 16 ? octowords : sizeof(chunk) / 16;

		if (payload_read(qp->hca, &a, va, chunk, some * 16))
			return CQE_SYND_LOCAL_PROT;
		if (mkey_xlt_write(mkey, offset, chunk, some))
			return CQE_SYND_MW_BIND;
		va += some * 16;
		offset += some;
		octowords -= some;
	}
	return CQE_SYND_NONE;
}

static uint8_t write_xlt(struct qp *qp, struct mkey *mkey, const struct wqe_umr_ctrl *umr,
			 const struct wqe_view *v)
{
	uint32_t octowords = be16toh(umr->xlt_octowords);
	uint32_t end = v->ds * WQE_DS;
	uint64_t offset = 0;

	if (!octowords)
		return CQE_SYND_NONE;
	if (umr->flags & UMR_TRANSLATION_OFFSET_EN)
		offset = (uint64_t)be32toh(umr->xlt_offset_47_16) << 16 | be16toh(umr->xlt_offset);
	if (offset > mkey->octowords || octowords > mkey->octowords - offset)
		return CQE_SYND_MW_BIND;
	if (!(umr->flags & UMR_INLINE)) {
		if (OFF_XLT + sizeof(struct wqe_data) > end)
			return CQE_SYND_LOCAL_QP_OP;
		return write_xlt_pointer(qp, mkey, (const struct wqe_data *)(v->raw + OFF_XLT),
					 (uint32_t)offset, octowords);
	}
	/* what is inline ends with the WQE; the rest of the last 64 bytes may be left out */
	if (OFF_XLT + octowords * 16 > ((end + WQE_BB - 1) & ~(WQE_BB - 1u)))
		return CQE_SYND_LOCAL_QP_OP;
	if (mkey_xlt_write(mkey, (uint32_t)offset, v->raw + OFF_XLT, octowords))
		return CQE_SYND_MW_BIND;
	return CQE_SYND_NONE;
}

/* Whether the QP may turn the key into what @seg and @mask say. */
static bool change_is_legal(const struct qp *qp, const struct mkey *mkey,
			    const struct wqe_umr_ctrl *umr, const uint8_t *seg, uint32_t key)
{
	uint64_t mask = be64toh(umr->mkey_mask);

	if ((umr->flags & UMR_CHECK_NOT_FREE) && !mkey->free)
		return false;
	if ((umr->flags & UMR_CHECK_FREE) && mkey->free)
		return false;
	if ((mask & UMR_MASK_LEN) && ifc_get(seg, mkc__length64))
		return false;
	if (!(mask & UMR_MASK_KEY) && mkey->variant != (key & 0xff))
		return false;
	if (qp->type == QP_REG_UMR)
		return true;
	return !(mask & UMR_MASK_PD) || ifc_get(seg, mkc__pd) == qp->pd;
}

static uint8_t umr(struct qp *qp, const struct send_wqe *w, const struct wqe_view *v)
{
	const struct wqe_umr_ctrl *ctrl = (const struct wqe_umr_ctrl *)(v->raw + OFF_UMR);
	const uint8_t *seg = v->raw + OFF_MKEY;
	struct mkey *mkey = target_key(qp, w->imm);
	uint64_t mask = be64toh(ctrl->mkey_mask);
	uint8_t old[mkc__SIZE], syndrome;
	uint32_t old_pd;

	if (v->ds * WQE_DS < OFF_XLT)
		return CQE_SYND_LOCAL_QP_OP;
	if (!mkey || !change_is_legal(qp, mkey, ctrl, seg, w->imm))
		return CQE_SYND_MW_BIND;
	if ((mask & UMR_MASK_PD) && !ref_get(&qp->hca->obj.pd, (uint32_t)ifc_get(seg, mkc__pd)))
		return CQE_SYND_MW_BIND;
	old_pd = mkey->pd;
	memcpy(old, mkey->ctx, sizeof(old));
	for (unsigned int i = 0; i < sizeof(umr_fields) / sizeof(umr_fields[0]); i++)
		if (mask & umr_fields[i].bit)
			ifc_set(mkey->ctx, umr_fields[i].field,
				ifc_get(seg, umr_fields[i].field));
	syndrome = mkey_decode(mkey) ? CQE_SYND_MW_BIND : write_xlt(qp, mkey, ctrl, v);
	if (mask & UMR_MASK_PD)
		ref_put(&qp->hca->obj.pd, syndrome ? (uint32_t)ifc_get(seg, mkc__pd) : old_pd);
	if (syndrome) {
		memcpy(mkey->ctx, old, sizeof(old));
		mkey_decode(mkey);
	}
	return syndrome;
}

/* Unless a test asked for it to go wrong. */
static uint8_t umr_or_not(struct qp *qp, struct send_wqe *w, const struct wqe_view *v)
{
	enum cmd_inject inject = cmd_injected(&qp->hca->cmdq, true);

	w->untold = inject == INJECT_UMR_SILENT;
	return inject == INJECT_UMR_REFUSED ? CQE_SYND_MW_BIND : umr(qp, w, v);
}

uint8_t local_execute(struct qp *qp, struct send_wqe *w, const struct wqe_view *v)
{
	uint8_t syndrome = CQE_SYND_NONE;

	if (w->opcode == WQE_NOP)
		return CQE_SYND_NONE;
	if (!may_change_keys(qp))
		return CQE_SYND_LOCAL_QP_OP;
	syndrome = w->opcode == WQE_UMR ? umr_or_not(qp, w, v) : local_inval(qp, w->imm);
	trace(qp->hca, "qp %#x %s key %#x: %s", qp->qpn, wqe_opcode_name(w->opcode), w->imm,
	      syndrome ? "refused" : "done");
	return syndrome;
}

bool local_remote_invalidate(struct qp *qp, uint32_t pd, uint32_t rkey)
{
	struct mkey *mkey = mkey_get(qp->hca, rkey >> 8);

	if (!mkey || mkey->variant != (rkey & 0xff) || mkey->free || !mkey->en_rinval ||
	    !mkey->umr_en || mkey->mode == MKEY_PA || mkey->length64)
		return false;
	if (mkey->pd != pd || (mkey->qpn != ANY_QPN && mkey->qpn != qp->qpn))
		return false;
	set_free(mkey);
	return true;
}
