// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about a whole session of raw messages, however it is cut,
 * joined or ended. Must never use the client library.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/vfio-user/vfu_bed.h"

#define PAGE		4096ull
#define N_MESSAGES	12u
#define MAX_MESSAGE	128u

/* A whole session as bytes, with a descriptor at the start of some messages. */
struct session {
	uint8_t bytes[N_MESSAGES * MAX_MESSAGE];
	size_t len;
	size_t starts[N_MESSAGES];
	int fds[N_MESSAGES];		/* -1 = none */
	unsigned int n;
	int memfd, eventfd;
};

static void session_add(struct session *s, uint16_t cmd, const void *body,
			size_t len, int fd)
{
	const struct vfu_raw raw = {
		.id = (uint16_t)s->n, .cmd = cmd, .body = body, .len = len };

	s->starts[s->n] = s->len;
	s->fds[s->n++] = fd;
	s->len += vfu_bed_encode(&raw, s->bytes + s->len,
				 sizeof(s->bytes) - s->len);
}

#define ADD(s, cmd, fd, type, ...)					\
	session_add(s, cmd, &(const type)__VA_ARGS__, sizeof(type), fd)

struct write4 {
	struct vfu_region_access access;
	uint32_t data;
};

static void session_make(struct session *s)
{
	struct write4 w = { { 4, 0, 4 }, 0xfeedbeef };

	memset(s, 0, sizeof(*s));
	s->memfd = vfu_bed_memfd(16 * PAGE);
	s->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ADD(s, VFU_CMD_VERSION, -1, struct vfu_version, { 0, 0 });
	ADD(s, VFU_CMD_DEVICE_GET_INFO, -1, struct vfu_device_info,
	    { .argsz = 16 });
	ADD(s, VFU_CMD_DEVICE_GET_REGION_INFO, -1, struct vfu_region_info,
	    { .argsz = 128, .index = 2 });
	ADD(s, VFU_CMD_DEVICE_GET_IRQ_INFO, -1, struct vfu_irq_info,
	    { .argsz = 16, .index = 2 });
	ADD(s, VFU_CMD_DMA_MAP, s->memfd, struct vfu_dma_map_req,
	    { 32, 3, PAGE, 16 * PAGE, PAGE });
	ADD(s, VFU_CMD_DMA_MAP, -1, struct vfu_dma_map_req,
	    { 32, 3, 0, 32 * PAGE, PAGE });
	ADD(s, VFU_CMD_DEVICE_SET_IRQS, s->eventfd, struct vfu_irq_set,
	    { 20, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, 2,
	      3, 1 });
	session_add(s, VFU_CMD_REGION_WRITE, &w, 20, -1);
	ADD(s, VFU_CMD_REGION_READ, -1, struct vfu_region_access, { 4, 0, 4 });
	ADD(s, VFU_CMD_DEVICE_RESET, -1, struct vfu_version, { 0, 0 });
	s->bytes[s->starts[9] + 4] = 16;	/* reset has no payload */
	s->len -= sizeof(struct vfu_version);
	ADD(s, VFU_CMD_DMA_UNMAP, -1, struct vfu_dma_unmap_req,
	    { 24, 0, 16 * PAGE, PAGE });
	ADD(s, VFU_CMD_DMA_MAP, s->memfd, struct vfu_dma_map_req,
	    { 32, 3, 2 * PAGE, 16 * PAGE, PAGE });
	assert_int_equal(s->n, N_MESSAGES);
}

static void session_free(struct session *s)
{
	close(s->memfd);
	close(s->eventfd);
}

/* Return: index of the message that starts at @at, -1 = none. */
static int session_start_at(const struct session *s, size_t at)
{
	for (unsigned int i = 0; i < s->n; i++) {
		if (s->starts[i] == at)
			return (int)i;
	}
	return -1;
}

/* Sends bytes [from, to) of one message or a part of it. */
static void session_send(struct vfu_bed *bed, const struct session *s,
			 size_t from, size_t to)
{
	int i = session_start_at(s, from);
	int fd = i < 0 ? -1 : s->fds[i];
	struct iovec iov = { (void *)(s->bytes + from), to - from };
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		mh.msg_control = &control;
		mh.msg_controllen = sizeof(control);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
	}
	assert_int_equal(sendmsg(bed->sock, &mh, MSG_NOSIGNAL), to - from);
}

static void session_send_up_to(struct vfu_bed *bed, const struct session *s,
			       size_t end)
{
	for (unsigned int i = 0; i < s->n && s->starts[i] < end; i++) {
		size_t next = i + 1 < s->n ? s->starts[i + 1] : s->len;

		session_send(bed, s, s->starts[i], next < end ? next : end);
	}
}

/* All replies came, were good and in order, and the device saw it all. */
static void session_check(struct vfu_bed *bed, const struct session *s)
{
	struct vfu_raw_reply *r = bed->reply;

	for (unsigned int i = 0; i < s->n; i++) {
		assert_int_equal(vfu_bed_reply(bed, r), 1);
		assert_int_equal(r->header.id, i);
		assert_int_equal(r->header.flags, VFU_F_REPLY);
		assert_int_equal(r->n_fds, r->header.cmd ==
				 VFU_CMD_DEVICE_GET_REGION_INFO);
		if (r->n_fds)
			close(r->fds[0]);
	}
	assert_int_equal(vfu_bed_reply(bed, r), 0);
	assert_int_equal(bed->mapped, 3);
	assert_int_equal(bed->unmapped, 1);
	assert_int_equal(bed->resets, 1);
	assert_memory_equal(bed->bar0 + 4, "\xef\xbe\xed\xfe", 4);
	assert_int_equal(vfu_irq_trigger(bed->server, 2, 3), 0);
	assert_int_equal(vfu_irq_trigger(bed->server, 2, 2), -ENOENT);
}

static void bed_start(struct vfu_bed *bed)
{
	vfu_bed_prepare(bed);
	vfu_bed_start(bed);
	vfu_bed_connect(bed);
}

static void a_session_may_come_in_single_bytes(void **state)
{
	struct vfu_bed bed;
	struct session s;

	(void)state;
	bed_start(&bed);
	session_make(&s);
	for (size_t i = 0; i < s.len; i++) {
		session_send(&bed, &s, i, i + 1);
		vfu_bed_run(&bed);
	}
	session_check(&bed, &s);
	session_free(&s);
	vfu_bed_close(&bed);
}

static void a_session_may_come_all_at_once(void **state)
{
	struct vfu_bed bed;
	struct session s;

	(void)state;
	bed_start(&bed);
	session_make(&s);
	session_send_up_to(&bed, &s, s.len);
	vfu_bed_run(&bed);
	session_check(&bed, &s);
	session_free(&s);
	vfu_bed_close(&bed);
}

static void messages_may_share_a_packet(void **state)
{
	const struct vfu_version version = { 0, 0 };
	struct vfu_bed bed;
	struct session s;

	(void)state;
	bed_start(&bed);
	memset(&s, 0, sizeof(s));
	session_add(&s, VFU_CMD_VERSION, &version, sizeof(version), -1);
	for (unsigned int i = 1; i < N_MESSAGES; i++)
		session_add(&s, VFU_CMD_DEVICE_RESET, NULL, 0, -1);
	assert_int_equal(send(bed.sock, s.bytes, s.len, 0), s.len);
	vfu_bed_run(&bed);
	for (unsigned int i = 0; i < N_MESSAGES; i++) {
		assert_int_equal(vfu_bed_reply(&bed, bed.reply), 1);
		assert_int_equal(bed.reply->header.id, i);
	}
	assert_int_equal(bed.resets, N_MESSAGES - 1);
	vfu_bed_close(&bed);
}

/* With replies read or not, with dispatches in between or not. */
static void a_session_may_end_at_every_byte(void **state)
{
	struct vfu_bed bed;
	struct session s;
	int fds;

	(void)state;
	vfu_bed_prepare(&bed);
	vfu_bed_start(&bed);
	session_make(&s);
	fds = vfu_bed_count_fds();
	for (size_t end = 0; end <= s.len; end++) {
		for (unsigned int way = 0; way < 3; way++) {
			unsigned int attached = bed.attached;

			vfu_bed_connect(&bed);
			session_send_up_to(&bed, &s, end);
			if (way)
				vfu_bed_run(&bed);
			if (way == 2)
				shutdown(bed.sock, SHUT_WR);
			vfu_bed_hang_up(&bed);
			assert_int_equal(vfu_bed_count_fds(), fds);
			assert_int_equal(vfu_dma_objects(
				vfu_server_dma(bed.server)), 0);
			assert_int_equal(bed.attached, bed.detached);
			assert_true(end < 20 || way == 0 ||
				    bed.attached == attached + 1);
		}
	}
	session_free(&s);
	vfu_bed_close(&bed);
}

static void a_server_may_be_destroyed_at_every_byte(void **state)
{
	struct vfu_bed bed;
	struct session s;

	(void)state;
	session_make(&s);
	for (size_t end = 0; end <= s.len; end += 3) {
		bed_start(&bed);
		session_send_up_to(&bed, &s, end);
		vfu_bed_run(&bed);
		vfu_server_destroy(bed.server);
		assert_int_equal(bed.attached, bed.detached);
		close(bed.sock);
		close(bed.bar2_fd);
		free(bed.reply);
		assert_int_equal(vfu_bed_count_fds(), bed.fds_before);
	}
	session_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_may_come_in_single_bytes),
		cmocka_unit_test(a_session_may_come_all_at_once),
		cmocka_unit_test(messages_may_share_a_packet),
		cmocka_unit_test(a_session_may_end_at_every_byte),
		cmocka_unit_test(a_server_may_be_destroyed_at_every_byte),
	};

	return cmocka_run_group_tests_name("vfio-user session", tests, NULL,
					   NULL);
}
