// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about region descriptions of kernel VFIO, which here are
 * bytes made by the test. Must never need a kernel that has VFIO.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/vfio.h>

#include "host-backend/hca/vfio.h"

#define PAGE	4096u
#define SIZE	(16u * PAGE)

/* A reply with room for two capabilities. */
struct reply {
	struct vfio_region_info info;
	uint8_t caps[256];
};

static struct reply reply_of(uint32_t flags)
{
	struct reply r = { .info = { .argsz = sizeof(r), .flags = flags, .size = SIZE,
				     .offset = 1ull << 40 } };

	return r;
}

/* A capability at @at of the reply, the next one at @next. */
static void put_cap(struct reply *r, uint32_t at, uint16_t id, uint32_t next)
{
	struct vfio_info_cap_header cap = { .id = id, .version = 1, .next = next };

	r->info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
	if (!r->info.cap_offset)
		r->info.cap_offset = at;
	memcpy((uint8_t *)r + at, &cap, sizeof(cap));
}

static void put_areas(struct reply *r, uint32_t at, uint32_t n,
		      const struct vfio_region_sparse_mmap_area *areas)
{
	struct vfio_region_info_cap_sparse_mmap cap = { .nr_areas = n };

	put_cap(r, at, VFIO_REGION_INFO_CAP_SPARSE_MMAP, 0);
	memcpy(&cap.header, (uint8_t *)r + at, sizeof(cap.header));
	memcpy((uint8_t *)r + at, &cap, sizeof(cap));
	if (areas)
		memcpy((uint8_t *)r + at + sizeof(cap), areas, n * sizeof(*areas));
}

static int parse(const struct reply *r, struct hca_vfio_region *region)
{
	return hca_vfio_region_parse(r, sizeof(*r), PAGE, region);
}

static void a_region_without_mmap_has_no_area(void **state)
{
	struct reply r = reply_of(VFIO_REGION_INFO_FLAG_READ);
	struct hca_vfio_region region;

	(void)state;
	assert_int_equal(parse(&r, &region), 0);
	assert_int_equal(region.size, SIZE);
	assert_int_equal(region.offset, 1ull << 40);
	assert_int_equal(region.n_areas, 0);
	assert_null(hca_vfio_region_ptr(&region, 0, 4));
	hca_vfio_region_free(&region);
}

static void a_region_without_sparse_areas_is_mapped_whole(void **state)
{
	struct reply r = reply_of(VFIO_REGION_INFO_FLAG_MMAP);
	struct hca_vfio_region region;

	(void)state;
	assert_int_equal(parse(&r, &region), 0);
	assert_int_equal(region.n_areas, 1);
	assert_int_equal(region.areas[0].offset, 0);
	assert_int_equal(region.areas[0].size, SIZE);
	hca_vfio_region_free(&region);
	/* Also where the kernel says that the MSI-X table may be in it. */
	put_cap(&r, sizeof(r.info), VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 0);
	assert_int_equal(parse(&r, &region), 0);
	assert_int_equal(region.n_areas, 1);
	assert_int_equal(region.areas[0].size, SIZE);
	hca_vfio_region_free(&region);
}

static void sparse_areas_are_found_behind_other_capabilities(void **state)
{
	static const struct vfio_region_sparse_mmap_area areas[] = {
		{ 0, 3 * PAGE }, { 3 * PAGE, 0 }, { 4 * PAGE, SIZE - 4 * PAGE } };
	struct reply r = reply_of(VFIO_REGION_INFO_FLAG_MMAP);
	struct hca_vfio_region region;

	(void)state;
	put_cap(&r, 40, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 64);
	put_areas(&r, 64, 3, areas);
	assert_int_equal(parse(&r, &region), 0);
	assert_int_equal(region.n_areas, 2);
	assert_int_equal(region.areas[0].size, 3 * PAGE);
	assert_int_equal(region.areas[1].offset, 4 * PAGE);
	hca_vfio_region_free(&region);
	put_areas(&r, 64, 0, NULL);
	assert_int_equal(parse(&r, &region), 0);
	assert_int_equal(region.n_areas, 0);
	hca_vfio_region_free(&region);
}

static void descriptions_that_contradict_themselves_are_refused(void **state)
{
	static const struct vfio_region_sparse_mmap_area bad[][2] = {
		{ { 0, SIZE + PAGE } }, { { SIZE, PAGE } }, { { PAGE, SIZE } },
		{ { 0, 100 } }, { { 100, PAGE } }, { { UINT64_MAX - PAGE + 1, PAGE } },
		{ { PAGE, PAGE }, { 0, PAGE } }, { { 0, 2 * PAGE }, { PAGE, PAGE } },
	};
	struct hca_vfio_region region;
	struct reply r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = reply_of(VFIO_REGION_INFO_FLAG_MMAP);
		put_areas(&r, 40, bad[i][1].size ? 2 : 1, bad[i]);
		assert_int_equal(parse(&r, &region), -EPROTO);
		assert_null(region.areas);
	}
	r = reply_of(VFIO_REGION_INFO_FLAG_MMAP);
	put_areas(&r, 40, 1000, NULL);			/* more than there is room for */
	assert_int_equal(parse(&r, &region), -EPROTO);
	r.info.cap_offset = 8;				/* inside the fixed part */
	assert_int_equal(parse(&r, &region), -EPROTO);
	r.info.cap_offset = sizeof(r) - 4;		/* cut off */
	assert_int_equal(parse(&r, &region), -EPROTO);
	r.info.cap_offset = UINT32_MAX;
	assert_int_equal(parse(&r, &region), -EPROTO);
	r = reply_of(VFIO_REGION_INFO_FLAG_MMAP);
	put_cap(&r, 40, 77, 40);			/* a ring */
	assert_int_equal(parse(&r, &region), -EPROTO);
	r = reply_of(VFIO_REGION_INFO_FLAG_MMAP);
	put_cap(&r, sizeof(r) - 8, VFIO_REGION_INFO_CAP_SPARSE_MMAP, 0);
	assert_int_equal(parse(&r, &region), -EPROTO);
	r = reply_of(0);
	assert_int_equal(hca_vfio_region_parse(&r, sizeof(r.info) - 1, PAGE, &region), -EPROTO);
	r.info.offset = UINT64_MAX;
	assert_int_equal(parse(&r, &region), -EPROTO);
	r = reply_of(0);
	r.info.size = INT64_MAX;
	assert_int_equal(parse(&r, &region), -EPROTO);
}

static void random_descriptions_do_no_harm(void **state)
{
	struct hca_vfio_region region;
	struct reply r;
	uint32_t x = 12345;

	(void)state;
	for (unsigned int round = 0; round < 100000; round++) {
		uint8_t *bytes = (uint8_t *)&r;

		r = reply_of(VFIO_REGION_INFO_FLAG_MMAP);
		put_cap(&r, 40, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 64);
		put_areas(&r, 64, 1, (const struct vfio_region_sparse_mmap_area[]){ { 0, SIZE } });
		for (unsigned int i = 0; i < 4; i++) {
			x = x * 1664525u + 1013904223u;
			bytes[(x >> 16) % 128] = (uint8_t)(x >> 8);
		}
		if (!hca_vfio_region_parse(&r, 48 + x % 200, PAGE, &region))
			hca_vfio_region_free(&region);
	}
}

static void only_what_lies_wholly_in_an_area_has_an_address(void **state)
{
	static const struct vfio_region_sparse_mmap_area areas[] = {
		{ 0, PAGE }, { 2 * PAGE, PAGE }, { 3 * PAGE, PAGE } };
	struct reply r = reply_of(VFIO_REGION_INFO_FLAG_MMAP);
	int fd = memfd_create("region", MFD_CLOEXEC);
	struct hca_vfio_region region;

	(void)state;
	assert_int_equal(ftruncate(fd, SIZE + PAGE), 0);
	r.info.offset = PAGE;
	put_areas(&r, 40, 3, areas);
	assert_int_equal(parse(&r, &region), 0);
	assert_null(hca_vfio_region_ptr(&region, 0, 4));
	assert_int_equal(hca_vfio_region_map(&region, fd), 0);
	assert_int_equal(pwrite(fd, "here", 4, PAGE + 2 * PAGE + 8), 4);
	assert_memory_equal(hca_vfio_region_ptr(&region, 2 * PAGE + 8, 4), "here", 4);
	assert_non_null(hca_vfio_region_ptr(&region, PAGE - 8, 8));
	assert_null(hca_vfio_region_ptr(&region, PAGE - 4, 8));
	assert_null(hca_vfio_region_ptr(&region, PAGE, 4));
	assert_null(hca_vfio_region_ptr(&region, 4 * PAGE, 1));
	assert_null(hca_vfio_region_ptr(&region, UINT64_MAX - 3, 8));
	hca_vfio_region_free(&region);
	close(fd);
}

static void a_map_that_fails_leaves_no_other(void **state)
{
	static const struct vfio_region_sparse_mmap_area areas[] = {
		{ 0, PAGE }, { PAGE, 1ull << 50 } };	/* more than a process can have */
	struct reply r = reply_of(VFIO_REGION_INFO_FLAG_MMAP);
	int fd = memfd_create("region", MFD_CLOEXEC);
	struct hca_vfio_region region;

	(void)state;
	assert_int_equal(ftruncate(fd, PAGE), 0);
	r.info.offset = 0;
	r.info.size = 1ull << 51;
	put_areas(&r, 40, 2, areas);
	assert_int_equal(parse(&r, &region), 0);
	assert_int_equal(hca_vfio_region_map(&region, fd), -ENOMEM);
	assert_null(region.areas[0].ptr);
	assert_null(region.areas[1].ptr);
	hca_vfio_region_free(&region);
	assert_int_equal(hca_vfio_region_query(fd, 0, &region), -ENOTTY);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_region_without_mmap_has_no_area),
		cmocka_unit_test(a_region_without_sparse_areas_is_mapped_whole),
		cmocka_unit_test(sparse_areas_are_found_behind_other_capabilities),
		cmocka_unit_test(descriptions_that_contradict_themselves_are_refused),
		cmocka_unit_test(random_descriptions_do_no_harm),
		cmocka_unit_test(only_what_lies_wholly_in_an_area_has_an_address),
		cmocka_unit_test(a_map_that_fails_leaves_no_other),
	};

	return cmocka_run_group_tests_name("VFIO regions", tests, NULL, NULL);
}
