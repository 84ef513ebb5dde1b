// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the operations of a random life, each beside the reference model. Must
 * never know when a life begins or ends.
 */
#include "tests/unit/iommu/random_ops.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tests/unit/iommu/recorder.h"

#define MAX_LIVE	160u
#define MAX_REGIONS	24u

/* Each returns NULL or the complaint. */

static const char *do_register(struct random_life *life)
{
	struct random_request made, *kept;
	struct iommu_request request;
	struct iommu_registration *reg = NULL;
	struct iommu_refusal refusal;
	const char *wrong;
	size_t n;
	int ret;

	kept = &life->kept[random_below(&life->seed, RANDOM_KEPT)];
	if (random_percent(&life->seed, 35) && life->n_kept >= RANDOM_KEPT) {
		made = *kept;
		if (random_percent(&life->seed, 15))
			made.access ^= IOMMU_WRITE;
		if (random_percent(&life->seed, 15))
			made.va += random_below(&life->seed, 16) * REF_PAGE;
	} else {
		random_request_make(&life->seed, life->ref, &made);
	}
	request = (struct iommu_request){
		.owner = &life->owners[random_percent(&life->seed, 60) ? 0 :
				       random_below(&life->seed, RANDOM_OWNERS)],
		.runs = made.runs,
		.n_runs = made.n_runs,
		.access = made.access,
		.va = made.va,
	};
	ret = iommu_register(life->registrar, &request, &reg, &refusal);
	wrong = reference_register(life->ref, &request, ret, reg, &refusal);
	life->counts->reasons[refusal.reason]++;
	if (!ret) {
		life->kept[life->n_kept % RANDOM_KEPT] = made;
		life->buses[life->n_kept % RANDOM_KEPT] = iommu_registration_bus(reg, &n)->iova;
		life->n_kept++;
	}
	return wrong;
}

static const char *do_end(struct random_life *life)
{
	bool abandon = random_percent(&life->seed, 2);
	struct iommu_registration *reg;
	int ret;

	if (!reference_live(life->ref))
		return NULL;
	reg = reference_live_at(life->ref, random_below(&life->seed, reference_live(life->ref)));
	ret = abandon ? iommu_abandon(life->registrar, reg) :
	      iommu_deregister(life->registrar, reg);
	life->counts->not_confirmed += ret != 0;
	return reference_end(life->ref, reg, abandon, ret);
}

static const char *do_region_add(struct random_life *life)
{
	unsigned int page = (unsigned int)random_below(&life->seed, REF_PAGES), prot = IOMMU_READ;
	uint64_t gpa = ref_gpa_of(page), offset, room, size;
	unsigned int file = (unsigned int)random_below(&life->seed, REF_FILES);
	int ret;

	/* Many begin where another ends. */
	if (reference_regions(life->ref) && random_percent(&life->seed, 40)) {
		reference_region_at(life->ref, random_below(&life->seed, reference_regions(life->ref)),
				    &gpa, &size);
		gpa += size;
		page = ref_page_of(gpa) < 0 ? 0 : (unsigned int)ref_page_of(gpa);
		gpa = ref_gpa_of(page);
	}
	room = (page < REF_LOW_PAGES ? REF_LOW_PAGES : REF_PAGES) - page;
	size = (1 + random_below(&life->seed, room < 200 ? room : 200)) * REF_PAGE;
	offset = random_below(&life->seed, REF_FILE_PAGES - size / REF_PAGE + 1) * REF_PAGE;
	if (!random_percent(&life->seed, 15))
		prot |= IOMMU_WRITE;
	switch (random_below(&life->seed, 40)) {
	case 0:
		size = 0;
		break;
	case 1:
		size = 0ull - REF_PAGE;
		break;
	case 2:
		gpa += 1 + random_below(&life->seed, REF_PAGE - 1);
		break;
	case 3:
		offset = REF_FILE_PAGES * REF_PAGE - size + REF_PAGE;
		break;
	case 4:
		prot = IOMMU_WRITE;
		break;
	}
	ret = iommu_region_add(life->registrar, gpa, size, prot, life->files[file], offset);
	life->counts->regions += !ret;
	return reference_region_add(life->ref, gpa, size, prot, file, offset, ret);
}

static const char *do_region_remove(struct random_life *life)
{
	uint64_t gpa, size;
	int ret;

	if (!reference_regions(life->ref))
		return NULL;
	reference_region_at(life->ref, random_below(&life->seed, reference_regions(life->ref)),
			    &gpa, &size);
	switch (random_below(&life->seed, 12)) {
	case 0:		/* half of it */
		size = size / 2 / REF_PAGE * REF_PAGE;
		break;
	case 1:		/* without its first page */
		gpa += REF_PAGE;
		break;
	case 2:		/* with neighbours, or a part of them */
		size += random_below(&life->seed, 64) * REF_PAGE;
		break;
	case 3:
		gpa = 0x1000;
		break;
	}
	ret = iommu_region_remove(life->registrar, gpa, size);
	return reference_region_remove(life->ref, gpa, size, ret);
}

static const char *do_trouble(struct random_life *life)
{
	static const int errors[] = { -ENOMEM, -ENOSPC, -EINVAL, -EFAULT, -EEXIST };
	uint64_t n = 1 + random_below(&life->seed, 4);
	int err = errors[random_below(&life->seed, 5)];
	/* Never what was asked for: a lie that nobody could find out. */
	uint64_t lie = random_below(&life->seed, 2) * (1 + random_below(&life->seed, REF_PAGE - 1));

	switch (random_below(&life->seed, 6)) {
	case 0:
		recorder_fail_unmap(life->recorder, n, err);
		break;
	case 1:
		recorder_lie(life->recorder, n, lie, random_percent(&life->seed, 50));
		break;
	default:
		recorder_fail_map(life->recorder, n, err);
	}
	return NULL;
}

/* On a domain that cannot be looked into: a bus address that is mapped cannot be mapped again. */
static const char *do_probe(struct random_life *life)
{
	uint64_t iova = life->buses[random_below(&life->seed, RANDOM_KEPT)], gone = 0;
	struct iommu_domain *domain = life->recorder;
	int mapped = reference_maps(life->ref, iova), ret;
	struct iommu_backing backing = { .fd = -1 };

	if (life->fake || life->n_kept < RANDOM_KEPT || mapped < 0)
		return NULL;
	backing.hva = mmap(NULL, REF_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (backing.hva == MAP_FAILED)
		abort();
	recorder_disarm(domain);
	ret = domain->ops->map(domain, iova, REF_PAGE, IOMMU_READ, &backing);
	if (!ret)
		domain->ops->unmap(domain, iova, REF_PAGE, &gone);
	recorder_clear(domain);
	munmap(backing.hva, REF_PAGE);
	life->counts->probes++;
	if (mapped)
		return ret == -EEXIST ? NULL : "a registered page is not mapped";
	return !ret && gone == REF_PAGE ? NULL : "a page that is not registered is mapped";
}

const char *random_step(struct random_life *life, bool growing)
{
	uint64_t dice = random_below(&life->seed, 1000);

	life->now += 1 + random_below(&life->seed, 4);
	if (!reference_regions(life->ref) || dice < 20)
		return reference_regions(life->ref) < MAX_REGIONS ? do_region_add(life) : NULL;
	if (dice < 30)
		return do_region_remove(life);
	if (dice < 60)
		return do_trouble(life);
	if (dice < 120)
		return reference_tick(life->ref, iommu_registrar_tick(life->registrar));
	if (dice < 130)
		return reference_flush(life->ref, iommu_registrar_flush(life->registrar));
	if (dice < 150)
		return do_probe(life);
	if (dice < (growing ? 850 : 500) && reference_live(life->ref) < MAX_LIVE)
		return do_register(life);
	return do_end(life);
}

