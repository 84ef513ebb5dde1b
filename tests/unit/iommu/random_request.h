/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns random requests: good ones over the regions there are, and every kind of
 * bad one. Must never know what becomes of them.
 */
#ifndef TESTS_UNIT_IOMMU_RANDOM_REQUEST_H
#define TESTS_UNIT_IOMMU_RANDOM_REQUEST_H

#include "tests/unit/iommu/reference.h"

#define RANDOM_RUNS	12u

struct random_request {
	struct gpa_run runs[RANDOM_RUNS];
	size_t n_runs;
	unsigned int access;
	uint64_t va;
};

uint64_t random_next(uint64_t *seed);
/* One of 0 .. @n - 1. */
uint64_t random_below(uint64_t *seed, uint64_t n);
/* True in @percent of all cases. */
bool random_percent(uint64_t *seed, unsigned int percent);

/* About one in ten is bad on purpose, some more by chance. */
void random_request_make(uint64_t *seed, const struct reference *ref,
			 struct random_request *request);

#endif
