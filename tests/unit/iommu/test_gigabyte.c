// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about large registrations: what they cost by contiguity and
 * policy, and what happens at the limit of mappings. Must never know small ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/iommu/reg_bed.h"

#define TYPE1_LIMIT	65535u
#define N_PAGES		262144u		/* 1 GiB */
#define RAM_AT		(4 * GIB)	/* 4 GiB of it */

static void open_bed(struct reg_bed *bed, enum iommu_policy policy, bool fall_back)
{
	struct fake_domain_config domain = { .max_maps = TYPE1_LIMIT };
	struct iommu_registrar_config config = { .policy = policy, .fall_back = fall_back };

	reg_bed_open(bed, &domain, &config);
	assert_int_equal(reg_bed_ram(bed, RAM_AT, 4 * GIB, RW), 0);
}

/* All pages of a gigabyte, none beside the one before. */
static struct gpa_run *scattered(void)
{
	struct gpa_run *runs = calloc(N_PAGES, sizeof(*runs));

	assert_non_null(runs);
	for (uint64_t i = 0; i < N_PAGES; i++)
		runs[i] = (struct gpa_run){ RAM_AT + i * 104729 % N_PAGES * PAGE, PAGE };
	return runs;
}

static void a_gigabyte_in_one_piece_costs_one_map_call(void **state)
{
	struct gpa_run run = { RAM_AT + 5 * PAGE, GIB };
	struct iommu_registration *reg;
	struct reg_bed bed;

	(void)state;
	for (int policy = IOMMU_POLICY_EXACT; policy <= IOMMU_POLICY_LAZY; policy++) {
		open_bed(&bed, (enum iommu_policy)policy, false);
		reg = reg_bed_many(&bed, &run, 1, RW, 0x7f0000003000);
		assert_int_equal(reg_bed_fake(&bed).map_calls, 1);
		assert_int_equal(reg_bed_bus(reg).size, GIB);
		assert_int_equal(reg_bed_bus(reg).iova % GIB, 0x7f0000003000 % GIB);
		reg_bed_reaches(&bed, reg, &run, 1, RW);
		assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
		iommu_registrar_flush(bed.registrar);
		assert_int_equal(reg_bed_fake(&bed).unmap_calls, 1);
		reg_bed_close(&bed);
	}
}

static void larger_pieces_are_mapped_by_the_gigabyte(void **state)
{
	struct iommu_registration *reg;
	struct reg_bed bed;

	(void)state;
	open_bed(&bed, IOMMU_POLICY_EXACT, false);
	reg = reg_bed_one(&bed, RAM_AT + PAGE, 2 * GIB + PAGE, 0);
	assert_int_equal(reg_bed_fake(&bed).map_calls, 3);
	assert_int_equal(reg_bed_bus(reg).size, 2 * GIB + PAGE);
	assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
	assert_int_equal(reg_bed_fake(&bed).unmap_calls, 1);
	reg_bed_close(&bed);
}

static void a_gigabyte_of_2_mib_pieces_costs_512_map_calls_and_is_one_bus_run(void **state)
{
	struct iommu_registration *reg;
	struct gpa_run runs[512];
	struct reg_bed bed;

	(void)state;
	for (uint64_t i = 0; i < 512; i++)
		runs[i] = (struct gpa_run){ RAM_AT + i * 211 % 512 * 2 * MIB, 2 * MIB };
	open_bed(&bed, IOMMU_POLICY_EXACT, false);
	reg = reg_bed_many(&bed, runs, 512, RW, 0);
	assert_int_equal(reg_bed_fake(&bed).map_calls, 512);
	assert_int_equal(reg_bed_bus(reg).size, GIB);
	reg_bed_reaches(&bed, reg, runs, 512, RW);
	assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
	assert_int_equal(reg_bed_fake(&bed).unmap_calls, 1);
	reg_bed_close(&bed);
}

static void a_scattered_gigabyte_is_refused_by_exact_and_lazy_before_anything_is_mapped(void **state)
{
	struct gpa_run *runs = scattered();
	struct iommu_refusal refusal;
	struct reg_bed bed;
	char text[256];

	(void)state;
	for (int policy = IOMMU_POLICY_EXACT; policy <= IOMMU_POLICY_LAZY; policy++) {
		open_bed(&bed, (enum iommu_policy)policy, false);
		refusal = reg_bed_refused(&bed, runs, N_PAGES, RW, 0);
		assert_int_equal(refusal.reason, IOMMU_TOO_MANY_MAPS);
		assert_int_equal(refusal.err, -ENOSPC);
		assert_int_equal(refusal.wanted, N_PAGES);
		assert_int_equal(refusal.limit, TYPE1_LIMIT);
		assert_int_equal(reg_bed_fake(&bed).map_calls, 0);
		iommu_refusal_text(&refusal, text, sizeof(text));
		assert_non_null(strstr(text, "262144"));
		assert_non_null(strstr(text, "65535"));
		assert_non_null(strstr(text, "granule"));
		assert_non_null(strstr(text, "static"));
		assert_non_null(strstr(text, "vfio_iommu_type1.dma_entry_limit"));
		assert_null(strchr(text, '\n'));
		reg_bed_close(&bed);
	}
	free(runs);
}

/* Registers and deregisters the scattered gigabyte; how many map calls that took. */
static uint64_t scattered_calls(struct reg_bed *bed)
{
	struct gpa_run *runs = scattered();
	uint64_t calls = reg_bed_fake(bed).map_calls;
	struct iommu_registration *reg = reg_bed_many(bed, runs, N_PAGES, RW, 0);

	calls = reg_bed_fake(bed).map_calls - calls;
	reg_bed_reaches(bed, reg, runs, N_PAGES, RW);
	assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
	free(runs);
	return calls;
}

static void a_scattered_gigabyte_costs_granule_512_map_calls(void **state)
{
	struct reg_bed bed;

	(void)state;
	open_bed(&bed, IOMMU_POLICY_GRANULE, false);
	assert_int_equal(scattered_calls(&bed), 512);
	/* What does not fit the bound of idle bytes is gone. */
	assert_true(reg_bed_stats(&bed).idle_bytes <= 64 * MIB);
	assert_int_equal(reg_bed_fake(&bed).bytes, reg_bed_stats(&bed).idle_bytes);
	reg_bed_close(&bed);
}

static void a_scattered_gigabyte_costs_static_nothing(void **state)
{
	struct reg_bed bed;

	(void)state;
	open_bed(&bed, IOMMU_POLICY_STATIC, false);
	assert_int_equal(reg_bed_fake(&bed).map_calls, 4);
	assert_int_equal(scattered_calls(&bed), 0);
	reg_bed_close(&bed);
}

static void a_scattered_gigabyte_costs_static_16_bytes_of_memory_a_page(void **state)
{
	struct gpa_run *runs = scattered();
	struct iommu_registration *reg;
	struct reg_bed bed;

	(void)state;
	open_bed(&bed, IOMMU_POLICY_STATIC, false);
	reg = reg_bed_many(&bed, runs, N_PAGES, RW, 0);
	assert_true(reg_bed_stats(&bed).memory < N_PAGES * sizeof(struct bus_run) + 256 * 1024);
	assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
	free(runs);
	reg_bed_close(&bed);
}

static void where_allowed_a_scattered_gigabyte_falls_back_to_granule(void **state)
{
	struct iommu_registration *reg;
	struct reg_bed bed;

	(void)state;
	for (int policy = IOMMU_POLICY_EXACT; policy <= IOMMU_POLICY_LAZY; policy++) {
		open_bed(&bed, (enum iommu_policy)policy, true);
		assert_int_equal(scattered_calls(&bed), 512);
		assert_int_equal(reg_bed_stats(&bed).fallbacks, 1);
		assert_int_equal(reg_bed_stats(&bed).refusals, 0);
		/* What does not need to does not. */
		reg = reg_bed_one(&bed, RAM_AT, PAGE, 0);
		assert_int_equal(reg_bed_stats(&bed).fallbacks, 1);
		assert_int_equal(iommu_deregister(bed.registrar, reg), 0);
		reg_bed_close(&bed);
	}
}

static void too_small_a_granule_is_refused_at_the_limit_with_nothing_left(void **state)
{
	struct fake_domain_config domain = { .max_maps = TYPE1_LIMIT };
	struct iommu_registrar_config config = {
		.policy = IOMMU_POLICY_GRANULE, .granule = PAGE,
	};
	struct gpa_run *runs = scattered();
	struct iommu_refusal refusal;
	struct reg_bed bed;
	size_t memory;

	(void)state;
	reg_bed_open(&bed, &domain, &config);
	assert_int_equal(reg_bed_ram(&bed, RAM_AT, 4 * GIB, RW), 0);
	refusal = reg_bed_refused(&bed, runs, N_PAGES, RW, 0);
	assert_int_equal(refusal.reason, IOMMU_TOO_MANY_MAPS);
	assert_int_equal(refusal.wanted, TYPE1_LIMIT + 1);
	assert_int_equal(refusal.limit, TYPE1_LIMIT);
	assert_int_equal(reg_bed_fake(&bed).map_calls, 0);
	memory = reg_bed_stats(&bed).memory;
	reg_bed_refused(&bed, runs, N_PAGES, RW, 0);
	assert_int_equal(reg_bed_stats(&bed).memory, memory);
	free(runs);
	reg_bed_close(&bed);
}

static void a_page_named_twice_is_found_among_a_quarter_million(void **state)
{
	struct gpa_run *runs = scattered();
	struct iommu_refusal refusal;
	struct reg_bed bed;

	(void)state;
	open_bed(&bed, IOMMU_POLICY_STATIC, false);
	runs[N_PAGES - 1] = runs[7];
	refusal = reg_bed_refused(&bed, runs, N_PAGES, RW, 0);
	assert_int_equal(refusal.reason, IOMMU_OVERLAP);
	assert_int_equal(refusal.at, runs[7].gpa);
	free(runs);
	reg_bed_close(&bed);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_gigabyte_in_one_piece_costs_one_map_call),
		T(larger_pieces_are_mapped_by_the_gigabyte),
		T(a_gigabyte_of_2_mib_pieces_costs_512_map_calls_and_is_one_bus_run),
		T(a_scattered_gigabyte_is_refused_by_exact_and_lazy_before_anything_is_mapped),
		T(a_scattered_gigabyte_costs_granule_512_map_calls),
		T(a_scattered_gigabyte_costs_static_nothing),
		T(a_scattered_gigabyte_costs_static_16_bytes_of_memory_a_page),
		T(where_allowed_a_scattered_gigabyte_falls_back_to_granule),
		T(too_small_a_granule_is_refused_at_the_limit_with_nothing_left),
		T(a_page_named_twice_is_found_among_a_quarter_million),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
