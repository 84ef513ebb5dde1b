/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the guest memory table: which guest-physical addresses there are, and
 * the memory objects (file and offset) behind them. Regions come and go at any
 * time; each is mapped into this process on first use and never pre-faulted.
 * Must never know what is registered, except through the list that
 * registration.c keeps on each region.
 */
#ifndef IOMMU_MEMORY_H
#define IOMMU_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "iommu/domain.h"

struct guest_memory;
struct region_link;			/* registration.c's */

#define GUEST_MEMORY_MAX_REGIONS	4096u

struct memory_object;			/* one open file, shared by its regions */

struct memory_region {
	uint64_t gpa, size;		/* bytes, multiples of 4 KiB */
	unsigned int prot;		/* IOMMU_READ, IOMMU_WRITE: RAM; without WRITE: ROM */
	struct memory_object *object;
	uint64_t offset;		/* in the object */
	void *hva;			/* NULL until first used */
	struct region_link *registrations;	/* registration.c's, as is the next */
	uint64_t mark;			/* last registration that counted this region */
	void *policy;			/* what the policy keeps per region */
	/* The rest is memory.c's: what is mapped around hva. */
	void *window;
	size_t window_size;
};

/* 0 or -ENOMEM. */
int guest_memory_create(struct guest_memory **out);
/* All regions must have been removed or have no registration. */
void guest_memory_destroy(struct guest_memory *memory);

/**
 * guest_memory_add() - a region appears
 * @memory: table
 * @gpa: guest-physical address, multiple of 4 KiB
 * @size: bytes, multiple of 4 KiB, not 0, @gpa + @size - 1 does not wrap
 * @prot: IOMMU_READ, with IOMMU_WRITE unless it is read-only to the guest
 * @fd: file that holds it, duplicated unless the table has the same one already
 * @offset: in the file, multiple of 4 KiB
 * @out: the region, owned by the table; may be NULL
 *
 * Return: 0; -EINVAL, also when it reaches beyond the end of a regular file;
 * -EACCES when the file is not open for what @prot says; -EEXIST when it
 * overlaps a region; -ENOSPC beyond GUEST_MEMORY_MAX_REGIONS; -EBADF, -ENOMEM,
 * -EMFILE.
 */
int guest_memory_add(struct guest_memory *memory, uint64_t gpa, uint64_t size,
		     unsigned int prot, int fd, uint64_t offset,
		     struct memory_region **out);
/* The region and its mapping in this process go; it has no registration any more. */
void guest_memory_drop(struct guest_memory *memory, struct memory_region *region);

/* The region that holds @gpa, or NULL; logarithmic. */
struct memory_region *guest_memory_find(const struct guest_memory *memory,
					uint64_t gpa);
/* The region that holds @gpa, or else the next one above it, or NULL; logarithmic. */
struct memory_region *guest_memory_from(const struct guest_memory *memory,
					uint64_t gpa);
/* Ascending walk; NULL starts, NULL ends. */
struct memory_region *guest_memory_next(const struct guest_memory *memory,
					const struct memory_region *region);
/* Bytes of all regions together. */
uint64_t guest_memory_bytes(const struct guest_memory *memory);

/**
 * memory_region_backing() - where a part of a region lives
 * @region: region
 * @at: offset in the region, bytes
 * @hva: whether an address in this process is wanted: maps the region on first
 *	use, readable, and writable where the region is
 * @backing: filled
 *
 * Return: 0, errors of mmap() and fstat().
 */
int memory_region_backing(struct memory_region *region, uint64_t at, bool hva,
			  struct iommu_backing *backing);

/**
 * guest_memory_ptr() - reach guest memory from this process
 * @memory: table
 * @gpa: first byte
 * @len: bytes, not 0
 * @prot: IOMMU_READ and/or IOMMU_WRITE: what it is wanted for
 * @out: address, good until the region goes
 *
 * Return: 0; -EFAULT unless all of it lies in one region; -EACCES when that
 * region does not allow @prot; errors of mmap().
 */
int guest_memory_ptr(struct guest_memory *memory, uint64_t gpa, uint64_t len,
		     unsigned int prot, void **out);

#endif
