// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how a container gets one device's group. Must never know what gets
 * mapped.
 */
#include "tests/unit/iommu/vfio_group.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "iommu/vfio_type1.h"

static int group_path(const char *bdf, char *path, size_t len)
{
	char link[64], target[256], *number;
	ssize_t n;

	if (snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", bdf) >=
	    (int)sizeof(link))
		return -EINVAL;
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	number = strrchr(target, '/');
	if (!number)
		return -ENODEV;
	snprintf(path, len, "/dev/vfio/%.15s", number + 1);
	return 0;
}

int vfio_group_open(const char *bdf, struct vfio_group *vfio, struct iommu_domain **out)
{
	char path[32];
	int ret = group_path(bdf, path, sizeof(path));

	if (ret)
		return ret;
	vfio->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (vfio->container < 0)
		return -errno;
	vfio->group = open(path, O_RDWR | O_CLOEXEC);
	if (vfio->group < 0 ||
	    ioctl(vfio->group, VFIO_GROUP_SET_CONTAINER, &vfio->container)) {
		ret = -errno;
		goto close_files;
	}
	ret = vfio_type1_create(vfio->container, out);
	if (ret)
		goto close_files;
	return 0;

close_files:
	vfio_group_close(vfio);
	return ret;
}

void vfio_group_close(struct vfio_group *vfio)
{
	if (vfio->group >= 0)
		close(vfio->group);
	close(vfio->container);
}
