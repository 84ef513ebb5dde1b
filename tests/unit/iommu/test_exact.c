// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the policies that give a registration bus addresses of its
 * own: exact, and lazy while it is registered. Must never know what idles.
 */
#include <errno.h>

#include "tests/unit/iommu/reg_bed.h"

#define RAM	(64 * MIB)		/* at 0 */
#define ROM_AT	(1 * GIB)		/* 1 MiB, read-only */
#define HIGH_AT	(4 * GIB)		/* two regions side by side, 1 MiB each */

static const enum iommu_policy policies[] = { IOMMU_POLICY_EXACT, IOMMU_POLICY_LAZY };

static void open_memory(struct reg_bed *bed)
{
	assert_int_equal(reg_bed_ram(bed, 0, RAM, RW), 0);
	assert_int_equal(reg_bed_ram(bed, ROM_AT, MIB, RO), 0);
	assert_int_equal(reg_bed_ram(bed, HIGH_AT, MIB, RW), 0);
	assert_int_equal(reg_bed_ram(bed, HIGH_AT + MIB, MIB, RW), 0);
}

static void read_only_registrations_are_mapped_read_only(void **state)
{
	struct gpa_run runs[] = { { 0, PAGE }, { ROM_AT, PAGE } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct iommu_registration *reg;
		struct reg_bed bed;

		reg_bed_open(&bed, NULL, &(struct iommu_registrar_config){ .policy = policies[i] });
		open_memory(&bed);
		reg = reg_bed_many(&bed, runs, 2, RO, 0);
		reg_bed_reaches(&bed, reg, runs, 2, RO);
		assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
		reg_bed_close(&bed);
	}
}

static void exact_unmaps_before_deregistration_returns(void **state)
{
	struct iommu_registration *reg;
	struct reg_bed bed;
	struct bus_run bus;

	(void)state;
	reg_bed_open(&bed, NULL, NULL);
	open_memory(&bed);
	reg = reg_bed_one(&bed, 0, 4 * PAGE, 0);
	bus = reg_bed_bus(reg);
	assert_int_equal(reg_bed_fake(&bed).maps, 1);
	/* Page-exact: not the page before, nor the one behind. */
	assert_false(fake_domain_lookup(bed.domain, bus.iova - 1, NULL, NULL));
	assert_false(fake_domain_lookup(bed.domain, bus.iova + bus.size, NULL, NULL));
	assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
	reg_bed_unreachable(&bed, &bus, 1);
	assert_int_equal(reg_bed_fake(&bed).maps, 0);
	assert_int_equal(iommu_registrar_tick(bed.registrar), -1);
	reg_bed_close(&bed);
}

static void the_bus_address_has_the_low_bits_of_the_virtual_one(void **state)
{
	struct iommu_registration *reg;
	struct reg_bed bed;

	(void)state;
	reg_bed_open(&bed, NULL, NULL);
	open_memory(&bed);
	reg = reg_bed_one(&bed, 3 * PAGE, 16 * MIB, 0x7f1234567000);
	assert_int_equal(reg_bed_bus(reg).iova & (16 * MIB - 1), 0x7f1234567000 & (16 * MIB - 1));
	assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
	reg_bed_close(&bed);
}

static void runs_that_touch_within_a_region_take_one_mapping(void **state)
{
	struct gpa_run touching[] = { { 0, PAGE }, { PAGE, 2 * PAGE }, { 3 * PAGE, PAGE } };
	struct gpa_run backwards[] = { { PAGE, PAGE }, { 0, PAGE } };
	struct gpa_run over_border = { HIGH_AT + MIB - PAGE, 2 * PAGE };
	struct iommu_registration *a, *b, *c;
	struct reg_bed bed;

	(void)state;
	reg_bed_open(&bed, NULL, NULL);
	open_memory(&bed);
	a = reg_bed_many(&bed, touching, 3, RW, 0);
	assert_int_equal(reg_bed_fake(&bed).maps, 1);
	b = reg_bed_many(&bed, backwards, 2, RW, 0);
	assert_int_equal(reg_bed_fake(&bed).maps, 3);
	c = reg_bed_many(&bed, &over_border, 1, RW, 0);
	assert_int_equal(reg_bed_fake(&bed).maps, 5);
	reg_bed_bus(a);
	reg_bed_bus(b);
	reg_bed_bus(c);
	assert_int_equal(iommu_deregister(bed.registrar, a), 0);
	assert_int_equal(iommu_deregister(bed.registrar, b), 0);
	assert_int_equal(iommu_deregister(bed.registrar, c), 0);
	/* One call each, however many mappings. */
	assert_int_equal(reg_bed_fake(&bed).unmap_calls, 3);
	reg_bed_close(&bed);
}

static void a_domain_that_wants_addresses_of_this_process_gets_them(void **state)
{
	struct gpa_run run = { 5 * PAGE, PAGE };
	struct fake_domain_config config = { .needs_hva = true };
	struct iommu_registration *reg;
	struct iommu_backing backing;
	struct reg_bed bed;
	void *ptr;

	(void)state;
	reg_bed_open(&bed, &config, NULL);
	open_memory(&bed);
	reg = reg_bed_many(&bed, &run, 1, RW, 0);
	assert_int_equal(guest_memory_ptr(bed.memory, 5 * PAGE, PAGE, RW, &ptr), 0);
	assert_true(fake_domain_lookup(bed.domain, reg_bed_bus(reg).iova, &backing, NULL));
	assert_ptr_equal(backing.hva, ptr);
	assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
	reg_bed_close(&bed);
}

static void an_unmap_that_is_not_confirmed_quarantines_and_is_told(void **state)
{
	struct gpa_run run = { 0, 2 * PAGE };
	struct iommu_registration *reg;
	struct bus_run bus;
	struct reg_bed bed;

	(void)state;
	reg_bed_open(&bed, NULL, NULL);
	open_memory(&bed);
	for (int i = 0; i < 3; i++) {
		reg = reg_bed_many(&bed, &run, 1, RW, 0);
		bus = reg_bed_bus(reg);
		if (i == 0)
			fake_domain_fail_unmap(bed.domain, 1, -EIO);
		else if (i == 1)
			fake_domain_lie(bed.domain, 1, 0, false);
		else
			fake_domain_lie(bed.domain, 1, PAGE, true);
		assert_int_equal(iommu_deregister(bed.registrar, reg), -EUCLEAN);
		assert_int_equal(bed.owner.bytes, 0);
		assert_int_equal(reg_bed_stats(&bed).maps, 0);
		assert_int_equal(reg_bed_ioas(&bed).quarantined_blocks, i + 1);
		/* Its addresses are never used again. */
		reg = reg_bed_many(&bed, &run, 1, RW, bus.iova);
		assert_int_not_equal(reg_bed_bus(reg).iova, bus.iova);
		assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
	}
	reg_bed_close(&bed);
}

static void an_undoing_that_is_not_confirmed_is_told(void **state)
{
	struct gpa_run runs[] = { { 0, PAGE }, { 8 * PAGE, PAGE } };
	struct iommu_refusal refusal;
	struct reg_bed bed;

	(void)state;
	reg_bed_open(&bed, NULL, NULL);
	open_memory(&bed);
	fake_domain_fail_map(bed.domain, 2, -ENOMEM);
	fake_domain_fail_unmap(bed.domain, 1, -EIO);
	refusal = reg_bed_refused(&bed, runs, 2, RW, 0);
	assert_int_equal(refusal.reason, IOMMU_NOT_CONFIRMED);
	assert_int_equal(refusal.err, -EUCLEAN);
	assert_int_equal(reg_bed_ioas(&bed).quarantined_blocks, 1);
	reg_bed_close(&bed);
}

static void abandoned_addresses_are_unmapped_and_never_used_again(void **state)
{
	struct iommu_registration *reg;
	struct bus_run bus;
	struct reg_bed bed;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		reg_bed_open(&bed, NULL, &(struct iommu_registrar_config){ .policy = policies[i] });
		open_memory(&bed);
		reg = reg_bed_one(&bed, 0, 2 * PAGE, 0);
		bus = reg_bed_bus(reg);
		assert_int_equal(iommu_abandon(bed.registrar, reg), 0);
		reg_bed_unreachable(&bed, &bus, 1);
		assert_int_equal(reg_bed_ioas(&bed).quarantined_bytes, 2 * PAGE);
		reg = reg_bed_one(&bed, 0, 2 * PAGE, bus.iova);
		assert_int_not_equal(reg_bed_bus(reg).iova, bus.iova);
		assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
		reg_bed_close(&bed);
	}
}

static void no_bus_addresses_left_is_told(void **state)
{
	static const struct iova_range range = { PAGE, 16 * PAGE - 1 };
	struct fake_domain_config config = { .ranges = &range, .n_ranges = 1 };
	struct gpa_run run = { 0, 16 * PAGE };
	struct iommu_refusal refusal;
	struct reg_bed bed;

	(void)state;
	reg_bed_open(&bed, &config, NULL);
	open_memory(&bed);
	refusal = reg_bed_refused(&bed, &run, 1, RW, 0);
	assert_int_equal(refusal.reason, IOMMU_NO_IOVA);
	assert_int_equal(refusal.err, -ENOSPC);
	assert_int_equal(refusal.wanted, 16 * PAGE);
	reg_bed_close(&bed);
}

static void a_domain_that_runs_out_of_mappings_early_counts_as_the_limit(void **state)
{
	struct gpa_run run = { 0, PAGE };
	struct iommu_refusal refusal;
	struct reg_bed bed;

	(void)state;
	reg_bed_open(&bed, NULL, NULL);
	open_memory(&bed);
	fake_domain_fail_map(bed.domain, 1, -ENOSPC);
	refusal = reg_bed_refused(&bed, &run, 1, RW, 0);
	assert_int_equal(refusal.reason, IOMMU_TOO_MANY_MAPS);
	assert_int_equal(refusal.limit, 0);
	reg_bed_close(&bed);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(read_only_registrations_are_mapped_read_only),
		T(exact_unmaps_before_deregistration_returns),
		T(the_bus_address_has_the_low_bits_of_the_virtual_one),
		T(runs_that_touch_within_a_region_take_one_mapping),
		T(a_domain_that_wants_addresses_of_this_process_gets_them),
		T(an_unmap_that_is_not_confirmed_quarantines_and_is_told),
		T(an_undoing_that_is_not_confirmed_is_told),
		T(abandoned_addresses_are_unmapped_and_never_used_again),
		T(no_bus_addresses_left_is_told),
		T(a_domain_that_runs_out_of_mappings_early_counts_as_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
