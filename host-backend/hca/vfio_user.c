// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns an HCA behind a vfio-user socket: transport and IOMMU domain over one
 * connection. Must never know who serves it, nor what the registers mean.
 *
 * The client takes one call at a time, so there is one lock. A server that
 * goes, breaks the protocol or does not answer in time is given up for good:
 * the connection is closed, whereupon it has to drop all mappings, and every
 * later call fails at once.
 */
#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "host-backend/hca/pci.h"
#include "host-backend/hca/vfio.h"
#include "hv/vfio-user/client.h"

#define LAST_IOVA	((1ull << 48) - 1)	/* as far as an mlx5 address reaches */

struct vfio_user_hca {
	struct hca_transport t;		/* first */
	struct iommu_domain domain;
	struct iova_range range;
	uint64_t config_size;
	pthread_mutex_t lock;		/* guards client */
	struct vfu_client *client;	/* NULL: given up */
};

static struct vfio_user_hca *to_user(struct hca_transport *t)
{
	return (struct vfio_user_hca *)t;
}

static struct vfio_user_hca *domain_to_user(struct iommu_domain *domain)
{
	return (struct vfio_user_hca *)((char *)domain - offsetof(struct vfio_user_hca, domain));
}

/* Takes the lock; -ENODEV, without it: the server was given up. */
static int begin(struct vfio_user_hca *h)
{
	pthread_mutex_lock(&h->lock);
	if (h->client)
		return 0;
	pthread_mutex_unlock(&h->lock);
	return -ENODEV;
}

/* Releases the lock after a call that ended with @ret. */
static int end(struct vfio_user_hca *h, int ret)
{
	if (ret == -ETIMEDOUT || ret == -ENOTCONN || ret == -EPROTO) {
		vfu_client_close(h->client);
		h->client = NULL;
		ret = -ENODEV;
	}
	pthread_mutex_unlock(&h->lock);
	return ret;
}

static int region_read(struct vfio_user_hca *h, unsigned int region, uint64_t off, void *buf,
		       size_t len)
{
	int ret = begin(h);

	return ret ? ret : end(h, vfu_client_region_read(h->client, region, off, buf, len));
}

/* What a register write is on PCI, too: nobody waits for it, and a read comes after it. */
static void bar_post(struct vfio_user_hca *h, uint64_t off, const void *buf, size_t len)
{
	if (!begin(h))
		end(h, vfu_client_region_post(h->client, VFIO_PCI_BAR0_REGION_INDEX, off, buf,
					      len));
}

static bool config_fits(const struct vfio_user_hca *h, unsigned int off, unsigned int len)
{
	return (len == 1 || len == 2 || len == 4) && !(off & (len - 1)) &&
	       off < h->config_size && len <= h->config_size - off;
}

static int config_read(struct hca_transport *t, unsigned int off, unsigned int len,
		       uint32_t *value)
{
	struct vfio_user_hca *h = to_user(t);
	uint32_t raw = 0;
	int ret;

	if (!config_fits(h, off, len))
		return -EINVAL;
	ret = region_read(h, VFIO_PCI_CONFIG_REGION_INDEX, off, &raw, len);
	if (!ret)
		*value = le32toh(raw);
	return ret;
}

static int config_write(struct hca_transport *t, unsigned int off, unsigned int len,
			uint32_t value)
{
	struct vfio_user_hca *h = to_user(t);
	uint32_t raw = htole32(value);
	int ret;

	if (!config_fits(h, off, len))
		return -EINVAL;
	ret = begin(h);
	return ret ? ret : end(h, vfu_client_region_write(h->client, VFIO_PCI_CONFIG_REGION_INDEX,
							  off, &raw, len));
}

static uint32_t read32(struct hca_transport *t, uint64_t off)
{
	uint32_t raw;

	if (region_read(to_user(t), VFIO_PCI_BAR0_REGION_INDEX, off, &raw, sizeof(raw)))
		return UINT32_MAX;
	return be32toh(raw);
}

static uint8_t read8(struct hca_transport *t, uint64_t off)
{
	uint8_t raw;

	if (region_read(to_user(t), VFIO_PCI_BAR0_REGION_INDEX, off, &raw, sizeof(raw)))
		return UINT8_MAX;
	return raw;
}

static void write32(struct hca_transport *t, uint64_t off, uint32_t value)
{
	uint32_t raw = htobe32(value);

	bar_post(to_user(t), off, &raw, sizeof(raw));
}

static void write64(struct hca_transport *t, uint64_t off, uint32_t first, uint32_t second)
{
	uint64_t raw = htobe64((uint64_t)first << 32 | second);

	bar_post(to_user(t), off, &raw, sizeof(raw));
}

static int set_irq(struct hca_transport *t, unsigned int vector, int eventfd)
{
	struct vfio_user_hca *h = to_user(t);
	int ret;

	if (vector >= t->n_vectors)
		return -EINVAL;
	ret = begin(h);
	return ret ? ret : end(h, vfu_client_set_eventfds(h->client, VFIO_PCI_MSIX_IRQ_INDEX,
							  vector, &eventfd, 1));
}

static int reset(struct hca_transport *t)
{
	struct vfio_user_hca *h = to_user(t);
	int ret;

	ret = begin(h);
	if (!ret)
		ret = end(h, vfu_client_reset(h->client));
	return ret ? ret : hca_pci_silence(t);
}

static int bar_fd(struct hca_transport *t, int *fd, uint64_t *offset)
{
	(void)t;
	(void)fd;
	(void)offset;
	return -EOPNOTSUPP;	/* its registers are messages */
}

static void free_user(struct vfio_user_hca *h)
{
	vfu_client_close(h->client);
	pthread_mutex_destroy(&h->lock);
	free(h->t.device);
	free(h);
}

static void close_user(struct hca_transport *t)
{
	struct vfio_user_hca *h = to_user(t);

	hca_pci_bus_master(t, false);
	if (!begin(h))	/* no vectors means all of them */
		end(h, vfu_client_irq_action(h->client, VFIO_PCI_MSIX_IRQ_INDEX,
					     VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0, NULL));
	free_user(h);
}

static unsigned int files(struct hca_transport *t, int fds[HCA_TRANSPORT_FILES])
{
	(void)t;
	(void)fds;
	return 0;
}

static const struct hca_transport_ops user_ops = {
	.name = "vfio-user",
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
	.close = close_user,
};

static int domain_map(struct iommu_domain *domain, uint64_t iova, uint64_t size,
		      unsigned int prot, const struct iommu_backing *backing)
{
	struct vfio_user_hca *h = domain_to_user(domain);
	uint32_t vfu_prot = (prot & IOMMU_READ ? VFIO_DMA_MAP_FLAG_READ : 0) |
			    (prot & IOMMU_WRITE ? VFIO_DMA_MAP_FLAG_WRITE : 0);
	int ret;

	if (backing->fd < 0)	/* would mean memory that the server has to ask for */
		return -EINVAL;
	ret = begin(h);
	return ret ? ret : end(h, vfu_client_dma_map(h->client, iova, size, vfu_prot, backing->fd,
						     backing->offset));
}

/* After a lost connection nothing is confirmed: the server may not have noticed yet. */
static int domain_unmap(struct iommu_domain *domain, uint64_t iova, uint64_t size,
			uint64_t *unmapped)
{
	struct vfio_user_hca *h = domain_to_user(domain);
	int ret = begin(h);

	*unmapped = 0;
	return ret ? ret : end(h, vfu_client_dma_unmap_bytes(h->client, iova, size, unmapped));
}

/* It lives in the transport; mappings go with the connection. */
static void domain_destroy(struct iommu_domain *domain)
{
	(void)domain;
}

static const struct iommu_domain_ops domain_ops = {
	.name = "vfio-user",
	.needs_hva = false,
	.map = domain_map,
	.unmap = domain_unmap,
	.destroy = domain_destroy,
};

static void domain_init(struct vfio_user_hca *h)
{
	const struct vfu_client_limits *limits = vfu_client_limits(h->client);

	h->range = (struct iova_range){ 0, LAST_IOVA };
	h->domain = (struct iommu_domain){
		.ops = &domain_ops,
		.caps = {
			.page_sizes = limits->pgsizes, .max_maps = limits->max_dma_maps,
			.coherent = true, .ranges = &h->range, .n_ranges = 1,
		},
	};
	h->t.domain = &h->domain;
}

/* One attempt; unlike the client's own, which waits for a server to appear. */
static int connect_now(const char *path, unsigned int timeout_ms, int *out)
{
	const struct timeval limit = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, ret;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* connect() waits while the listener's backlog is full. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr))) {
		ret = errno == EAGAIN ? -ETIMEDOUT : -errno;
		close(fd);
		return ret;
	}
	*out = fd;
	return 0;
}

static int attach(struct vfio_user_hca *h, const char *path, unsigned int timeout_ms,
		  struct hca_open_error *error)
{
	struct vfu_client_config config = { .fd = -1, .timeout_ms = timeout_ms };
	int ret;

	ret = connect_now(path, timeout_ms, &config.fd);
	if (ret == -ENOENT || ret == -ECONNREFUSED)
		return hca_open_fail(error, -ENODEV, h->t.device, "nobody serves an HCA there");
	if (ret)
		return hca_open_fail(error, ret, h->t.device, "cannot connect: %s",
				     strerror(-ret));
	ret = vfu_client_open(&config, &h->client);
	if (!ret)
		return 0;
	close(config.fd);
	if (ret == -ENOTCONN)
		return hca_open_fail(error, -EBUSY, h->t.device,
				     "the server hung up: another client has the HCA");
	return hca_open_fail(error, ret, h->t.device, "no vfio-user server, or one that hangs: %s",
			     strerror(-ret));
}

static int describe(struct vfio_user_hca *h, struct hca_open_error *error)
{
	const char *what = "device";
	struct vfu_region_info region;
	struct vfu_device_info device;
	struct vfu_irq_info irq;
	int ret;

	ret = vfu_client_device_info(h->client, &device);
	if (!ret && !(device.flags & VFIO_DEVICE_FLAGS_PCI))
		ret = -EOPNOTSUPP;
	if (!ret) {
		what = "configuration space";
		ret = vfu_client_region_info(h->client, VFIO_PCI_CONFIG_REGION_INDEX, &region,
					     NULL, NULL, NULL);
		h->config_size = ret ? 0 : region.size;
	}
	if (!ret) {
		what = "BAR 0";
		ret = vfu_client_region_info(h->client, VFIO_PCI_BAR0_REGION_INDEX, &region, NULL,
					     NULL, NULL);
		h->t.bar_size = ret ? 0 : region.size;
	}
	if (!ret) {
		what = "MSI-X";
		ret = vfu_client_irq_info(h->client, VFIO_PCI_MSIX_IRQ_INDEX, &irq);
		h->t.n_vectors = ret ? 0 : irq.count;
	}
	if (ret)
		return hca_open_fail(error, ret, h->t.device, "%s: %s", what, strerror(-ret));
	if (h->config_size < 256 || !h->t.bar_size || !h->t.n_vectors)
		return hca_open_fail(error, -EOPNOTSUPP, h->t.device,
				     "not an HCA: no BAR 0, MSI-X or configuration space");
	return 0;
}

int hca_vfio_user_open(const char *path, unsigned int timeout_ms, struct hca_transport **out,
		       struct hca_open_error *error)
{
	struct vfio_user_hca *h = calloc(1, sizeof(*h));
	int ret;

	if (!h)
		return hca_open_fail(error, -ENOMEM, path, "out of memory");
	pthread_mutex_init(&h->lock, NULL);
	h->t.ops = &user_ops;
	if (asprintf(&h->t.device, "vfio-user:%s", path) < 0) {
		h->t.device = NULL;
		ret = hca_open_fail(error, -ENOMEM, path, "out of memory");
		goto free_h;
	}
	ret = attach(h, path, timeout_ms, error);
	if (!ret)
		ret = describe(h, error);
	if (ret)
		goto free_h;
	domain_init(h);
	ret = hca_pci_silence(&h->t);
	if (ret) {
		hca_open_fail(error, ret, h->t.device, "turning bus mastering off: %s",
			      strerror(-ret));
		goto free_h;
	}
	*out = &h->t;
	return 0;

free_h:
	free_user(h);
	return ret;
}
