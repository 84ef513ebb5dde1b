// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Queue pairs that do something: their rings lie where the runs are, keys reach
 * the bytes they cover, a send error is left, a group is joined.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host-backend/hca/barrier.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/hca/mcg.h"
#include "host-backend/hca/mkey.h"
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

/* Connected to itself. */
static void to_rts_with_itself(struct objects_qp *q)
{
	struct hca_qp_change change = objects_qp_good;

	change.path.dlid = objects_bed_wait_active(q->bed);
	change.path.sl = 0;
	change.remote_qpn = q->qpn;
	change.recv_psn = change.send_psn;
	objects_qp_step(q, HCA_QP_RST2INIT, &change, HCA_QP_STATE_INIT);
	objects_qp_step(q, HCA_QP_INIT2RTR, &change, HCA_QP_STATE_RTR);
	objects_qp_step(q, HCA_QP_RTR2RTS, &change, HCA_QP_STATE_RTS);
}

struct window {
	uint32_t key;
	uint64_t va;
};

static void write_once(struct objects_qp *q, const struct window *from, const struct window *to,
		       uint32_t len)
{
	struct {
		struct wqe_ctrl ctrl;
		struct wqe_raddr raddr;
		struct wqe_data data;
	} wqe = {
		.ctrl = ctrl(q, 0, WQE_RDMA_WRITE, sizeof(wqe) / WQE_DS),
		.raddr = { .raddr = htobe64(to->va), .rkey = htobe32(to->key) },
		.data = { .byte_count = htobe32(len), .lkey = htobe32(from->key),
			  .addr = htobe64(from->va) },
	};
	struct cqe64 cqe;
	uint64_t sq;

	hca_qp_ring_bytes(&q->attr, &sq);
	memcpy(q->ring.buf.ptr + sq, &wqe, sizeof(wqe));
	ring_doorbell(q, 1, &wqe.ctrl);
	wait_cqe(q, 0, &cqe);
	assert_int_equal(cqe.op_own >> 4, CQE_REQ);
}

static void make_key(struct objects_qp *q, const struct bus_run *runs, size_t n, uint64_t offset,
		     uint64_t len, unsigned int log_page, uint64_t entries, struct window *w)
{
	const struct hca_mkey_attr attr = {
		.pd = q->pd, .start = w->va, .len = len,
		.access = HCA_MKEY_LOCAL_READ | HCA_MKEY_LOCAL_WRITE | HCA_MKEY_REMOTE_WRITE,
	};
	unsigned int got_log;
	uint64_t got;

	assert_int_equal(hca_mkey_plan(&attr, runs, n, offset, &got, &got_log), 0);
	assert_int_equal(got, entries);
	assert_int_equal(got_log, log_page);
	assert_int_equal(hca_mkey_create(q->hca, &attr, runs, n, offset, &w->key), 0);
}

static void keys_reach_the_bytes_their_runs_have(void **state)
{
	enum { MIB2 = 2 << 20, OFFSET = 100, LEN = 3 * OBJECTS_PAGE + 500, PAGES = 8,
	       TO = MIB2 - 5000 };
	static const unsigned int order[] = { 5, 1, 2, 7 };
	struct window from = { .va = 0x7f0000003000 + OFFSET }, to;
	struct hca_buf source, target;
	struct bus_run runs[4], run;
	struct objects_qp q;
	unsigned int i;

	objects_qp_open(&q, state);
	objects_qp_describe(&q, HCA_QP_RC);
	objects_qp_create(&q);
	to_rts_with_itself(&q);
	assert_int_equal(hca_dma_alloc(hca_dma(q.hca), PAGES * OBJECTS_PAGE, OBJECTS_PAGE, &source),
			 0);
	assert_int_equal(hca_dma_alloc(hca_dma(q.hca), 2 * MIB2, MIB2, &target), 0);
	for (i = 0; i < PAGES * OBJECTS_PAGE; i++)
		source.ptr[i] = (uint8_t)rand();
	for (i = 0; i < 4; i++)
		runs[i] = (struct bus_run){ source.iova + order[i] * (uint64_t)OBJECTS_PAGE,
					    OBJECTS_PAGE };
	make_key(&q, runs, 4, OFFSET, LEN, 12, 4, &from);
	/* Over a border of 2 MiB, and no larger page fits: the address differs in the next bit. */
	run = (struct bus_run){ target.iova, 2 * MIB2 };
	to.va = (target.iova ^ MIB2) + TO;
	make_key(&q, &run, 1, TO, LEN, 21, 2, &to);
	write_once(&q, &from, &to, LEN);
	for (i = 0; i < LEN; i++)
		assert_int_equal(target.ptr[TO + i],
				 source.ptr[order[(OFFSET + i) / OBJECTS_PAGE] * OBJECTS_PAGE +
					    (OFFSET + i) % OBJECTS_PAGE]);
	assert_int_equal(target.ptr[TO - 1] | target.ptr[TO + LEN], 0);
	assert_int_equal(hca_qp_destroy(q.hca, q.qpn), 0);
	assert_int_equal(hca_mkey_destroy(q.hca, from.key), 0);
	assert_int_equal(hca_mkey_destroy(q.hca, to.key), 0);
	hca_dma_free(hca_dma(q.hca), &target);
	hca_dma_free(hca_dma(q.hca), &source);
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
		LIFE(keys_reach_the_bytes_their_runs_have),
		LIFE(a_ud_qp_joins_and_leaves_a_group),
	};

	return cmocka_run_group_tests(tests, objects_bed_group_setup, objects_bed_group_teardown);
}
