// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what Linux says about PCI devices in sysfs. Must never know VFIO's
 * ioctls, nor what the devices are for; changes nothing (pci_sysfs_bind.c does).
 */
#include "host-backend/hca/pci_sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUPS	"kernel/iommu_groups"

/* "0000:3b:00.0"; the domain has 4 hex digits, behind some bridges (VMD) more. */
static bool is_bdf(const char *s)
{
	unsigned int n = 0;

	while (isxdigit((unsigned char)s[n]))
		n++;
	if (n < 4 || n > 7)
		return false;
	s += n;
	return s[0] == ':' && isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2]) &&
	       s[3] == ':' && (s[4] == '0' || s[4] == '1') && isxdigit((unsigned char)s[5]) &&
	       s[6] == '.' && s[7] >= '0' && s[7] <= '7' && !s[8];
}

int pci_bdf_parse(const char *text, char bdf[PCI_BDF_SIZE])
{
	char buf[PCI_BDF_SIZE];
	unsigned int i;
	int n;

	n = snprintf(buf, sizeof(buf), "%s%s",
		     strchr(text, ':') == strrchr(text, ':') ? "0000:" : "", text);
	if (n < 0 || n >= (int)sizeof(buf) || !is_bdf(buf))
		return -EINVAL;
	for (i = 0; buf[i]; i++)
		bdf[i] = (char)tolower((unsigned char)buf[i]);
	bdf[i] = '\0';
	return 0;
}

/* The first line of a file without its end; "" when there is none. */
static int read_line(const char *root, const char *bdf, const char *name, char *buf, size_t len)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd, ret = 0;

	buf[0] = '\0';
	if (snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", root, bdf, name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	if (n < 0) {
		ret = -errno;
		n = 0;
	}
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	close(fd);
	return ret;
}

/* The file must hold nothing but a number up to @max. */
static int read_number(const char *root, const char *bdf, const char *name, long max, long *out)
{
	char buf[64], *end;
	long value;
	int ret;

	ret = read_line(root, bdf, name, buf, sizeof(buf));
	if (ret)
		return ret;
	errno = 0;
	value = strtol(buf, &end, 0);
	if (errno || end == buf || *end || value > max)
		return -EIO;
	*out = value;
	return 0;
}

/* What a link's last component is; "" when there is no such link. */
static void read_link(const char *root, const char *bdf, const char *name, char *buf, size_t len)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	ssize_t n;

	buf[0] = '\0';
	if (snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", root, bdf, name) >=
	    (int)sizeof(path))
		return;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return;
	target[n] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	if (strlen(last) < len)
		strcpy(buf, last);
}

static void read_group(const char *root, struct pci_sysfs_device *out)
{
	char name[16], *end;
	long group;

	out->group = -1;
	read_link(root, out->bdf, "iommu_group", name, sizeof(name));
	if (!isdigit((unsigned char)name[0]))
		return;
	group = strtol(name, &end, 10);
	if (!*end && group <= INT_MAX)
		out->group = (int)group;
}

static void read_rdma(const char *root, struct pci_sysfs_device *out)
{
	char path[PATH_MAX], name[sizeof(out->rdma) + 24];
	struct dirent *entry;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/infiniband", root, out->bdf) >=
	    (int)sizeof(path))
		return;
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < sizeof(out->rdma))
			strcpy(out->rdma, entry->d_name);
	closedir(dir);
	if (!out->rdma[0])
		return;
	snprintf(name, sizeof(name), "infiniband/%s/fw_ver", out->rdma);
	read_line(root, out->bdf, name, out->firmware, sizeof(out->firmware));
}

static void read_rest(const char *root, struct pci_sysfs_device *out)
{
	const char *bdf = out->bdf;
	long value;

	read_link(root, bdf, "driver", out->driver, sizeof(out->driver));
	read_line(root, bdf, "driver_override", out->driver_override,
		  sizeof(out->driver_override));
	if (!strcmp(out->driver_override, "(null)"))
		out->driver_override[0] = '\0';
	read_link(root, bdf, "physfn", out->physfn, sizeof(out->physfn));
	out->is_vf = out->physfn[0];
	if (!read_number(root, bdf, "sriov_numvfs", INT_MAX, &value) && value >= 0)
		out->n_vfs = (unsigned int)value;
	if (!read_number(root, bdf, "sriov_totalvfs", INT_MAX, &value) && value >= 0)
		out->max_vfs = (unsigned int)value;
	out->numa_node = -1;
	if (!read_number(root, bdf, "numa_node", INT_MAX, &value) && value >= 0)
		out->numa_node = (int)value;
	read_line(root, bdf, "current_link_speed", out->link_speed, sizeof(out->link_speed));
	if (!strncmp(out->link_speed, "Unknown", strlen("Unknown")))
		out->link_speed[0] = '\0';
	if (!read_number(root, bdf, "current_link_width", 64, &value) && value >= 0)
		out->link_width = (unsigned int)value;
	read_group(root, out);
	read_rdma(root, out);
}

int pci_sysfs_read(const char *root, const char *bdf, struct pci_sysfs_device *out)
{
	long vendor, device, class, revision = 0;
	int ret;

	memset(out, 0, sizeof(*out));
	if (!is_bdf(bdf) || strlen(bdf) >= sizeof(out->bdf))
		return -ENODEV;
	strcpy(out->bdf, bdf);
	ret = read_number(root, bdf, "vendor", UINT16_MAX, &vendor);
	if (ret)
		return ret == -ENOENT ? -ENODEV : -EIO;
	if (read_number(root, bdf, "device", UINT16_MAX, &device) ||
	    read_number(root, bdf, "class", 0xffffff, &class))
		return -EIO;
	read_number(root, bdf, "revision", UINT8_MAX, &revision);
	out->vendor = (uint16_t)vendor;
	out->device = (uint16_t)device;
	out->class = (uint32_t)class;
	out->revision = (uint8_t)revision;
	read_rest(root, out);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct pci_sysfs_device *)a)->bdf,
		      ((const struct pci_sysfs_device *)b)->bdf);
}

/* All devices named in a folder. */
static int list_folder(const char *root, const char *folder,
		       bool (*want)(const struct pci_sysfs_device *device),
		       struct pci_sysfs_device **out, size_t *n)
{
	struct pci_sysfs_device *list = NULL, *more, one;
	struct dirent *entry;
	char path[PATH_MAX];
	size_t used = 0;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/%s", root, folder) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (pci_sysfs_read(root, entry->d_name, &one) || (want && !want(&one)))
			continue;
		more = reallocarray(list, used + 1, sizeof(*list));
		if (!more) {
			free(list);
			closedir(dir);
			return -ENOMEM;
		}
		list = more;
		list[used++] = one;
	}
	closedir(dir);
	if (used)
		qsort(list, used, sizeof(*list), by_name);
	*out = list;
	*n = used;
	return 0;
}

int pci_sysfs_list(const char *root, bool (*want)(const struct pci_sysfs_device *device),
		   struct pci_sysfs_device **out, size_t *n)
{
	return list_folder(root, "bus/pci/devices", want, out, n);
}

int pci_sysfs_group(const char *root, int group, struct pci_sysfs_device **out, size_t *n)
{
	char folder[64];

	snprintf(folder, sizeof(folder), GROUPS "/%d/devices", group);
	return list_folder(root, folder, NULL, out, n);
}

/* As the kernel sees it: vfio_group_viable(), or drivers with driver_managed_dma. */
bool pci_sysfs_in_the_way(const struct pci_sysfs_device *device)
{
	return device->driver[0] && !pci_driver_is_vfio(device->driver) &&
	       strcmp(device->driver, "pci-stub") && strcmp(device->driver, "pcieport");
}

bool pci_driver_is_vfio(const char *driver)
{
	/* vfio-pci, mlx5_vfio_pci, hisi-acc-vfio-pci, nvgrace-gpu-vfio-pci ... */
	return strstr(driver, "vfio-pci") || strstr(driver, "vfio_pci");
}

int pci_sysfs_in_the_way_text(const char *root, int group, const char *except, char *buf,
			      size_t len)
{
	struct pci_sysfs_device *list;
	int ret, count = 0;
	size_t n, i, used = 0;

	ret = pci_sysfs_group(root, group, &list, &n);
	if (ret)
		return ret;
	buf[0] = '\0';
	for (i = 0; i < n; i++) {
		if (!pci_sysfs_in_the_way(&list[i]) || !strcmp(list[i].bdf, except))
			continue;
		count++;
		if (used < len)
			used += (size_t)snprintf(buf + used, len - used, "%s%s (%s)",
						 used ? ", " : "", list[i].bdf, list[i].driver);
	}
	free(list);
	return count;
}

bool pci_sysfs_has_iommu(const char *root)
{
	struct dirent *entry;
	char path[PATH_MAX];
	bool found = false;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/" GROUPS, root) >= (int)sizeof(path))
		return false;
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.';
	closedir(dir);
	return found;
}
