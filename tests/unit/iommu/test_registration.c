// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises that every policy keeps: what is refused and why, what is
 * reached, what owners use up, and that nothing is half done. Must never know
 * what one policy does differently.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/iommu/reg_bed.h"

#define RAM	(64 * MIB)		/* at 0 */
#define ROM_AT	(1 * GIB)		/* 1 MiB, read-only */
#define HIGH_AT	(4 * GIB)		/* two regions side by side, 1 MiB each */

static const enum iommu_policy policies[] = {
	IOMMU_POLICY_EXACT, IOMMU_POLICY_LAZY, IOMMU_POLICY_GRANULE, IOMMU_POLICY_STATIC,
};

static void open_memory(struct reg_bed *bed)
{
	assert_int_equal(reg_bed_ram(bed, 0, RAM, RW), 0);
	assert_int_equal(reg_bed_ram(bed, ROM_AT, MIB, RO), 0);
	assert_int_equal(reg_bed_ram(bed, HIGH_AT, MIB, RW), 0);
	assert_int_equal(reg_bed_ram(bed, HIGH_AT + MIB, MIB, RW), 0);
	assert_int_equal(reg_bed_ram(bed, -MIB, MIB, RW), 0);
}

/* Runs @test under each policy, over memory as above. */
static void under_each_policy(void (*test)(struct reg_bed *bed))
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct reg_bed bed;

		reg_bed_open(&bed, NULL, &(struct iommu_registrar_config){ .policy = policies[i] });
		open_memory(&bed);
		test(&bed);
		reg_bed_close(&bed);
	}
}

static void check_refusals(struct reg_bed *bed)
{
	static const struct {
		enum iommu_reason reason;
		int err;
		uint64_t at;
		struct gpa_run runs[3];
		size_t n;
		unsigned int access;
		uint64_t va;
	} rows[] = {
		{ IOMMU_EMPTY, -EINVAL, 0, { { 0, PAGE } }, 0, RW, 0 },
		{ IOMMU_EMPTY, -EINVAL, PAGE, { { 0, PAGE }, { PAGE, 0 } }, 2, RW, 0 },
		{ IOMMU_UNALIGNED, -EINVAL, 1, { { 1, PAGE } }, 1, RW, 0 },
		{ IOMMU_UNALIGNED, -EINVAL, PAGE, { { PAGE, PAGE + 1 } }, 1, RW, 0 },
		{ IOMMU_UNALIGNED, -EINVAL, 5, { { 0, PAGE } }, 1, RW, 5 },
		{ IOMMU_WRAPS, -EINVAL, -PAGE, { { -PAGE, 2 * PAGE } }, 1, RW, 0 },
		{ IOMMU_WRAPS, -EINVAL, 1ull << 63, { { 0, 1ull << 63 }, { 1ull << 63, 1ull << 63 } },
		  2, RW, 0 },
		{ IOMMU_OVERLAP, -EEXIST, 0, { { 0, PAGE }, { 0, PAGE } }, 2, RW, 0 },
		{ IOMMU_OVERLAP, -EEXIST, PAGE,
		  { { 0, 2 * PAGE }, { 8 * PAGE, PAGE }, { PAGE, PAGE } }, 3, RW, 0 },
		{ IOMMU_OVERLAP, -EEXIST, 9 * PAGE,
		  { { 9 * PAGE, PAGE }, { 0, PAGE }, { 8 * PAGE, 2 * PAGE } }, 3, RW, 0 },
		{ IOMMU_NOT_RAM, -EFAULT, RAM, { { RAM, PAGE } }, 1, RW, 0 },
		{ IOMMU_NOT_RAM, -EFAULT, RAM, { { RAM - PAGE, 2 * PAGE } }, 1, RW, 0 },
		{ IOMMU_NOT_RAM, -EFAULT, HIGH_AT + 2 * MIB, { { 0, PAGE }, { HIGH_AT, 4 * MIB } },
		  2, RW, 0 },
		{ IOMMU_NOT_RAM, -EFAULT, RAM, { { 0, -PAGE } }, 1, RW, 0 },
		{ IOMMU_READ_ONLY, -EACCES, ROM_AT, { { 0, PAGE }, { ROM_AT, PAGE } }, 2, RW, 0 },
		{ IOMMU_READ_ONLY, -EACCES, ROM_AT, { { ROM_AT, PAGE } }, 1, IOMMU_WRITE, 0 },
		{ IOMMU_BAD_ACCESS, -EINVAL, 0, { { 0, PAGE } }, 1, 0, 0 },
		{ IOMMU_BAD_ACCESS, -EINVAL, 0, { { 0, PAGE } }, 1, RW | 4, 0 },
	};
	uint64_t calls = reg_bed_fake(bed).map_calls;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct iommu_refusal refusal = reg_bed_refused(bed, rows[i].runs, rows[i].n,
							       rows[i].access, rows[i].va);

		if (refusal.reason != rows[i].reason || refusal.err != rows[i].err ||
		    refusal.at != rows[i].at)
			fail_msg("row %zu: reason %d, error %d, at 0x%jx", i, refusal.reason,
				 refusal.err, (uintmax_t)refusal.at);
	}
	assert_int_equal(reg_bed_fake(bed).map_calls, calls);
}

static void bad_requests_are_refused_with_their_reason(void **state)
{
	(void)state;
	under_each_policy(check_refusals);
}

static void check_many_runs(struct reg_bed *bed)
{
	struct gpa_run run = { 0, PAGE };
	struct iommu_refusal refusal;

	/* The list is not even looked at. */
	refusal = reg_bed_refused(bed, &run, (size_t)IOMMU_MAX_RUNS + 1, RW, 0);
	assert_int_equal(refusal.reason, IOMMU_TOO_MANY_RUNS);
	assert_int_equal(refusal.err, -E2BIG);
	assert_int_equal(refusal.wanted, IOMMU_MAX_RUNS + 1);
	assert_int_equal(refusal.limit, IOMMU_MAX_RUNS);
}

static void more_runs_than_promised_are_refused_unread(void **state)
{
	(void)state;
	under_each_policy(check_many_runs);
}

static void check_reach(struct reg_bed *bed)
{
	static const struct {
		struct gpa_run runs[5];
		size_t n;
	} rows[] = {
		{ { { 0, PAGE } }, 1 },
		{ { { 5 * MIB + PAGE, 3 * MIB } }, 1 },
		{ { { RAM - PAGE, PAGE } }, 1 },
		{ { { -PAGE, PAGE } }, 1 },
		{ { { 8 * PAGE, PAGE }, { 4 * PAGE, PAGE }, { 0, PAGE } }, 3 },
		{ { { 0, PAGE }, { PAGE, PAGE }, { 2 * PAGE, PAGE } }, 3 },
		{ { { HIGH_AT + MIB - PAGE, 2 * PAGE } }, 1 },
		{ { { HIGH_AT, 2 * MIB } }, 1 },
		{ { { 0, PAGE }, { HIGH_AT + MIB, PAGE }, { PAGE, PAGE }, { HIGH_AT, PAGE },
		    { HIGH_AT + MIB + PAGE, MIB - PAGE } }, 5 },
	};
	bool granted_whole = reg_bed_stats(bed).maps != 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct iommu_registration *reg;
		const struct bus_run *bus;
		struct bus_run copy[8];
		size_t n;

		reg = reg_bed_many(bed, rows[i].runs, rows[i].n, RW, 0x7f0000001000);
		reg_bed_reaches(bed, reg, rows[i].runs, rows[i].n, RW);
		bus = iommu_registration_bus(reg, &n);
		memcpy(copy, bus, n * sizeof(*bus));
		assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
		assert_int_equal(iommu_registrar_flush(bed->registrar), 0);
		if (!granted_whole)
			reg_bed_unreachable(bed, copy, n);
	}
}

static void every_page_is_reached_in_the_order_of_the_runs(void **state)
{
	(void)state;
	under_each_policy(check_reach);
}

static void check_context(struct reg_bed *bed)
{
	struct iommu_registration *reg = reg_bed_one(bed, 0, PAGE, 0);

	iommu_registration_set_context(reg, &bed->now);
	assert_ptr_equal(iommu_registration_context(reg), &bed->now);
	assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
	reg = reg_bed_one(bed, 0, PAGE, 0);
	assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
}

static void a_context_does_not_outlive_its_registration(void **state)
{
	(void)state;
	under_each_policy(check_context);
}

static void check_quota(struct reg_bed *bed)
{
	struct gpa_run runs[] = { { 0, 2 * PAGE }, { 8 * PAGE, PAGE } };
	struct iommu_registration *a, *b;
	struct iommu_refusal refusal;

	bed->owner.max_bytes = 5 * PAGE;
	bed->owner.max_registrations = 2;
	a = reg_bed_many(bed, runs, 2, RW, 0);
	assert_int_equal(bed->owner.bytes, 3 * PAGE);
	assert_int_equal(bed->owner.registrations, 1);
	refusal = reg_bed_refused(bed, runs, 2, RW, 0);
	assert_int_equal(refusal.reason, IOMMU_OWNER_BYTES);
	assert_int_equal(refusal.err, -EDQUOT);
	assert_int_equal(refusal.wanted, 6 * PAGE);
	assert_int_equal(refusal.limit, 5 * PAGE);
	b = reg_bed_many(bed, runs, 1, RW, 0);
	assert_int_equal(bed->owner.bytes, 5 * PAGE);
	bed->owner.max_bytes = UINT64_MAX;
	refusal = reg_bed_refused(bed, runs, 1, RW, 0);
	assert_int_equal(refusal.reason, IOMMU_OWNER_COUNT);
	assert_int_equal(refusal.err, -EDQUOT);
	assert_int_equal(refusal.wanted, 3);
	assert_int_equal(refusal.limit, 2);
	assert_int_equal(iommu_deregister(bed->registrar, a), 0);
	assert_int_equal(iommu_deregister(bed->registrar, b), 0);
	assert_int_equal(bed->owner.bytes, 0);
	/* What the owner held before counts, however near to the end of 64 bits. */
	bed->owner.bytes = UINT64_MAX - PAGE;
	refusal = reg_bed_refused(bed, runs, 1, RW, 0);
	assert_int_equal(refusal.reason, IOMMU_OWNER_BYTES);
	bed->owner.bytes = 0;
}

static void owners_cannot_exceed_their_quota(void **state)
{
	(void)state;
	under_each_policy(check_quota);
}

static void check_counts(struct reg_bed *bed)
{
	struct iommu_registrar_stats before = reg_bed_stats(bed), stats;
	struct iommu_owner other = { UINT64_MAX, UINT64_MAX, 0, 0 };
	struct gpa_run run = { MIB, 3 * PAGE };
	struct iommu_request request = { &other, &run, 1, RO, 0 };
	struct iommu_registration *a = reg_bed_one(bed, 0, 2 * PAGE, 0), *b;

	assert_int_equal(iommu_register(bed->registrar, &request, &b, NULL), 0);
	stats = reg_bed_stats(bed);
	assert_int_equal(stats.registrations, 2);
	assert_int_equal(stats.registered_bytes, 5 * PAGE);
	assert_int_equal(bed->owner.bytes, 2 * PAGE);
	assert_int_equal(other.bytes, 3 * PAGE);
	assert_int_equal(stats.mapped_bytes, reg_bed_fake(bed).bytes);
	assert_int_equal(stats.maps, reg_bed_fake(bed).maps);
	assert_int_equal(iommu_deregister(bed->registrar, a), 0);
	assert_int_equal(iommu_deregister(bed->registrar, b), 0);
	iommu_registrar_flush(bed->registrar);
	stats = reg_bed_stats(bed);
	assert_int_equal(stats.mapped_bytes, before.mapped_bytes);
	assert_int_equal(stats.maps, before.maps);
	assert_int_equal(other.bytes, 0);
	assert_int_equal(other.registrations, 0);
}

static void what_is_counted_is_what_the_domain_holds(void **state)
{
	(void)state;
	under_each_policy(check_counts);
}

static void check_failing_maps(struct reg_bed *bed)
{
	struct gpa_run runs[] = {
		{ 0, PAGE }, { 4 * MIB, PAGE }, { 8 * MIB, PAGE }, { HIGH_AT + MIB - PAGE, 2 * PAGE },
	};
	uint64_t maps = reg_bed_fake(bed).maps;
	struct iommu_registration *reg;
	uint64_t nth = 0;

	for (;;) {
		fake_domain_fail_map(bed->domain, ++nth, -EIO);
		if (!maps && nth <= 5) {
			struct iommu_refusal refusal = reg_bed_refused(bed, runs, 4, RW, 0);

			assert_int_equal(refusal.reason, IOMMU_MAP_FAILED);
			assert_int_equal(refusal.err, -EIO);
			assert_int_equal(reg_bed_fake(bed).maps, 0);
			assert_int_equal(reg_bed_stats(bed).maps, 0);
			continue;
		}
		reg = reg_bed_many(bed, runs, 4, RW, 0);
		assert_true(fake_domain_disarm(bed->domain));
		break;
	}
	reg_bed_reaches(bed, reg, runs, 4, RW);
	assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
}

static void a_map_that_fails_leaves_nothing_mapped(void **state)
{
	(void)state;
	under_each_policy(check_failing_maps);
}

static void a_map_that_fails_gives_its_bus_addresses_back(void **state)
{
	static const struct iova_range range = { PAGE, 17 * PAGE - 1 };
	struct fake_domain_config config = { .ranges = &range, .n_ranges = 1 };
	struct gpa_run run = { 0, 16 * PAGE };
	struct reg_bed bed;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct iommu_registrar_config conf = { .policy = policies[i], .granule = PAGE };

		reg_bed_open(&bed, &config, &conf);
		assert_int_equal(reg_bed_ram(&bed, 0, RAM, RW), 0);
		fake_domain_fail_map(bed.domain, 1, -EIO);
		assert_int_equal(reg_bed_refused(&bed, &run, 1, RW, 0).reason, IOMMU_MAP_FAILED);
		assert_int_equal(iommu_deregister(bed.registrar,
						  reg_bed_many(&bed, &run, 1, RW, 0)), 0);
		reg_bed_close(&bed);
	}
}

static void regions_that_were_there_before_the_registrar_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct iommu_registrar_config config = { .policy = policies[i] };
		struct gpa_run run = { 0, PAGE };
		struct iommu_registration *reg;
		struct reg_bed bed;

		reg_bed_open(&bed, NULL, &(struct iommu_registrar_config){ 0 });
		open_memory(&bed);
		iommu_registrar_destroy(bed.registrar);
		assert_int_equal(iommu_registrar_create(bed.ioas, bed.memory, &config,
							&bed.registrar), 0);
		reg = reg_bed_many(&bed, &run, 1, RW, 0);
		reg_bed_reaches(&bed, reg, &run, 1, RW);
		assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
		reg_bed_close(&bed);
	}
}

static void falling_back_changes_nothing_where_it_cannot_help(void **state)
{
	struct gpa_run run = { 0, PAGE };

	(void)state;
	for (size_t i = 2; i < 4; i++) {
		struct iommu_registrar_config config = { .policy = policies[i], .fall_back = true };
		struct fake_domain_config domain = { .max_maps = 5 };
		struct iommu_registration *reg;
		struct reg_bed bed;

		reg_bed_open(&bed, &domain, &config);
		open_memory(&bed);
		reg = reg_bed_many(&bed, &run, 1, RW, 0);
		reg_bed_reaches(&bed, reg, &run, 1, RW);
		assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
		reg_bed_close(&bed);
	}
}

static void impossible_configurations_are_refused(void **state)
{
	static const struct iommu_registrar_config bad[] = {
		{ .policy = (enum iommu_policy)4 },
		{ .granule = 2048 },
		{ .granule = 3 * MIB },
		{ .granule = 2 * GIB },
	};
	struct iommu_registrar *registrar;
	struct reg_bed bed;

	(void)state;
	reg_bed_open(&bed, NULL, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(iommu_registrar_create(bed.ioas, bed.memory, &bad[i], &registrar),
				 -EINVAL);
	reg_bed_close(&bed);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(bad_requests_are_refused_with_their_reason),
		T(more_runs_than_promised_are_refused_unread),
		T(every_page_is_reached_in_the_order_of_the_runs),
		T(a_context_does_not_outlive_its_registration),
		T(owners_cannot_exceed_their_quota),
		T(what_is_counted_is_what_the_domain_holds),
		T(a_map_that_fails_leaves_nothing_mapped),
		T(a_map_that_fails_gives_its_bus_addresses_back),
		T(regions_that_were_there_before_the_registrar_count),
		T(falling_back_changes_nothing_where_it_cannot_help),
		T(impossible_configurations_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
