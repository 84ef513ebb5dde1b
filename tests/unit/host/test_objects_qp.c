// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The lives of queue pairs: every type through every transition, and what the
 * HCA has of it afterwards.
 */
#include <string.h>

#include "host-backend/hca/counter.h"
#include "host-backend/hca/rmp.h"
#include "host-backend/hca/xrcd.h"
#include "tests/unit/host/objects_qp.h"

static bool is_datagram(enum hca_qp_type type)
{
	return type == HCA_QP_UD || type == HCA_QP_SMI || type == HCA_QP_GSI;
}

static void check_ready(const struct objects_qp *q, const struct hca_qp_info *info)
{
	enum hca_qp_type type = q->attr.type;

	assert_int_equal(info->now.path.port, 1);
	assert_int_equal(info->now.send_psn, objects_qp_good.send_psn);
	if (is_datagram(type)) {
		assert_int_equal(info->now.qkey, objects_qp_good.qkey);
		return;
	}
	assert_int_equal(info->now.path.dlid, 1);
	assert_int_equal(info->now.path.sl, 3);
	assert_int_equal(info->now.mtu, HCA_MTU_1024);
	assert_int_equal(info->now.remote_qpn, objects_qp_good.remote_qpn);
	assert_int_equal(info->now.recv_psn, objects_qp_good.recv_psn);
	assert_true(info->now.remote_write);
	if (type == HCA_QP_UC)
		return;
	assert_true(info->now.remote_read && info->now.remote_atomic);
	assert_int_equal(info->now.path.ack_timeout, 14);
	assert_int_equal(info->now.log_responder, 3);
	assert_int_equal(info->now.log_initiator, 2);
	assert_int_equal(info->now.rnr_timer, 12);
	assert_int_equal(info->now.retries, 7);
	assert_int_equal(info->now.rnr_retries, 6);
}

/* RESET to RTS, through every state, with what each transition may change besides. */
static void through_all_states(struct objects_qp *q)
{
	struct hca_qp_change change = objects_qp_options(q, HCA_QP_RST2INIT);
	struct hca_qp_info info;

	objects_qp_step(q, HCA_QP_RST2INIT, &change, HCA_QP_STATE_INIT);
	if (q->attr.type != HCA_QP_SMI && q->attr.type != HCA_QP_GSI) {
		change = objects_qp_options(q, HCA_QP_INIT2INIT);
		objects_qp_step(q, HCA_QP_INIT2INIT, &change, HCA_QP_STATE_INIT);
	}
	change = objects_qp_options(q, HCA_QP_INIT2RTR);
	objects_qp_step(q, HCA_QP_INIT2RTR, &change, HCA_QP_STATE_RTR);
	change = objects_qp_options(q, HCA_QP_RTR2RTS);
	info = objects_qp_step(q, HCA_QP_RTR2RTS, &change, HCA_QP_STATE_RTS);
	check_ready(q, &info);
	change = objects_qp_options(q, HCA_QP_RTS2RTS);
	objects_qp_step(q, HCA_QP_RTS2RTS, &change, HCA_QP_STATE_RTS);
	objects_qp_step(q, HCA_QP_2ERR, NULL, HCA_QP_STATE_ERR);
	objects_qp_step(q, HCA_QP_2RST, NULL, HCA_QP_STATE_RST);
	objects_qp_step(q, HCA_QP_RST2INIT, &objects_qp_good, HCA_QP_STATE_INIT);
}

static void live(void **state, enum hca_qp_type type, uint8_t service)
{
	struct hca_qp_info info;
	struct objects_qp q;

	objects_qp_open(&q, state);
	objects_qp_describe(&q, type);
	objects_qp_create(&q);
	assert_int_equal(hca_qp_query(q.hca, q.qpn, &info), 0);
	assert_int_equal(info.service, service);
	assert_int_equal(info.pd, q.pd);
	assert_int_equal(info.send_cqn, q.cqn);
	assert_int_equal(info.recv_cqn, type == HCA_QP_XRC_INI ? q.defaults.cqn : q.cqn);
	assert_int_equal(info.srqn, type == HCA_QP_XRC_INI ? q.defaults.xrc_srqn :
							     q.defaults.rmpn);
	assert_int_equal(info.xrcd, q.defaults.xrcd);
	through_all_states(&q);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	assert_int_equal(hca_qp_query(q.hca, q.qpn, &info), -EREMOTEIO);
	objects_qp_close(&q);
}

static void an_rc_qp_lives(void **state) { live(state, HCA_QP_RC, 0); }
static void a_uc_qp_lives(void **state) { live(state, HCA_QP_UC, 1); }
static void a_ud_qp_lives(void **state) { live(state, HCA_QP_UD, 2); }
static void an_xrc_initiator_lives(void **state) { live(state, HCA_QP_XRC_INI, 3); }
static void a_qp_of_the_smi_lives(void **state) { live(state, HCA_QP_SMI, 7); }
static void a_qp_of_the_gsi_lives(void **state) { live(state, HCA_QP_GSI, 8); }

static void an_xrc_target_lives_on_defaults(void **state)
{
	struct hca_qp_info info;
	struct objects_qp q;

	objects_qp_open(&q, state);
	objects_qp_describe(&q, HCA_QP_XRC_TGT);
	assert_int_equal(hca_xrcd_alloc(q.hca, &q.attr.xrcd), 0);
	objects_qp_create(&q);
	assert_int_equal(hca_qp_query(q.hca, q.qpn, &info), 0);
	assert_int_equal(info.pd, q.defaults.pd);
	assert_int_equal(info.xrcd, q.attr.xrcd);
	assert_int_equal(info.srqn, q.defaults.xrc_srqn);
	through_all_states(&q);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	assert_int_equal(hca_xrcd_dealloc(q.hca, q.attr.xrcd), 0);
	objects_qp_close(&q);
}

static void a_qp_receives_from_a_shared_queue(void **state)
{
	struct hca_srq_attr srq = { .log_size = 4, .log_stride = 5 };
	struct objects_ring ring;
	struct hca_qp_info info;
	struct objects_qp q;

	objects_qp_open(&q, state);
	assert_int_equal(objects_ring_alloc(q.bed, 1u << 9, &ring), 0);
	srq.pd = q.pd;
	srq.ring = ring.ring;
	srq.dbr_iova = ring.dbr_iova;
	objects_qp_describe(&q, HCA_QP_RC);
	q.attr.has_rq = false;
	q.attr.has_srq = true;
	assert_int_equal(hca_rmp_create(q.hca, &srq, &q.attr.srqn), 0);
	objects_qp_create(&q);
	assert_int_equal(hca_qp_query(q.hca, q.qpn, &info), 0);
	assert_int_equal(info.srqn, q.attr.srqn);
	assert_int_equal(info.xrcd, q.defaults.xrcd_srq);
	assert_int_equal(hca_rmp_destroy(q.hca, q.attr.srqn), -EREMOTEIO);
	through_all_states(&q);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	assert_int_equal(hca_rmp_destroy(q.hca, q.attr.srqn), 0);
	objects_ring_free(q.bed, &ring, false);
	objects_qp_close(&q);
}

static void a_global_route_arrives_whole(void **state)
{
	struct hca_qp_change change = objects_qp_good;
	struct hca_qp_info info;
	struct objects_qp q;

	change.path.grh = true;
	change.path.sgid_index = 0;
	change.path.hop_limit = 77;
	change.path.traffic_class = 0x5a;
	change.path.flow_label = 0xfedcb;
	memset(change.path.dgid, 0xd6, sizeof(change.path.dgid));
	change.path.path_bits = 5;
	change.path.static_rate = 2;
	objects_qp_open(&q, state);
	objects_qp_describe(&q, HCA_QP_RC);
	objects_qp_create(&q);
	objects_qp_step(&q, HCA_QP_RST2INIT, &change, HCA_QP_STATE_INIT);
	info = objects_qp_step(&q, HCA_QP_INIT2RTR, &change, HCA_QP_STATE_RTR);
	assert_memory_equal(info.now.path.dgid, change.path.dgid, 16);
	assert_true(info.now.path.grh);
	assert_int_equal(info.now.path.hop_limit, 77);
	assert_int_equal(info.now.path.traffic_class, 0x5a);
	assert_int_equal(info.now.path.flow_label, 0xfedcb);
	assert_int_equal(info.now.path.path_bits, 5);
	assert_int_equal(info.now.path.static_rate, 2);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	objects_qp_close(&q);
}

static void a_qp_counts_in_its_set(void **state)
{
	struct hca_qp_change change = objects_qp_good;
	struct hca_qp_info info;
	struct objects_qp q;
	uint8_t set[2];

	objects_qp_open(&q, state);
	assert_int_equal(hca_counter_alloc(q.hca, &set[0]), 0);
	assert_int_equal(hca_counter_alloc(q.hca, &set[1]), 0);
	objects_qp_describe(&q, HCA_QP_UD);
	objects_qp_create(&q);
	change.counter_set = set[0];
	objects_qp_step(&q, HCA_QP_RST2INIT, &change, HCA_QP_STATE_INIT);
	assert_int_equal(hca_counter_dealloc(q.hca, set[0]), -EREMOTEIO);
	objects_qp_step(&q, HCA_QP_INIT2RTR, &change, HCA_QP_STATE_RTR);
	objects_qp_step(&q, HCA_QP_RTR2RTS, &change, HCA_QP_STATE_RTS);
	change.opt = HCA_QP_OPT_COUNTER_SET;
	change.counter_set = set[1];
	info = objects_qp_step(&q, HCA_QP_RTS2RTS, &change, HCA_QP_STATE_RTS);
	assert_int_equal(info.now.counter_set, set[1]);
	assert_int_equal(hca_counter_dealloc(q.hca, set[0]), 0);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	assert_int_equal(hca_counter_dealloc(q.hca, set[1]), 0);
	objects_qp_close(&q);
}

static void refused(struct objects_qp *q, const struct hca_qp_attr *attr)
{
	uint32_t qpn;

	assert_int_equal(hca_qp_create(q->hca, &q->defaults, attr, &qpn), -EINVAL);
}

static void a_qp_that_contradicts_itself_is_refused(void **state)
{
	struct hca_qp_attr attr;
	struct objects_qp q;

	objects_qp_open(&q, state);
#define REFUSE(type, change) do { objects_qp_describe(&q, type); attr = q.attr; change; \
				  refused(&q, &attr); } while (0)
	REFUSE(HCA_QP_RC, attr.has_srq = true);
	REFUSE(HCA_QP_RC, attr.type = (enum hca_qp_type)7);
	REFUSE(HCA_QP_RC, attr.log_sq = 16);
	REFUSE(HCA_QP_RC, attr.log_rq = 16);
	REFUSE(HCA_QP_RC, attr.log_rq_stride = 3);
	REFUSE(HCA_QP_RC, attr.log_rq_stride = 12);
	REFUSE(HCA_QP_RC, (attr.log_rq = 0, attr.log_rq_stride = 5));
	REFUSE(HCA_QP_RC, attr.dbr_iova += 4);
	REFUSE(HCA_QP_RC, attr.log_sq = 9);		/* does not fit into the ring */
	REFUSE(HCA_QP_RC, attr.ring.offset = 8);
	REFUSE(HCA_QP_XRC_INI, attr.has_rq = true);
	REFUSE(HCA_QP_XRC_INI, attr.has_srq = true);
	REFUSE(HCA_QP_XRC_TGT, attr.has_sq = true);
#undef REFUSE
	objects_qp_close(&q);
}

static void refused_change(struct objects_qp *q, enum hca_qp_verb verb,
			   const struct hca_qp_change *change)
{
	assert_int_equal(objects_qp_modify(q, verb, change), -EINVAL);
}

static void values_that_no_field_can_hold_are_refused(void **state)
{
	struct hca_qp_change change;
	struct objects_qp q;

	objects_qp_open(&q, state);
	objects_qp_describe(&q, HCA_QP_RC);
	objects_qp_create(&q);
	objects_qp_step(&q, HCA_QP_RST2INIT, &objects_qp_good, HCA_QP_STATE_INIT);
#define REFUSE(what) do { change = objects_qp_good; change.what; \
			  refused_change(&q, HCA_QP_INIT2RTR, &change); } while (0)
	REFUSE(path.sl = 16);
	REFUSE(path.path_bits = 128);
	REFUSE(path.static_rate = 16);
	REFUSE(path.ack_timeout = 32);
	REFUSE(path.flow_label = 1 << 20);
	REFUSE(mtu = (enum hca_mtu)0);
	REFUSE(mtu = (enum hca_mtu)6);
	REFUSE(remote_qpn = 1 << 24);
	REFUSE(recv_psn = 1 << 24);
	REFUSE(send_psn = 1 << 24);
	REFUSE(log_responder = 8);
	REFUSE(log_initiator = 8);
	REFUSE(rnr_timer = 32);
	REFUSE(retries = 8);
	REFUSE(rnr_retries = 8);
	REFUSE(opt = HCA_QP_OPT_QKEY);
	REFUSE(opt = 1u << 31);
#undef REFUSE
	refused_change(&q, (enum hca_qp_verb)0x508, &objects_qp_good);
	/* In the wrong state the firmware refuses. */
	assert_int_equal(objects_qp_modify(&q, HCA_QP_RTR2RTS, &objects_qp_good), -EREMOTEIO);
	assert_int_equal(hca_cmd_last_error(q.hca)->opcode, HCA_OP_RTR2RTS_QP);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	objects_qp_close(&q);
}

int main(void)
{
#define LIFE(test) cmocka_unit_test_setup_teardown(test, objects_bed_setup, objects_bed_teardown)
	const struct CMUnitTest tests[] = {
		LIFE(an_rc_qp_lives),
		LIFE(a_uc_qp_lives),
		LIFE(a_ud_qp_lives),
		LIFE(an_xrc_initiator_lives),
		LIFE(an_xrc_target_lives_on_defaults),
		LIFE(a_qp_of_the_smi_lives),
		LIFE(a_qp_of_the_gsi_lives),
		LIFE(a_qp_receives_from_a_shared_queue),
		LIFE(a_global_route_arrives_whole),
		LIFE(a_qp_counts_in_its_set),
		LIFE(a_qp_that_contradicts_itself_is_refused),
		LIFE(values_that_no_field_can_hold_are_refused),
	};

	return cmocka_run_group_tests(tests, objects_bed_group_setup, objects_bed_group_teardown);
}
