// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the ioctls of kernel VFIO's type1 IOMMU driver. Must never know how the
 * container got its groups, nor what is mapped.
 */
#include "iommu/vfio_type1.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "iommu/vfio_type1_info.h"

enum {
	INFO_TRIES = 4,			/* the answer may grow between two calls */
	INFO_MAX_BYTES = 1 << 20,
};

/* Where kernels tell the limit that do not tell it by VFIO_IOMMU_GET_INFO (before 5.10). */
#define ENTRY_LIMIT "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"

struct vfio_type1 {
	struct iommu_domain domain;
	int container;
};

static struct vfio_type1 *type1(struct iommu_domain *domain)
{
	return (struct vfio_type1 *)domain;
}

static int type1_map(struct iommu_domain *domain, uint64_t iova, uint64_t size,
		     unsigned int prot, const struct iommu_backing *backing)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = (prot & IOMMU_READ ? VFIO_DMA_MAP_FLAG_READ : 0) |
			 (prot & IOMMU_WRITE ? VFIO_DMA_MAP_FLAG_WRITE : 0),
		.vaddr = (uintptr_t)backing->hva,
		.iova = iova,
		.size = size,
	};

	return ioctl(type1(domain)->container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

static int type1_unmap(struct iommu_domain *domain, uint64_t iova, uint64_t size,
		       uint64_t *unmapped)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = size,
	};

	/* On error the kernel leaves size as it was asked for. */
	*unmapped = 0;
	if (ioctl(type1(domain)->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	*unmapped = unmap.size;
	return 0;
}

static void type1_destroy(struct iommu_domain *domain)
{
	free(domain->caps.ranges);
	free(domain);
}

static const struct iommu_domain_ops type1_ops = {
	.name = "vfio-type1",
	.needs_hva = true,
	.map = type1_map,
	.unmap = type1_unmap,
	.destroy = type1_destroy,
};

/* The whole answer, to be freed; its length goes to @len. */
static int get_info(int container, struct vfio_iommu_type1_info **out, size_t *len)
{
	struct vfio_iommu_type1_info *info;
	size_t room = sizeof(*info);

	for (int i = 0; i < INFO_TRIES; i++) {
		info = calloc(1, room);
		if (!info)
			return -ENOMEM;
		info->argsz = room;
		if (ioctl(container, VFIO_IOMMU_GET_INFO, info)) {
			int ret = -errno;

			free(info);
			return ret;
		}
		if (info->argsz <= room) {
			*out = info;
			*len = room;
			return 0;
		}
		room = info->argsz;
		free(info);
		if (room > INFO_MAX_BYTES)
			break;
	}
	return -EPROTO;
}

/* UINT64_MAX: no limit known. */
static uint64_t entry_limit(void)
{
	FILE *file = fopen(ENTRY_LIMIT, "re");
	uint64_t limit;

	if (!file)
		return UINT64_MAX;
	if (fscanf(file, "%" SCNu64, &limit) != 1)
		limit = UINT64_MAX;
	fclose(file);
	return limit;
}

/*
 * The first call decides what is set; with one set already it fails, and then
 * only GET_INFO tells that there is one (@set_err: what the call said).
 */
static int read_caps(int container, int set_err, struct iommu_caps *caps)
{
	struct vfio_iommu_type1_info *info = NULL;
	size_t len = 0;
	int ret;

	ret = get_info(container, &info, &len);
	if (ret)
		return set_err ? set_err : ret;
	ret = vfio_type1_parse_info(info, len, caps);
	free(info);
	if (ret)
		return ret;
	if (caps->max_maps == UINT64_MAX)
		caps->max_maps = entry_limit();
	caps->coherent = ioctl(container, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU) > 0;
	return 0;
}

int vfio_type1_create(int container, struct iommu_domain **out)
{
	struct vfio_type1 *vfio;
	int ret, has;

	has = ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU);
	if (has < 0)
		return -errno;
	if (!has)
		return -EOPNOTSUPP;
	vfio = calloc(1, sizeof(*vfio));
	if (!vfio)
		return -ENOMEM;
	vfio->domain.ops = &type1_ops;
	vfio->container = container;
	ret = ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) ? -errno : 0;
	ret = read_caps(container, ret, &vfio->domain.caps);
	if (ret)
		goto free;
	*out = &vfio->domain;
	return 0;

free:
	free(vfio);
	return ret;
}
