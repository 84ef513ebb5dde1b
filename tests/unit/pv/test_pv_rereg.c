// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about regions that get other rights or another domain: what
 * comes in is measured by them under the same key, what fails leaves the region
 * as it was or loses it, and the guest itself changes nothing. It must never know
 * how the device does it.
 */
#include <endian.h>
#include <string.h>

#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/ifc/wqe.h"
#include "iommu/registration.h"
#include "tests/unit/pv/guest_verbs.h"

enum { BYTES = 64, MR_BYTES = 2 * UP_PAGE, SHORT_MS = 1000, ALL = 15, LW = UP_ACCESS_LOCAL_WRITE };

/**
 * struct world - two regions, and two queue pairs over one of which bytes go into @far
 * @pd: another domain than theirs
 */
struct world {
	struct guest_verbs v;
	struct guest_mr near, far;
	struct guest_qp a, b;
	uint32_t pd;
	uint8_t byte;
};

static void connect(struct world *w)
{
	guest_qp_connect(&w->v, &w->a, w->b.qpn);
	guest_qp_connect(&w->v, &w->b, w->a.qpn);
}

static void world_open(struct guest_bed *bed, struct world *w)
{
	w->byte = 0;
	guest_verbs_open(bed, &w->v);
	w->pd = guest_make(bed, UP_ALLOC_PD, NULL, 0);
	guest_mr_open(&w->v, MR_BYTES, true, ALL, &w->near);
	guest_mr_open(&w->v, MR_BYTES, true, ALL, &w->far);
	guest_qp_open(&w->v, UP_QP_RC, 0, 0, &w->a);
	guest_qp_open(&w->v, UP_QP_RC, 0, 0, &w->b);
	connect(w);
}

/* What the test itself has. */
static void world_forget(struct world *w)
{
	guest_window_close(&w->a.ring);
	guest_window_close(&w->b.ring);
	guest_window_close(&w->near.memory);
	guest_window_close(&w->far.memory);
	guest_verbs_forget(&w->v);
}

static void world_close(struct world *w)
{
	guest_qp_close(&w->v, &w->a);
	guest_qp_close(&w->v, &w->b);
	guest_mr_close(&w->v, &w->far);
	guest_mr_close(&w->v, &w->near);
	assert_int_equal(guest_end(w->v.bed, UP_FREE_PD, w->pd), UP_OK);
	guest_verbs_close(&w->v);
}

/* After an error, from RESET again. */
static void reconnect(struct world *w)
{
	struct guest_qp *const qps[] = { &w->a, &w->b };
	struct guest_completion c;
	struct up_modify_qp change;
	size_t i;

	for (i = 0; i < 2; i++) {
		change = guest_qp_change(&w->v, qps[i], UP_QPS_ERR, UP_QPS_RESET, 0);
		assert_int_equal(guest_qp_modify(&w->v, &change), UP_OK);
		qps[i]->sq_pi = qps[i]->rq_pi = 0;
		memset(qps[i]->dbr, 0, 8);
	}
	while (guest_cq_poll(&w->v.scq, &c) || guest_cq_poll(&w->v.rcq, &c))
		;
	connect(w);
}

/* The syndrome with which a write into @far completes, 0: it is there. */
static uint8_t write_far(struct world *w)
{
	const struct st_piece piece = { (uintptr_t)w->near.memory.ptr, BYTES, w->near.key };
	const struct st_send send = {
		.opcode = WQE_RDMA_WRITE, .remote_va = (uintptr_t)w->far.memory.ptr,
		.remote_key = w->far.key, .pieces = &piece, .n_pieces = 1,
	};
	struct guest_completion c;

	memset(w->near.memory.ptr, ++w->byte, BYTES);
	guest_qp_send(&w->v, &w->a, &send);
	guest_cq_wait(&w->v, &w->v.scq, &c);
	if (c.syndrome)
		reconnect(w);
	else
		assert_memory_equal(w->far.memory.ptr, w->near.memory.ptr, BYTES);
	return c.syndrome;
}

static void other_rights_count_at_once_under_the_same_key(void **state)
{
	struct world w;
	unsigned int i;

	world_open(*state, &w);
	for (i = 0; i < 3; i++) {
		assert_int_equal(write_far(&w), 0);
		assert_int_equal(guest_mr_change(&w.v, &w.far, w.v.pd, LW | UP_ACCESS_REMOTE_READ),
				 UP_OK);
		assert_int_equal(write_far(&w), CQE_SYND_REMOTE_ACCESS);
		assert_int_equal(guest_mr_change(&w.v, &w.far, w.v.pd, ALL), UP_OK);
	}
	assert_int_equal(write_far(&w), 0);
	world_close(&w);
}

static void a_region_serves_the_domain_it_is_in_and_stands_on_it(void **state)
{
	struct guest_bed *bed = *state;
	struct world w;

	world_open(bed, &w);
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.pd, ALL), UP_OK);
	assert_int_equal(write_far(&w), CQE_SYND_REMOTE_ACCESS);
	assert_int_equal(guest_end(bed, UP_FREE_PD, w.pd), UP_BUSY);
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.pd, LW), UP_OK);
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.v.pd, ALL), UP_OK);
	assert_int_equal(write_far(&w), 0);
	assert_int_equal(guest_end(bed, UP_FREE_PD, w.pd), UP_OK);
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.pd, ALL), UP_BAD_OBJECT);
	assert_int_equal(write_far(&w), 0);
	w.pd = guest_make(bed, UP_ALLOC_PD, NULL, 0);
	world_close(&w);
}

/* A domain that its last region left can be freed, and only then. */
static void the_domain_that_a_region_left_can_go(void **state)
{
	struct guest_bed *bed = *state;
	uint32_t first, second;
	struct guest_verbs v;
	struct guest_mr mr;

	guest_verbs_open(bed, &v);
	guest_mr_open(&v, UP_PAGE, false, LW, &mr);
	first = guest_make(bed, UP_ALLOC_PD, NULL, 0);
	second = guest_make(bed, UP_ALLOC_PD, NULL, 0);
	assert_int_equal(guest_mr_change(&v, &mr, first, LW), UP_OK);
	assert_int_equal(guest_end(bed, UP_FREE_PD, first), UP_BUSY);
	assert_int_equal(guest_mr_change(&v, &mr, second, LW), UP_OK);
	assert_int_equal(guest_end(bed, UP_FREE_PD, first), UP_OK);
	assert_int_equal(guest_end(bed, UP_FREE_PD, second), UP_BUSY);
	guest_mr_close(&v, &mr);
	assert_int_equal(guest_end(bed, UP_FREE_PD, second), UP_OK);
	guest_verbs_close(&v);
}

static void memory_mapped_for_reading_is_not_made_writable(void **state)
{
	struct guest_bed *bed = *state;
	struct guest_verbs v;
	struct guest_mr mr;

	guest_verbs_open(bed, &v);
	guest_mr_open(&v, MR_BYTES, true, UP_ACCESS_REMOTE_READ, &mr);
	assert_int_equal(guest_mr_change(&v, &mr, v.pd, LW), UP_BAD_MEMORY);
	assert_int_equal(guest_bed_detail(bed), IOMMU_READ_ONLY);
	assert_int_equal(guest_mr_change(&v, &mr, v.pd, ALL), UP_BAD_MEMORY);
	assert_int_equal(guest_mr_change(&v, &mr, v.pd, 0), UP_OK);
	assert_int_equal(guest_mr_change(&v, &mr, v.pd, UP_ACCESS_REMOTE_READ), UP_OK);
	guest_mr_close(&v, &mr);
	guest_mr_open(&v, MR_BYTES, true, LW, &mr);
	assert_int_equal(guest_mr_change(&v, &mr, v.pd, 0), UP_OK);
	assert_int_equal(guest_mr_change(&v, &mr, v.pd, ALL), UP_OK);
	guest_mr_close(&v, &mr);
	guest_verbs_close(&v);
}

/* As mlx5dv would post it: all rights, and a translation entry of the guest's choice. */
static void post_umr(struct world *w, uint64_t mask, bool pages)
{
	struct {
		struct wqe_ctrl ctrl;
		struct wqe_umr_ctrl umr;
		uint8_t mkey[mkc__SIZE];
		uint64_t entries[8];
	} wqe = {
		.ctrl = {
			.opmod_idx_opcode = htobe32((uint32_t)w->a.sq_pi << 8 | WQE_UMR),
			.qpn_ds = htobe32(w->a.qpn << 8 | (pages ? 12 : 8)),
			.fm_ce_se = WQE_CTRL_CQ_UPDATE, .imm = htobe32(w->far.key),
		},
		.umr = {
			.flags = UMR_INLINE, .xlt_octowords = htobe16(pages ? 1 : 0),
			.mkey_mask = htobe64(mask),
		},
		.entries = { htobe64(0x1000 | 3), htobe64(0x2000 | 3) },
	};
	size_t len = pages ? sizeof(wqe) : sizeof(wqe) - sizeof(wqe.entries);
	const uint8_t *from = (const uint8_t *)&wqe;

	ifc_set(wqe.mkey, mkc__lr, 1);
	ifc_set(wqe.mkey, mkc__lw, 1);
	ifc_set(wqe.mkey, mkc__rw, 1);
	ifc_set(wqe.mkey, mkc__pd, w->v.pd);
	ifc_set(wqe.mkey, mkc__mkey_7_0, w->far.key & 0xff);
	for (; len; len -= WQE_BB, from += WQE_BB, w->a.sq_pi++)
		memcpy(w->a.sq + (size_t)(w->a.sq_pi & ((1u << GUEST_LOG_SQ) - 1)) * WQE_BB, from,
		       WQE_BB);
	__atomic_store_n(&w->a.dbr[1], htobe32(w->a.sq_pi), __ATOMIC_RELEASE);
	guest_bed_doorbell(w->v.bed, w->v.page, UAR_BF, be32toh(wqe.ctrl.opmod_idx_opcode),
			   be32toh(wqe.ctrl.qpn_ds));
}

static void a_guests_queue_pair_cannot_change_the_guests_key(void **state)
{
	static const uint64_t masks[] = { UMR_MASK_RW, UMR_MASK_LW, UMR_MASK_PD, 0 };
	struct guest_completion c;
	struct world w;
	size_t i;

	world_open(*state, &w);
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.v.pd, LW), UP_OK);
	for (i = 0; i < 2 * sizeof(masks) / sizeof(masks[0]); i++) {
		post_umr(&w, masks[i / 2], i % 2);
		guest_cq_wait(&w.v, &w.v.scq, &c);
		assert_int_equal(c.opcode, CQE_REQ_ERR);
		assert_int_equal(c.syndrome, CQE_SYND_LOCAL_QP_OP);
		reconnect(&w);
		assert_int_equal(write_far(&w), CQE_SYND_REMOTE_ACCESS);
	}
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.v.pd, ALL), UP_OK);
	assert_int_equal(write_far(&w), 0);
	world_close(&w);
}

static void a_change_that_the_hca_refuses_changes_nothing(void **state)
{
	struct guest_bed *bed = *state;
	struct world w;

	world_open(bed, &w);
	model_bed_control(bed->model, "inject a kind=umr-refused");
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.pd, LW), UP_HCA_REFUSED);
	assert_int_not_equal(guest_bed_detail(bed), 0);
	assert_int_equal(write_far(&w), 0);
	assert_int_equal(guest_end(bed, UP_FREE_PD, w.pd), UP_OK);
	w.pd = guest_make(bed, UP_ALLOC_PD, NULL, 0);
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.pd, LW), UP_OK);
	world_close(&w);
}

static void reopen(struct guest_bed *bed)
{
	const struct pv_config config = { .command_ms = SHORT_MS };

	guest_bed_close(bed, true);
	guest_bed_open(bed, &config);
	guest_bed_attach(bed);
	guest_bed_start(bed);
}

/* Nobody knows its rights: it is lost, its memory out of reach, both domains held. */
static void a_change_without_an_answer_loses_the_region(void **state)
{
	struct guest_bed *bed = *state;
	uint64_t reached;
	struct world w;

	reopen(bed);
	world_open(bed, &w);
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.v.pd, ALL), UP_OK);
	reached = guest_bed_counts(bed).dma_bytes;
	model_bed_control(bed->model, "inject a kind=umr-silent");
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.pd, LW), UP_HCA_FAILED);
	assert_int_equal(guest_bed_counts(bed).dma_bytes, reached - MR_BYTES);
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.v.pd, ALL), UP_BAD_OBJECT);
	assert_int_equal(guest_end(bed, UP_DEREG_MR, w.far.key), UP_BAD_OBJECT);
	assert_int_equal(guest_end(bed, UP_FREE_PD, w.pd), UP_BUSY);
	assert_int_equal(guest_mr_change(&w.v, &w.near, w.v.pd, ALL), UP_OK);
	guest_bed_stop(bed);
	world_forget(&w);
	model_bed_forgive(bed->model);
	guest_bed_assert_empty(bed);
	guest_bed_start(bed);
	world_open(bed, &w);
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.v.pd, ALL), UP_OK);
	assert_int_equal(write_far(&w), 0);
	world_close(&w);
}

/* Whichever of its commands fails, and however: the region is as it was. */
static void without_a_queue_of_the_hosts_the_region_stays_as_it_is(void **state)
{
	enum { COMMANDS = 5 };
	struct guest_bed *bed = *state;
	struct world w;
	unsigned int i;

	reopen(bed);
	for (i = 0; i < 2 * COMMANDS; i++) {
		world_open(bed, &w);
		model_bed_control(bed->model, "inject a kind=%s status=15 after=%u",
				  i < COMMANDS ? "status" : "timeout", i % COMMANDS);
		assert_int_equal(guest_mr_change(&w.v, &w.far, w.pd, LW),
				 i < COMMANDS ? UP_HCA_REFUSED : UP_HCA_FAILED);
		assert_int_equal(write_far(&w), 0);
		assert_int_equal(guest_end(bed, UP_FREE_PD, w.pd), UP_OK);
		w.pd = guest_make(bed, UP_ALLOC_PD, NULL, 0);
		assert_int_equal(guest_mr_change(&w.v, &w.far, w.pd, LW), UP_OK);
		world_close(&w);
		guest_bed_stop(bed);
		model_bed_forgive(bed->model);
		guest_bed_assert_empty(bed);
		guest_bed_start(bed);
	}
}

static void many_regions_change_side_by_side(void **state)
{
	enum { REGIONS = 8, ROUNDS = 30 };
	uint32_t slots[2 * REGIONS];
	struct guest_mr mr[REGIONS];
	struct guest_bed *bed = *state;
	struct up_rereg_mr in;
	struct guest_verbs v;
	unsigned int i, round;
	uint32_t pd;

	guest_verbs_open(bed, &v);
	pd = guest_make(bed, UP_ALLOC_PD, NULL, 0);
	for (i = 0; i < REGIONS; i++)
		guest_mr_open(&v, UP_PAGE, false, ALL, &mr[i]);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < 2 * REGIONS; i++) {
			in = (struct up_rereg_mr){
				.lkey = htole32(mr[i % REGIONS].key),
				.pd = htole32(round % 2 ? pd : v.pd),
				.access = htole32(LW | ((i + round) & ALL)),
			};
			slots[i] = guest_bed_submit(bed, UP_REREG_MR, &in, sizeof(in));
		}
		for (i = 0; i < 2 * REGIONS; i++)
			assert_int_equal(guest_bed_wait(bed, slots[i], NULL, 0), UP_OK);
	}
	for (i = 0; i < REGIONS; i++)
		guest_mr_close(&v, &mr[i]);
	assert_int_equal(guest_end(bed, UP_FREE_PD, pd), UP_OK);
	guest_verbs_close(&v);
}

static void a_dead_hca_changes_nothing(void **state)
{
	struct guest_bed *bed = *state;
	struct world w;

	world_open(bed, &w);
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.v.pd, LW), UP_OK);
	model_bed_control(bed->model, "fatal a");
	guest_bed_wait_status(bed, UP_STATUS_FAILED);
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.pd, ALL), UP_HCA_FAILED);
	guest_bed_start(bed);
	world_forget(&w);
	model_bed_forgive(bed->model);
	world_open(bed, &w);
	assert_int_equal(guest_mr_change(&w.v, &w.far, w.v.pd, ALL), UP_OK);
	assert_int_equal(write_far(&w), 0);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(other_rights_count_at_once_under_the_same_key),
		in_guest(a_region_serves_the_domain_it_is_in_and_stands_on_it),
		in_guest(the_domain_that_a_region_left_can_go),
		in_guest(memory_mapped_for_reading_is_not_made_writable),
		in_guest(a_guests_queue_pair_cannot_change_the_guests_key),
		in_guest(a_change_that_the_hca_refuses_changes_nothing),
		in_guest(a_change_without_an_answer_loses_the_region),
		in_guest(without_a_queue_of_the_hosts_the_region_stays_as_it_is),
		in_guest(many_regions_change_side_by_side),
		in_guest(a_dead_hca_changes_nothing),
	};

	return cmocka_run_group_tests_name("regions that change", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
