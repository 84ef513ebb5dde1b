// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the server towards a client that asks for something
 * impossible of the device and its regions, one thing wrong per message.
 * Must never use the client library.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/vfio-user/vfu_bed.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_vfu_bed(reserved_fields_of_info_requests_must_be_zero),
		in_vfu_bed(indices_beyond_the_last_are_refused),
		in_vfu_bed(a_short_region_info_has_a_valid_cap_offset),
		in_vfu_bed(accesses_off_the_end_are_refused),
		in_vfu_bed(a_write_brings_exactly_its_count),
		in_vfu_bed(a_read_only_region_is_not_written),
		in_vfu_bed(the_device_may_refuse_an_access),
		in_vfu_bed(a_posted_command_gets_no_reply_not_even_an_error),
	};

	return cmocka_run_group_tests_name("vfio-user requests", tests, NULL,
					   NULL);
}
