/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns random lives of a registrar: everything it can be asked for, in any order,
 * beside the reference model and compared with it after each operation. Must
 * never know how a test program reports.
 */
#ifndef TESTS_UNIT_IOMMU_RANDOM_LIFE_H
#define TESTS_UNIT_IOMMU_RANDOM_LIFE_H

#include "tests/unit/iommu/fake_domain.h"
#include "tests/unit/iommu/reference.h"

/* One life lasts so many operations; then all begins anew, configured otherwise. */
#define RANDOM_LIFE_OPS	4000u

struct random_config {
	enum iommu_policy policy;
	uint64_t seed, ops;
	/*
	 * A domain for one life: as @wish says where it can. Its maps are looked
	 * into where it is a fake one (@fake set).
	 */
	struct iommu_domain *(*open)(void *ctx, const struct fake_domain_config *wish, bool *fake);
	void (*close)(void *ctx);	/* after a life; may be NULL */
	void *ctx;
};

/* What happened, so that nobody takes a run in which nothing did for a good one. */
struct random_counts {
	uint64_t reasons[IOMMU_NOT_CONFIRMED + 1];	/* registrations by what was said of them */
	uint64_t reuses, fallbacks, revoked;
	uint64_t not_confirmed;				/* ends that were not */
	uint64_t regions, compares, probes;
	uint64_t quarantined;				/* blocks */
	uint64_t most_live, most_maps;
};

/*
 * Return: 0, or 1 and a text that says what differed, and which seed and how many
 * operations show it again.
 */
int random_lives(const struct random_config *config, struct random_counts *counts,
		 char *text, size_t len);

#endif
