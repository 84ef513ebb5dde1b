// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the client's calls that describe and reach the device: information,
 * regions, reset. Must never know what a register means.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hv/vfio-user/client_private.h"

/* A reply of exactly the request's size, into the same buffer. */
static int call_inplace(struct vfu_client *c, uint16_t cmd, void *body,
			size_t len)
{
	struct vfu_call call = {
		.cmd = cmd,
		.iov[0] = { .iov_base = body, .iov_len = len },
		.n_iov = 1,
		.to = body,
		.cap = len,
	};
	int ret = vfu_client_call(c, &call);

	if (call.fd >= 0)
		close(call.fd);
	if (!ret && call.len != len)
		ret = vfu_client_fail(c, -EPROTO);
	return ret;
}

int vfu_client_device_info(struct vfu_client *c, struct vfu_device_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	return call_inplace(c, VFU_CMD_DEVICE_GET_INFO, info, sizeof(*info));
}

int vfu_client_irq_info(struct vfu_client *c, unsigned int index,
			struct vfu_irq_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return call_inplace(c, VFU_CMD_DEVICE_GET_IRQ_INFO, info,
			    sizeof(*info));
}

/* One request with room for @argsz bytes of reply at @reply. */
static int region_ask(struct vfu_client *c, unsigned int index, uint8_t *reply,
		      uint32_t argsz, struct vfu_region_info *info, int *fd)
{
	struct vfu_region_info req = { .argsz = argsz, .index = index };
	struct vfu_call call = {
		.cmd = VFU_CMD_DEVICE_GET_REGION_INFO,
		.iov[0] = { .iov_base = &req, .iov_len = sizeof(req) },
		.n_iov = 1,
		.to = reply,
		.cap = argsz,
	};
	int ret = vfu_client_call(c, &call);

	if (!ret && call.len < sizeof(*info))
		ret = vfu_client_fail(c, -EPROTO);
	if (!ret) {
		memcpy(info, reply, sizeof(*info));
		if (info->index != index || info->argsz < sizeof(*info) ||
		    (info->argsz <= argsz && call.len != info->argsz))
			ret = vfu_client_fail(c, -EPROTO);
	}
	if (ret && call.fd >= 0)
		close(call.fd);
	else
		*fd = call.fd;
	return ret;
}

/* Walks the capabilities; every step goes forward, so it ends. */
static int find_areas(const uint8_t *reply, const struct vfu_region_info *info,
		      struct vfu_area **areas, unsigned int *n_areas)
{
	uint32_t at = info->flags & VFIO_REGION_INFO_FLAG_CAPS ?
		      info->cap_offset : 0;
	struct vfu_cap_sparse cap;
	uint32_t min = sizeof(*info);

	while (at) {
		if (at < min || at > info->argsz ||
		    info->argsz - at < sizeof(cap.header))
			return -EPROTO;
		memcpy(&cap.header, reply + at, sizeof(cap.header));
		if (cap.header.id == VFIO_REGION_INFO_CAP_SPARSE_MMAP)
			break;
		min = at + sizeof(cap.header);
		at = cap.header.next;
	}
	if (!at)
		return 0;
	if (info->argsz - at < sizeof(cap))
		return -EPROTO;
	memcpy(&cap, reply + at, sizeof(cap));
	if (cap.nr_areas > (info->argsz - at - sizeof(cap)) / sizeof(**areas))
		return -EPROTO;
	if (!cap.nr_areas)
		return 0;
	*areas = calloc(cap.nr_areas, sizeof(**areas));
	if (!*areas)
		return -ENOMEM;
	memcpy(*areas, reply + at + sizeof(cap),
	       cap.nr_areas * sizeof(**areas));
	*n_areas = cap.nr_areas;
	for (unsigned int i = 0; i < cap.nr_areas; i++) {
		const struct vfu_area *area = &(*areas)[i];

		if (area->size > info->size ||
		    area->offset > info->size - area->size) {
			free(*areas);
			*areas = NULL;
			*n_areas = 0;
			return -EPROTO;
		}
	}
	return 0;
}

int vfu_client_region_info(struct vfu_client *c, unsigned int index,
			   struct vfu_region_info *info,
			   struct vfu_area **areas, unsigned int *n_areas,
			   int *fd)
{
	uint32_t argsz = sizeof(*info) + 64;
	struct vfu_area *found = NULL;
	unsigned int n_found = 0;
	uint8_t *reply = NULL;
	int got_fd = -1, ret = 0;

	for (int tries = 0; tries < 2; tries++) {
		free(reply);
		reply = malloc(argsz);
		if (!reply)
			return -ENOMEM;
		ret = region_ask(c, index, reply, argsz, info, &got_fd);
		if (ret || info->argsz <= argsz)
			break;
		if (got_fd >= 0)
			close(got_fd);
		got_fd = -1;
		argsz = info->argsz;
		if (argsz > VFU_MAX_DATA)
			ret = vfu_client_fail(c, -EPROTO);
		if (ret)
			break;
	}
	if (!ret && info->argsz > argsz)
		ret = vfu_client_fail(c, -EPROTO);
	if (!ret)
		ret = find_areas(reply, info, &found, &n_found);
	free(reply);
	if (areas && !ret)
		*areas = found;
	else
		free(found);
	if (n_areas && !ret)
		*n_areas = n_found;
	if (fd && !ret)
		*fd = got_fd;
	else if (got_fd >= 0)
		close(got_fd);
	return ret;
}

int vfu_client_region_read(struct vfu_client *c, unsigned int region,
			   uint64_t off, void *buf, size_t len)
{
	struct vfu_region_access access = { .offset = off, .region = region };
	struct vfu_call call = {
		.cmd = VFU_CMD_REGION_READ,
		.iov[0] = { .iov_base = &access, .iov_len = sizeof(access) },
		.n_iov = 1,
		.cap = sizeof(access) + len,
	};
	uint8_t small[256];
	uint8_t *reply = small;
	int ret;

	if (len > c->limits.max_data)
		return -EMSGSIZE;
	access.count = (uint32_t)len;
	if (call.cap > sizeof(small))
		reply = malloc(call.cap);
	if (!reply)
		return -ENOMEM;
	call.to = reply;
	ret = vfu_client_call(c, &call);
	if (call.fd >= 0)
		close(call.fd);
	if (!ret && (call.len != call.cap ||
		     memcmp(reply, &access, sizeof(access))))
		ret = vfu_client_fail(c, -EPROTO);
	if (!ret)
		memcpy(buf, reply + sizeof(access), len);
	if (reply != small)
		free(reply);
	return ret;
}

static int region_write(struct vfu_client *c, unsigned int region,
			uint64_t off, const void *buf, size_t len,
			uint32_t flags)
{
	struct vfu_region_access access = { .offset = off, .region = region };
	struct vfu_region_access reply;
	struct vfu_call call = {
		.cmd = VFU_CMD_REGION_WRITE,
		.flags = flags,
		.iov[0] = { .iov_base = &access, .iov_len = sizeof(access) },
		.iov[1] = { .iov_base = (void *)buf, .iov_len = len },
		.n_iov = 2,
		.to = &reply,
		.cap = sizeof(reply),
	};
	int ret;

	if (len > c->limits.max_data)
		return -EMSGSIZE;
	access.count = (uint32_t)len;
	ret = vfu_client_call(c, &call);
	if (call.fd >= 0)
		close(call.fd);
	if (!ret && !(flags & VFU_F_NO_REPLY) &&
	    (call.len != sizeof(reply) ||
	     memcmp(&reply, &access, sizeof(access))))
		ret = vfu_client_fail(c, -EPROTO);
	return ret;
}

int vfu_client_region_write(struct vfu_client *c, unsigned int region,
			    uint64_t off, const void *buf, size_t len)
{
	return region_write(c, region, off, buf, len, 0);
}

int vfu_client_region_post(struct vfu_client *c, unsigned int region,
			   uint64_t off, const void *buf, size_t len)
{
	return region_write(c, region, off, buf, len, VFU_F_NO_REPLY);
}

int vfu_client_reset(struct vfu_client *c)
{
	struct vfu_call call = { .cmd = VFU_CMD_DEVICE_RESET };

	return vfu_client_call(c, &call);
}
