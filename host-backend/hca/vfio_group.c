// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the way from a PCI address to an open VFIO device: its IOMMU group, a
 * container with that group, and the words for each step that fails. Must
 * never know what is done with the device.
 * Source: linux/vfio.h; Linux, drivers/vfio/group.c and container.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "host-backend/hca/pci_sysfs.h"
#include "host-backend/hca/vfio.h"
#include "iommu/vfio_type1.h"

#define IOMMU_REMEDY	"boot with intel_iommu=on or amd_iommu=on, and VT-d or AMD-Vi on in the firmware"

void hca_vfio_close_fds(const struct hca_vfio_fds *fds)
{
	if (fds->device >= 0)
		close(fds->device);
	if (fds->group >= 0)
		close(fds->group);
	if (fds->container >= 0)
		close(fds->container);
}

/* What sysfs already knows to be in the way. */
static int check_sysfs(const char *bdf, const struct hca_vfio_paths *paths,
		       struct pci_sysfs_device *device, struct hca_open_error *error)
{
	int ret;

	ret = pci_sysfs_read(paths->sysfs, bdf, device);
	if (ret == -ENODEV)
		return hca_open_fail(error, ret, bdf, "no such PCI device");
	if (ret)
		return hca_open_fail(error, ret, bdf, "cannot read its ids: %s", strerror(-ret));
	if (device->group < 0 && !pci_sysfs_has_iommu(paths->sysfs))
		return hca_open_fail(error, -EOPNOTSUPP, bdf, "this machine has no IOMMU on: "
				     IOMMU_REMEDY);
	if (device->group < 0)
		return hca_open_fail(error, -EOPNOTSUPP, bdf, "no IOMMU stands before it: "
				     IOMMU_REMEDY);
	if (pci_driver_is_vfio(device->driver))
		return 0;
	return hca_open_fail(error, -EPERM, bdf,
			     "bound to %s, not to vfio-pci: underpassctl bind %s",
			     device->driver[0] ? device->driver : "no driver", bdf);
}

static int group_not_opened(const char *bdf, const struct hca_vfio_paths *paths, int group,
			    int err, struct hca_open_error *error)
{
	char unsafe[PATH_MAX];

	switch (err) {
	case EBUSY:
		return hca_open_fail(error, -EBUSY, bdf,
				     "another process has its IOMMU group %d: stop it (fuser %s/%d)",
				     group, paths->dev, group);
	case EACCES:
	case EPERM:
		return hca_open_fail(error, -EACCES, bdf,
				     "no right to open %s/%d: be root, or chown it to this user",
				     paths->dev, group);
	case ENOENT:
		if (snprintf(unsafe, sizeof(unsafe), "%s/noiommu-%d", paths->dev, group) <
		    (int)sizeof(unsafe) && !access(unsafe, F_OK))
			return hca_open_fail(error, -EOPNOTSUPP, bdf, "VFIO has it without IOMMU, "
					     "which protects nothing: " IOMMU_REMEDY);
		return hca_open_fail(error, -ENODEV, bdf, "there is no %s/%d: is vfio-pci loaded?",
				     paths->dev, group);
	default:
		return hca_open_fail(error, -err, bdf, "cannot open %s/%d: %s", paths->dev, group,
				     strerror(err));
	}
}

static int not_viable(const char *bdf, const struct hca_vfio_paths *paths, int group,
		      struct hca_open_error *error)
{
	char others[160];

	if (pci_sysfs_in_the_way_text(paths->sysfs, group, bdf, others, sizeof(others)) <= 0)
		return hca_open_fail(error, -EPERM, bdf,
				     "its IOMMU group %d is used by the kernel or another process",
				     group);
	return hca_open_fail(error, -EPERM, bdf, "shares IOMMU group %d: unbind %s", group, others);
}

static int open_group(const char *bdf, const struct hca_vfio_paths *paths, int group,
		      struct hca_vfio_fds *fds, struct hca_open_error *error)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%d", paths->dev, group) >= (int)sizeof(path))
		return hca_open_fail(error, -ENAMETOOLONG, bdf, "%s", paths->dev);
	fds->group = open(path, O_RDWR | O_CLOEXEC);
	if (fds->group < 0)
		return group_not_opened(bdf, paths, group, errno, error);
	if (ioctl(fds->group, VFIO_GROUP_GET_STATUS, &status))
		return hca_open_fail(error, -errno, bdf, "status of IOMMU group %d: %s", group,
				     strerror(errno));
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return not_viable(bdf, paths, group, error);
	return 0;
}

/* And the group goes into it. */
static int open_container(const char *bdf, const struct hca_vfio_paths *paths, int group,
			  struct hca_vfio_fds *fds, struct hca_open_error *error)
{
	char path[PATH_MAX];
	int version;

	if (snprintf(path, sizeof(path), "%s/vfio", paths->dev) >= (int)sizeof(path))
		return hca_open_fail(error, -ENAMETOOLONG, bdf, "%s", paths->dev);
	fds->container = open(path, O_RDWR | O_CLOEXEC);
	if (fds->container < 0)
		return hca_open_fail(error, -errno, bdf, "cannot open %s: %s%s", path,
				     strerror(errno),
				     errno == ENOENT || errno == ENODEV ? ": modprobe vfio-pci" :
				     errno == EACCES ? ": a user of it must be allowed to" : "");
	version = ioctl(fds->container, VFIO_GET_API_VERSION);
	if (version != VFIO_API_VERSION)
		return hca_open_fail(error, version < 0 ? -errno : -EOPNOTSUPP, bdf,
				     "%s speaks another version of VFIO", path);
	if (!ioctl(fds->group, VFIO_GROUP_SET_CONTAINER, &fds->container))
		return 0;
	if (errno == EPERM || errno == EBUSY)	/* somebody was faster */
		return not_viable(bdf, paths, group, error);
	return hca_open_fail(error, -errno, bdf, "adding IOMMU group %d to a container: %s", group,
			     strerror(errno));
}

static int create_domain(const char *name, int container, struct iommu_domain **domain,
			 struct hca_open_error *error)
{
	int ret = vfio_type1_create(container, domain);

	switch (ret) {
	case 0:
		return 0;
	case -EPERM:
		return hca_open_fail(error, ret, name, "the IOMMU does not remap interrupts: boot with "
				     "intremap=on (at your own risk: "
				     "vfio_iommu_type1.allow_unsafe_interrupts=1)");
	case -EOPNOTSUPP:
		return hca_open_fail(error, ret, name, "no type 1 IOMMU in VFIO, or one that hides its "
				     "address ranges: modprobe vfio_iommu_type1, Linux 5.4 or later");
	default:
		return hca_open_fail(error, ret, name, "setting up the IOMMU: %s", strerror(-ret));
	}
}

static int open_device(const char *bdf, struct hca_vfio_fds *fds, struct hca_open_error *error)
{
	fds->device = ioctl(fds->group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	if (fds->device < 0)
		return hca_open_fail(error, -errno, bdf, "VFIO does not give the device: %s%s",
				     strerror(errno), errno == EACCES ?
				     ": its physical function is bound to vfio-pci, too" : "");
	if (fcntl(fds->device, F_SETFD, FD_CLOEXEC))
		return hca_open_fail(error, -errno, bdf, "close-on-exec: %s", strerror(errno));
	return 0;
}

int hca_vfio_open(const char *bdf, const struct hca_vfio_paths *paths,
		  struct hca_transport **out, struct hca_open_error *error)
{
	struct hca_vfio_fds fds = { -1, -1, -1 };
	struct iommu_domain *domain = NULL;
	struct pci_sysfs_device device;
	int ret;

	ret = check_sysfs(bdf, paths, &device, error);
	if (!ret)
		ret = open_group(bdf, paths, device.group, &fds, error);
	if (!ret)
		ret = open_container(bdf, paths, device.group, &fds, error);
	if (!ret)
		ret = create_domain(bdf, fds.container, &domain, error);
	if (!ret)
		ret = open_device(bdf, &fds, error);
	if (!ret)
		ret = hca_vfio_device_open(&fds, domain, bdf, out, error);
	if (!ret)
		return 0;
	if (domain)
		domain->ops->destroy(domain);
	hca_vfio_close_fds(&fds);
	return ret;
}

/* Files that come over a socket or by inheritance lack the flag. */
static int close_on_exec(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) ? -errno : 0;
}

int hca_vfio_open_fds(int container, int group, int device, const char *name,
		      struct hca_transport **out, struct hca_open_error *error)
{
	const struct hca_vfio_fds fds = { container, group, device };
	struct iommu_domain *domain;
	int ret;

	ret = close_on_exec(container);
	if (!ret && group >= 0)
		ret = close_on_exec(group);
	if (!ret)
		ret = close_on_exec(device);
	if (ret)
		return hca_open_fail(error, ret, name, "not an open file: %s", strerror(-ret));
	ret = create_domain(name, container, &domain, error);
	if (ret)
		return ret;
	ret = hca_vfio_device_open(&fds, domain, name, out, error);
	if (ret)
		domain->ops->destroy(domain);
	return ret;
}
