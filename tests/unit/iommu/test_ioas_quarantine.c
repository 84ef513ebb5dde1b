// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that no bus address is used again whose unmapping was not
 * confirmed. Must never know registrations.
 */
#include <errno.h>

#include "tests/unit/iommu/ioas_bed.h"

#define PAGE	IOAS_BED_PAGE
#define PARTS	IOAS_BED_PARTS

/* Ways in which a domain does not confirm an unmap. */
enum { UNCONFIRMED = 9 };

static void arm(struct ioas_bed *bed, unsigned int way, uint64_t size)
{
	const uint64_t said[] = { 0, size - PAGE, size + PAGE, size };

	if (way == 0 || way == 6 || way == 7)	/* and with all said to be gone nevertheless */
		fake_domain_fail_unmap(bed->domain, 1, -EIO);
	if (way)			/* gone or not */
		fake_domain_lie(bed->domain, 1, said[way % 8 / 2], way % 2);
}

static void check_never_taken_again(struct ioas_bed *bed, uint64_t iova, uint64_t size)
{
	for (unsigned int i = 0; i < 2000; i++) {
		const struct iova_block *block = ioas_bed_take(bed, PAGE << i % 7);

		assert_true(block->iova >= iova + size || block->iova + block->size <= iova);
	}
}

static void an_unmap_not_confirmed_puts_the_block_into_quarantine(void **state)
{
	struct ioas_bed *bed = *state;
	const uint64_t size = 4 * PAGE;

	for (unsigned int way = 0; way < UNCONFIRMED; way++) {
		struct iova_block *block = ioas_bed_map(bed, size);

		arm(bed, way, size);
		assert_int_equal(ioas_unmap(bed->ioas, block, 1), -EUCLEAN);
		ioas_bed_check_quarantine(bed, way + 1, (way + 1) * size, way + 1);
		/* For all we know it is still there. */
		ioas_bed_check_live(bed, way + 1, (way + 1) * size);
		check_never_taken_again(bed, block->iova, size);
	}
}

static void an_undoing_not_confirmed_puts_the_block_into_quarantine(void **state)
{
	struct ioas_bed *bed = *state;
	struct ioas_segment parts[PARTS];

	ioas_bed_parts(parts);
	for (unsigned int way = 0; way < UNCONFIRMED; way++) {
		struct iova_block *block = ioas_bed_take(bed, IOAS_BED_PARTS_BYTES);

		fake_domain_fail_map(bed->domain, 3, -ENOMEM);
		arm(bed, way, 3 * PAGE);
		assert_int_equal(ioas_map(bed->ioas, block, parts, PARTS, IOAS_BED_RW), -EUCLEAN);
		ioas_bed_check_quarantine(bed, way + 1, (way + 1) * IOAS_BED_PARTS_BYTES, 2 * (way + 1));
		ioas_bed_check_live(bed, 2 * (way + 1), 3 * PAGE * (way + 1));
		check_never_taken_again(bed, block->iova, IOAS_BED_PARTS_BYTES);
	}
}

static void a_block_told_to_quarantine_is_never_taken_again(void **state)
{
	struct ioas_bed *bed = *state;
	struct iova_block *block = ioas_bed_map(bed, 4 * PAGE), *other = ioas_bed_map(bed, 2 * PAGE);

	ioas_quarantine(bed->ioas, block, 1);
	ioas_bed_check_live(bed, 2, 6 * PAGE);
	ioas_bed_check_quarantine(bed, 1, 4 * PAGE, 1);
	assert_int_equal(ioas_unmap(bed->ioas, other, 1), 0);
	ioas_quarantine(bed->ioas, other, 0);
	ioas_bed_check_live(bed, 1, 4 * PAGE);
	ioas_bed_check_quarantine(bed, 2, 6 * PAGE, 1);
	check_never_taken_again(bed, block->iova, 4 * PAGE);
	check_never_taken_again(bed, other->iova, 2 * PAGE);
}

static void the_end_unmaps_what_is_left_quarantine_included(void **state)
{
	const struct iova_range ranges[] = { { 0, 0x40fff }, { 0x50000, 0x8ffff } };
	struct iova_block *blocks[6];
	struct ioas_bed bed;

	(void)state;
	ioas_bed_open(&bed, &(struct fake_domain_config){ .ranges = ranges, .n_ranges = 2 });
	for (unsigned int i = 0; i < 6; i++)
		blocks[i] = ioas_bed_map(&bed, 16 * PAGE);
	ioas_quarantine(bed.ioas, blocks[0], 1);
	fake_domain_fail_unmap(bed.domain, 1, -EIO);
	assert_int_equal(ioas_unmap(bed.ioas, blocks[1], 1), -EUCLEAN);
	fake_domain_lie(bed.domain, 1, 0, true);
	assert_int_equal(ioas_unmap(bed.ioas, blocks[2], 1), -EUCLEAN);
	ioas_bed_unmap(&bed, blocks[3]);
	ioas_bed_close(&bed);	/* looks that nothing was left */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, ioas_bed_setup, ioas_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unmap_not_confirmed_puts_the_block_into_quarantine),
		TEST(an_undoing_not_confirmed_puts_the_block_into_quarantine),
		TEST(a_block_told_to_quarantine_is_never_taken_again),
		cmocka_unit_test(the_end_unmaps_what_is_left_quarantine_included),
	};

	return cmocka_run_group_tests_name("ioas quarantine", tests, NULL, NULL);
}
