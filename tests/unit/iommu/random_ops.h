/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the state of a random life and its single operations. Must never be used
 * outside of tests/unit/iommu/random_*.c.
 */
#ifndef TESTS_UNIT_IOMMU_RANDOM_OPS_H
#define TESTS_UNIT_IOMMU_RANDOM_OPS_H

#include "tests/unit/iommu/random_life.h"
#include "tests/unit/iommu/random_request.h"

#define RANDOM_OWNERS	3u
#define RANDOM_KEPT	16u	/* requests that are made again, and bus addresses */

struct random_life {
	const struct random_config *config;
	struct random_counts *counts;
	uint64_t seed, now;
	struct iommu_domain *recorder, *fake;
	struct ioas *ioas;
	struct guest_memory *memory;
	struct iommu_registrar *registrar;
	struct reference *ref;
	struct iommu_owner owners[RANDOM_OWNERS];
	struct random_request kept[RANDOM_KEPT];
	uint64_t buses[RANDOM_KEPT];
	unsigned int n_kept;
	uint64_t left;			/* mappings that a fake domain was left with */
	int files[REF_FILES];
};

/* One operation, compared; @growing: more begins than ends. NULL or what is wrong. */
const char *random_step(struct random_life *life, bool growing);

#endif
