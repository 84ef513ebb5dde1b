// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about completion queues: room, sharing, resize, events. It
 * must never know what completes.
 */
#include "tests/unit/hca/world.h"

/* One signaled (and perhaps solicited) message from a to b, with nothing in it. */
static void send_empty(struct pair *p, unsigned int n, uint8_t flags)
{
	struct hc_wr wr = { .opcode = WQE_SEND, .flags = flags };
	unsigned int i;

	for (i = 0; i < n; i++) {
		post_recv_buf(&p->b, 0, 16);
		hc_post_send(&p->a.qp, &wr);
	}
	hc_ring(p->a.hc, &p->a.qp);
	world_settle(p->w, 2);
}

static bool event_of(struct side *s, struct hc_cq *cq)
{
	struct eqe e;

	world_settle(s->w, 1);
	if (!hc_eq_poll(s->hc, &s->hc->fw->comp, &e))
		return false;
	assert_int_equal(e.type, EVENT_COMP);
	assert_int_equal(ifc_load32(e.data + 24) & 0xffffff, cq->cqn);
	return true;
}

static bool async_event(struct side *s, struct eqe *e, uint8_t type)
{
	while (hc_eq_poll(s->hc, &s->hc->fw->async, e))
		if (e->type == type)
			return true;
	return false;
}

static void drain(struct hc_cq *cq, unsigned int n)
{
	struct hc_wc wc;

	while (n--)
		assert_true(hc_cq_poll(cq, &wc));
}

static void an_armed_cq_gives_one_event(void **state)
{
	struct pair p;

	pair_open(*state, HC_RC, 0, NULL, &p);
	hc_eq_arm(p.b.hc, &p.b.hc->fw->comp);
	hc_irq_taken(p.b.hc, 1);
	send_empty(&p, 1, 0);
	assert_false(event_of(&p.b, &p.b.rcq));		/* not armed */
	drain(&p.b.rcq, 1);
	hc_cq_arm(p.b.hc, &p.b.rcq, false);
	assert_false(event_of(&p.b, &p.b.rcq));
	send_empty(&p, 3, 0);
	assert_true(event_of(&p.b, &p.b.rcq));
	assert_true(hc_irq_taken(p.b.hc, 1));
	assert_false(event_of(&p.b, &p.b.rcq));
	hc_cq_event(&p.b.rcq);
	/* unseen completions fire a new arm at once */
	hc_cq_arm(p.b.hc, &p.b.rcq, false);
	assert_true(event_of(&p.b, &p.b.rcq));
	pair_close(&p);
}

static void only_solicited_completions_fire_a_solicited_arm(void **state)
{
	struct pair p;

	pair_open(*state, HC_RC, 0, NULL, &p);
	hc_cq_arm(p.b.hc, &p.b.rcq, true);
	send_empty(&p, 2, 0);
	assert_false(event_of(&p.b, &p.b.rcq));
	send_empty(&p, 1, HC_SOLICITED);
	assert_true(event_of(&p.b, &p.b.rcq));
	drain(&p.b.rcq, 3);
	hc_cq_event(&p.b.rcq);
	/* an error always counts as solicited */
	hc_cq_arm(p.b.hc, &p.b.rcq, true);
	post_recv_buf(&p.b, 0, 16);
	assert_ok(hc_cmd_simple(p.b.hc, HC_2ERR_QP, 0, p.b.qp.qpn));
	assert_true(event_of(&p.b, &p.b.rcq));
	pair_close(&p);
}

static void an_unarmed_eq_gives_no_interrupt(void **state)
{
	struct pair p;
	struct eqe e;

	pair_open(*state, HC_RC, 0, NULL, &p);
	while (hc_eq_poll(p.b.hc, &p.b.hc->fw->comp, &e))
		;
	hc_eq_arm(p.b.hc, &p.b.hc->fw->comp);
	hc_irq_taken(p.b.hc, 1);
	hc_cq_arm(p.b.hc, &p.b.rcq, false);
	send_empty(&p, 1, 0);
	assert_true(hc_irq_taken(p.b.hc, 1));
	hc_cq_event(&p.b.rcq);
	drain(&p.b.rcq, 1);
	hc_cq_arm(p.b.hc, &p.b.rcq, false);
	send_empty(&p, 1, 0);
	assert_false(hc_irq_taken(p.b.hc, 1));		/* the EQ was not armed again */
	assert_true(event_of(&p.b, &p.b.rcq));
	assert_true(event_of(&p.b, &p.b.rcq));
	pair_close(&p);
}

/* Sends @n and takes their completions: whether the event was there with the last one. */
static bool told_with(struct pair *p, unsigned int n)
{
	struct hc_wr wr = { .opcode = WQE_SEND };
	struct hc_wc wc;
	struct eqe e;
	unsigned int i;

	for (i = 0; i < n; i++) {
		post_recv_buf(&p->b, 0, 16);
		hc_post_send(&p->a.qp, &wr);
	}
	hc_ring(p->a.hc, &p->a.qp);
	for (i = 0; i < n; i++)
		assert_ok(hc_cq_wait(p->b.hc, &p->b.rcq, &wc));
	return hc_eq_poll(p->b.hc, &p->b.hc->fw->comp, &e);
}

/*
 * The longest period there is takes 4 ms: on a busy machine it may be over before
 * the look for the event, so one try in TRIES that finds it held back is enough.
 */
static void moderation_holds_events_back_until_count_or_time(void **state)
{
	enum { TRIES = 20 };
	unsigned int i, held;
	struct pair p;

	pair_open(*state, HC_RC, 0, NULL, &p);
	hc_cq_arm(p.b.hc, &p.b.rcq, false);
	assert_true(told_with(&p, 1));			/* without moderation: at once */
	hc_cq_event(&p.b.rcq);

	assert_ok(hc_cq_moderate(p.b.hc, &p.b.rcq, 0xfff, 4));
	for (i = 0, held = 0; i < TRIES; i++) {
		hc_cq_arm(p.b.hc, &p.b.rcq, false);
		if (!told_with(&p, 3)) {
			held++;
			assert_true(told_with(&p, 1));	/* the count is reached */
		}
		hc_cq_event(&p.b.rcq);
	}
	assert_true(held > 0);

	assert_ok(hc_cq_moderate(p.b.hc, &p.b.rcq, 0xfff, 100));
	for (i = 0, held = 0; i < TRIES; i++) {
		hc_cq_arm(p.b.hc, &p.b.rcq, false);
		if (!told_with(&p, 1)) {
			held++;
			assert_true(hc_until(p.b.hc, event_of(&p.b, &p.b.rcq)));
		}
		hc_cq_event(&p.b.rcq);
	}
	assert_true(held > 0);
	pair_close(&p);
}

static void an_overflow_stops_the_cq_and_is_told(void **state)
{
	struct pair p;
	struct hc_cq small;
	struct hc_wr wr = { .opcode = WQE_NOP, .flags = HC_SIGNALED };
	struct hc_wc wc;
	struct eqe e;
	unsigned int i;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_ok(hc_qp_destroy(p.a.hc, &p.a.qp));
	assert_ok(hc_cq_create(p.a.hc, 2, 64, p.a.hc->fw->comp.eqn, &small));
	{
		struct hc_cq kept = p.a.scq;

		p.a.scq = small;
		side_qp(&p.a, HC_RC, &p.a.qp);
		p.a.scq = kept;
	}
	pair_reconnect(&p);
	while (hc_eq_poll(p.a.hc, &p.a.hc->fw->async, &e))
		;
	for (i = 0; i < 6; i++)
		hc_post_send(&p.a.qp, &wr);
	hc_ring(p.a.hc, &p.a.qp);
	world_settle(p.w, 5);
	assert_true(async_event(&p.a, &e, EVENT_CQ_ERROR));
	assert_int_equal(ifc_load32(e.data) & 0xffffff, small.cqn);
	assert_int_equal(e.data[11], 1);
	for (i = 0; i < 4; i++) {
		assert_true(hc_cq_poll(&small, &wc));
		assert_int_equal(wc.index, i);
	}
	assert_false(hc_cq_poll(&small, &wc));
	assert_ok(hc_qp_destroy(p.a.hc, &p.a.qp));
	assert_ok(hc_cq_destroy(p.a.hc, &small));
	pair_close(&p);
}

static void many_queue_pairs_share_one_cq(void **state)
{
	enum { N = 8, ROUNDS = 5 };
	struct pair p;
	struct hc_qp qp[N];
	struct hc_path path = hc_path_default;
	unsigned int i, r, got[N] = { 0 };
	struct hc_wc wc;

	pair_open(*state, HC_RC, 0, NULL, &p);
	for (i = 0; i < N; i++) {
		side_qp(&p.a, HC_RC, &qp[i]);
		path.dlid = p.a.lid;
		path.remote_qpn = qp[i].qpn;
		assert_ok(hc_qp_to_rts(p.a.hc, &qp[i], &path));
	}
	for (r = 0; r < ROUNDS; r++) {
		for (i = 0; i < N; i++) {
			struct hc_wr wr = { .opcode = WQE_RDMA_WRITE, .flags = HC_SIGNALED,
					    .raddr = p.a.mr.va + i * 4, .rkey = p.a.mr.key,
					    .inl = &r, .inl_len = 4 };

			hc_post_send(&qp[i], &wr);
			hc_ring(p.a.hc, &qp[i]);
		}
	}
	for (i = 0; i < N * ROUNDS; i++) {
		unsigned int k;

		assert_ok(hc_cq_wait(p.a.hc, &p.a.scq, &wc));
		assert_int_equal(wc.syndrome, 0);
		for (k = 0; k < N && qp[k].qpn != wc.qpn; k++)
			;
		assert_true(k < N);
		assert_int_equal(wc.index, got[k]++);
	}
	for (i = 0; i < N; i++)
		assert_ok(hc_qp_destroy(p.a.hc, &qp[i]));
	pair_close(&p);
}

static void resize_keeps_every_completion(void **state)
{
	static const uint8_t logs[] = { 10, 5, 7, 4 };
	struct pair p;
	struct hc_wr wr = { .opcode = WQE_NOP, .flags = HC_SIGNALED };
	struct hc_wc wc;
	unsigned int i, k, index = 0;

	pair_open(*state, HC_RC, 0, NULL, &p);
	for (i = 0; i < 4; i++) {
		for (k = 0; k < 7; k++)
			hc_post_send(&p.a.qp, &wr);
		hc_ring(p.a.hc, &p.a.qp);
		world_settle(p.w, 2);
		assert_ok(hc_cq_resize(p.a.hc, &p.a.scq, logs[i]));
		for (k = 0; k < 7; k++)
			hc_post_send(&p.a.qp, &wr);
		hc_ring(p.a.hc, &p.a.qp);
		for (k = 0; k < 14; k++) {
			assert_ok(hc_cq_wait(p.a.hc, &p.a.scq, &wc));
			assert_int_equal(wc.index, index++ & 0xffff);
		}
		assert_int_equal(p.a.scq.log, logs[i]);
		/* around the new ring once */
		for (k = 0; k < 1u << logs[i]; k++) {
			hc_post_send(&p.a.qp, &wr);
			hc_ring(p.a.hc, &p.a.qp);
			assert_ok(hc_cq_wait(p.a.hc, &p.a.scq, &wc));
			assert_int_equal(wc.index, index++ & 0xffff);
		}
	}
	pair_close(&p);
}

static void completions_of_128_bytes_have_the_same_fields(void **state)
{
	struct pair p;
	struct hc_wc wc;
	unsigned int i;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_ok(hc_qp_destroy(p.a.hc, &p.a.qp));
	assert_ok(hc_cq_destroy(p.a.hc, &p.a.scq));
	assert_ok(hc_cq_create(p.a.hc, 3, 128, p.a.hc->fw->comp.eqn, &p.a.scq));
	side_qp(&p.a, HC_RC, &p.a.qp);
	pair_reconnect(&p);
	for (i = 0; i < 20; i++) {
		struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, NULL, &p.b, 0);

		wr.n_sge = 0;
		wr.inl = &i;
		wr.inl_len = 4;
		post_one(&p.a, &wr);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, &wc);
		assert_int_equal(wc.index, i);
		assert_int_equal(wc.qpn, p.a.qp.qpn);
	}
	pair_close(&p);
}

static void the_consumer_index_of_the_record_makes_room(void **state)
{
	struct pair p;
	struct hc_wr wr = { .opcode = WQE_NOP, .flags = HC_SIGNALED };
	struct hc_wc wc;
	unsigned int i;

	pair_open(*state, HC_RC, 0, NULL, &p);
	for (i = 0; i < 1000; i++) {		/* the CQ has 256 entries */
		hc_post_send(&p.a.qp, &wr);
		hc_ring(p.a.hc, &p.a.qp);
		assert_ok(hc_cq_wait(p.a.hc, &p.a.scq, &wc));
		assert_int_equal(wc.index, i);
	}
	pair_close(&p);
}

static void an_arm_through_another_uar_page_has_no_effect(void **state)
{
	struct pair p;
	uint32_t uar;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_ok(hc_cmd_number(p.b.hc, HC_ALLOC_UAR, &uar));
	p.b.rcq.uar = uar;
	hc_cq_arm(p.b.hc, &p.b.rcq, false);
	send_empty(&p, 1, 0);
	assert_false(event_of(&p.b, &p.b.rcq));
	assert_ok(hc_cmd_simple(p.b.hc, HC_DEALLOC_UAR, 0, uar));
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(an_armed_cq_gives_one_event),
		in_world(only_solicited_completions_fire_a_solicited_arm),
		in_world(an_unarmed_eq_gives_no_interrupt),
		in_world(moderation_holds_events_back_until_count_or_time),
		in_world(an_overflow_stops_the_cq_and_is_told),
		in_world(many_queue_pairs_share_one_cq),
		in_world(resize_keeps_every_completion),
		in_world(completions_of_128_bytes_have_the_same_fields),
		in_world(the_consumer_index_of_the_record_makes_room),
		in_world(an_arm_through_another_uar_page_has_no_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
