/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns an IOMMU domain over kernel VFIO for tests and benchmarks that only map:
 * a container with one device's group in it. The device itself stays closed.
 * Must never know what gets mapped.
 */
#ifndef TESTS_UNIT_IOMMU_VFIO_GROUP_H
#define TESTS_UNIT_IOMMU_VFIO_GROUP_H

#include "iommu/domain.h"

struct vfio_group {
	int container, group;
};

/**
 * vfio_group_open() - a container of one group, and its domain
 * @bdf: PCI address, "DDDD:BB:DD.F"; its whole group bound to vfio-pci
 * @vfio: filled
 * @out: the domain, to be destroyed before vfio_group_close()
 *
 * Return: 0, -errno.
 */
int vfio_group_open(const char *bdf, struct vfio_group *vfio, struct iommu_domain **out);
void vfio_group_close(struct vfio_group *vfio);

#endif
