// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns access to client memory by DMA_READ and DMA_WRITE messages, and the
 * bounded wait for their replies. Must never know whose data it moves.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "hv/vfio-user/private.h"

struct transfer {
	uint16_t cmd;
	uint16_t id;
	uint64_t iova;
	uint32_t count;
	const void *from;	/* DMA_WRITE */
	void *to;		/* DMA_READ */
	bool done;
	int result;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Return: 0, -ETIMEDOUT, -errno. */
static int wait_socket(struct vfu_server *s, short events, int64_t deadline)
{
	struct pollfd pfd = { .fd = s->conn.sock, .events = events };
	int64_t left;
	int n;

	do {
		left = deadline - now_ms();
		if (left < 0)
			return -ETIMEDOUT;
		n = poll(&pfd, 1, (int)left);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

static int reply_check(const struct transfer *t, const struct vfu_msg *msg)
{
	struct vfu_dma_access access;
	uint32_t count;

	if (msg->header.cmd != t->cmd || msg->n_fds || msg->too_many_fds)
		return -EIO;
	if (msg->header.flags & VFU_F_ERROR) {
		uint32_t error = msg->header.error;

		return error && error < 4096 ? -(int)error : -EREMOTEIO;
	}
	if (t->to ? msg->len != sizeof(access) + t->count
		  : msg->len != sizeof(access) && msg->len != 12)
		return -EIO;
	memcpy(&access.iova, msg->body, sizeof(access.iova));
	memcpy(&count, msg->body + sizeof(access.iova), sizeof(count));
	if (access.iova != t->iova || count != t->count)
		return -EIO;
	if (t->to)
		memcpy(t->to, msg->body + sizeof(access), t->count);
	return 0;
}

static void message_sort(struct vfu_server *s, struct transfer *t,
			 struct vfu_msg *msg)
{
	int ret;

	switch (msg->header.flags & VFU_F_TYPE_MASK) {
	case VFU_F_COMMAND:
		ret = vfu_conn_defer(s, msg);
		if (ret)
			vfu_conn_fail(s, ret, "too much sent while it is asked");
		return;
	case VFU_F_REPLY:
		if (msg->header.id == t->id && !t->done) {
			t->done = true;
			t->result = reply_check(t, msg);
			if (t->result == -EIO)
				vfu_conn_fail(s, -EPROTO, "a malformed reply");
			return;
		}
		if (vfu_conn_forget_abandoned(&s->conn, msg->header.id))
			return;
		break;
	}
	vfu_conn_fail(s, -EPROTO, "neither a command nor the reply");
}

static void receive(struct vfu_server *s, struct transfer *t)
{
	struct vfu_msg msg = { 0 };
	int ret;

	while (!t->done && !s->conn.error) {
		ret = vfu_rx_step(&s->conn.rx, s->conn.sock, VFU_MAX_BODY);
		if (!ret)
			break;
		if (ret < 0) {
			vfu_conn_fail(s, ret, "cannot receive");
			break;
		}
		vfu_rx_take(&s->conn.rx, &msg);
		message_sort(s, t, &msg);
		vfu_msg_close_fds(&msg);
	}
	vfu_msg_free(&msg);
}

static int flush(struct vfu_server *s)
{
	int ret = vfu_tx_flush(&s->conn.tx, s->conn.sock);

	if (ret)
		vfu_conn_fail(s, ret, "cannot send");
	return ret;
}

static int request_send(struct vfu_server *s, struct transfer *t,
			int64_t deadline)
{
	struct vfu_dma_access access = { .iova = t->iova, .count = t->count };
	struct vfu_header header = {
		.cmd = t->cmd,
		.flags = VFU_F_COMMAND,
		.size = (uint32_t)(sizeof(header) + sizeof(access) +
				   (t->from ? t->count : 0)),
	};
	const struct iovec iov[3] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = &access, .iov_len = sizeof(access) },
		{ .iov_base = (void *)t->from,
		  .iov_len = t->from ? t->count : 0 },
	};
	int ret;

	while (vfu_tx_pending(&s->conn.tx)) {
		ret = wait_socket(s, POLLOUT, deadline);
		if (ret)
			return ret;
		ret = flush(s);
		if (ret)
			return ret;
	}
	t->id = s->conn.next_id++;
	header.id = t->id;
	ret = vfu_tx_send(&s->conn.tx, s->conn.sock, iov, 3, -1);
	if (ret)
		vfu_conn_fail(s, ret, "cannot send");
	return ret;
}

/* One request that fits a message. */
static int transfer_run(struct vfu_server *s, struct transfer *t)
{
	int64_t deadline = now_ms() + s->config.dma_timeout_ms;
	struct vfu_connection *conn = &s->conn;
	int ret;

	if (conn->n_abandoned == VFU_MAX_ABANDONED) {
		vfu_conn_fail(s, -ETIMEDOUT, "it answers no request");
		return -ETIMEDOUT;
	}
	ret = request_send(s, t, deadline);
	while (!ret && !t->done) {
		receive(s, t);
		if (t->done)
			break;
		if (conn->error)
			return -EIO;
		ret = wait_socket(s, vfu_tx_pending(&conn->tx) ?
				  POLLIN | POLLOUT : POLLIN, deadline);
		if (ret == -ETIMEDOUT)
			conn->abandoned[conn->n_abandoned++] = t->id;
		else if (!ret && vfu_tx_pending(&conn->tx))
			ret = flush(s);
	}
	return ret ? ret : t->result;
}

/* @to or @from is NULL. Return: as vfu_server_dma_read(). */
static int piece(struct vfu_server *s, const struct vfu_dma_range *range,
		 uint64_t iova, void *to, const void *from, size_t len)
{
	struct transfer t = {
		.cmd = to ? VFU_CMD_DMA_READ : VFU_CMD_DMA_WRITE,
		.iova = iova,
		.count = (uint32_t)len,
		.from = from,
		.to = to,
	};

	if (!range->vaddr)
		return transfer_run(s, &t);
	if (to)
		memcpy(to, range->vaddr + (iova - range->iova), len);
	else
		memcpy(range->vaddr + (iova - range->iova), from, len);
	return 0;
}

static int transfer(struct vfu_server *s, uint64_t iova, uint8_t *to,
		    const uint8_t *from, size_t len)
{
	uint32_t prot = to ? VFU_DMA_READ : VFU_DMA_WRITE;
	int ret = 0;

	if (!s->conn.attached || s->conn.error)
		return -ENOTCONN;
	if (len && len - 1 > UINT64_MAX - iova)
		return -EFAULT;
	while (len && !ret) {
		const struct vfu_dma_range *range = vfu_dma_find(s->dma, iova);
		size_t n = len;

		if (!range)
			return -EFAULT;
		if (!(range->prot & prot))
			return -EACCES;
		if (n - 1 > range->last - iova)
			n = range->last - iova + 1;
		if (n > s->conn.peer_max_data)
			n = s->conn.peer_max_data;
		ret = piece(s, range, iova, to, from, n);
		iova += n;
		len -= n;
		if (to)
			to += n;
		else
			from += n;
	}
	return ret;
}

int vfu_server_dma_read(struct vfu_server *s, uint64_t iova, void *buf,
			size_t len)
{
	int ret = transfer(s, iova, buf, NULL, len);

	vfu_conn_rearm(s);
	return ret;
}

int vfu_server_dma_write(struct vfu_server *s, uint64_t iova, const void *buf,
			 size_t len)
{
	int ret = transfer(s, iova, NULL, buf, len);

	vfu_conn_rearm(s);
	return ret;
}
