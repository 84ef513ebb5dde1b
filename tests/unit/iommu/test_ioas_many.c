// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of unmapping many blocks at once. Must never know who
 * collects them.
 */
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/iommu/ioas_bed.h"

#define PAGE	IOAS_BED_PAGE

enum { N = 8 };

/* N mapped blocks of one page, one after the other. */
static void map_row(struct ioas_bed *bed, struct iova_block **row)
{
	for (unsigned int i = 0; i < N; i++) {
		row[i] = ioas_bed_map(bed, PAGE);
		if (i)
			assert_int_equal(row[i]->iova, row[i - 1]->iova + PAGE);
	}
}

static uint64_t unmap_many(struct ioas_bed *bed, struct ioas_mapped *mapped, size_t n)
{
	uint64_t before = ioas_bed_unmap_calls(bed);

	assert_int_equal(ioas_unmap_many(bed->ioas, mapped, n), 0);
	for (size_t i = 0; i < n; i++) {
		assert_non_null(mapped[i].block);
		assert_false(fake_domain_lookup(bed->domain, mapped[i].block->iova, NULL, NULL));
		ioas_give(bed->ioas, mapped[i].block);
	}
	return ioas_bed_unmap_calls(bed) - before;
}

static void neighbours_go_by_one_call_in_whatever_order_they_are_named(void **state)
{
	struct ioas_mapped mapped[N];
	struct ioas_bed *bed = *state;
	struct iova_block *row[N];

	for (unsigned int step = 1; step < N; step += 2) {
		map_row(bed, row);
		for (unsigned int i = 0; i < N; i++)
			mapped[i] = (struct ioas_mapped){ row[i * step % N], 1 };
		assert_int_equal(unmap_many(bed, mapped, N), 1);
		ioas_bed_check_live(bed, 0, 0);
	}
	assert_int_equal(unmap_many(bed, mapped, 0), 0);
}

static void blocks_with_only_free_addresses_between_go_by_one_call(void **state)
{
	struct ioas_mapped mapped[4];
	struct ioas_bed *bed = *state;
	struct iova_block *row[N];

	map_row(bed, row);
	for (unsigned int i = 1; i < N; i += 2)
		ioas_bed_unmap(bed, row[i]);
	for (unsigned int i = 0; i < N; i += 2)
		mapped[i / 2] = (struct ioas_mapped){ row[i], 1 };
	ioas_bed_check_live(bed, 4, 4 * PAGE);
	assert_int_equal(unmap_many(bed, mapped, 4), 1);
	ioas_bed_check_live(bed, 0, 0);
}

static void what_is_taken_between_is_left_alone(void **state)
{
	struct ioas_mapped mapped[N];
	struct ioas_bed *bed = *state;
	struct iova_block *row[N];
	size_t n = 0;

	map_row(bed, row);
	/* 3 stays mapped, 5 is taken and empty: three calls, 0-2, 4, 6-7. */
	assert_int_equal(ioas_unmap(bed->ioas, row[5], 1), 0);
	for (unsigned int i = 0; i < N; i++)
		if (i != 3 && i != 5)
			mapped[n++] = (struct ioas_mapped){ row[i], 1 };
	assert_int_equal(unmap_many(bed, mapped, n), 3);
	ioas_bed_check_live(bed, 1, PAGE);
	assert_true(fake_domain_lookup(bed->domain, row[3]->iova, NULL, NULL));
}

static void a_call_never_crosses_from_a_range_to_the_next(void **state)
{
	const struct iova_range ranges[] = { { 0x10000, 0x13fff }, { 0x14000, 0x17fff } };
	struct ioas_mapped mapped[N];
	struct ioas_bed bed;

	(void)state;
	ioas_bed_open(&bed, &(struct fake_domain_config){ .ranges = ranges, .n_ranges = 2 });
	for (unsigned int i = 0; i < N; i++)
		mapped[i] = (struct ioas_mapped){ ioas_bed_map(&bed, PAGE), 1 };
	assert_int_equal(unmap_many(&bed, mapped, N), 2);
	ioas_bed_close(&bed);
}

static void a_call_not_confirmed_puts_all_its_blocks_into_quarantine_and_no_other(void **state)
{
	struct ioas_mapped mapped[N - 1];
	struct ioas_bed *bed = *state;
	struct iova_block *row[N];
	uint64_t first;
	size_t n = 0;

	map_row(bed, row);
	first = row[0]->iova;
	for (unsigned int i = 0; i < N; i++)
		if (i != 3)
			mapped[n++] = (struct ioas_mapped){ row[i], 1 };
	/* Of 0-2 one page is said to have stayed; 4-7 are fine. */
	fake_domain_lie(bed->domain, 1, 2 * PAGE, true);
	assert_int_equal(ioas_unmap_many(bed->ioas, mapped, n), -EUCLEAN);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(mapped[i].block == NULL, i < 3);
		if (mapped[i].block)
			ioas_give(bed->ioas, mapped[i].block);
	}
	ioas_bed_check_quarantine(bed, 3, 3 * PAGE, 3);
	ioas_bed_check_live(bed, 4, 4 * PAGE);
	for (unsigned int i = 0; i < 100; i++) {
		uint64_t iova = ioas_bed_take(bed, PAGE)->iova;

		assert_true(iova < first || iova >= first + 4 * PAGE);
	}
}

static void every_call_that_fails_is_the_loss_of_its_blocks_only(void **state)
{
	struct ioas_mapped mapped[N / 2];
	struct iova_block *row[N];
	struct ioas_bed bed;

	(void)state;
	for (unsigned int nth = 1; nth <= N / 2; nth++) {
		ioas_bed_open(&bed, &(struct fake_domain_config){ 0 });
		map_row(&bed, row);
		for (unsigned int i = 0; i < N / 2; i++)
			mapped[i] = (struct ioas_mapped){ row[2 * i], 1 };
		fake_domain_fail_unmap(bed.domain, nth, -EIO);
		assert_int_equal(ioas_unmap_many(bed.ioas, mapped, N / 2), -EUCLEAN);
		for (unsigned int i = 0; i < N / 2; i++)
			assert_int_equal(mapped[i].block == NULL, i == nth - 1);
		ioas_bed_check_quarantine(&bed, 1, PAGE, 1);
		ioas_bed_close(&bed);
	}
}

static void blocks_of_many_segments_count_all_of_them(void **state)
{
	struct ioas_segment parts[IOAS_BED_PARTS];
	struct ioas_mapped mapped[2];
	struct ioas_bed *bed = *state;

	ioas_bed_parts(parts);
	for (unsigned int i = 0; i < 2; i++) {
		mapped[i] = (struct ioas_mapped){ ioas_bed_take(bed, IOAS_BED_PARTS_BYTES),
						  IOAS_BED_PARTS };
		assert_int_equal(ioas_map(bed->ioas, mapped[i].block, parts, IOAS_BED_PARTS,
					  IOAS_BED_RW), 0);
	}
	ioas_bed_check_live(bed, 2 * IOAS_BED_PARTS, 2 * IOAS_BED_PARTS_BYTES);
	assert_int_equal(unmap_many(bed, mapped, 2), 1);
	ioas_bed_check_live(bed, 0, 0);
}

/* Counts agree with what the domain has all the time. */
static void random_batches_leave_exactly_the_others_mapped(void **state)
{
	struct ioas_bed *bed = *state;
	struct iova_block *live[IOAS_BED_MAPS];
	struct ioas_mapped mapped[IOAS_BED_MAPS];
	unsigned int n_live = 0, n;
	uint64_t bytes = 0;

	srand(4);
	for (unsigned int round = 0; round < 300; round++) {
		while (n_live < IOAS_BED_MAPS) {
			live[n_live] = ioas_bed_map(bed, (1 + rand() % 9) * PAGE);
			bytes += live[n_live++]->size;
		}
		for (n = 0; n < (unsigned int)round % 70; n++) {
			unsigned int pick = (unsigned int)rand() % n_live;

			mapped[n] = (struct ioas_mapped){ live[pick], 1 };
			bytes -= live[pick]->size;
			live[pick] = live[--n_live];
		}
		assert_true(unmap_many(bed, mapped, n) <= n);
		ioas_bed_check_live(bed, n_live, bytes);
		for (unsigned int i = 0; i < n_live; i++)
			assert_true(fake_domain_lookup(bed->domain, live[i]->iova, NULL, NULL));
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, ioas_bed_setup, ioas_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(neighbours_go_by_one_call_in_whatever_order_they_are_named),
		TEST(blocks_with_only_free_addresses_between_go_by_one_call),
		TEST(what_is_taken_between_is_left_alone),
		cmocka_unit_test(a_call_never_crosses_from_a_range_to_the_next),
		TEST(a_call_not_confirmed_puts_all_its_blocks_into_quarantine_and_no_other),
		cmocka_unit_test(every_call_that_fails_is_the_loss_of_its_blocks_only),
		TEST(blocks_of_many_segments_count_all_of_them),
		TEST(random_batches_leave_exactly_the_others_mapped),
	};

	return cmocka_run_group_tests_name("ioas, many at once", tests, NULL, NULL);
}
