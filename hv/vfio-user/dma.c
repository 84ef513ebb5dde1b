// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the DMA ranges of one client and the memory objects behind them.
 * Must never know messages, sockets or devices.
 */
#include "hv/vfio-user/dma.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/tree.h>
#include <unistd.h>

#include "hv/vfio-user/dma_index.h"
#include "hv/vfio-user/protocol.h"

/* One mmap of one file. Lives as long as a range points into it. */
struct dma_object {
	RB_ENTRY(dma_object) entry;	/* only while @indexed */
	dev_t dev;
	ino_t ino;
	bool writable;
	bool indexed;			/* new ranges may use it */
	uint8_t *base;
	size_t len;
	size_t ranges;
};

struct dma_node {
	struct vfu_dma_range range;	/* first: what callers see */
	struct dma_object *object;	/* NULL without a file */
};

RB_HEAD(dma_objects, dma_object);

struct vfu_dma {
	struct vfu_dma_shared shared;	/* first: for the inline functions */
	struct vfu_index index;
	struct dma_objects objects;	/* the indexed ones */
	size_t n_nodes;
	size_t n_objects;		/* all of them */
	uint64_t bytes;
	size_t max_nodes;
	size_t max_objects;
};

static_assert(offsetof(struct vfu_dma, shared) == 0, "generation comes first");
static_assert(offsetof(struct dma_node, range) == 0, "range comes first");

static int object_cmp(const struct dma_object *a, const struct dma_object *b)
{
	if (a->ino != b->ino)
		return a->ino < b->ino ? -1 : 1;
	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	return (int)a->writable - (int)b->writable;
}

#define TREE_FN static __attribute__((unused))
RB_GENERATE_INTERNAL(dma_objects, dma_object, entry, object_cmp, TREE_FN)

int vfu_dma_create(struct vfu_dma **out)
{
	struct vfu_dma *dma = calloc(1, sizeof(*dma));

	if (!dma)
		return -ENOMEM;
	dma->shared.generation = 1;
	RB_INIT(&dma->objects);
	vfu_dma_set_limits(dma, VFU_DMA_DEFAULT_RANGES, VFU_DMA_DEFAULT_OBJECTS);
	*out = dma;
	return 0;
}

void vfu_dma_destroy(struct vfu_dma *dma)
{
	if (!dma)
		return;
	vfu_dma_unmap_all(dma);
	free(dma);
}

void vfu_dma_set_limits(struct vfu_dma *dma, size_t max_ranges,
			size_t max_objects)
{
	dma->max_nodes = max_ranges;
	dma->max_objects = max_objects;
}

static void object_unindex(struct vfu_dma *dma, struct dma_object *object)
{
	if (!object->indexed)
		return;
	RB_REMOVE(dma_objects, &dma->objects, object);
	object->indexed = false;
}

static void object_put(struct vfu_dma *dma, struct dma_object *object)
{
	if (!object || --object->ranges)
		return;
	object_unindex(dma, object);
	munmap(object->base, object->len);
	dma->n_objects--;
	free(object);
}

static int object_create(struct vfu_dma *dma, const struct dma_object *key,
			 int fd, size_t len, struct dma_object **out)
{
	int prot = PROT_READ | (key->writable ? PROT_WRITE : 0);
	struct dma_object *object;
	void *base;
	int ret;

	if (dma->n_objects >= dma->max_objects)
		return -ENOSPC;
	object = malloc(sizeof(*object));
	if (!object)
		return -ENOMEM;
	base = mmap(NULL, len, prot, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (base == MAP_FAILED) {
		ret = -errno;
		goto free_object;
	}
	/* Client memory is no part of our core dumps; best effort. */
	madvise(base, len, MADV_DONTDUMP);
	*object = *key;
	object->base = base;
	object->len = len;
	object->ranges = 0;
	dma->n_objects++;
	*out = object;
	return 0;

free_object:
	free(object);
	return ret;
}

/*
 * Finds or makes the mapping of @fd that reaches at least to @end, and takes a
 * reference. A mapping that became too short is not used for new ranges.
 */
static int object_get(struct vfu_dma *dma, int fd, uint32_t prot, uint64_t end,
		      struct dma_object **out)
{
	struct dma_object key = { .indexed = true };
	struct dma_object *object, *old;
	struct stat st;
	int mode, ret;

	mode = fcntl(fd, F_GETFL);
	if (mode < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || end > (uint64_t)st.st_size)
		return -EINVAL;
	mode &= O_ACCMODE;
	if (mode == O_WRONLY || ((prot & VFU_DMA_WRITE) && mode != O_RDWR))
		return -EACCES;

	key.dev = st.st_dev;
	key.ino = st.st_ino;
	key.writable = mode == O_RDWR;
	old = RB_FIND(dma_objects, &dma->objects, &key);
	if (old && end <= old->len) {
		old->ranges++;
		*out = old;
		return 0;
	}
	ret = object_create(dma, &key, fd, (size_t)st.st_size, &object);
	if (ret)
		return ret;
	if (old)
		object_unindex(dma, old);
	RB_INSERT(dma_objects, &dma->objects, object);
	object->ranges = 1;
	*out = object;
	return 0;
}

static int map_check(const struct vfu_dma *dma, uint64_t iova, uint64_t size,
		     uint32_t prot, int fd, uint64_t offset)
{
	const struct vfu_dma_range *next;

	if (!size || (iova | size | offset) & (VFU_PAGE_SIZE - 1))
		return -EINVAL;
	if (size - 1 > UINT64_MAX - iova)
		return -EINVAL;
	if (!prot || prot & ~(VFU_DMA_READ | VFU_DMA_WRITE))
		return -EINVAL;
	if (fd >= 0 ? size > UINT64_MAX - offset : offset != 0)
		return -EINVAL;
	next = vfu_index_from(&dma->index, iova);
	if (next && next->iova <= iova + (size - 1))
		return -EEXIST;
	if (dma->n_nodes >= dma->max_nodes)
		return -ENOSPC;
	return 0;
}

int vfu_dma_map(struct vfu_dma *dma, uint64_t iova, uint64_t size,
		uint32_t prot, int fd, uint64_t offset)
{
	struct dma_node *node = NULL;
	int ret;

	ret = map_check(dma, iova, size, prot, fd, offset);
	if (ret)
		goto close_fd;
	node = calloc(1, sizeof(*node));
	if (!node) {
		ret = -ENOMEM;
		goto close_fd;
	}
	if (fd >= 0) {
		ret = object_get(dma, fd, prot, offset + size, &node->object);
		if (ret)
			goto close_fd;
		node->range.vaddr = node->object->base + offset;
	}
	node->range.iova = iova;
	node->range.last = iova + (size - 1);
	node->range.prot = prot;
	ret = vfu_index_insert(&dma->index, &node->range);
	if (ret) {
		object_put(dma, node->object);
		goto close_fd;
	}
	dma->n_nodes++;
	dma->bytes += size;
	dma->shared.generation++;
	node = NULL;

close_fd:
	free(node);
	if (fd >= 0)
		close(fd);
	return ret;
}

static void range_drop(struct vfu_dma *dma, struct vfu_dma_range *range)
{
	struct dma_node *node = (struct dma_node *)range;

	vfu_index_remove(&dma->index, range);
	dma->n_nodes--;
	dma->bytes -= range->last - range->iova + 1;
	dma->shared.generation++;
	object_put(dma, node->object);
	free(node);
}

int vfu_dma_unmap_bytes(const struct vfu_dma *dma, uint64_t iova,
			uint64_t size, uint64_t *bytes)
{
	const struct vfu_dma_range *range;
	uint64_t last, sum = 0;

	if (!size || (iova | size) & (VFU_PAGE_SIZE - 1))
		return -EINVAL;
	if (size - 1 > UINT64_MAX - iova)
		return -EINVAL;
	last = iova + (size - 1);
	range = vfu_index_from(&dma->index, iova);
	if (!range || range->iova > last)
		return -ENOENT;
	for (; range && range->iova <= last; range = vfu_dma_next(dma, range)) {
		if (range->iova < iova || range->last > last)
			return -EINVAL;
		sum += range->last - range->iova + 1;
		if (range->last == last)
			break;
	}
	if (bytes)
		*bytes = sum;
	return 0;
}

int vfu_dma_unmap(struct vfu_dma *dma, uint64_t iova, uint64_t size)
{
	struct vfu_dma_range *range;
	uint64_t bytes;
	int ret;

	ret = vfu_dma_unmap_bytes(dma, iova, size, &bytes);
	if (ret)
		return ret;
	while (bytes) {
		range = vfu_index_from(&dma->index, iova);
		bytes -= range->last - range->iova + 1;
		range_drop(dma, range);
	}
	return 0;
}

void vfu_dma_unmap_all(struct vfu_dma *dma)
{
	struct vfu_dma_range *range;

	while ((range = vfu_index_tail(&dma->index)))
		range_drop(dma, range);
	vfu_index_free(&dma->index);
}

const struct vfu_dma_range *vfu_dma_find(const struct vfu_dma *dma,
					 uint64_t iova)
{
	const struct vfu_dma_range *range = vfu_index_from(&dma->index, iova);

	return range && range->iova <= iova ? range : NULL;
}

const struct vfu_dma_range *vfu_dma_next(const struct vfu_dma *dma,
					 const struct vfu_dma_range *range)
{
	if (range && range->last == UINT64_MAX)
		return NULL;
	return vfu_index_from(&dma->index, range ? range->last + 1 : 0);
}

size_t vfu_dma_count(const struct vfu_dma *dma)
{
	return dma->n_nodes;
}

uint64_t vfu_dma_bytes(const struct vfu_dma *dma)
{
	return dma->bytes;
}

size_t vfu_dma_objects(const struct vfu_dma *dma)
{
	return dma->n_objects;
}
