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

enum { KSM_LOG = 13, KSM_BLOCK = 1 << KSM_LOG, KSM_LEAD = 100, KSM_N = 3 };

/* Three blocks of two other keys, none of them aligned; the key begins within its first block. */
static struct hc_mkey ksm_key(const struct side *s, const struct hc_mr *other,
			      struct hc_klm klms[KSM_N])
{
	klms[0] = (struct hc_klm){ 0, s->mr.key, s->mr.va + 16387 };
	klms[1] = (struct hc_klm){ 0, other->key, other->va + 1 };
	klms[2] = (struct hc_klm){ 0, s->mr.key, s->mr.va + 40000 };
	return (struct hc_mkey){ .pd = s->pd, .rights = HC_ALL_RIGHTS, .mode = HC_MODE_KSM,
				 .log_page = KSM_LOG, .klms = klms, .n = KSM_N, .variant = 9,
				 .start = 0x77770000 + KSM_LEAD,
				 .len = KSM_N * KSM_BLOCK - KSM_LEAD };
}

static void ksm_keys_join_blocks_of_other_keys(void **state)
{
	enum { OFF = 8000, HEAD = KSM_BLOCK - KSM_LEAD - OFF, TAIL = 716,
	       LEN = HEAD + KSM_BLOCK + TAIL };
	struct hc_klm klms[KSM_N];
	struct hc_mr other;
	struct hc_mkey m;
	struct hc_sge sge;
	struct hc_wr wr;
	struct pair p;
	uint8_t *from;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_ok(hc_reg(p.b.hc, p.b.pd, 65536, HC_ALL_RIGHTS, &other));
	m = ksm_key(&p.b, &other, klms);
	assert_ok(hc_mkey_create(p.b.hc, &m, &key));
	from = p.a.mr.mem.ptr;
	pattern(from, LEN, 5);
	memset(p.b.mr.mem.ptr, GUARD_BYTE, 65536);
	memset(other.mem.ptr, GUARD_BYTE, 65536);
	sge = sge_of(&p.a, 0, LEN);
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
	wr.rkey = key;
	wr.raddr = m.start + OFF;
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_memory_equal(p.b.mr.mem.ptr + 16387 + KSM_BLOCK - HEAD, from, HEAD);
	assert_memory_equal(other.mem.ptr + 1, from + HEAD, KSM_BLOCK);
	assert_memory_equal(p.b.mr.mem.ptr + 40000, from + HEAD + KSM_BLOCK, TAIL);
	assert_true(all_are(p.b.mr.mem.ptr, 16387 + KSM_BLOCK - HEAD, GUARD_BYTE));
	assert_true(all_are(p.b.mr.mem.ptr + 16387 + KSM_BLOCK,
			    40000 - 16387 - KSM_BLOCK, GUARD_BYTE));
	assert_true(all_are(p.b.mr.mem.ptr + 40000 + TAIL, 25536 - TAIL, GUARD_BYTE));
	assert_int_equal(other.mem.ptr[0], GUARD_BYTE);
	assert_true(all_are(other.mem.ptr + 1 + KSM_BLOCK, 57343, GUARD_BYTE));

	/* and back */
	sge = sge_of(&p.a, 32768, LEN);
	wr.opcode = WQE_RDMA_READ;
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_true(pattern_is(from + 32768, LEN, 5));
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	assert_ok(hc_dereg(p.b.hc, &other));
	pair_close(&p);
}

/* A write of @len at @off of the key @m describes must touch nothing. */
static void ksm_refuses(struct pair *p, const struct hc_mkey *m, int64_t off, uint32_t len)
{
	struct hc_sge sge = sge_of(&p->a, 0, len);
	struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p->b, 0);
	uint32_t key;

	assert_ok(hc_mkey_create(p->b.hc, m, &key));
	wr.rkey = key;
	wr.raddr = m->start + (uint64_t)off;
	fails_with(p, wr, CQE_SYND_REMOTE_ACCESS);
	assert_true(all_are(p->b.mr.mem.ptr, 65536, 0));
	assert_ok(hc_mkey_destroy(p->b.hc, key));
}

static void ksm_keys_end_where_they_and_their_blocks_end(void **state)
{
	enum { OTHER = 60000 };
	struct hc_klm klms[KSM_N];
	struct hc_mr other;
	struct hc_mkey m;
	struct pair p;
	uint32_t inner;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_ok(hc_reg(p.b.hc, p.b.pd, OTHER, HC_ALL_RIGHTS, &other));
	memset(p.a.mr.mem.ptr, GUARD_BYTE, 65536);
	m = ksm_key(&p.b, &other, klms);
	ksm_refuses(&p, &m, -1, 10);
	ksm_refuses(&p, &m, (int64_t)m.len - 10, 11);
	m.len += KSM_BLOCK;			/* longer than its blocks */
	ksm_refuses(&p, &m, KSM_N * KSM_BLOCK - KSM_LEAD - 10, 11);

	m = ksm_key(&p.b, &other, klms);
	/* one byte beyond the inner key, though within its last page */
	klms[0] = (struct hc_klm){ 0, other.key, other.va + OTHER - KSM_BLOCK + 1 };
	ksm_refuses(&p, &m, KSM_BLOCK - KSM_LEAD - 10, 10);
	assert_true(all_are(other.mem.ptr, 65536, 0));
	klms[0].key ^= 1;			/* the number is right, the variant is not */
	ksm_refuses(&p, &m, 0, 10);
	klms[0].key = 0x7fff00;			/* no such key */
	ksm_refuses(&p, &m, 0, 10);

	/* one level: a KSM of a KSM reaches nothing */
	m = ksm_key(&p.b, &other, klms);
	assert_ok(hc_mkey_create(p.b.hc, &m, &inner));
	klms[0] = (struct hc_klm){ 0, inner, m.start };
	ksm_refuses(&p, &m, 0, 10);
	assert_ok(hc_mkey_destroy(p.b.hc, inner));
	assert_ok(hc_dereg(p.b.hc, &other));
	pair_close(&p);
}

static void a_ksm_key_gives_no_right_that_its_pieces_lack(void **state)
{
	struct hc_klm klms[KSM_N];
	struct hc_mr foreign, readonly;
	struct hc_mkey m;
	struct pair p;
	uint32_t pd;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_ok(hc_cmd_number(p.b.hc, HC_ALLOC_PD, &pd));
	assert_ok(hc_reg(p.b.hc, pd, 65536, HC_ALL_RIGHTS, &foreign));
	assert_ok(hc_reg(p.b.hc, p.b.pd, 65536, HC_LR | HC_RR, &readonly));
	memset(p.a.mr.mem.ptr, GUARD_BYTE, 65536);
	m = ksm_key(&p.b, &foreign, klms);
	ksm_refuses(&p, &m, KSM_BLOCK, 10);
	assert_true(all_are(foreign.mem.ptr, 65536, 0));
	m = ksm_key(&p.b, &readonly, klms);
	ksm_refuses(&p, &m, KSM_BLOCK, 10);
	assert_true(all_are(readonly.mem.ptr, 65536, 0));
	assert_ok(hc_dereg(p.b.hc, &readonly));
	assert_ok(hc_dereg(p.b.hc, &foreign));
	assert_ok(hc_cmd_simple(p.b.hc, HC_DEALLOC_PD, 0, pd));
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
		in_world(ksm_keys_join_blocks_of_other_keys),
		in_world(ksm_keys_end_where_they_and_their_blocks_end),
		in_world(a_ksm_key_gives_no_right_that_its_pieces_lack),
		in_world(a_pa_key_reaches_bus_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
