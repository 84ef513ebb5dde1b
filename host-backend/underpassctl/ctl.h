/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what all commands of underpassctl share: how they end, and the world they
 * look at. Must never know what one of them does.
 */
#ifndef UNDERPASSCTL_CTL_H
#define UNDERPASSCTL_CTL_H

#include <stdint.h>
#include <stdio.h>

#include "host-backend/hca/pci_sysfs.h"
#include "host-backend/hca/transport.h"
#include "host-backend/selftest/selftest.h"

/*
 * Exit statuses; part of what underpassctl(8) promises. From CTL_NOT_BOUND on
 * they are ordered by the effort that the remedy takes: an HCA that has several
 * of these problems ends with the highest, several HCAs with the lowest of theirs.
 */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1,			/* none of the following */
	CTL_USAGE = 2,
	CTL_NO_HCA = 3,
	CTL_NOT_BOUND = 4,		/* to vfio-pci */
	CTL_IN_USE = 5,
	CTL_MEMLOCK = 6,
	CTL_NO_PERMISSION = 7,
	CTL_GROUP_SHARED = 8,
	CTL_NO_IOMMU = 9,
	CTL_UNUSABLE = 10,		/* there, but does not work */
};

/* What is asked of a PCI device; see pci_sysfs.h for each. */
struct ctl_pci_ops {
	int (*read)(const char *root, const char *bdf, struct pci_sysfs_device *out);
	int (*override)(const char *root, const char *bdf, const char *driver);
	int (*unbind)(const char *root, const char *bdf);
	int (*bind)(const char *root, const char *bdf, const char *driver);
	int (*probe)(const char *root, const char *bdf);
};

/**
 * struct ctl_world - all that commands see and touch
 * @sysfs, @proc, @dev: where these are mounted
 * @run: folder for what must outlive a command, but not a reboot
 * @memlock: hca_memlock_limit(): bytes that this process may lock, UINT64_MAX: no limit
 * @pci: of pci_sysfs.h
 * @open: hca_transport_open()
 * @selftest: selftest_run()
 * @load: loads a kernel module: 0, -ENOENT when there is no modprobe, -EIO when
 *	that failed
 * @out, @err: results and messages
 */
struct ctl_world {
	const char *sysfs, *proc, *dev, *run;
	uint64_t memlock;
	const struct ctl_pci_ops *pci;
	int (*open)(const char *device, struct hca_transport **out,
		    struct hca_open_error *error);
	int (*selftest)(const char *device, const struct selftest_config *config,
			struct selftest_report *report);
	int (*load)(const char *module);
	FILE *out, *err;
};

/* This machine, standard output and standard error. */
void ctl_world_init(struct ctl_world *world);

/* "underpassctl: ..." and a newline, to world->err. */
void ctl_say(const struct ctl_world *world, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * ctl_main() - run the command that the arguments name
 * @world: where
 * @argc, @argv: as main() got them
 *
 * Ends the process after --help, --version, and for wrong usage (CTL_USAGE).
 *
 * Return: enum ctl_exit.
 */
int ctl_main(const struct ctl_world *world, int argc, char **argv);

/* The commands: @argv[0] is "underpassctl COMMAND". The same contract. */
int ctl_probe_command(const struct ctl_world *world, int argc, char **argv);
int ctl_bind_command(const struct ctl_world *world, int argc, char **argv);
int ctl_unbind_command(const struct ctl_world *world, int argc, char **argv);
int ctl_selftest_command(const struct ctl_world *world, int argc, char **argv);
int ctl_status_command(const struct ctl_world *world, int argc, char **argv);
int ctl_objects_command(const struct ctl_world *world, int argc, char **argv);
int ctl_stats_command(const struct ctl_world *world, int argc, char **argv);
int ctl_metrics_command(const struct ctl_world *world, int argc, char **argv);

#endif
