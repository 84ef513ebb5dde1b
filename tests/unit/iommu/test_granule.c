// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the policy granule: which blocks are mapped for whom, and
 * how long. Must never know the other policies.
 */
#include <errno.h>

#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/iommu/reg_bed.h"

#define GRANULE		(64 * 1024ull)
#define IDLE_MS		50
#define IDLE_BYTES	(4 * GRANULE)
#define RAM_AT		(GIB + 5 * PAGE)	/* clipped at both ends: 11 pages, ..., 5 pages */
#define RAM		(64 * GRANULE)
#define MAX_MAPS	20u

static int setup(void **state)
{
	static const struct fake_domain_config domain = { .max_maps = MAX_MAPS };
	static const struct iommu_registrar_config config = {
		.policy = IOMMU_POLICY_GRANULE, .granule = GRANULE,
		.idle_ms = IDLE_MS, .idle_bytes = IDLE_BYTES,
	};
	static struct reg_bed bed;

	reg_bed_open(&bed, &domain, &config);
	assert_int_equal(reg_bed_ram(&bed, RAM_AT, RAM, RW), 0);
	*state = &bed;
	return 0;
}

static int teardown(void **state)
{
	reg_bed_close(*state);
	return 0;
}

static void end(struct reg_bed *bed, struct iommu_registration *reg)
{
	assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
}

/* The @i-th granule of the guest's memory that is not clipped. */
static uint64_t granule(uint64_t i)
{
	return GIB + (i + 1) * GRANULE;
}

static void a_page_maps_its_block_and_no_other(void **state)
{
	struct reg_bed *bed = *state;
	struct gpa_run run = { granule(3) + 7 * PAGE, PAGE };
	struct iommu_registration *reg = reg_bed_many(bed, &run, 1, RW, 0);

	reg_bed_reaches(bed, reg, &run, 1, RW);
	assert_int_equal(reg_bed_fake(bed).maps, 1);
	assert_int_equal(reg_bed_fake(bed).bytes, GRANULE);
	assert_int_equal(reg_bed_bus(reg).size, PAGE);
	/* At an address that has the low bits of the guest's. */
	assert_int_equal(reg_bed_bus(reg).iova % GRANULE, 7 * PAGE);
	end(bed, reg);
}

static void blocks_are_clipped_to_their_region(void **state)
{
	struct reg_bed *bed = *state;
	struct gpa_run runs[] = { { RAM_AT, PAGE }, { RAM_AT + RAM - PAGE, PAGE } };
	struct iommu_registration *reg = reg_bed_many(bed, runs, 2, RW, 0);

	reg_bed_reaches(bed, reg, runs, 2, RW);
	assert_int_equal(reg_bed_fake(bed).maps, 2);
	assert_int_equal(reg_bed_fake(bed).bytes, 16 * PAGE);
	end(bed, reg);
}

static void registrations_in_one_block_share_it(void **state)
{
	struct reg_bed *bed = *state;
	struct gpa_run one = { granule(0), PAGE };
	struct gpa_run two[] = { { granule(0) + 3 * PAGE, PAGE }, { granule(0) + PAGE, PAGE } };
	struct iommu_registration *a = reg_bed_many(bed, &one, 1, RW, 0);
	struct iommu_registration *b = reg_bed_many(bed, two, 2, RO, 0);

	assert_int_equal(reg_bed_fake(bed).map_calls, 1);
	/* Read-only is the mkey's business here. */
	reg_bed_reaches(bed, b, two, 2, RW);
	end(bed, a);
	bed->now += IDLE_MS;
	assert_int_equal(iommu_registrar_tick(bed->registrar), -1);
	reg_bed_reaches(bed, b, two, 2, RW);
	end(bed, b);
	assert_int_equal(reg_bed_stats(bed).idle_bytes, GRANULE);
	bed->now += IDLE_MS;
	assert_int_equal(iommu_registrar_tick(bed->registrar), -1);
	assert_int_equal(reg_bed_fake(bed).maps, 0);
}

static void an_idle_block_serves_any_page_of_it(void **state)
{
	struct reg_bed *bed = *state;
	struct iommu_registration *reg;

	end(bed, reg_bed_one(bed, granule(0), PAGE, 0));
	reg = reg_bed_one(bed, granule(0) + 9 * PAGE, 2 * PAGE, PAGE);
	assert_int_equal(reg_bed_fake(bed).map_calls, 1);
	assert_int_equal(reg_bed_stats(bed).reuses, 1);
	assert_int_equal(reg_bed_stats(bed).idle_bytes, 0);
	end(bed, reg);
	/* Half of it is no reuse. */
	reg = reg_bed_one(bed, granule(1) - PAGE, 2 * PAGE, 0);
	assert_int_equal(reg_bed_stats(bed).reuses, 1);
	end(bed, reg);
}

static void idle_blocks_go_when_their_time_is_over_by_few_calls(void **state)
{
	struct reg_bed *bed = *state;

	end(bed, reg_bed_one(bed, granule(0), 4 * GRANULE, 0));
	assert_int_equal(reg_bed_fake(bed).maps, 4);
	assert_int_equal(iommu_registrar_tick(bed->registrar), IDLE_MS);
	bed->now += IDLE_MS - 1;
	assert_int_equal(iommu_registrar_tick(bed->registrar), 1);
	assert_int_equal(reg_bed_fake(bed).maps, 4);
	bed->now++;
	assert_int_equal(iommu_registrar_tick(bed->registrar), -1);
	assert_int_equal(reg_bed_fake(bed).maps, 0);
	assert_true(reg_bed_fake(bed).unmap_calls < 4);
}

static void idle_blocks_never_exceed_their_bound(void **state)
{
	struct reg_bed *bed = *state;

	end(bed, reg_bed_one(bed, granule(0), 10 * GRANULE, 0));
	assert_true(reg_bed_stats(bed).idle_bytes <= IDLE_BYTES);
	assert_true(reg_bed_stats(bed).idle_bytes > 0);
	assert_int_equal(reg_bed_fake(bed).bytes, reg_bed_stats(bed).idle_bytes);
}

static void a_large_registration_has_few_bus_runs_where_blocks_are_neighbours(void **state)
{
	struct reg_bed *bed = *state;
	struct gpa_run run = { granule(0), 8 * GRANULE };
	struct iommu_registration *reg = reg_bed_many(bed, &run, 1, RW, 0);
	size_t n;

	reg_bed_reaches(bed, reg, &run, 1, RW);
	iommu_registration_bus(reg, &n);
	assert_true(n <= 8);
	end(bed, reg);
}

static void idle_blocks_make_room_at_the_limit(void **state)
{
	struct reg_bed *bed = *state;
	struct iommu_registration *reg = reg_bed_one(bed, granule(0), 16 * GRANULE, 0);
	struct iommu_refusal refusal;
	struct gpa_run run;

	end(bed, reg_bed_one(bed, granule(20), 4 * GRANULE, 0));
	assert_int_equal(reg_bed_stats(bed).idle_maps, 4);
	/* One of these idles, three more can be had, five are wanted. */
	run = (struct gpa_run){ granule(23), 6 * GRANULE };
	refusal = reg_bed_refused(bed, &run, 1, RW, 0);
	assert_int_equal(refusal.reason, IOMMU_TOO_MANY_MAPS);
	run.size = 4 * GRANULE;
	end(bed, reg_bed_many(bed, &run, 1, RW, 0));
	end(bed, reg);
}

static void a_refused_registration_leaves_no_block_idle_for_longer(void **state)
{
	struct reg_bed *bed = *state;
	struct gpa_run runs[] = { { granule(0), PAGE }, { granule(1), PAGE } };

	end(bed, reg_bed_many(bed, runs, 1, RW, 0));
	fake_domain_fail_map(bed->domain, 1, -EIO);
	assert_int_equal(reg_bed_refused(bed, runs, 2, RW, 0).reason, IOMMU_MAP_FAILED);
	assert_int_equal(reg_bed_fake(bed).maps, 0);
	assert_int_equal(iommu_registrar_tick(bed->registrar), -1);
}

static void an_undoing_that_is_not_confirmed_is_told(void **state)
{
	struct reg_bed *bed = *state;
	struct gpa_run runs[] = { { granule(0), PAGE }, { granule(1), PAGE } };
	struct iommu_registration *reg;

	fake_domain_fail_map(bed->domain, 2, -EIO);
	fake_domain_fail_unmap(bed->domain, 1, -EIO);
	assert_int_equal(reg_bed_refused(bed, runs, 2, RW, 0).reason, IOMMU_NOT_CONFIRMED);
	assert_int_equal(reg_bed_ioas(bed).quarantined_blocks, 1);
	/* The block is gone; the next one is another. */
	reg = reg_bed_many(bed, runs, 2, RW, 0);
	reg_bed_reaches(bed, reg, runs, 2, RW);
	end(bed, reg);
}

static void an_abandoned_block_goes_with_its_last_user_and_serves_nobody_else(void **state)
{
	struct reg_bed *bed = *state;
	struct gpa_run run = { granule(0), PAGE };
	struct iommu_registration *a = reg_bed_many(bed, &run, 1, RW, 0);
	struct iommu_registration *b = reg_bed_many(bed, &run, 1, RW, 0), *c;
	struct bus_run bus = reg_bed_bus(a);

	assert_int_equal(iommu_abandon(bed->registrar, a), 0);
	/* Still mapped, for b, to which it was promised. */
	reg_bed_reaches(bed, b, &run, 1, RW);
	c = reg_bed_many(bed, &run, 1, RW, 0);
	assert_int_not_equal(reg_bed_bus(c).iova, bus.iova);
	end(bed, b);
	reg_bed_unreachable(bed, &bus, 1);
	assert_int_equal(reg_bed_ioas(bed).quarantined_bytes, GRANULE);
	assert_int_equal(iommu_abandon(bed->registrar, c), 0);
	assert_int_equal(reg_bed_fake(bed).maps, 0);
	assert_int_equal(reg_bed_ioas(bed).quarantined_bytes, 2 * GRANULE);
}

static void an_unmap_that_is_not_confirmed_is_told(void **state)
{
	struct reg_bed *bed = *state;
	struct iommu_registration *reg = reg_bed_one(bed, granule(0), PAGE, 0);

	fake_domain_lie(bed->domain, 1, PAGE, true);
	assert_int_equal(iommu_abandon(bed->registrar, reg), -EUCLEAN);
	assert_int_equal(reg_bed_ioas(bed).quarantined_blocks, 1);
	assert_int_equal(reg_bed_stats(bed).maps, 0);
}

static void a_tebibyte_of_guest_memory_costs_little_book_keeping(void **state)
{
	struct iommu_registrar_config config = { .policy = IOMMU_POLICY_GRANULE };
	struct iommu_registration *reg;
	struct reg_bed bed;
	size_t empty;

	(void)state;
	reg_bed_open(&bed, NULL, &config);
	empty = reg_bed_stats(&bed).memory;
	assert_int_equal(reg_bed_ram(&bed, 0, 1024 * GIB, RW), 0);
	reg = reg_bed_one(&bed, 1000 * GIB, PAGE, 0);
	assert_true(reg_bed_stats(&bed).memory < empty + 160 * 1024);
	assert_int_equal(reg_bed_fake(&bed).bytes, 2 * MIB);
	end(&bed, reg);
	reg_bed_close(&bed);
}

static void allocations_that_fail_leave_nothing_behind(void **state)
{
	/* One that allocates nothing itself. */
	struct fake_domain_config domain = { .null = true };
	struct iommu_registrar_config config = { .policy = IOMMU_POLICY_GRANULE, .granule = GRANULE };
	struct iommu_registration *reg = NULL;
	struct iommu_refusal refusal;
	struct gpa_run runs[12];
	unsigned long nth = 0;
	struct reg_bed bed;

	(void)state;
	reg_bed_open(&bed, &domain, &config);
	assert_int_equal(reg_bed_ram(&bed, RAM_AT, RAM, RW), 0);
	for (uint64_t i = 0; i < 12; i++)
		runs[i] = (struct gpa_run){ granule(12 - i), PAGE };
	for (int ret = -1; ret;) {
		struct iommu_request request = { &bed.owner, runs, 12, RW, 0 };

		fail_alloc_arm(++nth, false);
		ret = iommu_register(bed.registrar, &request, &reg, &refusal);
		fail_alloc_disarm();
		assert_true(!ret || (ret == -ENOMEM && refusal.reason == IOMMU_NO_MEMORY));
		assert_int_equal(reg_bed_ioas(&bed).maps, ret ? 0 : 12);
		assert_int_equal(reg_bed_stats(&bed).maps, ret ? 0 : 12);
		assert_int_equal(bed.owner.bytes, ret ? 0 : 12 * PAGE);
	}
	assert_true(nth > 6);
	end(&bed, reg);
	reg_bed_close(&bed);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_page_maps_its_block_and_no_other),
		T(blocks_are_clipped_to_their_region),
		T(registrations_in_one_block_share_it),
		T(an_idle_block_serves_any_page_of_it),
		T(idle_blocks_go_when_their_time_is_over_by_few_calls),
		T(idle_blocks_never_exceed_their_bound),
		T(a_large_registration_has_few_bus_runs_where_blocks_are_neighbours),
		T(idle_blocks_make_room_at_the_limit),
		T(a_refused_registration_leaves_no_block_idle_for_longer),
		T(an_undoing_that_is_not_confirmed_is_told),
		T(an_abandoned_block_goes_with_its_last_user_and_serves_nobody_else),
		T(an_unmap_that_is_not_confirmed_is_told),
		T(a_tebibyte_of_guest_memory_costs_little_book_keeping),
		T(allocations_that_fail_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
