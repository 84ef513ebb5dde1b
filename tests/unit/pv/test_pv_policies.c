// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the device under each policy of registrations: everything
 * works, what idles is unmapped in time, nothing is left. It must never know how a
 * policy works.
 */
#include <stdatomic.h>
#include <string.h>

#include "host-backend/hca/clock.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/pv/report.h"
#include "tests/unit/pv/guest_world.h"

enum { BYTES = 40000, ACCESS = 15, IDLE_MS = 50 };

static _Atomic unsigned int idles;

static void idle(void *ctx)
{
	(void)ctx;
	atomic_fetch_add(&idles, 1);
}

static void reopen(struct guest_bed *bed, enum iommu_policy policy)
{
	const struct pv_config config = {
		.policy = policy, .granule = 65536, .idle_ms = IDLE_MS, .idle = idle,
	};

	guest_bed_close(bed, true);
	guest_bed_open(bed, &config);
	guest_bed_attach(bed);
	guest_bed_start(bed);
}

static void move_bytes(struct guest_verbs *v)
{
	struct guest_mr near, far;
	struct guest_completion c;
	struct guest_qp a, b;
	struct st_piece piece;
	struct st_send send;

	guest_mr_open(v, BYTES, true, ACCESS, &near);
	guest_mr_open(v, BYTES, true, ACCESS, &far);
	guest_qp_open(v, UP_QP_RC, 0, 0, &a);
	guest_qp_open(v, UP_QP_RC, 0, 0, &b);
	guest_qp_connect(v, &a, b.qpn);
	guest_qp_connect(v, &b, a.qpn);
	memset(near.memory.ptr, 0x3c, BYTES);
	piece = (struct st_piece){ (uintptr_t)near.memory.ptr, BYTES, near.key };
	send = (struct st_send){
		.opcode = WQE_RDMA_WRITE, .remote_va = (uintptr_t)far.memory.ptr,
		.remote_key = far.key, .pieces = &piece, .n_pieces = 1,
	};
	guest_qp_send(v, &a, &send);
	guest_cq_wait(v, &v->scq, &c);
	assert_int_equal(c.opcode, CQE_REQ);
	assert_memory_equal(near.memory.ptr, far.memory.ptr, BYTES);
	guest_qp_close(v, &a);
	guest_qp_close(v, &b);
	guest_mr_close(v, &near);
	guest_mr_close(v, &far);
}

static void live(struct guest_bed *bed, enum iommu_policy policy)
{
	struct guest_verbs v;
	struct guest_world w;

	reopen(bed, policy);
	guest_verbs_open(bed, &v);
	move_bytes(&v);
	guest_verbs_close(&v);
	guest_world_open(bed, &w);
	assert_int_equal(vfu_client_reset(bed->client), 0);
	guest_bed_wait_status(bed, UP_STATUS_RESET);
	guest_world_forget(&w);
	guest_bed_start(bed);
	guest_bed_assert_empty(bed);
}

static void every_policy_serves(void **state)
{
	live(*state, IOMMU_POLICY_EXACT);
	live(*state, IOMMU_POLICY_LAZY);
	live(*state, IOMMU_POLICY_GRANULE);
	live(*state, IOMMU_POLICY_STATIC);
}

static void what_idles_goes_in_time(struct guest_bed *bed, enum iommu_policy policy)
{
	uint64_t end = hca_now_ms() + GUEST_WAIT_MS;
	struct pv_report report;
	struct guest_verbs v;
	struct guest_mr mr;
	int due;

	atomic_store(&idles, 0);
	reopen(bed, policy);
	guest_verbs_open(bed, &v);
	guest_mr_open(&v, BYTES, true, ACCESS, &mr);
	guest_mr_close(&v, &mr);
	assert_int_equal(atomic_load(&idles), 1);
	pv_report(bed->pv, &report);
	assert_true(report.idle_bytes >= BYTES);
	for (due = pv_tick(bed->pv); due >= 0; due = pv_tick(bed->pv)) {
		assert_in_range(due, 0, IDLE_MS);
		assert_true(hca_now_ms() < end);
		hca_sleep_us((unsigned int)due * 1000 + 1000);
	}
	pv_report(bed->pv, &report);
	assert_int_equal(report.idle_bytes, 0);
	guest_mr_open(&v, BYTES, true, ACCESS, &mr);
	guest_mr_close(&v, &mr);
	assert_int_equal(atomic_load(&idles), 2);
	guest_verbs_close(&v);
}

static void idle_mappings_are_told_of_and_go_in_time(void **state)
{
	what_idles_goes_in_time(*state, IOMMU_POLICY_LAZY);
	what_idles_goes_in_time(*state, IOMMU_POLICY_GRANULE);
}

static void exactly_what_is_registered_is_mapped(void **state)
{
	struct guest_bed *bed = *state;
	struct pv_report report;
	struct guest_world w;

	guest_world_open(bed, &w);
	pv_report(bed->pv, &report);
	assert_true(report.attached);
	assert_string_equal(report.status, "ready");
	assert_int_equal(report.mapped_bytes, report.registered_bytes);
	assert_int_equal(report.guest_bytes, 2 * GUEST_REGION + GUEST_ROM_BYTES);
	assert_int_equal(guest_bed_counts(bed).dma_bytes, report.mapped_bytes);
	guest_world_close(&w);
	pv_report(bed->pv, &report);
	assert_int_equal(report.mapped_bytes, 0);
	assert_int_equal(report.registrations, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(every_policy_serves),
		in_guest(idle_mappings_are_told_of_and_go_in_time),
		in_guest(exactly_what_is_registered_is_mapped),
	};

	return cmocka_run_group_tests_name("policies", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
