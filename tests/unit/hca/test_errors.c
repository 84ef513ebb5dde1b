// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about what goes wrong: which completion says so, on which
 * side, and that nobody's bytes are touched. It must never know the model's
 * insides.
 */
#include "tests/unit/hca/world.h"

#include "tests/hca-model/fabric/port.h"

enum { LEN = 3000 };

static void a_receive_buffer_that_cannot_be_written_fails_both_sides(void **state)
{
	struct pair p;
	struct hc_sge sge, bad;
	struct hc_wr wr;

	pair_open(*state, HC_RC, 0, NULL, &p);
	sge = sge_of(&p.a, 0, LEN);
	bad = (struct hc_sge){ p.b.mr.va, LEN, p.b.mr.key ^ 0x100 };
	hc_post_recv(&p.b.qp, &bad, 1);
	post_recv_buf(&p.b, 0, LEN);
	wr = wr_rdma(WQE_SEND, &sge, &p.b, 0);
	post_one(&p.a, &wr);
	expect_error(&p.b, &p.b.rcq, CQE_RESP_ERR, CQE_SYND_LOCAL_PROT);
	expect_error(&p.b, &p.b.rcq, CQE_RESP_ERR, CQE_SYND_WR_FLUSH);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_OP);
	expect_dead(&p.a);
	expect_dead(&p.b);
	pair_close(&p);
}

static void a_message_larger_than_the_receive_buffer_fails_both_sides(void **state)
{
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;

	pair_open(*state, HC_RC, 0, NULL, &p);
	memset(p.b.mr.mem.ptr, 0xa5, 65536);
	sge = sge_of(&p.a, 0, LEN);
	wr = wr_rdma(WQE_SEND, &sge, &p.b, 0);
	post_recv_buf(&p.b, 0, LEN - 1);
	post_one(&p.a, &wr);
	expect_error(&p.b, &p.b.rcq, CQE_RESP_ERR, CQE_SYND_LOCAL_LENGTH);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_INVAL_REQ);
	assert_true(all_are(p.b.mr.mem.ptr + LEN - 1, 4096, 0xa5));
	expect_dead(&p.a);
	expect_dead(&p.b);
	pair_close(&p);
}

static void a_misaligned_atomic_is_refused(void **state)
{
	struct pair p;
	struct hc_sge sge;

	pair_open(*state, HC_RC, 0, NULL, &p);
	sge = (struct hc_sge){ p.a.mr.va, 8, p.a.mr.key };
	fails_at_the_remote_qp(&p, wr_rdma(WQE_ATOMIC_FA, &sge, &p.b, 4));
	assert_true(all_are(p.b.mr.mem.ptr, 64, 0));
	pair_close(&p);
}

static void rnr_retries_run_out(void **state)
{
	struct hc_path path = hc_path_default;
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;

	path.rnr_retry = 2;
	pair_open(*state, HC_RC, 0, &path, &p);
	sge = sge_of(&p.a, 0, LEN);
	wr = wr_rdma(WQE_SEND, &sge, &p.b, 0);
	fails_with(&p, wr, CQE_SYND_RNR_RETRY_EXC);
	pair_close(&p);
}

static void a_late_receive_buffer_ends_rnr(void **state)
{
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;

	pair_open(*state, HC_RC, 0, NULL, &p);
	sge = sge_of(&p.a, 0, LEN);
	pattern(p.a.mr.mem.ptr, LEN, 8);
	wr = wr_rdma(WQE_SEND, &sge, &p.b, 0);
	post_one(&p.a, &wr);
	world_settle(p.w, 30);
	expect_none(&p.a, &p.a.scq);
	post_recv_buf(&p.b, 0, LEN);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, NULL);
	assert_true(pattern_is(p.b.mr.mem.ptr, LEN, 8));
	pair_close(&p);
}

static void transport_retries_run_out(void **state)
{
	struct hc_path path = hc_path_default;
	struct pair p;
	struct hc_sge sge;

	path.ack_timeout = 8;		/* about 1 ms */
	path.retry = 2;
	pair_open(*state, HC_RC, 0, &path, &p);
	sge = sge_of(&p.a, 0, LEN);
	port_set_link(p.b.hca->port, false);
	{
		struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);

		post_one(&p.a, &wr);
		expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_RETRY_EXC);
	}
	expect_dead(&p.a);
	port_set_link(p.b.hca->port, true);
	assert_ok(hc_port_wait_active(p.b.hc, &p.b.lid));
	pair_close(&p);
}

static void a_queue_pair_that_is_not_there_runs_out_of_retries(void **state)
{
	struct hc_path path = hc_path_default;
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;

	path.ack_timeout = 8;
	path.retry = 1;
	pair_open(*state, HC_RC, 0, &path, &p);
	sge = sge_of(&p.a, 0, LEN);
	assert_ok(hc_qp_reset(p.b.hc, &p.b.qp));
	wr = wr_rdma(WQE_SEND, &sge, &p.b, 0);
	post_one(&p.a, &wr);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_RETRY_EXC);
	pair_close(&p);
}

static void the_error_state_flushes_both_queues_in_order(void **state)
{
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	struct hc_wc wc;
	unsigned int i;

	pair_open(*state, HC_RC, 0, NULL, &p);
	sge = sge_of(&p.a, 0, LEN);
	for (i = 0; i < 5; i++)
		post_recv_buf(&p.a, i * LEN, LEN);
	assert_ok(hc_cmd_simple(p.a.hc, HC_2ERR_QP, 0, p.a.qp.qpn));
	for (i = 0; i < 5; i++) {
		assert_ok(hc_cq_wait(p.a.hc, &p.a.rcq, &wc));
		assert_int_equal(wc.opcode, CQE_RESP_ERR);
		assert_int_equal(wc.syndrome, CQE_SYND_WR_FLUSH);
		assert_int_equal(wc.index, i);
	}
	/* what is posted in the error state is flushed too */
	wr = wr_rdma(WQE_SEND, &sge, &p.b, 0);
	for (i = 0; i < 3; i++)
		hc_post_send(&p.a.qp, &wr);
	hc_ring(p.a.hc, &p.a.qp);
	for (i = 0; i < 3; i++)
		expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_WR_FLUSH);
	post_recv_buf(&p.a, 0, LEN);
	expect_error(&p.a, &p.a.rcq, CQE_RESP_ERR, CQE_SYND_WR_FLUSH);
	expect_none(&p.a, &p.a.scq);
	expect_none(&p.a, &p.a.rcq);
	pair_close(&p);
}

static void nonsense_in_the_send_queue_is_a_qp_operation_error(void **state)
{
	uint8_t junk[64];
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;

	memset(junk, 0xff, sizeof(junk));
	pair_open(*state, HC_RC, 0, NULL, &p);
	sge = sge_of(&p.a, 0, LEN);
	wr = wr_rdma(0x3e, &sge, &p.b, 0);		/* no such opcode */
	fails_with(&p, wr, CQE_SYND_LOCAL_QP_OP);
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
	wr.ds = 1;					/* no room for its segments */
	fails_with(&p, wr, CQE_SYND_LOCAL_QP_OP);
	wr = (struct hc_wr){ .opcode = WQE_SEND, .raw = junk, .raw_len = 16 };
	fails_with(&p, wr, CQE_SYND_LOCAL_QP_OP);	/* inline beyond the WQE */
	wr = (struct hc_wr){ .opcode = WQE_TSO, .raw = junk, .raw_len = 64 };
	fails_with(&p, wr, CQE_SYND_LOCAL_QP_OP);
	pair_close(&p);

	pair_open(*state, HC_UC, 0, NULL, &p);
	sge = sge_of(&p.a, 0, LEN);
	wr = wr_rdma(WQE_RDMA_READ, &sge, &p.b, 0);	/* UC has no reads */
	post_one(&p.a, &wr);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_LOCAL_QP_OP);
	pair_close(&p);
}

static void a_datagram_larger_than_the_mtu_is_a_length_error(void **state)
{
	struct pair p;
	struct hc_av av;
	struct hc_sge sge;
	struct hc_wr wr;

	pair_open(*state, HC_UD, 0, NULL, &p);
	av = (struct hc_av){ .qpn = p.b.qp.qpn, .qkey = p.path.qkey, .lid = p.b.lid };
	sge = (struct hc_sge){ p.a.mr.va, 4097, p.a.mr.key };
	wr = wr_rdma(WQE_SEND, &sge, &p.b, 0);
	wr.av = &av;
	post_one(&p.a, &wr);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_LOCAL_LENGTH);
	pair_close(&p);
}

static void an_error_stays_with_its_queue_pair(void **state)
{
	struct pair p, q;
	struct hc_sge sge;
	struct hc_wr wr;

	pair_open(*state, HC_RC, 0, NULL, &p);
	pair_open(*state, HC_RC, 0, NULL, &q);
	sge = sge_of(&p.a, 0, LEN);
	wr = wr_rdma(WQE_RDMA_READ, &sge, &p.b, 0);
	wr.rkey = q.b.mr.key;		/* a key of another PD */
	wr.raddr = q.b.mr.va;
	fails_with(&p, wr, CQE_SYND_REMOTE_ACCESS);
	sge = sge_of(&q.a, 0, LEN);
	wr = wr_rdma(WQE_RDMA_READ, &sge, &q.b, 0);
	post_one(&q.a, &wr);
	expect_ok(&q.a, &q.a.scq, CQE_REQ, NULL);
	pair_close(&q);
	pair_close(&p);
}

static uint32_t counter(struct side *s, uint32_t set, uint32_t field)
{
	uint8_t in[query_q_counter_in__SIZE] = { 0 }, out[query_q_counter_out__SIZE] = { 0 };

	hc_head(in, HC_QUERY_Q_COUNTER, 0);
	ifc_set(in, query_q_counter_in__counter_set_id, set);
	assert_ok(hc_exec(s->hc, in, sizeof(in), out, sizeof(out)));
	return (uint32_t)ifc_get(out, field);
}

static void counters_tell_what_happened_to_their_queue_pairs(void **state)
{
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	uint32_t set;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_ok(hc_cmd_number(p.b.hc, HC_ALLOC_Q_COUNTER, &set));
	p.b.qp.init.counter_set = (uint8_t)set;
	pair_reconnect(&p);
	sge = sge_of(&p.a, 0, LEN);
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	wr = wr_rdma(WQE_RDMA_READ, &sge, &p.b, 0);
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	wr = wr_rdma(WQE_SEND, &sge, &p.b, 0);
	post_one(&p.a, &wr);
	expect_none(&p.a, &p.a.scq);
	post_recv_buf(&p.b, 0, LEN);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 65536);
	post_one(&p.a, &wr);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_ACCESS);
	assert_int_equal(counter(&p.b, set, query_q_counter_out__rx_write_requests), 1);
	assert_int_equal(counter(&p.b, set, query_q_counter_out__rx_read_requests), 1);
	assert_true(counter(&p.b, set, query_q_counter_out__out_of_buffer) >= 1);
	assert_int_equal(counter(&p.b, set, query_q_counter_out__resp_remote_access_errors), 1);
	assert_ok(hc_qp_destroy(p.b.hc, &p.b.qp));
	assert_ok(hc_cmd_simple(p.b.hc, HC_DEALLOC_Q_COUNTER, 0, set));
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(a_receive_buffer_that_cannot_be_written_fails_both_sides),
		in_world(a_message_larger_than_the_receive_buffer_fails_both_sides),
		in_world(a_misaligned_atomic_is_refused),
		in_world(rnr_retries_run_out),
		in_world(a_late_receive_buffer_ends_rnr),
		in_world(transport_retries_run_out),
		in_world(a_queue_pair_that_is_not_there_runs_out_of_retries),
		in_world(the_error_state_flushes_both_queues_in_order),
		in_world(nonsense_in_the_send_queue_is_a_qp_operation_error),
		in_world(a_datagram_larger_than_the_mtu_is_a_length_error),
		in_world(counters_tell_what_happened_to_their_queue_pairs),
		in_world(an_error_stays_with_its_queue_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
