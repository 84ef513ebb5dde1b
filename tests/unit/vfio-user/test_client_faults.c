// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the client library towards a server that is late,
 * silent, gone or wrong; the server is played by raw bytes.
 * Must never use our server.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hv/vfio-user/client.h"
#include "tests/unit/vfio-user/vfu_bed.h"

/* What it says, byte by byte, and what it heard, to be looked at. */
struct fake {
	int sock;
	uint16_t last_id;
	uint16_t last_cmd;
	bool mute;		/* reads requests, answers nothing */
	const void *answer;	/* payload of the next reply, NULL = none set */
	size_t answer_len;
};

static void fake_send(struct fake *f, uint16_t id, uint16_t cmd,
		      uint32_t flags, const void *body, size_t len)
{
	struct vfu_header header = {
		.id = id, .cmd = cmd, .flags = flags,
		.size = (uint32_t)(sizeof(header) + len) };

	assert_int_equal(send(f->sock, &header, sizeof(header), 0),
			 sizeof(header));
	if (len)
		assert_int_equal(send(f->sock, body, len, 0), len);
}

static void fake_idle(void *arg)
{
	struct fake *f = arg;
	uint8_t buf[1024];
	struct vfu_header header;
	ssize_t n = recv(f->sock, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < (ssize_t)sizeof(header))
		return;
	memcpy(&header, buf, sizeof(header));
	f->last_id = header.id;
	f->last_cmd = header.cmd;
	if (f->mute)
		return;
	if (header.cmd == VFU_CMD_VERSION)
		fake_send(f, header.id, header.cmd, VFU_F_REPLY, "\0\0\0\0", 4);
	else if (header.cmd == VFU_CMD_DEVICE_RESET)
		fake_send(f, header.id, header.cmd, VFU_F_REPLY, NULL, 0);
	else if (f->answer)
		fake_send(f, header.id, header.cmd, VFU_F_REPLY, f->answer,
			  f->answer_len);
	else	/* an echo */
		fake_send(f, header.id, header.cmd, VFU_F_REPLY,
			  buf + sizeof(header), (size_t)n - sizeof(header));
}

static struct vfu_client *fake_open(struct fake *f)
{
	struct vfu_client_config config = {
		.timeout_ms = 50, .idle = fake_idle, .idle_arg = f };
	struct vfu_client *client;
	int pair[2];

	memset(f, 0, sizeof(*f));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    pair), 0);
	f->sock = pair[0];
	config.fd = pair[1];
	assert_int_equal(vfu_client_open(&config, &client), 0);
	return client;
}

static void a_late_reply_is_not_taken_for_the_next_one(void **state)
{
	struct fake f;
	struct vfu_client *client = fake_open(&f);
	uint16_t late;

	(void)state;
	f.mute = true;
	assert_int_equal(vfu_client_reset(client), -ETIMEDOUT);
	late = f.last_id;
	/* Now it comes, as an error, and right before the next request. */
	fake_send(&f, late, VFU_CMD_DEVICE_RESET, VFU_F_REPLY | VFU_F_ERROR,
		  NULL, 0);
	f.mute = false;
	assert_int_equal(vfu_client_reset(client), 0);
	assert_int_not_equal(f.last_id, late);
	assert_int_equal(vfu_client_stray(client), 0);
	vfu_client_close(client);
	close(f.sock);
}

static void an_unsolicited_reply_is_counted_and_dropped(void **state)
{
	struct fake f;
	struct vfu_client *client = fake_open(&f);

	(void)state;
	fake_send(&f, 12345, VFU_CMD_DEVICE_RESET, VFU_F_REPLY | VFU_F_ERROR,
		  NULL, 0);
	/* The id of the next request, but of another command. */
	fake_send(&f, (uint16_t)(f.last_id + 1), VFU_CMD_DMA_MAP,
		  VFU_F_REPLY | VFU_F_ERROR, NULL, 0);
	assert_int_equal(vfu_client_reset(client), 0);
	assert_int_equal(vfu_client_stray(client), 2);
	vfu_client_close(client);
	close(f.sock);
}

static void a_silent_server_costs_the_time_limit_and_no_more(void **state)
{
	struct fake f;
	struct vfu_client *client = fake_open(&f);
	struct vfu_device_info info;

	(void)state;
	f.mute = true;
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(vfu_client_device_info(client, &info),
				 -ETIMEDOUT);
	f.mute = false;
	assert_int_equal(vfu_client_device_info(client, &info), 0);
	vfu_client_close(client);
	close(f.sock);
}

static void an_unmap_of_more_than_was_asked_for_ends_the_connection(void **state)
{
	const struct vfu_dma_unmap_req more = { .argsz = sizeof(more), .size = 8192 };
	struct fake f;
	struct vfu_client *client = fake_open(&f);
	uint64_t bytes = 1;

	(void)state;
	f.answer = &more;
	f.answer_len = sizeof(more);
	assert_int_equal(vfu_client_dma_unmap_bytes(client, 0, 4096, &bytes), -EPROTO);
	assert_int_equal(bytes, 1);
	assert_int_equal(vfu_client_reset(client), -EPROTO);
	vfu_client_close(client);
	close(f.sock);
}

static void nothing_at_all(void *arg)
{
	(void)arg;
}

static void a_message_cut_by_the_time_limit_ends_the_connection(void **state)
{
	struct vfu_client_config config = { .timeout_ms = 20 };
	struct vfu_client *client;
	uint8_t *big = calloc(1, VFU_MAX_DATA);
	int pair[2], ret = 0;

	(void)state;
	assert_non_null(big);
	/* A server that was there for the version and then reads no more. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    pair), 0);
	config.fd = pair[1];
	config.idle = nothing_at_all;
	fake_send(&(struct fake){ .sock = pair[0] }, 0, VFU_CMD_VERSION,
		  VFU_F_REPLY, "\0\0\0\0", 4);
	assert_int_equal(vfu_client_open(&config, &client), 0);
	for (unsigned int i = 0; i < 64 && !ret; i++)
		ret = vfu_client_region_post(client, 0, 0, big, VFU_MAX_DATA);
	assert_int_equal(ret, -ETIMEDOUT);
	assert_int_equal(vfu_client_reset(client), -ETIMEDOUT);
	vfu_client_close(client);
	close(pair[0]);
	free(big);
}

static void a_server_that_goes_ends_all_calls(void **state)
{
	struct fake f;
	struct vfu_client *client = fake_open(&f);
	uint16_t id;
	struct vfu_client_result result;

	(void)state;
	assert_int_equal(vfu_client_submit(client, VFU_CMD_DEVICE_RESET, NULL,
					   0, NULL, 0, &id), 0);
	shutdown(f.sock, SHUT_RDWR);
	assert_int_equal(vfu_client_collect(client, &result), -ENOTCONN);
	assert_int_equal(vfu_client_reset(client), -ENOTCONN);
	vfu_client_close(client);
	close(f.sock);
}

static void expect_malformed(const void *answer, size_t len, bool region)
{
	struct fake f;
	struct vfu_client *client = fake_open(&f);
	struct vfu_region_info info;
	struct vfu_device_info device;
	int ret;

	f.answer = answer;
	f.answer_len = len;
	if (region)
		ret = vfu_client_region_info(client, 1, &info, NULL, NULL, NULL);
	else
		ret = vfu_client_device_info(client, &device);
	assert_int_equal(ret, -EPROTO);
	vfu_client_close(client);
	close(f.sock);
}

static void replies_of_a_wrong_size_end_the_connection(void **state)
{
	uint8_t body[64] = { 16 };

	(void)state;
	expect_malformed(body, 0, false);
	expect_malformed(body, 15, false);
	expect_malformed(body, 17, false);
	expect_malformed(body, 31, true);
}

static void malformed_region_descriptions_are_refused(void **state)
{
	const uint32_t caps = VFIO_REGION_INFO_FLAG_CAPS;
	const struct {
		struct vfu_region_info info;
		struct vfu_cap_sparse cap;
		struct vfu_area area;
	} bad[] = {
		{ { 31, 0, 1, 0, 4096, 0 }, { { 0, 0, 0 }, 0, 0 }, { 0, 0 } },
		{ { 64, 0, 2, 0, 4096, 0 }, { { 0, 0, 0 }, 0, 0 }, { 0, 0 } },
		{ { 65, 0, 1, 0, 4096, 0 }, { { 0, 0, 0 }, 0, 0 }, { 0, 0 } },
		{ { 64, caps, 1, 4, 4096, 0 }, { { 1, 1, 0 }, 1, 0 }, { 0, 1 } },
		{ { 64, caps, 1, 57, 4096, 0 }, { { 1, 1, 0 }, 1, 0 }, { 0, 1 } },
		{ { 64, caps, 1, UINT32_MAX, 4096, 0 }, { { 1, 1, 0 }, 1, 0 },
		  { 0, 1 } },
		/* too many areas, one outside the region, a loop of caps */
		{ { 64, caps, 1, 32, 4096, 0 }, { { 1, 1, 0 }, 2, 0 }, { 0, 1 } },
		{ { 64, caps, 1, 32, 4096, 0 }, { { 1, 1, 0 }, UINT32_MAX, 0 },
		  { 0, 1 } },
		{ { 64, caps, 1, 32, 4096, 0 }, { { 1, 1, 0 }, 1, 0 },
		  { 4096, 1 } },
		{ { 64, caps, 1, 32, 4096, 0 }, { { 1, 1, 0 }, 1, 0 },
		  { UINT64_MAX, 2 } },
		{ { 64, caps, 1, 32, 4096, 0 }, { { 7, 1, 32 }, 1, 0 },
		  { 0, 1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_malformed(&bad[i], sizeof(bad[i]), true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_reply_is_not_taken_for_the_next_one),
		cmocka_unit_test(an_unsolicited_reply_is_counted_and_dropped),
		cmocka_unit_test(a_silent_server_costs_the_time_limit_and_no_more),
		cmocka_unit_test(an_unmap_of_more_than_was_asked_for_ends_the_connection),
		cmocka_unit_test(a_server_that_goes_ends_all_calls),
		cmocka_unit_test(a_message_cut_by_the_time_limit_ends_the_connection),
		cmocka_unit_test(replies_of_a_wrong_size_end_the_connection),
		cmocka_unit_test(malformed_region_descriptions_are_refused),
	};

	return cmocka_run_group_tests_name("vfio-user client and faulty server", tests, NULL,
					   NULL);
}
