// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the server towards a client that asks for something
 * impossible: regions, DMA maps and interrupts, one thing wrong per message.
 * Must never use the client library.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/unit/vfio-user/vfu_bed.h"

#define PAGE	4096ull

static int setup(void **state)
{
	struct vfu_bed *bed = malloc(sizeof(*bed));

	if (!bed)
		return -1;
	vfu_bed_open(bed);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	vfu_bed_close(*state);
	free(*state);
	return 0;
}

/* --- device, regions ------------------------------------------------------- */

static void reserved_fields_of_info_requests_must_be_zero(void **state)
{
	struct vfu_bed *bed = *state;

	for (unsigned int word = 0; word < 8; word++) {
		uint32_t body[8] = { 32 };
		struct vfu_raw raw = { .body = body };

		body[word] = word ? 0xffff : 15;
		raw.cmd = VFU_CMD_DEVICE_GET_INFO;
		raw.len = 16;
		if (word < 4)
			vfu_bed_expect(bed, &raw, EINVAL, NULL);
		raw.cmd = VFU_CMD_DEVICE_GET_IRQ_INFO;
		if (word < 4)
			vfu_bed_expect(bed, &raw, EINVAL, NULL);
		raw.cmd = VFU_CMD_DEVICE_GET_REGION_INFO;
		raw.len = 32;
		vfu_bed_expect(bed, &raw, EINVAL, NULL);
	}
}

static void indices_beyond_the_last_are_refused(void **state)
{
	struct vfu_region_info region = { .argsz = 32, .index = 9 };
	struct vfu_irq_info irq = { .argsz = 16, .index = 5 };
	struct vfu_region_access access = { .region = 9, .count = 4 };
	const struct vfu_raw raws[] = {
		VFU_RAW(VFU_CMD_DEVICE_GET_REGION_INFO, region),
		VFU_RAW(VFU_CMD_DEVICE_GET_IRQ_INFO, irq),
		VFU_RAW(VFU_CMD_REGION_READ, access),
	};

	for (size_t i = 0; i < 3; i++)
		vfu_bed_expect(*state, &raws[i], EINVAL, NULL);
}

static void a_short_region_info_has_a_valid_cap_offset(void **state)
{
	struct vfu_region_info info = { .argsz = sizeof(info), .index = 2 };
	struct vfu_raw_reply *r = ((struct vfu_bed *)*state)->reply;
	struct vfu_raw raw = VFU_RAW(VFU_CMD_DEVICE_GET_REGION_INFO, info);
	struct vfu_cap_sparse cap;
	struct vfu_region_info got;

	vfu_bed_expect(*state, &raw, 0, r);
	assert_int_equal(r->len, sizeof(got));
	assert_int_equal(r->n_fds, 0);
	memcpy(&got, r->body, sizeof(got));
	assert_int_equal(got.argsz, 32 + 16 + 2 * 16);
	assert_int_equal(got.cap_offset, 32);
	assert_true(got.flags & VFIO_REGION_INFO_FLAG_CAPS);

	info.argsz = got.argsz;
	vfu_bed_expect(*state, &raw, 0, r);
	assert_int_equal(r->len, got.argsz);
	assert_int_equal(r->n_fds, 1);
	memcpy(&got, r->body, sizeof(got));
	assert_int_equal(got.size, BED_BAR2_SIZE);
	assert_int_equal(got.offset, 4096);
	memcpy(&cap, r->body + got.cap_offset, sizeof(cap));
	assert_int_equal(cap.header.id, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	assert_int_equal(cap.header.version, 1);
	assert_int_equal(cap.header.next, 0);
	assert_int_equal(cap.nr_areas, 2);
	close(r->fds[0]);
}

static void accesses_off_the_end_are_refused(void **state)
{
	static const struct vfu_region_access bad[] = {
		{ BED_BAR0_SIZE, 0, 1 }, { BED_BAR0_SIZE - 3, 0, 4 },
		{ 0, 0, BED_BAR0_SIZE + 1 }, { UINT64_MAX, 0, 1 },
		{ UINT64_MAX - 3, 0, 4 }, { UINT64_MAX - 3, 0, 8 },
		{ 1ull << 63, 0, 4 }, { 0, 0, 0 }, { 4, 0, 0 },
		{ BED_BAR0_SIZE, 0, 0 }, { 0, 1, 4 }, { 0, 6, 4 }, { 0, 8, 1 },
		{ 256, 7, 1 }, { 0, 5, VFU_MAX_DATA + 1 }, { 0, 5, UINT32_MAX },
		{ 0, UINT32_MAX, 4 },
	};
	struct vfu_bed *bed = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vfu_raw raw = VFU_RAW(VFU_CMD_REGION_READ, bad[i]);
		uint8_t body[32] = { 0 };

		vfu_bed_expect(bed, &raw, EINVAL, NULL);
		memcpy(body, &bad[i], sizeof(bad[i]));
		raw.cmd = VFU_CMD_REGION_WRITE;
		raw.body = body;
		raw.len = sizeof(bad[i]) + (bad[i].count <= 16 ?
					    bad[i].count : 16);
		vfu_bed_expect(bed, &raw, EINVAL, NULL);
	}
	assert_int_equal(bed->reads + bed->writes, 0);
	vfu_bed_expect_alive(bed);
}

static void a_write_brings_exactly_its_count(void **state)
{
	struct vfu_bed *bed = *state;

	for (uint32_t count = 1; count < 12; count++) {
		struct vfu_region_access access = { 0, 0, count };
		uint8_t body[16 + 8] = { 0 };
		struct vfu_raw raw = {
			.cmd = VFU_CMD_REGION_WRITE, .body = body,
			.len = sizeof(body) };

		memcpy(body, &access, sizeof(access));
		vfu_bed_expect(bed, &raw, count == 8 ? 0 : EINVAL, NULL);
	}
	assert_int_equal(bed->writes, 1);
}

static void a_read_only_region_is_not_written(void **state)
{
	struct { struct vfu_region_access access; uint32_t data; } w = {
		{ 0, 4, 4 }, 1 };
	const struct vfu_raw raw = { .cmd = VFU_CMD_REGION_WRITE,
				     .body = &w, .len = 20 };

	vfu_bed_expect(*state, &raw, EACCES, NULL);
}

static void the_device_may_refuse_an_access(void **state)
{
	struct vfu_bed *bed = *state;
	struct { struct vfu_region_access access; uint32_t data; } w = {
		{ 0, 0, 4 }, 1 };
	struct vfu_raw raw = { .cmd = VFU_CMD_REGION_WRITE, .body = &w,
			       .len = 20 };

	bed->write_error = -EIO;
	bed->read_error = -ENXIO;
	vfu_bed_expect(bed, &raw, EIO, NULL);
	raw.cmd = VFU_CMD_REGION_READ;
	raw.len = 16;
	vfu_bed_expect(bed, &raw, ENXIO, NULL);
	vfu_bed_expect_alive(bed);
}

static void a_posted_command_gets_no_reply_not_even_an_error(void **state)
{
	struct vfu_bed *bed = *state;
	struct { struct vfu_region_access access; uint32_t data; } w = {
		{ 8, 0, 4 }, 0x12345678 };
	struct vfu_raw raw = { .cmd = VFU_CMD_REGION_WRITE, .body = &w,
			       .len = 20, .flags = VFU_F_NO_REPLY };
	struct vfu_raw_reply *r = bed->reply;

	vfu_bed_send(bed, &raw);
	w.access.offset = UINT64_MAX;
	vfu_bed_send(bed, &raw);
	raw.cmd = 999;
	vfu_bed_send(bed, &raw);
	vfu_bed_run(bed);
	assert_int_equal(vfu_bed_reply(bed, r), 0);
	assert_int_equal(bed->writes, 1);
	assert_memory_equal(bed->bar0 + 8, "\x78\x56\x34\x12", 4);
	vfu_bed_expect_alive(bed);
}

/* --- DMA ------------------------------------------------------------------- */

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

/* --- interrupts ------------------------------------------------------------ */

#define EVENTFD	(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
#define NONE_MASK	(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK)
#define NONE_TRIGGER	(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)
#define BOOL_TRIGGER	(VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER)

static void impossible_interrupt_requests_are_refused(void **state)
{
	static const struct {
		struct vfu_irq_set set;
		unsigned int n_fds;
		int error;
	} bad[] = {
		{ { 19, EVENTFD, 2, 0, 1 }, 1, EINVAL },	/* argsz */
		{ { 24, EVENTFD, 2, 0, 1 }, 1, EINVAL },
		{ { 20, 0, 2, 0, 1 }, 0, EINVAL },		/* flags */
		{ { 20, 0x40 | EVENTFD, 2, 0, 1 }, 1, EINVAL },
		{ { 20, VFIO_IRQ_SET_DATA_NONE, 2, 0, 1 }, 0, EINVAL },
		{ { 20, VFIO_IRQ_SET_ACTION_MASK, 2, 0, 1 }, 0, EINVAL },
		{ { 20, EVENTFD | 1, 2, 0, 1 }, 1, EINVAL },
		{ { 20, EVENTFD | 8, 2, 0, 1 }, 1, EINVAL },
		{ { 20, EVENTFD, 5, 0, 1 }, 1, EINVAL },	/* index */
		{ { 20, EVENTFD, 1, 0, 1 }, 1, EINVAL },	/* no vectors */
		{ { 20, EVENTFD, 2, 64, 1 }, 1, EINVAL },	/* range */
		{ { 20, EVENTFD, 2, 63, 2 }, 2, EINVAL },
		{ { 20, EVENTFD, 2, UINT32_MAX, 1 }, 1, EINVAL },
		{ { 20, EVENTFD, 2, 1, UINT32_MAX }, 1, EINVAL },
		{ { 20, EVENTFD, 2, 0, 65 }, 0, EINVAL },
		{ { 20, EVENTFD, 2, 0, 0 }, 0, EINVAL },	/* empty */
		{ { 20, NONE_MASK, 2, 0, 0 }, 0, EINVAL },
		{ { 20, NONE_TRIGGER, 2, 1, 0 }, 0, EINVAL },
		{ { 20, BOOL_TRIGGER, 2, 0, 0 }, 0, EINVAL },
		{ { 20, BOOL_TRIGGER, 2, 0, 1 }, 0, EINVAL },	/* no data */
		{ { 20, EVENTFD, 2, 0, 2 }, 1, EINVAL },	/* fds != count */
		{ { 20, EVENTFD, 2, 0, 1 }, 2, EINVAL },
		{ { 20, NONE_MASK, 2, 0, 1 }, 1, EINVAL },	/* fds for what? */
		{ { 20, 4 | 8, 2, 0, 1 }, 1, EOPNOTSUPP },	/* mask eventfd */
		{ { 20, 4 | 16, 2, 0, 1 }, 1, EOPNOTSUPP },
	};
	struct vfu_bed *bed = *state;
	int fd = eventfd(0, EFD_CLOEXEC), fds[2] = { fd, fd };
	int before = vfu_bed_count_fds();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vfu_raw raw = VFU_RAW(VFU_CMD_DEVICE_SET_IRQS,
					     bad[i].set);

		raw.fds = fds;
		raw.n_fds = bad[i].n_fds;
		vfu_bed_expect(bed, &raw, bad[i].error, NULL);
		assert_int_equal(vfu_bed_count_fds(), before);
	}
	assert_int_equal(bed->irqs, 0);
	close(fd);
}

static void what_is_no_eventfd_is_refused(void **state)
{
	const struct vfu_irq_set set = { 20, EVENTFD, 2, 0, 1 };
	struct vfu_raw raw = VFU_RAW(VFU_CMD_DEVICE_SET_IRQS, set);
	struct vfu_bed *bed = *state;
	int fds[3] = { vfu_bed_memfd(PAGE) };

	assert_int_equal(pipe(fds + 1), 0);
	raw.n_fds = 1;
	for (unsigned int i = 0; i < 3; i++) {
		raw.fds = &fds[i];
		vfu_bed_expect(bed, &raw, EINVAL, NULL);
		close(fds[i]);
	}
	assert_int_equal(vfu_irq_trigger(bed->server, 2, 0), -ENOENT);
}

static void a_bool_is_zero_or_one(void **state)
{
	struct { struct vfu_irq_set set; uint8_t bools[4]; } body = {
		{ 24, BOOL_TRIGGER, 2, 0, 4 }, { 0, 1, 2, 0 } };
	const struct vfu_raw raw = VFU_RAW(VFU_CMD_DEVICE_SET_IRQS, body);

	vfu_bed_expect(*state, &raw, EINVAL, NULL);
	body.bools[2] = 1;
	vfu_bed_expect(*state, &raw, 0, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reserved_fields_of_info_requests_must_be_zero),
		TEST(indices_beyond_the_last_are_refused),
		TEST(a_short_region_info_has_a_valid_cap_offset),
		TEST(accesses_off_the_end_are_refused),
		TEST(a_write_brings_exactly_its_count),
		TEST(a_read_only_region_is_not_written),
		TEST(the_device_may_refuse_an_access),
		TEST(a_posted_command_gets_no_reply_not_even_an_error),
		TEST(impossible_maps_are_refused_and_their_fd_closed),
		TEST(impossible_unmaps_are_refused),
		TEST(an_unmap_says_how_much_it_unmapped),
		TEST(more_maps_than_65536_are_fine_by_default),
		cmocka_unit_test(maps_beyond_the_configured_limit_are_refused),
		TEST(impossible_interrupt_requests_are_refused),
		TEST(what_is_no_eventfd_is_refused),
		TEST(a_bool_is_zero_or_one),
	};

	return cmocka_run_group_tests_name("vfio-user requests", tests, NULL,
					   NULL);
}
