// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what random requests look like. Must never know what becomes of them.
 */
#include "tests/unit/iommu/random_request.h"

/* splitmix64: any seed will do. */
uint64_t random_next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint64_t random_below(uint64_t *seed, uint64_t n)
{
	return random_next(seed) % n;
}

bool random_percent(uint64_t *seed, unsigned int percent)
{
	return random_below(seed, 100) < percent;
}

static uint64_t random_pages(uint64_t *seed)
{
	if (random_percent(seed, 50))
		return 1;
	return 1 + random_below(seed, random_percent(seed, 70) ? 8 : 48);
}

/* Within a region, but for a few that go on where it ends. */
static struct gpa_run random_run(uint64_t *seed, const struct reference *ref)
{
	uint64_t gpa, size, at, want = random_pages(seed) * REF_PAGE;

	if (!reference_regions(ref))
		return (struct gpa_run){ ref_gpa_of((unsigned int)random_below(seed, REF_PAGES)), want };
	reference_region_at(ref, random_below(seed, reference_regions(ref)), &gpa, &size);
	at = random_below(seed, size / REF_PAGE) * REF_PAGE;
	if (want > size - at && !random_percent(seed, 10))
		want = size - at;
	return (struct gpa_run){ gpa + at, want };
}

static void make_good(uint64_t *seed, const struct reference *ref, struct random_request *request)
{
	request->n_runs = 1;
	if (random_percent(seed, 50))
		request->n_runs += random_below(seed, random_percent(seed, 70) ? 4 : RANDOM_RUNS);
	for (size_t i = 0; i < request->n_runs; i++) {
		struct gpa_run *run = &request->runs[i];

		*run = random_run(seed, ref);
		/* Some begin where the one before ends: one piece. */
		if (i && random_percent(seed, 15))
			run->gpa = run[-1].gpa + run[-1].size;
	}
	request->access = IOMMU_READ | IOMMU_WRITE;
	if (random_percent(seed, 40))
		request->access = random_percent(seed, 85) ? IOMMU_READ : IOMMU_WRITE;
	request->va = random_percent(seed, 50) ? request->runs[0].gpa :
		      random_next(seed) >> 16 << 12;
}

static void make_bad_run(uint64_t *seed, struct gpa_run *run)
{
	switch (random_below(seed, 8)) {
	case 0:
		run->size = 0;
		break;
	case 1:
		run->gpa += 1 + random_below(seed, REF_PAGE - 1);
		break;
	case 2:
		run->size += 1 + random_below(seed, REF_PAGE - 1);
		break;
	case 3:		/* just beyond the last address */
		run->gpa = REF_HIGH;
		run->size = (REF_PAGES - REF_LOW_PAGES + 1) * REF_PAGE;
		break;
	case 4:		/* to the last address */
		run->gpa = REF_HIGH;
		run->size = (REF_PAGES - REF_LOW_PAGES) * REF_PAGE;
		break;
	case 5:		/* huge */
		run->size = 1ull << (30 + random_below(seed, 34));
		break;
	case 6:		/* nowhere */
		run->gpa = random_next(seed) << 12;
		break;
	case 7:		/* all there is, and more */
		*run = (struct gpa_run){ 0, 0ull - REF_PAGE };
		break;
	}
}

static void make_bad(uint64_t *seed, struct random_request *request)
{
	size_t victim = random_below(seed, request->n_runs);

	switch (random_below(seed, 8)) {
	case 0:
		request->n_runs = 0;
		break;
	case 1:
		request->n_runs = IOMMU_MAX_RUNS + 1u;
		break;
	case 2:
		request->access = (unsigned int)random_below(seed, 16) & ~3u;
		break;
	case 3:
		request->va += 1 + random_below(seed, REF_PAGE - 1);
		break;
	case 4:		/* a page of another run once more */
		if (request->n_runs < RANDOM_RUNS)
			request->runs[request->n_runs++] = (struct gpa_run){
				request->runs[victim].gpa, REF_PAGE };
		break;
	default:
		make_bad_run(seed, &request->runs[victim]);
	}
}

void random_request_make(uint64_t *seed, const struct reference *ref,
			 struct random_request *request)
{
	make_good(seed, ref, request);
	if (random_percent(seed, 10))
		make_bad(seed, request);
}
