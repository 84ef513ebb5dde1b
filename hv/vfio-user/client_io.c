// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the client's socket: sending with a time limit, and sorting what comes
 * in into replies and requests of the server. Must never know what a reply
 * means.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hv/vfio-user/client_private.h"

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t vfu_client_deadline(const struct vfu_client *c)
{
	return now_ms() + c->config.timeout_ms;
}

/* Return: 0 when it is worth to try again, -ETIMEDOUT, -errno. */
int vfu_client_wait(struct vfu_client *c, short events, int64_t deadline)
{
	struct pollfd pfd = { .fd = c->sock, .events = events };
	int64_t left = deadline - now_ms();
	int n;

	if (left <= 0)
		return -ETIMEDOUT;
	if (c->config.idle) {
		c->config.idle(c->config.idle_arg);
		return 0;
	}
	n = poll(&pfd, 1, (int)left);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n ? 0 : -ETIMEDOUT;
}

static void iov_advance(struct iovec *iov, unsigned int n_iov, size_t n)
{
	for (unsigned int i = 0; i < n_iov && n; i++) {
		size_t part = n < iov[i].iov_len ? n : iov[i].iov_len;

		iov[i].iov_base = (uint8_t *)iov[i].iov_base + part;
		iov[i].iov_len -= part;
		n -= part;
	}
}

/*
 * While the socket is full, what comes in is read: a server does not read on
 * before its replies are taken. A message that is cut by the time limit ends
 * the connection.
 */
int vfu_client_send(struct vfu_client *c, const struct iovec *iov,
		    unsigned int n_iov, const int *fds, unsigned int n_fds,
		    int64_t deadline)
{
	struct iovec left[3];
	size_t total = 0, sent = 0;
	int ret;

	for (unsigned int i = 0; i < n_iov; i++) {
		left[i] = iov[i];
		total += iov[i].iov_len;
	}
	while (sent < total) {
		ssize_t n = vfu_send_fds(c->sock, left, n_iov, fds,
					 sent ? 0 : n_fds);

		if (n >= 0) {
			sent += (size_t)n;
			iov_advance(left, n_iov, (size_t)n);
			continue;
		}
		if (n != -EAGAIN)
			return vfu_client_fail(c, n == -EPIPE ||
					       n == -ECONNRESET ?
					       -ENOTCONN : (int)n);
		c->sending = sent > 0;
		ret = vfu_client_wait(c, c->held ? POLLOUT : POLLIN | POLLOUT,
				      deadline);
		if (!ret)
			ret = vfu_client_receive(c);
		c->sending = false;
		if (ret)
			return sent ? vfu_client_fail(c, ret) : ret;
	}
	return 0;
}

static void reply_store(struct vfu_slot *slot, struct vfu_msg *msg)
{
	slot->state = VFU_SLOT_DONE;
	slot->len = msg->len;
	if (msg->header.flags & VFU_F_ERROR) {
		uint32_t error = msg->header.error;

		slot->error = error && error < 4096 ? -(int)error : -EREMOTEIO;
		slot->len = 0;
		return;
	}
	slot->error = 0;
	if (!slot->to)
		return;
	if (msg->len > slot->cap) {
		slot->malformed = true;
		return;
	}
	if (msg->len)
		memcpy(slot->to, msg->body, msg->len);
	slot->fd = vfu_msg_take_fd(msg, 0);
}

static void reply_sort(struct vfu_client *c, struct vfu_msg *msg)
{
	uint16_t id = msg->header.id;
	struct vfu_slot *slot = &c->slots[id % VFU_CLIENT_WINDOW];

	if (slot->id != id || slot->cmd != msg->header.cmd) {
		c->stray++;
		return;
	}
	switch (slot->state) {
	case VFU_SLOT_WAITING:
		reply_store(slot, msg);
		break;
	case VFU_SLOT_ABANDONED:
		slot->state = VFU_SLOT_FREE;
		break;
	default:
		c->stray++;
	}
}

static int memory_reply(struct vfu_client *c, const struct vfu_msg *msg,
			int error, size_t data)
{
	struct vfu_header header = {
		.id = msg->header.id,
		.cmd = msg->header.cmd,
		.flags = VFU_F_REPLY,
		.size = (uint32_t)(sizeof(header) +
				   sizeof(struct vfu_dma_access) + data),
	};
	const struct iovec iov[3] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = msg->body,
		  .iov_len = error ? 0 : sizeof(struct vfu_dma_access) },
		{ .iov_base = c->answer, .iov_len = error ? 0 : data },
	};
	size_t sent = 0;
	struct iovec left[3];

	if (msg->header.flags & VFU_F_NO_REPLY)
		return 0;
	if (error) {
		header.flags |= VFU_F_ERROR;
		header.error = (uint32_t)-error;
		header.size = sizeof(header);
	}
	memcpy(left, iov, sizeof(left));
	/* Not vfu_client_send(): that would receive while we handle this one. */
	for (int64_t deadline = vfu_client_deadline(c); sent < header.size;) {
		ssize_t n = vfu_send_fds(c->sock, left, 3, NULL, 0);
		int ret;

		if (n == -EAGAIN) {
			ret = vfu_client_wait(c, POLLOUT, deadline);
			if (ret)
				return vfu_client_fail(c, ret);
			continue;
		}
		if (n < 0)
			return vfu_client_fail(c, -ENOTCONN);
		sent += (size_t)n;
		iov_advance(left, 3, (size_t)n);
	}
	return 0;
}

/* The server asks for our memory. */
static int memory_request(struct vfu_client *c, struct vfu_msg *msg)
{
	bool reading = msg->header.cmd == VFU_CMD_DMA_READ;
	struct vfu_dma_access access;
	int ret = -EOPNOTSUPP;

	if (msg->header.cmd != VFU_CMD_DMA_READ &&
	    msg->header.cmd != VFU_CMD_DMA_WRITE)
		return memory_reply(c, msg, -EOPNOTSUPP, 0);
	if (msg->len < sizeof(access) || msg->n_fds || msg->too_many_fds)
		return memory_reply(c, msg, -EINVAL, 0);
	memcpy(&access, msg->body, sizeof(access));
	if (!access.count || access.count > VFU_MAX_DATA ||
	    msg->len != sizeof(access) + (reading ? 0 : access.count) ||
	    access.count - 1 > UINT64_MAX - access.iova)
		return memory_reply(c, msg, -EINVAL, 0);
	if (reading && c->config.dma_read)
		ret = c->config.dma_read(c->config.ctx, access.iova, c->answer,
					 access.count);
	else if (!reading && c->config.dma_write)
		ret = c->config.dma_write(c->config.ctx, access.iova,
					  msg->body + sizeof(access),
					  access.count);
	return memory_reply(c, msg, ret, reading ? access.count : 0);
}

static void message_handle(struct vfu_client *c, struct vfu_msg *msg)
{
	switch (msg->header.flags & VFU_F_TYPE_MASK) {
	case VFU_F_REPLY:
		reply_sort(c, msg);
		break;
	case VFU_F_COMMAND:
		/* Its reply must not get into the middle of our message. */
		if (c->sending) {
			c->held = true;
			return;
		}
		memory_request(c, msg);
		break;
	default:
		vfu_client_fail(c, -EPROTO);
	}
	vfu_msg_close_fds(msg);
}

/* Takes all that is there. Return: 0, -ENOTCONN, -EPROTO, -ENOMEM. */
int vfu_client_receive(struct vfu_client *c)
{
	size_t max = sizeof(struct vfu_region_access) + VFU_MAX_DATA;
	int ret;

	if (c->held && !c->sending) {
		c->held = false;
		message_handle(c, &c->msg);
	}
	while (!c->error && !c->held) {
		ret = vfu_rx_step(&c->rx, c->sock, max);
		if (!ret)
			return 0;
		if (ret == -EMSGSIZE)
			return vfu_client_fail(c, -EPROTO);
		if (ret < 0)
			return vfu_client_fail(c, ret == -ENOMEM ? ret :
					       -ENOTCONN);
		vfu_rx_take(&c->rx, &c->msg);
		message_handle(c, &c->msg);
	}
	return c->error;
}
