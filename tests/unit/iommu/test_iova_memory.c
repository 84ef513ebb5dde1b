// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about the memory that the bus address allocator itself
 * takes. Must never look into its lists.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "iommu/iova.h"
#include "tests/unit/alloc/fail_alloc.h"

#define PAGE	4096ull

static void memory_is_bounded_by_the_most_blocks_ever_taken(void **state)
{
	enum { PEAK = 5000, STEPS = 300000 };
	const struct iova_range range = { 0, (1ull << 40) - 1 };
	static struct iova_block *blocks[PEAK];
	struct iova_space *space;
	size_t empty;

	(void)state;
	assert_int_equal(iova_space_create(&range, 1, PAGE, &space), 0);
	empty = iova_space_memory(space);
	srand(3);
	for (unsigned int i = 0; i < STEPS; i++) {
		struct iova_block **block = &blocks[rand() % PEAK];
		uint64_t align = PAGE << rand() % 10;

		if (*block)
			iova_space_give(space, *block);
		*block = NULL;
		if (rand() % 4)
			assert_int_equal(iova_space_take(space, (1 + rand() % 64) * PAGE, align,
							 (uint64_t)rand() * PAGE & (align - 1),
							 block), 0);
	}
	/* A gap beside each block, and slabs a quarter larger than what is used. */
	assert_true(iova_space_memory(space) <= empty + 2 * PEAK * sizeof(**blocks) * 5 / 4);
	for (unsigned int i = 0; i < PEAK; i++)
		if (blocks[i])
			iova_space_give(space, blocks[i]);
	assert_int_equal(iova_space_free(space), iova_space_largest(space));
	iova_space_destroy(space);
}

static void without_memory_nothing_changes(void **state)
{
	const struct iova_range range = { 0, (1ull << 40) - 1 };
	struct iova_space *space = NULL;
	struct iova_block *block;
	uint64_t before;
	int ret, taken = 0;

	(void)state;
	for (unsigned long nth = 1; nth <= 2; nth++) {
		fail_alloc_arm(nth, false);
		assert_int_equal(iova_space_create(&range, 1, PAGE, &space), -ENOMEM);
		assert_int_equal(fail_alloc_disarm(), nth);
		assert_null(space);
	}
	assert_int_equal(iova_space_create(&range, 1, PAGE, &space), 0);
	fail_alloc_arm(1, true);
	do {
		before = iova_space_free(space);
		ret = iova_space_take(space, PAGE, 2 * PAGE, PAGE, &block);
		taken += !ret;
	} while (!ret);
	fail_alloc_disarm();
	assert_int_equal(ret, -ENOMEM);
	assert_true(taken > 10);
	assert_int_equal(iova_space_free(space), before);
	assert_int_equal(iova_space_take(space, 1ull << 39, PAGE, 0, &block), 0);
	iova_space_destroy(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_bounded_by_the_most_blocks_ever_taken),
		cmocka_unit_test(without_memory_nothing_changes),
	};

	return cmocka_run_group_tests_name("iova space, memory", tests, NULL, NULL);
}
