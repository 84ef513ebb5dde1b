/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what Linux says about PCI devices in sysfs, and the few things that can
 * be asked of it there: bind, unbind, driver_override. Must never know VFIO's
 * ioctls, nor what the devices are for.
 *
 * @root is where sysfs is mounted, PCI_SYSFS outside of tests. @bdf is always
 * the long form, "0000:3b:00.0" (pci_bdf_parse() makes it).
 * Source: Linux, Documentation/ABI/testing/sysfs-bus-pci, sysfs-kernel-iommu_groups.
 */
#ifndef HCA_PCI_SYSFS_H
#define HCA_PCI_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCI_SYSFS	"/sys"
#define PCI_BDF_SIZE	16u	/* "0000:3b:00.0" and its end; VMD has longer domains */

/**
 * pci_bdf_parse() - a PCI address as a user types it
 * @text: "0000:3b:00.0", "3b:00.0"
 * @bdf: the long form
 *
 * Return: 0, -EINVAL.
 */
int pci_bdf_parse(const char *text, char bdf[PCI_BDF_SIZE]);

/**
 * struct pci_sysfs_device - facts of one device
 * @bdf: address
 * @vendor, @device, @revision: ids
 * @class: 24 bits, e.g. 0x020700
 * @driver: bound to, "" = none
 * @driver_override: the only driver that may bind, "" = any
 * @group: IOMMU group, -1 = none
 * @is_vf: a virtual function
 * @physfn: its physical function, "" = none
 * @n_vfs, @max_vfs: virtual functions that are on, and how many there can be
 * @numa_node: -1 = unknown
 * @link_speed: e.g. "8.0 GT/s PCIe", "" = unknown
 * @link_width: lanes, 0 = unknown
 * @rdma: name of the kernel's RDMA device, e.g. "mlx5_0", "" = none
 * @firmware: its firmware, as the RDMA device says, "" = unknown
 */
struct pci_sysfs_device {
	char bdf[PCI_BDF_SIZE];
	uint16_t vendor, device;
	uint8_t revision;
	uint32_t class;
	char driver[64];
	char driver_override[64];
	int group;
	bool is_vf;
	char physfn[PCI_BDF_SIZE];
	unsigned int n_vfs, max_vfs;
	int numa_node;
	char link_speed[32];
	unsigned int link_width;
	char rdma[32];
	char firmware[32];
};

/**
 * pci_sysfs_read() - facts of a device
 * @root: sysfs
 * @bdf: address
 * @out: filled
 *
 * Return: 0; -ENODEV no such device; -EIO when vendor, device or class are not
 * there or no numbers.
 */
int pci_sysfs_read(const char *root, const char *bdf,
		   struct pci_sysfs_device *out);

/**
 * pci_sysfs_list() - facts of all devices, ascending by address
 * @root: sysfs
 * @want: whether a device is to be in the list; NULL: all
 * @out: array, to be freed by the caller; NULL when there is none
 * @n: how many
 *
 * A device that goes away meanwhile is left out.
 *
 * Return: 0; -ENOENT when this machine has no PCI; -ENOMEM.
 */
int pci_sysfs_list(const char *root,
		   bool (*want)(const struct pci_sysfs_device *device),
		   struct pci_sysfs_device **out, size_t *n);

/**
 * pci_sysfs_group() - facts of all PCI devices in an IOMMU group
 * @root: sysfs
 * @group: number
 * @out: array, to be freed by the caller
 * @n: how many
 *
 * Return: 0; -ENOENT no such group; -ENOMEM.
 */
int pci_sysfs_group(const char *root, int group, struct pci_sysfs_device **out,
		    size_t *n);

/**
 * pci_sysfs_in_the_way() - would this device make its group unusable for VFIO
 * @device: member of the group
 *
 * Devices without driver, with a VFIO driver, with pci-stub, and bridges under
 * pcieport are harmless; all others must be unbound first.
 */
bool pci_sysfs_in_the_way(const struct pci_sysfs_device *device);

/* A driver that hands its device to VFIO: vfio-pci or a variant ("mlx5_vfio_pci"). */
bool pci_driver_is_vfio(const char *driver);

/**
 * pci_sysfs_in_the_way_text() - the members of a group that are in the way
 * @root: sysfs
 * @group: number
 * @except: address of a device that is not to be named
 * @buf: "0000:3b:00.1 (mlx5_core), 0000:3b:00.2 (nvme)", "" = none
 * @len: room, bytes
 *
 * Return: how many there are, -errno of pci_sysfs_group().
 */
int pci_sysfs_in_the_way_text(const char *root, int group, const char *except,
			      char *buf, size_t len);

/* Whether the machine has any IOMMU group: else its IOMMU is off or there is none. */
bool pci_sysfs_has_iommu(const char *root);

/*
 * Each of these: 0; -ENODEV no such device, or (pci_sysfs_bind) a driver that
 * neither knows nor was told by the override to take it; -ENOENT no such driver
 * is loaded (pci_sysfs_bind); -EACCES; the kernel's own error. In pci_sysfs_bind.c.
 */

/* The only @driver that may bind from now on; NULL: any. */
int pci_sysfs_override(const char *root, const char *bdf, const char *driver);
/* Takes the device from its driver; 0 also when it has none. */
int pci_sysfs_unbind(const char *root, const char *bdf);
/* Gives it to a driver that knows it or that the override names. */
int pci_sysfs_bind(const char *root, const char *bdf, const char *driver);
/* Lets the kernel look for a driver, by the override or by the ids. 0 also when none takes it. */
int pci_sysfs_probe(const char *root, const char *bdf);

#endif
