// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the server towards a client that maps and unmaps what
 * cannot be, or very much; one thing wrong per message.
 * Must never use the client library.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/vfio-user/vfu_bed.h"

#define PAGE	4096ull

static void impossible_maps_are_refused_and_their_fd_closed(void **state)
{
	static const struct { struct vfu_dma_map_req req; int error; } bad[] = {
		{ { 31, 3, 0, 0, PAGE }, EINVAL },		/* argsz */
		{ { 32, 0, 0, 0, PAGE }, EINVAL },		/* no access */
		{ { 32, 4, 0, 0, PAGE }, EINVAL },		/* flags */
		{ { 32, 0x80000003, 0, 0, PAGE }, EINVAL },
		{ { 32, 3, 0, 0, 0 }, EINVAL },			/* empty */
		{ { 32, 3, 0, 1, PAGE }, EINVAL },		/* unaligned */
		{ { 32, 3, 0, 0, 17 }, EINVAL },
		{ { 32, 3, 17, 0, PAGE }, EINVAL },
		{ { 32, 3, 0, -PAGE, 2 * PAGE }, EINVAL },	/* wraps */
		{ { 32, 3, 0, 2 * PAGE, -PAGE }, EINVAL },
		{ { 32, 3, 0, UINT64_MAX, PAGE }, EINVAL },
		{ { 32, 3, -PAGE, 0, 2 * PAGE }, EINVAL },
		{ { 32, 3, 0, 0, 5 * PAGE }, EINVAL },		/* off the file */
		{ { 32, 3, 4 * PAGE, 0, PAGE }, EINVAL },
		{ { 32, 3, 0, 16 * PAGE, PAGE }, EEXIST },	/* overlap */
		{ { 32, 3, 0, 15 * PAGE, 2 * PAGE }, EEXIST },
		{ { 32, 3, 0, 14 * PAGE, 4 * PAGE }, EEXIST },
	};
	struct vfu_bed *bed = *state;
	int fd = vfu_bed_memfd(4 * PAGE), before = vfu_bed_count_fds();

	assert_int_equal(vfu_bed_map(bed, 16 * PAGE, PAGE, -1, 0), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vfu_raw raw = VFU_RAW(VFU_CMD_DMA_MAP, bad[i].req);

		raw.fds = &fd;
		raw.n_fds = 1;
		vfu_bed_expect(bed, &raw, bad[i].error, NULL);
		assert_int_equal(vfu_bed_count_fds(), before);
	}
	assert_int_equal(bed->mapped, 1);
	/* Without a file there is nothing an offset could be in. */
	assert_int_equal(vfu_bed_map(bed, 0, PAGE, -1, PAGE), EINVAL);
	close(fd);
}

static void impossible_unmaps_are_refused(void **state)
{
	static const struct { struct vfu_dma_unmap_req req; int error; } bad[] = {
		{ { 23, 0, 16 * PAGE, 4 * PAGE }, EINVAL },	/* argsz */
		{ { 24, 4, 16 * PAGE, 4 * PAGE }, EINVAL },	/* flags */
		{ { 24, 1, 16 * PAGE, 4 * PAGE }, EOPNOTSUPP },	/* dirty pages */
		{ { 24, 3, 0, 0 }, EOPNOTSUPP },
		{ { 24, 2, 0, PAGE }, EINVAL },			/* all of what? */
		{ { 24, 2, PAGE, 0 }, EINVAL },
		{ { 24, 0, 16 * PAGE, 2 * PAGE }, EINVAL },	/* half */
		{ { 24, 0, 18 * PAGE, 2 * PAGE }, EINVAL },
		{ { 24, 0, 17 * PAGE, PAGE }, EINVAL },
		{ { 24, 0, 0, 18 * PAGE }, EINVAL },
		{ { 24, 0, 16 * PAGE, 0 }, EINVAL },		/* empty */
		{ { 24, 0, 16 * PAGE + 1, PAGE }, EINVAL },	/* unaligned */
		{ { 24, 0, 16 * PAGE, -PAGE }, EINVAL },	/* wraps */
	};
	struct vfu_bed *bed = *state;

	assert_int_equal(vfu_bed_map(bed, 16 * PAGE, 4 * PAGE, -1, 0), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vfu_raw raw = VFU_RAW(VFU_CMD_DMA_UNMAP, bad[i].req);

		vfu_bed_expect(bed, &raw, bad[i].error, NULL);
	}
	assert_int_equal(bed->unmapped, 0);
	assert_int_equal(vfu_dma_count(vfu_server_dma(bed->server)), 1);
}

static uint64_t unmap(struct vfu_bed *bed, uint32_t flags, uint64_t iova,
		      uint64_t size)
{
	struct vfu_dma_unmap_req req = { 24, flags, iova, size };
	struct vfu_raw raw = VFU_RAW(VFU_CMD_DMA_UNMAP, req);
	struct vfu_raw_reply *r = bed->reply;

	vfu_bed_expect(bed, &raw, 0, r);
	assert_int_equal(r->len, sizeof(req));
	memcpy(&req, r->body, sizeof(req));
	return req.size;
}

static void an_unmap_says_how_much_it_unmapped(void **state)
{
	struct vfu_bed *bed = *state;

	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(vfu_bed_map(bed, 2 * i * PAGE, PAGE, -1, 0), 0);
	assert_int_equal(unmap(bed, 0, 0, PAGE), PAGE);
	assert_int_equal(unmap(bed, 0, 0, PAGE), 0);
	assert_int_equal(unmap(bed, 0, PAGE, 4 * PAGE), 2 * PAGE);
	assert_int_equal(bed->unmapped, 2);
	assert_int_equal(unmap(bed, VFU_DMA_UNMAP_EVERY, 0, 0), 5 * PAGE);
	assert_int_equal(bed->unmapped, 7);
	assert_int_equal(vfu_dma_count(vfu_server_dma(bed->server)), 0);
}

static void more_maps_than_65536_are_fine_by_default(void **state)
{
	struct vfu_bed *bed = *state;
	int fd = vfu_bed_memfd(PAGE), before = vfu_bed_count_fds();

	for (uint64_t i = 0; i < 65536 + 100; i++)
		assert_int_equal(vfu_bed_map(bed, i * PAGE, PAGE, fd, 0), 0);
	assert_int_equal(vfu_dma_count(vfu_server_dma(bed->server)),
			 65536 + 100);
	assert_int_equal(vfu_dma_objects(vfu_server_dma(bed->server)), 1);
	assert_int_equal(vfu_bed_count_fds(), before);
	close(fd);
	vfu_bed_hang_up(bed);
	assert_int_equal(bed->unmapped, 65536 + 100);
}

static void maps_beyond_the_configured_limit_are_refused(void **state)
{
	struct vfu_bed *bed = malloc(sizeof(*bed));
	int fd;

	(void)state;
	vfu_bed_prepare(bed);
	bed->config.max_dma_ranges = 65535;
	vfu_bed_start(bed);
	vfu_bed_connect(bed);
	vfu_bed_hello(bed);
	fd = vfu_bed_memfd(PAGE);
	for (uint64_t i = 0; i < 65535; i++)
		assert_int_equal(vfu_bed_map(bed, i * PAGE, PAGE, fd, 0), 0);
	assert_int_equal(vfu_bed_map(bed, 65535 * PAGE, PAGE, fd, 0), ENOSPC);
	close(fd);
	vfu_bed_expect_alive(bed);
	vfu_bed_close(bed);
	free(bed);
}

static void what_the_device_refuses_is_not_mapped(void **state)
{
	struct vfu_bed *bed = *state;
	int fd = vfu_bed_memfd(PAGE), before = vfu_bed_count_fds();

	bed->refuse_map = -ENOSPC;
	assert_int_equal(vfu_bed_map(bed, PAGE, PAGE, fd, 0), ENOSPC);
	assert_int_equal(vfu_dma_count(vfu_server_dma(bed->server)), 0);
	assert_int_equal(vfu_dma_objects(vfu_server_dma(bed->server)), 0);
	assert_int_equal(vfu_bed_count_fds(), before);
	bed->refuse_map = 0;
	assert_int_equal(vfu_bed_map(bed, PAGE, PAGE, fd, 0), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_vfu_bed(impossible_maps_are_refused_and_their_fd_closed),
		in_vfu_bed(impossible_unmaps_are_refused),
		in_vfu_bed(what_the_device_refuses_is_not_mapped),
		in_vfu_bed(an_unmap_says_how_much_it_unmapped),
		in_vfu_bed(more_maps_than_65536_are_fine_by_default),
		cmocka_unit_test(maps_beyond_the_configured_limit_are_refused),
	};

	return cmocka_run_group_tests_name("vfio-user DMA requests", tests, NULL,
					   NULL);
}
