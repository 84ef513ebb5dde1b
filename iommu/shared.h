/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns blocks of bus addresses that registrations share: who refers to them, and
 * what becomes of them when nobody does. Must never know which block serves a
 * guest-physical address.
 *
 * A block is mapped for its @refs: live registrations, and the region in static.
 * Revoked registrations count in @held: they keep the addresses from being used
 * for anything else, but nothing mapped. So a block that only they refer to is
 * unmapped, and one that is still mapped for others goes on.
 */
#ifndef IOMMU_SHARED_H
#define IOMMU_SHARED_H

#include "iommu/policy.h"

struct granule_leaf;

struct shared_block {
	struct iova_block *block;	/* NULL: none yet, or in quarantine */
	uint64_t gpa;			/* of its first byte */
	uint64_t mark;			/* last registration that counted it */
	struct idle_entry idle;
	struct granule_leaf *leaf;	/* policy_granule.c's: where it is found, NULL: nowhere */
	uint64_t maps;
	uint32_t refs, held;
	bool mapped;
	bool idles;
	bool abandoned;			/* the HCA may still refer to it: into quarantine at its end */
};

/* Nothing mapped, no reference; NULL when memory is out. */
struct shared_block *shared_block_create(struct iommu_registrar *registrar, uint64_t gpa);
/* 0 or refusal->err. */
int shared_block_map(struct iommu_registrar *registrar, struct shared_block *block,
		     const struct piece *piece, struct iommu_refusal *refusal);
void shared_block_get(struct iommu_registrar *registrar, struct shared_block *block);
/* One reference less. @idle: the last leaves it idle, if it may. 0 or -EUCLEAN. */
int shared_block_put(struct iommu_registrar *registrar, struct shared_block *block, bool idle);
/* An idle block goes, with its addresses onto @batch. */
void shared_block_evict(struct iommu_registrar *registrar, struct shared_block *block,
			struct unmap_batch *batch);

#define SHARED_INLINE	4u

/**
 * struct shared_draft - what a registration is made of, while it is being made
 * @blocks: it has a reference to each
 * @bus: where they lead, neighbours merged
 */
struct shared_draft {
	struct shared_block **blocks;
	size_t n_blocks, cap_blocks;
	struct bus_run *bus;
	size_t n_bus, cap_bus;
	struct shared_block *few_blocks[SHARED_INLINE];
	struct bus_run few_bus[SHARED_INLINE];
};

void shared_draft_init(struct shared_draft *draft);
/* Room for one more block. 0 or -ENOMEM. */
int shared_draft_reserve(struct shared_draft *draft);
/* A block, for which there is room; not again when it has @mark already. */
void shared_draft_block(struct iommu_registrar *registrar, struct shared_draft *draft,
			struct shared_block *block, uint64_t mark);
/* 0 or -ENOMEM. */
int shared_draft_bus(struct shared_draft *draft, uint64_t iova, uint64_t size);
/* Into @reg; 0, or -ENOMEM and the draft is as it was. */
int shared_draft_finish(struct iommu_registrar *registrar, struct shared_draft *draft,
			struct iommu_registration *reg);
/* Its references go. What it had mapped, or found idle, is unmapped. 0 or -EUCLEAN. */
int shared_draft_undo(struct iommu_registrar *registrar, struct shared_draft *draft);

/* Of granule and static, see struct policy_ops. */
int shared_end(struct iommu_registrar *registrar, struct iommu_registration *reg, bool abandon);
void shared_revoke(struct iommu_registrar *registrar, struct iommu_registration *reg,
		   struct unmap_batch *batch);

/* policy_granule.c: it is not found any more. */
void granule_forget(struct iommu_registrar *registrar, struct shared_block *block);

#endif
