// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about keys of applications, which can be changed by the
 * driver and by nobody else, and about changes that a test makes go wrong.
 */
#include "tests/unit/hca/umr_bed.h"

#include "tests/hca-model/cmd/inject.h"
#include "tests/hca-model/obj/mkey.h"

/* The right to do so is the queue pair's: with it anyone could name any bus address. */
static void an_application_queue_pair_cannot_change_even_its_own_key_in_use(void **state)
{
	static const uint64_t masks[] = {
		UMR_MASK_LW, UMR_MASK_RW | UMR_MASK_RR | UMR_MASK_LR, UMR_MASK_PD, UMR_MASK_LEN,
		UMR_MASK_START_ADDR, UMR_MASK_FREE, UMR_MASK_ALL, 0,
	};
	struct hc_wr inval = { .opcode = WQE_LOCAL_INVAL, .flags = HC_SIGNALED };
	uint64_t pages[UMR_PAGES], entry;
	struct mkey before;
	struct hc_mkey m;
	struct hc_wr wr;
	struct pair p;
	struct umr_request u;
	uint32_t key;
	size_t i;

	pair_open(*state, HC_RC, 0, NULL, &p);
	key = umr_key_in_use(&p.b);
	before = *mkey_get(p.b.hca, key >> 8);
	entry = before.xlt.mtt[0];
	m = umr_wanted(&p.b);
	m.rights = HC_ALL_RIGHTS;
	m.len = 1;
	umr_fill_pages(&p.b, pages);
	pages[0] = pages[1];
	for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		u = umr_request(masks[i], 0, &m, key, i % 2 ? pages : NULL);
		wr = umr_wr(&u, key);
		post_one(&p.b, &wr);
		expect_error(&p.b, &p.b.scq, CQE_REQ_ERR, CQE_SYND_LOCAL_QP_OP);
		pair_reconnect(&p);
	}
	inval.imm = key;
	post_one(&p.b, &inval);
	expect_error(&p.b, &p.b.scq, CQE_REQ_ERR, CQE_SYND_LOCAL_QP_OP);
	pair_reconnect(&p);
	assert_memory_equal(mkey_get(p.b.hca, key >> 8), &before, sizeof(before));
	assert_int_equal(before.xlt.mtt[0], entry);
	umr_write_through(&p, key, 0);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	pair_close(&p);
}

static void inject(struct hca *hca, enum cmd_inject kind)
{
	hca->cmdq.inject_after = 0;
	hca->cmdq.inject_kind = kind;
}

static void a_change_goes_wrong_as_a_test_asks(void **state)
{
	struct hc_mkey m;
	struct pair p;
	struct hc_wr wr;
	struct umr_request u;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	umr_kernel_qp(&p, true);
	key = umr_key_in_use(&p.b);
	m = umr_wanted(&p.b);
	m.rights = HC_LR;
	u = umr_request(UMR_MASK_RW, UMR_CHECK_FREE, &m, key, NULL);
	wr = umr_wr(&u, key);
	inject(p.b.hca, INJECT_UMR_REFUSED);
	umr_not_bound(&p, &wr);
	umr_write_through(&p, key, 0);
	inject(p.b.hca, INJECT_UMR_SILENT);
	post_one(&p.b, &wr);
	expect_none(&p.b, &p.b.scq);
	umr_write_through(&p, key, CQE_SYND_REMOTE_ACCESS);
	pair_reconnect(&p);
	m.rights = HC_LR | HC_RW;
	u = umr_request(UMR_MASK_RW, UMR_CHECK_FREE, &m, key, NULL);
	wr = umr_wr(&u, key);
	post_one(&p.b, &wr);
	expect_ok(&p.b, &p.b.scq, CQE_REQ, NULL);
	umr_write_through(&p, key, 0);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(an_application_queue_pair_cannot_change_even_its_own_key_in_use),
		in_world(a_change_goes_wrong_as_a_test_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
