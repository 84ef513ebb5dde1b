// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns opening and closing a device. Must never know whose driver it is, or what
 * is created on it.
 */
#include <errno.h>
#include <string.h>

#include "tests/lab/verbs/complaint.h"
#include "tests/lab/verbs/device.h"

static int open_context(const char *name, struct ibv_context **out)
{
	struct ibv_device **list, *found = NULL;
	int n, ret = 0;

	list = ibv_get_device_list(&n);
	if (!list)
		return verbs_failed(errno, "ibv_get_device_list");
	for (int i = 0; i < n && !found; i++)
		if (!name || !strcmp(name, ibv_get_device_name(list[i])))
			found = list[i];
	if (!found) {
		ret = verbs_failed(ENODEV, "%s", name ? name : "no RDMA device");
	} else {
		*out = ibv_open_device(found);
		if (!*out)
			ret = verbs_failed(errno, "ibv_open_device %s", ibv_get_device_name(found));
	}
	ibv_free_device_list(list);
	return ret;
}

static int find_port(struct verbs_device *device)
{
	struct ibv_device_attr attributes;
	struct ibv_port_attr port;
	int ret;

	ret = ibv_query_device(device->context, &attributes);
	if (ret)
		return verbs_failed(ret, "ibv_query_device");
	for (unsigned int i = 1; i <= attributes.phys_port_cnt; i++) {
		ret = ibv_query_port(device->context, (uint8_t)i, &port);
		if (ret)
			return verbs_failed(ret, "ibv_query_port %u", i);
		if (port.state != IBV_PORT_ACTIVE || port.link_layer != IBV_LINK_LAYER_INFINIBAND)
			continue;
		device->port = (uint8_t)i;
		device->lid = port.lid;
		device->mtu = port.active_mtu;
		return 0;
	}
	return verbs_failed(ENETDOWN, "%s has no active InfiniBand port",
			    ibv_get_device_name(device->context->device));
}

int verbs_device_open(const char *name, struct verbs_device *device)
{
	int ret;

	*device = (struct verbs_device){ 0 };
	ret = open_context(name, &device->context);
	if (ret)
		return ret;
	ret = find_port(device);
	if (ret)
		goto close;
	device->pd = ibv_alloc_pd(device->context);
	if (device->pd)
		return 0;
	ret = verbs_failed(errno, "ibv_alloc_pd");
close:
	verbs_device_close(device);
	return ret;
}

int verbs_device_close(struct verbs_device *device)
{
	int error, ret = 0;

	if (device->pd) {
		error = ibv_dealloc_pd(device->pd);
		if (error)
			ret = verbs_failed(error, "ibv_dealloc_pd");
	}
	if (device->context && ibv_close_device(device->context) && !ret)
		ret = verbs_failed(errno, "ibv_close_device");
	*device = (struct verbs_device){ 0 };
	return ret;
}
