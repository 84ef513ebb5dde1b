// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns a client's life and its window of requests under way.
 * Must never know what a command means to the device.
 */
#include "hv/vfio-user/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "hv/vfio-user/client_private.h"

#define RETRY_NS	10000000	/* between attempts to connect */

/* The first error stays; every later call returns it. */
int vfu_client_fail(struct vfu_client *c, int error)
{
	if (!c->error)
		c->error = error;
	return c->error;
}

static int connect_once(const struct sockaddr_un *addr, int64_t limit_ns,
			int *out)
{
	const struct timeval limit = {
		.tv_sec = limit_ns / 1000000000,
		.tv_usec = limit_ns % 1000000000 / 1000 + 1,
	};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0)
		return -errno;
	/* connect() waits while the listener's backlog is full. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(fd, (const struct sockaddr *)addr, sizeof(*addr))) {
		ret = errno == EAGAIN ? -ETIMEDOUT : -errno;
		close(fd);
		return ret;
	}
	*out = fd;
	return 0;
}

static int connect_path(struct vfu_client *c, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const struct timespec pause = { .tv_nsec = RETRY_NS };
	int64_t left_ns = (int64_t)c->config.timeout_ms * 1000000;
	int ret;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	for (;;) {
		ret = connect_once(&addr, left_ns > 0 ? left_ns : 0,
				   &c->sock);
		if (ret != -ENOENT && ret != -ECONNREFUSED)
			return ret;
		if (left_ns <= 0)
			return ret;
		nanosleep(&pause, NULL);
		left_ns -= RETRY_NS;
	}
}

int vfu_client_open(const struct vfu_client_config *config,
		    struct vfu_client **out)
{
	struct vfu_client *c = calloc(1, sizeof(*c));
	int ret;

	if (!c)
		return -ENOMEM;
	c->sock = -1;
	c->config = *config;
	c->config.path = NULL;
	if (!c->config.timeout_ms)
		c->config.timeout_ms = 5000;
	if (!c->config.max_dma_maps)
		c->config.max_dma_maps = 1u << 20;
	c->answer = malloc(VFU_MAX_DATA);
	if (!c->answer) {
		ret = -ENOMEM;
		goto close_client;
	}
	if (config->path)
		ret = connect_path(c, config->path);
	else
		ret = fcntl(config->fd, F_SETFD, FD_CLOEXEC) ? -errno : 0;
	if (ret)
		goto close_client;
	if (!config->path)
		c->sock = config->fd;
	ret = vfu_client_negotiate(c);
	if (ret) {
		if (!config->path)
			c->sock = -1;	/* still the caller's */
		goto close_client;
	}
	*out = c;
	return 0;

close_client:
	vfu_client_close(c);
	return ret;
}

void vfu_client_close(struct vfu_client *c)
{
	if (!c)
		return;
	for (unsigned int i = 0; i < VFU_CLIENT_WINDOW; i++) {
		if (c->slots[i].state == VFU_SLOT_DONE && c->slots[i].fd >= 0)
			close(c->slots[i].fd);
	}
	if (c->sock >= 0)
		close(c->sock);
	vfu_rx_free(&c->rx);
	vfu_msg_free(&c->msg);
	free(c->answer);
	free(c);
}

const struct vfu_client_limits *vfu_client_limits(const struct vfu_client *c)
{
	return &c->limits;
}

uint64_t vfu_client_stray(const struct vfu_client *c)
{
	return c->stray;
}

int vfu_client_poll(struct vfu_client *c)
{
	return c->error ? c->error : vfu_client_receive(c);
}

/* An id is not used again before its slot is free: late replies find nothing. */
static struct vfu_slot *slot_get(struct vfu_client *c, uint16_t cmd)
{
	for (unsigned int i = 0; i < VFU_CLIENT_WINDOW; i++) {
		uint16_t id = c->next_id++;
		struct vfu_slot *slot = &c->slots[id % VFU_CLIENT_WINDOW];

		if (slot->state != VFU_SLOT_FREE)
			continue;
		memset(slot, 0, sizeof(*slot));
		slot->state = VFU_SLOT_WAITING;
		slot->id = id;
		slot->cmd = cmd;
		slot->fd = -1;
		return slot;
	}
	return NULL;
}

static void slot_abandon(struct vfu_slot *slot)
{
	slot->state = VFU_SLOT_ABANDONED;
	slot->to = NULL;
}

static int slot_wait(struct vfu_client *c, struct vfu_slot *slot,
		     int64_t deadline)
{
	int ret;

	for (;;) {
		ret = c->error ? c->error : vfu_client_receive(c);
		if (slot->state == VFU_SLOT_DONE)
			return 0;
		if (!ret)
			ret = vfu_client_wait(c, POLLIN, deadline);
		if (ret) {
			slot_abandon(slot);
			return ret;
		}
	}
}

static int request_send(struct vfu_client *c, const struct vfu_call *call,
			uint16_t id, int64_t deadline)
{
	struct vfu_header header = {
		.id = id,
		.cmd = call->cmd,
		.flags = VFU_F_COMMAND | call->flags,
		.size = sizeof(header),
	};
	struct iovec iov[3] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
	};

	for (unsigned int i = 0; i < call->n_iov; i++) {
		iov[i + 1] = call->iov[i];
		header.size += (uint32_t)call->iov[i].iov_len;
	}
	return vfu_client_send(c, iov, call->n_iov + 1, call->fds, call->n_fds,
			       deadline);
}

int vfu_client_call(struct vfu_client *c, struct vfu_call *call)
{
	int64_t deadline = vfu_client_deadline(c);
	struct vfu_slot *slot;
	int ret;

	call->fd = -1;
	call->len = 0;
	if (c->error)
		return c->error;
	if (call->flags & VFU_F_NO_REPLY)
		return request_send(c, call, c->next_id, deadline);
	slot = slot_get(c, call->cmd);
	if (!slot)
		return -EBUSY;
	slot->to = call->to;
	slot->cap = call->cap;
	ret = request_send(c, call, slot->id, deadline);
	if (ret) {
		slot->state = VFU_SLOT_FREE;	/* it was not sent */
		return ret;
	}
	ret = slot_wait(c, slot, deadline);
	if (ret)
		return ret;
	slot->state = VFU_SLOT_FREE;
	call->len = slot->len;
	call->fd = slot->fd;
	return slot->malformed ? vfu_client_fail(c, -EPROTO) : slot->error;
}

int vfu_client_submit(struct vfu_client *c, uint16_t cmd, const void *body,
		      size_t len, const int *fds, unsigned int n_fds,
		      uint16_t *id)
{
	struct vfu_call call = {
		.cmd = cmd,
		.iov[0] = { .iov_base = (void *)body, .iov_len = len },
		.n_iov = 1,
		.fds = fds,
		.n_fds = n_fds,
	};
	struct vfu_slot *slot;
	int ret;

	if (c->error)
		return c->error;
	if (n_fds > c->limits.max_msg_fds)
		return -EMSGSIZE;
	slot = slot_get(c, cmd);
	if (!slot)
		return -EBUSY;
	ret = request_send(c, &call, slot->id, vfu_client_deadline(c));
	if (ret) {
		slot->state = VFU_SLOT_FREE;
		return ret;
	}
	c->queue[(c->queue_head + c->queue_len++) % VFU_CLIENT_WINDOW] =
		slot->id;
	if (id)
		*id = slot->id;
	return 0;
}

int vfu_client_collect(struct vfu_client *c, struct vfu_client_result *result)
{
	struct vfu_slot *slot;
	uint16_t id;
	int ret;

	if (!c->queue_len)
		return -ENOENT;
	id = c->queue[c->queue_head];
	c->queue_head = (c->queue_head + 1) % VFU_CLIENT_WINDOW;
	c->queue_len--;
	slot = &c->slots[id % VFU_CLIENT_WINDOW];
	if (slot->state != VFU_SLOT_DONE) {
		ret = slot_wait(c, slot, vfu_client_deadline(c));
		if (ret)
			return ret;
	}
	slot->state = VFU_SLOT_FREE;
	result->id = id;
	result->cmd = slot->cmd;
	result->error = slot->error;
	return 0;
}

unsigned int vfu_client_submitted(const struct vfu_client *c)
{
	return c->queue_len;
}
