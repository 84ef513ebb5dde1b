// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about time and amount: slow and silent clients, and how
 * much one client gets done, or logged, at once. Must never use the client
 * library.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/vfio-user/vfu_bed.h"

static void wait_readable(struct vfu_bed *bed, int ms)
{
	struct pollfd pfd = { vfu_server_fd(bed->server), POLLIN, 0 };

	poll(&pfd, 1, ms);
}

static void send_big_reads(struct vfu_bed *bed, unsigned int n)
{
	const struct vfu_region_access access = { 0, 5, VFU_MAX_DATA };
	struct vfu_raw raw = VFU_RAW(VFU_CMD_REGION_READ, access);

	for (unsigned int i = 0; i < n; i++) {
		raw.id = (uint16_t)i;
		vfu_bed_send(bed, &raw);
	}
}

static void a_slow_reader_is_served_one_reply_at_a_time(void **state)
{
	struct vfu_bed bed;

	(void)state;
	vfu_bed_open(&bed);
	send_big_reads(&bed, 20);
	vfu_bed_run(&bed);
	assert_int_equal(bed.reads, 1);
	for (unsigned int i = 0; i < 20; i++) {
		assert_int_equal(vfu_bed_reply(&bed, bed.reply), 1);
		assert_int_equal(bed.reply->header.id, i);
		assert_int_equal(bed.reply->len, 16 + VFU_MAX_DATA);
	}
	assert_int_equal(bed.reads, 20);
	vfu_bed_expect_alive(&bed);
	vfu_bed_close(&bed);
}

static void a_client_that_never_reads_is_dropped(void **state)
{
	struct vfu_bed bed;
	time_t start = time(NULL);

	(void)state;
	vfu_bed_prepare(&bed);
	bed.config.reply_timeout_ms = 50;
	vfu_bed_start(&bed);
	vfu_bed_connect(&bed);
	vfu_bed_hello(&bed);
	send_big_reads(&bed, 2);
	while (!bed.detached && time(NULL) - start < 5) {
		vfu_bed_run(&bed);
		wait_readable(&bed, 20);
	}
	assert_int_equal(bed.detached, 1);
	assert_int_equal(bed.reads, 1);
	vfu_bed_close(&bed);
}

static void a_client_that_never_says_its_version_is_dropped(void **state)
{
	struct vfu_bed bed;
	time_t start = time(NULL);
	int ret = 0;

	(void)state;
	vfu_bed_prepare(&bed);
	bed.config.hello_timeout_ms = 50;
	vfu_bed_start(&bed);
	vfu_bed_connect(&bed);
	while (!ret && time(NULL) - start < 5) {
		wait_readable(&bed, 20);
		ret = vfu_bed_reply(&bed, bed.reply);
	}
	assert_int_equal(ret, -1);
	vfu_bed_close(&bed);
}

static void a_version_that_came_while_the_server_was_busy_counts(void **state)
{
	struct vfu_bed bed;

	(void)state;
	vfu_bed_prepare(&bed);
	bed.config.hello_timeout_ms = 20;
	vfu_bed_start(&bed);
	vfu_bed_connect(&bed);
	usleep(50 * 1000);
	vfu_bed_hello(&bed);
	vfu_bed_expect_alive(&bed);
	vfu_bed_close(&bed);
}

static void an_attached_client_may_be_silent(void **state)
{
	struct vfu_bed bed;

	(void)state;
	vfu_bed_prepare(&bed);
	bed.config.hello_timeout_ms = 20;
	bed.config.reply_timeout_ms = 20;
	vfu_bed_start(&bed);
	vfu_bed_connect(&bed);
	vfu_bed_hello(&bed);
	wait_readable(&bed, 100);
	vfu_bed_expect_alive(&bed);
	vfu_bed_close(&bed);
}

static void one_dispatch_handles_a_bounded_number_of_messages(void **state)
{
	const struct vfu_raw raw = { .cmd = VFU_CMD_DEVICE_RESET };
	struct vfu_bed bed;

	(void)state;
	vfu_bed_prepare(&bed);
	bed.config.max_messages = 5;
	vfu_bed_start(&bed);
	vfu_bed_connect(&bed);
	vfu_bed_hello(&bed);
	for (unsigned int i = 0; i < 12; i++)
		vfu_bed_send(&bed, &raw);
	vfu_server_dispatch(bed.server);
	assert_int_equal(bed.resets, 5);
	vfu_server_dispatch(bed.server);
	assert_int_equal(bed.resets, 10);
	vfu_bed_run(&bed);
	assert_int_equal(bed.resets, 12);
	vfu_bed_close(&bed);
}

static void log_lines_are_rate_limited(void **state)
{
	const struct vfu_raw raw = { .cmd = 999 };
	struct vfu_bed bed;

	(void)state;
	vfu_bed_open(&bed);
	for (unsigned int i = 0; i < 1000; i++)
		vfu_bed_expect(&bed, &raw, EOPNOTSUPP, NULL);
	assert_true(bed.log_lines < 100);
	vfu_bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_reader_is_served_one_reply_at_a_time),
		cmocka_unit_test(a_client_that_never_reads_is_dropped),
		cmocka_unit_test(a_client_that_never_says_its_version_is_dropped),
		cmocka_unit_test(a_version_that_came_while_the_server_was_busy_counts),
		cmocka_unit_test(an_attached_client_may_be_silent),
		cmocka_unit_test(one_dispatch_handles_a_bounded_number_of_messages),
		cmocka_unit_test(log_lines_are_rate_limited),
	};

	return cmocka_run_group_tests_name("vfio-user pace", tests, NULL,
					   NULL);
}
