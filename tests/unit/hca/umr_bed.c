// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the work requests that change keys, and the keys to change. It must
 * never know who may do so.
 */
#include "tests/unit/hca/umr_bed.h"

struct umr_request umr_request(uint64_t mask, uint8_t flags, const struct hc_mkey *m,
			       uint32_t key, const uint64_t *pages)
{
	struct umr_request u = { .len = UMR_WQE_BYTES };
	struct wqe_umr_ctrl ctrl = { .flags = flags | UMR_INLINE, .mkey_mask = htobe64(mask) };
	uint8_t *mkc = u.raw + sizeof(ctrl);
	unsigned int i;

	if (pages) {
		ctrl.xlt_octowords = htobe16(UMR_PAGES / 2);
		for (i = 0; i < UMR_PAGES; i++)
			ifc_store64(u.raw + UMR_WQE_BYTES + i * 8, pages[i] | 3);
		u.len += UMR_INLINE_BYTES;
	}
	memcpy(u.raw, &ctrl, sizeof(ctrl));
	ifc_set(mkc, mkc__free, m->free);
	ifc_set(mkc, mkc__umr_en, 1);
	ifc_set(mkc, mkc__lr, !!(m->rights & HC_LR));
	ifc_set(mkc, mkc__lw, !!(m->rights & HC_LW));
	ifc_set(mkc, mkc__rr, !!(m->rights & HC_RR));
	ifc_set(mkc, mkc__rw, !!(m->rights & HC_RW));
	ifc_set(mkc, mkc__access_mode_1_0, HC_MODE_MTT);
	ifc_set(mkc, mkc__qpn, HC_ANY_QPN);
	ifc_set(mkc, mkc__mkey_7_0, key & 0xff);
	ifc_set(mkc, mkc__pd, m->pd);
	ifc_set(mkc, mkc__start_addr, m->start);
	ifc_set(mkc, mkc__len, m->len);
	ifc_set(mkc, mkc__log_page_size, 12);
	return u;
}

struct hc_wr umr_wr(const struct umr_request *u, uint32_t key)
{
	return (struct hc_wr){ .opcode = WQE_UMR, .flags = HC_SIGNALED, .imm = key,
			       .raw = u->raw, .raw_len = u->len };
}

struct hc_mkey umr_wanted(const struct side *s)
{
	return (struct hc_mkey){ .pd = s->pd, .rights = HC_ALL_RIGHTS & ~HC_ATOMIC,
				 .start = UMR_VA, .len = UMR_PAGES * 4096 };
}

void umr_fill_pages(const struct side *s, uint64_t pages[UMR_PAGES])
{
	unsigned int i;

	for (i = 0; i < UMR_PAGES; i++)
		pages[i] = s->mr.mem.iova + (UMR_PAGES - 1 - i) * 4096ull;
}

void umr_kernel_qp(struct pair *p, bool fre)
{
	struct hc_qp_init init = p->b.qp.init;

	assert_ok(hc_qp_destroy(p->b.hc, &p->b.qp));
	init.fre = fre;
	assert_ok(hc_qp_create(p->b.hc, &init, &p->b.qp));
	pair_reconnect(p);
}

void umr_write_through(struct pair *p, uint32_t key, uint8_t syndrome)
{
	struct hc_sge sge = { p->a.mr.va, 5000, p->a.mr.key };
	struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p->b, 0);

	wr.rkey = key;
	wr.raddr = UMR_VA + 100;
	post_one(&p->a, &wr);
	if (syndrome)
		expect_error(&p->a, &p->a.scq, CQE_REQ_ERR, syndrome);
	else
		expect_ok(&p->a, &p->a.scq, CQE_REQ, NULL);
}

uint32_t umr_key_in_use(struct side *s)
{
	struct hc_mkey m = umr_wanted(s);
	uint64_t pages[UMR_PAGES];
	uint32_t key;

	m.mode = HC_MODE_MTT;
	m.umr_en = true;
	m.log_page = 12;
	m.n = UMR_PAGES;
	umr_fill_pages(s, pages);
	m.pages = pages;
	assert_ok(hc_mkey_create(s->hc, &m, &key));
	return key;
}

void umr_not_bound(struct pair *p, const struct hc_wr *wr)
{
	post_one(&p->b, wr);
	expect_error(&p->b, &p->b.scq, CQE_REQ_ERR, CQE_SYND_MW_BIND);
	expect_dead(&p->b);
	pair_reconnect(p);
}
