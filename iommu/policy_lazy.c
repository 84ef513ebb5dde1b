// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the policy that keeps a mapping for a while after its registration ended, and
 * finds it again when the same memory is registered the same way. Must never know
 * when something has idled too long.
 */
#include <errno.h>

#include "iommu/mapping.h"
#include "iommu/refusal.h"

#define FIRST_BUCKETS	64u

/* The low bits of va that a block's address shares, where there was a gap for it. */
static uint64_t phase_of(uint64_t va, uint64_t size)
{
	uint64_t align = 4096;

	while (align < size && align << 1)
		align <<= 1;
	return va & (align - 1);
}

static uint64_t mixed(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

static uint64_t hash_begin(unsigned int access, uint64_t va, uint64_t size)
{
	return mixed(mixed(access, phase_of(va, size)), size);
}

static uint64_t hash_of_request(const struct iommu_request *request,
				const struct piece_list *pieces)
{
	uint64_t hash = hash_begin(request->access, request->va, pieces->size);

	for (size_t i = 0; i < pieces->n; i++)
		hash = mixed(mixed(hash, piece_gpa(&pieces->v[i])), pieces->v[i].size);
	return hash;
}

/* A single piece needs no array: its size is the registration's. */
static struct gpa_run key_at(const struct iommu_registration *reg, uint32_t i)
{
	if (reg->own.n_key > 1)
		return reg->own.key[i];
	return (struct gpa_run){ reg->own.gpa, reg->size };
}

static uint64_t hash_of(const struct iommu_registration *reg)
{
	uint64_t hash = hash_begin(reg->access, reg->own.va, reg->size);

	for (uint32_t i = 0; i < reg->own.n_key; i++)
		hash = mixed(mixed(hash, key_at(reg, i).gpa), key_at(reg, i).size);
	return hash;
}

static bool serves(const struct iommu_registration *reg, const struct iommu_request *request,
		   const struct piece_list *pieces)
{
	if (reg->size != pieces->size || reg->own.n_key != pieces->n ||
	    reg->access != request->access ||
	    phase_of(reg->own.va, reg->size) != phase_of(request->va, reg->size))
		return false;
	for (uint32_t i = 0; i < reg->own.n_key; i++)
		if (key_at(reg, i).gpa != piece_gpa(&pieces->v[i]) ||
		    key_at(reg, i).size != pieces->v[i].size)
			return false;
	return true;
}

/* --- index of idle registrations ---------------------------------------------- */

static struct iommu_registration **bucket_of(const struct lazy_index *index, uint64_t hash)
{
	return &index->buckets[hash & (index->n_buckets - 1)];
}

static void chain(struct lazy_index *index, struct iommu_registration *reg)
{
	struct iommu_registration **bucket = bucket_of(index, hash_of(reg));

	reg->own.next = *bucket;
	*bucket = reg;
}

/* Where memory is out the chains get longer; without any bucket nothing can idle. */
static void index_grow(struct iommu_registrar *registrar)
{
	struct lazy_index *index = &registrar->lazy, larger = { .n = index->n };

	larger.n_buckets = index->n_buckets ? 2 * index->n_buckets : FIRST_BUCKETS;
	larger.buckets = registrar_alloc(registrar, larger.n_buckets, sizeof(*larger.buckets));
	if (!larger.buckets)
		return;
	for (size_t i = 0; i < index->n_buckets; i++) {
		struct iommu_registration *reg, *next;

		for (reg = index->buckets[i]; reg; reg = next) {
			next = reg->own.next;
			chain(&larger, reg);
		}
	}
	lazy_index_free(registrar);
	*index = larger;
}

static bool index_add(struct iommu_registrar *registrar, struct iommu_registration *reg)
{
	struct lazy_index *index = &registrar->lazy;

	if (index->n >= index->n_buckets)
		index_grow(registrar);
	if (!index->n_buckets)
		return false;
	chain(index, reg);
	index->n++;
	return true;
}

static void index_remove(struct iommu_registrar *registrar, struct iommu_registration *reg)
{
	struct iommu_registration **at = bucket_of(&registrar->lazy, hash_of(reg));

	while (*at != reg)
		at = &(*at)->own.next;
	*at = reg->own.next;
	registrar->lazy.n--;
}

void lazy_index_free(struct iommu_registrar *registrar)
{
	struct lazy_index *index = &registrar->lazy;

	registrar_free(registrar, index->buckets, index->n_buckets, sizeof(*index->buckets));
	*index = (struct lazy_index){ 0 };
}

/* --- the policy ------------------------------------------------------------------- */

static void key_free(struct iommu_registrar *registrar, struct iommu_registration *reg)
{
	if (reg->own.n_key > 1)
		registrar_free(registrar, reg->own.key, reg->own.n_key, sizeof(*reg->own.key));
}

static int key_make(struct iommu_registrar *registrar, const struct piece_list *pieces,
		    struct iommu_registration *reg)
{
	reg->own.n_key = (uint32_t)pieces->n;
	reg->own.gpa = piece_gpa(pieces->v);
	if (pieces->n == 1)
		return 0;
	reg->own.key = registrar_alloc(registrar, pieces->n, sizeof(*reg->own.key));
	if (!reg->own.key)
		return -ENOMEM;
	for (size_t i = 0; i < pieces->n; i++)
		reg->own.key[i] = (struct gpa_run){ piece_gpa(&pieces->v[i]), pieces->v[i].size };
	return 0;
}

static int lazy_map(struct iommu_registrar *registrar, const struct iommu_request *request,
		    const struct piece_list *pieces, struct iommu_registration *reg,
		    struct iommu_refusal *refusal)
{
	int ret;

	if (key_make(registrar, pieces, reg))
		return iommu_refuse(refusal, IOMMU_NO_MEMORY, 0, 0);
	reg->own.va = request->va;
	ret = exact_map(registrar, request, pieces, reg, refusal);
	if (ret)
		key_free(registrar, reg);
	return ret;
}

/* Out of the cache, but still mapped. */
static void wake(struct iommu_registrar *registrar, struct iommu_registration *reg)
{
	index_remove(registrar, reg);
	idle_take(registrar, &reg->idle, reg->size, reg->own.maps);
	reg->state = REGISTRATION_LIVE;
}

static struct iommu_registration *lazy_reuse(struct iommu_registrar *registrar,
					     const struct iommu_request *request,
					     const struct piece_list *pieces)
{
	struct iommu_registration *reg;

	if (!registrar->lazy.n)
		return NULL;
	reg = *bucket_of(&registrar->lazy, hash_of_request(request, pieces));
	while (reg && !serves(reg, request, pieces))
		reg = reg->own.next;
	if (reg)
		wake(registrar, reg);
	return reg;
}

static bool fall_asleep(struct iommu_registrar *registrar, struct iommu_registration *reg)
{
	if (!index_add(registrar, reg))
		return false;
	if (!idle_put(registrar, IDLE_REGISTRATION, &reg->idle, reg->size, reg->own.maps)) {
		index_remove(registrar, reg);
		return false;
	}
	reg->state = REGISTRATION_IDLE;
	return true;
}

static int lazy_end(struct iommu_registrar *registrar, struct iommu_registration *reg, bool abandon)
{
	if (reg->state == REGISTRATION_LIVE && !abandon && fall_asleep(registrar, reg))
		return 0;
	key_free(registrar, reg);
	return exact_end(registrar, reg, abandon);
}

void lazy_evict(struct iommu_registrar *registrar, struct iommu_registration *reg,
		struct unmap_batch *batch)
{
	wake(registrar, reg);
	key_free(registrar, reg);
	unmap_batch_add(batch, &reg->own.block, reg->own.maps);
	registration_free(registrar, reg);
}

const struct policy_ops policy_lazy = {
	.reuse = lazy_reuse,
	.map = lazy_map,
	.end = lazy_end,
	.revoke = exact_revoke,
};
