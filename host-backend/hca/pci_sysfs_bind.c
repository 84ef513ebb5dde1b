// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the changes that can be made to PCI devices through sysfs: bind, unbind,
 * driver_override. Must never know what the devices are for.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host-backend/hca/pci_sysfs.h"

/* -ENOENT: no such file. The kernel wants the whole word in one write. */
static int write_word(const char *path, const char *word)
{
	size_t len = strlen(word);
	ssize_t n;
	int fd, ret = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, word, len);
	if (n < 0)
		ret = -errno;
	else if ((size_t)n != len)
		ret = -EIO;
	close(fd);
	return ret;
}

static int device_exists(const char *root, const char *bdf)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/bus/pci/devices/%s", root, bdf) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	return access(path, F_OK) ? -ENODEV : 0;
}

int pci_sysfs_override(const char *root, const char *bdf, const char *driver)
{
	char path[PATH_MAX], word[80];
	int ret;

	ret = device_exists(root, bdf);
	if (ret)
		return ret;
	if (snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/driver_override", root, bdf) >=
	    (int)sizeof(path) ||
	    snprintf(word, sizeof(word), "%s\n", driver ? driver : "") >= (int)sizeof(word))
		return -ENAMETOOLONG;
	return write_word(path, word);	/* a line of nothing takes the override away */
}

int pci_sysfs_unbind(const char *root, const char *bdf)
{
	char path[PATH_MAX];
	int ret;

	ret = device_exists(root, bdf);
	if (ret)
		return ret;
	if (snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/driver/unbind", root, bdf) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	ret = write_word(path, bdf);
	return ret == -ENOENT ? 0 : ret;
}

int pci_sysfs_bind(const char *root, const char *bdf, const char *driver)
{
	char path[PATH_MAX];
	int ret;

	ret = device_exists(root, bdf);
	if (ret)
		return ret;
	if (snprintf(path, sizeof(path), "%s/bus/pci/drivers/%s/bind", root, driver) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	return write_word(path, bdf);
}

int pci_sysfs_probe(const char *root, const char *bdf)
{
	char path[PATH_MAX];
	int ret;

	ret = device_exists(root, bdf);
	if (ret)
		return ret;
	if (snprintf(path, sizeof(path), "%s/bus/pci/drivers_probe", root) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return write_word(path, bdf);
}
