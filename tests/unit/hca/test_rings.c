// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about rings of work requests: order, wrapping, lists,
 * fences, what completes. It must never know how bytes travel.
 */
#include "tests/unit/hca/world.h"

enum { GUARD_BYTE = 0xa5, MAX_PIECES = 8 };

static void both_directions_at_once(void **state)
{
	enum { N = 60, LEN = 3000 };
	struct pair p;
	struct hc_sge sa, sb;
	struct hc_wr wr;
	unsigned int i;

	pair_open(*state, HC_RC, 1 << 20, NULL, &p);
	pattern(p.a.mr.mem.ptr, N * LEN, 1);
	pattern(p.b.mr.mem.ptr, N * LEN, 2);
	for (i = 0; i < N; i++) {
		post_recv_buf(&p.a, 400000 + i * LEN, LEN);
		post_recv_buf(&p.b, 400000 + i * LEN, LEN);
	}
	for (i = 0; i < N; i++) {
		sa = (struct hc_sge){ p.a.mr.va + i * LEN, LEN, p.a.mr.key };
		sb = (struct hc_sge){ p.b.mr.va + i * LEN, LEN, p.b.mr.key };
		wr = wr_rdma(WQE_SEND, &sa, &p.b, 0);
		hc_post_send(&p.a.qp, &wr);
		wr = wr_rdma(WQE_SEND, &sb, &p.a, 0);
		hc_post_send(&p.b.qp, &wr);
	}
	hc_ring(p.a.hc, &p.a.qp);
	hc_ring(p.b.hc, &p.b.qp);
	for (i = 0; i < N; i++) {
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		expect_ok(&p.b, &p.b.scq, CQE_REQ, NULL);
		expect_ok(&p.a, &p.a.rcq, CQE_RESP_SEND, NULL);
		expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, NULL);
	}
	assert_true(pattern_is(p.b.mr.mem.ptr + 400000, N * LEN, 1));
	assert_true(pattern_is(p.a.mr.mem.ptr + 400000, N * LEN, 2));
	pair_close(&p);
}

static void unsignaled_requests_complete_silently_and_in_order(void **state)
{
	enum { N = 100 };
	struct pair p;
	struct hc_wc wc;
	unsigned int i;

	pair_open(*state, HC_RC, 0, NULL, &p);
	for (i = 0; i < N; i++) {
		uint32_t value = i;
		struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, NULL, &p.b, i * 4);

		wr.n_sge = 0;
		wr.inl = &value;
		wr.inl_len = 4;
		wr.flags = i % 10 == 9 ? HC_SIGNALED : 0;
		hc_post_send(&p.a.qp, &wr);
	}
	hc_ring(p.a.hc, &p.a.qp);
	for (i = 0; i < N / 10; i++) {
		expect_ok(&p.a, &p.a.scq, CQE_REQ, &wc);
		assert_int_equal(wc.index, i * 10 + 9);
	}
	expect_none(&p.a, &p.a.scq);
	for (i = 0; i < N; i++)
		assert_int_equal(((uint32_t *)p.b.mr.mem.ptr)[i], i);
	pair_close(&p);
}

/* WQEs of 5 units and more lie across the end of the ring. */
static void rings_wrap_in_the_middle_of_a_wqe(void **state)
{
	struct pair p;
	struct hc_sge sge[7];
	unsigned int i, n;

	pair_open(*state, HC_RC, 1 << 20, NULL, &p);
	for (i = 0; i < 200; i++) {
		struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, sge, &p.b, 2048);
		uint32_t len = 700 + i;

		pattern(p.a.mr.mem.ptr + 1, len, i);
		n = sge_cut(&p.a, 1, len, 1 + i % 7, sge);
		wr.n_sge = n;
		post_one(&p.a, &wr);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		assert_true(pattern_is(p.b.mr.mem.ptr + 2048, len, i));
	}
	pair_close(&p);
}

static void receive_lists_are_filled_in_order_and_end_at_the_terminator(void **state)
{
	struct pair p;
	struct hc_sge src, dst[3];
	struct hc_wr wr;
	struct hc_wc wc;

	pair_open(*state, HC_RC, 0, NULL, &p);
	memset(p.b.mr.mem.ptr, GUARD_BYTE, 65536);
	pattern(p.a.mr.mem.ptr, 5000, 9);
	dst[0] = (struct hc_sge){ p.b.mr.va + 100, 1, p.b.mr.key };
	dst[1] = (struct hc_sge){ p.b.mr.va + 8190, 4097, p.b.mr.key };
	dst[2] = (struct hc_sge){ p.b.mr.va + 30000, 3000, p.b.mr.key };
	hc_post_recv(&p.b.qp, dst, 3);
	src = (struct hc_sge){ p.a.mr.va, 5000, p.a.mr.key };
	wr = wr_rdma(WQE_SEND, &src, &p.b, 0);
	post_one(&p.a, &wr);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, &wc);
	assert_int_equal(wc.bytes, 5000);
	assert_memory_equal(p.b.mr.mem.ptr + 100, p.a.mr.mem.ptr, 1);
	assert_memory_equal(p.b.mr.mem.ptr + 8190, p.a.mr.mem.ptr + 1, 4097);
	assert_memory_equal(p.b.mr.mem.ptr + 30000, p.a.mr.mem.ptr + 4098, 902);
	assert_true(all_are(p.b.mr.mem.ptr, 100, GUARD_BYTE));
	assert_true(all_are(p.b.mr.mem.ptr + 101, 8089, GUARD_BYTE));
	assert_true(all_are(p.b.mr.mem.ptr + 30902, 4096, GUARD_BYTE));
	pair_close(&p);
}

static void completions_carry_the_users_index(void **state)
{
	struct pair p;
	struct hc_qp_init init;
	struct hc_wr wr = { .opcode = WQE_SEND, .flags = HC_SIGNALED };
	struct hc_wc wc;

	pair_open(*state, HC_RC, 0, NULL, &p);
	init = p.a.qp.init;
	assert_ok(hc_qp_destroy(p.a.hc, &p.a.qp));
	init.user_index = 0x123;
	assert_ok(hc_qp_create(p.a.hc, &init, &p.a.qp));
	pair_reconnect(&p);
	post_recv_buf(&p.b, 0, 8);
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, &wc);
	assert_int_equal(wc.srqn_uidx, 0x123);
	post_recv_buf(&p.a, 0, 8);
	post_one(&p.b, &wr);
	expect_ok(&p.a, &p.a.rcq, CQE_RESP_SEND, &wc);
	assert_int_equal(wc.srqn_uidx, 0x123);
	pair_close(&p);
}

static void fences_hold_requests_behind_reads(void **state)
{
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	unsigned int i;

	pair_open(*state, HC_RC, 1 << 20, NULL, &p);
	for (i = 0; i < 20; i++) {
		/* read 200 KiB, and behind the fence send what was read on */
		pattern(p.b.mr.mem.ptr, 200000, i);
		sge = (struct hc_sge){ p.a.mr.va, 200000, p.a.mr.key };
		wr = wr_rdma(WQE_RDMA_READ, &sge, &p.b, 0);
		wr.flags = 0;
		hc_post_send(&p.a.qp, &wr);
		wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 300000);
		wr.flags = HC_SIGNALED | HC_FENCE;
		hc_post_send(&p.a.qp, &wr);
		hc_ring(p.a.hc, &p.a.qp);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		assert_true(pattern_is(p.b.mr.mem.ptr + 300000, 200000, i));
	}
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(both_directions_at_once),
		in_world(unsignaled_requests_complete_silently_and_in_order),
		in_world(rings_wrap_in_the_middle_of_a_wqe),
		in_world(receive_lists_are_filled_in_order_and_end_at_the_terminator),
		in_world(completions_carry_the_users_index),
		in_world(fences_hold_requests_behind_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
