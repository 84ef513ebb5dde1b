// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that the DMA table agrees with a model that is too simple
 * to be wrong: an array of pages. Must never use messages.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hv/vfio-user/dma.h"
#include "tests/unit/vfio-user/vfu_bed.h"

#define RW	(VFU_DMA_READ | VFU_DMA_WRITE)
#define PAGE	4096ull

static int setup(void **state)
{
	struct vfu_dma *dma;

	if (vfu_dma_create(&dma))
		return -1;
	*state = dma;
	return 0;
}

static int teardown(void **state)
{
	vfu_dma_destroy(*state);
	return 0;
}

#define MODEL_PAGES	4096u	/* enough for leaves to split and join */
#define MODEL_FILES	3u
#define FILE_PAGES	64u

struct model_page {
	unsigned int range;	/* 0 = not mapped, else its number */
	int file;		/* -1 = none */
	uint64_t offset;
};

struct model {
	struct model_page pages[MODEL_PAGES];
	unsigned int ranges;
	unsigned int last;
	uint8_t *views[MODEL_FILES];
	int files[MODEL_FILES];
};

static int model_map(struct model *m, unsigned int at, unsigned int n,
		     int file, uint64_t offset)
{
	for (unsigned int i = at; i < at + n; i++) {
		if (m->pages[i].range)
			return -EEXIST;
	}
	m->last++;
	m->ranges++;
	for (unsigned int i = 0; i < n; i++)
		m->pages[at + i] = (struct model_page){
			m->last, file, offset + i * PAGE };
	return 0;
}

static int model_unmap(struct model *m, unsigned int at, unsigned int n)
{
	unsigned int end = at + n, seen = 0;
	bool found = false;

	for (unsigned int i = at; i < end; i++)
		found |= m->pages[i].range != 0;
	if (at && m->pages[at].range &&
	    m->pages[at - 1].range == m->pages[at].range)
		return -EINVAL;
	if (end < MODEL_PAGES && m->pages[end].range &&
	    m->pages[end - 1].range == m->pages[end].range)
		return -EINVAL;
	if (!found)
		return -ENOENT;
	for (unsigned int i = at; i < end; i++) {
		unsigned int range = m->pages[i].range;

		if (range && range != seen)
			m->ranges--;
		seen = range;
		m->pages[i].range = 0;
	}
	return 0;
}

static void model_compare(const struct model *m, struct vfu_dma *dma)
{
	size_t mapped = 0;

	for (unsigned int i = 0; i < MODEL_PAGES; i++) {
		const struct model_page *page = &m->pages[i];
		const struct vfu_dma_range *range =
			vfu_dma_find(dma, i * PAGE + 77);

		if (!page->range) {
			assert_null(range);
			continue;
		}
		mapped++;
		assert_non_null(range);
		if (page->file < 0) {
			assert_null(range->vaddr);
			continue;
		}
		/* The very page: a mark made through one is seen in the other. */
		m->views[page->file][page->offset] = (uint8_t)i;
		assert_int_equal(range->vaddr[i * PAGE - range->iova],
				 (uint8_t)i);
	}
	assert_int_equal(vfu_dma_count(dma), m->ranges);
	assert_int_equal(vfu_dma_bytes(dma), mapped * PAGE);
}

static void model_step(struct model *m, struct vfu_dma *dma, int maps)
{
	unsigned int n = 1 + (unsigned int)rand() % (rand() % 8 ? 2 : 16);
	unsigned int at = (unsigned int)rand() % (MODEL_PAGES - n + 1);
	uint64_t generation = vfu_dma_generation(dma), offset = 0;
	int want, got, file;

	if (rand() % 100 < maps) {
		file = rand() % (int)(MODEL_FILES + 1) - 1;
		if (file >= 0)
			offset = (unsigned int)rand() % (FILE_PAGES + 1 - n) *
				 PAGE;
		want = model_map(m, at, n, file, offset);
		got = vfu_dma_map(dma, at * PAGE, n * PAGE, RW,
				  file < 0 ? -1 : dup(m->files[file]), offset);
	} else {
		want = model_unmap(m, at, n);
		got = vfu_dma_unmap(dma, at * PAGE, n * PAGE);
	}
	assert_int_equal(got, want);
	assert_int_equal(vfu_dma_generation(dma) != generation, !got);
}

static void random_operations_agree_with_a_simple_model(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	struct vfu_dma *dma = *state;
	int before;

	assert_non_null(m);
	srand(1);
	for (unsigned int f = 0; f < MODEL_FILES; f++) {
		m->files[f] = vfu_bed_memfd(FILE_PAGES * PAGE);
		m->views[f] = mmap(NULL, FILE_PAGES * PAGE,
				   PROT_READ | PROT_WRITE, MAP_SHARED,
				   m->files[f], 0);
		assert_ptr_not_equal(m->views[f], MAP_FAILED);
	}
	before = vfu_bed_count_fds();
	for (unsigned int step = 0; step < 80000; step++) {
		/* Tides of maps and of unmaps. */
		model_step(m, dma, step / 8000 % 2 ? 15 : 85);
		if (step % 512 == 0)
			model_compare(m, dma);
	}
	assert_int_equal(vfu_bed_count_fds(), before);
	vfu_dma_unmap_all(dma);
	assert_int_equal(vfu_dma_objects(dma), 0);
	for (unsigned int f = 0; f < MODEL_FILES; f++) {
		munmap(m->views[f], FILE_PAGES * PAGE);
		close(m->files[f]);
	}
	free(m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(random_operations_agree_with_a_simple_model),
	};

	return cmocka_run_group_tests_name("vfio-user dma table, random", tests, NULL,
					   NULL);
}
