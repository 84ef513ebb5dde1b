// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the connection, the arena and its allocator. It must never know what
 * the HCA does with memory or registers.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "hv/vfio-user/client.h"
#include "tests/hca-client/client.h"
#include "tests/hca-client/command.h"

#define ARENA_DEFAULT	(64ul << 20)
#define IOVA_DEFAULT	(4ull << 30)
#define CLASS_MIN	6			/* 64 bytes */

uint64_t hc_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void hc_turn(struct hc *hc)
{
	if (hc->pump) {
		hc->pump(hc->pump_arg);
		return;
	}
	vfu_client_poll(hc->vfu);
	sched_yield();
}

static int irqs_open(struct hc *hc)
{
	unsigned int i;

	for (i = 0; i < HC_VECTORS; i++) {
		hc->irq[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (hc->irq[i] < 0)
			return -errno;
	}
	return vfu_client_set_eventfds(hc->vfu, VFIO_PCI_MSIX_IRQ_INDEX, 0, hc->irq, HC_VECTORS);
}

static int arena_open(struct hc *hc, const struct hc_config *config)
{
	hc->arena_size = config->arena ? config->arena : ARENA_DEFAULT;
	hc->iova = config->iova ? config->iova : IOVA_DEFAULT;
	hc->memfd = memfd_create("hca-client", MFD_CLOEXEC);
	if (hc->memfd < 0 || ftruncate(hc->memfd, (off_t)hc->arena_size))
		return -errno;
	hc->arena = mmap(NULL, hc->arena_size, PROT_READ | PROT_WRITE, MAP_SHARED, hc->memfd, 0);
	if (hc->arena == MAP_FAILED) {
		hc->arena = NULL;
		return -errno;
	}
	if (config->map_nothing)
		return 0;
	return hc_map(hc, hc->arena, hc->arena_size, hc->iova, VFU_DMA_READ | VFU_DMA_WRITE);
}

int hc_open(const struct hc_config *config, struct hc **out)
{
	struct vfu_client_config vc = {
		.path = config->socket_path, .fd = -1, .timeout_ms = HC_TIMEOUT_MS,
		.idle = config->pump, .idle_arg = config->pump_arg,
	};
	struct hc *hc = calloc(1, sizeof(*hc));
	unsigned int i;
	int ret;

	if (!hc)
		return -ENOMEM;
	hc->memfd = -1;
	for (i = 0; i < HC_VECTORS; i++)
		hc->irq[i] = -1;
	hc->pump = config->pump;
	hc->pump_arg = config->pump_arg;
	ret = vfu_client_open(&vc, &hc->vfu);
	if (!ret)
		ret = arena_open(hc, config);
	if (!ret)
		ret = irqs_open(hc);
	if (ret) {
		hc_close(hc);
		return ret;
	}
	*out = hc;
	return 0;
}

void hc_close(struct hc *hc)
{
	unsigned int i;

	if (!hc)
		return;
	for (i = 0; i < HC_SLOTS; i++)
		hc_cmd_drop(hc, i);
	vfu_client_close(hc->vfu);
	for (i = 0; i < HC_VECTORS; i++)
		if (hc->irq[i] >= 0)
			close(hc->irq[i]);
	if (hc->arena)
		munmap(hc->arena, hc->arena_size);
	if (hc->memfd >= 0)
		close(hc->memfd);
	for (i = 0; i < HC_CLASSES; i++)
		free(hc->classes[i].free);
	free(hc);
}

static unsigned int class_of(size_t size)
{
	unsigned int c = CLASS_MIN;

	while ((size_t)1 << c < size)
		c++;
	return c;
}

int hc_alloc(struct hc *hc, size_t size, size_t align, struct hc_mem *out)
{
	unsigned int c = class_of(size > align ? size : align);
	struct hc_class *class = &hc->classes[c];
	size_t bytes = (size_t)1 << c, off;

	if (class->n) {
		off = class->free[--class->n];
	} else {
		off = (hc->arena_used + bytes - 1) & ~(bytes - 1);
		if (off > hc->arena_size || bytes > hc->arena_size - off)
			return -ENOMEM;
		hc->arena_used = off + bytes;
	}
	out->ptr = hc->arena + off;
	out->iova = hc->iova + off;
	out->size = bytes;
	memset(out->ptr, 0, bytes);
	return 0;
}

void hc_free(struct hc *hc, struct hc_mem *mem)
{
	struct hc_class *class;
	uint64_t *room;

	if (!mem->ptr)
		return;
	class = &hc->classes[class_of(mem->size)];
	if (class->n == class->room) {
		room = realloc(class->free, (class->room + 64) * sizeof(*room));
		if (!room)
			goto forget;		/* lost until hc_close() */
		class->free = room;
		class->room += 64;
	}
	class->free[class->n++] = (uint64_t)(mem->ptr - hc->arena);
forget:
	memset(mem, 0, sizeof(*mem));
}

void hc_free_all(struct hc *hc)
{
	unsigned int i;

	for (i = 0; i < HC_CLASSES; i++)
		hc->classes[i].n = 0;
	hc->arena_used = 0;
	memset(&hc->cmdq, 0, sizeof(hc->cmdq));
}

int hc_map(struct hc *hc, const void *ptr, size_t size, uint64_t iova, uint32_t prot)
{
	return vfu_client_dma_map(hc->vfu, iova, size, prot, hc->memfd,
				  (uint64_t)((const uint8_t *)ptr - hc->arena));
}

int hc_unmap(struct hc *hc, uint64_t iova, size_t size)
{
	return vfu_client_dma_unmap(hc->vfu, iova, size);
}

uint32_t hc_read32(struct hc *hc, uint64_t off)
{
	uint8_t b[4] = { 0xff, 0xff, 0xff, 0xff };

	vfu_client_region_read(hc->vfu, VFIO_PCI_BAR0_REGION_INDEX, off, b, sizeof(b));
	return ifc_load32(b);
}

int hc_bar_write(struct hc *hc, uint64_t off, const void *buf, size_t len)
{
	return vfu_client_region_post(hc->vfu, VFIO_PCI_BAR0_REGION_INDEX, off, buf, len);
}

int hc_write32(struct hc *hc, uint64_t off, uint32_t value)
{
	uint8_t b[4];

	ifc_store32(b, value);
	return hc_bar_write(hc, off, b, sizeof(b));
}

int hc_write64(struct hc *hc, uint64_t off, uint32_t word0, uint32_t word1)
{
	uint8_t b[8];

	ifc_store32(b, word0);
	ifc_store32(b + 4, word1);
	return hc_bar_write(hc, off, b, sizeof(b));
}

int hc_config_access(struct hc *hc, uint64_t off, void *buf, size_t len, bool write)
{
	if (write)
		return vfu_client_region_write(hc->vfu, VFIO_PCI_CONFIG_REGION_INDEX, off, buf,
					       len);
	return vfu_client_region_read(hc->vfu, VFIO_PCI_CONFIG_REGION_INDEX, off, buf, len);
}

int hc_device_reset(struct hc *hc)
{
	return vfu_client_reset(hc->vfu);
}

bool hc_irq_taken(struct hc *hc, unsigned int vector)
{
	uint64_t n;

	return read(hc->irq[vector], &n, sizeof(n)) == sizeof(n);
}
