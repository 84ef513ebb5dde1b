// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the life of the test bed: a server with a toy device on one end of a
 * socket pair, and what happened to it. Must never use the client library.
 */
#include "tests/unit/vfio-user/vfu_bed.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int vfu_bed_count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

int vfu_bed_memfd(size_t size)
{
	int fd = memfd_create("vfu-test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static int bed_read(void *ctx, unsigned int region, uint64_t off, void *buf,
		    size_t len)
{
	struct vfu_bed *bed = ctx;

	bed->reads++;
	if (region == 0)
		memcpy(buf, bed->bar0 + off, len);
	return bed->read_error;
}

static int bed_write(void *ctx, unsigned int region, uint64_t off,
		     const void *buf, size_t len)
{
	struct vfu_bed *bed = ctx;

	bed->writes++;
	if (bed->write_error)
		return bed->write_error;
	if (region == 0)
		memcpy(bed->bar0 + off, buf, len);
	if (bed->on_write)
		bed->on_write(bed, off);
	return 0;
}

static int bed_reset(void *ctx)
{
	((struct vfu_bed *)ctx)->resets++;
	return 0;
}

static int bed_mapped(void *ctx, const struct vfu_dma_range *range, int fd, uint64_t offset)
{
	assert_non_null(range);
	(void)offset;
	assert_int_equal(fd >= 0, range->vaddr != NULL);
	((struct vfu_bed *)ctx)->mapped++;
	return ((struct vfu_bed *)ctx)->refuse_map;
}

static void bed_unmap(void *ctx, uint64_t iova, uint64_t size)
{
	struct vfu_bed *bed = ctx;

	/* The memory is still there. */
	assert_int_equal(vfu_dma_unmap_bytes(vfu_server_dma(bed->server), iova,
					     size, NULL), 0);
	bed->unmapped++;
}

static void bed_irqs(void *ctx, unsigned int index)
{
	(void)index;
	((struct vfu_bed *)ctx)->irqs++;
}

static void bed_attached(void *ctx)
{
	((struct vfu_bed *)ctx)->attached++;
}

static void bed_detached(void *ctx)
{
	struct vfu_bed *bed = ctx;

	bed->detached++;
	assert_int_equal(vfu_dma_count(vfu_server_dma(bed->server)), 0);
	for (unsigned int v = 0; v < BED_MSIX; v++)
		assert_false(vfu_irq_enabled(bed->server,
					     VFIO_PCI_MSIX_IRQ_INDEX, v));
}

static void bed_log(void *ctx, enum vfu_log_level level, const char *message)
{
	struct vfu_bed *bed = ctx;

	bed->log_lines++;
	if (getenv("VFU_TEST_LOG"))
		fprintf(stderr, "# log %d: %s\n", (int)level, message);
}

static const struct vfu_ops bed_ops = {
	.region_read = bed_read,
	.region_write = bed_write,
	.reset = bed_reset,
	.dma_mapped = bed_mapped,
	.dma_unmap = bed_unmap,
	.irqs_changed = bed_irqs,
	.attached = bed_attached,
	.detached = bed_detached,
};

void vfu_bed_prepare(struct vfu_bed *bed)
{
	static const struct vfu_area areas[] = {
		{ .offset = 4096, .size = 4096 },
		{ .offset = 12288, .size = 4096 },
	};
	uint32_t rw = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;

	memset(bed, 0, sizeof(*bed));
	bed->fds_before = vfu_bed_count_fds();
	bed->sock = -1;
	bed->reply = malloc(sizeof(*bed->reply));
	assert_non_null(bed->reply);
	bed->bar2_fd = vfu_bed_memfd(BED_BAR2_SIZE + 4096);
	bed->config = (struct vfu_server_config){
		.regions[0] = { .size = BED_BAR0_SIZE, .flags = rw },
		.regions[2] = {
			.size = BED_BAR2_SIZE,
			.flags = rw | VFIO_REGION_INFO_FLAG_MMAP,
			.fd = bed->bar2_fd,
			.fd_offset = 4096,
			.areas = areas,
			.n_areas = 2,
		},
		.regions[4] = {
			.size = BED_BAR4_SIZE,
			.flags = VFIO_REGION_INFO_FLAG_READ,
		},
		.regions[5] = { .size = BED_BAR5_SIZE, .flags = rw },
		.regions[7] = { .size = 256, .flags = rw },
		.irq_count = { 1, 0, BED_MSIX, 1, 1 },
		.ops = &bed_ops,
		.ctx = bed,
		.log = bed_log,
	};
}

void vfu_bed_start(struct vfu_bed *bed)
{
	assert_int_equal(vfu_server_create(&bed->config, &bed->server), 0);
}

void vfu_bed_connect(struct vfu_bed *bed)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
				    SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(vfu_server_adopt(bed->server, pair[0]), 0);
	bed->sock = pair[1];
}

void vfu_bed_open(struct vfu_bed *bed)
{
	vfu_bed_prepare(bed);
	vfu_bed_start(bed);
	vfu_bed_connect(bed);
	vfu_bed_hello(bed);
}

void vfu_bed_hang_up(struct vfu_bed *bed)
{
	if (bed->sock >= 0)
		close(bed->sock);
	bed->sock = -1;
	vfu_bed_run(bed);
}

void vfu_bed_close(struct vfu_bed *bed)
{
	vfu_bed_hang_up(bed);
	assert_int_equal(bed->attached, bed->detached);
	assert_int_equal(vfu_dma_count(vfu_server_dma(bed->server)), 0);
	assert_int_equal(vfu_dma_objects(vfu_server_dma(bed->server)), 0);
	vfu_server_destroy(bed->server);
	close(bed->bar2_fd);
	free(bed->reply);
	assert_int_equal(vfu_bed_count_fds(), bed->fds_before);
}

int vfu_bed_setup(void **state)
{
	struct vfu_bed *bed = malloc(sizeof(*bed));

	if (!bed)
		return -1;
	vfu_bed_open(bed);
	*state = bed;
	return 0;
}

int vfu_bed_setup_mute(void **state)
{
	struct vfu_bed *bed = malloc(sizeof(*bed));

	if (!bed)
		return -1;
	vfu_bed_prepare(bed);
	vfu_bed_start(bed);
	vfu_bed_connect(bed);
	*state = bed;
	return 0;
}

int vfu_bed_teardown(void **state)
{
	vfu_bed_close(*state);
	free(*state);
	return 0;
}
