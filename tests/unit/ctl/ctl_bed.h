/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the bed of underpassctl's tests: a world in a temporary folder with
 * sysfs, procfs and /dev as far as commands look at them, a kernel that binds
 * drivers there, and HCAs that can be opened. It must never know what a test
 * is after.
 *
 * All functions assert that they worked.
 */
#ifndef TESTS_UNIT_CTL_CTL_BED_H
#define TESTS_UNIT_CTL_CTL_BED_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host-backend/underpassctl/ctl.h"
#include "tests/unit/iommu/fake_domain.h"

/**
 * struct ctl_bed - world and what is to happen in it
 * @dir: the temporary folder; holds sys, proc, dev, run
 * @world: of the product, in that folder; may be changed by the test
 * @out, @err: what the last ctl_bed_run() printed
 * @open_ret, @open_text: error of the next openings; 0: they succeed
 * @domain: of the HCAs that are opened
 * @fw_rev, @fw_sub, @initializing: registers of their init segment
 * @vendor, @device, @config_ret: what their configuration space says, and its error
 * @opened, @closed, @last_opened: counts of openings that succeeded, of closings, and whose was last
 * @domains_left: mappings in domains that were destroyed
 * @fail_at, @fail_ret: the N-th change to a device from now on fails, 0: none; others
 *	after it work unless @fail_on
 * @ignore_at: the N-th change claims to work and does nothing
 * @changes: made so far, failed ones included
 * @modules: loading these works, and brings a driver of that name; a space after each
 * @loaded: what was asked for, a space after each
 */
struct ctl_bed {
	char dir[64];
	char sys[80], proc[80], dev[80], run[80];
	struct ctl_world world;
	char *out, *err;
	int open_ret;
	const char *open_text;
	struct fake_domain_config domain;
	uint32_t fw_rev, fw_sub, initializing;
	uint16_t vendor, device;
	int config_ret;
	unsigned int opened, closed;
	char last_opened[128];
	uint64_t maps_left;
	unsigned int fail_at, ignore_at, changes;
	int fail_ret;
	bool fail_on;
	const char *modules;
	char loaded[64];
};

/* For cmocka: *state is a struct ctl_bed with no device, an IOMMU without groups, no limit of memory. */
int ctl_bed_setup(void **state);
int ctl_bed_teardown(void **state);

/* A file below the folder, and those it stands in. */
void ctl_bed_file(struct ctl_bed *bed, const char *content, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A symbolic link below it, to a path below it. */
void ctl_bed_link(struct ctl_bed *bed, const char *target, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Takes a file or link away. */
void ctl_bed_remove(struct ctl_bed *bed, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * ctl_bed_pci() - a PCI device in sysfs
 * @bdf: long form
 * @ids: vendor << 16 | device
 * @driver: bound to, NULL: none; the driver comes to exist
 * @group: IOMMU group, -1: none
 */
void ctl_bed_pci(struct ctl_bed *bed, const char *bdf, uint32_t ids, const char *driver, int group);
/* An HCA like a ConnectX-4 with firmware 12.28.2006, known as mlx5_0 where the driver is mlx5_core. */
void ctl_bed_hca(struct ctl_bed *bed, const char *bdf, const char *driver, int group);
void ctl_bed_driver(struct ctl_bed *bed, const char *driver);
/* A process that has a file of the world's /dev open. */
void ctl_bed_process(struct ctl_bed *bed, int pid, const char *name, const char *dev_file);

/* "mlx5_core", "" = none; what driver_override holds. */
const char *ctl_bed_bound(struct ctl_bed *bed, const char *bdf);
const char *ctl_bed_override(struct ctl_bed *bed, const char *bdf);

/* Runs "underpassctl WORDS", fills out and err. Returns the exit status. */
int ctl_bed_run(struct ctl_bed *bed, const char *words);
/* The same in a child, for what ends the process. */
int ctl_bed_run_child(struct ctl_bed *bed, const char *words);

void ctl_bed_assert_in(const char *text, const char *part);
void ctl_bed_assert_not_in(const char *text, const char *part);

#endif
