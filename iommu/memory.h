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
struct iommu_registration;

#define GUEST_MEMORY_MAX_REGIONS	4096u

struct memory_object;			/* one open file, shared by its regions */

struct memory_region {
	uint64_t gpa, size;		/* bytes, multiples of 4 KiB */
	unsigned int prot;		/* IOMMU_READ, IOMMU_WRITE: RAM; without WRITE: ROM */
	struct memory_object *object;
	uint64_t offset;		/* in the object */
	void *hva;			/* NULL until first used */
	struct iommu_registration *registrations;	/* registration.c's */
	void *policy;			/* what the policy keeps per region */
};

int guest_memory_create(struct guest_memory **out);
/* All regions must have been removed or have no registration. */
void guest_memory_destroy(struct guest_memory *memory);

/**
 * guest_memory_add() - a region appears
 * @memory: table
 * @gpa: guest-physical address, multiple of 4 KiB
 * @size: bytes, multiple of 4 KiB, not 0, @gpa + @size - 1 does not wrap
 * @prot: IOMMU_READ, with IOMMU_WRITE unless it is read-only to the guest
 * @fd: file that holds it, duplicated
 * @offset: in the file
 * @out: the region, owned by the table; may be NULL
 *
 * Return: 0; -EINVAL; -EEXIST when it overlaps a region; -ENOSPC beyond
 * GUEST_MEMORY_MAX_REGIONS; -ENOMEM, -EMFILE.
 */
int guest_memory_add(struct guest_memory *memory, uint64_t gpa, uint64_t size,
		     unsigned int prot, int fd, uint64_t offset,
		     struct memory_region **out);
/* The region and its mapping in this process go; it has no registration any more. */
void guest_memory_drop(struct guest_memory *memory, struct memory_region *region);

/* The region that holds @gpa, or NULL; logarithmic. */
struct memory_region *guest_memory_find(const struct guest_memory *memory,
					uint64_t gpa);
/* Ascending walk; NULL starts, NULL ends. */
struct memory_region *guest_memory_next(const struct guest_memory *memory,
					const struct memory_region *region);
uint64_t guest_memory_bytes(const struct guest_memory *memory);

/**
 * memory_region_backing() - where a part of a region lives
 * @region: region
 * @at: offset in the region, bytes
 * @hva: whether an address in this process is wanted: maps the region on first
 *	use, readable, and writable where the region is
 * @backing: filled
 *
 * Return: 0, errors of mmap().
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
