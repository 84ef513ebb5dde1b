// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the server towards a client that gets one thing wrong
 * in the frame of a message or in its version: a clear error reply or a close,
 * and nothing lost.
 * Must never use the client library.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/vfio-user/vfu_bed.h"

#define PAGE	4096ull

/* --- framing and headers --------------------------------------------------- */

static void a_size_below_the_header_gets_an_error_and_a_close(void **state)
{
	struct vfu_bed *bed = *state;
	const struct vfu_raw raw = {
		.cmd = VFU_CMD_DEVICE_RESET, .size = 15 };

	vfu_bed_expect(bed, &raw, EINVAL, NULL);
	vfu_bed_expect_closed(bed);
	assert_int_equal(bed->resets, 0);
}

static void a_size_beyond_all_limits_gets_an_error_and_a_close(void **state)
{
	struct vfu_bed *bed = *state;
	const struct vfu_raw raw = {
		.cmd = VFU_CMD_REGION_WRITE,
		.size = sizeof(struct vfu_header) +
			sizeof(struct vfu_region_access) + VFU_MAX_DATA + 1,
	};

	vfu_bed_expect(bed, &raw, EINVAL, NULL);
	vfu_bed_expect_closed(bed);
}

static void unknown_commands_are_refused(void **state)
{
	static const uint16_t unknown[] = { 0, 6, 11, 12, 14, 15, 16, 17, 18,
					    19, 999, 65535 };
	struct vfu_bed *bed = *state;

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		const struct vfu_raw raw = { .id = 5, .cmd = unknown[i] };

		vfu_bed_expect(bed, &raw, EOPNOTSUPP, NULL);
	}
	vfu_bed_expect_alive(bed);
}

static void unknown_header_flags_are_refused(void **state)
{
	static const uint32_t flags[] = { VFU_F_ERROR, 0x40, 0x80000000u };
	struct vfu_bed *bed = *state;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const struct vfu_raw raw = {
			.cmd = VFU_CMD_DEVICE_RESET, .flags = flags[i] };

		vfu_bed_expect(bed, &raw, EINVAL, NULL);
	}
	assert_int_equal(bed->resets, 0);
	vfu_bed_expect_alive(bed);
}

static void an_errno_in_a_command_is_refused(void **state)
{
	struct vfu_bed *bed = *state;
	const struct vfu_raw raw = { .cmd = VFU_CMD_DEVICE_RESET, .error = 1 };

	vfu_bed_expect(bed, &raw, EINVAL, NULL);
	assert_int_equal(bed->resets, 0);
}

static void an_unsolicited_reply_closes(void **state)
{
	struct vfu_bed *bed = *state;
	const struct vfu_raw raw = {
		.cmd = VFU_CMD_DMA_READ, .flags = VFU_F_REPLY };

	vfu_bed_send(bed, &raw);
	vfu_bed_expect_closed(bed);
	assert_int_equal(bed->detached, 1);
}

static void an_unknown_message_type_closes(void **state)
{
	struct vfu_bed *bed = *state;
	const struct vfu_raw raw = { .cmd = VFU_CMD_DEVICE_RESET, .flags = 2 };

	vfu_bed_send(bed, &raw);
	vfu_bed_expect_closed(bed);
}

static void every_command_has_its_exact_length(void **state)
{
	static const struct { uint16_t cmd; size_t len; } fixed[] = {
		{ VFU_CMD_DMA_MAP, sizeof(struct vfu_dma_map_req) },
		{ VFU_CMD_DMA_UNMAP, sizeof(struct vfu_dma_unmap_req) },
		{ VFU_CMD_DEVICE_GET_INFO, sizeof(struct vfu_device_info) },
		{ VFU_CMD_DEVICE_GET_REGION_INFO,
		  sizeof(struct vfu_region_info) },
		{ VFU_CMD_DEVICE_GET_IRQ_INFO, sizeof(struct vfu_irq_info) },
		{ VFU_CMD_REGION_READ, sizeof(struct vfu_region_access) },
		{ VFU_CMD_DEVICE_RESET, 0 },
	};
	struct vfu_bed *bed = *state;
	uint8_t body[64] = { 64 };	/* argsz, where there is one */

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		for (size_t len = 0; len < sizeof(body); len++) {
			const struct vfu_raw raw = {
				.cmd = fixed[i].cmd, .body = body, .len = len };

			if (len != fixed[i].len)
				vfu_bed_expect(bed, &raw, EINVAL, NULL);
		}
	}
	vfu_bed_expect_alive(bed);
}

static void fds_on_commands_that_take_none_are_refused(void **state)
{
	static const uint16_t none[] = {
		VFU_CMD_DMA_UNMAP, VFU_CMD_DEVICE_GET_INFO,
		VFU_CMD_DEVICE_GET_REGION_INFO, VFU_CMD_DEVICE_GET_IRQ_INFO,
		VFU_CMD_REGION_READ, VFU_CMD_REGION_WRITE, VFU_CMD_DEVICE_RESET,
	};
	static const size_t lens[] = { 24, 16, 32, 16, 16, 17, 0 };
	struct vfu_bed *bed = *state;
	uint8_t body[32] = { 32 };
	int fd = vfu_bed_memfd(PAGE), before = vfu_bed_count_fds();

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		const struct vfu_raw raw = {
			.cmd = none[i], .body = body, .len = lens[i],
			.fds = &fd, .n_fds = 1,
		};

		vfu_bed_expect(bed, &raw, EINVAL, NULL);
	}
	assert_int_equal(vfu_bed_count_fds(), before);
	vfu_bed_expect_alive(bed);
	close(fd);
}

static void too_many_fds_are_refused_and_closed(void **state)
{
	static const unsigned int counts[] = { 2, 16, 17, 32, 64, 250 };
	const struct vfu_dma_map_req req = {
		.argsz = sizeof(req), .flags = VFU_DMA_MAP_ALL, .size = PAGE };
	struct vfu_bed *bed = *state;
	int fds[250], fd = vfu_bed_memfd(PAGE), before = vfu_bed_count_fds();

	for (size_t i = 0; i < 250; i++)
		fds[i] = fd;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct vfu_raw raw = VFU_RAW(VFU_CMD_DMA_MAP, req);

		raw.fds = fds;
		raw.n_fds = counts[i];
		vfu_bed_expect(bed, &raw, EINVAL, NULL);
		assert_int_equal(vfu_bed_count_fds(), before);
	}
	assert_int_equal(bed->mapped, 0);
	vfu_bed_expect_alive(bed);
	close(fd);
}

/* --- version --------------------------------------------------------------- */

static void expect_bad_version(struct vfu_bed *bed, const void *body,
			       size_t len)
{
	const struct vfu_raw raw = {
		.cmd = VFU_CMD_VERSION, .body = body, .len = len };

	vfu_bed_expect(bed, &raw, EINVAL, NULL);
	vfu_bed_expect_closed(bed);
	close(bed->sock);
	vfu_bed_connect(bed);
}

static void another_major_version_is_refused(void **state)
{
	const struct vfu_version version = { 1, 0 };

	expect_bad_version(*state, &version, sizeof(version));
	expect_bad_version(*state, "\0\0\0", 3);
	expect_bad_version(*state, NULL, 0);
}

static void a_newer_minor_version_is_answered_with_ours(void **state)
{
	const struct vfu_version version = { 0, 9 };
	const struct vfu_raw raw = VFU_RAW(VFU_CMD_VERSION, version);
	struct vfu_raw_reply *r = ((struct vfu_bed *)*state)->reply;
	struct vfu_version got;

	vfu_bed_expect(*state, &raw, 0, r);
	memcpy(&got, r->body, sizeof(got));
	assert_int_equal(got.major, 0);
	assert_int_equal(got.minor, 0);
	assert_int_equal(r->body[r->len - 1], 0);
	/* QEMU takes no more than these. */
	assert_non_null(strstr((char *)r->body + 4, "\"max_dma_maps\":65535"));
	assert_non_null(strstr((char *)r->body + 4, "\"max_msg_fds\":16"));
	assert_null(strstr((char *)r->body + 4, "write_multiple"));
}

static void malformed_capabilities_are_refused(void **state)
{
	static const char * const bad[] = {
		"{", "\"", "[]", "7", "{\"capabilities\":[]}",
		"{\"capabilities\":7}", "{\"capabilities\":{}} x",
		"{\"capabilities\":{\"max_msg_fds\":\"8\"}}",
		"{\"capabilities\":{\"max_msg_fds\":-1}}",
		"{\"capabilities\":{\"max_msg_fds\":1.5}}",
		"{\"capabilities\":{\"max_msg_fds\":99999999999999999999}}",
		"{\"capabilities\":{\"max_data_xfer_size\":0}}",
		"{\"capabilities\":{\"max_data_xfer_size\":-4096}}",
		"{\"capabilities\":{\"max_dma_maps\":0}}",
		"{\"capabilities\":{\"pgsizes\":0}}",
		"{\"capabilities\":{\"pgsizes\":null}}",
		"{\"capabilities\":{\"twin_socket\":true}}",
		"{\"capabilities\":{\"write_multiple\":1}}",
		"{\"capabilities\":{\"pgsizes\":1,\"pgsizes\":2}}",
		"\xff\xfe", "",
	};
	uint8_t body[256] = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy((char *)body + 4, bad[i]);
		expect_bad_version(*state, body, 4 + strlen(bad[i]) + 1);
	}
}

static void capabilities_end_with_one_nul(void **state)
{
	static const char text[] = "\0\0\0\0{\"capabilities\":{}}\0";

	expect_bad_version(*state, text, sizeof(text) - 2);	/* none */
	expect_bad_version(*state, text, sizeof(text));		/* two */
}

static void deep_and_long_json_is_refused(void **state)
{
	size_t len = 4 + VFU_MAX_VERSION_TEXT;
	uint8_t *body = calloc(1, len + 1);

	assert_non_null(body);
	memset(body + 4, '[', VFU_MAX_VERSION_TEXT - 1);
	expect_bad_version(*state, body, len);
	expect_bad_version(*state, body, len + 1);
	free(body);
}

static void what_qemu_sends_is_accepted(void **state)
{
	static const char text[] =
		"\0\0\0\0{\"capabilities\": {\"migration\": {\"pgsize\": 4096, "
		"\"max_bitmap_size\": 268435456}, \"max_msg_fds\": 16, "
		"\"max_data_xfer_size\": 1048576, \"pgsizes\": 4096, "
		"\"max_dma_maps\": 65535, \"write_multiple\": true}}";
	const struct vfu_raw raw = {
		.cmd = VFU_CMD_VERSION, .body = text, .len = sizeof(text) };
	struct vfu_raw_reply *r = ((struct vfu_bed *)*state)->reply;

	vfu_bed_expect(*state, &raw, 0, r);
	/* It reads the reply into the buffer of its request. */
	assert_true(r->len <= raw.len);
	vfu_bed_expect_alive(*state);
}

static void the_first_message_must_be_the_version(void **state)
{
	struct vfu_bed *bed = *state;
	struct vfu_raw raw = { .cmd = VFU_CMD_DEVICE_RESET };

	vfu_bed_expect(bed, &raw, EINVAL, NULL);
	vfu_bed_expect_closed(bed);
	assert_int_equal(bed->resets, 0);
	assert_int_equal(bed->attached, 0);
}

static void a_second_version_is_refused(void **state)
{
	const struct vfu_version version = { 0, 0 };
	const struct vfu_raw raw = VFU_RAW(VFU_CMD_VERSION, version);

	vfu_bed_expect(*state, &raw, EINVAL, NULL);
	vfu_bed_expect_alive(*state);
}

#define MUTE(f) cmocka_unit_test_setup_teardown(f, vfu_bed_setup_mute, vfu_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_vfu_bed(a_size_below_the_header_gets_an_error_and_a_close),
		in_vfu_bed(a_size_beyond_all_limits_gets_an_error_and_a_close),
		in_vfu_bed(unknown_commands_are_refused),
		in_vfu_bed(unknown_header_flags_are_refused),
		in_vfu_bed(an_errno_in_a_command_is_refused),
		in_vfu_bed(an_unsolicited_reply_closes),
		in_vfu_bed(an_unknown_message_type_closes),
		in_vfu_bed(every_command_has_its_exact_length),
		in_vfu_bed(fds_on_commands_that_take_none_are_refused),
		in_vfu_bed(too_many_fds_are_refused_and_closed),
		MUTE(another_major_version_is_refused),
		MUTE(a_newer_minor_version_is_answered_with_ours),
		MUTE(malformed_capabilities_are_refused),
		MUTE(capabilities_end_with_one_nul),
		MUTE(deep_and_long_json_is_refused),
		MUTE(what_qemu_sends_is_accepted),
		MUTE(the_first_message_must_be_the_version),
		in_vfu_bed(a_second_version_is_refused),
	};

	return cmocka_run_group_tests_name("vfio-user protocol", tests, NULL,
					   NULL);
}
