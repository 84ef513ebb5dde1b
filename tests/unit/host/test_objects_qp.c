// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The lives of queue pairs: every type through every transition, and what the
 * HCA has of it afterwards.
 */
#include <endian.h>
#include <string.h>
#include <unistd.h>

#include "host-backend/hca/barrier.h"
#include "host-backend/hca/counter.h"
#include "host-backend/hca/cq.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/hca/mcg.h"
#include "host-backend/hca/pd.h"
#include "host-backend/hca/qp.h"
#include "host-backend/hca/rmp.h"
#include "host-backend/hca/uar.h"
#include "host-backend/hca/xrcd.h"
#include "tests/unit/host/objects_bed.h"

enum { LOG_CQ = 7, LOG_SQ = 6, LOG_RQ = 5, LOG_RQ_STRIDE = 6, WAIT_MS = 5000 };

/* What all QPs stand on. */
struct qp_bed {
	struct objects_bed *bed;
	struct hca *hca;
	struct hca_defaults defaults;
	struct objects_ring cq_ring, ring;
	uint32_t cqn, pd;
	struct hca_qp_attr attr;
	uint32_t qpn;
};

static void make_cq(struct qp_bed *q)
{
	struct hca_cq_attr attr = { .log_size = LOG_CQ, .cqe_bytes = 64,
				    .uar = hca_own_uar(q->hca), .eqn = q->bed->eq->eqn };

	assert_int_equal(objects_ring_alloc(q->bed, 64u << LOG_CQ, &q->cq_ring), 0);
	objects_ring_fresh_cqes(&q->cq_ring, 64);
	attr.ring = q->cq_ring.ring;
	attr.dbr_iova = q->cq_ring.dbr_iova;
	assert_int_equal(hca_cq_create(q->hca, &attr, &q->cqn), 0);
}

static void open_bed(struct qp_bed *q, void **state)
{
	memset(q, 0, sizeof(*q));
	q->bed = *state;
	q->hca = q->bed->hca;
	assert_int_equal(hca_defaults_create(q->hca, hca_own_uar(q->hca), q->bed->eq->eqn,
					     &q->defaults), 0);
	make_cq(q);
	assert_int_equal(hca_pd_alloc(q->hca, &q->pd), 0);
	assert_int_equal(objects_ring_alloc(q->bed, 3 * OBJECTS_PAGE, &q->ring), 0);
}

static void close_bed(struct qp_bed *q)
{
	objects_ring_free(q->bed, &q->ring, false);
	assert_int_equal(hca_pd_dealloc(q->hca, q->pd), 0);
	assert_int_equal(hca_cq_destroy(q->hca, q->cqn), 0);
	objects_ring_free(q->bed, &q->cq_ring, false);
	assert_int_equal(hca_defaults_destroy(q->hca, &q->defaults), 0);
	objects_bed_assert_as_at_open(q->bed);
}

/* A QP of @type with queues of its own, as far as the type has any. */
static void describe(struct qp_bed *q, enum hca_qp_type type)
{
	bool xrc = type == HCA_QP_XRC_INI || type == HCA_QP_XRC_TGT;

	q->attr = (struct hca_qp_attr){
		.type = type, .pd = q->pd, .uar = hca_own_uar(q->hca), .send_cqn = q->cqn,
		.recv_cqn = q->cqn, .has_sq = type != HCA_QP_XRC_TGT, .has_rq = !xrc,
		.log_sq = LOG_SQ, .log_rq = LOG_RQ, .log_rq_stride = LOG_RQ_STRIDE,
		.user_index = 0x1234, .ring = q->ring.ring,
		.dbr_iova = type == HCA_QP_XRC_TGT ? 0 : q->ring.dbr_iova,
	};
}

static void create(struct qp_bed *q)
{
	struct hca_qp_info info;

	assert_int_equal(hca_qp_create(q->hca, &q->defaults, &q->attr, &q->qpn), 0);
	assert_int_equal(hca_qp_query(q->hca, q->qpn, &info), 0);
	assert_int_equal(info.state, HCA_QP_STATE_RST);
	assert_false(info.trusted);
	assert_int_equal(info.user_index, 0x1234);
}

static const struct hca_qp_change good = {
	.path = { .dlid = 1, .sl = 3, .path_bits = 0, .port = 1, .pkey_index = 0,
		  .ack_timeout = 14 },
	.mtu = HCA_MTU_1024, .remote_qpn = 0xabcde, .recv_psn = 0x123456, .send_psn = 0xfedcba,
	.log_responder = 3, .log_initiator = 2, .rnr_timer = 12, .retries = 7, .rnr_retries = 6,
	.qkey = 0x11111111, .remote_read = true, .remote_write = true, .remote_atomic = true,
};

static int modify(struct qp_bed *q, enum hca_qp_verb verb, const struct hca_qp_change *change)
{
	return hca_qp_modify(q->hca, &q->defaults, q->qpn, &q->attr, verb, change);
}

static struct hca_qp_info step(struct qp_bed *q, enum hca_qp_verb verb,
			       const struct hca_qp_change *change, enum hca_qp_state state)
{
	struct hca_qp_info info;

	assert_int_equal(modify(q, verb, change), 0);
	assert_int_equal(hca_qp_query(q->hca, q->qpn, &info), 0);
	assert_int_equal(info.state, state);
	assert_false(info.trusted);
	return info;
}

/* Every option the transition may carry. */
static struct hca_qp_change with_options(const struct qp_bed *q, enum hca_qp_verb verb)
{
	struct hca_qp_change change = good;

	change.opt = hca_qp_opt_allowed(q->attr.type, verb);
	return change;
}

static bool is_datagram(enum hca_qp_type type)
{
	return type == HCA_QP_UD || type == HCA_QP_SMI || type == HCA_QP_GSI;
}

static void check_ready(const struct qp_bed *q, const struct hca_qp_info *info)
{
	enum hca_qp_type type = q->attr.type;

	assert_int_equal(info->now.path.port, 1);
	assert_int_equal(info->now.send_psn, good.send_psn);
	if (is_datagram(type)) {
		assert_int_equal(info->now.qkey, good.qkey);
		return;
	}
	assert_int_equal(info->now.path.dlid, 1);
	assert_int_equal(info->now.path.sl, 3);
	assert_int_equal(info->now.mtu, HCA_MTU_1024);
	assert_int_equal(info->now.remote_qpn, good.remote_qpn);
	assert_int_equal(info->now.recv_psn, good.recv_psn);
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
static void through_all_states(struct qp_bed *q)
{
	struct hca_qp_change change = with_options(q, HCA_QP_RST2INIT);
	struct hca_qp_info info;

	step(q, HCA_QP_RST2INIT, &change, HCA_QP_STATE_INIT);
	if (q->attr.type != HCA_QP_SMI && q->attr.type != HCA_QP_GSI) {
		change = with_options(q, HCA_QP_INIT2INIT);
		step(q, HCA_QP_INIT2INIT, &change, HCA_QP_STATE_INIT);
	}
	change = with_options(q, HCA_QP_INIT2RTR);
	step(q, HCA_QP_INIT2RTR, &change, HCA_QP_STATE_RTR);
	change = with_options(q, HCA_QP_RTR2RTS);
	info = step(q, HCA_QP_RTR2RTS, &change, HCA_QP_STATE_RTS);
	check_ready(q, &info);
	change = with_options(q, HCA_QP_RTS2RTS);
	step(q, HCA_QP_RTS2RTS, &change, HCA_QP_STATE_RTS);
	step(q, HCA_QP_2ERR, NULL, HCA_QP_STATE_ERR);
	step(q, HCA_QP_2RST, NULL, HCA_QP_STATE_RST);
	step(q, HCA_QP_RST2INIT, &good, HCA_QP_STATE_INIT);
}

static void live(void **state, enum hca_qp_type type, uint8_t service)
{
	struct hca_qp_info info;
	struct qp_bed q;

	open_bed(&q, state);
	describe(&q, type);
	create(&q);
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
	close_bed(&q);
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
	struct qp_bed q;

	open_bed(&q, state);
	describe(&q, HCA_QP_XRC_TGT);
	assert_int_equal(hca_xrcd_alloc(q.hca, &q.attr.xrcd), 0);
	create(&q);
	assert_int_equal(hca_qp_query(q.hca, q.qpn, &info), 0);
	assert_int_equal(info.pd, q.defaults.pd);
	assert_int_equal(info.xrcd, q.attr.xrcd);
	assert_int_equal(info.srqn, q.defaults.xrc_srqn);
	through_all_states(&q);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	assert_int_equal(hca_xrcd_dealloc(q.hca, q.attr.xrcd), 0);
	close_bed(&q);
}

static void a_qp_receives_from_a_shared_queue(void **state)
{
	struct hca_srq_attr srq = { .log_size = 4, .log_stride = 5 };
	struct objects_ring ring;
	struct hca_qp_info info;
	struct qp_bed q;

	open_bed(&q, state);
	assert_int_equal(objects_ring_alloc(q.bed, 1u << 9, &ring), 0);
	srq.pd = q.pd;
	srq.ring = ring.ring;
	srq.dbr_iova = ring.dbr_iova;
	describe(&q, HCA_QP_RC);
	q.attr.has_rq = false;
	q.attr.has_srq = true;
	assert_int_equal(hca_rmp_create(q.hca, &srq, &q.attr.srqn), 0);
	create(&q);
	assert_int_equal(hca_qp_query(q.hca, q.qpn, &info), 0);
	assert_int_equal(info.srqn, q.attr.srqn);
	assert_int_equal(info.xrcd, q.defaults.xrcd_srq);
	assert_int_equal(hca_rmp_destroy(q.hca, q.attr.srqn), -EREMOTEIO);
	through_all_states(&q);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	assert_int_equal(hca_rmp_destroy(q.hca, q.attr.srqn), 0);
	objects_ring_free(q.bed, &ring, false);
	close_bed(&q);
}

static void a_global_route_arrives_whole(void **state)
{
	struct hca_qp_change change = good;
	struct hca_qp_info info;
	struct qp_bed q;

	change.path.grh = true;
	change.path.sgid_index = 0;
	change.path.hop_limit = 77;
	change.path.traffic_class = 0x5a;
	change.path.flow_label = 0xfedcb;
	memset(change.path.dgid, 0xd6, sizeof(change.path.dgid));
	change.path.path_bits = 5;
	change.path.static_rate = 2;
	open_bed(&q, state);
	describe(&q, HCA_QP_RC);
	create(&q);
	step(&q, HCA_QP_RST2INIT, &change, HCA_QP_STATE_INIT);
	info = step(&q, HCA_QP_INIT2RTR, &change, HCA_QP_STATE_RTR);
	change.path.ack_timeout = 0;			/* not of this transition */
	assert_memory_equal(info.now.path.dgid, change.path.dgid, 16);
	assert_true(info.now.path.grh);
	assert_int_equal(info.now.path.hop_limit, 77);
	assert_int_equal(info.now.path.traffic_class, 0x5a);
	assert_int_equal(info.now.path.flow_label, 0xfedcb);
	assert_int_equal(info.now.path.path_bits, 5);
	assert_int_equal(info.now.path.static_rate, 2);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	close_bed(&q);
}

static void a_qp_counts_in_its_set(void **state)
{
	struct hca_qp_change change = good;
	struct hca_qp_info info;
	struct qp_bed q;
	uint8_t set[2];

	open_bed(&q, state);
	assert_int_equal(hca_counter_alloc(q.hca, &set[0]), 0);
	assert_int_equal(hca_counter_alloc(q.hca, &set[1]), 0);
	describe(&q, HCA_QP_UD);
	create(&q);
	change.counter_set = set[0];
	step(&q, HCA_QP_RST2INIT, &change, HCA_QP_STATE_INIT);
	assert_int_equal(hca_counter_dealloc(q.hca, set[0]), -EREMOTEIO);
	step(&q, HCA_QP_INIT2RTR, &change, HCA_QP_STATE_RTR);
	step(&q, HCA_QP_RTR2RTS, &change, HCA_QP_STATE_RTS);
	change.opt = HCA_QP_OPT_COUNTER_SET;
	change.counter_set = set[1];
	info = step(&q, HCA_QP_RTS2RTS, &change, HCA_QP_STATE_RTS);
	assert_int_equal(info.now.counter_set, set[1]);
	assert_int_equal(hca_counter_dealloc(q.hca, set[0]), 0);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	assert_int_equal(hca_counter_dealloc(q.hca, set[1]), 0);
	close_bed(&q);
}

static void to_rts(struct qp_bed *q)
{
	step(q, HCA_QP_RST2INIT, &good, HCA_QP_STATE_INIT);
	step(q, HCA_QP_INIT2RTR, &good, HCA_QP_STATE_RTR);
	step(q, HCA_QP_RTR2RTS, &good, HCA_QP_STATE_RTS);
}

/* Ring for all blocks up to @n, the last of which is @ctrl. */
static void ring_doorbell(struct qp_bed *q, unsigned int n, const struct wqe_ctrl *ctrl)
{
	struct hca_transport *t = hca_transport(q->hca);
	uint32_t posted = htobe32(n);

	memcpy(q->ring.dbr + DBR_SND, &posted, sizeof(posted));
	hca_to_device_barrier();
	t->ops->write64(t, hca_uar_offset(q->attr.uar) + UAR_BF,
			be32toh(ctrl->opmod_idx_opcode), be32toh(ctrl->qpn_ds));
}

static struct wqe_ctrl ctrl(const struct qp_bed *q, unsigned int index, uint8_t opcode,
			    unsigned int ds)
{
	return (struct wqe_ctrl){
		.opmod_idx_opcode = htobe32(index << 8 | opcode),
		.qpn_ds = htobe32(q->qpn << 8 | ds),
		.fm_ce_se = WQE_CTRL_CQ_UPDATE,
	};
}

static void an_unreliable_qp_comes_back_from_a_send_error(void **state)
{
	struct {
		struct wqe_ctrl ctrl;
		struct wqe_raddr raddr;
		struct wqe_data data;
	} wqe = { .data = { .byte_count = htobe32(64), .lkey = htobe32(0x7777700) } };
	struct hca_qp_change change;
	struct hca_qp_info info;
	unsigned int ms = 0;
	struct qp_bed q;
	uint64_t sq;

	open_bed(&q, state);
	describe(&q, HCA_QP_UC);
	create(&q);
	to_rts(&q);
	hca_qp_ring_bytes(&q.attr, &sq);
	wqe.ctrl = ctrl(&q, 0, WQE_RDMA_WRITE, sizeof(wqe) / WQE_DS);
	memcpy(q.ring.buf.ptr + sq, &wqe, sizeof(wqe));
	ring_doorbell(&q, 1, &wqe.ctrl);
	do {
		usleep(1000);
		assert_int_equal(hca_qp_query(q.hca, q.qpn, &info), 0);
	} while (info.state == HCA_QP_STATE_RTS && ms++ < WAIT_MS);
	assert_int_equal(info.state, HCA_QP_STATE_SQER);
	change = with_options(&q, HCA_QP_SQERR2RTS);
	step(&q, HCA_QP_SQERR2RTS, &change, HCA_QP_STATE_RTS);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	close_bed(&q);
}

static void wait_cqe(struct qp_bed *q, unsigned int index, struct cqe64 *cqe)
{
	const struct cqe64 *at = (const void *)(q->cq_ring.buf.ptr + index * 64ul);
	unsigned int ms;

	for (ms = 0; ms < WAIT_MS; ms++) {
		/* The first lap: the HCA's entries say 0. */
		if (!(__atomic_load_n(&at->op_own, __ATOMIC_ACQUIRE) & CQE_OWNER)) {
			memcpy(cqe, at, sizeof(*cqe));
			return;
		}
		usleep(1000);
	}
	fail_msg("no completion %u", index);
}

static void the_rings_bytes_are_where_the_runs_are(void **state)
{
	struct bus_run runs[3];
	struct qp_bed q;
	struct wqe_ctrl c;
	struct cqe64 cqe;
	uint64_t sq, at;
	unsigned int i;
	size_t page;

	open_bed(&q, state);
	describe(&q, HCA_QP_UD);
	/* Page 2, page 0, page 1; the queues begin late in the first. */
	for (i = 0; i < 3; i++)
		runs[i] = (struct bus_run){ q.ring.buf.iova + (i + 2) % 3 * OBJECTS_PAGE,
					    OBJECTS_PAGE };
	q.attr.ring = (struct hca_ring){ .runs = runs, .n_runs = 3, .offset = 4032,
					 .bytes = 2 * OBJECTS_PAGE + 64 };
	create(&q);
	to_rts(&q);
	hca_qp_ring_bytes(&q.attr, &sq);
	for (i = 0; i < 1u << LOG_SQ; i++) {
		at = q.attr.ring.offset + sq + i * (uint64_t)WQE_BB;
		page = (at / OBJECTS_PAGE + 2) % 3;
		c = ctrl(&q, i, WQE_NOP, 1);
		memcpy(q.ring.buf.ptr + page * OBJECTS_PAGE + at % OBJECTS_PAGE, &c, sizeof(c));
	}
	ring_doorbell(&q, i, &c);
	for (i = 0; i < 1u << LOG_SQ; i++) {
		wait_cqe(&q, i, &cqe);
		assert_int_equal(cqe.op_own >> 4, CQE_REQ);
		assert_int_equal(be16toh(cqe.wqe_counter), i);
		assert_int_equal(be32toh(cqe.sop_drop_qpn), (uint32_t)WQE_NOP << 24 | q.qpn);
		assert_int_equal(be32toh(cqe.srqn_uidx), 0x1234);
	}
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	close_bed(&q);
}

static void a_ud_qp_joins_and_leaves_a_group(void **state)
{
	const uint8_t group[16] = { 0xff, 0x12, 0x40, 0x1b, [15] = 7 }, single[16] = { 0xfe, 0x80 };
	struct qp_bed q;

	open_bed(&q, state);
	describe(&q, HCA_QP_UD);
	create(&q);
	assert_int_equal(hca_mcg_attach(q.hca, q.qpn, group), 0);
	assert_int_equal(hca_mcg_attach(q.hca, q.qpn, group), 0);
	assert_int_equal(objects_bed_counts(q.bed).mcg, 1);
	assert_int_equal(hca_mcg_attach(q.hca, q.qpn, single), -EINVAL);
	assert_int_equal(hca_mcg_detach(q.hca, q.qpn, single), -EINVAL);
	assert_int_equal(hca_mcg_detach(q.hca, q.qpn, group), 0);
	assert_int_equal(hca_mcg_detach(q.hca, q.qpn, group), -EREMOTEIO);
	assert_int_equal(hca_mcg_attach(q.hca, q.qpn, group), 0);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	close_bed(&q);
}

static void refused(struct qp_bed *q, const struct hca_qp_attr *attr)
{
	uint32_t qpn;

	assert_int_equal(hca_qp_create(q->hca, &q->defaults, attr, &qpn), -EINVAL);
}

static void a_qp_that_contradicts_itself_is_refused(void **state)
{
	struct hca_qp_attr attr;
	struct qp_bed q;

	open_bed(&q, state);
#define REFUSE(type, change) do { describe(&q, type); attr = q.attr; change; refused(&q, &attr); } while (0)
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
	close_bed(&q);
}

static void refused_change(struct qp_bed *q, enum hca_qp_verb verb,
			   const struct hca_qp_change *change)
{
	assert_int_equal(modify(q, verb, change), -EINVAL);
}

static void values_that_no_field_can_hold_are_refused(void **state)
{
	struct hca_qp_change change;
	struct qp_bed q;

	open_bed(&q, state);
	describe(&q, HCA_QP_RC);
	create(&q);
	step(&q, HCA_QP_RST2INIT, &good, HCA_QP_STATE_INIT);
#define REFUSE(what) do { change = good; change.what; \
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
	refused_change(&q, (enum hca_qp_verb)0x508, &good);
	/* In the wrong state the firmware refuses. */
	assert_int_equal(modify(&q, HCA_QP_RTR2RTS, &good), -EREMOTEIO);
	assert_int_equal(hca_cmd_last_error(q.hca)->opcode, HCA_OP_RTR2RTS_QP);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	close_bed(&q);
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
		LIFE(an_unreliable_qp_comes_back_from_a_send_error),
		LIFE(the_rings_bytes_are_where_the_runs_are),
		LIFE(a_ud_qp_joins_and_leaves_a_group),
		LIFE(a_qp_that_contradicts_itself_is_refused),
		LIFE(values_that_no_field_can_hold_are_refused),
	};

	return cmocka_run_group_tests(tests, objects_bed_group_setup, objects_bed_group_teardown);
}
