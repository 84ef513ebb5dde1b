/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the order of disjoint DMA ranges by address. Must never know what is
 * behind a range, nor free one.
 *
 * A search tree with one range per node costs a cache miss per level, which
 * made a map message a third slower with 100,000 ranges than with 1,000. So
 * this is a B+ tree of two levels: a directory of leaves, and leaves that keep
 * the addresses of up to VFU_LEAF_CAP ranges side by side.
 */
#ifndef HV_VFIO_USER_DMA_INDEX_H
#define HV_VFIO_USER_DMA_INDEX_H

#include "hv/vfio-user/dma.h"

#define VFU_LEAF_CAP	64u

struct vfu_leaf;

/**
 * struct vfu_index - an index; all zero when empty
 * @lasts: largest last address of each leaf, ascending
 * @leaves: the leaves
 * @n: how many
 * @cap: room in both arrays
 */
struct vfu_index {
	uint64_t *lasts;
	struct vfu_leaf **leaves;
	size_t n;
	size_t cap;
};

/**
 * vfu_index_from() - the first range that ends at or after an address
 * @index: index
 * @iova: address
 *
 * Return: the range or NULL.
 */
struct vfu_dma_range *vfu_index_from(const struct vfu_index *index,
				     uint64_t iova);

/**
 * vfu_index_tail() - the range with the highest address
 * @index: index
 *
 * Return: the range or NULL; the cheapest one to remove.
 */
struct vfu_dma_range *vfu_index_tail(const struct vfu_index *index);

/**
 * vfu_index_insert() - add a range
 * @index: index
 * @range: overlaps none that is there; must stay where it is
 *
 * Return: 0, -ENOMEM (nothing has changed).
 */
int vfu_index_insert(struct vfu_index *index, struct vfu_dma_range *range);

/**
 * vfu_index_remove() - take a range out
 * @index: index
 * @range: one that is there
 */
void vfu_index_remove(struct vfu_index *index,
		      const struct vfu_dma_range *range);

/**
 * vfu_index_free() - give the memory of an empty index back
 * @index: index, no range in it
 */
void vfu_index_free(struct vfu_index *index);

#endif
