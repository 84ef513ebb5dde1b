// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns when something idle goes: too long, too much, or its room is needed. Must
 * never know what makes one wanted again.
 */
#include "iommu/idle.h"

#include <limits.h>
#include <stddef.h>
#include <time.h>

#include "iommu/policy.h"
#include "iommu/shared.h"

static uint64_t now_ms(const struct iommu_registrar *registrar)
{
	struct timespec now;

	if (registrar->config.now_ms)
		return registrar->config.now_ms(registrar->config.now_ctx);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void idle_init(struct idle_cache *cache)
{
	*cache = (struct idle_cache){ 0 };
	for (size_t i = 0; i < IDLE_KINDS; i++)
		cache->lists[i].prev = cache->lists[i].next = &cache->lists[i];
}

static struct idle_entry *first_of(const struct iommu_registrar *registrar,
				   enum idle_kind kind)
{
	const struct idle_entry *head = &registrar->idle.lists[kind];

	return head->next == head ? NULL : head->next;
}

/* Each list is in order of time, so the oldest of all is first on one of them. */
static struct idle_entry *oldest(const struct iommu_registrar *registrar,
				 enum idle_kind *kind)
{
	struct idle_entry *reg = first_of(registrar, IDLE_REGISTRATION);
	struct idle_entry *block = first_of(registrar, IDLE_BLOCK);

	*kind = !reg || (block && block->since < reg->since) ? IDLE_BLOCK : IDLE_REGISTRATION;
	return *kind == IDLE_BLOCK ? block : reg;
}

static void evict(struct iommu_registrar *registrar, enum idle_kind kind,
		  struct idle_entry *entry, struct unmap_batch *batch)
{
	char *base = (char *)entry;

	if (kind == IDLE_BLOCK)
		shared_block_evict(registrar, (struct shared_block *)
				   (base - offsetof(struct shared_block, idle)), batch);
	else
		lazy_evict(registrar, (struct iommu_registration *)
			   (base - offsetof(struct iommu_registration, idle)), batch);
}

/* The oldest go until at most these are left. 0 or -EUCLEAN. */
static int evict_down_to(struct iommu_registrar *registrar, uint64_t bytes, uint64_t maps)
{
	struct unmap_batch batch;

	unmap_batch_begin(&batch, registrar, false);
	while (registrar->idle.bytes > bytes || registrar->idle.maps > maps) {
		enum idle_kind kind;
		struct idle_entry *entry = oldest(registrar, &kind);

		evict(registrar, kind, entry, &batch);
	}
	return unmap_batch_end(&batch);
}

bool idle_put(struct iommu_registrar *registrar, enum idle_kind kind,
	      struct idle_entry *entry, uint64_t bytes, uint64_t maps)
{
	struct idle_cache *cache = &registrar->idle;
	struct idle_entry *head = &cache->lists[kind];
	uint64_t bound = registrar->config.idle_bytes, rest;

	if (bytes > bound)
		return false;
	/* Some more than it takes, so that not each one to come costs a call. */
	rest = bound - bytes < bound - bound / 4 ? bound - bytes : bound - bound / 4;
	if (cache->bytes > bound - bytes)
		evict_down_to(registrar, rest, UINT64_MAX);
	entry->since = now_ms(registrar);
	entry->next = head;
	entry->prev = head->prev;
	head->prev->next = entry;
	head->prev = entry;
	cache->bytes += bytes;
	cache->maps += maps;
	return true;
}

void idle_take(struct iommu_registrar *registrar, struct idle_entry *entry,
	       uint64_t bytes, uint64_t maps)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	registrar->idle.bytes -= bytes;
	registrar->idle.maps -= maps;
}

bool idle_any(const struct iommu_registrar *registrar)
{
	return registrar->idle.bytes != 0;
}

int idle_flush(struct iommu_registrar *registrar)
{
	return evict_down_to(registrar, 0, 0);
}

bool idle_make_room(struct iommu_registrar *registrar, uint64_t maps)
{
	uint64_t left;

	/* Again and again, because what is not confirmed keeps its mappings. */
	while ((left = ioas_maps_left(registrar->ioas)) < maps) {
		if (maps - left > registrar->idle.maps)
			return false;
		evict_down_to(registrar, UINT64_MAX, registrar->idle.maps - (maps - left));
	}
	return true;
}

int idle_expire(struct iommu_registrar *registrar)
{
	uint64_t now = now_ms(registrar), limit = registrar->config.idle_ms, left = 0;
	struct unmap_batch batch;

	unmap_batch_begin(&batch, registrar, false);
	while (idle_any(registrar) && !left) {
		enum idle_kind kind;
		struct idle_entry *entry = oldest(registrar, &kind);
		uint64_t age = now > entry->since ? now - entry->since : 0;

		if (age >= limit)
			evict(registrar, kind, entry, &batch);
		else
			left = limit - age;
	}
	unmap_batch_end(&batch);
	if (!left)
		return -1;
	return left < INT_MAX ? (int)left : INT_MAX;
}
