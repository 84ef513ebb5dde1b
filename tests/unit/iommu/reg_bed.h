/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns a registrar over a fake domain, with a clock and guest memory of its own,
 * and the check of what its registrations really reach. Must never know policies.
 */
#ifndef TESTS_UNIT_IOMMU_REG_BED_H
#define TESTS_UNIT_IOMMU_REG_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "iommu/registration.h"
#include "tests/unit/iommu/fake_domain.h"

#define PAGE	4096ull
#define MIB	(1ull << 20)
#define GIB	(1ull << 30)
#define RO	IOMMU_READ
#define RW	(IOMMU_READ | IOMMU_WRITE)

#define REG_BED_REVOKED	16u

struct reg_bed {
	struct iommu_domain *domain;
	struct ioas *ioas;
	struct guest_memory *memory;
	struct iommu_registrar *registrar;
	struct iommu_owner owner;	/* without limits */
	uint64_t now;			/* ms */
	uint64_t left;
	struct iommu_registration *revoked[REG_BED_REVOKED];
	size_t n_revoked;		/* revoked() was called so often */
	uint64_t maps_when_revoked;	/* live in the domain at the first call */
};

/* Both may be NULL: all zero. Clock and callbacks are the bed's own. */
void reg_bed_open(struct reg_bed *bed, const struct fake_domain_config *domain,
		  const struct iommu_registrar_config *config);
/* All must have been deregistered; the domain must hold nothing and have found no fault. */
void reg_bed_close(struct reg_bed *bed);

/* A region over a sparse file of its own; what iommu_region_add() says. */
int reg_bed_ram(struct reg_bed *bed, uint64_t gpa, uint64_t size, unsigned int prot);

/* Must succeed. One run, or several. */
struct iommu_registration *reg_bed_one(struct reg_bed *bed, uint64_t gpa, uint64_t size,
				       uint64_t va);
struct iommu_registration *reg_bed_many(struct reg_bed *bed, const struct gpa_run *runs,
					size_t n, unsigned int access, uint64_t va);
/* Must be refused with a matching error, and nothing changed. */
struct iommu_refusal reg_bed_refused(struct reg_bed *bed, const struct gpa_run *runs,
				     size_t n, unsigned int access, uint64_t va);

/* Every page of @runs is reached through @reg's bus addresses, in order, with @prot. */
void reg_bed_reaches(struct reg_bed *bed, const struct iommu_registration *reg,
		     const struct gpa_run *runs, size_t n, unsigned int prot);
/* Nothing is mapped at any of these bus addresses. */
void reg_bed_unreachable(struct reg_bed *bed, const struct bus_run *bus, size_t n);
/* The only bus run of @reg. */
struct bus_run reg_bed_bus(const struct iommu_registration *reg);

struct iommu_registrar_stats reg_bed_stats(const struct reg_bed *bed);
struct fake_stats reg_bed_fake(const struct reg_bed *bed);
struct ioas_stats reg_bed_ioas(const struct reg_bed *bed);

#endif
