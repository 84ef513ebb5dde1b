/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns a domain that stands before any other one: it writes down every call and
 * its answer, and can make some fail or lie, the fake domain's as well as the
 * kernel's. Must never know what the calls are for.
 */
#ifndef TESTS_UNIT_IOMMU_RECORDER_H
#define TESTS_UNIT_IOMMU_RECORDER_H

#include "iommu/domain.h"

struct recorded_call {
	bool unmap;
	uint64_t iova, size;
	unsigned int prot;		/* of a map, as is the next */
	uint64_t content;		/* first 8 bytes of what was to be mapped */
	int ret;
	uint64_t unmapped;		/* what the caller was told */
	bool done;			/* the domain behind was asked and agreed */
	uint64_t really;		/* bytes that it said it unmapped */
	uint64_t explained;		/* for the reader's use; 0 at first */
};

/*
 * @below: destroyed with it. Aborts when memory is out; takes no allocation away
 * from fail_alloc.
 */
struct iommu_domain *recorder_create(struct iommu_domain *below);

/* Calls since it was cleared, in order; the pointer is good until the next call. */
struct recorded_call *recorder_calls(struct iommu_domain *domain, size_t *n);
void recorder_clear(struct iommu_domain *domain);

/*
 * The @n-th map (unmap) from now on, 1 the next, does nothing and returns @err; @n 0:
 * none. The unmap says that all bytes went, which is as good as nothing said.
 */
void recorder_fail_map(struct iommu_domain *domain, uint64_t n, int err);
void recorder_fail_unmap(struct iommu_domain *domain, uint64_t n, int err);
/* The @n-th unmap returns 0 and says @bytes, whether it unmaps (@drop) or not. */
void recorder_lie(struct iommu_domain *domain, uint64_t n, uint64_t bytes, bool drop);
/* Takes back what has not happened yet. */
void recorder_disarm(struct iommu_domain *domain);

#endif
