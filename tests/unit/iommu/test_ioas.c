// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of an address space towards its users and its domain: all
 * or nothing, in as few calls as promised, and counted. Must never know
 * registrations.
 */
#include <errno.h>

#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/iommu/ioas_bed.h"

#define PAGE	IOAS_BED_PAGE
#define PARTS	IOAS_BED_PARTS

static void a_domain_without_4k_pages_or_ranges_is_refused(void **state)
{
	const struct iova_range none = { 0, 0xfff };
	const struct fake_domain_config bad[] = {
		{ .page_sizes = ~0xffffull },
		{ .page_sizes = 0x2000 },
		{ .ranges = &none, .n_ranges = 0 },
		{ .ranges = &none, .n_ranges = 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct iommu_domain *domain = fake_domain_create(&bad[i]);
		struct ioas *ioas = NULL;

		assert_int_equal(ioas_create(domain, &ioas), -EINVAL);
		assert_null(ioas);
		domain->ops->destroy(domain);	/* it stayed ours */
	}
}

static void without_memory_the_domain_stays_the_callers(void **state)
{
	struct iommu_domain *domain = fake_domain_create(&(struct fake_domain_config){ 0 });
	struct ioas *ioas = NULL;
	unsigned long nth = 0;
	int ret;

	(void)state;
	do {
		fail_alloc_arm(++nth, false);
		ret = ioas_create(domain, &ioas);
	} while (fail_alloc_disarm() >= nth && ret == -ENOMEM);
	assert_int_equal(ret, 0);
	assert_int_equal(nth, 4);
	ioas_destroy(ioas);
}

static void what_the_domain_said_of_itself_is_passed_on(void **state)
{
	struct ioas_bed bed;

	(void)state;
	ioas_bed_open(&bed, &(struct fake_domain_config){ .needs_hva = true, .incoherent = true });
	assert_true(ioas_needs_hva(bed.ioas));
	assert_false(ioas_caps(bed.ioas)->coherent);
	assert_int_equal(ioas_caps(bed.ioas)->n_ranges, 2);
	assert_string_equal(ioas_name(bed.ioas), "fake");
	assert_int_equal(ioas_maps_left(bed.ioas), UINT64_MAX);
	ioas_bed_close(&bed);
}

static void a_block_shares_the_low_bits_of_its_va(void **state)
{
	const uint64_t va = 0x7fedcba98765f123;
	struct ioas_bed *bed = *state;
	struct iova_block *block;

	for (unsigned int shift = 12; shift <= 38; shift++) {
		const uint64_t size = 1ull << shift, below = size - 1;

		assert_int_equal(ioas_take(bed->ioas, size, va, &block), 0);
		assert_int_equal((block->iova ^ va) & below & ~0xfffull, 0);
		if (shift == 12)
			continue;
		assert_int_equal(ioas_take(bed->ioas, size / 2 + PAGE, va, &block), 0);
		assert_int_equal((block->iova ^ va) & below & ~0xfffull, 0);
	}
	/* More than 256 GiB: as for that. */
	assert_int_equal(ioas_take(bed->ioas, 1ull << 42, va, &block), 0);
	assert_int_equal((block->iova ^ va) & 0x3ffffff000, 0);
}

static void where_no_gap_allows_all_low_bits_the_most_possible_are_shared(void **state)
{
	const struct iova_range range = { 0x10000, 0x2ffff };	/* 32 pages */
	struct iova_block *block;
	struct ioas_bed bed;

	(void)state;
	ioas_bed_open(&bed, &(struct fake_domain_config){ .ranges = &range, .n_ranges = 1 });
	/* 20 pages at 1 modulo 32 do not fit, modulo 16 they do. */
	assert_int_equal(ioas_take(bed.ioas, 20 * PAGE, 0x1000, &block), 0);
	assert_int_equal(block->iova, 0x11000);
	ioas_give(bed.ioas, block);
	/* As large as all there is: one place, whatever the address. */
	assert_int_equal(ioas_take(bed.ioas, 32 * PAGE, 0x1000, &block), 0);
	assert_int_equal(block->iova, 0x10000);
	ioas_give(bed.ioas, block);
	assert_int_equal(ioas_take(bed.ioas, 33 * PAGE, 0, &block), -ENOSPC);
	assert_int_equal(ioas_take(bed.ioas, 0, 0, &block), -EINVAL);
	assert_int_equal(ioas_take(bed.ioas, 5000, 0, &block), -EINVAL);
	assert_int_equal(ioas_take(bed.ioas, 0 - PAGE, 0, &block), -ENOSPC);
	ioas_bed_close(&bed);
}

static void segments_are_mapped_one_after_the_other_by_one_call_each(void **state)
{
	struct ioas_bed *bed = *state;
	struct iova_block *block = ioas_bed_take(bed, IOAS_BED_PARTS_BYTES);
	struct ioas_segment parts[PARTS];
	struct iommu_backing backing;
	uint64_t iova = block->iova;
	unsigned int prot;

	ioas_bed_parts(parts);
	assert_int_equal(ioas_map(bed->ioas, block, parts, PARTS, IOMMU_READ), 0);
	ioas_bed_check_live(bed, PARTS, IOAS_BED_PARTS_BYTES);
	for (unsigned int i = 0; i < PARTS; iova += parts[i++].size) {
		uint64_t last = parts[i].size - 1;

		assert_true(fake_domain_lookup(bed->domain, iova + last, &backing, &prot));
		assert_int_equal(backing.fd, parts[i].backing.fd);
		assert_int_equal(backing.offset, parts[i].backing.offset + last);
		assert_int_equal(prot, IOMMU_READ);
	}
	assert_false(fake_domain_lookup(bed->domain, iova, NULL, NULL));
	assert_int_equal(ioas_unmap(bed->ioas, block, PARTS), 0);
	assert_int_equal(ioas_bed_unmap_calls(bed), 1);
	ioas_bed_check_live(bed, 0, 0);
	ioas_give(bed->ioas, block);
}

static void segments_that_do_not_fill_the_block_are_refused(void **state)
{
	struct ioas_bed *bed = *state;
	struct iova_block *block = ioas_bed_take(bed, IOAS_BED_PARTS_BYTES);
	struct ioas_segment parts[PARTS];

	ioas_bed_parts(parts);
	assert_int_equal(ioas_map(bed->ioas, block, parts, 0, IOAS_BED_RW), -EINVAL);
	assert_int_equal(ioas_map(bed->ioas, block, parts, PARTS - 1, IOAS_BED_RW), -EINVAL);
	parts[4].size += PAGE;
	assert_int_equal(ioas_map(bed->ioas, block, parts, PARTS, IOAS_BED_RW), -EINVAL);
	parts[4].size = 0 - 10 * PAGE;
	assert_int_equal(ioas_map(bed->ioas, block, parts, PARTS, IOAS_BED_RW), -EINVAL);
	parts[3].size = 1ull << 63;
	parts[4].size = (1ull << 63) + 9 * PAGE;	/* right but for 2^64 */
	assert_int_equal(ioas_map(bed->ioas, block, parts, PARTS, IOAS_BED_RW), -EINVAL);
	ioas_bed_parts(parts);
	parts[0].size = 0;
	parts[4].size = 6 * PAGE;
	assert_int_equal(ioas_map(bed->ioas, block, parts, PARTS, IOAS_BED_RW), -EINVAL);
	ioas_bed_check_live(bed, 0, 0);
	ioas_give(bed->ioas, block);
}

static void more_segments_than_maps_left_are_refused_before_the_first_call(void **state)
{
	struct ioas_bed *bed = *state;
	struct iova_block *block = ioas_bed_take(bed, IOAS_BED_PARTS_BYTES);
	struct iova_block *blocks[IOAS_BED_MAPS - PARTS + 1];
	struct ioas_segment parts[PARTS];

	for (unsigned int i = 0; i < IOAS_BED_MAPS - PARTS + 1; i++)
		blocks[i] = ioas_bed_map(bed, PAGE);
	ioas_bed_parts(parts);
	assert_int_equal(ioas_map(bed->ioas, block, parts, PARTS, IOAS_BED_RW), -ENOSPC);
	ioas_bed_check_live(bed, IOAS_BED_MAPS - PARTS + 1, (IOAS_BED_MAPS - PARTS + 1) * PAGE);
	ioas_bed_unmap(bed, blocks[0]);
	assert_int_equal(ioas_map(bed->ioas, block, parts, PARTS, IOAS_BED_RW), 0);
	assert_int_equal(ioas_maps_left(bed->ioas), 0);
	bed->domain->caps.max_maps = 1;		/* lowered under our feet */
	assert_int_equal(ioas_maps_left(bed->ioas), 0);
}

static void a_map_that_fails_leaves_nothing_mapped(void **state)
{
	struct ioas_bed *bed = *state;
	struct ioas_segment parts[PARTS];
	struct iova_block *block = ioas_bed_take(bed, IOAS_BED_PARTS_BYTES);

	ioas_bed_parts(parts);
	for (unsigned int nth = 1; nth <= PARTS; nth++) {
		fake_domain_fail_map(bed->domain, nth, -ENOMEM);
		assert_int_equal(ioas_map(bed->ioas, block, parts, PARTS, IOAS_BED_RW), -ENOMEM);
		assert_null(fake_domain_next(bed->domain, NULL));
		ioas_bed_check_live(bed, 0, 0);
		assert_int_equal(ioas_bed_unmap_calls(bed), nth - 1);	/* one each, none for the first */
	}
	/* The block is still good. */
	assert_int_equal(ioas_map(bed->ioas, block, parts, PARTS, IOAS_BED_RW), 0);
	ioas_bed_check_quarantine(bed, 0, 0, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, ioas_bed_setup, ioas_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_domain_without_4k_pages_or_ranges_is_refused),
		cmocka_unit_test(without_memory_the_domain_stays_the_callers),
		cmocka_unit_test(what_the_domain_said_of_itself_is_passed_on),
		TEST(a_block_shares_the_low_bits_of_its_va),
		cmocka_unit_test(where_no_gap_allows_all_low_bits_the_most_possible_are_shared),
		TEST(segments_are_mapped_one_after_the_other_by_one_call_each),
		TEST(segments_that_do_not_fill_the_block_are_refused),
		TEST(more_segments_than_maps_left_are_refused_before_the_first_call),
		TEST(a_map_that_fails_leaves_nothing_mapped),
	};

	return cmocka_run_group_tests_name("ioas", tests, NULL, NULL);
}
