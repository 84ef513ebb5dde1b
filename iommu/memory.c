// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the order of guest memory regions by address and their windows into this
 * process. Must never know what is registered.
 */
#include "iommu/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "iommu/memory_object.h"

#define PAGE_MASK	4095ull

/* The address beside the pointer keeps a search within few cache lines. */
struct slot {
	uint64_t gpa;
	struct memory_region *region;
};

struct guest_memory {
	struct slot *slots;		/* ascending */
	size_t n, cap;
	uint64_t bytes;
	struct memory_object *objects;
};

static uint64_t last_of(const struct memory_region *region)
{
	return region->gpa + (region->size - 1);
}

/* How many regions start at or below @gpa. */
static size_t rank(const struct guest_memory *memory, uint64_t gpa)
{
	size_t low = 0, high = memory->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memory->slots[mid].gpa <= gpa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int guest_memory_create(struct guest_memory **out)
{
	struct guest_memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return -ENOMEM;
	*out = memory;
	return 0;
}

void guest_memory_destroy(struct guest_memory *memory)
{
	if (!memory)
		return;
	while (memory->n)
		guest_memory_drop(memory, memory->slots[memory->n - 1].region);
	free(memory->slots);
	free(memory);
}

static int add_check(const struct guest_memory *memory, uint64_t gpa,
		     uint64_t size, unsigned int prot, uint64_t offset)
{
	size_t at;

	if (!size || (gpa | size | offset) & PAGE_MASK)
		return -EINVAL;
	if (size - 1 > UINT64_MAX - gpa || size > UINT64_MAX - offset)
		return -EINVAL;
	if (!(prot & IOMMU_READ) || prot & ~(IOMMU_READ | IOMMU_WRITE))
		return -EINVAL;
	at = rank(memory, gpa + (size - 1));
	if (at && last_of(memory->slots[at - 1].region) >= gpa)
		return -EEXIST;
	if (memory->n >= GUEST_MEMORY_MAX_REGIONS)
		return -ENOSPC;
	return 0;
}

static int make_room(struct guest_memory *memory)
{
	size_t cap = memory->cap ? 2 * memory->cap : 16;
	struct slot *slots;

	if (memory->n < memory->cap)
		return 0;
	slots = reallocarray(memory->slots, cap, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	memory->slots = slots;
	memory->cap = cap;
	return 0;
}

int guest_memory_add(struct guest_memory *memory, uint64_t gpa, uint64_t size,
		     unsigned int prot, int fd, uint64_t offset,
		     struct memory_region **out)
{
	struct memory_region *region;
	size_t at;
	int ret;

	ret = add_check(memory, gpa, size, prot, offset);
	if (ret)
		return ret;
	ret = make_room(memory);
	if (ret)
		return ret;
	region = calloc(1, sizeof(*region));
	if (!region)
		return -ENOMEM;
	region->gpa = gpa;
	region->size = size;
	region->prot = prot;
	region->offset = offset;
	ret = memory_object_get(&memory->objects, fd, offset + size,
				prot & IOMMU_WRITE, &region->object);
	if (ret)
		goto free_region;
	at = rank(memory, gpa);
	memmove(&memory->slots[at + 1], &memory->slots[at],
		(memory->n - at) * sizeof(*memory->slots));
	memory->slots[at] = (struct slot){ gpa, region };
	memory->n++;
	memory->bytes += size;
	if (out)
		*out = region;
	return 0;

free_region:
	free(region);
	return ret;
}

void guest_memory_drop(struct guest_memory *memory, struct memory_region *region)
{
	size_t at = rank(memory, region->gpa) - 1;

	memory->n--;
	memmove(&memory->slots[at], &memory->slots[at + 1],
		(memory->n - at) * sizeof(*memory->slots));
	memory->bytes -= region->size;
	if (region->window)
		munmap(region->window, region->window_size);
	memory_object_put(&memory->objects, region->object);
	free(region);
}

struct memory_region *guest_memory_find(const struct guest_memory *memory,
					uint64_t gpa)
{
	size_t at = rank(memory, gpa);
	struct memory_region *region;

	if (!at)
		return NULL;
	region = memory->slots[at - 1].region;
	return gpa - region->gpa < region->size ? region : NULL;
}

struct memory_region *guest_memory_from(const struct guest_memory *memory,
					uint64_t gpa)
{
	size_t at = rank(memory, gpa);

	if (at && last_of(memory->slots[at - 1].region) >= gpa)
		at--;
	return at < memory->n ? memory->slots[at].region : NULL;
}

struct memory_region *guest_memory_next(const struct guest_memory *memory,
					const struct memory_region *region)
{
	size_t at = region ? rank(memory, region->gpa) : 0;

	return at < memory->n ? memory->slots[at].region : NULL;
}

uint64_t guest_memory_bytes(const struct guest_memory *memory)
{
	return memory->bytes;
}

static int region_window(struct memory_region *region)
{
	if (region->hva)
		return 0;
	return memory_object_map(region->object, region->offset, region->size,
				 region->prot & IOMMU_WRITE, &region->window,
				 &region->window_size, &region->hva);
}

int memory_region_backing(struct memory_region *region, uint64_t at, bool hva,
			  struct iommu_backing *backing)
{
	int ret = hva ? region_window(region) : 0;

	if (ret)
		return ret;
	backing->fd = region->object->fd;
	backing->offset = region->offset + at;
	backing->hva = hva ? (uint8_t *)region->hva + at : NULL;
	return 0;
}

int guest_memory_ptr(struct guest_memory *memory, uint64_t gpa, uint64_t len,
		     unsigned int prot, void **out)
{
	struct memory_region *region = guest_memory_find(memory, gpa);
	int ret;

	if (!region || !len || len > region->size - (gpa - region->gpa))
		return -EFAULT;
	if (prot & ~region->prot)
		return -EACCES;
	ret = region_window(region);
	if (ret)
		return ret;
	*out = (uint8_t *)region->hva + (gpa - region->gpa);
	return 0;
}
