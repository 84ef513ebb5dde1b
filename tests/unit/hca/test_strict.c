// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about strict mode: what a card leaves undefined is refused,
 * and is taken without it. It must never know the data path.
 */
#include "tests/unit/hca/world.h"

#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/mem/dma.h"

#define NOWHERE 0x7770000000ull		/* a bus address that nothing is mapped at */

/* What happens to the next mailbox of one opcode on its way. */
static struct {
	uint16_t opcode;
	uint32_t at;			/* byte */
	uint32_t flip;			/* of the big-endian word there; 0: put @value */
	uint64_t value;
} spoil;

static void spoiler(uint8_t *in, size_t len)
{
	if (ifc_get(in, cmd_in__opcode) != spoil.opcode)
		return;
	assert_true(spoil.at + 8 <= len);
	if (spoil.flip)
		ifc_store32(in + spoil.at, ifc_load32(in + spoil.at) ^ spoil.flip);
	else
		ifc_store64(in + spoil.at, spoil.value);
}

static uint8_t made;			/* status of the command that failed */

/* Makes one object of each kind that a mailbox with a context makes, and unmakes it. */
static int make_each(struct world *w, struct side *s)
{
	struct hc *hc = w->hc[0];
	struct hc_qp_init init = { .type = HC_RC, .pd = s->pd, .log_sq = 6, .log_rq = 6,
				   .log_rq_stride = 6, .scq = &s->scq, .rcq = &s->rcq };
	struct hc_path path = hc_path_default;
	struct hc_srq rmp = { 0 }, xrc = { 0 };
	struct hc_qp qp = { 0 };
	struct hc_cq cq = { 0 };
	struct hc_mr mr = { 0 };
	struct hc_eq eq = { 0 };
	uint32_t n;
	int ret;

	path.dlid = w->lid[1];
	ret = hc_eq_create(hc, 1, 6, 0, &eq);
	ret = ret ? ret : hc_cq_create(hc, 6, 64, hc->fw->comp.eqn, &cq);
	ret = ret ? ret : hc_reg(hc, s->pd, 8192, HC_ALL_RIGHTS, &mr);
	ret = ret ? ret : hc_srq_create(hc, HC_SRQ_RMP, s->pd, 6, 6, 0, 0, 0, &rmp);
	ret = ret ? ret : hc_srq_create(hc, HC_SRQ_XRC, s->pd, 6, 6, s->xrcd, s->rcq.cqn, 7, &xrc);
	ret = ret ? ret : hc_qp_create(hc, &init, &qp);
	ret = ret ? ret : hc_qp_to_rts(hc, &qp, &path);
	ret = ret ? ret : hc_cmd_number(hc, HC_ALLOC_PD, &n);
	ret = ret ? ret : hc_cmd_simple(hc, HC_DEALLOC_PD, 0, n);
	made = hc->status;
	if (qp.buf.ptr)
		hc_qp_destroy(hc, &qp);
	if (xrc.buf.ptr)
		hc_srq_destroy(hc, &xrc);
	if (rmp.buf.ptr)
		hc_srq_destroy(hc, &rmp);
	hc_dereg(hc, &mr);
	hc_cq_destroy(hc, &cq);
	if (eq.buf.ptr)
		hc_eq_destroy(hc, &eq);
	return ret;
}

static const struct {
	const char *what;
	uint16_t opcode;
	uint32_t field;			/* as it stands in the mailbox */
} reserved[] = {
#define IN(name, op, byte, field) { name, op, IFC((byte) * 8 + IFC_BIT(field), IFC_WIDTH(field)) }
#define ADS(field) IFC(qpc__primary_address_path__BYTE * 8 + IFC_BIT(field), IFC_WIDTH(field))
	IN("uid", HC_ALLOC_PD, 0, cmd_in__uid),
	IN("op_mod", HC_ALLOC_PD, 0, cmd_in__op_mod),
	IN("uid of CREATE_CQ", HC_CREATE_CQ, 0, cmd_in__uid),
	IN("op_mod of CREATE_QP", HC_CREATE_QP, 0, cmd_in__op_mod),
	IN("EQ status", HC_CREATE_EQ, 0x10, eqc__status),
	IN("EQ overrun", HC_CREATE_EQ, 0x10, eqc__oi),
	IN("CQE compression", HC_CREATE_CQ, 0x10, cqc__mini_cqe_res_format),
	IN("CQ period mode", HC_CREATE_CQ, 0x10, cqc__cq_period_mode),
	IN("collapsed CQ", HC_CREATE_CQ, 0x10, cqc__cc),
	IN("wide EQ number", HC_CREATE_CQ, 0x10, IFC(0xb0, 8)),
	IN("CQ producer counter", HC_CREATE_CQ, 0x10, cqc__producer_counter),
	IN("relaxed ordering", HC_CREATE_MKEY, 0x10, mkc__relaxed_ordering_write),
	IN("ATS", HC_CREATE_MKEY, 0x10, mkc__ma_translation_mode),
	IN("other vhca", HC_CREATE_MKEY, 0x10, mkc__crossing_target_vhca_id),
	IN("umem of a key", HC_CREATE_MKEY, 0, create_mkey_in__mkey_umem_valid),
	IN("QP extension", HC_CREATE_QP, 0, create_qp_in__qpc_ext),
	IN("ECE", HC_CREATE_QP, 0, create_qp_in__ece),
	IN("WQE signature", HC_CREATE_QP, 0x18, qpc__wq_signature),
	IN("CORE-Direct", HC_CREATE_QP, 0x18, qpc__cd_master),
	IN("isolation of VLs", HC_CREATE_QP, 0x18, qpc__isolate_vl_tc),
	IN("scatter to CQE, requester", HC_CREATE_QP, 0x18, qpc__cs_req),
	IN("scatter to CQE, responder", HC_CREATE_QP, 0x18, qpc__cs_res),
	IN("end padding", HC_CREATE_QP, 0x18, qpc__end_padding_mode),
	IN("source QPN", HC_CREATE_QP, 0x18, qpc__deth_sqpn),
	IN("send counter", HC_CREATE_QP, 0x18, qpc__hw_sq_wqebb_counter),
	IN("adaptive routing", HC_INIT2RTR_QP, 0x18, ADS(ads__free_ar)),
	IN("UDP port", HC_INIT2RTR_QP, 0x18, ADS(ads__udp_sport)),
	IN("alternate path", HC_INIT2RTR_QP, 0x18,
	   IFC(qpc__secondary_address_path__BYTE * 8 + IFC_BIT(ads__rlid), 16)),
	IN("after the context", HC_RTR2RTS_QP, 0, IFC(0x820, 32)),
	IN("ECE of RST2INIT", HC_RST2INIT_QP, 0, rst2init_qp_in__ece),
	IN("cyclic RMP", HC_CREATE_RMP, create_rmp_in__ctx__BYTE, rmpc__basic_cyclic_rcv_wqe),
	IN("signature of an RMP", HC_CREATE_RMP, create_rmp_in__ctx__BYTE + rmpc__wq__BYTE,
	   wq__wq_signature),
	IN("umem of an XRC SRQ", HC_CREATE_XRC_SRQ, 0, create_xrc_srq_in__xrc_srq_umem_valid),
	IN("count of an XRC SRQ", HC_CREATE_XRC_SRQ, 0x10, xrc_srqc__wqe_cnt),
};

static void reserved_bits_are_refused_one_by_one(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	struct side s;
	size_t i;

	side_open(w, 0, 0, &s);
	assert_ok(make_each(w, &s));
	hc->edit = spoiler;
	for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		uint32_t bit = IFC_BIT(reserved[i].field) + IFC_WIDTH(reserved[i].field) - 1;

		spoil.opcode = reserved[i].opcode;
		spoil.at = bit / 32 * 4;
		spoil.flip = 1u << (31 - bit % 32);
		w->hca[0]->strict = true;
		if (make_each(w, &s) != -EREMOTEIO || made != CMD_BAD_PARAM)
			fail_msg("%s was taken (status 0x%x)", reserved[i].what, made);
	}
	hc->edit = NULL;
	assert_ok(make_each(w, &s));
	side_close(&s);
}

static void without_strict_mode_reserved_bits_mean_nothing(void **state)
{
	struct world *w = *state;
	uint8_t in[16] = { 0 }, out[16];

	w->hca[0]->strict = false;
	hc_head(in, HC_ALLOC_PD, 0x40);
	ifc_set(in, cmd_in__uid, 7);
	in[12] = 0xff;
	assert_ok(hc_exec(w->hc[0], in, sizeof(in), out, sizeof(out)));
	assert_ok(hc_cmd_simple(w->hc[0], HC_DEALLOC_PD, 0,
				(uint32_t)ifc_get(out, alloc_pd_out__pd)));
}

static const struct {
	const char *what;
	uint16_t opcode;
	uint32_t at;
	uint64_t value;
} unreachable[] = {
	{ "page of an EQ", HC_CREATE_EQ, create_eq_in__pas__BYTE, NOWHERE },
	{ "page of a CQ", HC_CREATE_CQ, create_cq_in__pas__BYTE, NOWHERE },
	{ "record of a CQ", HC_CREATE_CQ, 0x10 + IFC_BIT(cqc__dbr_addr) / 8, NOWHERE },
	{ "second page of a QP", HC_CREATE_QP, create_qp_in__pas__BYTE + 8, NOWHERE },
	{ "record of a QP", HC_CREATE_QP, 0x18 + IFC_BIT(qpc__dbr_addr) / 8, NOWHERE },
	{ "page of an RMP", HC_CREATE_RMP,
	  create_rmp_in__ctx__BYTE + rmpc__wq__BYTE + wq__pas__BYTE, NOWHERE },
	{ "record of an RMP", HC_CREATE_RMP,
	  create_rmp_in__ctx__BYTE + rmpc__wq__BYTE + IFC_BIT(wq__dbr_addr) / 8, NOWHERE },
	{ "page of an XRC SRQ", HC_CREATE_XRC_SRQ, create_xrc_srq_in__pas__BYTE, NOWHERE },
	{ "second page of a key", HC_CREATE_MKEY, create_mkey_in__klm_pas_mtt__BYTE + 8, NOWHERE },
	{ "low bits of a page", HC_CREATE_CQ, create_cq_in__pas__BYTE, 0x100000010 },
	{ "low bits of a translation", HC_CREATE_MKEY, create_mkey_in__klm_pas_mtt__BYTE,
	  0x100000010 },
};

static void memory_that_is_not_mapped_is_refused_when_it_is_named(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint64_t faults = w->hca[0]->dma.faults;
	struct side s;
	size_t i;

	side_open(w, 0, 0, &s);
	hc->edit = spoiler;
	spoil.flip = 0;
	for (i = 0; i < sizeof(unreachable) / sizeof(unreachable[0]); i++) {
		spoil.opcode = unreachable[i].opcode;
		spoil.at = unreachable[i].at;
		spoil.value = unreachable[i].value;
		if (make_each(w, &s) != -EREMOTEIO || made != CMD_BAD_PARAM)
			fail_msg("%s was taken (status 0x%x)", unreachable[i].what, made);
	}
	hc->edit = NULL;
	assert_int_equal(w->hca[0]->dma.faults, faults);
	side_close(&s);
}

static void a_ring_that_the_device_may_not_write_is_refused(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	const uint64_t alias = 0x40000000;
	struct hc_mem page;
	struct hc_cq cq;
	struct side s;

	side_open(w, 0, 0, &s);
	assert_ok(hc_alloc(hc, HC_PAGE, HC_PAGE, &page));
	assert_ok(hc_map(hc, page.ptr, HC_PAGE, alias, VFU_DMA_READ));
	hc->edit = spoiler;
	spoil.opcode = HC_CREATE_CQ;
	spoil.at = create_cq_in__pas__BYTE;
	spoil.flip = 0;
	spoil.value = alias;
	assert_refused(hc, hc_cq_create(hc, 6, 64, hc->fw->comp.eqn, &cq), CMD_BAD_PARAM);
	/* a send queue is only read */
	spoil.opcode = HC_CREATE_QP;
	spoil.at = create_qp_in__pas__BYTE;
	side_qp(&s, HC_UC, &s.qp);
	hc->edit = NULL;
	side_close(&s);
	assert_ok(hc_unmap(hc, alias, HC_PAGE));
	hc_free(hc, &page);
}

static void a_key_needs_only_the_pages_of_its_range(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint64_t pages[4] = { 0, 0, NOWHERE, 0 };
	struct hc_mkey m = { .rights = HC_ALL_RIGHTS, .mode = HC_MODE_MTT, .log_page = 12,
			     .start = 0x1000800, .len = 0x1000, .pages = pages, .n = 4 };
	struct side s;
	uint32_t key;

	side_open(w, 0, 0, &s);
	pages[0] = s.mr.mem.iova;
	pages[1] = pages[0] + HC_PAGE;
	m.pd = s.pd;
	assert_ok(hc_mkey_create(hc, &m, &key));
	assert_ok(hc_mkey_destroy(hc, key));
	m.len = 0x1801;			/* one byte of the third page */
	assert_refused(hc, hc_mkey_create(hc, &m, &key), CMD_BAD_PARAM);
	m.free = true;			/* not in use: a UMR will bring the pages */
	assert_ok(hc_mkey_create(hc, &m, &key));
	assert_ok(hc_mkey_destroy(hc, key));
	/* a key in use of which entries are not given */
	m = (struct hc_mkey){ .pd = s.pd, .rights = HC_LR, .mode = HC_MODE_MTT, .log_page = 12,
			      .len = 0x4000, .pages = pages, .n = 2, .octowords = 2 };
	assert_refused(hc, hc_mkey_create(hc, &m, &key), CMD_BAD_PARAM);
	side_close(&s);
}

static void a_umem_needs_its_pages(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint8_t in[0x30 + 16] = { 0 }, out[16];
	struct hc_mem mem;

	assert_ok(hc_alloc(hc, 2 * HC_PAGE, HC_PAGE, &mem));
	hc_head(in, HC_CREATE_UMEM, 0);
	ifc_set(in + 0x10, umem__num_of_mtt, 2);
	ifc_store64(in + 0x30, mem.iova | 3);		/* rights, as the drivers write them */
	ifc_store64(in + 0x38, NOWHERE);
	assert_refused(hc, hc_exec(hc, in, sizeof(in), out, sizeof(out)), CMD_BAD_PARAM);
	ifc_store64(in + 0x38, (mem.iova + HC_PAGE) | 3);
	assert_ok(hc_exec(hc, in, sizeof(in), out, sizeof(out)));
	assert_ok(hc_cmd_simple(hc, HC_DESTROY_UMEM, 0,
				(uint32_t)ifc_get(out, create_umem_out__umem_id)));
	hc_free(hc, &mem);
}

static void pages_that_are_lent_are_mapped_and_enough(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint8_t in[0x18] = { 0 }, out[16];

	assert_ok(hc_teardown(hc));
	assert_ok(hc_cmd_simple(hc, HC_ENABLE_HCA, 0, 0));
	assert_refused(hc, hc_cmd_simple(hc, HC_INIT_HCA, 0, 0), CMD_BAD_SYS_STATE);
	hc_head(in, HC_MANAGE_PAGES, 1);
	ifc_set(in, manage_pages_in__input_num_entries, 1);
	ifc_store64(in + 0x10, NOWHERE);
	assert_refused(hc, hc_exec(hc, in, sizeof(in), out, sizeof(out)), CMD_BAD_PARAM);
	assert_int_equal(w->hca[0]->obj.n_pages, 0);
	assert_ok(hc_cmd_simple(hc, HC_DISABLE_HCA, 0, 0));
	assert_ok(hc_bringup(hc));
}

static void a_capability_it_has_not_cannot_be_set(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint8_t in[0x1010] = { 0 };

	assert_ok(hc_teardown(hc));
	assert_ok(hc_enable(hc));
	hc_head(in, HC_SET_HCA_CAP, 0);
	memcpy(in + 0x10, hc->fw->cap, sizeof(hc->fw->cap));
	assert_ok(hc_exec(hc, in, sizeof(in), NULL, 16));
	ifc_set(in + 0x10, cmd_hca_cap__roce, 1);
	assert_refused(hc, hc_exec(hc, in, sizeof(in), NULL, 16), CMD_BAD_PARAM);
	ifc_set(in + 0x10, cmd_hca_cap__roce, 0);
	w->hca[0]->strict = false;
	ifc_set(in + 0x10, cmd_hca_cap__log_max_qp, 31);
	assert_refused(hc, hc_exec(hc, in, sizeof(in), NULL, 16), CMD_BAD_PARAM);
	assert_ok(hc_teardown(hc));
	assert_ok(hc_bringup(hc));
}

static void a_second_special_queue_pair_is_refused(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	struct hc_qp other;
	struct side s;

	side_open(w, 0, 0, &s);
	side_qp(&s, HC_QP1, &s.qp);
	assert_refused(hc, hc_qp_create(hc, &s.qp.init, &other), CMD_RES_BUSY);
	assert_ok(hc_qp_destroy(hc, &s.qp));
	side_qp(&s, HC_QP1, &s.qp);
	side_close(&s);
}

static void reserved_bits_of_a_wqe_fail_it(void **state)
{
	static const struct {
		uint32_t at;
		uint8_t bit;
	} bits[] = {
		{ 0, 1 }, { 7, 0x40 }, { 8, 1 }, { 9, 1 }, { 10, 0x80 }, { 11, 1 }, { 11, 0x10 },
		{ 28, 1 }, { 31, 1 },		/* the remote address segment */
	};
	struct world *w = *state;
	struct hc_sge sge;
	struct hc_wr wr;
	struct pair p;
	size_t i;

	pair_open(w, HC_RC, 0, NULL, &p);
	sge = (struct hc_sge){ p.a.mr.va, 64, p.a.mr.key };
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		hc_post_send(&p.a.qp, &wr);
		p.a.qp.sq[bits[i].at] ^= bits[i].bit;
		hc_ring(p.a.hc, &p.a.qp);
		expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_LOCAL_QP_OP);
		pair_reconnect(&p);
	}
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	pair_close(&p);
}

#define strict(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		strict(reserved_bits_are_refused_one_by_one),
		strict(without_strict_mode_reserved_bits_mean_nothing),
		strict(memory_that_is_not_mapped_is_refused_when_it_is_named),
		strict(a_ring_that_the_device_may_not_write_is_refused),
		strict(a_key_needs_only_the_pages_of_its_range),
		strict(a_umem_needs_its_pages),
		strict(pages_that_are_lent_are_mapped_and_enough),
		strict(a_capability_it_has_not_cannot_be_set),
		strict(a_second_special_queue_pair_is_refused),
		strict(reserved_bits_of_a_wqe_fail_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
