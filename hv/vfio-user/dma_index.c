// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the order of disjoint DMA ranges by address. Must never know what is
 * behind a range, nor free one.
 */
#include "hv/vfio-user/dma_index.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MIN_DIRECTORY	16u

struct vfu_leaf {
	unsigned int n;		/* never 0 */
	uint64_t lasts[VFU_LEAF_CAP];
	struct vfu_dma_range *ranges[VFU_LEAF_CAP];
};

/* Index of the first of @n ascending values that is >= @key, @n if none. */
static size_t first_from(const uint64_t *values, size_t n, uint64_t key)
{
	size_t low = 0;

	while (n) {
		size_t half = n / 2;

		if (values[low + half] < key) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low;
}

struct vfu_dma_range *vfu_index_from(const struct vfu_index *index,
				     uint64_t iova)
{
	size_t i = first_from(index->lasts, index->n, iova);
	const struct vfu_leaf *leaf;

	if (i == index->n)
		return NULL;
	leaf = index->leaves[i];
	return leaf->ranges[first_from(leaf->lasts, leaf->n, iova)];
}

struct vfu_dma_range *vfu_index_tail(const struct vfu_index *index)
{
	const struct vfu_leaf *leaf;

	if (!index->n)
		return NULL;
	leaf = index->leaves[index->n - 1];
	return leaf->ranges[leaf->n - 1];
}

static int directory_reserve(struct vfu_index *index)
{
	size_t cap = index->cap ? 2 * index->cap : MIN_DIRECTORY;
	struct vfu_leaf **leaves;
	uint64_t *lasts;

	if (index->n < index->cap)
		return 0;
	lasts = realloc(index->lasts, cap * sizeof(*lasts));
	if (!lasts)
		return -ENOMEM;
	index->lasts = lasts;
	leaves = realloc(index->leaves, cap * sizeof(*leaves));
	if (!leaves)
		return -ENOMEM;
	index->leaves = leaves;
	index->cap = cap;
	return 0;
}

/* Makes an empty leaf at place @i of the directory; the caller fills it. */
static struct vfu_leaf *leaf_add(struct vfu_index *index, size_t i)
{
	struct vfu_leaf *leaf;

	if (directory_reserve(index))
		return NULL;
	leaf = malloc(sizeof(*leaf));
	if (!leaf)
		return NULL;
	leaf->n = 0;
	memmove(&index->leaves[i + 1], &index->leaves[i],
		(index->n - i) * sizeof(index->leaves[0]));
	memmove(&index->lasts[i + 1], &index->lasts[i],
		(index->n - i) * sizeof(index->lasts[0]));
	index->leaves[i] = leaf;
	index->n++;
	return leaf;
}

static void leaf_drop(struct vfu_index *index, size_t i)
{
	free(index->leaves[i]);
	index->n--;
	memmove(&index->leaves[i], &index->leaves[i + 1],
		(index->n - i) * sizeof(index->leaves[0]));
	memmove(&index->lasts[i], &index->lasts[i + 1],
		(index->n - i) * sizeof(index->lasts[0]));
}

/* Appends all of @from, from its place @at on, to @to. */
static void leaf_move(struct vfu_leaf *to, struct vfu_leaf *from,
		      unsigned int at)
{
	unsigned int n = from->n - at;

	memcpy(&to->lasts[to->n], &from->lasts[at], n * sizeof(to->lasts[0]));
	memcpy(&to->ranges[to->n], &from->ranges[at],
	       n * sizeof(to->ranges[0]));
	to->n += n;
	from->n = at;
}

static void leaf_insert(struct vfu_leaf *leaf, struct vfu_dma_range *range)
{
	size_t at = first_from(leaf->lasts, leaf->n, range->last);

	memmove(&leaf->lasts[at + 1], &leaf->lasts[at],
		(leaf->n - at) * sizeof(leaf->lasts[0]));
	memmove(&leaf->ranges[at + 1], &leaf->ranges[at],
		(leaf->n - at) * sizeof(leaf->ranges[0]));
	leaf->lasts[at] = range->last;
	leaf->ranges[at] = range;
	leaf->n++;
}

static void refresh(struct vfu_index *index, size_t i)
{
	const struct vfu_leaf *leaf = index->leaves[i];

	index->lasts[i] = leaf->lasts[leaf->n - 1];
}

int vfu_index_insert(struct vfu_index *index, struct vfu_dma_range *range)
{
	size_t i = first_from(index->lasts, index->n, range->last);
	bool at_end = i == index->n;
	struct vfu_leaf *leaf, *upper;

	if (at_end && i)
		i--;
	leaf = index->n ? index->leaves[i] : NULL;
	if (!leaf || leaf->n == VFU_LEAF_CAP) {
		/* Ascending ranges, the usual order, leave full leaves. */
		upper = leaf_add(index, leaf ? i + 1 : i);
		if (!upper)
			return -ENOMEM;
		if (leaf && !at_end)
			leaf_move(upper, leaf, VFU_LEAF_CAP / 2);
		if (!leaf) {
			leaf = upper;
		} else if (at_end) {
			leaf = upper;
			i++;
		} else {
			refresh(index, i);
			refresh(index, i + 1);
			if (range->last > index->lasts[i]) {
				leaf = upper;
				i++;
			}
		}
	}
	leaf_insert(leaf, range);
	refresh(index, i);
	return 0;
}

/* Joins leaf @i and the next one when both are rather empty. */
static void leaf_join(struct vfu_index *index, size_t i)
{
	if (i + 1 >= index->n ||
	    index->leaves[i]->n + index->leaves[i + 1]->n > VFU_LEAF_CAP / 2)
		return;
	leaf_move(index->leaves[i], index->leaves[i + 1], 0);
	leaf_drop(index, i + 1);
	refresh(index, i);
}

void vfu_index_remove(struct vfu_index *index,
		      const struct vfu_dma_range *range)
{
	size_t i = first_from(index->lasts, index->n, range->last), at;
	struct vfu_leaf *leaf = index->leaves[i];

	at = first_from(leaf->lasts, leaf->n, range->last);
	leaf->n--;
	memmove(&leaf->lasts[at], &leaf->lasts[at + 1],
		(leaf->n - at) * sizeof(leaf->lasts[0]));
	memmove(&leaf->ranges[at], &leaf->ranges[at + 1],
		(leaf->n - at) * sizeof(leaf->ranges[0]));
	if (!leaf->n) {
		leaf_drop(index, i);
		return;
	}
	refresh(index, i);
	if (leaf->n <= VFU_LEAF_CAP / 4) {
		leaf_join(index, i);
		if (i)
			leaf_join(index, i - 1);
	}
}

void vfu_index_free(struct vfu_index *index)
{
	free(index->lasts);
	free(index->leaves);
	memset(index, 0, sizeof(*index));
}
