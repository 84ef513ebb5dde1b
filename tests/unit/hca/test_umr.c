// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about changing keys from the send queue: what the driver's
 * own queue pairs may do and an application's may not. It must never know the
 * model's insides.
 */
#include "tests/unit/hca/umr_bed.h"

/* A key that is free until a UMR fills it, as IB_WR_REG_MR works on. */
static uint32_t free_key(struct side *s)
{
	struct hc_mkey m = { .pd = s->pd, .mode = HC_MODE_MTT, .free = true, .umr_en = true,
			     .log_page = 12, .octowords = UMR_PAGES / 2, .variant = 0x11 };
	uint32_t key;

	assert_ok(hc_mkey_create(s->hc, &m, &key));
	return key;
}

static void a_kernel_queue_pair_registers_and_invalidates_a_key(void **state)
{
	struct hc_mkey m, gone = { .free = true };
	uint64_t pages[UMR_PAGES];
	struct pair p;
	struct umr_request u;
	struct hc_wr wr;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	umr_kernel_qp(&p, true);
	key = free_key(&p.b);
	pattern(p.a.mr.mem.ptr, 5000, 1);
	umr_write_through(&p, key, CQE_SYND_REMOTE_ACCESS);		/* still free */
	pair_reconnect(&p);

	m = umr_wanted(&p.b);
	umr_fill_pages(&p.b, pages);
	u = umr_request(UMR_MASK_ALL, UMR_CHECK_NOT_FREE, &m, key, pages);
	wr = umr_wr(&u, key);
	post_one(&p.b, &wr);
	expect_ok(&p.b, &p.b.scq, CQE_REQ, NULL);
	umr_write_through(&p, key, 0);
	assert_memory_equal(p.b.mr.mem.ptr + 3 * 4096 + 100, p.a.mr.mem.ptr, 3996);
	assert_memory_equal(p.b.mr.mem.ptr + 2 * 4096, p.a.mr.mem.ptr + 3996, 1004);

	/* the kernel's local invalidate is a UMR that sets "free" */
	u = umr_request(UMR_MASK_FREE, 0, &gone, key, NULL);
	wr = umr_wr(&u, key);
	post_one(&p.b, &wr);
	expect_ok(&p.b, &p.b.scq, CQE_REQ, NULL);
	umr_write_through(&p, key, CQE_SYND_REMOTE_ACCESS);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	pair_close(&p);
}

static void an_application_queue_pair_cannot_change_a_key(void **state)
{
	struct hc_mkey m;
	uint64_t pages[UMR_PAGES];
	struct pair p;
	struct umr_request u;
	struct hc_wr wr;
	struct hc_wc wc;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	key = free_key(&p.b);
	m = umr_wanted(&p.b);
	umr_fill_pages(&p.b, pages);
	u = umr_request(UMR_MASK_ALL, UMR_CHECK_NOT_FREE, &m, key, pages);
	wr = umr_wr(&u, key);
	post_one(&p.b, &wr);
	assert_ok(hc_cq_wait(p.b.hc, &p.b.scq, &wc));
	assert_int_equal(wc.opcode, CQE_REQ_ERR);
	assert_int_not_equal(wc.syndrome, CQE_SYND_WR_FLUSH);
	pair_reconnect(&p);
	umr_write_through(&p, key, CQE_SYND_REMOTE_ACCESS);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	pair_close(&p);
}

static void nobody_changes_a_key_that_is_not_made_for_it(void **state)
{
	struct hc_mkey m;
	struct pair p;
	struct umr_request u;
	struct hc_wr wr;
	struct hc_wc wc;

	pair_open(*state, HC_RC, 0, NULL, &p);
	umr_kernel_qp(&p, true);
	m = umr_wanted(&p.b);
	u = umr_request(UMR_MASK_FREE, 0, &m, p.b.mr.key, NULL);
	wr = umr_wr(&u, p.b.mr.key);		/* an ordinary key: umr_en is clear */
	post_one(&p.b, &wr);
	assert_ok(hc_cq_wait(p.b.hc, &p.b.scq, &wc));
	assert_int_equal(wc.opcode, CQE_REQ_ERR);
	pair_close(&p);
}

static void a_translation_longer_than_the_key_is_refused(void **state)
{
	struct hc_mkey m = { .mode = HC_MODE_MTT, .free = true, .umr_en = true, .log_page = 12,
			     .octowords = 1, .variant = 0x11 };
	uint64_t pages[UMR_PAGES];
	struct pair p;
	struct umr_request u;
	struct hc_wr wr;
	struct hc_wc wc;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	umr_kernel_qp(&p, true);
	m.pd = p.b.pd;
	assert_ok(hc_mkey_create(p.b.hc, &m, &key));
	umr_fill_pages(&p.b, pages);
	m = umr_wanted(&p.b);
	u = umr_request(UMR_MASK_ALL, UMR_CHECK_NOT_FREE, &m, key, pages);
	wr = umr_wr(&u, key);
	post_one(&p.b, &wr);
	assert_ok(hc_cq_wait(p.b.hc, &p.b.scq, &wc));
	assert_int_equal(wc.opcode, CQE_REQ_ERR);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	pair_close(&p);
}

/* The key is refused with a completion error and stays what it was. */
static void refused(struct pair *p, const struct umr_request *u, uint32_t key)
{
	struct hc_wr wr = umr_wr(u, key);
	struct hc_wc wc;

	post_one(&p->b, &wr);
	assert_ok(hc_cq_wait(p->b.hc, &p->b.scq, &wc));
	assert_int_equal(wc.opcode, CQE_REQ_ERR);
	assert_int_not_equal(wc.syndrome, CQE_SYND_WR_FLUSH);
	pair_reconnect(p);
	umr_write_through(p, key, CQE_SYND_REMOTE_ACCESS);
	pair_reconnect(p);
}

static void a_kernel_queue_pair_stays_within_its_domain(void **state)
{
	struct hc_mkey m;
	uint64_t pages[UMR_PAGES];
	struct pair p;
	struct umr_request u;
	uint32_t key, pd;

	pair_open(*state, HC_RC, 0, NULL, &p);
	umr_kernel_qp(&p, true);
	umr_fill_pages(&p.b, pages);
	assert_ok(hc_cmd_number(p.b.hc, HC_ALLOC_PD, &pd));

	/* a key of another domain cannot be taken */
	m = (struct hc_mkey){ .pd = pd, .mode = HC_MODE_MTT, .free = true, .umr_en = true,
			      .log_page = 12, .octowords = UMR_PAGES / 2, .variant = 0x11 };
	assert_ok(hc_mkey_create(p.b.hc, &m, &key));
	m = umr_wanted(&p.b);
	u = umr_request(UMR_MASK_ALL, UMR_CHECK_NOT_FREE, &m, key, pages);
	refused(&p, &u, key);
	assert_ok(hc_mkey_destroy(p.b.hc, key));

	/* an own key cannot be given away, nor opened to all of memory */
	key = free_key(&p.b);
	m.pd = pd;
	u = umr_request(UMR_MASK_ALL | UMR_MASK_PD, UMR_CHECK_NOT_FREE, &m, key, pages);
	refused(&p, &u, key);
	m = umr_wanted(&p.b);
	u = umr_request(UMR_MASK_ALL, UMR_CHECK_NOT_FREE, &m, key, pages);
	ifc_set(u.raw + sizeof(struct wqe_umr_ctrl), mkc__length64, 1);
	refused(&p, &u, key);
	assert_ok(hc_mkey_destroy(p.b.hc, key));

	/* a PA key cannot be touched at all */
	m = (struct hc_mkey){ .pd = p.b.pd, .mode = HC_MODE_PA, .length64 = true, .umr_en = true };
	assert_ok(hc_mkey_create(p.b.hc, &m, &key));
	m = umr_wanted(&p.b);
	u = umr_request(UMR_MASK_LW | UMR_MASK_RW | UMR_MASK_RR, 0, &m, key, NULL);
	refused(&p, &u, key);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	assert_ok(hc_cmd_simple(p.b.hc, HC_DEALLOC_PD, 0, pd));
	pair_close(&p);
}

/* What the WQE says the key must be, it must be. */
static void a_refused_change_is_a_bind_error_and_changes_nothing(void **state)
{
	struct hc_wr inval = { .opcode = WQE_LOCAL_INVAL, .flags = HC_SIGNALED };
	struct hc_mkey m;
	uint64_t pages[UMR_PAGES];
	struct umr_request u, in_use;
	struct pair p;
	struct hc_wr wr;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	umr_kernel_qp(&p, true);
	key = free_key(&p.b);
	m = umr_wanted(&p.b);
	umr_fill_pages(&p.b, pages);
	in_use = umr_request(UMR_MASK_ALL, UMR_CHECK_FREE, &m, key, pages);
	u = umr_request(UMR_MASK_ALL, UMR_CHECK_NOT_FREE, &m, key, pages);
	inval.imm = key;
	wr = umr_wr(&in_use, key);
	umr_not_bound(&p, &wr);				/* it is free */
	umr_not_bound(&p, &inval);
	umr_write_through(&p, key, CQE_SYND_REMOTE_ACCESS);
	pair_reconnect(&p);

	wr = umr_wr(&u, key);
	post_one(&p.b, &wr);
	expect_ok(&p.b, &p.b.scq, CQE_REQ, NULL);
	umr_not_bound(&p, &wr);				/* it is in use */
	inval.imm = key ^ 1;
	umr_not_bound(&p, &inval);				/* the variant is another */
	umr_write_through(&p, key, 0);
	inval.imm = key;
	post_one(&p.b, &inval);
	expect_ok(&p.b, &p.b.scq, CQE_REQ, NULL);
	umr_write_through(&p, key, CQE_SYND_REMOTE_ACCESS);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	pair_close(&p);
}

/* As the Linux driver makes it: no PD in CREATE_QP, three modifies without an address. */
static void the_drivers_umr_queue_pair_changes_rights(void **state)
{
	struct hc_mkey m = { .mode = HC_MODE_MTT, .umr_en = true, .log_page = 12, .n = UMR_PAGES,
			     .start = 0x5550000, .len = UMR_PAGES * 4096,
			     .rights = HC_ALL_RIGHTS & ~HC_ATOMIC };
	struct hc_path none = { .ack_timeout = 0 };
	uint64_t pages[UMR_PAGES];
	struct hc_qp_init init;
	struct hc_qp qp;
	struct pair p;
	struct umr_request u;
	struct hc_wr wr;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	init = (struct hc_qp_init){ .type = HC_UMR_QP, .log_sq = 5, .scq = &p.b.scq,
				    .rcq = &p.b.rcq, .fre = true, .rlky = true,
				    .user_index = HC_NO_INDEX };
	assert_ok(hc_qp_create(p.b.hc, &init, &qp));
	qp.init.pd = p.b.pd;
	assert_ok(hc_qp_to_rts(p.b.hc, &qp, &none));
	umr_fill_pages(&p.b, pages);
	m.pages = pages;
	m.pd = p.b.pd;
	assert_ok(hc_mkey_create(p.b.hc, &m, &key));
	umr_write_through(&p, key, 0);
	m.rights = HC_LR | HC_RR;
	u = umr_request(UMR_MASK_LR | UMR_MASK_LW | UMR_MASK_RR | UMR_MASK_RW | UMR_MASK_PD,
		UMR_CHECK_FREE, &m, key, NULL);
	wr = umr_wr(&u, key);
	hc_post_send(&qp, &wr);
	hc_ring(p.b.hc, &qp);
	expect_ok(&p.b, &p.b.scq, CQE_REQ, NULL);
	umr_write_through(&p, key, CQE_SYND_REMOTE_ACCESS);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	assert_ok(hc_qp_destroy(p.b.hc, &qp));
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(a_kernel_queue_pair_registers_and_invalidates_a_key),
		in_world(an_application_queue_pair_cannot_change_a_key),
		in_world(nobody_changes_a_key_that_is_not_made_for_it),
		in_world(a_translation_longer_than_the_key_is_refused),
		in_world(a_kernel_queue_pair_stays_within_its_domain),
		in_world(a_refused_change_is_a_bind_error_and_changes_nothing),
		in_world(the_drivers_umr_queue_pair_changes_rights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
