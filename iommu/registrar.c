// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the registrar: its configuration, which regions it knows, what it counts.
 * Must never know the life of a registration.
 */
#include <errno.h>
#include <stdlib.h>

#include "iommu/links.h"
#include "iommu/policy.h"
#include "iommu/shared.h"

#define DEFAULT_GRANULE		(2ull << 20)
#define DEFAULT_IDLE_BYTES	(64ull << 20)
#define DEFAULT_IDLE_MS		100u

const struct policy_ops *policy_by_kind(enum iommu_policy kind)
{
	switch (kind) {
	case IOMMU_POLICY_EXACT:
		return &policy_exact;
	case IOMMU_POLICY_LAZY:
		return &policy_lazy;
	case IOMMU_POLICY_GRANULE:
		return &policy_granule;
	case IOMMU_POLICY_STATIC:
		return &policy_static;
	}
	return NULL;
}

/* What regions keep: granule's also where others fall back to it. */
static const struct policy_ops *policy_of_regions(const struct iommu_registrar *registrar)
{
	return policy_by_kind(registrar->config.fall_back ? IOMMU_POLICY_GRANULE :
			      registrar->config.policy);
}

static int region_add(struct iommu_registrar *registrar, struct memory_region *region)
{
	const struct policy_ops *policy = policy_of_regions(registrar);

	return policy->region_add ? policy->region_add(registrar, region) : 0;
}

static int region_remove(struct iommu_registrar *registrar, struct memory_region *region)
{
	const struct policy_ops *policy = policy_of_regions(registrar);

	return policy->region_remove ? policy->region_remove(registrar, region) : 0;
}

static int configure(struct iommu_registrar *registrar,
		     const struct iommu_registrar_config *config)
{
	struct iommu_registrar_config *c = &registrar->config;

	*c = *config;
	if (!c->granule)
		c->granule = DEFAULT_GRANULE;
	if (!c->idle_bytes)
		c->idle_bytes = DEFAULT_IDLE_BYTES;
	if (!c->idle_ms)
		c->idle_ms = DEFAULT_IDLE_MS;
	if (!policy_by_kind(c->policy))
		return -EINVAL;
	if (c->granule < 4096 || c->granule > IOMMU_CHUNK || c->granule & (c->granule - 1))
		return -EINVAL;
	if (c->policy == IOMMU_POLICY_GRANULE || c->policy == IOMMU_POLICY_STATIC)
		c->fall_back = false;
	return 0;
}

int iommu_registrar_create(struct ioas *ioas, struct guest_memory *memory,
			   const struct iommu_registrar_config *config,
			   struct iommu_registrar **out)
{
	struct iommu_registrar *registrar = calloc(1, sizeof(*registrar));
	struct memory_region *region = NULL;
	int ret;

	if (!registrar)
		return -ENOMEM;
	registrar->ioas = ioas;
	registrar->memory = memory;
	idle_init(&registrar->idle);
	pool_init(&registrar->registrations, sizeof(struct iommu_registration));
	pool_init(&registrar->blocks, sizeof(struct shared_block));
	ret = configure(registrar, config);
	if (ret)
		goto free_registrar;
	while ((region = guest_memory_next(memory, region))) {
		ret = region_add(registrar, region);
		if (ret)
			goto destroy;
	}
	*out = registrar;
	return 0;

destroy:
	iommu_registrar_destroy(registrar);
	return ret;
free_registrar:
	free(registrar);
	return ret;
}

void iommu_registrar_destroy(struct iommu_registrar *registrar)
{
	struct memory_region *region = NULL;

	if (!registrar)
		return;
	idle_flush(registrar);
	while ((region = guest_memory_next(registrar->memory, region)))
		region_remove(registrar, region);
	lazy_index_free(registrar);
	pool_destroy(&registrar->blocks);
	pool_destroy(&registrar->registrations);
	free(registrar);
}

int iommu_region_add(struct iommu_registrar *registrar, uint64_t gpa,
		     uint64_t size, unsigned int prot, int fd, uint64_t offset)
{
	struct memory_region *region;
	int ret;

	ret = guest_memory_add(registrar->memory, gpa, size, prot, fd, offset, &region);
	if (ret)
		return ret;
	ret = region_add(registrar, region);
	if (ret)
		guest_memory_drop(registrar->memory, region);
	return ret;
}

/* 0 when [@gpa, @last] holds at least one region and cuts none. */
static int check_window(const struct iommu_registrar *registrar, uint64_t gpa, uint64_t last)
{
	const struct memory_region *region = guest_memory_from(registrar->memory, gpa);

	if (!region || region->gpa > last)
		return -ENOENT;
	for (; region && region->gpa <= last; region = guest_memory_next(registrar->memory, region))
		if (region->gpa < gpa || region->size - 1 > last - region->gpa)
			return -EINVAL;
	return 0;
}

/* Everything registered in a region, idle or not, is unmapped; the latter goes onto @revoked. */
static int revoke_registrations(struct iommu_registrar *registrar, struct memory_region *region,
				struct region_link **revoked)
{
	struct unmap_batch idle, live;
	int ret[2];

	unmap_batch_begin(&idle, registrar, false);
	unmap_batch_begin(&live, registrar, true);
	while (region->registrations) {
		struct iommu_registration *reg = region->registrations->reg;

		if (reg->state == REGISTRATION_IDLE) {
			lazy_evict(registrar, reg, &idle);
			continue;
		}
		policy_by_kind(reg->policy)->revoke(registrar, reg, &live);
		reg->state = REGISTRATION_REVOKED;
		links_remove(registrar, reg);
		reg->link.next = *revoked;
		*revoked = &reg->link;
		registrar->stats.revoked++;
	}
	ret[0] = unmap_batch_end(&idle);
	ret[1] = unmap_batch_end(&live);
	return ret[0] ? ret[0] : ret[1];
}

static int revoke(struct iommu_registrar *registrar, struct memory_region *region,
		  struct region_link **revoked)
{
	int ret = revoke_registrations(registrar, region, revoked);
	int err = region_remove(registrar, region);

	return ret ? ret : err;
}

static void tell_revoked(struct iommu_registrar *registrar, struct region_link *revoked)
{
	const struct iommu_registrar_config *config = &registrar->config;

	while (revoked) {
		struct region_link *link = revoked;

		revoked = link->next;
		link->next = NULL;
		if (config->revoked)
			config->revoked(config->revoked_ctx, link->reg);
	}
}

int iommu_region_remove(struct iommu_registrar *registrar, uint64_t gpa, uint64_t size)
{
	struct region_link *revoked = NULL;
	struct memory_region *region;
	uint64_t last;
	int ret, err;

	if (!size || size - 1 > UINT64_MAX - gpa)
		return -EINVAL;
	last = gpa + (size - 1);
	ret = check_window(registrar, gpa, last);
	if (ret)
		return ret;
	for (region = guest_memory_from(registrar->memory, gpa); region && region->gpa <= last;
	     region = guest_memory_next(registrar->memory, region)) {
		err = revoke(registrar, region, &revoked);
		if (err)
			ret = err;
	}
	tell_revoked(registrar, revoked);
	while ((region = guest_memory_from(registrar->memory, gpa)) && region->gpa <= last)
		guest_memory_drop(registrar->memory, region);
	return ret;
}

int iommu_revoke_all(struct iommu_registrar *registrar)
{
	struct region_link *revoked = NULL;
	struct memory_region *region = NULL;
	int ret = 0, err;

	while ((region = guest_memory_next(registrar->memory, region))) {
		err = revoke_registrations(registrar, region, &revoked);
		if (err)
			ret = err;
	}
	tell_revoked(registrar, revoked);
	err = idle_flush(registrar);
	return ret ? ret : err;
}

int iommu_registrar_tick(struct iommu_registrar *registrar)
{
	return idle_expire(registrar);
}

int iommu_registrar_flush(struct iommu_registrar *registrar)
{
	return idle_flush(registrar);
}

void iommu_registrar_stats(const struct iommu_registrar *registrar,
			   struct iommu_registrar_stats *stats)
{
	*stats = registrar->stats;
	stats->idle_bytes = registrar->idle.bytes;
	stats->idle_maps = registrar->idle.maps;
	stats->memory += sizeof(*registrar) + registrar->registrations.memory +
			 registrar->blocks.memory;
}
