// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what the messages of a vfio-user client mean for the device that is
 * shown. Must never know what the device does.
 */
#include "hv/vfio-user/guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "hv/vfio-user/server.h"

/*
 * What the device was told of a vector. While it is masked the device has an
 * eventfd of ours, which keeps the interrupt until it may be heard.
 */
struct vector {
	uint32_t changes;
	int held;			/* -1: never masked so far */
};

struct vfu_guest {
	const struct hv_device *device;
	struct vfu_guest_config config;
	struct vfu_server *server;
	struct vector *vectors;
};

static int region_read(void *ctx, unsigned int region, uint64_t off, void *buf, size_t len)
{
	const struct hv_device *device = ((struct vfu_guest *)ctx)->device;

	if (region == VFIO_PCI_CONFIG_REGION_INDEX)
		device->ops->config_read(device->ctx, off, buf, len);
	else
		device->ops->bar_read(device->ctx, region, off, buf, len);
	return 0;
}

static int region_write(void *ctx, unsigned int region, uint64_t off, const void *buf, size_t len)
{
	const struct hv_device *device = ((struct vfu_guest *)ctx)->device;

	if (region == VFIO_PCI_CONFIG_REGION_INDEX)
		device->ops->config_write(device->ctx, off, buf, len);
	else
		device->ops->bar_write(device->ctx, region, off, buf, len);
	return 0;
}

static int reset(void *ctx)
{
	const struct hv_device *device = ((struct vfu_guest *)ctx)->device;

	device->ops->reset(device->ctx);
	return 0;
}

/* A range without a file is another device's BAR, no memory. */
static int dma_mapped(void *ctx, const struct vfu_dma_range *range, int fd, uint64_t offset)
{
	const struct hv_device *device = ((struct vfu_guest *)ctx)->device;
	const struct hv_memory memory = {
		.gpa = range->iova, .size = range->last - range->iova + 1,
		.writable = range->prot & VFU_DMA_WRITE, .fd = fd, .offset = offset,
	};

	if (fd < 0 || !(range->prot & VFU_DMA_READ))
		return 0;
	return device->ops->memory_added(device->ctx, &memory);
}

static void dma_unmap(void *ctx, uint64_t iova, uint64_t size)
{
	const struct hv_device *device = ((struct vfu_guest *)ctx)->device;

	device->ops->memory_removed(device->ctx, iova, size);
}

/* The interrupt that came while the vector was masked. */
static void release(struct vfu_guest *g, unsigned int vector)
{
	uint64_t count;

	if (g->vectors[vector].held >= 0 &&
	    read(g->vectors[vector].held, &count, sizeof(count)) == sizeof(count))
		vfu_irq_trigger(g->server, VFIO_PCI_MSIX_IRQ_INDEX, vector);
}

static int held_fd(struct vector *v)
{
	if (v->held < 0)
		v->held = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return v->held;
}

static void irqs_changed(void *ctx, unsigned int index)
{
	struct vfu_guest *g = ctx;
	const struct hv_device *device = g->device;
	struct vfu_irq_state state;
	unsigned int i;

	if (index != VFIO_PCI_MSIX_IRQ_INDEX)
		return;
	for (i = 0; i < device->n_vectors; i++) {
		struct vector *v = &g->vectors[i];

		if (vfu_irq_state(g->server, index, i, &state) || state.changes == v->changes)
			continue;
		v->changes = state.changes;
		if (state.fd >= 0 && state.masked)
			state.fd = held_fd(v);
		device->ops->vector_changed(device->ctx, i, state.fd);
		if (!state.masked)
			release(g, i);
	}
}

static void attached(void *ctx)
{
	const struct hv_device *device = ((struct vfu_guest *)ctx)->device;

	device->ops->attached(device->ctx);
}

static void detached(void *ctx)
{
	const struct hv_device *device = ((struct vfu_guest *)ctx)->device;

	device->ops->detached(device->ctx);
}

static const struct vfu_ops guest_ops = {
	.region_read = region_read,
	.region_write = region_write,
	.reset = reset,
	.dma_mapped = dma_mapped,
	.dma_unmap = dma_unmap,
	.irqs_changed = irqs_changed,
	.attached = attached,
	.detached = detached,
};

static void guest_log(void *ctx, enum vfu_log_level level, const char *message)
{
	const struct vfu_guest *g = ctx;

	if (g->config.log)
		g->config.log(g->config.log_ctx, (int)level, message);
}

static struct vfu_region bar_region(const struct hv_bar *bar, struct vfu_area *areas)
{
	struct vfu_region region = {
		.size = bar->size, .fd = -1,
		.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE,
	};
	unsigned int i;

	if (!bar->size)
		return (struct vfu_region){ .fd = -1 };
	if (!bar->n_areas)
		return region;
	for (i = 0; i < bar->n_areas; i++)
		areas[i] = (struct vfu_area){ bar->areas[i].offset, bar->areas[i].size };
	region.flags |= VFIO_REGION_INFO_FLAG_MMAP;
	region.fd = bar->fd;
	region.fd_offset = bar->fd_offset;
	region.areas = areas;
	region.n_areas = bar->n_areas;
	return region;
}

static int serve(struct vfu_guest *g)
{
	const struct hv_device *device = g->device;
	struct vfu_server_config server = {
		.path = g->config.path, .listen_fd = g->config.listen_fd, .mode = g->config.mode,
		.set_group = g->config.set_group, .group = g->config.group,
		.ops = &guest_ops, .ctx = g, .log = guest_log,
		.irq_count[VFIO_PCI_MSIX_IRQ_INDEX] = device->n_vectors,
	};
	struct vfu_area *areas;
	size_t n = 0;
	unsigned int i;
	int ret;

	for (i = 0; i < HV_BARS; i++)
		n += device->bars[i].n_areas;
	areas = calloc(n + 1, sizeof(*areas));
	if (!areas)
		return -ENOMEM;
	for (n = 0, i = 0; i < HV_BARS; n += device->bars[i].n_areas, i++)
		server.regions[i] = bar_region(&device->bars[i], areas + n);
	server.regions[VFIO_PCI_CONFIG_REGION_INDEX] = (struct vfu_region){
		.size = device->config_size, .fd = -1,
		.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE,
	};
	ret = vfu_server_create(&server, &g->server);
	free(areas);
	return ret;
}

int vfu_guest_create(const struct hv_device *device, const struct vfu_guest_config *config,
		     struct vfu_guest **out)
{
	struct vfu_guest *g = calloc(1, sizeof(*g));
	unsigned int i;
	int ret;

	if (!g)
		return -ENOMEM;
	g->device = device;
	g->config = *config;
	g->vectors = calloc(device->n_vectors + 1, sizeof(*g->vectors));
	if (!g->vectors) {
		free(g);
		return -ENOMEM;
	}
	for (i = 0; i < device->n_vectors; i++)
		g->vectors[i].held = -1;
	ret = serve(g);
	if (ret) {
		vfu_guest_destroy(g);
		return ret;
	}
	*out = g;
	return 0;
}

void vfu_guest_destroy(struct vfu_guest *g)
{
	unsigned int i;

	if (!g)
		return;
	vfu_server_destroy(g->server);
	for (i = 0; i < g->device->n_vectors; i++)
		if (g->vectors[i].held >= 0)
			close(g->vectors[i].held);
	free(g->vectors);
	free(g);
}

int vfu_guest_fd(const struct vfu_guest *g)
{
	return vfu_server_fd(g->server);
}

int vfu_guest_dispatch(struct vfu_guest *g)
{
	return vfu_server_dispatch(g->server);
}

bool vfu_guest_attached(const struct vfu_guest *g)
{
	return vfu_server_attached(g->server);
}
