/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the move of a device from its driver to vfio-pci and back: whole or not
 * at all. Must never know the command line.
 */
#ifndef UNDERPASSCTL_BIND_H
#define UNDERPASSCTL_BIND_H

#include <stdbool.h>
#include <stddef.h>

#include "host-backend/underpassctl/ctl.h"

#define BIND_VFIO_PCI	"vfio-pci"

/**
 * bind_to_vfio() - vfio-pci gets the device
 * @world: where
 * @bdf: long form
 * @force: also when somebody uses it
 *
 * Writes down the driver it had, which bind_back() restores. Any error puts
 * everything back as it was. A device that a driver of VFIO's has already is
 * left as it is.
 *
 * Return: enum ctl_exit; a message was given.
 */
int bind_to_vfio(const struct ctl_world *world, const char *bdf, bool force);

/**
 * bind_back() - the driver before bind_to_vfio() gets the device back
 * @world: where
 * @bdf: long form
 * @force: also a device that bind_to_vfio() did not bind: to the driver that the kernel chooses
 *
 * A device that is not VFIO's is left as it is.
 *
 * Return: enum ctl_exit; a message was given.
 */
int bind_back(const struct ctl_world *world, const char *bdf, bool force);

/* bind_record.c: what a device had before. Either is "" for none. */
struct bind_record {
	char driver[64];
	char override[64];
};

/* One command at a time. 0; -EACCES, other -errno; *@fd to be closed. */
int bind_record_lock(const struct ctl_world *world, int *fd);
/* 0, -errno; nothing or everything is written. */
int bind_record_save(const struct ctl_world *world, const char *bdf,
		     const struct bind_record *record);
/* 0; -ENOENT nothing was written down; -EBADMSG what is there is no record; -errno. */
int bind_record_load(const struct ctl_world *world, const char *bdf,
		     struct bind_record *record);
void bind_record_drop(const struct ctl_world *world, const char *bdf);

/**
 * bind_in_use() - who would miss the device if its driver went
 * @world: where
 * @device: bound to a driver of the kernel's
 * @buf: "ib0 is up; opensm (pid 812) has umad0 open", "" = nobody known
 * @len: room, bytes
 *
 * Return: whether there is anybody.
 */
bool bind_in_use(const struct ctl_world *world, const struct pci_sysfs_device *device,
		 char *buf, size_t len);

/* The same for its IOMMU group, bound to a driver of VFIO's. */
bool bind_group_in_use(const struct ctl_world *world, const struct pci_sysfs_device *device,
		       char *buf, size_t len);

#endif
