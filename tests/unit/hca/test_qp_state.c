// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about the states of a queue pair: which command is legal
 * in which state, what each needs. It must never know packets.
 */
#include "tests/unit/hca/world.h"

#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/obj/qp.h"

#define IN(s) (1u << (s))

static const struct {
	uint16_t opcode;
	unsigned int from;		/* states it is legal in */
	int to;
} rows[] = {
	{ HC_RST2INIT_QP, IN(QP_RESET), QP_INIT },
	{ HC_INIT2INIT_QP, IN(QP_INIT), QP_INIT },
	{ HC_INIT2RTR_QP, IN(QP_INIT), QP_RTR },
	{ HC_RTR2RTS_QP, IN(QP_RTR), QP_RTS },
	{ HC_RTS2RTS_QP, IN(QP_RTS), QP_RTS },
	{ HC_SQERR2RTS_QP, IN(QP_SQER), QP_RTS },
	{ HC_SQD2RTS_QP, IN(QP_SQD), QP_RTS },
	{ HC_2ERR_QP, 0xff, QP_ERR },
	{ HC_2RST_QP, 0xff, QP_RESET },
};

static struct hc_path path_to(const struct side *s, const struct hc_qp *qp)
{
	struct hc_path path = hc_path_default;

	path.dlid = s->lid;
	path.remote_qpn = qp->qpn;
	return path;
}

static void make_sqer(struct side *s, struct hc_qp *qp)
{
	struct hc_wr wr = { .opcode = 0x3e };
	struct hc_wc wc;

	hc_post_send(qp, &wr);
	hc_ring(s->hc, qp);
	assert_ok(hc_cq_wait(s->hc, &s->scq, &wc));
}

/* Bring a fresh QP to @state; false when no command leads there. */
static bool bring_to(struct side *s, struct hc_qp *qp, int state)
{
	struct hc_path path = path_to(s, qp);
	struct hc *hc = s->hc;

	assert_ok(hc_qp_reset(hc, qp));
	if (state == QP_SQD)
		return false;
	if (state == QP_SQER && qp->init.type != HC_UD && qp->init.type != HC_UC)
		return false;
	if (state == QP_ERR)
		assert_ok(hc_cmd_simple(hc, HC_2ERR_QP, 0, qp->qpn));
	if (state == QP_ERR || state == QP_RESET)
		return true;
	assert_ok(hc_qp_modify(hc, qp, HC_RST2INIT_QP, 0, &path));
	if (state == QP_INIT)
		return true;
	assert_ok(hc_qp_modify(hc, qp, HC_INIT2RTR_QP, 0, &path));
	if (state == QP_RTR)
		return true;
	assert_ok(hc_qp_modify(hc, qp, HC_RTR2RTS_QP, 0, &path));
	if (state == QP_SQER)
		make_sqer(s, qp);
	return true;
}

static void every_command_from_every_state(void **state)
{
	static const uint8_t types[] = { HC_RC, HC_UC, HC_UD, HC_XRC };
	struct hc_path path;
	struct side s;
	unsigned int t, r;
	int from, ret;

	side_open(*state, 0, 0, &s);
	for (t = 0; t < 4; t++) {
		struct hc_qp qp;

		side_qp(&s, types[t], &qp);
		path = path_to(&s, &qp);
		for (r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
			for (from = QP_RESET; from <= QP_ERR; from++) {
				if (!bring_to(&s, &qp, from))
					continue;
				assert_int_equal(hc_qp_state(s.hc, &qp), from);
				ret = hc_qp_modify(s.hc, &qp, rows[r].opcode, 0, &path);
				if (rows[r].from & IN(from)) {
					assert_ok(ret);
					assert_int_equal(hc_qp_state(s.hc, &qp), rows[r].to);
				} else {
					assert_refused(s.hc, ret, CMD_BAD_QP_STATE);
					assert_int_equal(hc_qp_state(s.hc, &qp), from);
				}
			}
		}
		assert_ok(hc_qp_destroy(s.hc, &qp));
	}
	side_close(&s);
}

static void refuse(struct side *s, struct hc_qp *qp, uint16_t opcode, uint32_t optpar,
		   const struct hc_path *path, int state)
{
	assert_refused(s->hc, hc_qp_modify(s->hc, qp, opcode, optpar, path), CMD_BAD_PARAM);
	assert_int_equal(hc_qp_state(s->hc, qp), state);
}

static void impossible_attributes_are_refused_and_change_nothing(void **state)
{
	struct hc_path good, bad;
	struct hc_qp qp;
	struct side s;

	side_open(*state, 0, 0, &s);
	side_qp(&s, HC_RC, &qp);
	good = path_to(&s, &qp);

	bad = good;
	bad.pkey_index = 500;
	refuse(&s, &qp, HC_RST2INIT_QP, 0, &bad, QP_RESET);
	refuse(&s, &qp, HC_RST2INIT_QP, 1u << 30, &good, QP_RESET);
	assert_ok(hc_qp_modify(s.hc, &qp, HC_RST2INIT_QP, 0, &good));

	bad = good;
	bad.mtu = 0;
	refuse(&s, &qp, HC_INIT2RTR_QP, 0, &bad, QP_INIT);
	bad.mtu = 6;
	refuse(&s, &qp, HC_INIT2RTR_QP, 0, &bad, QP_INIT);
	bad = good;
	bad.log_msg_max = 31;
	refuse(&s, &qp, HC_INIT2RTR_QP, 0, &bad, QP_INIT);
	bad = good;
	bad.log_rra = 7;
	refuse(&s, &qp, HC_INIT2RTR_QP, 0, &bad, QP_INIT);
	bad = good;
	bad.dlid = 0;
	refuse(&s, &qp, HC_INIT2RTR_QP, 0, &bad, QP_INIT);
	assert_ok(hc_qp_modify(s.hc, &qp, HC_INIT2RTR_QP, 0, &good));

	bad = good;
	bad.log_sra = 7;
	refuse(&s, &qp, HC_RTR2RTS_QP, 0, &bad, QP_RTR);
	assert_ok(hc_qp_modify(s.hc, &qp, HC_RTR2RTS_QP, 0, &good));
	refuse(&s, &qp, HC_RTS2RTS_QP, HC_OPT_PKEY, &good, QP_RTS);
	assert_ok(hc_qp_destroy(s.hc, &qp));
	side_close(&s);
}

static void the_context_reads_back_as_it_was_set(void **state)
{
	uint8_t c[qpc__SIZE];
	const uint8_t *ads = c + qpc__primary_address_path__BYTE;
	struct hc_path path;
	struct hc_qp qp;
	struct side s;

	side_open(*state, 0, 0, &s);
	side_qp(&s, HC_RC, &qp);
	path = path_to(&s, &qp);
	path.sq_psn = 0xabcdef;
	path.rq_psn = 0x123456;
	path.rnr_retry = 3;
	path.retry = 5;
	path.min_rnr = 17;
	path.rights = HC_RW;
	assert_ok(hc_qp_to_rts(s.hc, &qp, &path));
	assert_ok(hc_qp_query(s.hc, &qp, c));
	assert_int_equal(ifc_get(c, qpc__state), QP_RTS);
	assert_int_equal(ifc_get(c, qpc__st), HC_RC);
	assert_int_equal(ifc_get(c, qpc__pd), s.pd);
	assert_int_equal(ifc_get(c, qpc__mtu), path.mtu);
	assert_int_equal(ifc_get(c, qpc__remote_qpn), qp.qpn);
	assert_int_equal(ifc_get(c, qpc__next_send_psn), 0xabcdef);
	assert_int_equal(ifc_get(c, qpc__next_rcv_psn), 0x123456);
	assert_int_equal(ifc_get(c, qpc__rnr_retry), 3);
	assert_int_equal(ifc_get(c, qpc__retry_count), 5);
	assert_int_equal(ifc_get(c, qpc__min_rnr_nak), 17);
	assert_int_equal(ifc_get(c, qpc__rwe), 1);
	assert_int_equal(ifc_get(c, qpc__rre), 0);
	assert_int_equal(ifc_get(c, qpc__rae), 0);
	assert_int_equal(ifc_get(c, qpc__log_rra_max), path.log_rra);
	assert_int_equal(ifc_get(c, qpc__log_sra_max), path.log_sra);
	assert_int_equal(ifc_get(ads, ads__rlid), s.lid);
	assert_int_equal(ifc_get(ads, ads__ack_timeout), path.ack_timeout);

	path.rights = HC_RR;
	assert_ok(hc_qp_modify(s.hc, &qp, HC_RTS2RTS_QP, HC_OPT_RRE | HC_OPT_RWE, &path));
	assert_ok(hc_qp_query(s.hc, &qp, c));
	assert_int_equal(ifc_get(c, qpc__rwe), 0);
	assert_int_equal(ifc_get(c, qpc__rre), 1);
	assert_ok(hc_qp_destroy(s.hc, &qp));
	side_close(&s);
}

static void a_queue_pair_in_init_or_rtr_does_not_send(void **state)
{
	struct pair p;
	struct hc_path path;
	uint32_t value = 77;
	struct hc_wr wr;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_ok(hc_qp_reset(p.a.hc, &p.a.qp));
	assert_ok(hc_qp_reset(p.b.hc, &p.b.qp));
	path = path_to(&p.b, &p.b.qp);
	assert_ok(hc_qp_modify(p.a.hc, &p.a.qp, HC_RST2INIT_QP, 0, &path));
	wr = wr_rdma(WQE_RDMA_WRITE, NULL, &p.b, 0);
	wr.n_sge = 0;
	wr.inl = &value;
	wr.inl_len = 4;
	post_one(&p.a, &wr);
	expect_none(&p.a, &p.a.scq);
	assert_ok(hc_qp_modify(p.a.hc, &p.a.qp, HC_INIT2RTR_QP, 0, &path));
	expect_none(&p.a, &p.a.scq);
	path = path_to(&p.a, &p.a.qp);
	assert_ok(hc_qp_to_rts(p.b.hc, &p.b.qp, &path));
	path = path_to(&p.b, &p.b.qp);
	assert_ok(hc_qp_modify(p.a.hc, &p.a.qp, HC_RTR2RTS_QP, 0, &path));
	hc_ring(p.a.hc, &p.a.qp);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_int_equal(*(uint32_t *)p.b.mr.mem.ptr, 77);
	pair_close(&p);
}

static void a_queue_pair_in_rtr_receives(void **state)
{
	struct pair p;
	struct hc_path path;
	struct hc_wr wr = { .opcode = WQE_SEND, .flags = HC_SIGNALED };
	struct eqe e;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_ok(hc_qp_reset(p.a.hc, &p.a.qp));
	assert_ok(hc_qp_reset(p.b.hc, &p.b.qp));
	path = path_to(&p.b, &p.b.qp);
	assert_ok(hc_qp_to_rts(p.a.hc, &p.a.qp, &path));
	path = path_to(&p.a, &p.a.qp);
	assert_ok(hc_qp_modify(p.b.hc, &p.b.qp, HC_RST2INIT_QP, 0, &path));
	post_recv_buf(&p.b, 0, 64);
	assert_ok(hc_qp_modify(p.b.hc, &p.b.qp, HC_INIT2RTR_QP, 0, &path));
	while (hc_eq_poll(p.b.hc, &p.b.hc->fw->async, &e))
		;
	post_one(&p.a, &wr);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, NULL);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	world_settle(p.w, 1);
	assert_true(hc_eq_poll(p.b.hc, &p.b.hc->fw->async, &e));
	assert_int_equal(e.type, EVENT_COMM_EST);
	assert_int_equal(ifc_load32(e.data + 24) & 0xffffff, p.b.qp.qpn);
	pair_close(&p);
}

static void send_errors_of_datagrams_leave_the_receive_side_alive(void **state)
{
	struct pair p;
	struct hc_av av;
	struct hc_wr bad = { .opcode = 0x3e }, wr = { .opcode = WQE_SEND, .flags = HC_SIGNALED };
	struct hc_path path = hc_path_default;

	pair_open(*state, HC_UD, 0, NULL, &p);
	post_one(&p.a, &bad);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_LOCAL_QP_OP);
	assert_int_equal(hc_qp_state(p.a.hc, &p.a.qp), QP_SQER);
	av = (struct hc_av){ .qpn = p.a.qp.qpn, .qkey = p.path.qkey, .lid = p.a.lid };
	wr.av = &av;
	post_recv_buf(&p.a, 0, 64);
	post_one(&p.b, &wr);
	expect_ok(&p.a, &p.a.rcq, CQE_RESP_SEND, NULL);
	assert_ok(hc_qp_modify(p.a.hc, &p.a.qp, HC_SQERR2RTS_QP, 0, &path));
	av = (struct hc_av){ .qpn = p.b.qp.qpn, .qkey = p.path.qkey, .lid = p.b.lid };
	post_recv_buf(&p.b, 0, 64);
	post_one(&p.a, &wr);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, NULL);
	pair_close(&p);
}

static void a_reset_forgets_what_was_posted(void **state)
{
	struct pair p;
	struct hc_wr wr = { .opcode = WQE_SEND, .flags = HC_SIGNALED };
	unsigned int i;

	pair_open(*state, HC_RC, 0, NULL, &p);
	for (i = 0; i < 4; i++)		/* no receive buffers: these wait */
		hc_post_send(&p.a.qp, &wr);
	hc_ring(p.a.hc, &p.a.qp);
	for (i = 0; i < 4; i++)
		post_recv_buf(&p.a, 0, 64);
	pair_reconnect(&p);
	post_recv_buf(&p.b, 0, 64);
	expect_none(&p.a, &p.a.scq);
	expect_none(&p.a, &p.a.rcq);
	expect_none(&p.b, &p.b.rcq);
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, NULL);
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(every_command_from_every_state),
		in_world(impossible_attributes_are_refused_and_change_nothing),
		in_world(the_context_reads_back_as_it_was_set),
		in_world(a_queue_pair_in_init_or_rtr_does_not_send),
		in_world(a_queue_pair_in_rtr_receives),
		in_world(send_errors_of_datagrams_leave_the_receive_side_alive),
		in_world(a_reset_forgets_what_was_posted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
