// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the bus address allocator, one by one. Must never look
 * into its lists.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "iommu/iova.h"

#define PAGE	4096ull
#define BASE	0x100000ull

static struct iova_space *space_of(const struct iova_range *ranges, size_t n)
{
	struct iova_space *space;

	assert_int_equal(iova_space_create(ranges, n, PAGE, &space), 0);
	return space;
}

/* @pages pages from BASE on. */
static struct iova_space *space_of_pages(uint64_t pages)
{
	const struct iova_range range = { BASE, BASE + pages * PAGE - 1 };

	return space_of(&range, 1);
}

static struct iova_block *take_pages(struct iova_space *space, uint64_t pages)
{
	struct iova_block *block;

	assert_int_equal(iova_space_take(space, pages * PAGE, PAGE, 0, &block), 0);
	assert_int_equal(block->size, pages * PAGE);
	return block;
}

static int try_take(struct iova_space *space, uint64_t size, uint64_t align, uint64_t phase)
{
	struct iova_block *block;
	int ret = iova_space_take(space, size, align, phase, &block);

	if (!ret)
		iova_space_give(space, block);
	return ret;
}

static void ranges_empty_unordered_or_overlapping_are_refused(void **state)
{
	const struct iova_range bad[][2] = {
		{ { 0x2000, 0x1fff }, { 0x10000, 0x1ffff } },
		{ { 0x10000, 0x1ffff }, { 0x2000, 0x3fff } },
		{ { 0x2000, 0x5fff }, { 0x5fff, 0x6fff } },
		{ { 0x2000, 0x2ffe }, { 0x3001, 0x3fff } },	/* no whole page */
		{ { 0, 0xfff }, { UINT64_MAX - 0xffe, UINT64_MAX } },
	};
	const struct iova_range good = { 0x1000, 0x1fff };
	struct iova_space *space = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(iova_space_create(bad[i], 2, PAGE, &space), -EINVAL);
	assert_int_equal(iova_space_create(&good, 0, PAGE, &space), -EINVAL);
	assert_int_equal(iova_space_create(&good, 1, 0, &space), -EINVAL);
	assert_int_equal(iova_space_create(&good, 1, 4097, &space), -EINVAL);
	assert_null(space);
}

static void ranges_are_rounded_inwards_and_page_zero_is_left_out(void **state)
{
	const struct iova_range ranges[] = { { 0, 0x2fff }, { 0x4001, 0x7ffe } };
	struct iova_space *space = space_of(ranges, 2);

	(void)state;
	assert_int_equal(iova_space_free(space), 4 * PAGE);
	for (int i = 0; i < 4; i++) {
		uint64_t iova = take_pages(space, 1)->iova;

		assert_true(iova == 0x1000 || iova == 0x2000 || iova == 0x5000 || iova == 0x6000);
	}
	assert_int_equal(try_take(space, PAGE, PAGE, 0), -ENOSPC);
	iova_space_destroy(space);
}

static void a_trimmed_range_is_whole_pages_without_page_zero(void **state)
{
	const struct {
		struct iova_range in, out;
	} good[] = {
		{ { 0, UINT64_MAX }, { 0x1000, UINT64_MAX } },
		{ { 0x1001, 0x3000 }, { 0x2000, 0x2fff } },
		{ { 0x1000, 0x1fff }, { 0x1000, 0x1fff } },
		{ { 0, 0x1fff }, { 0x1000, 0x1fff } },
		{ { UINT64_MAX - 0xfff, UINT64_MAX }, { UINT64_MAX - 0xfff, UINT64_MAX } },
		{ { 1, UINT64_MAX - 1 }, { 0x1000, UINT64_MAX - 0x1000 } },
	};
	const struct iova_range nothing[] = {
		{ 0, 0 }, { 0, 0xfff }, { 0x2000, 0x2ffe }, { 0x2001, 0x2fff }, { 0x2001, 0x3ffe },
		{ UINT64_MAX - 0xffe, UINT64_MAX }, { UINT64_MAX, UINT64_MAX },
	};
	struct iova_range range;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		range = good[i].in;
		assert_true(iova_range_trim(&range, PAGE));
		assert_int_equal(range.first, good[i].out.first);
		assert_int_equal(range.last, good[i].out.last);
	}
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		range = nothing[i];
		assert_false(iova_range_trim(&range, PAGE));
		assert_memory_equal(&range, &nothing[i], sizeof(range));
	}
}

static void all_64_bits_are_a_space(void **state)
{
	const struct iova_range all = { 0, UINT64_MAX };
	struct iova_space *space = space_of(&all, 1);
	struct iova_block *block, *top;

	(void)state;
	assert_int_equal(iova_space_free(space), 0 - PAGE);
	assert_int_equal(iova_space_largest(space), 0 - PAGE);
	assert_int_equal(iova_space_take(space, 0 - PAGE, PAGE, 0, &block), 0);
	assert_int_equal(block->iova, PAGE);
	assert_int_equal(iova_space_free(space), 0);
	iova_space_give(space, block);
	/* The upper half needs more slack than there is: its place alone makes it fit. */
	assert_int_equal(iova_space_take(space, 1ull << 63, 1ull << 63, 0, &top), 0);
	assert_int_equal(top->iova, 1ull << 63);
	assert_int_equal(try_take(space, 1ull << 63, 1ull << 63, 0), -ENOSPC);
	iova_space_give(space, top);
	assert_int_equal(iova_space_largest(space), 0 - PAGE);
	iova_space_destroy(space);
}

static void no_block_crosses_from_a_range_to_the_next(void **state)
{
	const struct iova_range ranges[] = { { 0x10000, 0x13fff }, { 0x14000, 0x17fff } };
	struct iova_space *space = space_of(ranges, 2);
	struct iova_block *blocks[8];

	(void)state;
	assert_int_equal(try_take(space, 5 * PAGE, PAGE, 0), -ENOSPC);
	for (int i = 0; i < 8; i++)
		blocks[i] = take_pages(space, 1);
	for (int i = 0; i < 8; i++)
		iova_space_give(space, blocks[i]);
	assert_int_equal(iova_space_largest(space), 4 * PAGE);
	assert_int_equal(try_take(space, 5 * PAGE, PAGE, 0), -ENOSPC);
	iova_space_destroy(space);
}

static void a_block_has_the_size_and_phase_asked_for(void **state)
{
	const struct iova_range ranges[] = { { 0, 0xfedfffff }, { 0xfef00000, (1ull << 48) - 1 } };
	struct iova_space *space = space_of(ranges, 2);
	struct iova_block *block;

	(void)state;
	srand(2);
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t align = PAGE << rand() % 30;
		uint64_t size = (1 + (uint64_t)rand() % 5000) * PAGE;
		uint64_t phase = (uint64_t)rand() * PAGE & (align - 1);

		assert_int_equal(iova_space_take(space, size, align, phase, &block), 0);
		assert_int_equal(block->size, size);
		assert_int_equal(block->iova & (align - 1), phase);
	}
	iova_space_destroy(space);
}

static void requests_that_make_no_sense_are_refused(void **state)
{
	struct iova_space *space = space_of_pages(16);

	(void)state;
	assert_int_equal(try_take(space, 0, PAGE, 0), -EINVAL);
	assert_int_equal(try_take(space, PAGE + 1, PAGE, 0), -EINVAL);
	assert_int_equal(try_take(space, PAGE, 0, 0), -EINVAL);
	assert_int_equal(try_take(space, PAGE, PAGE / 2, 0), -EINVAL);
	assert_int_equal(try_take(space, PAGE, 3 * PAGE, 0), -EINVAL);
	assert_int_equal(try_take(space, PAGE, 2 * PAGE, 2 * PAGE), -EINVAL);
	assert_int_equal(try_take(space, PAGE, 2 * PAGE, 1), -EINVAL);
	assert_int_equal(try_take(space, 17 * PAGE, PAGE, 0), -ENOSPC);
	assert_int_equal(try_take(space, 0 - PAGE, PAGE, 0), -ENOSPC);
	assert_int_equal(try_take(space, 0 - PAGE, 1ull << 63, 0), -ENOSPC);
	iova_space_destroy(space);
}

/* Gaps of these many pages, in this order, and nothing else. */
static struct iova_space *space_of_gaps(const uint64_t *pages, size_t n)
{
	struct iova_block **gaps = calloc(n, sizeof(*gaps));
	struct iova_space *space;
	uint64_t sum = 0;

	assert_non_null(gaps);
	for (size_t i = 0; i < n; i++)
		sum += pages[i] + 1;
	space = space_of_pages(sum);
	for (size_t i = 0; i < n; i++) {
		gaps[i] = take_pages(space, pages[i]);
		take_pages(space, 1);
	}
	for (size_t i = 0; i < n; i++)
		iova_space_give(space, gaps[i]);
	free(gaps);
	return space;
}

static void the_only_gap_that_is_large_enough_is_found_among_many_of_its_class(void **state)
{
	enum { GAPS = 3000 };
	uint64_t *pages = calloc(GAPS, sizeof(*pages));
	struct iova_space *space;

	(void)state;
	assert_non_null(pages);
	for (unsigned int i = 0; i < GAPS; i++)
		pages[i] = 1024;
	for (unsigned int at = 0; at < GAPS; at += GAPS - 1) {
		pages[at] = 1031;	/* same 32nd of 1024 .. 2047 */
		space = space_of_gaps(pages, GAPS);
		assert_int_equal(try_take(space, 1031 * PAGE, PAGE, 0), 0);
		assert_int_equal(try_take(space, 1032 * PAGE, PAGE, 0), -ENOSPC);
		iova_space_destroy(space);
		pages[at] = 1024;
	}
	free(pages);
}

static void a_gap_that_fits_only_by_where_it_lies_is_found(void **state)
{
	/* BASE is 1 MiB: the gaps lie at pages 0, 17, 33 and 97. */
	const uint64_t pages[] = { 16, 15, 63, 31 };
	struct iova_space *space = space_of_gaps(pages, 4);

	(void)state;
	assert_int_equal(try_take(space, 16 * PAGE, 16 * PAGE, 0), 0);
	assert_int_equal(try_take(space, 32 * PAGE, 32 * PAGE, 0), 0);		/* 64 .. 95 */
	assert_int_equal(try_take(space, 63 * PAGE, 64 * PAGE, 33 * PAGE), 0);
	assert_int_equal(try_take(space, 63 * PAGE, 64 * PAGE, 32 * PAGE), -ENOSPC);
	assert_int_equal(try_take(space, 31 * PAGE, 128 * PAGE, 97 * PAGE), 0);
	iova_space_destroy(space);
}

/* The bound that iova.h states: whoever asks for less alignment gets it. */
static void a_search_for_a_lucky_place_ends(void **state)
{
	enum { GAPS = 100 };
	uint64_t pages[GAPS];
	struct iova_space *space;

	(void)state;
	/* 16 pages at 0, 17, 34, ...: every 16th gap is aligned, none has slack. */
	for (unsigned int i = 0; i < GAPS; i++)
		pages[i] = 16;
	space = space_of_gaps(pages, GAPS);
	assert_int_equal(try_take(space, 16 * PAGE, 16 * PAGE, 0), 0);
	/* Only the first one, the last to be looked at. */
	assert_int_equal(try_take(space, 16 * PAGE, 1ull << 30, BASE), -ENOSPC);
	assert_int_equal(try_take(space, 16 * PAGE, PAGE, 0), 0);
	iova_space_destroy(space);
}

static void gaps_merge_whatever_the_order_they_come_back_in(void **state)
{
	enum { N = 6, ORDERS = 720 };
	struct iova_block *blocks[N];

	(void)state;
	for (unsigned int order = 0; order < ORDERS; order++) {
		struct iova_space *space = space_of_pages(6 + 5 + 4 + 3 + 2 + 1);
		unsigned int code = order;

		for (unsigned int i = 0; i < N; i++)
			blocks[i] = take_pages(space, N - i);
		assert_int_equal(iova_space_free(space), 0);
		assert_int_equal(iova_space_largest(space), 0);
		for (unsigned int left = N; left; left--) {
			unsigned int pick = code % left;

			code /= left;
			iova_space_give(space, blocks[pick]);
			blocks[pick] = blocks[left - 1];
		}
		assert_int_equal(iova_space_largest(space), 21 * PAGE);
		take_pages(space, 21);
		iova_space_destroy(space);
	}
}

static void follows_means_nothing_taken_between(void **state)
{
	const struct iova_range ranges[] = { { 0x10000, 0x13fff }, { 0x14000, 0x17fff } };
	struct iova_space *space = space_of(ranges, 2);
	struct iova_block *at[8];

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct iova_block *block = take_pages(space, 1);

		at[(block->iova - 0x10000) / PAGE] = block;
	}
	assert_true(iova_block_follows(at[1], at[0]));
	assert_false(iova_block_follows(at[0], at[1]));
	assert_false(iova_block_follows(at[2], at[0]));
	iova_space_give(space, at[1]);
	assert_true(iova_block_follows(at[2], at[0]));
	assert_false(iova_block_follows(at[3], at[0]));
	iova_space_give(space, at[2]);
	assert_true(iova_block_follows(at[3], at[0]));
	assert_false(iova_block_follows(at[4], at[3]));	/* of the next range */
	iova_space_destroy(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_empty_unordered_or_overlapping_are_refused),
		cmocka_unit_test(ranges_are_rounded_inwards_and_page_zero_is_left_out),
		cmocka_unit_test(a_trimmed_range_is_whole_pages_without_page_zero),
		cmocka_unit_test(all_64_bits_are_a_space),
		cmocka_unit_test(no_block_crosses_from_a_range_to_the_next),
		cmocka_unit_test(a_block_has_the_size_and_phase_asked_for),
		cmocka_unit_test(requests_that_make_no_sense_are_refused),
		cmocka_unit_test(the_only_gap_that_is_large_enough_is_found_among_many_of_its_class),
		cmocka_unit_test(a_gap_that_fits_only_by_where_it_lies_is_found),
		cmocka_unit_test(a_search_for_a_lucky_place_ends),
		cmocka_unit_test(gaps_merge_whatever_the_order_they_come_back_in),
		cmocka_unit_test(follows_means_nothing_taken_between),
	};

	return cmocka_run_group_tests_name("iova space", tests, NULL, NULL);
}
