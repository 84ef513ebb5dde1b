// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the guest memory of the self-test: which page belongs to which window,
 * and what surrounds them. Must never know what is kept in windows.
 */
#include "host-backend/selftest/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	REGION_PAGES = 1024,		/* of each of the two */
	PAGES = 2 * REGION_PAGES,
	REGION_BYTES = REGION_PAGES * (int)ST_PAGE,
	MAX_RUNS = 512,
};

#define LOW_GPA		0x100000ull
#define HIGH_GPA	0x180000000ull

/* The lengths, in pages, of the runs of scattered windows. */
static const uint8_t run_pages[] = { 1, 3, 2, 8, 1, 16, 5, 4, 32, 7 };

static uint64_t page_gpa(uint32_t page)
{
	return page < REGION_PAGES ? LOW_GPA + (uint64_t)page * ST_PAGE :
	       HIGH_GPA + (uint64_t)(page - REGION_PAGES) * ST_PAGE;
}

static int regions_add(struct st_memory *memory)
{
	unsigned int prot = IOMMU_READ | IOMMU_WRITE;
	int ret;

	hca_ioas_lock(memory->hca);
	ret = iommu_region_add(memory->registrar, LOW_GPA, REGION_BYTES, prot, memory->fd, 0);
	if (!ret)
		ret = iommu_region_add(memory->registrar, HIGH_GPA, REGION_BYTES, prot,
				       memory->fd, REGION_BYTES);
	hca_ioas_unlock(memory->hca);
	return ret;
}

static int file_make(struct st_memory *memory)
{
	void *all;

	memory->fd = memfd_create("selftest-guest", MFD_CLOEXEC);
	if (memory->fd < 0)
		return -errno;
	if (ftruncate(memory->fd, 2 * (off_t)REGION_BYTES))
		return -errno;
	all = mmap(NULL, 2 * (size_t)REGION_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		   memory->fd, 0);
	if (all == MAP_FAILED)
		return -errno;
	memory->all = all;
	memset(memory->all, ST_GUARD, 2 * (size_t)REGION_BYTES);
	return 0;
}

int st_memory_open(struct hca *hca, const struct iommu_registrar_config *config,
		   struct st_memory *memory)
{
	int ret;

	*memory = (struct st_memory){
		.hca = hca, .fd = -1, .low = 1, .high = PAGES - 1,
		.owner = { .max_bytes = 2ull * REGION_BYTES, .max_registrations = 64 },
	};
	ret = file_make(memory);
	if (ret)
		return ret;
	memory->taken = calloc(PAGES, 1);
	if (!memory->taken)
		return -ENOMEM;
	ret = guest_memory_create(&memory->table);
	if (ret)
		return ret;
	hca_ioas_lock(hca);
	ret = iommu_registrar_create(hca_ioas(hca), memory->table, config, &memory->registrar);
	hca_ioas_unlock(hca);
	return ret ? ret : regions_add(memory);
}

/* A region that was never added is no error here. */
static int region_drop(struct st_memory *memory, uint64_t gpa)
{
	int ret = iommu_region_remove(memory->registrar, gpa, REGION_BYTES);

	return ret == -ENOENT ? 0 : ret;
}

int st_memory_close(struct st_memory *memory)
{
	int ret = 0, err;

	if (memory->registrar) {
		hca_ioas_lock(memory->hca);
		ret = iommu_registrar_flush(memory->registrar);
		err = region_drop(memory, HIGH_GPA);
		ret = ret ? ret : err;
		err = region_drop(memory, LOW_GPA);
		ret = ret ? ret : err;
		iommu_registrar_destroy(memory->registrar);
		hca_ioas_unlock(memory->hca);
	}
	if (memory->table)
		guest_memory_destroy(memory->table);
	free(memory->taken);
	if (memory->all)
		munmap(memory->all, 2 * (size_t)REGION_BYTES);
	if (memory->fd >= 0)
		close(memory->fd);
	memset(memory, 0, sizeof(*memory));
	memory->fd = -1;
	return ret;
}

/*
 * The next run of at most @want pages: from the first region upwards or from the
 * second downwards. A page is left free after each, to be seen untouched.
 */
static uint32_t take_run(struct st_memory *memory, uint32_t want, bool high, uint32_t *first)
{
	uint32_t room = high ? memory->high - REGION_PAGES : REGION_PAGES - memory->low;

	if (want >= room)
		return 0;
	if (high) {
		memory->high -= want;
		*first = memory->high;
		memory->high--;
	} else {
		*first = memory->low;
		memory->low += want + 1;
	}
	return want;
}

struct run_list {
	struct gpa_run run[MAX_RUNS];
	uint32_t page[MAX_RUNS];	/* the same as pages of the file */
	size_t n;
};

static int take_pages(struct st_memory *memory, uint32_t pages, bool scattered,
		      struct run_list *list)
{
	uint32_t want, got, first;

	for (list->n = 0; pages; pages -= got, list->n++) {
		want = run_pages[list->n % sizeof(run_pages)];
		if (!scattered || want > pages)
			want = pages;
		if (list->n == MAX_RUNS)
			return -ENOSPC;
		got = take_run(memory, want, scattered && list->n % 2, &first);
		if (!got)
			return -ENOSPC;
		list->page[list->n] = first;
		list->run[list->n] = (struct gpa_run){ page_gpa(first), (uint64_t)got * ST_PAGE };
	}
	return 0;
}

/* What page tables do for a program: the runs side by side. */
static int view_make(struct st_memory *memory, const struct run_list *list,
		     struct st_window *window)
{
	uint8_t *view = mmap(NULL, window->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *at = view;
	size_t i;
	int err;

	if (view == MAP_FAILED)
		return -errno;
	for (i = 0; i < list->n; at += list->run[i].size, i++) {
		if (mmap(at, list->run[i].size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 memory->fd, (off_t)list->page[i] * ST_PAGE) == MAP_FAILED) {
			err = -errno;
			munmap(view, window->size);
			return err;
		}
		memset(memory->taken + list->page[i], 1, list->run[i].size / ST_PAGE);
	}
	window->ptr = view;
	memset(view, 0, window->size);
	return 0;
}

int st_window_open(struct st_memory *memory, uint64_t size, bool scattered,
		   unsigned int access, struct st_window *window,
		   struct iommu_refusal *refusal)
{
	struct iommu_request request = { .owner = &memory->owner, .access = access };
	struct run_list list;
	int ret;

	*refusal = (struct iommu_refusal){ .reason = IOMMU_OK };
	memset(window, 0, sizeof(*window));
	window->size = (size + ST_PAGE - 1) / ST_PAGE * ST_PAGE;
	ret = take_pages(memory, (uint32_t)(window->size / ST_PAGE), scattered, &list);
	if (ret)
		return ret;
	ret = view_make(memory, &list, window);
	if (ret)
		return ret;
	request.runs = list.run;
	request.n_runs = list.n;
	request.va = (uintptr_t)window->ptr;
	hca_ioas_lock(memory->hca);
	ret = iommu_register(memory->registrar, &request, &window->reg, refusal);
	hca_ioas_unlock(memory->hca);
	if (ret) {
		munmap(window->ptr, window->size);
		memset(window, 0, sizeof(*window));
		return ret;
	}
	window->n_gpa = list.n;
	window->bus = iommu_registration_bus(window->reg, &window->n_bus);
	return 0;
}

typedef int (*end_fn)(struct iommu_registrar *registrar, struct iommu_registration *reg);

static int window_end(struct st_memory *memory, struct st_window *window, end_fn end)
{
	int ret = 0;

	if (window->reg) {
		hca_ioas_lock(memory->hca);
		ret = end(memory->registrar, window->reg);
		hca_ioas_unlock(memory->hca);
	}
	if (window->ptr)
		munmap(window->ptr, window->size);
	memset(window, 0, sizeof(*window));
	return ret;
}

int st_window_close(struct st_memory *memory, struct st_window *window)
{
	return window_end(memory, window, iommu_deregister);
}

int st_window_abandon(struct st_memory *memory, struct st_window *window)
{
	return window_end(memory, window, iommu_abandon);
}

uint64_t st_memory_stray(const struct st_memory *memory)
{
	uint8_t guard[ST_PAGE];
	uint32_t page, i;

	memset(guard, ST_GUARD, sizeof(guard));
	for (page = 0; page < PAGES; page++) {
		const uint8_t *p = memory->all + (size_t)page * ST_PAGE;

		if (memory->taken[page] || !memcmp(p, guard, ST_PAGE))
			continue;
		for (i = 0; p[i] == ST_GUARD; i++)
			;
		return page_gpa(page) + i;
	}
	return UINT64_MAX;
}

uint64_t st_window_bus(const struct st_window *window, uint64_t at)
{
	size_t i;

	for (i = 0; i < window->n_bus && at >= window->bus[i].size; i++)
		at -= window->bus[i].size;
	return i < window->n_bus ? window->bus[i].iova + at : 0;
}
