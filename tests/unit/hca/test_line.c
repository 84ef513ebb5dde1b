// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about bad cables: a line that loses, doubles and reorders,
 * and a link that goes down and comes back. It must never know the model's
 * insides.
 */
#include "tests/unit/hca/world.h"

#include "tests/hca-model/fabric/faults.h"
#include "tests/hca-model/fabric/port.h"

/* Sends of uneven sizes both ways, checked byte by byte. */
static void talk(struct pair *p, unsigned int rounds)
{
	enum { BATCH = 16, SLOT = 8192 };
	struct hc_sge sge;
	struct hc_wr wr;
	unsigned int r, i;
	uint32_t len;

	for (r = 0; r < rounds; r++) {
		for (i = 0; i < BATCH; i++)
			post_recv_buf(&p->b, i * SLOT, SLOT);
		for (i = 0; i < BATCH; i++) {
			len = (r * 997 + i * 1231) % SLOT + 1;
			pattern(p->a.mr.mem.ptr + i * SLOT, len, r * BATCH + i);
			sge = (struct hc_sge){ p->a.mr.va + i * SLOT, len, p->a.mr.key };
			wr = wr_rdma(WQE_SEND, &sge, &p->b, 0);
			hc_post_send(&p->a.qp, &wr);
			wr = wr_rdma(i & 1 ? WQE_RDMA_WRITE : WQE_RDMA_READ, &sge, &p->b,
				     (BATCH + i) * SLOT);
			if (i & 1) {
				hc_post_send(&p->a.qp, &wr);
			} else {
				sge.va = p->a.mr.va + (BATCH + i) * SLOT;
				pattern(p->b.mr.mem.ptr + (BATCH + i) * SLOT, len, r * 31 + i);
				hc_post_send(&p->a.qp, &wr);
			}
		}
		hc_ring(p->a.hc, &p->a.qp);
		for (i = 0; i < 2 * BATCH; i++)
			expect_ok(&p->a, &p->a.scq, CQE_REQ, NULL);
		for (i = 0; i < BATCH; i++) {
			struct hc_wc wc;

			expect_ok(&p->b, &p->b.rcq, CQE_RESP_SEND, &wc);
			len = (r * 997 + i * 1231) % SLOT + 1;
			assert_int_equal(wc.bytes, len);
			assert_true(pattern_is(p->b.mr.mem.ptr + i * SLOT, len, r * BATCH + i));
			if (i & 1)
				assert_true(pattern_is(p->b.mr.mem.ptr + (BATCH + i) * SLOT, len,
						       r * BATCH + i));
			else
				assert_true(pattern_is(p->a.mr.mem.ptr + (BATCH + i) * SLOT, len,
						       r * 31 + i));
		}
	}
}

static void count_up(struct pair *p, unsigned int n)
{
	struct hc_sge sge = { p->a.mr.va, 8, p->a.mr.key };
	struct hc_wr wr = wr_rdma(WQE_ATOMIC_FA, &sge, &p->b, 65536);
	uint64_t *counter = (uint64_t *)(p->b.mr.mem.ptr + 65536);
	unsigned int i;

	wr.swap_add = 1;
	*counter = 0;
	for (i = 0; i < n; i++) {
		post_one(&p->a, &wr);
		expect_ok(&p->a, &p->a.scq, CQE_REQ, NULL);
		assert_int_equal(*(uint64_t *)p->a.mr.mem.ptr, i);
	}
	assert_int_equal(*counter, n);		/* a duplicate must not count twice */
}

static struct fault_stats stats_of(const struct world *w)
{
	struct fault_stats sum = { 0 };
	unsigned int i;

	for (i = 0; i < 2 * FAULT_DIRS; i++) {
		struct fault_stats s = faults_stats(w->hca[i / FAULT_DIRS]->port, i % FAULT_DIRS);

		sum.seen += s.seen;
		sum.lost += s.lost;
		sum.duplicated += s.duplicated;
		sum.reordered += s.reordered;
		sum.delayed += s.delayed;
	}
	return sum;
}

/* What was asked for happened, to some packets but not to all; nothing else did. */
static void assert_was_bad(const struct fault_stats *s, const struct fault_config *bad)
{
	assert_true(s->seen > 1000);
	assert_int_equal(s->lost > 0, bad->loss > 0);
	assert_int_equal(s->duplicated > 0, bad->dup > 0);
	assert_int_equal(s->reordered > 0, bad->reorder > 0);
	assert_int_equal(s->delayed > 0, bad->delay_us > 0);
	assert_true(s->lost < s->seen / 2);
}

static void over_a_bad_line(void **state, const struct fault_config *bad)
{
	struct hc_path path = hc_path_default;
	struct fault_stats stats;
	struct pair p;
	unsigned int i;

	path.ack_timeout = 9;		/* about 2 ms */
	pair_open(*state, HC_RC, 1 << 20, &path, &p);
	for (i = 0; i < 2; i++) {
		struct port *port = p.w->hca[i]->port;

		assert_ok(faults_set(port, FAULT_TX, bad));
		assert_ok(faults_set(port, FAULT_RX, bad));
	}
	talk(&p, 12);
	count_up(&p, 100);
	stats = stats_of(p.w);
	assert_was_bad(&stats, bad);
	for (i = 0; i < 2; i++)
		faults_clear(p.w->hca[i]->port);
	pair_close(&p);
}

static void rc_survives_loss(void **state)
{
	const struct fault_config bad = { .loss = 0.01, .seed = 1 };

	over_a_bad_line(state, &bad);
}

static void rc_survives_duplicates(void **state)
{
	const struct fault_config bad = { .dup = 0.2, .seed = 2 };

	over_a_bad_line(state, &bad);
}

static void rc_survives_reordering(void **state)
{
	const struct fault_config bad = { .reorder = 0.02, .seed = 3 };

	over_a_bad_line(state, &bad);
}

static void rc_survives_all_of_it(void **state)
{
	const struct fault_config bad = { .loss = 0.005, .dup = 0.05, .reorder = 0.01,
					  .delay_us = 20, .seed = 4 };

	over_a_bad_line(state, &bad);
}

enum { MESSAGES = 60, RECEIVES = 1 << SIDE_LOG_RQ };	/* room for more than were sent */

/* Sends MESSAGES over what a's line is now. Return: how many came, each of them whole. */
static unsigned int deliver(struct pair *p, uint8_t type, uint32_t len)
{
	struct hc_av av = { .qpn = p->b.qp.qpn, .qkey = p->path.qkey, .lid = p->b.lid };
	struct hc_sge sge = sge_of(&p->a, 0, len);
	struct hc_wr wr = wr_rdma(WQE_SEND, &sge, &p->b, 0);
	uint32_t lead = type == HC_UD ? 40 : 0;
	unsigned int i, got = 0;
	struct hc_wc wc;

	memset(p->b.mr.mem.ptr, 0, RECEIVES * 16384);
	for (i = 0; i < RECEIVES; i++)
		post_recv_buf(&p->b, i * 16384, 16384);
	pattern(p->a.mr.mem.ptr, len, 1);
	wr.av = type == HC_UD ? &av : NULL;
	for (i = 0; i < MESSAGES; i++) {
		post_one(&p->a, &wr);
		expect_ok(&p->a, &p->a.scq, CQE_REQ, NULL);
	}
	faults_clear(p->a.hca->port);
	world_settle(p->w, 5);
	while (hc_cq_poll(&p->b.rcq, &wc)) {
		assert_int_equal(wc.syndrome, 0);
		assert_int_equal(wc.bytes, len + lead);
		assert_true(pattern_is(p->b.mr.mem.ptr + wc.index * 16384 + lead, len, 1));
		got++;
	}
	pair_reconnect(p);		/* takes the receives that are left */
	while (hc_cq_poll(&p->b.rcq, &wc))
		;
	return got;
}

/* Every message is there whole or not at all, and the sender never waits. */
static void unreliable(void **state, uint8_t type, uint32_t len)
{
	const struct fault_config loss = { .loss = 0.1, .seed = 5 };
	const struct fault_config all = { .loss = 0.1, .dup = 0.05, .reorder = 0.05, .seed = 5 };
	struct pair p;

	pair_open(*state, type, 4 << 20, NULL, &p);
	assert_int_equal(deliver(&p, type, len), MESSAGES);
	assert_ok(faults_set(p.a.hca->port, FAULT_TX, &loss));
	assert_in_range(deliver(&p, type, len), 1, MESSAGES - 1);
	assert_ok(faults_set(p.a.hca->port, FAULT_TX, &all));
	/* a datagram that came twice is two messages; a connection knows its packets */
	assert_in_range(deliver(&p, type, len), 1, type == HC_UD ? RECEIVES : MESSAGES);
	assert_int_equal(deliver(&p, type, len), MESSAGES);
	pair_close(&p);
}

static void uc_loses_whole_messages_and_nothing_hangs(void **state)
{
	unreliable(state, HC_UC, 5000);
}

static void ud_loses_whole_messages_and_nothing_hangs(void **state)
{
	unreliable(state, HC_UD, 1000);
}

static void the_link_goes_down_and_up_with_events_and_traffic_goes_on(void **state)
{
	struct hc_path path = hc_path_default;
	struct pair p;
	struct eqe e;
	bool down = false, active = false;
	uint32_t value = 9;
	struct hc_wr wr;
	uint8_t port_state;
	uint16_t lid;

	path.ack_timeout = 14;
	path.retry = 7;
	pair_open(*state, HC_RC, 0, &path, &p);
	port_set_link(p.a.hca->port, false);
	world_settle(p.w, 2);
	assert_ok(hc_port_query(p.a.hc, &port_state, &lid));
	assert_int_equal(port_state, PORT_DOWN);
	wr = wr_rdma(WQE_RDMA_WRITE, NULL, &p.b, 0);
	wr.n_sge = 0;
	wr.inl = &value;
	wr.inl_len = 4;
	post_one(&p.a, &wr);
	expect_none(&p.a, &p.a.scq);
	port_set_link(p.a.hca->port, true);
	assert_ok(hc_port_wait_active(p.a.hc, &lid));
	assert_int_equal(lid, p.a.lid);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	while (hc_eq_poll(p.a.hc, &p.a.hc->fw->async, &e)) {
		down |= e.type == EVENT_PORT_CHANGE && e.sub_type == PORT_CHANGE_DOWN;
		active |= e.type == EVENT_PORT_CHANGE && e.sub_type == PORT_CHANGE_ACTIVE;
	}
	assert_true(down);
	assert_true(active);
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(rc_survives_loss),
		in_world(rc_survives_duplicates),
		in_world(rc_survives_reordering),
		in_world(rc_survives_all_of_it),
		in_world(uc_loses_whole_messages_and_nothing_hangs),
		in_world(ud_loses_whole_messages_and_nothing_hangs),
		in_world(the_link_goes_down_and_up_with_events_and_traffic_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
