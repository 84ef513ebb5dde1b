/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what iommu/ should do, said a second time and as simply as possible: an
 * array of guest pages, lists searched from end to end. After each operation on
 * the real registrar it works out what had to happen and compares: answers,
 * calls of the domain, counters, and at times each page of each mapping. Must
 * never look into iommu/'s own structures.
 *
 * It never predicts a bus address nor the order in which a domain is called: it
 * explains the calls that a recorder wrote down, and every one must be explained.
 */
#ifndef TESTS_UNIT_IOMMU_REFERENCE_H
#define TESTS_UNIT_IOMMU_REFERENCE_H

#include "iommu/registration.h"

/* Guest-physical pages: some on both sides of 4 GiB, and the last ones there are. */
#define REF_PAGE	4096ull
#define REF_PAGES	2048u
#define REF_LOW_PAGES	1920u
#define REF_LOW		(0x100000000ull - REF_LOW_PAGES / 2 * REF_PAGE)
#define REF_HIGH	(0ull - (REF_PAGES - REF_LOW_PAGES) * REF_PAGE)

/* Memory files; each page begins with its stamp. */
#define REF_FILES	2u
#define REF_FILE_PAGES	2048u

/* Bus addresses of a domain that has few: one range of at most so many, not at 0. */
#define REF_TIGHT_PAGES	1024u

/* -1: not one of ours. */
int ref_page_of(uint64_t gpa);
uint64_t ref_gpa_of(unsigned int page);
uint64_t ref_stamp(unsigned int file, uint64_t page);

struct reference;

struct ref_setup {
	struct iommu_registrar_config config;	/* no defaults: all filled in */
	struct iommu_domain *recorder;		/* the domain that the registrar uses */
	struct iommu_domain *fake;		/* behind it; NULL: not a fake one, cannot be looked into */
	struct ioas *ioas;
	struct iommu_registrar *registrar;
	uint64_t max_maps;			/* UINT64_MAX: no limit */
	bool roomy;				/* bus addresses never run short; else see REF_TIGHT_PAGES */
};

struct reference *reference_create(const struct ref_setup *setup);
void reference_destroy(struct reference *ref);

/*
 * Each of these comes right after the call on the registrar and takes its answer.
 * Return: NULL, or in a sentence what is wrong; good until the next call.
 */
const char *reference_region_add(struct reference *ref, uint64_t gpa, uint64_t size,
				 unsigned int prot, unsigned int file, uint64_t offset,
				 int ret);
const char *reference_region_remove(struct reference *ref, uint64_t gpa, uint64_t size,
				    int ret);
/* @reg: if @ret is 0. The owner's use is compared, too. */
const char *reference_register(struct reference *ref, const struct iommu_request *request,
			       int ret, struct iommu_registration *reg,
			       const struct iommu_refusal *refusal);
/* @reg is only a name by now. */
const char *reference_end(struct reference *ref, struct iommu_registration *reg,
			  bool abandoned, int ret);
const char *reference_tick(struct reference *ref, int ret);
const char *reference_flush(struct reference *ref, int ret);
/* To be called by the registrar's revoked(). */
void reference_revoked(struct reference *ref, struct iommu_registration *reg);

/* Every page of every mapping; only over a fake domain. Cheaper comparisons come with each operation. */
const char *reference_compare_all(struct reference *ref);

/* What is live, for the choice of operations. */
size_t reference_live(const struct reference *ref);
struct iommu_registration *reference_live_at(const struct reference *ref, size_t i);
size_t reference_regions(const struct reference *ref);
void reference_region_at(const struct reference *ref, size_t i, uint64_t *gpa, uint64_t *size);
/* Whether a page is mapped at this bus address: 1 yes, 0 no, -1 not known (quarantine). */
int reference_maps(const struct reference *ref, uint64_t iova);

#endif
