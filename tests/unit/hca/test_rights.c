// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about who may touch what: keys, their rights, bounds and
 * domains, local and remote, and what a queue pair lets others do. It must
 * never know the model's insides.
 */
#include "tests/unit/hca/world.h"

enum { LEN = 3000, SHORT = 900 };

/* One packet each: of a longer message the first packets may be gone when the last one fails. */
static void local_keys_are_checked(void **state)
{
	struct pair p;
	struct hc_sge sge;
	uint32_t pd, key;
	struct hc_mkey m = { .mode = HC_MODE_MTT, .log_page = 12, .n = 1, .len = 4096,
			     .start = 0x10000, .rights = HC_LR };
	uint64_t page;

	pair_open(*state, HC_RC, 0, NULL, &p);
	memset(p.b.mr.mem.ptr, 0xa5, 65536);

	sge = (struct hc_sge){ p.a.mr.va, SHORT, p.a.mr.key ^ 1 };	/* variant */
	fails_with(&p, wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0), CQE_SYND_LOCAL_PROT);
	sge.key = 0xfffff000;						/* no such key */
	fails_with(&p, wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0), CQE_SYND_LOCAL_PROT);
	sge = (struct hc_sge){ p.a.mr.va + 65536 - SHORT + 1, SHORT, p.a.mr.key };
	fails_with(&p, wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0), CQE_SYND_LOCAL_PROT);
	sge = (struct hc_sge){ p.a.mr.va - 1, SHORT, p.a.mr.key };
	fails_with(&p, wr_rdma(WQE_SEND, &sge, &p.b, 0), CQE_SYND_LOCAL_PROT);
	sge = (struct hc_sge){ UINT64_MAX - 10, SHORT, p.a.mr.key };
	fails_with(&p, wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0), CQE_SYND_LOCAL_PROT);

	/* a key of another PD, and one without the right to write */
	assert_ok(hc_cmd_number(p.a.hc, HC_ALLOC_PD, &pd));
	page = p.a.mr.mem.iova;
	m.pages = &page;
	m.pd = pd;
	assert_ok(hc_mkey_create(p.a.hc, &m, &key));
	sge = (struct hc_sge){ m.start, 100, key };
	fails_with(&p, wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0), CQE_SYND_LOCAL_PROT);
	assert_ok(hc_mkey_destroy(p.a.hc, key));
	m.pd = p.a.pd;
	assert_ok(hc_mkey_create(p.a.hc, &m, &key));
	sge.key = key;
	fails_with(&p, wr_rdma(WQE_RDMA_READ, &sge, &p.b, 0), CQE_SYND_LOCAL_PROT);
	assert_ok(hc_mkey_destroy(p.a.hc, key));

	/* a key that belongs to one QP only */
	m.rights = HC_ALL_RIGHTS;
	m.qpn = p.b.qp.qpn + 77;
	assert_ok(hc_mkey_create(p.a.hc, &m, &key));
	sge.key = key;
	fails_with(&p, wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0), CQE_SYND_LOCAL_PROT);
	assert_ok(hc_mkey_destroy(p.a.hc, key));
	/* and one that is gone */
	fails_with(&p, wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0), CQE_SYND_LOCAL_PROT);

	assert_true(all_are(p.b.mr.mem.ptr, 65536, 0xa5));
	assert_ok(hc_cmd_simple(p.a.hc, HC_DEALLOC_PD, 0, pd));
	pair_close(&p);
}

static void the_reserved_key_is_for_kernel_queue_pairs(void **state)
{
	struct pair p;
	uint8_t in[16] = { 0 }, out[query_special_contexts_out__SIZE] = { 0 };
	struct hc_sge sge;

	pair_open(*state, HC_RC, 0, NULL, &p);
	hc_head(in, HC_QUERY_SPECIAL_CONTEXTS, 0);
	assert_ok(hc_exec(p.a.hc, in, sizeof(in), out, sizeof(out)));
	sge = (struct hc_sge){ p.a.mr.mem.iova, LEN,
			       (uint32_t)ifc_get(out, query_special_contexts_out__resd_lkey) };
	fails_with(&p, wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0), CQE_SYND_LOCAL_PROT);

	p.a.qp.init.rlky = true;	/* RST2INIT carries it, as the kernel's do */
	pair_reconnect(&p);
	pattern(p.a.mr.mem.ptr, LEN, 5);
	{
		struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);

		post_one(&p.a, &wr);
	}
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_true(pattern_is(p.b.mr.mem.ptr, LEN, 5));
	pair_close(&p);
}

static void remote_keys_are_checked(void **state)
{
	static const uint8_t ops[] = { WQE_RDMA_WRITE, WQE_RDMA_READ };
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	uint32_t pd, key;
	uint64_t page;
	struct hc_mkey m = { .mode = HC_MODE_MTT, .log_page = 12, .n = 1, .len = 4096,
			     .start = 0x10000 };
	unsigned int i;

	pair_open(*state, HC_RC, 0, NULL, &p);
	memset(p.b.mr.mem.ptr, 0xa5, 65536);
	sge = sge_of(&p.a, 0, LEN);
	page = p.b.mr.mem.iova;
	m.pages = &page;
	assert_ok(hc_cmd_number(p.b.hc, HC_ALLOC_PD, &pd));
	for (i = 0; i < 2; i++) {
		wr = wr_rdma(ops[i], &sge, &p.b, 0);
		wr.rkey ^= 0x5500;
		fails_with(&p, wr, CQE_SYND_REMOTE_ACCESS);
		wr = wr_rdma(ops[i], &sge, &p.b, 0);
		wr.rkey ^= 1;
		fails_with(&p, wr, CQE_SYND_REMOTE_ACCESS);
		wr = wr_rdma(ops[i], &sge, &p.b, 65536 - LEN + 1);
		fails_with(&p, wr, CQE_SYND_REMOTE_ACCESS);
		wr = wr_rdma(ops[i], &sge, &p.b, (uint64_t)-1);
		fails_with(&p, wr, CQE_SYND_REMOTE_ACCESS);

		m.pd = pd;
		m.rights = HC_ALL_RIGHTS;
		assert_ok(hc_mkey_create(p.b.hc, &m, &key));
		wr = wr_rdma(ops[i], &sge, &p.b, 0);
		wr.rkey = key;
		wr.raddr = m.start;
		fails_with(&p, wr, CQE_SYND_REMOTE_ACCESS);
		assert_ok(hc_mkey_destroy(p.b.hc, key));

		m.pd = p.b.pd;
		m.rights = HC_LR | HC_LW | (ops[i] == WQE_RDMA_READ ? HC_RW : HC_RR) | HC_ATOMIC;
		assert_ok(hc_mkey_create(p.b.hc, &m, &key));
		wr.rkey = key;
		fails_with(&p, wr, CQE_SYND_REMOTE_ACCESS);
		assert_ok(hc_mkey_destroy(p.b.hc, key));
	}
	assert_true(all_are(p.b.mr.mem.ptr, 65536, 0xa5));
	assert_ok(hc_cmd_simple(p.b.hc, HC_DEALLOC_PD, 0, pd));
	pair_close(&p);
}

static void remote_queue_pair_rights_are_checked(void **state)
{
	struct hc_path path = hc_path_default;
	struct pair p;
	struct hc_sge sge;

	path.rights = 0;
	pair_open(*state, HC_RC, 0, &path, &p);
	memset(p.b.mr.mem.ptr, 0xa5, 65536);
	sge = sge_of(&p.a, 0, LEN);
	fails_at_the_remote_qp(&p, wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0));
	fails_at_the_remote_qp(&p, wr_rdma(WQE_RDMA_READ, &sge, &p.b, 0));
	sge.len = 8;
	fails_at_the_remote_qp(&p, wr_rdma(WQE_ATOMIC_FA, &sge, &p.b, 0));
	assert_true(all_are(p.b.mr.mem.ptr, 65536, 0xa5));
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(local_keys_are_checked),
		in_world(the_reserved_key_is_for_kernel_queue_pairs),
		in_world(remote_keys_are_checked),
		in_world(remote_queue_pair_rights_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
