// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the device's regions on the server side: their description, access by
 * message, and reset. Must never know what a register means.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hv/vfio-user/private.h"

#define REGION_FLAGS	(VFIO_REGION_INFO_FLAG_READ |			\
			 VFIO_REGION_INFO_FLAG_WRITE |			\
			 VFIO_REGION_INFO_FLAG_MMAP)
#define MAX_AREAS	4096u

static int region_check(const struct vfu_region *region)
{
	if (region->flags & ~REGION_FLAGS)
		return -EINVAL;
	if (!(region->flags & VFIO_REGION_INFO_FLAG_MMAP))
		return region->n_areas ? -EINVAL : 0;
	if (region->fd < 0 || region->fd_offset & (VFU_PAGE_SIZE - 1) ||
	    region->size > UINT64_MAX - region->fd_offset ||
	    region->n_areas > MAX_AREAS || !region->size)
		return -EINVAL;
	for (unsigned int i = 0; i < region->n_areas; i++) {
		const struct vfu_area *area = &region->areas[i];

		if (!area->size || area->size > region->size ||
		    area->offset > region->size - area->size ||
		    (area->offset | area->size) & (VFU_PAGE_SIZE - 1))
			return -EINVAL;
	}
	return 0;
}

int vfu_regions_init(struct vfu_server *s, const struct vfu_region *regions)
{
	for (unsigned int i = 0; i < VFU_NUM_REGIONS; i++)
		s->config.regions[i].areas = NULL;
	for (unsigned int i = 0; i < VFU_NUM_REGIONS; i++) {
		const struct vfu_region *from = &regions[i];
		struct vfu_area *areas;
		int ret = region_check(from);

		if (ret)
			return ret;
		if (!from->n_areas)
			continue;
		areas = calloc(from->n_areas, sizeof(*areas));
		if (!areas)
			return -ENOMEM;
		memcpy(areas, from->areas, from->n_areas * sizeof(*areas));
		s->config.regions[i].areas = areas;
	}
	return 0;
}

void vfu_regions_fini(struct vfu_server *s)
{
	for (unsigned int i = 0; i < VFU_NUM_REGIONS; i++) {
		free((void *)s->config.regions[i].areas);
		s->config.regions[i].areas = NULL;
	}
}

VFU_HANDLER(vfu_handle_device_info)
{
	struct vfu_device_info info;

	memcpy(&info, msg->body, sizeof(info));
	if (info.argsz < sizeof(info) || info.flags || info.num_regions ||
	    info.num_irqs)
		return -EINVAL;
	info.argsz = sizeof(info);
	info.flags = VFIO_DEVICE_FLAGS_PCI;
	if (s->config.ops->reset)
		info.flags |= VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFU_NUM_REGIONS;
	info.num_irqs = VFU_NUM_IRQS;
	if (vfu_answer_reserve(s, answer, sizeof(info)))
		return -ENOMEM;
	memcpy(answer->body, &info, sizeof(info));
	return 0;
}

static void put_sparse(uint8_t *to, const struct vfu_region *region)
{
	struct vfu_cap_sparse cap = {
		.header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP,
		.header.version = 1,
		.nr_areas = region->n_areas,
	};

	memcpy(to, &cap, sizeof(cap));
	memcpy(to + sizeof(cap), region->areas,
	       region->n_areas * sizeof(*region->areas));
}

/*
 * A client that left no room for the capabilities gets the fixed part, with
 * argsz and a valid cap_offset, and comes again; the descriptor goes only with
 * the full reply.
 */
VFU_HANDLER(vfu_handle_region_info)
{
	const struct vfu_region *region;
	struct vfu_region_info info;
	size_t caps = 0, len;

	memcpy(&info, msg->body, sizeof(info));
	if (info.argsz < sizeof(info) || info.index >= VFU_NUM_REGIONS ||
	    info.flags || info.cap_offset || info.size || info.offset)
		return -EINVAL;
	region = &s->config.regions[info.index];
	if (region->n_areas)
		caps = sizeof(struct vfu_cap_sparse) +
		       region->n_areas * sizeof(struct vfu_area);
	len = info.argsz < sizeof(info) + caps ? sizeof(info)
					       : sizeof(info) + caps;
	info.argsz = (uint32_t)(sizeof(info) + caps);
	info.flags = region->flags;
	info.size = region->size;
	if (region->flags & VFIO_REGION_INFO_FLAG_MMAP)
		info.offset = region->fd_offset;
	if (caps) {
		info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
		info.cap_offset = sizeof(info);
	}
	if (vfu_answer_reserve(s, answer, len))
		return -ENOMEM;
	memcpy(answer->body, &info, sizeof(info));
	if (len < info.argsz)
		return 0;
	if (caps)
		put_sparse((uint8_t *)answer->body + sizeof(info), region);
	if (region->flags & VFIO_REGION_INFO_FLAG_MMAP)
		answer->fd = region->fd;
	return 0;
}

static int access_check(const struct vfu_server *s,
			const struct vfu_region_access *access, uint32_t flag)
{
	const struct vfu_region *region;

	if (access->region >= VFU_NUM_REGIONS || !access->count ||
	    access->count > VFU_MAX_DATA)
		return -EINVAL;
	region = &s->config.regions[access->region];
	if (access->count > region->size ||
	    access->offset > region->size - access->count)
		return -EINVAL;
	return region->flags & flag ? 0 : -EACCES;
}

VFU_HANDLER(vfu_handle_region_read)
{
	struct vfu_region_access access;
	uint8_t *data;
	int ret;

	memcpy(&access, msg->body, sizeof(access));
	ret = access_check(s, &access, VFIO_REGION_INFO_FLAG_READ);
	if (ret)
		return ret;
	ret = vfu_answer_reserve(s, answer, sizeof(access) + access.count);
	if (ret)
		return ret;
	memcpy(answer->body, &access, sizeof(access));
	data = (uint8_t *)answer->body + sizeof(access);
	memset(data, 0, access.count);
	if (!s->config.ops->region_read)
		return 0;
	return s->config.ops->region_read(s->config.ctx, access.region,
					  access.offset, data, access.count);
}

VFU_HANDLER(vfu_handle_region_write)
{
	struct vfu_region_access access;
	int ret;

	memcpy(&access, msg->body, sizeof(access));
	ret = access_check(s, &access, VFIO_REGION_INFO_FLAG_WRITE);
	if (ret)
		return ret;
	if (msg->len - sizeof(access) != access.count)
		return -EINVAL;
	if (s->config.ops->region_write)
		ret = s->config.ops->region_write(s->config.ctx, access.region,
						  access.offset,
						  msg->body + sizeof(access),
						  access.count);
	if (ret)
		return ret;
	ret = vfu_answer_reserve(s, answer, sizeof(access));
	if (ret)
		return ret;
	memcpy(answer->body, &access, sizeof(access));
	return 0;
}

VFU_HANDLER(vfu_handle_reset)
{
	(void)msg;
	(void)answer;
	if (!s->config.ops->reset)
		return -EOPNOTSUPP;
	return s->config.ops->reset(s->config.ctx);
}
