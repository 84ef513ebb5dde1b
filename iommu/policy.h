/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what registration.c and the policies share: the registration, the
 * registrar, and what a policy can do. Must never be used outside of iommu/.
 *
 * exact and lazy give a registration a block of bus addresses of its own
 * (policy_exact.c); granule and static refer to blocks that registrations share
 * (shared.h). What idles waits in one cache (idle.h).
 */
#ifndef IOMMU_POLICY_H
#define IOMMU_POLICY_H

#include <stdlib.h>

#include "iommu/idle.h"
#include "iommu/pool.h"
#include "iommu/registration.h"
#include "iommu/runs.h"
#include "iommu/unmapping.h"

/* One map call takes no longer than this much memory needs. */
#define IOMMU_CHUNK	(1ull << 30)

struct shared_block;

/* A registration on the list of a region in which it lies. */
struct region_link {
	struct iommu_registration *reg;
	struct region_link *next, **prev;	/* prev: what points here, NULL: on no list */
};

enum registration_state {
	REGISTRATION_LIVE,
	REGISTRATION_REVOKED,		/* nothing mapped, its bus addresses still its own */
	REGISTRATION_IDLE,		/* nobody's, kept by lazy in case it is wanted again */
};

/* exact and lazy. What follows @maps is lazy's. */
struct own_block {
	struct iova_block *block;	/* NULL: in quarantine, unmapping was not confirmed */
	uint32_t maps;
	uint32_t n_key;			/* pieces that make up the key */
	union {
		struct gpa_run *key;	/* what it maps, in order */
		uint64_t gpa;		/* of the only piece */
	};
	uint64_t va;			/* that it was placed for */
	struct iommu_registration *next;/* in the same bucket, while idle */
};

/* granule and static. */
struct shared_use {
	union {
		struct shared_block **blocks;	/* each one once */
		struct shared_block *block;	/* the only one */
	};
	uint32_t n_blocks;
	uint32_t n_bus;
};

/* Two cache lines. A million of them can be alive. */
struct iommu_registration {
	struct region_link link;	/* in its first region */
	struct region_link *more;	/* in its other regions, one array */
	uint16_t n_more;
	uint8_t access;
	uint8_t state;			/* enum registration_state */
	uint8_t policy;			/* enum iommu_policy */
	uint64_t size;
	union {
		struct bus_run bus;	/* the only one */
		struct bus_run *bus_runs;
	};
	union {
		struct {		/* live and revoked */
			struct iommu_owner *owner;
			void *context;
		};
		struct idle_entry idle;
	};
	union {
		struct own_block own;
		struct shared_use shared;
	};
};

_Static_assert(sizeof(struct iommu_registration) <= 128, "two cache lines");

/* lazy: idle registrations by what they map. */
struct lazy_index {
	struct iommu_registration **buckets;
	size_t n_buckets;		/* a power of two, or 0 */
	size_t n;
};

struct iommu_registrar {
	struct ioas *ioas;
	struct guest_memory *memory;
	struct iommu_registrar_config config;	/* defaults filled in */
	struct pool registrations;
	struct pool blocks;			/* struct shared_block */
	struct idle_cache idle;
	struct lazy_index lazy;
	uint64_t mark;				/* the last one given to a walk */
	struct iommu_registrar_stats stats;	/* of memory only what is in no pool */
};

/**
 * struct policy_ops - one policy
 * @region_add: memory appears; 0 or -errno. May be NULL
 * @region_remove: memory goes, no registration lies in it any more: unmap the
 *	rest. 0 or -EUCLEAN. May be NULL
 * @reuse: an idle registration that serves the request, or NULL. May be NULL
 * @map: make @reg reachable: fill @bus and what is the policy's. Nothing is
 *	left of it on error, which is refusal->err
 * @end: make @reg unreachable unless it is revoked, and give its addresses
 *	back, or never use them again (@abandon). May leave it idle, which its
 *	state says. 0 or -EUCLEAN
 * @revoke: make @reg unreachable at the end of @batch, which keeps addresses
 */
struct policy_ops {
	int (*region_add)(struct iommu_registrar *registrar, struct memory_region *region);
	int (*region_remove)(struct iommu_registrar *registrar, struct memory_region *region);
	struct iommu_registration *(*reuse)(struct iommu_registrar *registrar,
					    const struct iommu_request *request,
					    const struct piece_list *pieces);
	int (*map)(struct iommu_registrar *registrar, const struct iommu_request *request,
		   const struct piece_list *pieces, struct iommu_registration *reg,
		   struct iommu_refusal *refusal);
	int (*end)(struct iommu_registrar *registrar, struct iommu_registration *reg, bool abandon);
	void (*revoke)(struct iommu_registrar *registrar, struct iommu_registration *reg,
		       struct unmap_batch *batch);
};

extern const struct policy_ops policy_exact, policy_lazy, policy_granule, policy_static;
/* NULL: there is no such policy. */
const struct policy_ops *policy_by_kind(enum iommu_policy kind);

/* registration.c: off all lists, and its memory back. */
void registration_free(struct iommu_registrar *registrar, struct iommu_registration *reg);

/* policy_exact.c, for lazy, which does the same at these points. */
int exact_map(struct iommu_registrar *registrar, const struct iommu_request *request,
	      const struct piece_list *pieces, struct iommu_registration *reg,
	      struct iommu_refusal *refusal);
int exact_end(struct iommu_registrar *registrar, struct iommu_registration *reg, bool abandon);
void exact_revoke(struct iommu_registrar *registrar, struct iommu_registration *reg,
		  struct unmap_batch *batch);

/* policy_lazy.c: an idle registration goes, with its block onto @batch. */
void lazy_evict(struct iommu_registrar *registrar, struct iommu_registration *reg,
		struct unmap_batch *batch);
void lazy_index_free(struct iommu_registrar *registrar);

/* Book-keeping outside of the pools: counted in stats.memory. */
static inline void *registrar_alloc(struct iommu_registrar *registrar, size_t n, size_t size)
{
	void *ptr = calloc(n, size);

	if (ptr)
		registrar->stats.memory += n * size;
	return ptr;
}

static inline void registrar_free(struct iommu_registrar *registrar, void *ptr, size_t n, size_t size)
{
	if (ptr)
		registrar->stats.memory -= n * size;
	free(ptr);
}

#endif
