// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the policy static: all guest memory is mapped while it
 * exists, and registrations only translate. Must never know the other policies.
 */
#include <errno.h>

#include "tests/unit/iommu/reg_bed.h"

#define RAM_AT	GIB
#define RAM	(64 * MIB)

static int setup(void **state)
{
	static const struct iommu_registrar_config config = { .policy = IOMMU_POLICY_STATIC };
	static struct reg_bed bed;

	reg_bed_open(&bed, NULL, &config);
	assert_int_equal(reg_bed_ram(&bed, RAM_AT, RAM, RW), 0);
	*state = &bed;
	return 0;
}

static int teardown(void **state)
{
	reg_bed_close(*state);
	return 0;
}

static void a_region_is_mapped_when_it_appears_and_unmapped_when_it_goes(void **state)
{
	struct reg_bed *bed = *state;

	assert_int_equal(reg_bed_fake(bed).bytes, RAM);
	assert_int_equal(reg_bed_fake(bed).map_calls, 1);
	assert_int_equal(reg_bed_ram(bed, 4 * GIB, 3 * GIB + PAGE, RW), 0);
	assert_int_equal(reg_bed_fake(bed).bytes, RAM + 3 * GIB + PAGE);
	assert_int_equal(reg_bed_fake(bed).map_calls, 5);
	assert_int_equal(reg_bed_stats(bed).maps, 5);
	assert_int_equal(iommu_region_remove(bed->registrar, 4 * GIB, 3 * GIB + PAGE), 0);
	assert_int_equal(reg_bed_fake(bed).bytes, RAM);
	assert_int_equal(reg_bed_fake(bed).unmap_calls, 1);
}

static void registrations_cost_no_map_call_and_stay_mapped(void **state)
{
	struct reg_bed *bed = *state;
	struct gpa_run runs[] = { { RAM_AT + 9 * PAGE, PAGE }, { RAM_AT, 2 * PAGE } };
	struct iommu_registration *reg = reg_bed_many(bed, runs, 2, RO, 0);
	size_t n;

	/* With the region's rights, not the registration's. */
	reg_bed_reaches(bed, reg, runs, 2, RW);
	iommu_registration_bus(reg, &n);
	assert_int_equal(n, 2);
	assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
	assert_int_equal(reg_bed_fake(bed).map_calls, 1);
	assert_int_equal(reg_bed_fake(bed).unmap_calls, 0);
	assert_int_equal(iommu_registrar_tick(bed->registrar), -1);
	assert_int_equal(iommu_registrar_flush(bed->registrar), 0);
}

static void bus_addresses_have_the_low_bits_of_the_guests(void **state)
{
	struct reg_bed *bed = *state;
	struct iommu_registration *reg = reg_bed_one(bed, RAM_AT + 2 * MIB, 2 * MIB, 0);

	assert_int_equal(reg_bed_bus(reg).iova % (2 * MIB), 0);
	assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
}

static void read_only_memory_is_mapped_read_only(void **state)
{
	struct reg_bed *bed = *state;
	struct gpa_run run = { 4 * GIB, PAGE };
	struct iommu_registration *reg;

	assert_int_equal(reg_bed_ram(bed, 4 * GIB, MIB, RO), 0);
	reg = reg_bed_many(bed, &run, 1, RO, 0);
	reg_bed_reaches(bed, reg, &run, 1, RO);
	assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
}

static void a_region_that_cannot_be_mapped_is_not_there(void **state)
{
	struct reg_bed *bed = *state;
	struct gpa_run run = { 4 * GIB, PAGE };

	fake_domain_fail_map(bed->domain, 1, -ENOMEM);
	assert_int_equal(reg_bed_ram(bed, 4 * GIB, MIB, RW), -ENOMEM);
	assert_null(guest_memory_find(bed->memory, 4 * GIB));
	assert_int_equal(reg_bed_refused(bed, &run, 1, RW, 0).reason, IOMMU_NOT_RAM);
	/* The second of its gigabytes. */
	fake_domain_fail_map(bed->domain, 2, -EIO);
	assert_int_equal(reg_bed_ram(bed, 4 * GIB, 2 * GIB, RW), -EIO);
	assert_int_equal(reg_bed_fake(bed).bytes, RAM);
	assert_int_equal(reg_bed_stats(bed).maps, 1);
	assert_int_equal(reg_bed_ram(bed, 4 * GIB, MIB, RW), 0);
}

static void addresses_of_a_removed_region_wait_for_the_last_who_names_them(void **state)
{
	struct reg_bed *bed = *state;
	struct gpa_run run = { RAM_AT, PAGE };
	struct iommu_registration *reg = reg_bed_many(bed, &run, 1, RW, 0), *next;
	struct bus_run bus = reg_bed_bus(reg);

	assert_int_equal(iommu_region_remove(bed->registrar, RAM_AT, RAM), 0);
	assert_true(iommu_registration_revoked(reg));
	assert_int_equal(reg_bed_fake(bed).maps, 0);
	assert_int_equal(reg_bed_ram(bed, RAM_AT, RAM, RW), 0);
	reg_bed_unreachable(bed, &bus, 1);
	next = reg_bed_many(bed, &run, 1, RW, 0);
	reg_bed_reaches(bed, next, &run, 1, RW);
	assert_int_equal(iommu_deregister(bed->registrar, next), 0);
	assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
	assert_int_equal(reg_bed_ioas(bed).quarantined_blocks, 0);
}

static void addresses_of_an_abandoned_registration_are_not_reused_when_the_region_goes(void **state)
{
	struct reg_bed *bed = *state;

	assert_int_equal(iommu_abandon(bed->registrar, reg_bed_one(bed, RAM_AT, PAGE, 0)), 0);
	assert_int_equal(reg_bed_fake(bed).maps, 1);
	assert_int_equal(iommu_region_remove(bed->registrar, RAM_AT, RAM), 0);
	assert_int_equal(reg_bed_fake(bed).maps, 0);
	assert_int_equal(reg_bed_ioas(bed).quarantined_bytes, RAM);
}

static void a_removal_that_is_not_confirmed_is_told(void **state)
{
	struct reg_bed *bed = *state;
	struct iommu_registration *reg = reg_bed_one(bed, RAM_AT, PAGE, 0);

	fake_domain_fail_unmap(bed->domain, 1, -EIO);
	assert_int_equal(iommu_region_remove(bed->registrar, RAM_AT, RAM), -EUCLEAN);
	assert_null(guest_memory_find(bed->memory, RAM_AT));
	assert_true(iommu_registration_revoked(reg));
	assert_int_equal(iommu_deregister(bed->registrar, reg), -EUCLEAN);
}

static void a_registrar_over_memory_that_cannot_be_mapped_is_not_created(void **state)
{
	struct iommu_registrar_config config = { .policy = IOMMU_POLICY_STATIC };
	struct reg_bed *bed = *state;

	assert_int_equal(reg_bed_ram(bed, 4 * GIB, MIB, RW), 0);
	assert_int_equal(reg_bed_ram(bed, 5 * GIB, MIB, RW), 0);
	iommu_registrar_destroy(bed->registrar);
	assert_int_equal(reg_bed_fake(bed).maps, 0);
	fake_domain_fail_map(bed->domain, 2, -EIO);
	assert_int_equal(iommu_registrar_create(bed->ioas, bed->memory, &config, &bed->registrar),
			 -EIO);
	assert_int_equal(reg_bed_fake(bed).maps, 0);
	assert_int_equal(iommu_registrar_create(bed->ioas, bed->memory, &config, &bed->registrar), 0);
	assert_int_equal(reg_bed_fake(bed).maps, 3);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_region_is_mapped_when_it_appears_and_unmapped_when_it_goes),
		T(registrations_cost_no_map_call_and_stay_mapped),
		T(bus_addresses_have_the_low_bits_of_the_guests),
		T(read_only_memory_is_mapped_read_only),
		T(a_region_that_cannot_be_mapped_is_not_there),
		T(a_registrar_over_memory_that_cannot_be_mapped_is_not_created),
		T(addresses_of_a_removed_region_wait_for_the_last_who_names_them),
		T(addresses_of_an_abandoned_registration_are_not_reused_when_the_region_goes),
		T(a_removal_that_is_not_confirmed_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
