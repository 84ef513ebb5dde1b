// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the commands that change the DMA table, and the order in which the
 * device hears of it. Must never know how the table works inside.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hv/vfio-user/private.h"

static_assert(VFU_DMA_MAP_READ == VFU_DMA_READ, "same bits");
static_assert(VFU_DMA_MAP_WRITE == VFU_DMA_WRITE, "same bits");

/* The device may refuse what is mapped already: then it was never there. */
static int device_mapped(struct vfu_server *s, const struct vfu_dma_map_req *req,
			 int fd)
{
	int ret = s->config.ops->dma_mapped(s->config.ctx,
					    vfu_dma_find(s->dma, req->iova), fd,
					    req->offset);

	if (ret)
		vfu_dma_unmap(s->dma, req->iova, req->size);
	return ret;
}

VFU_HANDLER(vfu_handle_dma_map)
{
	struct vfu_dma_map_req req;
	int fd, keep = -1, ret;

	(void)answer;
	memcpy(&req, msg->body, sizeof(req));
	if (req.argsz < sizeof(req) || req.flags & ~VFU_DMA_MAP_ALL)
		return -EINVAL;
	fd = vfu_msg_take_fd(msg, 0);
	if (fd >= 0 && s->config.ops->dma_mapped) {
		keep = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (keep < 0) {
			ret = -errno;
			close(fd);
			return ret;
		}
	}
	ret = vfu_dma_map(s->dma, req.iova, req.size, req.flags, fd, req.offset);
	if (!ret && s->config.ops->dma_mapped)
		ret = device_mapped(s, &req, keep);
	if (keep >= 0)
		close(keep);
	return ret;
}

/* The device hears of it before the memory goes. */
static void device_unmap(struct vfu_server *s, uint64_t iova, uint64_t size)
{
	if (s->config.ops->dma_unmap)
		s->config.ops->dma_unmap(s->config.ctx, iova, size);
}

void vfu_mappings_drop(struct vfu_server *s)
{
	const struct vfu_dma_range *range = NULL;

	while ((range = vfu_dma_next(s->dma, range)))
		device_unmap(s, range->iova, range->last - range->iova + 1);
	vfu_dma_unmap_all(s->dma);
}

/*
 * As VFIO_IOMMU_UNMAP_DMA: a window without a range in it is not an error, the
 * reply's size then is 0. QEMU's vIOMMU code relies on that.
 */
static int unmap_window(struct vfu_server *s, struct vfu_dma_unmap_req *req)
{
	uint64_t bytes = 0;
	int ret;

	ret = vfu_dma_unmap_bytes(s->dma, req->iova, req->size, &bytes);
	if (ret && ret != -ENOENT)
		return ret;
	if (!ret) {
		device_unmap(s, req->iova, req->size);
		ret = vfu_dma_unmap(s->dma, req->iova, req->size);
	} else {
		ret = 0;
	}
	req->size = bytes;
	return ret;
}

VFU_HANDLER(vfu_handle_dma_unmap)
{
	struct vfu_dma_unmap_req req;
	int ret = 0;

	memcpy(&req, msg->body, sizeof(req));
	if (req.argsz < sizeof(req) || req.flags & ~VFU_DMA_UNMAP_FLAGS)
		return -EINVAL;
	if (req.flags & VFU_DMA_UNMAP_DIRTY)
		return -EOPNOTSUPP;
	if (vfu_answer_reserve(s, answer, sizeof(req)))
		return -ENOMEM;
	if (!(req.flags & VFU_DMA_UNMAP_EVERY)) {
		ret = unmap_window(s, &req);
	} else if (req.iova || req.size) {
		ret = -EINVAL;
	} else {
		req.size = vfu_dma_bytes(s->dma);
		vfu_mappings_drop(s);
	}
	req.argsz = sizeof(req);
	memcpy(answer->body, &req, sizeof(req));
	return ret;
}
