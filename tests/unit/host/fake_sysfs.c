// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns sysfs trees in a folder, for tests: devices with ids, drivers, IOMMU
 * groups. It must never know what a test is after.
 */
#include "tests/unit/host/fake_sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH(buf, ...) assert_true(snprintf(buf, sizeof(buf), __VA_ARGS__) < (int)sizeof(buf))

/* The folders on the way to @path, its last component left out. */
static void make_way(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(!mkdir(path, 0700) || errno == EEXIST);
		*slash = '/';
	}
}

static void put_file(char *path, const char *text)
{
	size_t len = strlen(text);
	int fd;

	make_way(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static void put_link(char *path, const char *target)
{
	make_way(path);
	assert_int_equal(symlink(target, path), 0);
}

void fake_sysfs_create(struct fake_sysfs *fake)
{
	char path[PATH_MAX];

	strcpy(fake->root, "/tmp/fake-sysfs-XXXXXX");
	assert_non_null(mkdtemp(fake->root));
	PATH(path, "%s/bus/pci/drivers_probe", fake->root);
	put_file(path, "");
	PATH(path, "%s/bus/pci/devices/", fake->root);
	make_way(path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void fake_sysfs_destroy(struct fake_sysfs *fake)
{
	assert_int_equal(nftw(fake->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void fake_sysfs_driver(struct fake_sysfs *fake, const char *driver)
{
	char path[PATH_MAX];

	PATH(path, "%s/bus/pci/drivers/%s/bind", fake->root, driver);
	put_file(path, "");
	PATH(path, "%s/bus/pci/drivers/%s/unbind", fake->root, driver);
	put_file(path, "");
}

void fake_sysfs_write(struct fake_sysfs *fake, const char *bdf, const char *name,
		      const char *text)
{
	char path[PATH_MAX];

	PATH(path, "%s/bus/pci/devices/%s/%s", fake->root, bdf, name);
	put_file(path, text);
}

static void write_id(struct fake_sysfs *fake, const char *bdf, const char *name,
		     unsigned int digits, unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%0*x\n", (int)digits, value);
	fake_sysfs_write(fake, bdf, name, text);
}

void fake_sysfs_device(struct fake_sysfs *fake, const char *bdf, unsigned int vendor,
		       unsigned int device, unsigned int class, const char *driver, int group)
{
	char path[PATH_MAX], target[PATH_MAX];

	write_id(fake, bdf, "vendor", 4, vendor);
	write_id(fake, bdf, "device", 4, device);
	write_id(fake, bdf, "class", 6, class);
	write_id(fake, bdf, "revision", 2, 0);
	fake_sysfs_write(fake, bdf, "driver_override", "(null)\n");
	fake_sysfs_write(fake, bdf, "numa_node", "-1\n");
	if (driver) {
		fake_sysfs_driver(fake, driver);
		PATH(path, "%s/bus/pci/devices/%s/driver", fake->root, bdf);
		PATH(target, "../../drivers/%s", driver);
		put_link(path, target);
	}
	if (group < 0)
		return;
	PATH(path, "%s/bus/pci/devices/%s/iommu_group", fake->root, bdf);
	PATH(target, "../../../../kernel/iommu_groups/%d", group);
	put_link(path, target);
	PATH(path, "%s/kernel/iommu_groups/%d/devices/%s", fake->root, group, bdf);
	PATH(target, "../../../../bus/pci/devices/%s", bdf);
	put_link(path, target);
}

void fake_sysfs_physfn(struct fake_sysfs *fake, const char *bdf, const char *physfn)
{
	char path[PATH_MAX], target[PATH_MAX];

	PATH(path, "%s/bus/pci/devices/%s/physfn", fake->root, bdf);
	PATH(target, "../%s", physfn);
	put_link(path, target);
}

void fake_sysfs_expect(struct fake_sysfs *fake, const char *path, const char *text)
{
	char full[PATH_MAX], buf[128] = "";
	int fd;

	PATH(full, "%s/%s", fake->root, path);
	fd = open(full, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(read(fd, buf, sizeof(buf) - 1) >= 0);
	close(fd);
	assert_string_equal(buf, text);
}
