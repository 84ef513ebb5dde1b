/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns an IOMMU domain that lives in a table: it checks every rule of
 * iommu/domain.h and can be told to fail or to lie. Must never know who
 * asked for a mapping.
 */
#ifndef TESTS_UNIT_IOMMU_FAKE_DOMAIN_H
#define TESTS_UNIT_IOMMU_FAKE_DOMAIN_H

#include "iommu/domain.h"

/* All zero is a domain like that of type1 on x86, without a limit. */
struct fake_domain_config {
	const struct iova_range *ranges;	/* copied; NULL: 48 bits without 0xfee00000..0xfeefffff */
	size_t n_ranges;
	uint64_t page_sizes;	/* 0: every power of two from 4 KiB on */
	uint64_t max_maps;	/* 0: no limit. Read again at each map: caps.max_maps may be changed */
	bool incoherent;
	bool needs_hva;
	/* Keep no table: map and unmap check nothing, always succeed and are only counted. */
	bool null;
	uint64_t *left;		/* told by destroy(): mappings that were still there; may be NULL */
};

struct fake_mapping {
	uint64_t iova, size;
	unsigned int prot;
	struct iommu_backing backing;
};

struct fake_stats {
	uint64_t maps, bytes;			/* live; in null mode 0 */
	uint64_t map_calls, unmap_calls;	/* ever, failed ones included */
	uint64_t violations;			/* calls that broke a rule of domain.h, all refused */
	const char *violation;			/* which rule the last one broke, NULL: none */
};

/* Aborts when memory is out. */
struct iommu_domain *fake_domain_create(const struct fake_domain_config *config);

/*
 * The @n-th map (unmap) from now on, 1 the next one, does nothing and returns
 * @err (-errno). Once; @n 0: take that back.
 */
void fake_domain_fail_map(struct iommu_domain *domain, uint64_t n, int err);
void fake_domain_fail_unmap(struct iommu_domain *domain, uint64_t n, int err);
/*
 * The @n-th unmap from now on returns 0 and says it unmapped @bytes, whether it
 * does (@drop) or not. Where fake_domain_fail_unmap() is for the same call: its
 * error instead of 0.
 */
void fake_domain_lie(struct iommu_domain *domain, uint64_t n, uint64_t bytes, bool drop);
/* Takes back all of the above that has not happened yet; true if there was any. */
bool fake_domain_disarm(struct iommu_domain *domain);

void fake_domain_stats(const struct iommu_domain *domain, struct fake_stats *stats);

/*
 * Where a byte at @iova leads: @backing and @prot are filled (either may be
 * NULL), @backing moved on to the very byte. False: nowhere. Logarithmic.
 */
bool fake_domain_lookup(const struct iommu_domain *domain, uint64_t iova,
			struct iommu_backing *backing, unsigned int *prot);

/* Walk in ascending order: NULL starts, NULL ends. */
const struct fake_mapping *fake_domain_next(const struct iommu_domain *domain,
					    const struct fake_mapping *after);

#endif
