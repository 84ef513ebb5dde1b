// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the client's DMA map and unmap calls, blocking and pipelined.
 * Must never know what the memory is for.
 */
#include <errno.h>
#include <unistd.h>

#include "hv/vfio-user/client_private.h"

int vfu_client_dma_map(struct vfu_client *c, uint64_t iova, uint64_t size,
		       uint32_t prot, int fd, uint64_t offset)
{
	struct vfu_dma_map_req req = {
		.argsz = sizeof(req),
		.flags = prot,
		.offset = offset,
		.iova = iova,
		.size = size,
	};
	struct vfu_call call = {
		.cmd = VFU_CMD_DMA_MAP,
		.iov[0] = { .iov_base = &req, .iov_len = sizeof(req) },
		.n_iov = 1,
		.fds = &fd,
		.n_fds = fd >= 0,
	};

	return vfu_client_call(c, &call);
}

static int unmap(struct vfu_client *c, struct vfu_dma_unmap_req *req)
{
	struct vfu_dma_unmap_req reply;
	struct vfu_call call = {
		.cmd = VFU_CMD_DMA_UNMAP,
		.iov[0] = { .iov_base = req, .iov_len = sizeof(*req) },
		.n_iov = 1,
		.to = &reply,
		.cap = sizeof(reply),
	};
	int ret;

	req->argsz = sizeof(*req);
	ret = vfu_client_call(c, &call);
	if (call.fd >= 0)
		close(call.fd);
	if (!ret && (call.len != sizeof(reply) || reply.iova != req->iova))
		ret = vfu_client_fail(c, -EPROTO);
	if (!ret)
		req->size = reply.size;
	return ret;
}

int vfu_client_dma_unmap_bytes(struct vfu_client *c, uint64_t iova,
			       uint64_t size, uint64_t *bytes)
{
	struct vfu_dma_unmap_req req = { .iova = iova, .size = size };
	int ret = unmap(c, &req);

	if (!ret && req.size > size)
		ret = vfu_client_fail(c, -EPROTO);
	if (!ret)
		*bytes = req.size;
	return ret;
}

int vfu_client_dma_unmap(struct vfu_client *c, uint64_t iova, uint64_t size)
{
	uint64_t bytes;
	int ret = vfu_client_dma_unmap_bytes(c, iova, size, &bytes);

	return ret ? ret : bytes ? 0 : -ENOENT;
}

int vfu_client_dma_unmap_all(struct vfu_client *c)
{
	struct vfu_dma_unmap_req req = { .flags = VFU_DMA_UNMAP_EVERY };

	return unmap(c, &req);
}

int vfu_client_submit_dma_map(struct vfu_client *c, uint64_t iova,
			      uint64_t size, uint32_t prot, int fd,
			      uint64_t offset, uint16_t *id)
{
	const struct vfu_dma_map_req req = {
		.argsz = sizeof(req),
		.flags = prot,
		.offset = offset,
		.iova = iova,
		.size = size,
	};

	return vfu_client_submit(c, VFU_CMD_DMA_MAP, &req, sizeof(req), &fd,
				 fd >= 0, id);
}

int vfu_client_submit_dma_unmap(struct vfu_client *c, uint64_t iova,
				uint64_t size, uint16_t *id)
{
	const struct vfu_dma_unmap_req req = {
		.argsz = sizeof(req),
		.iova = iova,
		.size = size,
	};

	return vfu_client_submit(c, VFU_CMD_DMA_UNMAP, &req, sizeof(req), NULL,
				 0, id);
}
