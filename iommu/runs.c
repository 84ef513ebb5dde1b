// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the rules that guest-physical runs must keep. Must never know bus
 * addresses.
 */
#include "iommu/runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "iommu/array.h"
#include "iommu/refusal.h"
#include "iommu/run_order.h"

#define PAGE_MASK	4095ull
#define RUNS_INLINE	4u

/* A private copy: the caller's runs may change under our eyes. */
struct run_copy {
	struct gpa_run *v;
	size_t n;
	uint64_t size;			/* bytes of all */
	bool ascending;			/* so nothing can be named twice */
	struct gpa_run few[RUNS_INLINE];
};

static void copy_free(struct run_copy *copy)
{
	array_free(copy->v, copy->few);
}

/* Rules that one run must keep, and all runs together. */
static int check_run(const struct run_copy *copy, struct gpa_run run,
		     struct iommu_refusal *refusal)
{
	if (!run.size)
		return iommu_refuse_at(refusal, IOMMU_EMPTY, run.gpa);
	if ((run.gpa | run.size) & PAGE_MASK)
		return iommu_refuse_at(refusal, IOMMU_UNALIGNED, run.gpa);
	if (run.size - 1 > UINT64_MAX - run.gpa || run.size > UINT64_MAX - copy->size)
		return iommu_refuse_at(refusal, IOMMU_WRAPS, run.gpa);
	return 0;
}

static int copy_runs(const struct iommu_request *request, struct run_copy *copy,
		     struct iommu_refusal *refusal)
{
	uint64_t last = 0;
	int ret;

	copy->v = copy->few;
	copy->n = request->n_runs;
	copy->size = 0;
	copy->ascending = true;
	if (request->n_runs > RUNS_INLINE)
		copy->v = reallocarray(NULL, request->n_runs, sizeof(*copy->v));
	if (!copy->v)
		return iommu_refuse(refusal, IOMMU_NO_MEMORY, 0, 0);
	for (size_t i = 0; i < copy->n; i++) {
		struct gpa_run run = request->runs[i];

		ret = check_run(copy, run, refusal);
		if (ret)
			goto free_copy;
		if (i && run.gpa <= last)
			copy->ascending = false;
		last = run.gpa + (run.size - 1);
		copy->v[i] = run;
		copy->size += run.size;
	}
	return 0;

free_copy:
	copy_free(copy);
	return ret;
}

static int check_overlap(const struct run_copy *copy, struct iommu_refusal *refusal)
{
	struct gpa_run few[2 * RUNS_INLINE], *room = few, *sorted;
	int ret = 0;

	if (copy->ascending)
		return 0;
	if (copy->n > RUNS_INLINE)
		room = reallocarray(NULL, 2 * copy->n, sizeof(*room));
	if (!room)
		return iommu_refuse(refusal, IOMMU_NO_MEMORY, 0, 0);
	memcpy(room, copy->v, copy->n * sizeof(*room));
	sorted = run_order_sort(room, room + copy->n, copy->n);
	for (size_t i = 1; i < copy->n && !ret; i++)
		if (sorted[i].gpa - sorted[i - 1].gpa < sorted[i - 1].size)
			ret = iommu_refuse_at(refusal, IOMMU_OVERLAP, sorted[i].gpa);
	array_free(room, few);
	return ret;
}

static int add_piece(struct piece_list *list, struct memory_region *region,
		     uint64_t at, uint64_t size)
{
	struct piece *last = list->n ? &list->v[list->n - 1] : NULL, *v;

	if (last && last->region == region && last->at + last->size == at) {
		last->size += size;
		return 0;
	}
	if (list->n == list->cap) {
		v = array_grown(list->v, list->few, &list->cap, sizeof(*v));
		if (!v)
			return -ENOMEM;
		list->v = v;
	}
	list->v[list->n++] = (struct piece){ region, at, size };
	return 0;
}

/* One run may cross borders of regions; @region: where the last one was. */
static int resolve_run(const struct guest_memory *memory, struct gpa_run run,
		       unsigned int access, struct memory_region **region,
		       struct piece_list *list, struct iommu_refusal *refusal)
{
	while (run.size) {
		struct memory_region *r = *region;
		uint64_t at, size;

		if (!r || run.gpa - r->gpa >= r->size)
			r = *region = guest_memory_find(memory, run.gpa);
		if (!r)
			return iommu_refuse_at(refusal, IOMMU_NOT_RAM, run.gpa);
		if (access & ~r->prot)
			return iommu_refuse_at(refusal, IOMMU_READ_ONLY, run.gpa);
		at = run.gpa - r->gpa;
		size = r->size - at < run.size ? r->size - at : run.size;
		if (add_piece(list, r, at, size))
			return iommu_refuse(refusal, IOMMU_NO_MEMORY, 0, 0);
		run.gpa += size;
		run.size -= size;
	}
	return 0;
}

static int check_request(const struct iommu_request *request,
			 struct iommu_refusal *refusal)
{
	if (!request->access || request->access & ~(IOMMU_READ | IOMMU_WRITE))
		return iommu_refuse(refusal, IOMMU_BAD_ACCESS, 0, 0);
	if (request->va & PAGE_MASK)
		return iommu_refuse_at(refusal, IOMMU_UNALIGNED, request->va);
	if (!request->n_runs)
		return iommu_refuse(refusal, IOMMU_EMPTY, 0, 0);
	if (request->n_runs > IOMMU_MAX_RUNS)
		return iommu_refuse(refusal, IOMMU_TOO_MANY_RUNS, request->n_runs,
				    IOMMU_MAX_RUNS);
	return 0;
}

int piece_list_build(const struct guest_memory *memory,
		     const struct iommu_request *request,
		     struct piece_list *list, struct iommu_refusal *refusal)
{
	struct memory_region *region = NULL;
	struct run_copy copy;
	int ret;

	ret = check_request(request, refusal);
	if (ret)
		return ret;
	ret = copy_runs(request, &copy, refusal);
	if (ret)
		return ret;
	list->v = list->few;
	list->n = 0;
	list->cap = PIECES_INLINE;
	list->size = copy.size;
	ret = check_overlap(&copy, refusal);
	for (size_t i = 0; i < copy.n && !ret; i++)
		ret = resolve_run(memory, copy.v[i], request->access, &region,
				  list, refusal);
	if (ret)
		piece_list_free(list);
	copy_free(&copy);
	return ret;
}

void piece_list_free(struct piece_list *list)
{
	array_free(list->v, list->few);
}
