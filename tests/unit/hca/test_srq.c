// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about shared receive queues: order, sharing, limits, XRC.
 * It must never know the model's insides.
 */
#include "tests/unit/hca/world.h"

#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/obj/qp.h"

/* An RC pair whose receiver takes its buffers from an RMP. */
static void open_shared(struct world *w, struct pair *p)
{
	struct hc_qp_init init;

	pair_open(w, HC_RC, 0, NULL, p);
	assert_ok(hc_qp_destroy(p->b.hc, &p->b.qp));
	assert_ok(hc_srq_create(p->b.hc, HC_SRQ_RMP, p->b.pd, 4, 6, 0, 0, 0, &p->b.srq));
	init = (struct hc_qp_init){ .type = HC_RC, .pd = p->b.pd, .log_sq = 4, .scq = &p->b.scq,
				    .rcq = &p->b.rcq, .srq = &p->b.srq, .xrcd = p->b.xrcd,
				    .user_index = HC_NO_INDEX };
	assert_ok(hc_qp_create(p->b.hc, &init, &p->b.qp));
	pair_reconnect(p);
}

static void send_value(struct pair *p, uint32_t value)
{
	struct hc_wr wr = { .opcode = WQE_SEND, .flags = HC_SIGNALED, .inl = &value,
			    .inl_len = 4, .xrc_srqn = p->b.srq.srqn };

	post_one(&p->a, &wr);
}

static void buffers_are_taken_in_the_order_of_posting(void **state)
{
	struct pair p;
	struct hc_wc wc;
	uint32_t i, base = 1;

	open_shared(*state, &p);
	for (i = 0; i < 100; i++) {		/* around the 16 WQEs many times */
		post_recv_buf(&p.b, i * 64, 64);
		post_recv_buf(&p.b, i * 64 + 32, 32);
		send_value(&p, base + i);
		send_value(&p, base + i + 1000);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, &wc);
		assert_int_equal(wc.srqn_uidx, p.b.srq.srqn);
		hc_srq_release(&p.b.srq, wc.index);
		expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, &wc);
		hc_srq_release(&p.b.srq, wc.index);
		assert_int_equal(*(uint32_t *)(p.b.mr.mem.ptr + i * 64), base + i);
		assert_int_equal(*(uint32_t *)(p.b.mr.mem.ptr + i * 64 + 32), base + i + 1000);
	}
	pair_close(&p);
}

static void an_empty_srq_is_rnr_until_something_is_posted(void **state)
{
	struct pair p;

	open_shared(*state, &p);
	send_value(&p, 5);
	expect_none(&p.a, &p.a.scq);
	post_recv_buf(&p.b, 0, 64);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, NULL);
	assert_int_equal(*(uint32_t *)p.b.mr.mem.ptr, 5);
	pair_close(&p);
}

static bool next_event(struct side *s, uint8_t type, uint32_t number)
{
	struct eqe e;

	world_settle(s->w, 1);
	while (hc_eq_poll(s->hc, &s->hc->fw->async, &e))
		if (e.type == type) {
			assert_int_equal(ifc_load32(e.data + 24) & 0xffffff, number);
			return true;
		}
	return false;
}

static void the_limit_event_comes_once_when_too_few_are_left(void **state)
{
	struct pair p;
	unsigned int i;

	open_shared(*state, &p);
	for (i = 0; i < 8; i++)
		post_recv_buf(&p.b, i * 64, 64);
	assert_ok(hc_srq_arm(p.b.hc, &p.b.srq, 6));
	assert_false(next_event(&p.b, EVENT_SRQ_RQ_LIMIT, p.b.srq.srqn));
	send_value(&p, 1);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_false(next_event(&p.b, EVENT_SRQ_RQ_LIMIT, p.b.srq.srqn));
	for (i = 0; i < 3; i++) {
		send_value(&p, 2);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	}
	assert_true(next_event(&p.b, EVENT_SRQ_RQ_LIMIT, p.b.srq.srqn));
	send_value(&p, 3);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_false(next_event(&p.b, EVENT_SRQ_RQ_LIMIT, p.b.srq.srqn));
	pair_close(&p);
}

static void a_queue_pair_in_error_says_that_it_took_its_last_wqe(void **state)
{
	struct pair p;

	open_shared(*state, &p);
	post_recv_buf(&p.b, 0, 64);
	assert_ok(hc_cmd_simple(p.b.hc, HC_2ERR_QP, 0, p.b.qp.qpn));
	assert_true(next_event(&p.b, EVENT_SRQ_LAST_WQE, p.b.qp.qpn));
	expect_none(&p.b, &p.b.rcq);	/* the SRQ's buffers are not flushed */
	pair_close(&p);
}

static void an_srq_in_use_is_not_destroyed(void **state)
{
	struct pair p;

	open_shared(*state, &p);
	assert_refused(p.b.hc, hc_cmd_simple(p.b.hc, HC_DESTROY_RMP, 0, p.b.srq.srqn),
		       CMD_RES_BUSY);
	pair_close(&p);
}

static void xrc_finds_the_queue_that_the_sender_names(void **state)
{
	struct pair p;
	struct hc_srq first, second;
	struct hc_wc wc;
	struct hc_sge sge;
	uint32_t i;

	pair_open(*state, HC_XRC, 0, NULL, &p);
	first = p.b.srq;
	assert_ok(hc_srq_create(p.b.hc, HC_SRQ_XRC, p.b.pd, 4, 6, p.b.xrcd, p.b.rcq.cqn, 0x1234,
				&second));
	for (i = 0; i < 6; i++) {
		sge = (struct hc_sge){ p.b.mr.va + i * 128, 64, p.b.mr.key };
		assert_true(hc_post_srq_recv(i & 1 ? &second : &first, &sge, 1) >= 0);
	}
	for (i = 0; i < 6; i++) {
		p.b.srq = i & 1 ? second : first;
		send_value(&p, 100 + i);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, &wc);
		assert_int_equal(wc.srqn_uidx, i & 1 ? 0x1234 : 0x77);
		assert_int_equal(*(uint32_t *)(p.b.mr.mem.ptr + i * 128), 100 + i);
	}
	p.b.srq = first;
	assert_ok(hc_srq_destroy(p.b.hc, &second));
	pair_close(&p);
}

static void xrc_refuses_a_queue_of_another_domain(void **state)
{
	struct pair p;
	struct hc_srq other, kept;
	struct hc_sge sge;
	struct hc_wc wc;
	uint32_t xrcd;

	pair_open(*state, HC_XRC, 0, NULL, &p);
	assert_ok(hc_cmd_number(p.b.hc, HC_ALLOC_XRCD, &xrcd));
	assert_ok(hc_srq_create(p.b.hc, HC_SRQ_XRC, p.b.pd, 4, 6, xrcd, p.b.rcq.cqn, 1, &other));
	sge = (struct hc_sge){ p.b.mr.va, 64, p.b.mr.key };
	hc_post_srq_recv(&other, &sge, 1);
	kept = p.b.srq;
	p.b.srq = other;
	send_value(&p, 9);
	p.b.srq = kept;
	assert_ok(hc_cq_wait(p.a.hc, &p.a.scq, &wc));
	assert_int_equal(wc.opcode, CQE_REQ_ERR);
	assert_int_equal(*(uint32_t *)p.b.mr.mem.ptr, 0);
	assert_ok(hc_srq_destroy(p.b.hc, &other));
	assert_ok(hc_cmd_simple(p.b.hc, HC_DEALLOC_XRCD, 0, xrcd));
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(buffers_are_taken_in_the_order_of_posting),
		in_world(an_empty_srq_is_rnr_until_something_is_posted),
		in_world(the_limit_event_comes_once_when_too_few_are_left),
		in_world(a_queue_pair_in_error_says_that_it_took_its_last_wqe),
		in_world(an_srq_in_use_is_not_destroyed),
		in_world(xrc_finds_the_queue_that_the_sender_names),
		in_world(xrc_refuses_a_queue_of_another_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
