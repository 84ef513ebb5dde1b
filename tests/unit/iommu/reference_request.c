// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the reference model's view of a request: what it should be refused for,
 * page by page and run against run. Must never know policies.
 */
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/iommu/reference_private.h"

int ref_page_of(uint64_t gpa)
{
	if (gpa >= REF_HIGH)
		return (int)(REF_LOW_PAGES + (gpa - REF_HIGH) / REF_PAGE);
	if (gpa >= REF_LOW && gpa - REF_LOW < REF_LOW_PAGES * REF_PAGE)
		return (int)((gpa - REF_LOW) / REF_PAGE);
	return -1;
}

uint64_t ref_gpa_of(unsigned int page)
{
	if (page >= REF_LOW_PAGES)
		return REF_HIGH + (page - REF_LOW_PAGES) * REF_PAGE;
	return REF_LOW + page * REF_PAGE;
}

uint64_t ref_stamp(unsigned int file, uint64_t page)
{
	return 0x756e646572ull << 24 | file << 16 | page;
}

static int refuse(struct iommu_refusal *refusal, enum iommu_reason reason, int err, uint64_t at)
{
	*refusal = (struct iommu_refusal){ .reason = reason, .err = err, .at = at };
	return err;
}

/* Rules for each run by itself, and for all of their bytes. */
static int check_shape(const struct iommu_request *request, struct iommu_refusal *refusal)
{
	unsigned __int128 total = 0, all = (unsigned __int128)UINT64_MAX;

	for (size_t i = 0; i < request->n_runs; i++) {
		struct gpa_run run = request->runs[i];

		total += run.size;
		if (!run.size)
			return refuse(refusal, IOMMU_EMPTY, -EINVAL, run.gpa);
		if (run.gpa % REF_PAGE || run.size % REF_PAGE)
			return refuse(refusal, IOMMU_UNALIGNED, -EINVAL, run.gpa);
		if ((unsigned __int128)run.gpa + run.size > all + 1 || total > all)
			return refuse(refusal, IOMMU_WRAPS, -EINVAL, run.gpa);
	}
	return 0;
}

/* Every run against every other: the lowest page that is named twice. */
static int check_overlap(const struct iommu_request *request, struct iommu_refusal *refusal)
{
	bool found = false;
	uint64_t lowest = 0;

	for (size_t i = 0; i < request->n_runs; i++) {
		for (size_t j = 0; j < i; j++) {
			struct gpa_run a = request->runs[i], b = request->runs[j];
			uint64_t start = a.gpa > b.gpa ? a.gpa : b.gpa;

			if (start - a.gpa >= a.size || start - b.gpa >= b.size)
				continue;
			if (!found || start < lowest)
				lowest = start;
			found = true;
		}
	}
	return found ? refuse(refusal, IOMMU_OVERLAP, -EEXIST, lowest) : 0;
}

static int check_pages(const struct reference *ref, const struct iommu_request *request,
		       struct iommu_refusal *refusal)
{
	for (size_t i = 0; i < request->n_runs; i++) {
		struct gpa_run run = request->runs[i];

		for (uint64_t at = 0; at < run.size; at += REF_PAGE) {
			int page = ref_page_of(run.gpa + at);

			if (page < 0 || ref->pages[page].region == REF_NO_REGION)
				return refuse(refusal, IOMMU_NOT_RAM, -EFAULT, run.gpa + at);
			if (request->access & ~ref->pages[page].prot)
				return refuse(refusal, IOMMU_READ_ONLY, -EACCES, run.gpa + at);
		}
	}
	return 0;
}

static int check_quota(const struct reference *ref, const struct iommu_request *request,
		       struct iommu_refusal *refusal)
{
	const struct iommu_owner *owner = request->owner;
	uint64_t bytes = 0;

	for (size_t i = 0; i < request->n_runs; i++)
		bytes += request->runs[i].size;
	if (ref->used_bytes + bytes > owner->max_bytes) {
		refuse(refusal, IOMMU_OWNER_BYTES, -EDQUOT, 0);
		refusal->wanted = ref->used_bytes + bytes;
		refusal->limit = owner->max_bytes;
	} else if (ref->used_count + 1 > owner->max_registrations) {
		refuse(refusal, IOMMU_OWNER_COUNT, -EDQUOT, 0);
		refusal->wanted = ref->used_count + 1;
		refusal->limit = owner->max_registrations;
	}
	return refusal->err;
}

int ref_request_check(const struct reference *ref, const struct iommu_request *request,
		      struct iommu_refusal *refusal)
{
	int ret;

	*refusal = (struct iommu_refusal){ .reason = IOMMU_OK };
	if (!request->access || request->access & ~(IOMMU_READ | IOMMU_WRITE))
		return refuse(refusal, IOMMU_BAD_ACCESS, -EINVAL, 0);
	if (request->va % REF_PAGE)
		return refuse(refusal, IOMMU_UNALIGNED, -EINVAL, request->va);
	if (!request->n_runs)
		return refuse(refusal, IOMMU_EMPTY, -EINVAL, 0);
	if (request->n_runs > IOMMU_MAX_RUNS) {
		ret = refuse(refusal, IOMMU_TOO_MANY_RUNS, -E2BIG, 0);
		refusal->wanted = request->n_runs;
		refusal->limit = IOMMU_MAX_RUNS;
		return ret;
	}
	ret = check_shape(request, refusal);
	if (!ret)
		ret = check_overlap(request, refusal);
	if (!ret)
		ret = check_pages(ref, request, refusal);
	if (!ret)
		ret = check_quota(ref, request, refusal);
	return ret;
}

unsigned int *ref_request_pages(const struct iommu_request *request, size_t *n)
{
	unsigned int *pages;
	size_t at = 0;

	*n = 0;
	for (size_t i = 0; i < request->n_runs; i++)
		*n += request->runs[i].size / REF_PAGE;
	pages = calloc(*n, sizeof(*pages));
	if (!pages)
		abort();
	for (size_t i = 0; i < request->n_runs; i++)
		for (uint64_t off = 0; off < request->runs[i].size; off += REF_PAGE)
			pages[at++] = (unsigned int)ref_page_of(request->runs[i].gpa + off);
	return pages;
}
