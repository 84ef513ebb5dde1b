// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the DMA table: ranges, files, limits. Must never use
 * messages.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "hv/vfio-user/dma.h"
#include "tests/unit/vfio-user/vfu_bed.h"

#define RW	(VFU_DMA_READ | VFU_DMA_WRITE)
#define PAGE	4096ull

static int setup(void **state)
{
	struct vfu_dma *dma;

	if (vfu_dma_create(&dma))
		return -1;
	*state = dma;
	return 0;
}

static int teardown(void **state)
{
	vfu_dma_destroy(*state);
	return 0;
}

static void a_range_is_found_from_its_first_to_its_last_byte(void **state)
{
	struct vfu_dma *dma = *state;
	const struct vfu_dma_range *range;

	assert_int_equal(vfu_dma_map(dma, 4 * PAGE, 2 * PAGE, RW, -1, 0), 0);
	assert_null(vfu_dma_find(dma, 4 * PAGE - 1));
	range = vfu_dma_find(dma, 4 * PAGE);
	assert_non_null(range);
	assert_ptr_equal(vfu_dma_find(dma, 6 * PAGE - 1), range);
	assert_null(vfu_dma_find(dma, 6 * PAGE));
	assert_int_equal(range->iova, 4 * PAGE);
	assert_int_equal(range->last, 6 * PAGE - 1);
	assert_null(range->vaddr);
	assert_int_equal(range->prot, RW);
}

static void a_range_may_end_at_the_last_address(void **state)
{
	struct vfu_dma *dma = *state;

	assert_int_equal(vfu_dma_map(dma, -PAGE, PAGE, RW, -1, 0), 0);
	assert_non_null(vfu_dma_find(dma, UINT64_MAX));
	assert_int_equal(vfu_dma_map(dma, 0, -PAGE, RW, -1, 0), 0);
	assert_int_equal(vfu_dma_count(dma), 2);
	assert_int_equal(vfu_dma_unmap(dma, -PAGE, PAGE), 0);
	assert_int_equal(vfu_dma_unmap(dma, 0, -PAGE), 0);
}

static void impossible_ranges_are_refused(void **state)
{
	struct vfu_dma *dma = *state;
	uint64_t generation = vfu_dma_generation(dma);

	assert_int_equal(vfu_dma_map(dma, 0, 0, RW, -1, 0), -EINVAL);
	assert_int_equal(vfu_dma_map(dma, 1, PAGE, RW, -1, 0), -EINVAL);
	assert_int_equal(vfu_dma_map(dma, 0, 100, RW, -1, 0), -EINVAL);
	assert_int_equal(vfu_dma_map(dma, -PAGE, 2 * PAGE, RW, -1, 0), -EINVAL);
	assert_int_equal(vfu_dma_map(dma, 0, PAGE, 0, -1, 0), -EINVAL);
	assert_int_equal(vfu_dma_map(dma, 0, PAGE, 4, -1, 0), -EINVAL);
	assert_int_equal(vfu_dma_map(dma, 0, PAGE, RW, -1, PAGE), -EINVAL);
	assert_int_equal(vfu_dma_count(dma), 0);
	assert_int_equal(vfu_dma_generation(dma), generation);
}

static void overlaps_of_every_kind_are_refused(void **state)
{
	static const struct { uint64_t at, pages; } overlaps[] = {
		{ 10, 4 }, { 10, 1 }, { 13, 1 }, { 9, 2 }, { 13, 2 }, { 9, 6 },
		{ 11, 2 }, { 0, 100 },
	};
	struct vfu_dma *dma = *state;

	assert_int_equal(vfu_dma_map(dma, 10 * PAGE, 4 * PAGE, RW, -1, 0), 0);
	for (size_t i = 0; i < sizeof(overlaps) / sizeof(overlaps[0]); i++)
		assert_int_equal(vfu_dma_map(dma, overlaps[i].at * PAGE,
					     overlaps[i].pages * PAGE, RW, -1,
					     0), -EEXIST);
	assert_int_equal(vfu_dma_map(dma, 9 * PAGE, PAGE, RW, -1, 0), 0);
	assert_int_equal(vfu_dma_map(dma, 14 * PAGE, PAGE, RW, -1, 0), 0);
}

static void unmap_of_half_a_range_is_refused(void **state)
{
	struct vfu_dma *dma = *state;
	uint64_t bytes = 0;

	assert_int_equal(vfu_dma_map(dma, 10 * PAGE, 4 * PAGE, RW, -1, 0), 0);
	assert_int_equal(vfu_dma_unmap(dma, 10 * PAGE, 2 * PAGE), -EINVAL);
	assert_int_equal(vfu_dma_unmap(dma, 12 * PAGE, 2 * PAGE), -EINVAL);
	assert_int_equal(vfu_dma_unmap(dma, 11 * PAGE, PAGE), -EINVAL);
	assert_int_equal(vfu_dma_unmap(dma, 0, 11 * PAGE), -EINVAL);
	assert_int_equal(vfu_dma_unmap(dma, 10 * PAGE, 0), -EINVAL);
	assert_int_equal(vfu_dma_unmap(dma, 10 * PAGE, -PAGE), -EINVAL);
	assert_int_equal(vfu_dma_unmap(dma, 0, 10 * PAGE), -ENOENT);
	assert_int_equal(vfu_dma_count(dma), 1);
	assert_int_equal(vfu_dma_unmap_bytes(dma, 0, 100 * PAGE, &bytes), 0);
	assert_int_equal(bytes, 4 * PAGE);
}

static void one_unmap_may_cover_several_whole_ranges(void **state)
{
	struct vfu_dma *dma = *state;

	for (uint64_t i = 0; i < 10; i++)
		assert_int_equal(vfu_dma_map(dma, 2 * i * PAGE, PAGE, RW, -1,
					     0), 0);
	assert_int_equal(vfu_dma_unmap(dma, 4 * PAGE, 9 * PAGE), 0);
	assert_int_equal(vfu_dma_count(dma), 5);
	assert_non_null(vfu_dma_find(dma, 2 * PAGE));
	assert_null(vfu_dma_find(dma, 4 * PAGE));
	assert_null(vfu_dma_find(dma, 12 * PAGE));
	assert_non_null(vfu_dma_find(dma, 14 * PAGE));
}

static void a_file_is_mapped_once_and_goes_with_its_last_range(void **state)
{
	struct vfu_dma *dma = *state;
	int before, fd = vfu_bed_memfd(64 * PAGE);
	const struct vfu_dma_range *range;

	assert_int_equal(pwrite(fd, "underpass", 9, 5 * PAGE), 9);
	before = vfu_bed_count_fds();
	for (uint64_t i = 0; i < 64; i++)
		assert_int_equal(vfu_dma_map(dma, i * 2 * PAGE, PAGE, RW,
					     dup(fd), i * PAGE), 0);
	assert_int_equal(vfu_dma_objects(dma), 1);
	assert_int_equal(vfu_bed_count_fds(), before);
	range = vfu_dma_find(dma, 10 * PAGE);
	assert_memory_equal(range->vaddr, "underpass", 9);
	for (uint64_t i = 0; i < 64; i++) {
		assert_int_equal(vfu_dma_objects(dma), 1);
		assert_int_equal(vfu_dma_unmap(dma, i * 2 * PAGE, PAGE), 0);
	}
	assert_int_equal(vfu_dma_objects(dma), 0);
	assert_int_equal(vfu_dma_bytes(dma), 0);
	close(fd);
}

static void a_file_that_grew_keeps_old_pointers(void **state)
{
	struct vfu_dma *dma = *state;
	int fd = vfu_bed_memfd(PAGE);
	uint8_t *old;

	assert_int_equal(vfu_dma_map(dma, 0, PAGE, RW, dup(fd), 0), 0);
	old = vfu_dma_find(dma, 0)->vaddr;
	assert_int_equal(vfu_dma_map(dma, PAGE, PAGE, RW, dup(fd), PAGE),
			 -EINVAL);
	assert_int_equal(ftruncate(fd, 4 * PAGE), 0);
	assert_int_equal(vfu_dma_map(dma, PAGE, PAGE, RW, dup(fd), 3 * PAGE), 0);
	assert_int_equal(vfu_dma_map(dma, 2 * PAGE, PAGE, RW, dup(fd), 0), 0);
	assert_int_equal(vfu_dma_objects(dma), 2);
	assert_ptr_equal(vfu_dma_find(dma, 0)->vaddr, old);
	old[7] = 42;
	assert_int_equal(vfu_dma_find(dma, 2 * PAGE)->vaddr[7], 42);
	assert_int_equal(vfu_dma_unmap(dma, 0, PAGE), 0);
	assert_int_equal(vfu_dma_objects(dma), 1);
	vfu_dma_unmap_all(dma);
	assert_int_equal(vfu_dma_objects(dma), 0);
	close(fd);
}

static void a_range_stays_inside_its_file(void **state)
{
	struct vfu_dma *dma = *state;
	int before = vfu_bed_count_fds(), fd = vfu_bed_memfd(2 * PAGE);

	assert_int_equal(vfu_dma_map(dma, 0, 3 * PAGE, RW, dup(fd), 0), -EINVAL);
	assert_int_equal(vfu_dma_map(dma, 0, PAGE, RW, dup(fd), 2 * PAGE),
			 -EINVAL);
	assert_int_equal(vfu_dma_map(dma, 0, PAGE, RW, dup(fd), -PAGE), -EINVAL);
	assert_int_equal(vfu_dma_map(dma, 0, PAGE, RW, dup(fd), 12), -EINVAL);
	close(fd);
	assert_int_equal(vfu_bed_count_fds(), before);
}

static void a_read_only_file_gives_no_writable_range(void **state)
{
	struct vfu_dma *dma = *state;
	char path[64];
	int fd = vfu_bed_memfd(PAGE), ro;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(ro >= 0);
	assert_int_equal(vfu_dma_map(dma, 0, PAGE, RW, dup(ro), 0), -EACCES);
	assert_int_equal(vfu_dma_map(dma, 0, PAGE, VFU_DMA_READ, dup(ro), 0), 0);
	assert_int_equal(vfu_dma_map(dma, PAGE, PAGE, RW, dup(fd), 0), 0);
	assert_int_equal(vfu_dma_objects(dma), 2);
	close(ro);
	close(fd);
}

static void what_is_no_file_is_refused_and_closed(void **state)
{
	struct vfu_dma *dma = *state;
	int before = vfu_bed_count_fds(), pipes[2];

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(vfu_dma_map(dma, 0, PAGE, VFU_DMA_READ, pipes[0], 0),
			 -EINVAL);
	close(pipes[1]);
	assert_int_equal(vfu_dma_map(dma, 0, PAGE, RW,
				     open("/dev/zero", O_RDWR), 0), -EINVAL);
	assert_int_equal(vfu_bed_count_fds(), before);
}

static void limits_hold(void **state)
{
	struct vfu_dma *dma = *state;
	int a = vfu_bed_memfd(PAGE), b = vfu_bed_memfd(PAGE);

	vfu_dma_set_limits(dma, 3, 1);
	assert_int_equal(vfu_dma_map(dma, 0, PAGE, RW, dup(a), 0), 0);
	assert_int_equal(vfu_dma_map(dma, PAGE, PAGE, RW, dup(b), 0), -ENOSPC);
	assert_int_equal(vfu_dma_map(dma, PAGE, PAGE, RW, dup(a), 0), 0);
	assert_int_equal(vfu_dma_map(dma, 2 * PAGE, PAGE, RW, -1, 0), 0);
	assert_int_equal(vfu_dma_map(dma, 3 * PAGE, PAGE, RW, -1, 0), -ENOSPC);
	assert_int_equal(vfu_dma_unmap(dma, 0, 2 * PAGE), 0);
	assert_int_equal(vfu_dma_map(dma, 0, PAGE, RW, b, 0), 0);
	close(a);
}

static void the_walk_goes_up_through_all_ranges(void **state)
{
	struct vfu_dma *dma = *state;
	const struct vfu_dma_range *range = NULL;
	uint64_t at = 0;

	assert_null(vfu_dma_next(dma, NULL));
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(vfu_dma_map(dma, (i * 37 % 100) * PAGE, PAGE,
					     RW, -1, 0), 0);
	while ((range = vfu_dma_next(dma, range)))
		assert_int_equal(range->iova, at++ * PAGE);
	assert_int_equal(at, 100);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_range_is_found_from_its_first_to_its_last_byte),
		TEST(a_range_may_end_at_the_last_address),
		TEST(impossible_ranges_are_refused),
		TEST(overlaps_of_every_kind_are_refused),
		TEST(unmap_of_half_a_range_is_refused),
		TEST(one_unmap_may_cover_several_whole_ranges),
		TEST(a_file_is_mapped_once_and_goes_with_its_last_range),
		TEST(a_file_that_grew_keeps_old_pointers),
		TEST(a_range_stays_inside_its_file),
		TEST(a_read_only_file_gives_no_writable_range),
		TEST(what_is_no_file_is_refused_and_closed),
		TEST(limits_hold),
		TEST(the_walk_goes_up_through_all_ranges),
	};

	return cmocka_run_group_tests_name("vfio-user dma table", tests, NULL,
					   NULL);
}
