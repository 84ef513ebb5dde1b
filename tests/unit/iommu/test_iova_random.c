// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that the bus address allocator agrees with a model that is
 * too simple to be wrong: one byte per page. Must never look into its lists.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iommu/iova.h"

enum { MODEL_PAGES = 4096, HOLE_FIRST = 1500, HOLE_LAST = 1515, STEPS = 200000, MAX_LIVE = 1024 };

#define PAGE	4096ull

struct world {
	struct iova_space *space;
	bool used[MODEL_PAGES];		/* reserved pages, too */
	struct iova_block *live[MAX_LIVE];
	unsigned int n_live;
	unsigned int refused;
};

static int setup(void **state)
{
	static struct world world;
	const struct iova_range ranges[] = {
		{ 0, HOLE_FIRST * PAGE - 1 },
		{ (HOLE_LAST + 1) * PAGE, MODEL_PAGES * PAGE - 1 },
	};

	memset(&world, 0, sizeof(world));
	world.used[0] = true;
	memset(world.used + HOLE_FIRST, true, HOLE_LAST - HOLE_FIRST + 1);
	*state = &world;
	return iova_space_create(ranges, 2, PAGE, &world.space);
}

static int teardown(void **state)
{
	struct world *w = *state;

	iova_space_destroy(w->space);
	return 0;
}

/* Free pages, and the longest run of them. */
static unsigned int model_free(const struct world *w, unsigned int *longest)
{
	unsigned int run = 0, sum = 0;

	*longest = 0;
	for (unsigned int i = 0; i < MODEL_PAGES; i++) {
		run = w->used[i] ? 0 : run + 1;
		sum += !w->used[i];
		if (run > *longest)
			*longest = run;
	}
	return sum;
}

static void compare(const struct world *w)
{
	unsigned int longest, sum = model_free(w, &longest);

	assert_int_equal(iova_space_free(w->space), sum * PAGE);
	assert_int_equal(iova_space_largest(w->space), longest * PAGE);
}

static void mark(struct world *w, const struct iova_block *block, bool used)
{
	for (uint64_t i = block->iova / PAGE; i < (block->iova + block->size) / PAGE; i++) {
		assert_true(i < MODEL_PAGES);
		assert_int_equal(w->used[i], !used);
		w->used[i] = used;
	}
}

/* A request is only refused when the model has no gap that the contract says is found. */
static void check_refusal(struct world *w, unsigned int pages, uint64_t align)
{
	unsigned int longest, sure = pages + align / PAGE - 1;

	model_free(w, &longest);
	w->refused++;
	assert_true(longest < (align == PAGE ? pages : sure + (sure + 31) / 32));
}

static void take(struct world *w, unsigned int pages, uint64_t align)
{
	uint64_t phase = (uint64_t)rand() * PAGE & (align - 1);
	struct iova_block *block;
	int ret;

	if (w->n_live == MAX_LIVE)
		return;
	ret = iova_space_take(w->space, pages * PAGE, align, phase, &block);
	if (ret) {
		assert_int_equal(ret, -ENOSPC);
		check_refusal(w, pages, align);
		return;
	}
	assert_int_equal(block->size, pages * PAGE);
	assert_int_equal(block->iova & (align - 1), phase);
	mark(w, block, true);
	w->live[w->n_live++] = block;
}

static void give(struct world *w)
{
	unsigned int i;

	if (!w->n_live)
		return;
	i = (unsigned int)rand() % w->n_live;
	mark(w, w->live[i], false);
	iova_space_give(w->space, w->live[i]);
	w->live[i] = w->live[--w->n_live];
}

/* @max_pages: of one block; @max_shift: of the alignment, in pages. */
static void run(struct world *w, unsigned int max_pages, unsigned int max_shift)
{
	for (unsigned int step = 0; step < STEPS; step++) {
		/* Tides: towards a full space, and back. */
		if ((unsigned int)rand() % 100 < (step / 4096 % 2 ? 40 : 60))
			take(w, 1 + (unsigned int)rand() % max_pages,
			     PAGE << rand() % (max_shift + 1));
		else
			give(w);
		if (step % 64 == 0)
			compare(w);
	}
	assert_true(w->refused > 0);
	while (w->n_live)
		give(w);
	compare(w);
}

static void small_blocks_agree_with_a_bitmap(void **state)
{
	run(*state, 12, 0);
}

static void large_blocks_agree_with_a_bitmap(void **state)
{
	run(*state, 400, 0);
}

static void aligned_blocks_agree_with_a_bitmap(void **state)
{
	run(*state, 64, 7);
}

static void blocks_of_one_aligned_size_agree_with_a_bitmap(void **state)
{
	struct world *w = *state;

	for (unsigned int step = 0; step < STEPS; step++) {
		if ((unsigned int)rand() % 100 < (step / 4096 % 2 ? 40 : 60))
			take(w, 16, 16 * PAGE);
		else
			give(w);
		if (step % 64 == 0)
			compare(w);
	}
	while (w->n_live)
		give(w);
	compare(w);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(small_blocks_agree_with_a_bitmap),
		TEST(large_blocks_agree_with_a_bitmap),
		TEST(aligned_blocks_agree_with_a_bitmap),
		TEST(blocks_of_one_aligned_size_agree_with_a_bitmap),
	};

	srand(1);
	return cmocka_run_group_tests_name("iova space, random", tests, NULL, NULL);
}
