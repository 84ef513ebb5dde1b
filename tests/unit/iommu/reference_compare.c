// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the comparison of all that a fake domain maps with what the reference model
 * says should be mapped, page by page. Must never know what led there.
 */
#include <string.h>
#include <unistd.h>

#include "tests/unit/iommu/fake_domain.h"
#include "tests/unit/iommu/reference_private.h"

static void check_page(struct reference *ref, uint64_t iova, const struct ref_page *page,
		       unsigned int prot)
{
	struct iommu_backing backing;
	unsigned int got;
	uint64_t stamp = 0;

	if (!fake_domain_lookup(ref->setup.fake, iova, &backing, &got)) {
		ref_complain(ref, "nothing is mapped at %#llx", (unsigned long long)iova);
		return;
	}
	if (got != prot)
		ref_complain(ref, "access %u at %#llx, should be %u", got,
			     (unsigned long long)iova, prot);
	if (backing.hva)
		memcpy(&stamp, backing.hva, sizeof(stamp));
	else if (pread(backing.fd, &stamp, sizeof(stamp), (off_t)backing.offset) < 0)
		stamp = 0;
	if (stamp != ref_stamp(page->file, page->file_page))
		ref_complain(ref, "%#llx leads to page %#llx, should be %#llx",
			     (unsigned long long)iova, (unsigned long long)stamp,
			     (unsigned long long)ref_stamp(page->file, page->file_page));
}

/* Through its bus runs, a live registration reaches its pages; a revoked one nothing. */
static void check_reg(struct reference *ref, const struct ref_reg *reg)
{
	size_t n, page = 0;
	const struct bus_run *bus = iommu_registration_bus(reg->reg, &n);

	for (size_t i = 0; i < n; i++) {
		for (uint64_t at = 0; at < bus[i].size; at += REF_PAGE, page++) {
			const struct ref_page *was = &reg->was[page];

			if (!reg->revoked)
				check_page(ref, bus[i].iova + at, was,
					   reg->own ? reg->access : was->prot);
		}
	}
}

/* Where it comes from, and that it may be mapped at all. */
static void check_mapping(struct reference *ref, const struct fake_mapping *map)
{
	for (const struct ref_block *b = ref->blocks; b; b = b->next)
		if (b->mapped && map->iova >= b->iova &&
		    map->iova + map->size <= b->iova + b->n * REF_PAGE) {
			if (!b->refs && !b->idle)
				ref_complain(ref, "%#llx is mapped for nobody",
					     (unsigned long long)map->iova);
			return;
		}
	for (const struct ref_lost *lost = ref->lost; lost; lost = lost->next)
		if (map->iova >= lost->iova && map->iova + map->size <= lost->iova + lost->size)
			return;
	ref_complain(ref, "%#llx+%#llx is mapped for no reason", (unsigned long long)map->iova,
		     (unsigned long long)map->size);
}

const char *reference_compare_all(struct reference *ref)
{
	const struct fake_mapping *map = NULL;
	struct fake_stats stats;

	ref->complaint[0] = '\0';
	while ((map = fake_domain_next(ref->setup.fake, map)))
		check_mapping(ref, map);
	for (const struct ref_block *b = ref->blocks; b; b = b->next)
		for (size_t i = 0; b->mapped && i < b->n; i++)
			check_page(ref, b->iova + i * REF_PAGE, &b->was[i], b->prot);
	for (const struct ref_reg *reg = ref->regs; reg; reg = reg->next)
		check_reg(ref, reg);
	fake_domain_stats(ref->setup.fake, &stats);
	if (stats.violations)
		ref_complain(ref, "a rule of domain.h was broken: %s", stats.violation);
	return ref->complaint[0] ? ref->complaint : NULL;
}
