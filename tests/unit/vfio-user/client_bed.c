// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the test bed of the client library: a client and our server, in the
 * same thread or in two. It must never know what a test is after.
 */
#include "tests/unit/vfio-user/client_bed.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void idle(void *arg)
{
	struct vfu_bed *bed = arg;

	assert_int_equal(vfu_server_dispatch(bed->server), 0);
}

static int memory_read(void *ctx, uint64_t iova, void *buf, size_t len)
{
	struct client_bed *p = ctx;

	p->asked++;
	if (iova >= sizeof(p->memory) || len > sizeof(p->memory) - iova)
		return -EFAULT;
	memcpy(buf, p->memory + iova, len);
	return 0;
}

static int memory_write(void *ctx, uint64_t iova, const void *buf, size_t len)
{
	struct client_bed *p = ctx;

	p->asked++;
	if (iova >= sizeof(p->memory) || len > sizeof(p->memory) - iova)
		return -EFAULT;
	memcpy(p->memory + iova, buf, len);
	return 0;
}

static void connect_bed(struct client_bed *p)
{
	struct vfu_client_config config = {
		.timeout_ms = 10000,
		.idle = idle,
		.idle_arg = &p->bed,
		.dma_read = memory_read,
		.dma_write = memory_write,
		.ctx = p,
	};

	vfu_bed_connect(&p->bed);
	config.fd = p->bed.sock;
	assert_int_equal(vfu_client_open(&config, &p->client), 0);
	p->bed.sock = -1;	/* the client's now */
}

int client_bed_setup(void **state)
{
	struct client_bed *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	vfu_bed_prepare(&p->bed);
	vfu_bed_start(&p->bed);
	connect_bed(p);
	*state = p;
	return 0;
}

int client_bed_teardown(void **state)
{
	struct client_bed *p = *state;

	vfu_client_close(p->client);
	vfu_bed_close(&p->bed);
	free(p);
	return 0;
}

static void *server_thread(void *arg)
{
	struct client_bed *p = arg;
	struct pollfd pfd = { vfu_server_fd(p->bed.server), POLLIN, 0 };

	while (!atomic_load(&p->stop)) {
		if (poll(&pfd, 1, 10) > 0)
			vfu_server_dispatch(p->bed.server);
	}
	return NULL;
}

int client_bed_setup_thread(void **state)
{
	struct client_bed *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	vfu_bed_prepare(&p->bed);
	vfu_bed_start(&p->bed);
	*state = p;
	return 0;
}

void client_bed_start(struct client_bed *p)
{
	int pair[2];
	struct vfu_client_config config = {
		.timeout_ms = 10000,
		.dma_read = memory_read,
		.dma_write = memory_write,
		.ctx = p,
	};

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    pair), 0);
	assert_int_equal(vfu_server_adopt(p->bed.server, pair[0]), 0);
	assert_int_equal(pthread_create(&p->thread, NULL, server_thread, p), 0);
	config.fd = pair[1];
	assert_int_equal(vfu_client_open(&config, &p->client), 0);
}

int client_bed_teardown_thread(void **state)
{
	struct client_bed *p = *state;

	atomic_store(&p->stop, true);
	pthread_join(p->thread, NULL);
	return client_bed_teardown(state);
}
