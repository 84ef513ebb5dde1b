// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the libFuzzer target for the vfio-user server: any bytes a client can
 * send, with descriptors. Must never wait: the client's end is shut down for
 * writing before the server looks at it.
 *
 * Input: byte 0: flags (see below); bytes 1-4: one bit per piece, whether a
 * descriptor goes along; bytes 5-8: which kind; then pieces, each a 2 byte
 * length and that many bytes, each sent by a call of its own. Pieces need not
 * be messages; but with F_FRAMED each is a command byte and what to XOR a valid
 * message of this command with, so that a fuzzer gets far without a corpus.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hv/vfio-user/server.h"

#define F_SKIP_HELLO	0x01	/* the input brings its own VERSION */
#define F_SERVER_ASKS	0x02	/* region writes make the server do DMA */
#define F_READ_LATE	0x04	/* replies are read at the end only */
#define F_KEEP_OPEN	0x08	/* the client hangs up after it is served */
#define F_TWO_FDS	0x10
#define F_FRAMED	0x20	/* a piece is a command byte and changes to a payload */
#define NO_REPLY	0x80	/* in the command byte */
#define HEAD		9u
#define REFUSED_OFFSET	0x7000u	/* maps from here are refused by the device */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct vfu_server *server;
	int fds[2];		/* a memory file, an eventfd */
	uint8_t flags;
	uint8_t bar[4096];
};

static void must(int ok)
{
	if (!ok)
		abort();
}

static int bar_read(void *ctx, unsigned int region, uint64_t off, void *buf,
		    size_t len)
{
	struct fuzz *f = ctx;

	must(len && len <= VFU_MAX_DATA);
	must(region != 0 || off + len <= sizeof(f->bar));
	if (region == 0)
		memcpy(buf, f->bar + off, len);
	return 0;
}

static int bar_write(void *ctx, unsigned int region, uint64_t off,
		     const void *buf, size_t len)
{
	struct fuzz *f = ctx;
	uint8_t data[64];

	must(len && len <= VFU_MAX_DATA);
	if (region != 0)
		return 0;
	must(off + len <= sizeof(f->bar));
	memcpy(f->bar + off, buf, len);
	if (!(f->flags & F_SERVER_ASKS))
		return 0;
	if (off & 8)
		return vfu_server_dma_read(f->server, off << 12, data,
					   sizeof(data));
	return vfu_server_dma_write(f->server, off << 12, buf, len);
}

static int reset(void *ctx)
{
	struct fuzz *f = ctx;

	for (unsigned int v = 0; v < 10; v++)
		vfu_irq_trigger(f->server, VFIO_PCI_MSIX_IRQ_INDEX, v);
	return 0;
}

static int mapped(void *ctx, const struct vfu_dma_range *range, int fd, uint64_t offset)
{
	const struct fuzz *f = ctx;

	must(range && vfu_dma_find(vfu_server_dma(f->server), range->last) ==
	     range);
	/* The first and last byte really are there. */
	if (range->vaddr) {
		volatile uint8_t *p = range->vaddr;

		(void)p[0];
		(void)p[range->last - range->iova];
	}
	must((fd >= 0) == (range->vaddr != NULL));
	return offset == REFUSED_OFFSET ? -EPERM : 0;
}

static void unmap(void *ctx, uint64_t iova, uint64_t size)
{
	const struct fuzz *f = ctx;

	must(!vfu_dma_unmap_bytes(vfu_server_dma(f->server), iova, size, NULL));
}

static void detached(void *ctx)
{
	const struct fuzz *f = ctx;

	must(!vfu_dma_count(vfu_server_dma(f->server)));
	must(!vfu_dma_objects(vfu_server_dma(f->server)));
}

static const struct vfu_ops ops = {
	.region_read = bar_read,
	.region_write = bar_write,
	.reset = reset,
	.dma_mapped = mapped,
	.dma_unmap = unmap,
	.detached = detached,
};

static struct fuzz *fuzz_create(void)
{
	static const struct vfu_area area = { 4096, 4096 };
	struct fuzz *f = calloc(1, sizeof(*f));
	uint32_t rw = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	struct vfu_server_config config = { .ops = &ops, .ctx = f };

	must(f != NULL);
	f->fds[0] = memfd_create("fuzz", MFD_CLOEXEC);
	f->fds[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	must(f->fds[0] >= 0 && f->fds[1] >= 0);
	must(!ftruncate(f->fds[0], 1 << 20));
	config.regions[0] = (struct vfu_region){ .size = 4096, .flags = rw };
	config.regions[2] = (struct vfu_region){
		.size = 8192, .flags = rw | VFIO_REGION_INFO_FLAG_MMAP,
		.fd = f->fds[0], .areas = &area, .n_areas = 1 };
	config.regions[4] = (struct vfu_region){
		.size = 1ull << 40, .flags = rw };
	config.regions[7] = (struct vfu_region){ .size = 256, .flags = rw };
	config.irq_count[0] = 1;
	config.irq_count[2] = 8;
	config.max_dma_ranges = 64;
	config.dma_timeout_ms = 1;
	must(!vfu_server_create(&config, &f->server));
	return f;
}

static void piece_send(const struct fuzz *f, int sock, const uint8_t *data,
		       size_t len, int fd_kind)
{
	struct iovec iov = { (void *)data, len };
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd_kind >= 0) {
		size_t n = f->flags & F_TWO_FDS ? 2 : 1;
		const int fds[2] = { f->fds[fd_kind], f->fds[!fd_kind] };

		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, n * sizeof(int));
	}
	(void)!sendmsg(sock, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A valid payload for every command. */
static size_t payload_make(uint16_t cmd, uint8_t *to)
{
	static const char caps[] = "\0\0\0\0{\"capabilities\":{"
		"\"max_msg_fds\":8,\"max_data_xfer_size\":65536,"
		"\"max_dma_maps\":99,\"pgsizes\":4096,\"twin_socket\":{},"
		"\"write_multiple\":true}}";
	const struct vfu_dma_map_req map = { 32, 3, 0, 0x8000, 0x1000 };
	const struct vfu_dma_unmap_req gone = { 24, 0, 0x8000, 0x1000 };
	const struct vfu_device_info device = { .argsz = 16 };
	const struct vfu_region_info region = { .argsz = 128, .index = 2 };
	const struct vfu_irq_info irq = { .argsz = 16, .index = 2 };
	const struct vfu_irq_set set = { 20, 0x24, 2, 1, 1 };
	const struct vfu_region_access access = { 8, 0, 8 };
	const struct vfu_dma_access dma = { 0x8000, 64 };
	const struct { const void *data; size_t len, room; } payloads[] = {
		[VFU_CMD_VERSION] = { caps, sizeof(caps), 0 },
		[VFU_CMD_DMA_MAP] = { &map, sizeof(map), 0 },
		[VFU_CMD_DMA_UNMAP] = { &gone, sizeof(gone), 0 },
		[VFU_CMD_DEVICE_GET_INFO] = { &device, sizeof(device), 0 },
		[VFU_CMD_DEVICE_GET_REGION_INFO] = {
			&region, sizeof(region), 0 },
		[VFU_CMD_DEVICE_GET_IRQ_INFO] = { &irq, sizeof(irq), 0 },
		[VFU_CMD_DEVICE_SET_IRQS] = { &set, sizeof(set), 0 },
		[VFU_CMD_REGION_READ] = { &access, sizeof(access), 0 },
		[VFU_CMD_REGION_WRITE] = { &access, sizeof(access), 8 },
		[VFU_CMD_DMA_READ] = { &dma, sizeof(dma), 64 },
		[VFU_CMD_DMA_WRITE] = { &dma, sizeof(dma), 0 },
	};

	if (cmd >= sizeof(payloads) / sizeof(payloads[0]) ||
	    !payloads[cmd].data)
		return 0;
	memcpy(to, payloads[cmd].data, payloads[cmd].len);
	memset(to + payloads[cmd].len, 0, payloads[cmd].room);
	return payloads[cmd].len + payloads[cmd].room;
}

/* Commands that only the server sends are framed as replies to it. */
static void framed_send(const struct fuzz *f, int sock, const uint8_t *data,
			size_t len, int fd_kind)
{
	static uint8_t message[sizeof(struct vfu_header) + UINT16_MAX];
	uint8_t *body = message + sizeof(struct vfu_header);
	struct vfu_header header = { 0 };
	size_t made;

	if (!len)
		return;
	header.cmd = data[0] & (uint8_t)~NO_REPLY;
	header.flags = data[0] & NO_REPLY ? VFU_F_NO_REPLY : 0;
	if (header.cmd == VFU_CMD_DMA_READ || header.cmd == VFU_CMD_DMA_WRITE) {
		header.flags = VFU_F_REPLY;
		header.id = data[0] & NO_REPLY ? 1 : 0;
	}
	made = payload_make(header.cmd, body);
	if (len - 1 > made)
		memset(body + made, 0, len - 1 - made);
	for (size_t i = 1; i < len; i++)
		body[i - 1] ^= data[i];
	if (len - 1 > made)
		made = len - 1;
	header.size = (uint32_t)(sizeof(header) + made);
	memcpy(message, &header, sizeof(header));
	piece_send(f, sock, message, header.size, fd_kind);
}

static void input_send(const struct fuzz *f, int sock, const uint8_t *data,
		       size_t size)
{
	static const uint8_t hello[20] = { [2] = VFU_CMD_VERSION, [4] = 20 };
	uint32_t with_fd, kind;
	int fd_kind;

	memcpy(&with_fd, data + 1, sizeof(with_fd));
	memcpy(&kind, data + 5, sizeof(kind));
	data += HEAD;
	size -= HEAD;
	if (!(f->flags & F_SKIP_HELLO))
		piece_send(f, sock, hello, sizeof(hello), -1);
	for (unsigned int i = 0; size > 2; i++) {
		size_t len = data[0] | (size_t)data[1] << 8;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		fd_kind = with_fd >> (i % 32) & 1 ?
			  (int)(kind >> (i % 32) & 1) : -1;
		if (f->flags & F_FRAMED)
			framed_send(f, sock, data, len, fd_kind);
		else
			piece_send(f, sock, data, len, fd_kind);
		data += len;
		size -= len;
	}
}

/* Makes room for more replies. */
static void replies_read(int sock)
{
	static uint8_t buf[1 << 16];

	while (recv(sock, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz *f;
	struct pollfd pfd = { .events = POLLIN };
	int pair[2];

	if (size < HEAD || size > 1 << 16)
		return -1;
	if (!f)
		f = fuzz_create();
	f->flags = data[0];
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	must(!vfu_server_adopt(f->server, pair[0]));
	input_send(f, pair[1], data, size);
	if (!(f->flags & F_KEEP_OPEN))
		shutdown(pair[1], SHUT_WR);

	pfd.fd = vfu_server_fd(f->server);
	for (;;) {
		must(!vfu_server_dispatch(f->server));
		if (poll(&pfd, 1, 0) <= 0) {
			if (!(f->flags & F_READ_LATE))
				break;
			f->flags &= (uint8_t)~F_READ_LATE;
		}
		if (!(f->flags & F_READ_LATE))
			replies_read(pair[1]);
	}
	replies_read(pair[1]);
	close(pair[1]);
	while (poll(&pfd, 1, 0) > 0)
		must(!vfu_server_dispatch(f->server));
	must(!vfu_dma_count(vfu_server_dma(f->server)));

	/* A lost descriptor would make this one a high number. */
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	must(pair[1] < 64);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
