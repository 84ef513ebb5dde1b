// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the raw messages of the test bed: sending any bytes and descriptors,
 * reading replies. Must never use the client library: raw means raw.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/vfio-user/vfu_bed.h"

size_t vfu_bed_encode(const struct vfu_raw *raw, uint8_t *to, size_t cap)
{
	struct vfu_header header = {
		.id = raw->id,
		.cmd = raw->cmd,
		.size = raw->size ? raw->size :
			(uint32_t)(sizeof(header) + raw->len),
		.flags = raw->flags,
		.error = raw->error,
	};

	assert_true(sizeof(header) + raw->len <= cap);
	memcpy(to, &header, sizeof(header));
	if (raw->len)
		memcpy(to + sizeof(header), raw->body, raw->len);
	return sizeof(header) + raw->len;
}

static ssize_t raw_write(const struct vfu_bed *bed, void *bytes, size_t len,
			 const int *fds, unsigned int n_fds)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(250 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { bytes, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n_fds) {
		struct cmsghdr *c = &control.align;

		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	return sendmsg(bed->sock, &mh, MSG_NOSIGNAL);
}

void vfu_bed_send(struct vfu_bed *bed, const struct vfu_raw *raw)
{
	size_t cap = sizeof(struct vfu_header) + raw->len, sent = 0;
	uint8_t *bytes = malloc(cap);

	assert_non_null(bytes);
	vfu_bed_encode(raw, bytes, cap);
	while (sent < cap) {
		ssize_t n = raw_write(bed, bytes + sent, cap - sent, raw->fds,
				      sent ? 0 : raw->n_fds);

		if (n < 0 && errno == EAGAIN) {
			assert_int_equal(vfu_server_dispatch(bed->server), 0);
			continue;
		}
		if (n < 0)
			break;	/* closed; the test sees that when it reads */
		sent += (size_t)n;
	}
	free(bytes);
}

void vfu_bed_run(struct vfu_bed *bed)
{
	struct pollfd pfd = { vfu_server_fd(bed->server), POLLIN, 0 };

	while (poll(&pfd, 1, 0) > 0)
		assert_int_equal(vfu_server_dispatch(bed->server), 0);
}

static void reply_add_fds(struct vfu_raw_reply *reply, struct msghdr *mh)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		memcpy(reply->fds + reply->n_fds, CMSG_DATA(c),
		       n * sizeof(int));
		reply->n_fds += (unsigned int)n;
	}
}

/* Return: bytes; less than @len when there is no more. */
static size_t raw_read(struct vfu_bed *bed, struct vfu_raw_reply *reply,
		       void *buf, size_t len, int *closed)
{
	struct pollfd pfd = { vfu_server_fd(bed->server), POLLIN, 0 };
	size_t got = 0;

	while (got < len) {
		union {
			struct cmsghdr align;
			uint8_t bytes[CMSG_SPACE(16 * sizeof(int))];
		} control;
		struct iovec iov = { (uint8_t *)buf + got, len - got };
		struct msghdr mh = {
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		ssize_t n = recvmsg(bed->sock, &mh, MSG_CMSG_CLOEXEC);

		if (n < 0 && errno == EAGAIN) {
			if (poll(&pfd, 1, 0) <= 0)
				break;
			vfu_server_dispatch(bed->server);
			continue;
		}
		if (n <= 0) {
			*closed = 1;
			break;
		}
		reply_add_fds(reply, &mh);
		got += (size_t)n;
	}
	return got;
}

int vfu_bed_reply(struct vfu_bed *bed, struct vfu_raw_reply *reply)
{
	int closed = 0;

	reply->n_fds = 0;
	reply->len = 0;
	if (raw_read(bed, reply, &reply->header, sizeof(reply->header),
		     &closed) < sizeof(reply->header))
		return closed ? -1 : 0;
	reply->len = reply->header.size - sizeof(reply->header);
	assert_true(reply->len <= sizeof(reply->body));
	assert_int_equal(raw_read(bed, reply, reply->body, reply->len, &closed),
			 reply->len);
	return 1;
}

void vfu_bed_expect(struct vfu_bed *bed, const struct vfu_raw *raw, int error,
		    struct vfu_raw_reply *reply)
{
	struct vfu_raw_reply *r = reply ? reply : bed->reply;

	vfu_bed_send(bed, raw);
	vfu_bed_run(bed);
	assert_int_equal(vfu_bed_reply(bed, r), 1);
	assert_int_equal(r->header.id, raw->id);
	assert_int_equal(r->header.cmd, raw->cmd);
	assert_int_equal(r->header.error, error);
	if (error) {
		assert_int_equal(r->header.flags, VFU_F_REPLY | VFU_F_ERROR);
		assert_int_equal(r->len, 0);
		assert_int_equal(r->n_fds, 0);
	} else {
		assert_int_equal(r->header.flags, VFU_F_REPLY);
	}
	if (!reply) {
		for (unsigned int i = 0; i < r->n_fds; i++)
			close(r->fds[i]);
	}
}

void vfu_bed_expect_closed(struct vfu_bed *bed)
{
	vfu_bed_run(bed);
	assert_int_equal(vfu_bed_reply(bed, bed->reply), -1);
	assert_false(vfu_server_attached(bed->server));
}

void vfu_bed_expect_alive(struct vfu_bed *bed)
{
	struct vfu_device_info info = { .argsz = sizeof(info) };
	const struct vfu_raw raw = VFU_RAW(VFU_CMD_DEVICE_GET_INFO, info);

	vfu_bed_expect(bed, &raw, 0, NULL);
}

void vfu_bed_hello(struct vfu_bed *bed)
{
	const struct vfu_version version = { 0, 0 };
	const struct vfu_raw raw = VFU_RAW(VFU_CMD_VERSION, version);

	vfu_bed_expect(bed, &raw, 0, NULL);
	assert_true(vfu_server_attached(bed->server));
}

int vfu_bed_map(struct vfu_bed *bed, uint64_t iova, uint64_t size, int fd,
		uint64_t offset)
{
	const struct vfu_dma_map_req req = {
		.argsz = sizeof(req),
		.flags = VFU_DMA_MAP_ALL,
		.offset = offset,
		.iova = iova,
		.size = size,
	};
	struct vfu_raw raw = VFU_RAW(VFU_CMD_DMA_MAP, req);

	raw.fds = &fd;
	raw.n_fds = fd >= 0;
	vfu_bed_send(bed, &raw);
	vfu_bed_run(bed);
	assert_int_equal(vfu_bed_reply(bed, bed->reply), 1);
	return (int)bed->reply->header.error;
}
