// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands that make and destroy keys, CQs and SRQs. It must never
 * know queue pairs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hca-client/objects.h"

enum {
	DBR_BYTES = 64,
	CQE_OP_OWN_FRESH = CQE_INVALID << 4 | CQE_OWNER,
	CQ_RESIZE_FIELDS = 7,			/* log size, page offset, page size */
	CQ_OPMOD_RESIZE = 1,
	CQ_MODIFY_PERIOD_AND_COUNT = 3,
	RMP_READY = 1,
	RMP_OFFSET_PAS = create_rmp_in__ctx__BYTE + rmpc__wq__BYTE + wq__pas__BYTE,
};

/* Bus addresses of 4 KiB pages, as every ring has them. */
static size_t fill_pas(uint8_t *pas, const struct hc_mem *mem, size_t bytes)
{
	size_t n = (bytes + HC_PAGE - 1) / HC_PAGE;
	size_t i;

	for (i = 0; i < n; i++)
		ifc_store64(pas + i * 8, mem->iova + i * HC_PAGE);
	return n * 8;
}

static void fill_mkc(uint8_t *mkc, const struct hc_mkey *m, uint32_t octowords)
{
	ifc_set(mkc, mkc__free, m->free);
	ifc_set(mkc, mkc__umr_en, m->umr_en);
	ifc_set(mkc, mkc__en_rinval, m->en_rinval);
	ifc_set(mkc, mkc__lr, !!(m->rights & HC_LR));
	ifc_set(mkc, mkc__lw, !!(m->rights & HC_LW));
	ifc_set(mkc, mkc__rr, !!(m->rights & HC_RR));
	ifc_set(mkc, mkc__rw, !!(m->rights & HC_RW));
	ifc_set(mkc, mkc__a, !!(m->rights & HC_ATOMIC));
	ifc_set(mkc, mkc__access_mode_1_0, m->mode);
	ifc_set(mkc, mkc__qpn, m->qpn ? m->qpn : HC_ANY_QPN);
	ifc_set(mkc, mkc__mkey_7_0, m->variant);
	ifc_set(mkc, mkc__length64, m->length64);
	ifc_set(mkc, mkc__pd, m->pd);
	ifc_set(mkc, mkc__start_addr, m->start);
	ifc_set(mkc, mkc__len, m->len);
	ifc_set(mkc, mkc__translations_octword_size, octowords);
	ifc_set(mkc, mkc__log_page_size, m->log_page);
}

int hc_mkey_create(struct hc *hc, const struct hc_mkey *m, uint32_t *key)
{
	bool klm = m->mode >= HC_MODE_KLM;
	uint32_t given = klm ? m->n : (m->n + 1) / 2;
	uint32_t octowords = m->octowords ? m->octowords : given;
	size_t ilen = create_mkey_in__SIZE + (size_t)given * 16;
	uint8_t out[create_mkey_out__SIZE] = { 0 };
	uint8_t *in = calloc(1, ilen);
	uint8_t *x;
	uint32_t i;
	int ret;

	if (!in)
		return -ENOMEM;
	hc_head(in, HC_CREATE_MKEY, 0);
	fill_mkc(in + create_mkey_in__memory_key_mkey_entry__BYTE, m, octowords);
	ifc_set(in, create_mkey_in__translations_octword_actual_size, given);
	x = in + create_mkey_in__klm_pas_mtt__BYTE;
	for (i = 0; i < m->n && klm; i++) {
		ifc_store32(x + i * 16, m->klms[i].bytes);
		ifc_store32(x + i * 16 + 4, m->klms[i].key);
		ifc_store64(x + i * 16 + 8, m->klms[i].va);
	}
	for (i = 0; i < m->n && !klm; i++)
		ifc_store64(x + i * 8, m->pages[i]);
	ret = hc_exec(hc, in, ilen, out, sizeof(out));
	if (!ret)
		*key = (uint32_t)ifc_get(out, create_mkey_out__mkey_index) << 8 | m->variant;
	free(in);
	return ret;
}

int hc_mkey_destroy(struct hc *hc, uint32_t key)
{
	return hc_cmd_simple(hc, HC_DESTROY_MKEY, 0, key >> 8);
}

int hc_reg(struct hc *hc, uint32_t pd, size_t len, uint8_t rights, struct hc_mr *mr)
{
	uint32_t n = (uint32_t)((len + HC_PAGE - 1) / HC_PAGE);
	struct hc_mkey m = { .pd = pd, .rights = rights, .mode = HC_MODE_MTT, .len = len,
			     .log_page = 12, .n = n, .variant = 0x5a };
	uint64_t *pages;
	uint32_t i;
	int ret;

	memset(mr, 0, sizeof(*mr));
	pages = calloc(n, sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	ret = hc_alloc(hc, len, HC_PAGE, &mr->mem);
	if (ret)
		goto free_pages;
	for (i = 0; i < n; i++)
		pages[i] = mr->mem.iova + (uint64_t)i * HC_PAGE;
	mr->va = 0x7e0000000000ull + mr->mem.iova;	/* never the bus address */
	m.start = mr->va;
	m.pages = pages;
	ret = hc_mkey_create(hc, &m, &mr->key);
	if (ret)
		hc_free(hc, &mr->mem);
free_pages:
	free(pages);
	return ret;
}

int hc_dereg(struct hc *hc, struct hc_mr *mr)
{
	int ret;

	if (!mr->mem.ptr)
		return 0;
	ret = hc_mkey_destroy(hc, mr->key);
	hc_free(hc, &mr->mem);
	return ret;
}

static int cq_buf_alloc(struct hc *hc, uint8_t log, uint8_t cqe_bytes, struct hc_mem *buf)
{
	size_t i;
	int ret;

	ret = hc_alloc(hc, (size_t)cqe_bytes << log, HC_PAGE, buf);
	if (ret)
		return ret;
	for (i = 0; i < (size_t)1 << log; i++)
		buf->ptr[(i + 1) * cqe_bytes - 1] = CQE_OP_OWN_FRESH;
	return 0;
}

int hc_cq_create(struct hc *hc, uint8_t log, uint8_t cqe_bytes, uint32_t eqn, struct hc_cq *cq)
{
	size_t bytes = (size_t)cqe_bytes << log;
	uint8_t *in = calloc(1, create_cq_in__SIZE + (bytes / HC_PAGE + 1) * 8);
	uint8_t *cqc = in + create_cq_in__cq_context__BYTE;
	uint8_t out[create_cq_out__SIZE] = { 0 };
	size_t pas;
	int ret;

	if (!in)
		return -ENOMEM;
	memset(cq, 0, sizeof(*cq));
	ret = cq_buf_alloc(hc, log, cqe_bytes, &cq->buf);
	if (ret)
		goto free_in;
	ret = hc_alloc(hc, DBR_BYTES, DBR_BYTES, &cq->dbr);
	if (ret)
		goto free_buf;
	hc_head(in, HC_CREATE_CQ, 0);
	ifc_set(cqc, cqc__cqe_sz, cqe_bytes == 128);
	ifc_set(cqc, cqc__log_cq_size, log);
	ifc_set(cqc, cqc__uar_page, hc->fw->uar);
	ifc_set(cqc, cqc__c_eqn_or_apu_element, eqn);
	ifc_set(cqc, cqc__dbr_addr, cq->dbr.iova);
	pas = fill_pas(in + create_cq_in__pas__BYTE, &cq->buf, bytes);
	ret = hc_exec(hc, in, create_cq_in__SIZE + pas, out, sizeof(out));
	if (ret)
		goto free_dbr;
	cq->cqn = (uint32_t)ifc_get(out, create_cq_out__cqn);
	cq->uar = hc->fw->uar;
	cq->log = log;
	cq->cqe_bytes = cqe_bytes;
	free(in);
	return 0;

free_dbr:
	hc_free(hc, &cq->dbr);
free_buf:
	hc_free(hc, &cq->buf);
free_in:
	free(in);
	return ret;
}

int hc_cq_destroy(struct hc *hc, struct hc_cq *cq)
{
	int ret;

	if (!cq->buf.ptr)
		return 0;
	ret = hc_cmd_simple(hc, HC_DESTROY_CQ, 0, cq->cqn);
	hc_free(hc, &cq->buf);
	hc_free(hc, &cq->next_buf);
	hc_free(hc, &cq->dbr);
	return ret;
}

int hc_cq_resize(struct hc *hc, struct hc_cq *cq, uint8_t log)
{
	size_t bytes = (size_t)cq->cqe_bytes << log;
	uint8_t *in = calloc(1, modify_cq_in__SIZE + (bytes / HC_PAGE + 1) * 8);
	uint8_t *cqc = in + modify_cq_in__cq_context__BYTE;
	size_t pas;
	int ret;

	if (!in)
		return -ENOMEM;
	ret = cq_buf_alloc(hc, log, cq->cqe_bytes, &cq->next_buf);
	if (ret)
		goto free_in;
	cq->next_log = log;
	hc_head(in, HC_MODIFY_CQ, CQ_OPMOD_RESIZE);
	ifc_set(in, modify_cq_in__cqn, cq->cqn);
	ifc_set(in, modify_cq_in__modify_field_select_resize_field_select, CQ_RESIZE_FIELDS);
	ifc_set(cqc, cqc__cqe_sz, cq->cqe_bytes == 128);
	ifc_set(cqc, cqc__log_cq_size, log);
	pas = fill_pas(in + modify_cq_in__pas__BYTE, &cq->next_buf, bytes);
	ret = hc_exec(hc, in, modify_cq_in__SIZE + pas, NULL, 16);
	if (ret)
		hc_free(hc, &cq->next_buf);
free_in:
	free(in);
	return ret;
}

int hc_cq_moderate(struct hc *hc, struct hc_cq *cq, uint16_t period_us, uint16_t count)
{
	uint8_t in[modify_cq_in__SIZE] = { 0 };
	uint8_t *cqc = in + modify_cq_in__cq_context__BYTE;

	hc_head(in, HC_MODIFY_CQ, 0);
	ifc_set(in, modify_cq_in__cqn, cq->cqn);
	ifc_set(in, modify_cq_in__modify_field_select_resize_field_select,
		CQ_MODIFY_PERIOD_AND_COUNT);
	ifc_set(cqc, cqc__cq_period, period_us);
	ifc_set(cqc, cqc__cq_max_count, count);
	return hc_exec(hc, in, sizeof(in), NULL, 16);
}

static void fill_srqc(uint8_t *c, const struct hc_srq *srq, uint32_t pd, uint32_t xrcd,
		      uint32_t cqn)
{
	ifc_set(c, srqc__log_srq_size, srq->log);
	ifc_set(c, srqc__log_rq_stride, srq->log_stride - 4);
	ifc_set(c, srqc__xrcd, xrcd);
	ifc_set(c, srqc__cqn, cqn);
	ifc_set(c, srqc__pd, pd);
	ifc_set(c, srqc__dbr_addr, srq->dbr.iova);
}

static void fill_rmpc(uint8_t *c, const struct hc_srq *srq, uint32_t pd)
{
	uint8_t *wq = c + rmpc__wq__BYTE;

	ifc_set(c, rmpc__state, RMP_READY);
	ifc_set(wq, wq__pd, pd);
	ifc_set(wq, wq__dbr_addr, srq->dbr.iova);
	ifc_set(wq, wq__log_wq_stride, srq->log_stride);
	ifc_set(wq, wq__log_wq_sz, srq->log);
}

static size_t srq_command(uint8_t *in, const struct hc_srq *srq, uint32_t pd, uint32_t xrcd,
			  uint32_t cqn, uint32_t user_index)
{
	size_t bytes = (size_t)1 << (srq->log + srq->log_stride);
	uint8_t *c = in + create_xrc_srq_in__xrc_srq_context_entry__BYTE;

	switch (srq->kind) {
	case HC_SRQ_RMP:
		hc_head(in, HC_CREATE_RMP, 0);
		fill_rmpc(in + create_rmp_in__ctx__BYTE, srq, pd);
		return RMP_OFFSET_PAS + fill_pas(in + RMP_OFFSET_PAS, &srq->buf, bytes);
	case HC_SRQ_XRC:
		hc_head(in, HC_CREATE_XRC_SRQ, 0);
		fill_srqc(c, srq, pd, xrcd, cqn);
		ifc_set(c, xrc_srqc__user_index, user_index);
		break;
	case HC_SRQ_BASIC:
		hc_head(in, HC_CREATE_SRQ, 0);
		fill_srqc(c, srq, pd, 0, 0);
		break;
	}
	return create_srq_in__SIZE + fill_pas(in + create_srq_in__pas__BYTE, &srq->buf, bytes);
}

int hc_srq_create(struct hc *hc, enum hc_srq_kind kind, uint32_t pd, uint8_t log,
		  uint8_t log_stride, uint32_t xrcd, uint32_t cqn, uint32_t user_index,
		  struct hc_srq *srq)
{
	size_t bytes = (size_t)1 << (log + log_stride);
	uint8_t *in = calloc(1, 0x200 + (bytes / HC_PAGE + 1) * 8);
	uint8_t out[16] = { 0 };
	uint32_t i;
	int ret;

	if (!in)
		return -ENOMEM;
	*srq = (struct hc_srq){ .kind = kind, .log = log, .log_stride = log_stride,
				.tail = (uint16_t)((1u << log) - 1) };
	ret = hc_alloc(hc, bytes, HC_PAGE, &srq->buf);
	if (ret)
		goto free_in;
	ret = hc_alloc(hc, DBR_BYTES, DBR_BYTES, &srq->dbr);
	if (ret)
		goto free_buf;
	for (i = 0; i < 1u << log; i++) {
		struct wqe_srq_next *n = (void *)(srq->buf.ptr + ((size_t)i << log_stride));

		n->next_wqe_index = htobe16((uint16_t)((i + 1) & ((1u << log) - 1)));
	}
	ret = hc_exec(hc, in, srq_command(in, srq, pd, xrcd, cqn, user_index), out, sizeof(out));
	if (ret)
		goto free_dbr;
	srq->srqn = (uint32_t)ifc_get(out, create_rmp_out__rmpn);
	free(in);
	return 0;

free_dbr:
	hc_free(hc, &srq->dbr);
free_buf:
	hc_free(hc, &srq->buf);
free_in:
	free(in);
	return ret;
}

int hc_srq_destroy(struct hc *hc, struct hc_srq *srq)
{
	static const uint16_t op[] = { HC_DESTROY_RMP, HC_DESTROY_XRC_SRQ, HC_DESTROY_SRQ };
	int ret;

	if (!srq->buf.ptr)
		return 0;
	ret = hc_cmd_simple(hc, op[srq->kind], 0, srq->srqn);
	hc_free(hc, &srq->buf);
	hc_free(hc, &srq->dbr);
	return ret;
}

int hc_srq_arm(struct hc *hc, struct hc_srq *srq, uint16_t limit)
{
	uint8_t in[modify_rmp_in__SIZE] = { 0 };
	uint8_t *c = in + modify_rmp_in__ctx__BYTE;

	if (srq->kind == HC_SRQ_RMP) {
		hc_head(in, HC_MODIFY_RMP, 0);
		ifc_set(in, modify_rmp_in__rmp_state, RMP_READY);
		ifc_set(in, modify_rmp_in__rmpn, srq->srqn);
		ifc_set(in, modify_rmp_in__bitmask, 1);		/* lwm */
		ifc_set(c, rmpc__state, RMP_READY);
		ifc_set(c + rmpc__wq__BYTE, wq__lwm, limit);
		return hc_exec(hc, in, sizeof(in), NULL, 16);
	}
	hc_head(in, srq->kind == HC_SRQ_XRC ? HC_ARM_XRC_SRQ : HC_ARM_RQ, 1);
	ifc_set(in, arm_rq_in__srq_number, srq->srqn);
	ifc_set(in, arm_rq_in__lwm, limit);
	return hc_exec(hc, in, arm_rq_in__SIZE, NULL, 16);
}

int hc_mcg(struct hc *hc, uint16_t opcode, uint32_t qpn, const uint8_t gid[16])
{
	uint8_t in[attach_to_mcg_in__SIZE] = { 0 };

	hc_head(in, opcode, 0);
	ifc_set(in, attach_to_mcg_in__qpn, qpn);
	memcpy(in + attach_to_mcg_in__multicast_gid__BYTE, gid, 16);
	return hc_exec(hc, in, sizeof(in), NULL, 16);
}
