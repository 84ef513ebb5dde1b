// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about commands that ask: the answer is what was created,
 * and what has become of it. It must never know the model's insides.
 */
#include "tests/unit/hca/world.h"

#include "tests/hca-model/fabric/port.h"

enum {
	EQ_ARMED = 9, EQ_FIRED = 0xa, SRQ_GOOD = 0, RMP_READY = 1, ANSWER = 0x200,
	LOG = 4, LOG_STRIDE = 7, INDEX = 0x1234, BAD_RES = 5, VECTOR = 2,
};

/* The answer to a query of one number; 0 or hc_exec()'s error. */
static int query(struct hc *hc, uint16_t opcode, uint32_t number, uint8_t out[ANSWER], size_t len)
{
	uint8_t in[16] = { 0 };

	memset(out, 0, ANSWER);
	hc_head(in, opcode, 0);
	ifc_set(in, query_srq_in__srqn, number);
	return hc_exec(hc, in, sizeof(in), out, len);
}

static int query_eq(struct hc *hc, uint32_t eqn, uint8_t out[ANSWER])
{
	uint8_t in[query_eq_in__SIZE] = { 0 };

	memset(out, 0, ANSWER);
	hc_head(in, HC_QUERY_EQ, 0);
	ifc_set(in, query_eq_in__eq_number, eqn);
	return hc_exec(hc, in, sizeof(in), out, query_eq_out__SIZE);
}

static void an_event_queue_tells_its_size_vector_and_counters(void **state)
{
	uint8_t out[ANSWER], *c = out + query_eq_out__eq_context_entry__BYTE;
	struct hc_qp_init init;
	struct hc_wc wc;
	struct hc_eq eq;
	struct hc_cq cq;
	struct hc_sge sge;
	struct hc_wr wr;
	struct eqe eqe;
	struct pair p;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_ok(hc_eq_create(p.a.hc, VECTOR, 5, 0, &eq));
	assert_ok(query_eq(p.a.hc, eq.eqn, out));
	assert_int_equal(ifc_get(c, eqc__log_eq_size), 5);
	assert_int_equal(ifc_get(c, eqc__intr), VECTOR);
	assert_int_equal(ifc_get(c, eqc__uar_page), p.a.hc->fw->uar);
	assert_int_equal(ifc_get(c, eqc__status), 0);
	assert_int_equal(ifc_get(c, eqc__st), EQ_ARMED);
	assert_int_equal(ifc_get(c, eqc__producer_counter), 0);

	/* one event: a completion of the pair's, on a CQ that reports here */
	assert_ok(hc_cq_create(p.a.hc, 4, 64, eq.eqn, &cq));
	init = p.a.qp.init;
	init.scq = &cq;
	assert_ok(hc_qp_destroy(p.a.hc, &p.a.qp));
	assert_ok(hc_qp_create(p.a.hc, &init, &p.a.qp));
	pair_reconnect(&p);
	hc_cq_arm(p.a.hc, &cq, false);
	sge = sge_of(&p.a, 0, 8);
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
	post_one(&p.a, &wr);
	assert_ok(hc_cq_wait(p.a.hc, &cq, &wc));
	assert_ok(query_eq(p.a.hc, eq.eqn, out));
	assert_int_equal(ifc_get(c, eqc__st), EQ_FIRED);
	assert_int_equal(ifc_get(c, eqc__producer_counter), 1);
	assert_int_equal(ifc_get(c, eqc__consumer_counter), 0);
	assert_true(hc_eq_poll(p.a.hc, &eq, &eqe));
	hc_eq_arm(p.a.hc, &eq);
	world_settle(p.w, 2);
	assert_ok(query_eq(p.a.hc, eq.eqn, out));
	assert_int_equal(ifc_get(c, eqc__st), EQ_ARMED);
	assert_int_equal(ifc_get(c, eqc__consumer_counter), 1);

	assert_ok(hc_qp_destroy(p.a.hc, &p.a.qp));
	assert_ok(hc_cq_destroy(p.a.hc, &cq));
	assert_ok(hc_eq_destroy(p.a.hc, &eq));
	assert_refused(p.a.hc, query_eq(p.a.hc, eq.eqn, out), BAD_RES);
	side_qp(&p.a, HC_RC, &p.a.qp);
	pair_close(&p);
}

static void a_key_tells_what_it_was_made_of_and_what_became_of_it(void **state)
{
	uint8_t out[ANSWER], *c = out + query_mkey_out__memory_key_mkey_entry__BYTE;
	struct hc_wr inval = { .opcode = WQE_LOCAL_INVAL, .flags = HC_SIGNALED };
	struct hc_qp_init init;
	struct hc_mkey m;
	struct pair p;
	uint64_t page;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	init = p.b.qp.init;
	init.fre = true;
	assert_ok(hc_qp_destroy(p.b.hc, &p.b.qp));
	assert_ok(hc_qp_create(p.b.hc, &init, &p.b.qp));
	pair_reconnect(&p);
	page = p.b.mr.mem.iova;
	m = (struct hc_mkey){ .pd = p.b.pd, .rights = HC_LR | HC_RW | HC_LW, .mode = HC_MODE_MTT,
			      .variant = 0x7b, .start = 0x123456789000ull, .len = 3000,
			      .log_page = 12, .pages = &page, .n = 1, .qpn = p.b.qp.qpn,
			      .umr_en = true };
	assert_ok(hc_mkey_create(p.b.hc, &m, &key));
	assert_ok(query(p.b.hc, HC_QUERY_MKEY, key >> 8, out, query_mkey_out__SIZE));
	assert_int_equal(ifc_get(c, mkc__free), 0);
	assert_int_equal(ifc_get(c, mkc__umr_en), 1);
	assert_int_equal(ifc_get(c, mkc__en_rinval), 0);
	assert_int_equal(ifc_get(c, mkc__lr), 1);
	assert_int_equal(ifc_get(c, mkc__lw), 1);
	assert_int_equal(ifc_get(c, mkc__rr), 0);
	assert_int_equal(ifc_get(c, mkc__rw), 1);
	assert_int_equal(ifc_get(c, mkc__a), 0);
	assert_int_equal(ifc_get(c, mkc__access_mode_1_0), HC_MODE_MTT);
	assert_int_equal(ifc_get(c, mkc__mkey_7_0), 0x7b);
	assert_int_equal(ifc_get(c, mkc__qpn), p.b.qp.qpn);
	assert_int_equal(ifc_get(c, mkc__pd), p.b.pd);
	assert_int_equal(ifc_get(c, mkc__start_addr), m.start);
	assert_int_equal(ifc_get(c, mkc__len), 3000);
	assert_int_equal(ifc_get(c, mkc__log_page_size), 12);
	assert_int_equal(ifc_get(c, mkc__translations_octword_size), 1);

	inval.imm = key;
	post_one(&p.b, &inval);
	expect_ok(&p.b, &p.b.scq, CQE_REQ, NULL);
	assert_ok(query(p.b.hc, HC_QUERY_MKEY, key >> 8, out, query_mkey_out__SIZE));
	assert_int_equal(ifc_get(c, mkc__free), 1);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	assert_refused(p.b.hc, query(p.b.hc, HC_QUERY_MKEY, key >> 8, out, query_mkey_out__SIZE),
		       BAD_RES);
	pair_close(&p);
}

static void a_shared_queue_tells_its_size_record_and_limit(void **state)
{
	uint8_t out[ANSWER], *c = out + query_srq_out__srq_context_entry__BYTE;
	struct hc_srq srq;
	struct side s;

	side_open(*state, 0, 0, &s);
	assert_ok(hc_srq_create(s.hc, HC_SRQ_BASIC, s.pd, LOG, LOG_STRIDE, 0, 0, 0, &srq));
	assert_ok(hc_srq_arm(s.hc, &srq, 11));
	assert_ok(query(s.hc, HC_QUERY_SRQ, srq.srqn, out, query_srq_out__SIZE));
	assert_int_equal(ifc_get(c, srqc__state), SRQ_GOOD);
	assert_int_equal(ifc_get(c, srqc__log_srq_size), LOG);
	assert_int_equal(ifc_get(c, srqc__log_rq_stride), LOG_STRIDE - 4);
	assert_int_equal(ifc_get(c, srqc__pd), s.pd);
	assert_int_equal(ifc_get(c, srqc__lwm), 11);
	assert_int_equal(ifc_get(c, srqc__dbr_addr), srq.dbr.iova);
	/* it is no queue of another kind */
	assert_refused(s.hc, query(s.hc, HC_QUERY_RMP, srq.srqn, out, query_rmp_out__SIZE),
		       BAD_RES);
	assert_refused(s.hc, query(s.hc, HC_QUERY_XRC_SRQ, srq.srqn, out, query_xrc_srq_out__SIZE),
		       BAD_RES);
	assert_ok(hc_srq_destroy(s.hc, &srq));
	assert_refused(s.hc, query(s.hc, HC_QUERY_SRQ, srq.srqn, out, query_srq_out__SIZE),
		       BAD_RES);
	side_close(&s);
}

static void a_receive_pool_tells_its_size_record_and_limit(void **state)
{
	uint8_t out[ANSWER], *c = out + query_rmp_out__rmp_context__BYTE;
	const uint8_t *wq = c + rmpc__wq__BYTE;
	struct hc_srq srq;
	struct side s;

	side_open(*state, 0, 0, &s);
	assert_ok(hc_srq_create(s.hc, HC_SRQ_RMP, s.pd, LOG, LOG_STRIDE, 0, 0, 0, &srq));
	assert_ok(hc_srq_arm(s.hc, &srq, 12));
	assert_ok(query(s.hc, HC_QUERY_RMP, srq.srqn, out, query_rmp_out__SIZE));
	assert_int_equal(ifc_get(c, rmpc__state), RMP_READY);
	assert_int_equal(ifc_get(wq, wq__log_wq_sz), LOG);
	assert_int_equal(ifc_get(wq, wq__log_wq_stride), LOG_STRIDE);
	assert_int_equal(ifc_get(wq, wq__pd), s.pd);
	assert_int_equal(ifc_get(wq, wq__lwm), 12);
	assert_int_equal(ifc_get(wq, wq__dbr_addr), srq.dbr.iova);
	assert_ok(hc_srq_destroy(s.hc, &srq));
	assert_refused(s.hc, query(s.hc, HC_QUERY_RMP, srq.srqn, out, query_rmp_out__SIZE),
		       BAD_RES);
	side_close(&s);
}

static void an_xrc_queue_tells_its_domain_queue_and_index_too(void **state)
{
	uint8_t out[ANSWER], *c = out + query_xrc_srq_out__xrc_srq_context_entry__BYTE;
	struct hc_srq srq;
	struct side s;

	side_open(*state, 0, 0, &s);
	assert_ok(hc_srq_create(s.hc, HC_SRQ_XRC, s.pd, LOG, LOG_STRIDE, s.xrcd, s.rcq.cqn, INDEX,
				&srq));
	assert_ok(hc_srq_arm(s.hc, &srq, 13));
	assert_ok(query(s.hc, HC_QUERY_XRC_SRQ, srq.srqn, out, query_xrc_srq_out__SIZE));
	assert_int_equal(ifc_get(c, xrc_srqc__state), SRQ_GOOD);
	assert_int_equal(ifc_get(c, xrc_srqc__log_xrc_srq_size), LOG);
	assert_int_equal(ifc_get(c, xrc_srqc__log_rq_stride), LOG_STRIDE - 4);
	assert_int_equal(ifc_get(c, xrc_srqc__pd), s.pd);
	assert_int_equal(ifc_get(c, xrc_srqc__xrcd), s.xrcd);
	assert_int_equal(ifc_get(c, xrc_srqc__cqn), s.rcq.cqn);
	assert_int_equal(ifc_get(c, xrc_srqc__user_index), INDEX);
	assert_int_equal(ifc_get(c, xrc_srqc__lwm), 13);
	assert_int_equal(ifc_get(c, xrc_srqc__db_record_addr_h), srq.dbr.iova >> 32);
	assert_int_equal(ifc_get(c, xrc_srqc__db_record_addr_l), (uint32_t)srq.dbr.iova >> 2);
	assert_ok(hc_srq_destroy(s.hc, &srq));
	assert_refused(s.hc, query(s.hc, HC_QUERY_XRC_SRQ, srq.srqn, out, query_xrc_srq_out__SIZE),
		       BAD_RES);
	side_close(&s);
}

static void the_adapter_tells_its_vendor_and_board(void **state)
{
	struct world *w = *state;
	uint8_t out[ANSWER];
	const uint8_t *b = out + query_adapter_out__query_adapter_struct__BYTE;

	assert_ok(query(w->hc[0], HC_QUERY_ADAPTER, 0, out, query_adapter_out__SIZE));
	assert_int_equal(ifc_get(b, query_adapter_param_block__ieee_vendor_id), 0x2c9);
	assert_memory_equal(b + query_adapter_param_block__vsd_contd_psid__BYTE, "MT_", 3);
}

static void expect_vport(struct hc *hc, uint8_t admin, uint8_t link)
{
	uint8_t out[ANSWER];

	assert_ok(query(hc, HC_QUERY_VPORT_STATE, 0, out, query_vport_state_out__SIZE));
	assert_int_equal(ifc_get(out, query_vport_state_out__admin_state), admin);
	assert_int_equal(ifc_get(out, query_vport_state_out__state), link);
}

static void the_port_tells_what_the_driver_wants_and_what_is(void **state)
{
	struct world *w = *state;
	struct port *port = w->hca[0]->port;

	expect_vport(w->hc[0], 1, 1);
	port_set_link(port, false);
	expect_vport(w->hc[0], 1, 0);
	port_set_link(port, true);
	assert_ok(hc_port_wait_active(w->hc[0], &w->lid[0]));
	expect_vport(w->hc[0], 1, 1);
	port_set_admin(port, false);
	expect_vport(w->hc[0], 0, 0);
	port_set_admin(port, true);
	assert_ok(hc_port_wait_active(w->hc[0], &w->lid[0]));
	expect_vport(w->hc[0], 1, 1);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(an_event_queue_tells_its_size_vector_and_counters),
		in_world(a_key_tells_what_it_was_made_of_and_what_became_of_it),
		in_world(a_shared_queue_tells_its_size_record_and_limit),
		in_world(a_receive_pool_tells_its_size_record_and_limit),
		in_world(an_xrc_queue_tells_its_domain_queue_and_index_too),
		in_world(the_adapter_tells_its_vendor_and_board),
		in_world(the_port_tells_what_the_driver_wants_and_what_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
