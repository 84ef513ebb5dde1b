/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns which registrations lie in which regions. Must never know policies.
 */
#ifndef IOMMU_LINKS_H
#define IOMMU_LINKS_H

#include "iommu/policy.h"

/* Memory for a link to each region of the pieces; 0 or -ENOMEM. */
int links_reserve(struct iommu_registrar *registrar, const struct piece_list *pieces,
		  struct iommu_registration *reg);
/* Cannot fail any more: on the lists of its regions. */
void links_add(struct iommu_registrar *registrar, const struct piece_list *pieces,
	       struct iommu_registration *reg);
/* Off all lists, if it is on any, and the memory back. */
void links_remove(struct iommu_registrar *registrar, struct iommu_registration *reg);

#endif
