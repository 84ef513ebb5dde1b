// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the guest memory table. Must never know registrations.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "iommu/memory.h"
#include "tests/unit/alloc/fail_alloc.h"

#define PAGE	4096ull
#define RO	IOMMU_READ
#define RW	(IOMMU_READ | IOMMU_WRITE)

struct bed {
	struct guest_memory *memory;
	int fd;				/* 64 pages, none of them there yet */
};

static int setup(void **state)
{
	static struct bed bed;

	bed.fd = memfd_create("ram", MFD_CLOEXEC);
	if (bed.fd < 0 || ftruncate(bed.fd, 64 * PAGE) || guest_memory_create(&bed.memory))
		return -1;
	*state = &bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	guest_memory_destroy(bed->memory);
	close(bed->fd);
	return 0;
}

static struct memory_region *add(struct bed *bed, uint64_t page, uint64_t pages, uint64_t offset)
{
	struct memory_region *region;

	assert_int_equal(guest_memory_add(bed->memory, page * PAGE, pages * PAGE, RW, bed->fd,
					  offset * PAGE, &region), 0);
	return region;
}

static int open_files(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static bool in_memory(const void *hva, size_t size)
{
	return !msync((void *)(uintptr_t)hva, size, MS_ASYNC);
}

static void a_region_is_found_from_its_first_to_its_last_byte(void **state)
{
	struct bed *bed = *state;
	struct memory_region *low = add(bed, 10, 4, 0), *high = add(bed, 20, 4, 4);

	assert_null(guest_memory_find(bed->memory, 0));
	assert_null(guest_memory_find(bed->memory, 10 * PAGE - 1));
	assert_ptr_equal(guest_memory_find(bed->memory, 10 * PAGE), low);
	assert_ptr_equal(guest_memory_find(bed->memory, 14 * PAGE - 1), low);
	assert_null(guest_memory_find(bed->memory, 14 * PAGE));
	assert_ptr_equal(guest_memory_find(bed->memory, 22 * PAGE), high);
	assert_null(guest_memory_find(bed->memory, UINT64_MAX));
	assert_ptr_equal(guest_memory_from(bed->memory, 0), low);
	assert_ptr_equal(guest_memory_from(bed->memory, 14 * PAGE - 1), low);
	assert_ptr_equal(guest_memory_from(bed->memory, 14 * PAGE), high);
	assert_null(guest_memory_from(bed->memory, 24 * PAGE));
	assert_int_equal(guest_memory_bytes(bed->memory), 8 * PAGE);
}

static void regions_are_walked_in_ascending_order_however_they_came(void **state)
{
	static const uint64_t pages[] = { 40, 0, 30, 10, 20 };
	struct bed *bed = *state;
	struct memory_region *region = NULL;
	uint64_t n = 0;

	for (size_t i = 0; i < 5; i++)
		add(bed, pages[i], 1, i);
	while ((region = guest_memory_next(bed->memory, region)))
		assert_int_equal(region->gpa, 10 * n++ * PAGE);
	assert_int_equal(n, 5);
	guest_memory_drop(bed->memory, guest_memory_find(bed->memory, 20 * PAGE));
	assert_null(guest_memory_find(bed->memory, 20 * PAGE));
	assert_int_equal(guest_memory_from(bed->memory, 11 * PAGE)->gpa, 30 * PAGE);
	assert_int_equal(guest_memory_bytes(bed->memory), 4 * PAGE);
}

static void a_region_may_end_at_the_last_address(void **state)
{
	struct bed *bed = *state;
	struct memory_region *region;

	assert_int_equal(guest_memory_add(bed->memory, -PAGE, PAGE, RW, bed->fd, 0, &region), 0);
	assert_ptr_equal(guest_memory_find(bed->memory, UINT64_MAX), region);
	assert_null(guest_memory_next(bed->memory, region));
	assert_int_equal(guest_memory_add(bed->memory, -2 * PAGE, 2 * PAGE, RW, bed->fd, 0, NULL),
			 -EEXIST);
}

static void impossible_regions_are_refused(void **state)
{
	struct bed *bed = *state;
	struct guest_memory *m = bed->memory;
	int fd = bed->fd;

	assert_int_equal(guest_memory_add(m, 0, 0, RW, fd, 0, NULL), -EINVAL);
	assert_int_equal(guest_memory_add(m, 1, PAGE, RW, fd, 0, NULL), -EINVAL);
	assert_int_equal(guest_memory_add(m, 0, 100, RW, fd, 0, NULL), -EINVAL);
	assert_int_equal(guest_memory_add(m, 0, PAGE, RW, fd, 1, NULL), -EINVAL);
	assert_int_equal(guest_memory_add(m, -PAGE, 2 * PAGE, RW, fd, 0, NULL), -EINVAL);
	assert_int_equal(guest_memory_add(m, 0, 2 * PAGE, RW, fd, -PAGE, NULL), -EINVAL);
	assert_int_equal(guest_memory_add(m, 0, PAGE, 0, fd, 0, NULL), -EINVAL);
	assert_int_equal(guest_memory_add(m, 0, PAGE, IOMMU_WRITE, fd, 0, NULL), -EINVAL);
	assert_int_equal(guest_memory_add(m, 0, PAGE, RW | 4, fd, 0, NULL), -EINVAL);
	assert_int_equal(guest_memory_add(m, 0, PAGE, RW, -1, 0, NULL), -EBADF);
	assert_int_equal(guest_memory_bytes(m), 0);
	assert_null(guest_memory_next(m, NULL));
}

static void a_region_beyond_the_end_of_its_file_is_refused(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(guest_memory_add(bed->memory, 0, 65 * PAGE, RW, bed->fd, 0, NULL), -EINVAL);
	assert_int_equal(guest_memory_add(bed->memory, 0, 2 * PAGE, RW, bed->fd, 63 * PAGE, NULL),
			 -EINVAL);
	assert_int_equal(guest_memory_add(bed->memory, 0, 64 * PAGE, RW, bed->fd, 0, NULL), 0);
}

static void overlaps_of_every_kind_are_refused(void **state)
{
	static const struct { uint64_t at, pages; } overlaps[] = {
		{ 10, 4 }, { 10, 1 }, { 13, 1 }, { 9, 2 }, { 13, 2 }, { 9, 6 }, { 11, 2 }, { 0, 60 },
	};
	struct bed *bed = *state;

	add(bed, 10, 4, 0);
	for (size_t i = 0; i < sizeof(overlaps) / sizeof(overlaps[0]); i++)
		assert_int_equal(guest_memory_add(bed->memory, overlaps[i].at * PAGE,
						  overlaps[i].pages * PAGE, RW, bed->fd, 0, NULL),
				 -EEXIST);
	add(bed, 9, 1, 0);
	add(bed, 14, 1, 0);
}

static void a_file_that_is_not_open_for_writing_serves_read_only_regions_only(void **state)
{
	struct bed *bed = *state;
	char path[64];
	void *ptr;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", bed->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(guest_memory_add(bed->memory, 0, PAGE, RW, fd, 0, NULL), -EACCES);
	assert_int_equal(guest_memory_add(bed->memory, 0, PAGE, RO, fd, 0, NULL), 0);
	close(fd);
	/* The same file, writable: not served by the read-only descriptor. */
	add(bed, 1, 1, 1);
	assert_int_equal(guest_memory_ptr(bed->memory, 0, PAGE, RO, &ptr), 0);
	assert_int_equal(guest_memory_ptr(bed->memory, 0, PAGE, RW, &ptr), -EACCES);
	assert_int_equal(guest_memory_ptr(bed->memory, PAGE, PAGE, RW, &ptr), 0);
	*(volatile char *)ptr = 1;
}

static void a_file_is_held_once_and_closed_with_its_last_region(void **state)
{
	struct bed *bed = *state;
	int before = open_files();
	struct memory_region *a = add(bed, 0, 4, 0), *b = add(bed, 8, 4, 4), *c;
	struct iommu_backing backing;
	int copy = dup(bed->fd);

	assert_int_equal(guest_memory_add(bed->memory, 16 * PAGE, PAGE, RW, copy, 0, &c), 0);
	close(copy);
	assert_int_equal(open_files(), before + 1);
	assert_ptr_equal(a->object, b->object);
	assert_ptr_equal(a->object, c->object);
	assert_int_equal(memory_region_backing(b, PAGE, false, &backing), 0);
	assert_int_not_equal(backing.fd, bed->fd);
	assert_int_equal(backing.offset, 5 * PAGE);
	assert_null(backing.hva);
	assert_true(fcntl(backing.fd, F_GETFD) & FD_CLOEXEC);
	guest_memory_drop(bed->memory, a);
	guest_memory_drop(bed->memory, c);
	assert_int_equal(open_files(), before + 1);
	guest_memory_drop(bed->memory, b);
	assert_int_equal(open_files(), before);
}

static void a_region_is_mapped_on_first_use_and_nothing_is_faulted_in(void **state)
{
	struct bed *bed = *state;
	struct memory_region *region = add(bed, 0, 64, 0);
	struct iommu_backing backing;
	struct stat st;
	void *ptr;

	assert_null(region->hva);
	assert_int_equal(memory_region_backing(region, 0, false, &backing), 0);
	assert_null(region->hva);
	assert_int_equal(memory_region_backing(region, 3 * PAGE, true, &backing), 0);
	assert_non_null(region->hva);
	assert_ptr_equal(backing.hva, (char *)region->hva + 3 * PAGE);
	assert_int_equal(fstat(bed->fd, &st), 0);
	assert_int_equal(st.st_blocks, 0);
	assert_int_equal(guest_memory_ptr(bed->memory, 5 * PAGE + 7, 1, RW, &ptr), 0);
	*(volatile char *)ptr = 'x';
	assert_int_equal(fstat(bed->fd, &st), 0);
	assert_int_equal(st.st_blocks, 8);
	assert_int_equal(pread(bed->fd, &backing, 1, 5 * PAGE + 7), 1);
	assert_int_equal(*(char *)&backing, 'x');
}

static void the_window_of_a_region_goes_with_it(void **state)
{
	struct bed *bed = *state;
	struct memory_region *region = add(bed, 0, 8, 0);
	void *ptr;

	assert_int_equal(guest_memory_ptr(bed->memory, 0, 8 * PAGE, RW, &ptr), 0);
	assert_true(in_memory(ptr, 8 * PAGE));
	guest_memory_drop(bed->memory, region);
	assert_false(in_memory(ptr, 8 * PAGE));
}

static void a_pointer_reaches_no_further_than_its_region(void **state)
{
	struct bed *bed = *state;
	void *ptr;

	add(bed, 4, 4, 0);
	add(bed, 8, 4, 4);
	assert_int_equal(guest_memory_ptr(bed->memory, 4 * PAGE, 4 * PAGE, RW, &ptr), 0);
	assert_int_equal(guest_memory_ptr(bed->memory, 8 * PAGE - 1, 1, RW, &ptr), 0);
	assert_int_equal(guest_memory_ptr(bed->memory, 8 * PAGE - 1, 2, RW, &ptr), -EFAULT);
	assert_int_equal(guest_memory_ptr(bed->memory, 4 * PAGE, 0, RW, &ptr), -EFAULT);
	assert_int_equal(guest_memory_ptr(bed->memory, 4 * PAGE, UINT64_MAX, RW, &ptr), -EFAULT);
	assert_int_equal(guest_memory_ptr(bed->memory, 0, 1, RW, &ptr), -EFAULT);
	assert_int_equal(guest_memory_ptr(bed->memory, UINT64_MAX, 2, RW, &ptr), -EFAULT);
}

static void regions_need_not_start_at_whole_huge_pages_of_their_file(void **state)
{
	struct bed *bed = *state;
	int fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);
	struct memory_region *region;
	struct iommu_backing backing;

	/* Nothing is touched, so no huge page has to be free. */
	if (fd < 0 || ftruncate(fd, 4 << 20)) {
		print_message("no hugetlbfs\n");
		if (fd >= 0)
			close(fd);
		skip();
	}
	assert_int_equal(guest_memory_add(bed->memory, 0xc0000, (2 << 20) - 0xc0000, RW, fd,
					  0xc0000, &region), 0);
	close(fd);
	assert_int_equal(memory_region_backing(region, 0, true, &backing), 0);
	assert_int_equal((uintptr_t)backing.hva & ((2 << 20) - 1), 0xc0000);
}

static void there_are_no_more_regions_than_promised(void **state)
{
	struct bed *bed = *state;

	for (uint64_t i = 0; i < GUEST_MEMORY_MAX_REGIONS; i++)
		add(bed, 2 * i, 1, i % 64);
	assert_int_equal(guest_memory_add(bed->memory, 1ull << 40, PAGE, RW, bed->fd, 0, NULL),
			 -ENOSPC);
	for (uint64_t i = 0; i < GUEST_MEMORY_MAX_REGIONS; i++)
		assert_int_equal(guest_memory_find(bed->memory, 2 * i * PAGE)->offset, i % 64 * PAGE);
}

static void a_region_that_cannot_be_added_leaves_nothing_behind(void **state)
{
	struct bed *bed = *state;
	int before = open_files(), ret;
	unsigned long nth = 0;

	do {
		fail_alloc_arm(++nth, false);
		ret = guest_memory_add(bed->memory, 0, PAGE, RW, bed->fd, 0, NULL);
		fail_alloc_disarm();
		assert_true(ret == 0 || ret == -ENOMEM);
		assert_int_equal(open_files(), before + !ret);
		assert_int_equal(guest_memory_bytes(bed->memory), ret ? 0 : PAGE);
	} while (ret);
	assert_true(nth > 2);
}

static void a_window_that_cannot_be_mapped_is_an_error_and_may_come_later(void **state)
{
	struct bed *bed = *state;
	struct memory_region *region = add(bed, 0, 1, 0);
	struct iommu_backing backing;

	fail_alloc_arm(1, false);
	assert_int_equal(memory_region_backing(region, 0, true, &backing), -ENOMEM);
	fail_alloc_disarm();
	assert_null(region->hva);
	assert_int_equal(memory_region_backing(region, 0, true, &backing), 0);
}

static void a_process_without_a_free_descriptor_adds_no_file(void **state)
{
	struct bed *bed = *state;
	struct rlimit old, none;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(guest_memory_add(bed->memory, 0, PAGE, RW, bed->fd, 0, NULL), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_null(guest_memory_next(bed->memory, NULL));
	add(bed, 0, 1, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_region_is_found_from_its_first_to_its_last_byte),
		T(regions_are_walked_in_ascending_order_however_they_came),
		T(a_region_may_end_at_the_last_address),
		T(impossible_regions_are_refused),
		T(a_region_beyond_the_end_of_its_file_is_refused),
		T(overlaps_of_every_kind_are_refused),
		T(a_file_that_is_not_open_for_writing_serves_read_only_regions_only),
		T(a_file_is_held_once_and_closed_with_its_last_region),
		T(a_region_is_mapped_on_first_use_and_nothing_is_faulted_in),
		T(the_window_of_a_region_goes_with_it),
		T(a_pointer_reaches_no_further_than_its_region),
		T(regions_need_not_start_at_whole_huge_pages_of_their_file),
		T(there_are_no_more_regions_than_promised),
		T(a_region_that_cannot_be_added_leaves_nothing_behind),
		T(a_process_without_a_free_descriptor_adds_no_file),
		T(a_window_that_cannot_be_mapped_is_an_error_and_may_come_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
