/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what a kernel does in the bed's world: binding drivers, loading modules,
 * opening HCAs. It must never know what a test is after.
 */
#ifndef TESTS_UNIT_CTL_CTL_KERNEL_H
#define TESTS_UNIT_CTL_CTL_KERNEL_H

struct ctl_bed;

/* Fills the world's calls. They belong to the bed that was attached last. */
void ctl_kernel_attach(struct ctl_bed *bed);

#endif
