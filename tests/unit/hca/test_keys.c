// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about where a key's bytes are: pages of any size in any
 * order, pieces of other keys, bus addresses. It must never know how they
 * travel.
 */
#include "tests/unit/hca/world.h"

enum { GUARD_BYTE = 0xa5, MR = 8 << 20 };

/* The pages of a key are where its list says, whatever their order and size. */
static void keys_of_any_page_size_find_their_pages(void **state)
{
	static const uint8_t logs[] = { 12, 13, 16, 20 };
	struct pair p;
	unsigned int i, j;

	pair_open(*state, HC_RC, MR, NULL, &p);
	for (i = 0; i < 4; i++) {
		uint64_t page = 1ull << logs[i], pages[4];
		uint64_t lead = 1000;		/* the key begins within its first page */
		struct hc_mkey m = { .pd = p.b.pd, .rights = HC_ALL_RIGHTS, .mode = HC_MODE_MTT,
				     .log_page = logs[i], .pages = pages, .n = 4,
				     .start = 0x123400000000ull + lead,
				     .len = 4 * page - lead, .variant = 7 };
		struct hc_sge sge = { p.a.mr.va, 0, p.a.mr.key };
		struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
		uint32_t key, len = (uint32_t)(2 * page + 100);

		for (j = 0; j < 4; j++)		/* backwards */
			pages[j] = p.b.mr.mem.iova + (3 - j) * page;
		assert_ok(hc_mkey_create(p.b.hc, &m, &key));
		pattern(p.a.mr.mem.ptr, len, i);
		memset(p.b.mr.mem.ptr, GUARD_BYTE, 4 * page);
		sge.len = len;
		wr.rkey = key;
		wr.raddr = m.start + page - lead - 50;
		post_one(&p.a, &wr);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		assert_memory_equal(p.b.mr.mem.ptr + 4 * page - 50, p.a.mr.mem.ptr, 50);
		assert_memory_equal(p.b.mr.mem.ptr + 2 * page, p.a.mr.mem.ptr + 50, page);
		assert_memory_equal(p.b.mr.mem.ptr + page, p.a.mr.mem.ptr + 50 + page, page);
		assert_memory_equal(p.b.mr.mem.ptr, p.a.mr.mem.ptr + 50 + 2 * page, 50);
		assert_true(all_are(p.b.mr.mem.ptr + 50, page - 50, GUARD_BYTE));
		assert_ok(hc_mkey_destroy(p.b.hc, key));
	}
	pair_close(&p);
}

static void klm_keys_join_pieces_of_other_keys(void **state)
{
	struct pair p;
	struct hc_mr other;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_ok(hc_reg(p.b.hc, p.b.pd, 65536, HC_ALL_RIGHTS, &other));
	{
		struct hc_klm klms[] = {
			{ 1001, p.b.mr.key, p.b.mr.va + 5 },
			{ 3, other.key, other.va + 4095 },
			{ 5000, p.b.mr.key, p.b.mr.va + 20001 },
		};
		struct hc_mkey m = { .pd = p.b.pd, .rights = HC_ALL_RIGHTS, .mode = HC_MODE_KLM,
				     .klms = klms, .n = 3, .start = 0x9990000, .len = 6004 };
		struct hc_sge sge = { p.a.mr.va, 6000, p.a.mr.key };
		struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);

		assert_ok(hc_mkey_create(p.b.hc, &m, &key));
		pattern(p.a.mr.mem.ptr, 6000, 3);
		wr.rkey = key;
		wr.raddr = m.start + 2;
		post_one(&p.a, &wr);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		assert_memory_equal(p.b.mr.mem.ptr + 7, p.a.mr.mem.ptr, 999);
		assert_memory_equal(other.mem.ptr + 4095, p.a.mr.mem.ptr + 999, 3);
		assert_memory_equal(p.b.mr.mem.ptr + 20001, p.a.mr.mem.ptr + 1002, 4998);
		assert_int_equal(p.b.mr.mem.ptr[20001 + 4998], 0);
	}
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	assert_ok(hc_dereg(p.b.hc, &other));
	pair_close(&p);
}

static void a_pa_key_reaches_bus_addresses(void **state)
{
	struct pair p;
	uint32_t key;
	struct hc_mkey m = { .rights = HC_ALL_RIGHTS, .mode = HC_MODE_PA, .length64 = true };
	struct hc_sge sge;
	struct hc_wr wr;

	pair_open(*state, HC_RC, 0, NULL, &p);
	m.pd = p.a.pd;
	assert_ok(hc_mkey_create(p.a.hc, &m, &key));
	sge = (struct hc_sge){ p.a.mr.mem.iova + 11, 500, key };
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 77);
	pattern(p.a.mr.mem.ptr + 11, 500, 4);
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_true(pattern_is(p.b.mr.mem.ptr + 77, 500, 4));
	assert_ok(hc_mkey_destroy(p.a.hc, key));
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(keys_of_any_page_size_find_their_pages),
		in_world(klm_keys_join_pieces_of_other_keys),
		in_world(a_pa_key_reaches_bus_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
