// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the reference model's blocks of bus addresses: what is mapped, what idles
 * and in which order it goes, what is never used again. Must never know
 * registrations.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/iommu/reference_private.h"

uint64_t ref_now(const struct reference *ref)
{
	return ref->setup.config.now_ms(ref->setup.config.now_ctx);
}

void ref_lose(struct reference *ref, uint64_t iova, uint64_t size, uint64_t maps,
	      uint64_t mapped)
{
	struct ref_lost *lost = calloc(1, sizeof(*lost));

	if (!lost)
		abort();
	*lost = (struct ref_lost){ ref->lost, iova, size, maps, mapped };
	ref->lost = lost;
}

struct ref_block *ref_block_create(struct reference *ref, const unsigned int *pages, size_t n,
				   unsigned int prot, uint64_t va, bool own)
{
	struct ref_block *block = calloc(1, sizeof(*block));

	if (!block)
		abort();
	block->pages = calloc(n, sizeof(*block->pages));
	block->was = calloc(n, sizeof(*block->was));
	if (!block->pages || !block->was)
		abort();
	memcpy(block->pages, pages, n * sizeof(*pages));
	for (size_t i = 0; i < n; i++)
		block->was[i] = ref->pages[pages[i]];
	block->n = n;
	block->prot = prot;
	block->va = va;
	block->own = own;
	block->next = ref->blocks;
	ref->blocks = block;
	return block;
}

void ref_block_destroy(struct reference *ref, struct ref_block *block)
{
	struct ref_block **at = &ref->blocks;

	while (*at != block)
		at = &(*at)->next;
	*at = block->next;
	free(block->pages);
	free(block->was);
	free(block);
}

/* --- room ------------------------------------------------------------------------ */

uint64_t ref_maps_left(const struct reference *ref)
{
	uint64_t maps = 0;

	for (const struct ref_block *block = ref->blocks; block; block = block->next)
		maps += block->mapped ? block->maps : 0;
	for (const struct ref_lost *lost = ref->lost; lost; lost = lost->next)
		maps += lost->maps;
	return ref->setup.max_maps > maps ? ref->setup.max_maps - maps : 0;
}

static bool overlap(const struct ref_block *block, uint64_t iova, uint64_t size)
{
	return block->iova < iova + size && iova < block->iova + block->n * REF_PAGE;
}

/* Something has these addresses that is not @except. */
static bool taken(const struct reference *ref, uint64_t iova, uint64_t size,
		  const struct ref_block *except)
{
	for (const struct ref_block *block = ref->blocks; block; block = block->next)
		if (block != except && !block->lost && (block->mapped || block->held) &&
		    overlap(block, iova, size))
			return true;
	for (const struct ref_lost *lost = ref->lost; lost; lost = lost->next)
		if (lost->iova < iova + size && iova < lost->iova + lost->size)
			return true;
	return false;
}

static void mark(bool *used, uint64_t first, uint64_t iova, uint64_t size)
{
	for (uint64_t at = iova; at < iova + size; at += REF_PAGE)
		used[(at - first) / REF_PAGE] = true;
}

/* Whether there is a gap of @size, page by page; a space that is not roomy has one range. */
static bool fits(const struct reference *ref, uint64_t size)
{
	struct iova_range range = ref->setup.recorder->caps.ranges[0];
	bool used[REF_TIGHT_PAGES] = { false };
	uint64_t run = 0;

	if (ref->setup.roomy)
		return true;
	for (const struct ref_block *block = ref->blocks; block; block = block->next)
		if (!block->lost && (block->mapped || block->held))
			mark(used, range.first, block->iova, block->n * REF_PAGE);
	for (const struct ref_lost *lost = ref->lost; lost; lost = lost->next)
		mark(used, range.first, lost->iova, lost->size);
	for (uint64_t at = range.first; at < range.last && run < size; at += REF_PAGE)
		run = used[(at - range.first) / REF_PAGE] ? 0 : run + REF_PAGE;
	return run >= size;
}

/* --- what idles ------------------------------------------------------------------- */

uint64_t ref_idle_bytes(const struct reference *ref)
{
	uint64_t bytes = 0;

	for (const struct ref_block *block = ref->blocks; block; block = block->next)
		bytes += block->idle ? block->n * REF_PAGE : 0;
	return bytes;
}

uint64_t ref_idle_maps(const struct reference *ref)
{
	uint64_t maps = 0;

	for (const struct ref_block *block = ref->blocks; block; block = block->next)
		maps += block->idle ? block->maps : 0;
	return maps;
}

struct ref_block *ref_idle_oldest(const struct reference *ref)
{
	struct ref_block *oldest = NULL;

	for (struct ref_block *block = ref->blocks; block; block = block->next)
		if (block->idle && (!oldest || block->order < oldest->order))
			oldest = block;
	return oldest;
}

void ref_idle_flush(struct reference *ref)
{
	struct ref_block *block;

	while ((block = ref_idle_oldest(ref)))
		ref_block_end(ref, block);
}

/* The oldest go until at most so much is left. */
static void evict_down_to(struct reference *ref, uint64_t bytes, uint64_t maps)
{
	while (ref_idle_bytes(ref) > bytes || ref_idle_maps(ref) > maps)
		ref_block_end(ref, ref_idle_oldest(ref));
}

/* Unmappings that were not confirmed make no room: then more go, while that can help. */
bool ref_idle_make_room(struct reference *ref, uint64_t maps)
{
	while (maps > ref_maps_left(ref)) {
		uint64_t missing = maps - ref_maps_left(ref);

		if (missing > ref_idle_maps(ref))
			return false;
		evict_down_to(ref, UINT64_MAX, ref_idle_maps(ref) - missing);
	}
	return true;
}

void ref_block_wake(struct ref_block *block)
{
	block->idle = false;
}

bool ref_block_rest(struct reference *ref, struct ref_block *block)
{
	uint64_t size = block->n * REF_PAGE, bound = ref->setup.config.idle_bytes;

	if (size > bound)
		return ref_block_end(ref, block);
	/* Where the bound would be passed, a quarter of it is made free. */
	if (ref_idle_bytes(ref) + size > bound)
		evict_down_to(ref, size > bound / 4 ? bound - size : bound - bound / 4, UINT64_MAX);
	block->idle = true;
	block->since = ref_now(ref);
	block->order = ++ref->order;
	return true;
}

/* --- mapping ----------------------------------------------------------------------- */

/* Low bits as those of va, as many as the size has, where there is room for all wishes. */
static void check_address(struct reference *ref, const struct ref_block *block)
{
	uint64_t size = block->n * REF_PAGE, align = REF_PAGE;

	while (align < size)
		align *= 2;
	if (taken(ref, block->iova, size, block))
		ref_complain(ref, "bus addresses %#llx+%#llx were taken already",
			     (unsigned long long)block->iova, (unsigned long long)size);
	if (!block->iova)
		ref_complain(ref, "bus address 0 was given out");
	if (ref->setup.roomy && block->iova % align != block->va % align)
		ref_complain(ref, "bus address %#llx is not like %#llx modulo %#llx",
			     (unsigned long long)block->iova, (unsigned long long)block->va,
			     (unsigned long long)align);
}

int ref_block_map(struct reference *ref, struct ref_block *block, enum iommu_reason *reason,
		  uint64_t *wanted)
{
	uint64_t size = block->n * REF_PAGE;
	int ret;

	*wanted = ref_block_pieces(block);
	*reason = IOMMU_TOO_MANY_MAPS;
	if (!ref_idle_make_room(ref, *wanted))
		return -ENOSPC;
	if (!fits(ref, size))
		ref_idle_flush(ref);
	*wanted = size;
	*reason = IOMMU_NO_IOVA;
	if (!fits(ref, size))
		return -ENOSPC;
	ret = ref_calls_map(ref, block);
	if ((ret == -ENOSPC || ret == -ENOMEM) && ref_idle_oldest(ref)) {
		ref_idle_flush(ref);
		ret = ref_calls_map(ref, block);
	}
	*reason = ret == -EUCLEAN ? IOMMU_NOT_CONFIRMED : IOMMU_MAP_FAILED;
	if (ret == -ENOSPC) {
		*reason = IOMMU_TOO_MANY_MAPS;
		*wanted = ref_block_pieces(block);
	}
	if (ret)
		return ret;
	*reason = IOMMU_OK;
	block->mapped = true;
	check_address(ref, block);
	return 0;
}

void ref_block_release(struct reference *ref, struct ref_block *block)
{
	if (block->abandoned && !block->lost && block->maps)
		ref_lose(ref, block->iova, block->n * REF_PAGE, 0, 0);
	ref_block_destroy(ref, block);
}

bool ref_block_end(struct reference *ref, struct ref_block *block)
{
	bool confirmed = true;

	block->idle = false;
	block->findable = false;
	if (block->mapped) {
		confirmed = ref_calls_unmap(ref, block);
		block->mapped = false;
	}
	if (!confirmed) {
		block->lost = true;
		ref_lose(ref, block->iova, block->n * REF_PAGE, block->maps, block->n * REF_PAGE);
	}
	if (!block->refs && !block->held)
		ref_block_release(ref, block);
	return confirmed;
}
