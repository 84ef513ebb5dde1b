// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The lives of completion queues, shared receive queues and the default
 * objects.
 */
#include <string.h>

#include "host-backend/hca/cq.h"
#include "host-backend/hca/pd.h"
#include "host-backend/hca/rmp.h"
#include "host-backend/hca/srq.h"
#include "host-backend/hca/xrcd.h"
#include "tests/unit/host/objects_bed.h"

enum { CQE_RESIZE = 5, LOG_CQ = 6 };

static struct hca_cq_attr cq_attr(const struct objects_bed *bed, const struct objects_ring *ring,
				  uint8_t log_size)
{
	return (struct hca_cq_attr){
		.log_size = log_size, .cqe_bytes = 64, .uar = hca_own_uar(bed->hca),
		.eqn = bed->eq->eqn, .ring = ring->ring, .dbr_iova = ring->dbr_iova,
	};
}

static void a_cq_is_as_it_was_asked_for(void **state)
{
	struct objects_bed *bed = *state;
	struct objects_ring ring;
	struct hca_cq_attr attr;
	struct hca_cq_info info;
	uint32_t cqn;

	assert_int_equal(objects_ring_alloc(bed, 128u << LOG_CQ, &ring), 0);
	objects_ring_fresh_cqes(&ring, 128);
	attr = cq_attr(bed, &ring, LOG_CQ);
	attr.cqe_bytes = 128;
	attr.ignore_overrun = true;
	assert_int_equal(hca_cq_create(bed->hca, &attr, &cqn), 0);
	assert_int_equal(objects_bed_counts(bed).cq, 1);
	assert_int_equal(hca_cq_query(bed->hca, cqn, &info), 0);
	assert_false(info.error);
	assert_int_equal(info.log_size, LOG_CQ);
	assert_int_equal(info.cqe_bytes, 128);
	assert_int_equal(info.uar, attr.uar);
	assert_int_equal(info.eqn, attr.eqn);
	assert_int_equal(info.dbr_iova, ring.dbr_iova);
	assert_int_equal(info.producer, 0);
	assert_int_equal(info.period_us, 0);
	assert_int_equal(hca_cq_moderate(bed->hca, cqn, 4095, 65535), 0);
	assert_int_equal(hca_cq_query(bed->hca, cqn, &info), 0);
	assert_int_equal(info.period_us, 4095);
	assert_int_equal(info.count, 65535);
	assert_int_equal(hca_cq_moderate(bed->hca, cqn, 4096, 1), -EINVAL);
	assert_int_equal(hca_cq_destroy(bed->hca, cqn), 0);
	assert_int_equal(hca_cq_query(bed->hca, cqn, &info), -EREMOTEIO);
	objects_ring_free(bed, &ring, false);
}

static void a_cq_goes_over_to_another_ring(void **state)
{
	struct objects_bed *bed = *state;
	struct objects_ring old, new;
	struct hca_cq_attr attr;
	struct hca_cq_info info;
	uint32_t cqn;

	assert_int_equal(objects_ring_alloc(bed, 64u << LOG_CQ, &old), 0);
	assert_int_equal(objects_ring_alloc(bed, 64u << (LOG_CQ + 2), &new), 0);
	objects_ring_fresh_cqes(&old, 64);
	objects_ring_fresh_cqes(&new, 64);
	attr = cq_attr(bed, &old, LOG_CQ);
	assert_int_equal(hca_cq_create(bed->hca, &attr, &cqn), 0);
	attr.ring = new.ring;
	attr.log_size = LOG_CQ + 2;
	assert_int_equal(hca_cq_resize(bed->hca, cqn, &attr), 0);
	assert_int_equal(hca_cq_query(bed->hca, cqn, &info), 0);
	assert_int_equal(info.log_size, LOG_CQ + 2);
	assert_int_equal(old.buf.ptr[63] >> 4, CQE_RESIZE);
	/* The old ring is free. */
	objects_ring_free(bed, &old, false);
	attr.log_size = LOG_CQ + 3;
	assert_int_equal(hca_cq_resize(bed->hca, cqn, &attr), -EINVAL);
	assert_int_equal(hca_cq_destroy(bed->hca, cqn), 0);
	objects_ring_free(bed, &new, false);
}

static void a_ring_may_begin_anywhere_its_context_can_say(void **state)
{
	struct objects_bed *bed = *state;
	struct objects_ring memory;
	struct hca_cq_attr attr;
	struct bus_run runs[3];
	uint64_t offset;
	uint32_t cqn;

	assert_int_equal(objects_ring_alloc(bed, 4 * OBJECTS_PAGE, &memory), 0);
	objects_ring_fresh_cqes(&memory, 64);
	/* Page 3, page 0, pages 1 and 2. */
	runs[0] = (struct bus_run){ memory.buf.iova + 3 * OBJECTS_PAGE, OBJECTS_PAGE };
	runs[1] = (struct bus_run){ memory.buf.iova, OBJECTS_PAGE };
	runs[2] = (struct bus_run){ memory.buf.iova + OBJECTS_PAGE, 2 * OBJECTS_PAGE };
	attr = cq_attr(bed, &memory, LOG_CQ + 1);
	attr.ring.runs = runs;
	attr.ring.n_runs = 3;
	for (offset = 0; offset <= 2 * OBJECTS_PAGE; offset += 64) {
		attr.ring.offset = offset;
		attr.ring.bytes = 4 * OBJECTS_PAGE - offset;
		assert_int_equal(hca_cq_create(bed->hca, &attr, &cqn), 0);
		assert_int_equal(hca_cq_destroy(bed->hca, cqn), 0);
	}
	attr.ring.offset = 32;
	assert_int_equal(hca_cq_create(bed->hca, &attr, &cqn), -EINVAL);
	objects_ring_free(bed, &memory, false);
}

static void a_cq_that_cannot_be_is_refused(void **state)
{
	struct objects_bed *bed = *state;
	struct objects_ring ring;
	struct hca_cq_attr attr, good;
	uint32_t cqn;

	assert_int_equal(objects_ring_alloc(bed, 64u << LOG_CQ, &ring), 0);
	good = cq_attr(bed, &ring, LOG_CQ);
	attr = good;
	attr.cqe_bytes = 32;
	assert_int_equal(hca_cq_create(bed->hca, &attr, &cqn), -EINVAL);
	attr = good;
	attr.log_size = 32;
	assert_int_equal(hca_cq_create(bed->hca, &attr, &cqn), -EINVAL);
	attr = good;
	attr.log_size++;
	assert_int_equal(hca_cq_create(bed->hca, &attr, &cqn), -EINVAL);
	attr = good;
	attr.dbr_iova += 4;
	assert_int_equal(hca_cq_create(bed->hca, &attr, &cqn), -EINVAL);
	attr = good;
	attr.uar = 0x1fff;
	assert_int_equal(hca_cq_create(bed->hca, &attr, &cqn), -EREMOTEIO);
	assert_int_equal(hca_cmd_last_error(bed->hca)->opcode, 0x400);
	objects_ring_free(bed, &ring, false);
}

enum { LOG_SRQ = 5, LOG_STRIDE = 6 };

static void an_rmp_is_armed_and_asked(void **state)
{
	struct objects_bed *bed = *state;
	struct hca_srq_attr attr = { .log_size = LOG_SRQ, .log_stride = LOG_STRIDE, .limit = 3 };
	struct objects_ring ring;
	struct hca_srq_info info;
	uint32_t rmpn;

	assert_int_equal(hca_pd_alloc(bed->hca, &attr.pd), 0);
	assert_int_equal(objects_ring_alloc(bed, 2 * OBJECTS_PAGE, &ring), 0);
	attr.ring = ring.ring;
	attr.ring.offset = OBJECTS_PAGE / 2 - 64;
	attr.ring.bytes -= attr.ring.offset;
	attr.dbr_iova = ring.dbr_iova + 8;
	assert_int_equal(hca_rmp_create(bed->hca, &attr, &rmpn), 0);
	assert_int_equal(objects_bed_counts(bed).srq, 1);
	assert_int_equal(hca_rmp_query(bed->hca, rmpn, &info), 0);
	assert_false(info.error);
	assert_int_equal(info.pd, attr.pd);
	assert_int_equal(info.log_size, LOG_SRQ);
	assert_int_equal(info.log_stride, LOG_STRIDE);
	assert_int_equal(info.limit, 3);
	assert_int_equal(info.dbr_iova, attr.dbr_iova);
	assert_int_equal(hca_rmp_arm(bed->hca, rmpn, 17), 0);
	assert_int_equal(hca_rmp_query(bed->hca, rmpn, &info), 0);
	assert_int_equal(info.limit, 17);
	assert_int_equal(hca_rmp_destroy(bed->hca, rmpn), 0);
	assert_int_equal(hca_pd_dealloc(bed->hca, attr.pd), 0);
	objects_ring_free(bed, &ring, false);
}

static void an_srq_that_cannot_be_is_refused(void **state)
{
	struct objects_bed *bed = *state;
	struct hca_srq_attr attr, good = { .log_size = LOG_SRQ, .log_stride = LOG_STRIDE };
	struct objects_ring ring;
	uint32_t n;

	assert_int_equal(objects_ring_alloc(bed, OBJECTS_PAGE, &ring), 0);
	good.ring = ring.ring;
	good.dbr_iova = ring.dbr_iova;
	attr = good;
	attr.log_size = 16;
	assert_int_equal(hca_rmp_create(bed->hca, &attr, &n), -EINVAL);
	attr = good;
	attr.log_stride = 4;
	assert_int_equal(hca_rmp_create(bed->hca, &attr, &n), -EINVAL);
	attr.log_stride = 12;
	assert_int_equal(hca_xrc_srq_create(bed->hca, &attr, &n), -EINVAL);
	attr = good;
	attr.dbr_iova += 4;
	assert_int_equal(hca_xrc_srq_create(bed->hca, &attr, &n), -EINVAL);
	attr = good;
	attr.log_size++;
	attr.log_stride = 7;
	assert_int_equal(hca_xrc_srq_create(bed->hca, &attr, &n), -EINVAL);
	/* An RMP cannot say that it begins in the upper half of its page, an XRC SRQ can. */
	attr = good;
	attr.log_size = 1;
	attr.ring.offset = OBJECTS_PAGE - 128;
	attr.ring.bytes = 128;
	assert_int_equal(hca_rmp_create(bed->hca, &attr, &n), -EINVAL);
	assert_int_equal(hca_xrc_srq_create(bed->hca, &attr, &n), -EREMOTEIO);	/* no such CQ */
	objects_ring_free(bed, &ring, false);
}

static void an_xrc_srq_is_armed_and_asked(void **state)
{
	struct objects_bed *bed = *state;
	struct hca_srq_attr attr = { .log_size = LOG_SRQ, .log_stride = LOG_STRIDE,
				     .user_index = 0xabcdef };
	struct objects_ring ring, cq_ring;
	struct hca_cq_attr cq;
	struct hca_srq_info info;
	uint32_t srqn;

	assert_int_equal(objects_ring_alloc(bed, 64u << LOG_CQ, &cq_ring), 0);
	objects_ring_fresh_cqes(&cq_ring, 64);
	cq = cq_attr(bed, &cq_ring, LOG_CQ);
	assert_int_equal(hca_cq_create(bed->hca, &cq, &attr.cqn), 0);
	assert_int_equal(hca_pd_alloc(bed->hca, &attr.pd), 0);
	assert_int_equal(hca_xrcd_alloc(bed->hca, &attr.xrcd), 0);
	assert_int_equal(objects_ring_alloc(bed, OBJECTS_PAGE, &ring), 0);
	attr.ring = ring.ring;
	attr.dbr_iova = ring.dbr_iova;
	assert_int_equal(hca_xrc_srq_create(bed->hca, &attr, &srqn), 0);
	assert_int_equal(hca_xrc_srq_arm(bed->hca, srqn, 9), 0);
	assert_int_equal(hca_xrc_srq_query(bed->hca, srqn, &info), 0);
	assert_false(info.error);
	assert_int_equal(info.pd, attr.pd);
	assert_int_equal(info.xrcd, attr.xrcd);
	assert_int_equal(info.cqn, attr.cqn);
	assert_int_equal(info.user_index, 0xabcdef);
	assert_int_equal(info.log_size, LOG_SRQ);
	assert_int_equal(info.log_stride, LOG_STRIDE);
	assert_int_equal(info.limit, 9);
	assert_int_equal(info.dbr_iova, ring.dbr_iova);
	assert_int_equal(hca_cq_destroy(bed->hca, attr.cqn), -EREMOTEIO);	/* it is used */
	assert_int_equal(hca_xrcd_dealloc(bed->hca, attr.xrcd), -EREMOTEIO);
	assert_int_equal(hca_xrc_srq_destroy(bed->hca, srqn), 0);
	assert_int_equal(hca_xrcd_dealloc(bed->hca, attr.xrcd), 0);
	assert_int_equal(hca_pd_dealloc(bed->hca, attr.pd), 0);
	assert_int_equal(hca_cq_destroy(bed->hca, attr.cqn), 0);
	objects_ring_free(bed, &ring, false);
	objects_ring_free(bed, &cq_ring, false);
}

static void the_defaults_come_and_go_as_a_whole(void **state)
{
	struct objects_bed *bed = *state;
	struct hca_defaults d, none = { 0 };
	struct model_bed_counts c;

	assert_int_equal(hca_defaults_create(bed->hca, hca_own_uar(bed->hca), bed->eq->eqn, &d), 0);
	c = objects_bed_counts(bed);
	assert_int_equal(c.pd, 1);
	assert_int_equal(c.cq, 1);
	assert_int_equal(c.xrcd, 2);
	assert_int_equal(c.srq, 2);
	assert_int_not_equal(d.xrcd, d.xrcd_srq);
	assert_int_equal(hca_defaults_destroy(bed->hca, &d), 0);
	assert_memory_equal(&d, &none, sizeof(d));
	assert_int_equal(hca_defaults_destroy(bed->hca, &d), 0);
	objects_bed_assert_as_at_open(bed);
	/* No such EQ: the PD and the XRC domains went again. */
	assert_int_equal(hca_defaults_create(bed->hca, hca_own_uar(bed->hca), 0xff, &d), -EREMOTEIO);
	assert_int_equal(hca_cmd_last_error(bed->hca)->opcode, 0x400);
	assert_memory_equal(&d, &none, sizeof(d));
}

int main(void)
{
#define LIFE(test) cmocka_unit_test_setup_teardown(test, objects_bed_setup, objects_bed_teardown)
	const struct CMUnitTest tests[] = {
		LIFE(a_cq_is_as_it_was_asked_for),
		LIFE(a_cq_goes_over_to_another_ring),
		LIFE(a_ring_may_begin_anywhere_its_context_can_say),
		LIFE(a_cq_that_cannot_be_is_refused),
		LIFE(an_rmp_is_armed_and_asked),
		LIFE(an_srq_that_cannot_be_is_refused),
		LIFE(an_xrc_srq_is_armed_and_asked),
		LIFE(the_defaults_come_and_go_as_a_whole),
	};

	return cmocka_run_group_tests(tests, objects_bed_group_setup, objects_bed_group_teardown);
}
