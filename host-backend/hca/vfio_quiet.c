// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the end of what an HCA does whose process died, by the files that are
 * left of it. Must never know who kept them.
 * Source: linux/vfio.h; Linux, drivers/vfio/vfio_iommu_type1.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/vfio.h>

#include "host-backend/hca/vfio.h"

static int unmap_all(int container)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .flags = VFIO_DMA_UNMAP_FLAG_ALL,
	};

	return ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap) ? -errno : 0;
}

int hca_vfio_quiet(int container, int group, int device, const char *name,
		   struct hca_open_error *error)
{
	const struct hca_vfio_fds fds = { container, group, device };
	struct hca_transport *t = NULL;
	int ret, unmapped;

	ret = hca_vfio_device_open(&fds, NULL, name, &t, error);
	if (!ret) {
		ret = t->ops->reset(t);
		if (ret)
			hca_open_fail(error, ret, name, "resetting it: %s", strerror(-ret));
	}
	/* Also where the reset failed: the IOMMU holds the HCA then. */
	unmapped = unmap_all(container);
	if (unmapped && !ret)
		ret = hca_open_fail(error, unmapped, name, "taking its mappings away: %s",
				    strerror(-unmapped));
	if (t)
		hca_transport_close(t);
	else
		hca_vfio_close_fds(&fds);
	return ret;
}
