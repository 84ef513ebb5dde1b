// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the answer to who uses a device: network interfaces, RDMA programs,
 * virtual functions, holders of the IOMMU group. Must never know what is about
 * to happen to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>

#include "host-backend/underpassctl/bind.h"
#include "host-backend/underpassctl/text.h"
#include "host-backend/underpassctl/users.h"

struct finding {
	const struct ctl_world *world;
	const char *bdf;
	char *buf;
	size_t len;
};

static const char *separator(const struct finding *finding)
{
	return finding->buf[0] ? "; " : "";
}

static void look_at_netdev(void *ctx, const char *name)
{
	struct finding *finding = ctx;
	char flags[32];

	ctl_read_line(flags, sizeof(flags), "%s/bus/pci/devices/%s/net/%s/flags",
		      finding->world->sysfs, finding->bdf, name);
	if (strtoul(flags, NULL, 0) & IFF_UP)
		ctl_append(finding->buf, finding->len, "%snetwork interface %s is up",
			   separator(finding), name);
}

static void look_at_node(void *ctx, const char *name)
{
	struct finding *finding = ctx;
	char path[PATH_MAX], users[256] = "";

	if (snprintf(path, sizeof(path), "%s/infiniband/%s", finding->world->dev, name) >=
	    (int)sizeof(path))
		return;
	if (ctl_users(finding->world->proc, path, users, sizeof(users)))
		ctl_append(finding->buf, finding->len, "%s%s opened by %s", separator(finding),
			   name, users);
}

bool bind_in_use(const struct ctl_world *world, const struct pci_sysfs_device *device,
		 char *buf, size_t len)
{
	struct finding finding = { world, device->bdf, buf, len };

	buf[0] = '\0';
	if (device->n_vfs)
		ctl_append(buf, len, "its %u virtual functions would go with it", device->n_vfs);
	ctl_folder_names(look_at_netdev, &finding, "%s/bus/pci/devices/%s/net", world->sysfs,
			 device->bdf);
	/* uverbs0; umad0 and issm0 */
	ctl_folder_names(look_at_node, &finding, "%s/bus/pci/devices/%s/infiniband_verbs",
			 world->sysfs, device->bdf);
	ctl_folder_names(look_at_node, &finding, "%s/bus/pci/devices/%s/infiniband_mad",
			 world->sysfs, device->bdf);
	return buf[0];
}

bool bind_group_in_use(const struct ctl_world *world, const struct pci_sysfs_device *device,
		       char *buf, size_t len)
{
	char path[PATH_MAX];
	int fd;

	buf[0] = '\0';
	if (snprintf(path, sizeof(path), "%s/vfio/%d", world->dev, device->group) >=
	    (int)sizeof(path))
		return false;
	if (ctl_users(world->proc, path, buf, len))
		return true;
	/* Only one process can have it open, also one that we may not look into. */
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == EBUSY) {
		ctl_append(buf, len, "another process");
		return true;
	}
	if (fd >= 0)
		close(fd);
	return false;
}
