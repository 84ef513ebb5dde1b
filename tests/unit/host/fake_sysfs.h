/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns sysfs trees in a folder, for tests: devices with ids, drivers, IOMMU
 * groups. It must never know what a test is after.
 */
#ifndef TESTS_UNIT_HOST_FAKE_SYSFS_H
#define TESTS_UNIT_HOST_FAKE_SYSFS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fake_sysfs {
	char root[32];		/* for the root parameter */
};

/* Everything asserts that it worked. */
void fake_sysfs_create(struct fake_sysfs *fake);
void fake_sysfs_destroy(struct fake_sysfs *fake);

/**
 * fake_sysfs_device() - one more device
 * @fake: tree
 * @bdf: "0000:3b:00.0"
 * @vendor, @device, @class: ids
 * @driver: bound to; made if it is not there yet; NULL: none
 * @group: IOMMU group; -1: none
 */
void fake_sysfs_device(struct fake_sysfs *fake, const char *bdf, unsigned int vendor,
		       unsigned int device, unsigned int class, const char *driver, int group);
/* A file of a device, e.g. "current_link_width", "infiniband/mlx5_0/fw_ver". */
void fake_sysfs_write(struct fake_sysfs *fake, const char *bdf, const char *name,
		      const char *text);
/* @bdf becomes a virtual function of @physfn. */
void fake_sysfs_physfn(struct fake_sysfs *fake, const char *bdf, const char *physfn);
/* A driver that is loaded and has bind and unbind. */
void fake_sysfs_driver(struct fake_sysfs *fake, const char *driver);
/* What is in a file below the root, up to 127 bytes. */
void fake_sysfs_expect(struct fake_sysfs *fake, const char *path, const char *text);

#endif
