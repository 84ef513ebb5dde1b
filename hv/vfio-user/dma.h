/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the table of DMA ranges of one client: which IOVA is backed by which
 * memory of this process. Must never know messages, sockets or devices.
 */
#ifndef HV_VFIO_USER_DMA_H
#define HV_VFIO_USER_DMA_H

#include <stddef.h>
#include <stdint.h>

#define VFU_DMA_READ	0x1u	/* the device may read it */
#define VFU_DMA_WRITE	0x2u	/* the device may write it */

#define VFU_DMA_DEFAULT_RANGES	(1u << 20)
#define VFU_DMA_DEFAULT_OBJECTS	4096u

struct vfu_dma;

/**
 * struct vfu_dma_range - one mapped range; read-only for callers
 * @iova: first address
 * @last: last address, inclusive
 * @vaddr: where @iova is in this process; NULL when the client gave no file
 *	and the range is only reachable by DMA_READ/DMA_WRITE messages
 * @prot: VFU_DMA_READ and/or VFU_DMA_WRITE
 *
 * A pointer to a range is valid until the range is unmapped.
 */
struct vfu_dma_range {
	uint64_t iova;
	uint64_t last;
	uint8_t *vaddr;
	uint32_t prot;
};

/* What the inline functions below see of a table. */
struct vfu_dma_shared {
	uint64_t generation;
};

/**
 * vfu_dma_create() - make an empty table with the default limits
 * @out: the table, owned by the caller
 *
 * Return: 0, -ENOMEM.
 */
int vfu_dma_create(struct vfu_dma **out);

/**
 * vfu_dma_destroy() - unmap everything and free the table
 * @dma: table or NULL
 */
void vfu_dma_destroy(struct vfu_dma *dma);

/**
 * vfu_dma_set_limits() - bound what a client can make us hold
 * @dma: table
 * @max_ranges: ranges at the same time
 * @max_objects: distinct files mapped at the same time (one mmap each)
 *
 * Ranges above a lowered limit stay; only new ones are refused.
 */
void vfu_dma_set_limits(struct vfu_dma *dma, size_t max_ranges,
			size_t max_objects);

/**
 * vfu_dma_map() - add a range
 * @dma: table
 * @iova: first address, multiple of 4 KiB
 * @size: bytes, multiple of 4 KiB, not 0
 * @prot: VFU_DMA_READ and/or VFU_DMA_WRITE
 * @fd: file that holds the memory, or -1; taken over in every case, also on
 *	error
 * @offset: of @iova in the file, bytes, multiple of 4 KiB
 *
 * Every distinct file (by device and inode) is mapped once and stays mapped
 * until its last range goes. A file that has grown since gets a second,
 * larger mapping, so that pointers into the first stay valid. A client that
 * shrinks a file below a range makes accesses to that range fault.
 *
 * Return: 0; -EINVAL for an unaligned, empty or wrapping range, unknown @prot,
 * a range beyond the end of the file, or a file that is not a regular one;
 * -EEXIST when it overlaps a range; -ENOSPC when a limit is reached; -EACCES
 * when the file is not open for what @prot asks; -ENOMEM or errors of mmap().
 */
int vfu_dma_map(struct vfu_dma *dma, uint64_t iova, uint64_t size,
		uint32_t prot, int fd, uint64_t offset);

/**
 * vfu_dma_unmap_bytes() - what vfu_dma_unmap() would unmap
 * @dma: table
 * @iova: first address
 * @size: bytes
 * @bytes: sum of the sizes of the ranges found, may be NULL
 *
 * Return: 0; -EINVAL for an empty, wrapping or unaligned window or one that
 * cuts a range; -ENOENT when there is no range in it.
 */
int vfu_dma_unmap_bytes(const struct vfu_dma *dma, uint64_t iova,
			uint64_t size, uint64_t *bytes);

/**
 * vfu_dma_unmap() - drop all ranges inside a window
 * @dma: table
 * @iova: first address of the window
 * @size: bytes; the window may hold several whole ranges and gaps
 *
 * Return: as vfu_dma_unmap_bytes(); nothing changes on error.
 */
int vfu_dma_unmap(struct vfu_dma *dma, uint64_t iova, uint64_t size);

/**
 * vfu_dma_unmap_all() - drop all ranges
 * @dma: table
 */
void vfu_dma_unmap_all(struct vfu_dma *dma);

/**
 * vfu_dma_find() - the range that holds an address, in logarithmic time
 * @dma: table
 * @iova: address
 *
 * Return: the range, or NULL when the address is not mapped.
 */
const struct vfu_dma_range *vfu_dma_find(const struct vfu_dma *dma,
					 uint64_t iova);

/**
 * vfu_dma_next() - walk over the ranges by ascending address
 * @dma: table
 * @range: last one seen, NULL for the first
 *
 * Return: the following range or NULL.
 */
const struct vfu_dma_range *vfu_dma_next(const struct vfu_dma *dma,
					 const struct vfu_dma_range *range);

size_t vfu_dma_count(const struct vfu_dma *dma);	/* ranges */
uint64_t vfu_dma_bytes(const struct vfu_dma *dma);	/* sum of all sizes */
size_t vfu_dma_objects(const struct vfu_dma *dma);	/* mmaps held */

/**
 * vfu_dma_generation() - a number that changes at every map and unmap
 * @dma: table
 *
 * A range found earlier may be used again without looking it up as long as
 * the number is the same. It is never 0.
 */
static inline uint64_t vfu_dma_generation(const struct vfu_dma *dma)
{
	return ((const struct vfu_dma_shared *)dma)->generation;
}

#endif
