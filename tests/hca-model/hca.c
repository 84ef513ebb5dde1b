// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns one HCA as a vfio-user device: what the client's messages mean for its
 * rooms. It must never know how a room does its work.
 */
#include "tests/hca-model/hca.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vfio.h>

#include "hv/vfio-user/server.h"
#include "tests/hca-model/hca_device.h"
#include "tests/hca-model/obj/events.h"
#include "tests/hca-model/trace.h"
#include "tests/hca-model/transport/transport.h"

static int device_region_read(void *ctx, unsigned int region, uint64_t off, void *buf,
			      size_t len)
{
	if (region == VFIO_PCI_CONFIG_REGION_INDEX)
		return pci_config_read(ctx, off, buf, len);
	return pci_bar_read(ctx, off, buf, len);
}

static int device_region_write(void *ctx, unsigned int region, uint64_t off, const void *buf,
			       size_t len)
{
	if (region == VFIO_PCI_CONFIG_REGION_INDEX)
		return pci_config_write(ctx, off, buf, len);
	return pci_bar_write(ctx, off, buf, len);
}

void hca_reset_firmware(struct hca *hca)
{
	objects_fini(hca);
	hca->obj.enabled = false;
	hca->obj.inited = false;
	hca->obj.issi = 0;
	objects_init(hca);
	cmdq_reset(hca);
	port_reset(hca->port);
	pci_reset_firmware(hca);
	hca->dead = false;
}

void hca_reset(struct hca *hca)
{
	trace(hca, "reset");
	hca_reset_firmware(hca);
	pci_reset(hca);
}

static int device_reset(void *ctx)
{
	hca_reset(ctx);
	return 0;
}

static void device_attached(void *ctx)
{
	struct hca *hca = ctx;

	hca->dma.map = vfu_server_dma(hca->server);
	hca_log(hca, "client attached");
}

/* Nobody holds the device any more: what a hypervisor or VFIO does is a reset. */
static void device_detached(void *ctx)
{
	struct hca *hca = ctx;

	hca_reset(hca);
	hca->dma.map = NULL;
	hca_log(hca, "client gone");
}

static void device_dma_unmap(void *ctx, uint64_t iova, uint64_t size)
{
	struct hca *hca = ctx;

	(void)iova;
	(void)size;
	if (!vfu_server_attached(hca->server))
		hca->dma.swept++;
}

static const struct vfu_ops device_ops = {
	.region_read = device_region_read,
	.region_write = device_region_write,
	.reset = device_reset,
	.dma_unmap = device_dma_unmap,
	.attached = device_attached,
	.detached = device_detached,
};

static void device_log(void *ctx, enum vfu_log_level level, const char *message)
{
	if (level <= VFU_LOG_WARNING)
		hca_log(ctx, "vfio-user: %s", message);
}

static void server_readable(evutil_socket_t fd, short what, void *arg)
{
	struct hca *hca = arg;
	int ret;

	(void)fd;
	(void)what;
	ret = vfu_server_dispatch(hca->server);
	if (ret) {
		hca_log(hca, "socket lost: %s", strerror(-ret));
		event_del(hca->server_event);
	}
}

static void port_receive(void *owner, struct packet *pkt)
{
	transport_receive(owner, pkt);
}

static void port_changed(void *owner, uint8_t sub_type)
{
	event_port(owner, sub_type);
}

static const struct port_ops port_ops = { .receive = port_receive, .changed = port_changed };

static int serve(struct hca *hca, const struct model_hca_config *config)
{
	struct vfu_server_config server = {
		.path = config->socket_path, .listen_fd = config->listen_fd,
		.ops = &device_ops, .ctx = hca, .log = device_log,
	};
	int ret;

	server.regions[VFIO_PCI_BAR0_REGION_INDEX] = (struct vfu_region){
		.size = BAR_BYTES, .fd = -1,
		.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE,
	};
	server.regions[VFIO_PCI_CONFIG_REGION_INDEX] = (struct vfu_region){
		.size = PCI_CONFIG_BYTES, .fd = -1,
		.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE,
	};
	server.irq_count[VFIO_PCI_MSIX_IRQ_INDEX] = MSIX_VECTORS;
	ret = vfu_server_create(&server, &hca->server);
	if (ret)
		return ret;
	hca->server_event = event_new(hca->model->base, vfu_server_fd(hca->server),
				      EV_READ | EV_PERSIST, server_readable, hca);
	if (!hca->server_event || event_add(hca->server_event, NULL))
		return -ENOMEM;
	return 0;
}

int hca_create(struct model *model, const struct model_hca_config *config, struct hca **out)
{
	struct hca *hca = calloc(1, sizeof(*hca));
	int ret = -ENOMEM;

	if (!hca)
		return -ENOMEM;
	hca->model = model;
	hca->index = model->n_hcas;
	hca->is_vf = config->vf;
	hca->strict = config->strict;
	hca->name = strdup(config->name);
	if (!hca->name)
		goto err;
	TAILQ_INIT(&hca->ready);
	objects_init(hca);
	pci_init(hca);
	ret = port_create(model->fabric, hca->name, 0x0002c90300100000ull + hca->index * 16,
			  config->vf ? PCI_DEVICE_CX4_VF : PCI_DEVICE_CX4, &port_ops, hca,
			  &hca->port);
	if (ret)
		goto err;
	ret = serve(hca, config);
	if (ret)
		goto err;
	*out = hca;
	return 0;
err:
	hca_destroy(hca);
	return ret;
}

void hca_destroy(struct hca *hca)
{
	if (hca->server_event)
		event_free(hca->server_event);
	if (hca->server)
		vfu_server_destroy(hca->server);
	objects_fini(hca);
	if (hca->port)
		port_destroy(hca->port);
	free((char *)hca->name);
	free(hca);
}
