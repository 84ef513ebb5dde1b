/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the bed of the address space's tests: a space over a fake domain, and
 * what both count. It must never know what a test is after.
 */
#ifndef TESTS_UNIT_IOMMU_IOAS_BED_H
#define TESTS_UNIT_IOMMU_IOAS_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "iommu/ioas.h"
#include "tests/unit/iommu/fake_domain.h"

#define IOAS_BED_PAGE	4096ull
#define IOAS_BED_RW	(IOMMU_READ | IOMMU_WRITE)

enum { IOAS_BED_MAPS = 100, IOAS_BED_PARTS = 5 };

struct ioas_bed {
	struct iommu_domain *domain;
	struct ioas *ioas;
	uint64_t left;		/* mappings that the domain still had at its end */
};

/* @config.left is the bed's own. */
void ioas_bed_open(struct ioas_bed *bed, const struct fake_domain_config *config);
/* Nothing armed may be left, no rule broken, and after the end nothing mapped. */
void ioas_bed_close(struct ioas_bed *bed);

/* For cmocka: *state is a bed whose domain has IOAS_BED_MAPS mappings. */
int ioas_bed_setup(void **state);
int ioas_bed_teardown(void **state);

struct iova_block *ioas_bed_take(struct ioas_bed *bed, uint64_t size);
/* Taken, and mapped in one segment. */
struct iova_block *ioas_bed_map(struct ioas_bed *bed, uint64_t size);
/* Unmapped as one mapping, and given back. */
void ioas_bed_unmap(struct ioas_bed *bed, struct iova_block *block);

/* IOAS_BED_PARTS segments of 1, 2, 3 ... pages: IOAS_BED_PARTS_BYTES together. */
void ioas_bed_parts(struct ioas_segment *parts);
#define IOAS_BED_PARTS_BYTES	(15 * IOAS_BED_PAGE)

/* What is live, by the space and by its count of calls. The domain has IOAS_BED_MAPS. */
void ioas_bed_check_live(struct ioas_bed *bed, uint64_t maps, uint64_t bytes);
void ioas_bed_check_quarantine(struct ioas_bed *bed, uint64_t blocks, uint64_t bytes,
			       uint64_t maps);
uint64_t ioas_bed_unmap_calls(struct ioas_bed *bed);

#endif
