// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the blocks of a space: linked by address within their range, so that
 * gaps merge in constant time. Must never know what is mapped.
 */
#include "iommu/iova.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "iommu/iova_gaps.h"

enum {
	SCAN_GAPS = 64,			/* see find_odd_gap() */
	NODES_PER_TAKE = 2,		/* the block itself and a gap before it */
	SLAB_FIRST_NODES = 64,
	SLAB_MAX_NODES = 16384,
};

static_assert(sizeof(struct iova_block) == 48, "budget of a registration");

struct slab {
	struct slab *next;
	struct iova_block nodes[];
};

struct iova_space {
	uint64_t granule;
	uint64_t free;			/* bytes */
	struct iova_block *spare;	/* nodes given back, linked by next */
	struct iova_block *fresh;	/* nodes of the newest slab that were never used */
	size_t n_spare, n_fresh;
	struct slab *slabs;
	size_t n_nodes;			/* in all slabs */
	size_t memory;
	struct iova_gaps gaps;
};

/* A taken block says so by naming itself. */
static bool is_gap(const struct iova_block *block)
{
	return block && block->gap_prev != block;
}

/* --- nodes ----------------------------------------------------------------- */

static void node_put(struct iova_space *space, struct iova_block *node)
{
	node->next = space->spare;
	space->spare = node;
	space->n_spare++;
}

/* Slabs grow with what there is, so that little is wasted on a small space. */
static int grow(struct iova_space *space)
{
	size_t n = space->n_nodes / 4;
	struct slab *slab;

	if (n < SLAB_FIRST_NODES)
		n = SLAB_FIRST_NODES;
	if (n > SLAB_MAX_NODES)
		n = SLAB_MAX_NODES;
	slab = malloc(sizeof(*slab) + n * sizeof(*slab->nodes));
	if (!slab)
		return -ENOMEM;
	slab->next = space->slabs;
	space->slabs = slab;
	/* What is left of the slab before is not lost. */
	for (; space->n_fresh; space->n_fresh--)
		node_put(space, space->fresh++);
	space->fresh = slab->nodes;
	space->n_fresh = n;
	space->n_nodes += n;
	space->memory += sizeof(*slab) + n * sizeof(*slab->nodes);
	return 0;
}

static int ensure_nodes(struct iova_space *space, size_t n)
{
	return space->n_spare + space->n_fresh >= n ? 0 : grow(space);
}

/* There is one: ensure_nodes() was asked. */
static struct iova_block *node_get(struct iova_space *space)
{
	struct iova_block *node = space->spare;

	if (!node) {
		space->n_fresh--;
		return space->fresh++;
	}
	space->spare = node->next;
	space->n_spare--;
	return node;
}

/* --- the life of a space ------------------------------------------------------- */

bool iova_range_trim(struct iova_range *range, uint64_t granule)
{
	uint64_t mask = granule - 1, first = range->first ? range->first : granule, end;

	if (first > UINT64_MAX - mask)
		return false;
	first = (first + mask) & ~mask;
	end = (range->last + 1) & ~mask;	/* 0: the end of everything, or nothing */
	if (range->last != UINT64_MAX && end <= first)
		return false;
	range->first = first;
	range->last = end - 1;
	return true;
}

/* One gap over all of a range. Ranges are not linked: blocks never merge across a border. */
static int add_range(struct iova_space *space, struct iova_range range)
{
	struct iova_block *gap;

	if (!iova_range_trim(&range, space->granule))
		return 0;
	if (ensure_nodes(space, 1))
		return -ENOMEM;
	gap = node_get(space);
	gap->iova = range.first;
	gap->size = range.last - range.first + 1;
	gap->prev = NULL;
	gap->next = NULL;
	gap_insert(&space->gaps, gap, gap_class_of(&space->gaps, gap->size));
	space->free += gap->size;
	return 0;
}

int iova_space_create(const struct iova_range *ranges, size_t n,
		      uint64_t granule, struct iova_space **out)
{
	struct iova_space *space;
	int ret;

	if (!granule || granule & (granule - 1))
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (ranges[i].last < ranges[i].first ||
		    (i && ranges[i].first <= ranges[i - 1].last))
			return -EINVAL;
	space = calloc(1, sizeof(*space));
	if (!space)
		return -ENOMEM;
	space->granule = granule;
	space->gaps.shift = __builtin_ctzll(granule);
	space->memory = sizeof(*space);
	for (size_t i = 0; i < n; i++) {
		ret = add_range(space, ranges[i]);
		if (ret)
			goto destroy;
	}
	ret = space->free ? 0 : -EINVAL;
	if (ret)
		goto destroy;
	*out = space;
	return 0;

destroy:
	iova_space_destroy(space);
	return ret;
}

void iova_space_destroy(struct iova_space *space)
{
	struct slab *slab, *next;

	if (!space)
		return;
	for (slab = space->slabs; slab; slab = next) {
		next = slab->next;
		free(slab);
	}
	free(space);
}

/* --- take ------------------------------------------------------------------------ */

struct wish {
	uint64_t size, align, phase;
};

/* Bytes from the gap's start to the first address with the phase. */
static uint64_t skip_in(const struct iova_block *gap, const struct wish *wish)
{
	return (wish->phase - gap->iova) & (wish->align - 1);
}

static bool fits(const struct iova_block *gap, const struct wish *wish)
{
	return gap->size >= wish->size && skip_in(gap, wish) <= gap->size - wish->size;
}

/*
 * Where no gap fits whatever its address is, one may still by good luck: of its
 * address, or of its size within the class of @wish. Larger ones first.
 * Without alignment every gap that might do is looked at, and those are all of
 * one class.
 */
static struct iova_block *find_odd_gap(struct iova_space *space,
				       const struct wish *wish, unsigned int above)
{
	uint64_t left = wish->align == space->granule ? UINT64_MAX : SCAN_GAPS;
	unsigned int lowest = gap_class_of(&space->gaps, wish->size), class = above;
	struct iova_block *gap;

	for (;;) {
		class = gap_class_down(&space->gaps, class);
		if (class == GAP_CLASSES || class < lowest)
			return NULL;
		for (gap = space->gaps.heads[class]; gap; gap = gap->gap_next) {
			if (fits(gap, wish))
				return gap;
			if (!--left)
				return NULL;
		}
	}
}

static struct iova_block *find_gap(struct iova_space *space, const struct wish *wish)
{
	uint64_t slack = wish->align - space->granule;
	unsigned int sure = GAP_CLASSES, class;
	struct iova_block *gap;

	/* The gap that was given back last may be just right. */
	gap = space->gaps.heads[gap_class_of(&space->gaps, wish->size)];
	if (gap && fits(gap, wish))
		return gap;
	if (slack <= UINT64_MAX - wish->size)
		sure = gap_class_from(&space->gaps, wish->size + slack);
	class = gap_class_up(&space->gaps, sure);
	return class < GAP_CLASSES ? space->gaps.heads[class] : find_odd_gap(space, wish, sure);
}

/* Between two neighbours, either of which may be NULL. */
static void link_between(struct iova_block *prev, struct iova_block *block,
			 struct iova_block *next)
{
	block->prev = prev;
	block->next = next;
	if (prev)
		prev->next = block;
	if (next)
		next->prev = block;
}

/* @size bytes out of @gap, @skip bytes from its start; what is left stays a gap or two. */
static struct iova_block *carve(struct iova_space *space, struct iova_block *gap,
				uint64_t skip, uint64_t size)
{
	uint64_t rest = gap->size - skip - size;
	struct iova_block *block = gap, *before;

	space->free -= size;
	if (!skip && !rest) {
		gap_remove(&space->gaps, gap, gap_class_of(&space->gaps, size));
		block->gap_prev = block;
		return block;
	}
	block = node_get(space);
	block->iova = gap->iova + skip;
	block->size = size;
	block->gap_prev = block;
	if (!rest) {
		link_between(gap, block, gap->next);
		gap_resize(&space->gaps, gap, skip);
		return block;
	}
	link_between(gap->prev, block, gap);
	if (skip) {
		before = node_get(space);
		before->iova = gap->iova;
		before->size = skip;
		link_between(block->prev, before, block);
		gap_insert(&space->gaps, before, gap_class_of(&space->gaps, skip));
	}
	gap->iova = block->iova + size;
	gap_resize(&space->gaps, gap, rest);
	return block;
}

int iova_space_take(struct iova_space *space, uint64_t size, uint64_t align,
		    uint64_t phase, struct iova_block **out)
{
	const struct wish wish = { size, align, phase };
	uint64_t mask = space->granule - 1;
	struct iova_block *gap;

	if (!size || size & mask || align < space->granule || align & (align - 1) ||
	    phase >= align || phase & mask)
		return -EINVAL;
	if (ensure_nodes(space, NODES_PER_TAKE))
		return -ENOMEM;
	gap = find_gap(space, &wish);
	if (!gap)
		return -ENOSPC;
	*out = carve(space, gap, skip_in(gap, &wish), size);
	return 0;
}

/* --- give -------------------------------------------------------------------------- */

void iova_space_give(struct iova_space *space, struct iova_block *block)
{
	struct iova_block *prev = block->prev, *next = block->next;

	space->free += block->size;
	if (is_gap(prev)) {
		uint64_t size = prev->size + block->size;

		if (is_gap(next)) {
			size += next->size;
			gap_remove(&space->gaps, next, gap_class_of(&space->gaps, next->size));
			node_put(space, block);
			block = next;
			next = next->next;
		}
		prev->next = next;
		if (next)
			next->prev = prev;
		node_put(space, block);
		gap_resize(&space->gaps, prev, size);
	} else if (is_gap(next)) {
		next->iova = block->iova;
		next->prev = prev;
		if (prev)
			prev->next = next;
		gap_resize(&space->gaps, next, next->size + block->size);
		node_put(space, block);
	} else {
		gap_insert(&space->gaps, block, gap_class_of(&space->gaps, block->size));
	}
}

/* --- facts ------------------------------------------------------------------------- */

bool iova_block_follows(const struct iova_block *block, const struct iova_block *after)
{
	const struct iova_block *next = after->next;

	return next && (next == block || (is_gap(next) && next->next == block));
}

uint64_t iova_space_free(const struct iova_space *space)
{
	return space->free;
}

uint64_t iova_space_largest(const struct iova_space *space)
{
	unsigned int class = gap_class_down(&space->gaps, GAP_CLASSES);
	uint64_t largest = 0;

	if (class == GAP_CLASSES)
		return 0;
	for (const struct iova_block *gap = space->gaps.heads[class]; gap; gap = gap->gap_next)
		if (gap->size > largest)
			largest = gap->size;
	return largest;
}

size_t iova_space_memory(const struct iova_space *space)
{
	return space->memory;
}
