/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns one scripted life of a registrar that goes on whatever fails, and checks at
 * each step what is reached and what is left. Must never know what is made to fail.
 */
#ifndef TESTS_UNIT_IOMMU_SWEEP_LIFE_H
#define TESTS_UNIT_IOMMU_SWEEP_LIFE_H

#include <stdbool.h>

#include "tests/unit/iommu/recorder.h"
#include "tests/unit/iommu/reg_bed.h"

#define SWEEP_RAM	(8 * MIB)	/* two regions of it */
#define SWEEP_REGS	6u
#define SWEEP_ERRORS	64u

struct sweep_life {
	struct reg_bed bed;
	struct iommu_domain *recorder;
	struct iommu_registrar_config config;
	struct iommu_registration *regs[SWEEP_REGS];
	int fd;
	int errors[SWEEP_ERRORS];			/* all that was told */
	size_t n_errors;
};

/* @life->fd must be open: twice SWEEP_RAM. Everything else begins anew. */
void sweep_life_prepare(struct sweep_life *life, enum iommu_policy policy, bool fall_back);
/* 0 or -errno. */
int sweep_life_begin(struct sweep_life *life);
/* Regions, registrations, reuse, revocation, the end of all. */
void sweep_life_live(struct sweep_life *life);
/* Nothing may be left but what was not confirmed, and at the very end not even that. */
void sweep_life_finish(struct sweep_life *life);
/* The three of them. */
void sweep_life_whole(struct sweep_life *life);
/* Whether some call was answered with @err. */
bool sweep_life_told(const struct sweep_life *life, int err);

#endif
