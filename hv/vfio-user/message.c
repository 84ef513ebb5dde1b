// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the framing of messages on a stream socket: partial reads and writes,
 * and SCM_RIGHTS. Must never know what a command means.
 */
#include "hv/vfio-user/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_STEP	4096u	/* smallest buffer, bytes */

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(VFU_MAX_FDS * sizeof(int))];
};

int vfu_msg_take_fd(struct vfu_msg *msg, unsigned int i)
{
	int fd;

	if (i >= msg->n_fds)
		return -1;
	fd = msg->fds[i];
	msg->fds[i] = -1;
	return fd;
}

void vfu_msg_close_fds(struct vfu_msg *msg)
{
	for (unsigned int i = 0; i < msg->n_fds; i++) {
		if (msg->fds[i] >= 0)
			close(msg->fds[i]);
	}
	msg->n_fds = 0;
	msg->too_many_fds = false;
}

void vfu_msg_free(struct vfu_msg *msg)
{
	vfu_msg_close_fds(msg);
	free(msg->body);
	memset(msg, 0, sizeof(*msg));
}

static void msg_add_fd(struct vfu_msg *msg, int fd)
{
	if (msg->n_fds < VFU_MAX_FDS) {
		msg->fds[msg->n_fds++] = fd;
		return;
	}
	close(fd);
	msg->too_many_fds = true;
}

/* Takes all descriptors of @mh into @msg, whatever the sender packed. */
static void msg_add_fds(struct vfu_msg *msg, struct msghdr *mh)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		size_t n;
		int fd;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			msg_add_fd(msg, fd);
		}
	}
	if (mh->msg_flags & MSG_CTRUNC)
		msg->too_many_fds = true;
}

/* Return: bytes, 0 when the socket is empty, -ENODATA at its end, -errno. */
static ssize_t rx_read(struct vfu_msg *msg, int sock, void *buf, size_t len)
{
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	union control control;
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	do {
		n = recvmsg(sock, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
	if (mh.msg_controllen || mh.msg_flags & MSG_CTRUNC)
		msg_add_fds(msg, &mh);
	return n ? n : -ENODATA;
}

static int body_reserve(struct vfu_msg *msg, size_t len)
{
	size_t cap = len < BODY_STEP ? BODY_STEP : len;
	uint8_t *body;

	if (len <= msg->cap)
		return 0;
	body = malloc(cap);
	if (!body)
		return -ENOMEM;
	free(msg->body);
	msg->body = body;
	msg->cap = cap;
	return 0;
}

int vfu_rx_step(struct vfu_rx *rx, int sock, size_t max_body)
{
	struct vfu_msg *msg = &rx->msg;
	size_t head = sizeof(msg->header);
	ssize_t n;
	int ret;

	while (rx->got < head) {
		n = rx_read(msg, sock, (uint8_t *)&msg->header + rx->got,
			    head - rx->got);
		if (n <= 0)
			return (int)n;
		rx->got += (size_t)n;
		if (rx->got < head)
			continue;
		if (msg->header.size < head ||
		    msg->header.size - head > max_body)
			return -EMSGSIZE;
		msg->len = msg->header.size - head;
		ret = body_reserve(msg, msg->len);
		if (ret)
			return ret;
	}
	while (rx->got < msg->header.size) {
		n = rx_read(msg, sock, msg->body + (rx->got - head),
			    msg->header.size - rx->got);
		if (n <= 0)
			return (int)n;
		rx->got += (size_t)n;
	}
	return 1;
}

void vfu_rx_take(struct vfu_rx *rx, struct vfu_msg *msg)
{
	uint8_t *spare = msg->body;
	size_t cap = msg->cap;

	*msg = rx->msg;
	memset(rx, 0, sizeof(*rx));
	rx->msg.body = spare;
	rx->msg.cap = cap;
}

void vfu_rx_free(struct vfu_rx *rx)
{
	vfu_msg_free(&rx->msg);
	rx->got = 0;
}

ssize_t vfu_send_fds(int sock, const struct iovec *iov, unsigned int n_iov,
		     const int *fds, unsigned int n_fds)
{
	union control control;
	struct msghdr mh = {
		.msg_iov = (struct iovec *)iov,
		.msg_iovlen = n_iov,
	};
	ssize_t n;

	if (n_fds > VFU_MAX_FDS)
		return -EINVAL;
	if (n_fds) {
		struct cmsghdr *c = &control.align;

		memset(&control, 0, sizeof(control));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
	}
	do {
		n = sendmsg(sock, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return n;
}

static size_t iov_len(const struct iovec *iov, unsigned int n_iov)
{
	size_t len = 0;

	for (unsigned int i = 0; i < n_iov; i++)
		len += iov[i].iov_len;
	return len;
}

int vfu_tx_send(struct vfu_tx *tx, int sock, const struct iovec *iov,
		unsigned int n_iov, int fd)
{
	size_t len = iov_len(iov, n_iov), at = 0;
	ssize_t n;

	if (vfu_tx_pending(tx))
		return -EBUSY;
	n = vfu_send_fds(sock, iov, n_iov, &fd, fd >= 0);
	if (n < 0 && n != -EAGAIN)
		return (int)n;
	if (n == (ssize_t)len)
		return 0;

	tx->buf = malloc(len);
	if (!tx->buf)
		return -ENOMEM;
	for (unsigned int i = 0; i < n_iov; i++) {
		if (iov[i].iov_len)
			memcpy(tx->buf + at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	tx->len = len;
	tx->off = n > 0 ? (size_t)n : 0;
	tx->fd = n > 0 ? -1 : fd;
	return 0;
}

int vfu_tx_flush(struct vfu_tx *tx, int sock)
{
	while (vfu_tx_pending(tx)) {
		struct iovec iov = {
			.iov_base = tx->buf + tx->off,
			.iov_len = tx->len - tx->off,
		};
		ssize_t n = vfu_send_fds(sock, &iov, 1, &tx->fd, tx->fd >= 0);

		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		tx->off += (size_t)n;
		tx->fd = -1;
	}
	vfu_tx_free(tx);
	return 0;
}

void vfu_tx_free(struct vfu_tx *tx)
{
	free(tx->buf);
	memset(tx, 0, sizeof(*tx));
	tx->fd = -1;
}
