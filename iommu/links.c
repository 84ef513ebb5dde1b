// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the lists of registrations on regions. Must never know policies.
 */
#include "iommu/links.h"

#include <errno.h>

int links_reserve(struct iommu_registrar *registrar, const struct piece_list *pieces,
		  struct iommu_registration *reg)
{
	uint64_t mark = ++registrar->mark;
	size_t regions = 0;

	for (size_t i = 0; i < pieces->n; i++) {
		regions += pieces->v[i].region->mark != mark;
		pieces->v[i].region->mark = mark;
	}
	reg->more = NULL;
	reg->n_more = 0;
	if (regions == 1)
		return 0;
	reg->more = registrar_alloc(registrar, regions - 1, sizeof(*reg->more));
	if (!reg->more)
		return -ENOMEM;
	reg->n_more = (uint16_t)(regions - 1);
	return 0;
}

static void link_add(struct memory_region *region, struct region_link *link,
		     struct iommu_registration *reg)
{
	link->reg = reg;
	link->next = region->registrations;
	link->prev = &region->registrations;
	if (link->next)
		link->next->prev = &link->next;
	region->registrations = link;
}

static void link_remove(struct region_link *link)
{
	if (!link->prev)
		return;
	*link->prev = link->next;
	if (link->next)
		link->next->prev = link->prev;
	link->next = NULL;
	link->prev = NULL;
}

void links_add(struct iommu_registrar *registrar, const struct piece_list *pieces,
	       struct iommu_registration *reg)
{
	uint64_t mark = ++registrar->mark;
	size_t n = 0;

	for (size_t i = 0; i < pieces->n; i++) {
		struct memory_region *region = pieces->v[i].region;

		if (region->mark == mark)
			continue;
		region->mark = mark;
		link_add(region, n ? &reg->more[n - 1] : &reg->link, reg);
		n++;
	}
}

void links_remove(struct iommu_registrar *registrar, struct iommu_registration *reg)
{
	link_remove(&reg->link);
	for (uint16_t i = 0; i < reg->n_more; i++)
		link_remove(&reg->more[i]);
	registrar_free(registrar, reg->more, reg->n_more, sizeof(*reg->more));
	reg->more = NULL;
	reg->n_more = 0;
}

_Static_assert(GUEST_MEMORY_MAX_REGIONS <= UINT16_MAX, "n_more counts them");
