/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the order and the bounds of what is mapped without need: idle registrations
 * of lazy, idle blocks of granule. Must never know what makes one wanted again.
 */
#ifndef IOMMU_IDLE_H
#define IOMMU_IDLE_H

#include <stdbool.h>
#include <stdint.h>

struct iommu_registrar;

/* Embedded in what idles. */
struct idle_entry {
	struct idle_entry *prev, *next;
	uint64_t since;			/* ms */
};

enum idle_kind {
	IDLE_REGISTRATION,		/* struct iommu_registration */
	IDLE_BLOCK,			/* struct shared_block */
	IDLE_KINDS
};

/**
 * struct idle_cache - all that idles
 * @lists: heads of rings, oldest first
 * @bytes: mapped by all
 * @maps: taken by all
 */
struct idle_cache {
	struct idle_entry lists[IDLE_KINDS];
	uint64_t bytes, maps;
};

void idle_init(struct idle_cache *cache);

/**
 * idle_put() - something begins to idle
 * @registrar: registrar
 * @kind: which list
 * @entry: in the thing itself
 * @bytes: that it maps
 * @maps: that it takes
 *
 * Where the bound of bytes would be exceeded the oldest go, some more than must, so
 * that they go by few calls.
 *
 * Return: false when it is larger than the bound alone: then it must not idle.
 */
bool idle_put(struct iommu_registrar *registrar, enum idle_kind kind,
	      struct idle_entry *entry, uint64_t bytes, uint64_t maps);
/* It is wanted again, or goes. @bytes and @maps as given to idle_put(). */
void idle_take(struct iommu_registrar *registrar, struct idle_entry *entry,
	       uint64_t bytes, uint64_t maps);

bool idle_any(const struct iommu_registrar *registrar);
/* All of it goes. 0 or -EUCLEAN. */
int idle_flush(struct iommu_registrar *registrar);
/* The oldest go until @maps more mappings can be made; false, and none goes, if all would not do. */
bool idle_make_room(struct iommu_registrar *registrar, uint64_t maps);
/* What has idled too long goes. Milliseconds until more is due, -1: nothing idles. */
int idle_expire(struct iommu_registrar *registrar);

#endif
