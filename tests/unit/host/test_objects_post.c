// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Queue pairs that do something: their rings lie where the runs are, a send
 * error is left, a group is joined.
 */
#include <endian.h>
#include <string.h>
#include <unistd.h>

#include "host-backend/hca/barrier.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/hca/mcg.h"
#include "host-backend/hca/uar.h"
#include "tests/unit/host/objects_qp.h"

enum { WAIT_MS = 5000 };

/* Ring for all blocks up to @n, the last of which is @ctrl. */
static void ring_doorbell(struct objects_qp *q, unsigned int n, const struct wqe_ctrl *ctrl)
{
	struct hca_transport *t = hca_transport(q->hca);
	uint32_t posted = htobe32(n);

	memcpy(q->ring.dbr + DBR_SND, &posted, sizeof(posted));
	hca_to_device_barrier();
	t->ops->write64(t, hca_uar_offset(q->attr.uar) + UAR_BF,
			be32toh(ctrl->opmod_idx_opcode), be32toh(ctrl->qpn_ds));
}

static struct wqe_ctrl ctrl(const struct objects_qp *q, unsigned int index, uint8_t opcode,
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
	struct objects_qp q;
	uint64_t sq;

	objects_qp_open(&q, state);
	objects_qp_describe(&q, HCA_QP_UC);
	objects_qp_create(&q);
	objects_qp_to_rts(&q);
	hca_qp_ring_bytes(&q.attr, &sq);
	wqe.ctrl = ctrl(&q, 0, WQE_RDMA_WRITE, sizeof(wqe) / WQE_DS);
	memcpy(q.ring.buf.ptr + sq, &wqe, sizeof(wqe));
	ring_doorbell(&q, 1, &wqe.ctrl);
	do {
		usleep(1000);
		assert_int_equal(hca_qp_query(q.hca, q.qpn, &info), 0);
	} while (info.state == HCA_QP_STATE_RTS && ms++ < WAIT_MS);
	assert_int_equal(info.state, HCA_QP_STATE_SQER);
	change = objects_qp_options(&q, HCA_QP_SQERR2RTS);
	objects_qp_step(&q, HCA_QP_SQERR2RTS, &change, HCA_QP_STATE_RTS);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	objects_qp_close(&q);
}

static void wait_cqe(struct objects_qp *q, unsigned int index, struct cqe64 *cqe)
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
	struct objects_qp q;
	struct wqe_ctrl c;
	struct cqe64 cqe;
	uint64_t sq, at;
	unsigned int i;
	size_t page;

	objects_qp_open(&q, state);
	objects_qp_describe(&q, HCA_QP_UD);
	/* Page 2, page 0, page 1; the queues begin late in the first. */
	for (i = 0; i < 3; i++)
		runs[i] = (struct bus_run){ q.ring.buf.iova + (i + 2) % 3 * OBJECTS_PAGE,
					    OBJECTS_PAGE };
	q.attr.ring = (struct hca_ring){ .runs = runs, .n_runs = 3, .offset = 4032,
					 .bytes = 2 * OBJECTS_PAGE + 64 };
	objects_qp_create(&q);
	objects_qp_to_rts(&q);
	hca_qp_ring_bytes(&q.attr, &sq);
	for (i = 0; i < 1u << OBJECTS_QP_LOG_SQ; i++) {
		at = q.attr.ring.offset + sq + i * (uint64_t)WQE_BB;
		page = (at / OBJECTS_PAGE + 2) % 3;
		c = ctrl(&q, i, WQE_NOP, 1);
		memcpy(q.ring.buf.ptr + page * OBJECTS_PAGE + at % OBJECTS_PAGE, &c, sizeof(c));
	}
	ring_doorbell(&q, i, &c);
	for (i = 0; i < 1u << OBJECTS_QP_LOG_SQ; i++) {
		wait_cqe(&q, i, &cqe);
		assert_int_equal(cqe.op_own >> 4, CQE_REQ);
		assert_int_equal(be16toh(cqe.wqe_counter), i);
		assert_int_equal(be32toh(cqe.sop_drop_qpn), (uint32_t)WQE_NOP << 24 | q.qpn);
		assert_int_equal(be32toh(cqe.srqn_uidx), OBJECTS_QP_USER_INDEX);
	}
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	objects_qp_close(&q);
}

static void a_ud_qp_joins_and_leaves_a_group(void **state)
{
	const uint8_t group[16] = { 0xff, 0x12, 0x40, 0x1b, [15] = 7 }, single[16] = { 0xfe, 0x80 };
	struct objects_qp q;

	objects_qp_open(&q, state);
	objects_qp_describe(&q, HCA_QP_UD);
	objects_qp_create(&q);
	assert_int_equal(hca_mcg_attach(q.hca, q.qpn, group), 0);
	assert_int_equal(hca_mcg_attach(q.hca, q.qpn, group), 0);
	assert_int_equal(objects_bed_counts(q.bed).mcg, 1);
	assert_int_equal(hca_mcg_attach(q.hca, q.qpn, single), -EINVAL);
	assert_int_equal(hca_mcg_detach(q.hca, q.qpn, single), -EINVAL);
	assert_int_equal(hca_mcg_detach(q.hca, q.qpn, group), 0);
	assert_int_equal(hca_mcg_detach(q.hca, q.qpn, group), -EREMOTEIO);
	assert_int_equal(hca_mcg_attach(q.hca, q.qpn, group), 0);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	objects_qp_close(&q);
}

int main(void)
{
#define LIFE(test) cmocka_unit_test_setup_teardown(test, objects_bed_setup, objects_bed_teardown)
	const struct CMUnitTest tests[] = {
		LIFE(an_unreliable_qp_comes_back_from_a_send_error),
		LIFE(the_rings_bytes_are_where_the_runs_are),
		LIFE(a_ud_qp_joins_and_leaves_a_group),
	};

	return cmocka_run_group_tests(tests, objects_bed_group_setup, objects_bed_group_teardown);
}
