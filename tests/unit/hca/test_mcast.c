// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about datagrams to many and about the keys that keep
 * strangers out. It must never know how a join travels.
 */
#include "tests/unit/hca/world.h"

#include "tests/hca-model/fabric/multicast.h"
#include "tests/hca-model/fabric/port.h"
#include "tests/hca-model/obj/qp.h"

static const uint8_t mgid[16] = { 0xff, 0x12, 0x40, 0x1b, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0,
				  0x42 };

/* What an SA join of both ports does. */
static struct mcgroup *join_both(struct world *w)
{
	struct mcgroup *g;
	unsigned int i;

	assert_ok(multicast_create(w->model->fabric, mgid, &g));
	for (i = 0; i < 2; i++)
		assert_ok(multicast_join(w->model->fabric, g, w->hca[i]->port->switch_port,
					 w->hca[i]->port->gid[0], JOIN_FULL));
	return g;
}

static void send_to(struct pair *p, const struct hc_av *av)
{
	static const char text[] = "to whom it may concern";
	struct hc_wr wr = { .opcode = WQE_SEND, .flags = HC_SIGNALED, .av = av, .inl = text,
			    .inl_len = sizeof(text) };

	post_one(&p->a, &wr);
	expect_ok(&p->a, &p->a.scq, CQE_REQ, NULL);
}

static struct hc_av av_group(const struct mcgroup *g)
{
	struct hc_av av = { .qpn = 0xffffff, .qkey = 0x11111111, .lid = g->mlid, .grh = true,
			    .hop_limit = 1 };

	memcpy(av.dgid, mgid, 16);
	return av;
}

static void every_attached_queue_pair_gets_a_copy(void **state)
{
	struct pair p;
	struct hc_av av;
	struct hc_qp second;
	struct hc_path path = hc_path_default;
	struct hc_sge sge;
	struct hc_wc wc;
	unsigned int i, mask = 0;

	pair_open(*state, HC_UD, 0, NULL, &p);
	av = av_group(join_both(*state));
	side_qp(&p.b, HC_UD, &second);
	assert_ok(hc_qp_to_rts(p.b.hc, &second, &path));
	assert_ok(hc_mcg(p.b.hc, HC_ATTACH_TO_MCG, p.b.qp.qpn, mgid));
	assert_ok(hc_mcg(p.b.hc, HC_ATTACH_TO_MCG, second.qpn, mgid));
	post_recv_buf(&p.b, 0, 200);
	sge = (struct hc_sge){ p.b.mr.va + 1000, 200, p.b.mr.key };
	hc_post_recv(&second, &sge, 1);
	send_to(&p, &av);
	for (i = 0; i < 2; i++) {
		expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, &wc);
		mask |= wc.qpn == p.b.qp.qpn ? 1 : wc.qpn == second.qpn ? 2 : 4;
		assert_int_equal(wc.bytes, 40 + sizeof("to whom it may concern"));
	}
	assert_int_equal(mask, 3);
	assert_string_equal(p.b.mr.mem.ptr + 40, "to whom it may concern");
	assert_string_equal(p.b.mr.mem.ptr + 1040, "to whom it may concern");

	assert_ok(hc_mcg(p.b.hc, HC_DETACH_FROM_MCG, p.b.qp.qpn, mgid));
	post_recv_buf(&p.b, 0, 200);
	hc_post_recv(&second, &sge, 1);
	send_to(&p, &av);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, &wc);
	assert_int_equal(wc.qpn, second.qpn);
	expect_none(&p.b, &p.b.rcq);
	assert_ok(hc_qp_destroy(p.b.hc, &second));	/* takes its attachment along */
	pair_close(&p);
}

static void attaching_is_for_datagrams_and_detaching_for_the_attached(void **state)
{
	struct pair p;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_int_equal(hc_mcg(p.b.hc, HC_ATTACH_TO_MCG, p.b.qp.qpn, mgid), -EREMOTEIO);
	assert_int_equal(hc_mcg(p.b.hc, HC_DETACH_FROM_MCG, p.b.qp.qpn, mgid), -EREMOTEIO);
	assert_int_equal(hc_mcg(p.b.hc, HC_ATTACH_TO_MCG, 0xfffff0, mgid), -EREMOTEIO);
	pair_close(&p);
}

static void a_wrong_q_key_is_dropped_and_counted(void **state)
{
	struct pair p;
	struct hc_av av;

	pair_open(*state, HC_UD, 0, NULL, &p);
	av = (struct hc_av){ .qpn = p.b.qp.qpn, .qkey = 0x22222222, .lid = p.b.lid };
	post_recv_buf(&p.b, 0, 200);
	send_to(&p, &av);
	expect_none(&p.b, &p.b.rcq);
	assert_int_equal(p.b.hca->port->qkey_violations, 1);
	/* the top bit asks for the sender's own */
	av.qkey = 0x80000000;
	send_to(&p, &av);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, NULL);
	pair_close(&p);
}

static void a_wrong_p_key_is_dropped_and_counted(void **state)
{
	struct pair p;
	struct hc_av av;

	pair_open(*state, HC_UD, 0, NULL, &p);
	p.a.hca->port->pkey[1] = 0x8123;
	p.path.pkey_index = 1;
	assert_ok(hc_qp_reset(p.a.hc, &p.a.qp));
	assert_ok(hc_qp_to_rts(p.a.hc, &p.a.qp, &p.path));
	av = (struct hc_av){ .qpn = p.b.qp.qpn, .qkey = p.path.qkey, .lid = p.b.lid };
	post_recv_buf(&p.b, 0, 200);
	send_to(&p, &av);
	expect_none(&p.b, &p.b.rcq);
	assert_int_equal(p.b.hca->port->pkey_violations, 1);
	pair_close(&p);
}

static void limited_members_do_not_talk_to_each_other(void **state)
{
	struct hc_path path = hc_path_default;
	struct pair p;
	struct hc_wr wr = { .opcode = WQE_SEND };

	path.ack_timeout = 8;
	path.retry = 1;
	pair_open(*state, HC_RC, 0, &path, &p);
	p.a.hca->port->pkey[0] = 0x7fff;
	p.b.hca->port->pkey[0] = 0x7fff;
	pair_reconnect(&p);
	post_recv_buf(&p.b, 0, 200);
	post_one(&p.a, &wr);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_RETRY_EXC);
	expect_none(&p.b, &p.b.rcq);
	p.a.hca->port->pkey[0] = 0xffff;	/* one full member is enough */
	pair_reconnect(&p);
	post_recv_buf(&p.b, 0, 200);
	wr.flags = HC_SIGNALED;
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	pair_close(&p);
}

static void a_datagram_without_a_buffer_is_dropped(void **state)
{
	struct pair p;
	struct hc_av av;

	pair_open(*state, HC_UD, 0, NULL, &p);
	av = (struct hc_av){ .qpn = p.b.qp.qpn, .qkey = p.path.qkey, .lid = p.b.lid };
	send_to(&p, &av);
	post_recv_buf(&p.b, 0, 200);
	expect_none(&p.b, &p.b.rcq);
	send_to(&p, &av);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, NULL);
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(every_attached_queue_pair_gets_a_copy),
		in_world(attaching_is_for_datagrams_and_detaching_for_the_attached),
		in_world(a_wrong_q_key_is_dropped_and_counted),
		in_world(a_wrong_p_key_is_dropped_and_counted),
		in_world(limited_members_do_not_talk_to_each_other),
		in_world(a_datagram_without_a_buffer_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
