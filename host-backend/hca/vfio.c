// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns an HCA behind kernel VFIO: an open device file as a transport. Must
 * never know where the file came from, nor what the registers mean.
 * Source: linux/vfio.h; Linux, drivers/vfio/pci/vfio_pci_core.c.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "host-backend/hca/barrier.h"
#include "host-backend/hca/pci.h"
#include "host-backend/hca/vfio.h"

_Static_assert(sizeof(void *) == 8, "a doorbell is one 8-byte store");

enum { RESET_TRIES = 20, RESET_PAUSE_MS = 50 };	/* while somebody else has the kernel's lock */

struct vfio_hca {
	struct hca_transport t;		/* first */
	struct hca_vfio_fds fds;
	struct hca_vfio_region bar, config;
	pthread_mutex_t irq_lock;	/* guards irqs */
	struct hca_vfio_irqs irqs;
};

static struct vfio_hca *to_vfio(struct hca_transport *t)
{
	return (struct vfio_hca *)t;
}

/* Configuration space goes by read and write. -ENODEV: also what a device that went gives. */
static int config_at(const struct vfio_hca *h, unsigned int off, unsigned int len, off_t *at)
{
	if ((len != 1 && len != 2 && len != 4) || off & (len - 1) || off >= h->config.size ||
	    len > h->config.size - off)
		return -EINVAL;
	*at = (off_t)(h->config.offset + off);
	return 0;
}

static int config_read(struct hca_transport *t, unsigned int off, unsigned int len,
		       uint32_t *value)
{
	struct vfio_hca *h = to_vfio(t);
	uint32_t raw = 0;
	ssize_t n;
	off_t at;
	int ret;

	ret = config_at(h, off, len, &at);
	if (ret)
		return ret;
	n = pread(h->fds.device, &raw, len, at);
	if (n != (ssize_t)len)
		return n < 0 ? -errno : -EIO;
	*value = le32toh(raw);
	return 0;
}

static int config_write(struct hca_transport *t, unsigned int off, unsigned int len,
			uint32_t value)
{
	struct vfio_hca *h = to_vfio(t);
	uint32_t raw = htole32(value);
	ssize_t n;
	off_t at;
	int ret;

	ret = config_at(h, off, len, &at);
	if (ret)
		return ret;
	n = pwrite(h->fds.device, &raw, len, at);
	return n == (ssize_t)len ? 0 : n < 0 ? -errno : -EIO;
}

/* Parts of the BAR that the kernel does not let us map; all ones when that fails. */
static void slow_read(const struct vfio_hca *h, uint64_t off, void *buf, size_t len)
{
	if (off >= h->bar.size || len > h->bar.size - off ||
	    pread(h->fds.device, buf, len, (off_t)(h->bar.offset + off)) != (ssize_t)len)
		memset(buf, 0xff, len);
}

/* A posted write: nobody hears of its failure. */
static void slow_write(const struct vfio_hca *h, uint64_t off, const void *buf, size_t len)
{
	ssize_t n;

	if (off >= h->bar.size || len > h->bar.size - off)
		return;
	n = pwrite(h->fds.device, buf, len, (off_t)(h->bar.offset + off));
	(void)n;
}

static uint32_t read32(struct hca_transport *t, uint64_t off)
{
	struct vfio_hca *h = to_vfio(t);
	const volatile uint32_t *reg = hca_vfio_region_ptr(&h->bar, off, sizeof(*reg));
	uint32_t raw;

	if (reg)
		raw = *reg;
	else
		slow_read(h, off, &raw, sizeof(raw));
	hca_from_device_barrier();
	return be32toh(raw);
}

static uint8_t read8(struct hca_transport *t, uint64_t off)
{
	struct vfio_hca *h = to_vfio(t);
	const volatile uint8_t *reg = hca_vfio_region_ptr(&h->bar, off, sizeof(*reg));
	uint8_t raw;

	if (reg)
		raw = *reg;
	else
		slow_read(h, off, &raw, sizeof(raw));
	hca_from_device_barrier();
	return raw;
}

static void write32(struct hca_transport *t, uint64_t off, uint32_t value)
{
	struct vfio_hca *h = to_vfio(t);
	volatile uint32_t *reg = hca_vfio_region_ptr(&h->bar, off, sizeof(*reg));
	uint32_t raw = htobe32(value);

	hca_to_device_barrier();
	if (reg)
		*reg = raw;
	else
		slow_write(h, off, &raw, sizeof(raw));
}

static void write64(struct hca_transport *t, uint64_t off, uint32_t first, uint32_t second)
{
	struct vfio_hca *h = to_vfio(t);
	volatile uint64_t *reg = hca_vfio_region_ptr(&h->bar, off, sizeof(*reg));
	uint64_t raw = htobe64((uint64_t)first << 32 | second);

	hca_to_device_barrier();
	if (reg)
		*reg = raw;
	else
		slow_write(h, off, &raw, sizeof(raw));
}

static int set_irqs(void *ctx, const struct vfio_irq_set *set)
{
	const struct vfio_hca *h = ctx;
	int ret = ioctl(h->fds.device, VFIO_DEVICE_SET_IRQS, set);

	return ret < 0 ? -errno : ret;
}

static int set_irq(struct hca_transport *t, unsigned int vector, int eventfd)
{
	struct vfio_hca *h = to_vfio(t);
	int ret;

	pthread_mutex_lock(&h->irq_lock);
	ret = hca_vfio_irqs_set(&h->irqs, vector, eventfd);
	pthread_mutex_unlock(&h->irq_lock);
	return ret;
}

/* The kernel puts the configuration back as it was before: bus mastering must be off by then. */
static int reset(struct hca_transport *t)
{
	const struct timespec pause = { .tv_nsec = RESET_PAUSE_MS * 1000000 };
	struct vfio_hca *h = to_vfio(t);
	unsigned int tries;
	int quiet, ret = 0;

	quiet = hca_pci_bus_master(t, false);
	for (tries = 0; tries < RESET_TRIES; tries++) {
		ret = ioctl(h->fds.device, VFIO_DEVICE_RESET) ? -errno : 0;
		if (ret != -EAGAIN)
			break;
		nanosleep(&pause, NULL);
	}
	if (ret)
		return ret;
	ret = hca_pci_silence(t);
	return ret ? ret : quiet == -EIO ? quiet : 0;
}

static int bar_fd(struct hca_transport *t, int *fd, uint64_t *offset)
{
	struct vfio_hca *h = to_vfio(t);

	if (!h->bar.n_areas)
		return -EOPNOTSUPP;
	*fd = h->fds.device;
	*offset = h->bar.offset;
	return 0;
}

static unsigned int files(struct hca_transport *t, int fds[HCA_TRANSPORT_FILES])
{
	const struct vfio_hca *h = to_vfio(t);

	if (h->fds.group < 0)
		return 0;
	fds[0] = h->fds.container;
	fds[1] = h->fds.group;
	fds[2] = h->fds.device;
	return HCA_TRANSPORT_FILES;
}

static void free_vfio(struct vfio_hca *h)
{
	hca_vfio_irqs_fini(&h->irqs);
	hca_vfio_region_free(&h->bar);
	hca_vfio_region_free(&h->config);
	pthread_mutex_destroy(&h->irq_lock);
	free(h->t.device);
	free(h);
}

static void close_vfio(struct hca_transport *t)
{
	struct vfio_hca *h = to_vfio(t);
	struct hca_vfio_fds fds = h->fds;

	hca_pci_bus_master(t, false);
	free_vfio(h);
	hca_vfio_close_fds(&fds);
}

static const struct hca_transport_ops vfio_ops = {
	.name = "vfio",
	.config_read = config_read,
	.config_write = config_write,
	.read32 = read32,
	.write32 = write32,
	.write64 = write64,
	.read8 = read8,
	.set_irq = set_irq,
	.reset = reset,
	.bar_fd = bar_fd,
	.files = files,
	.close = close_vfio,
};

static int check_device(struct vfio_hca *h, struct hca_open_error *error)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (ioctl(h->fds.device, VFIO_DEVICE_GET_INFO, &info))
		return hca_open_fail(error, -errno, h->t.device, "not a VFIO device: %s",
				     strerror(errno));
	if (!(info.flags & VFIO_DEVICE_FLAGS_PCI) ||
	    info.num_regions <= VFIO_PCI_CONFIG_REGION_INDEX ||
	    info.num_irqs <= VFIO_PCI_MSIX_IRQ_INDEX)
		return hca_open_fail(error, -EOPNOTSUPP, h->t.device, "not a PCI device");
	if (!(info.flags & VFIO_DEVICE_FLAGS_RESET))
		return hca_open_fail(error, -EOPNOTSUPP, h->t.device,
				     "it cannot be reset on its own (no FLR)");
	return 0;
}

static int open_regions(struct vfio_hca *h, struct hca_open_error *error)
{
	int ret;

	ret = hca_vfio_region_query(h->fds.device, VFIO_PCI_CONFIG_REGION_INDEX, &h->config);
	if (!ret && h->config.size < 256)
		ret = -EPROTO;
	if (ret)
		return hca_open_fail(error, ret, h->t.device, "configuration space: %s",
				     strerror(-ret));
	ret = hca_vfio_region_query(h->fds.device, VFIO_PCI_BAR0_REGION_INDEX, &h->bar);
	if (!ret && !h->bar.size)
		return hca_open_fail(error, -EOPNOTSUPP, h->t.device,
				     "it has no BAR 0: not an HCA, or without address space");
	if (ret)
		return hca_open_fail(error, ret, h->t.device, "BAR 0: %s", strerror(-ret));
	ret = hca_vfio_region_map(&h->bar, h->fds.device);
	if (ret)
		return hca_open_fail(error, ret, h->t.device, "mapping BAR 0: %s", strerror(-ret));
	h->t.bar_size = h->bar.size;
	return 0;
}

static int open_irqs(struct vfio_hca *h, struct hca_open_error *error)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = VFIO_PCI_MSIX_IRQ_INDEX };
	int ret;

	if (ioctl(h->fds.device, VFIO_DEVICE_GET_IRQ_INFO, &info))
		return hca_open_fail(error, -errno, h->t.device, "MSI-X: %s", strerror(errno));
	if (!info.count || !(info.flags & VFIO_IRQ_INFO_EVENTFD))
		return hca_open_fail(error, -EOPNOTSUPP, h->t.device, "it has no MSI-X");
	ret = hca_vfio_irqs_init(&h->irqs, info.count, info.flags & VFIO_IRQ_INFO_NORESIZE,
				 set_irqs, h);
	if (ret)
		return hca_open_fail(error, ret, h->t.device, "out of memory");
	h->t.n_vectors = info.count;
	return 0;
}

int hca_vfio_device_open(const struct hca_vfio_fds *fds, struct iommu_domain *domain,
			 const char *name, struct hca_transport **out,
			 struct hca_open_error *error)
{
	struct vfio_hca *h = calloc(1, sizeof(*h));
	int ret;

	if (!h)
		return hca_open_fail(error, -ENOMEM, name, "out of memory");
	pthread_mutex_init(&h->irq_lock, NULL);
	h->fds = *fds;
	h->t.ops = &vfio_ops;
	h->t.domain = domain;
	h->t.device = strdup(name);
	if (!h->t.device) {
		ret = hca_open_fail(error, -ENOMEM, name, "out of memory");
		goto free_h;
	}
	ret = check_device(h, error);
	if (!ret)
		ret = open_regions(h, error);
	if (!ret)
		ret = open_irqs(h, error);
	if (ret)
		goto free_h;
	ret = hca_pci_silence(&h->t);
	if (ret) {
		hca_open_fail(error, ret, name, "turning bus mastering off: %s", strerror(-ret));
		goto free_h;
	}
	*out = &h->t;
	return 0;

free_h:
	free_vfio(h);
	return ret;
}
