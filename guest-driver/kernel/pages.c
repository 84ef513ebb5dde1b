// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns lists of guest pages, as commands carry them (struct up_pages), and the
 * life of pinned user memory. Must never know what the memory is for.
 */
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "pages.h"
#include "underpass.h"

/* A list under construction: the run that may still grow. */
struct builder {
	struct up_page_list *list;
	u32 limit;
	u32 n;
	u32 in_last;			/* runs in the last page of the chain */
	u64 gpa, size;
};

/* Another page at the end of the chain. */
static int extend(struct builder *b)
{
	struct up_list *next = (struct up_list *)get_zeroed_page(GFP_KERNEL);

	if (!next)
		return -ENOMEM;
	if (b->list->last)
		b->list->last->next = cpu_to_le64(virt_to_phys(next));
	else
		b->list->wire.list = cpu_to_le64(virt_to_phys(next));
	b->list->last = next;
	b->in_last = 0;
	return 0;
}

/* What stood in the command goes into the chain's first page, for all must be there. */
static int leave_inline(struct builder *b)
{
	struct up_pages *wire = &b->list->wire;
	int err = extend(b);

	if (err)
		return err;
	memcpy(b->list->last->runs, wire->runs, sizeof(wire->runs));
	memset(wire->runs, 0, sizeof(wire->runs));
	b->in_last = UP_INLINE_RUNS;
	return 0;
}

static int put_run(struct builder *b)
{
	struct up_run *run;
	int err = 0;

	if (b->n >= b->limit)
		return -ENOMEM;
	if (b->n < UP_INLINE_RUNS) {
		run = &b->list->wire.runs[b->n];
	} else {
		if (b->n == UP_INLINE_RUNS)
			err = leave_inline(b);
		else if (b->in_last == UP_LIST_RUNS)
			err = extend(b);
		if (err)
			return err;
		run = &b->list->last->runs[b->in_last++];
	}
	run->gpa = cpu_to_le64(b->gpa);
	run->size = cpu_to_le64(b->size);
	b->n++;
	return 0;
}

static int add(struct builder *b, u64 gpa, u64 size)
{
	int err;

	if (b->size && b->gpa + b->size == gpa) {
		b->size += size;
		return 0;
	}
	if (b->size) {
		err = put_run(b);
		if (err)
			return err;
	}
	b->gpa = gpa;
	b->size = size;
	return 0;
}

static int finish(struct builder *b, u32 offset, u64 bytes)
{
	int err = put_run(b);

	b->list->wire.n_runs = cpu_to_le32(b->n);
	b->list->wire.offset = cpu_to_le32(offset);
	b->list->wire.bytes = cpu_to_le64(bytes);
	return err;
}

int up_pages_of_umem(struct up_dev *dev, struct ib_umem *umem, struct up_page_list *list)
{
	struct builder b = { .list = list, .limit = dev->caps.max_runs };
	struct scatterlist *sg;
	unsigned int i;
	int err;

	memset(list, 0, sizeof(*list));
	if (!umem)
		return 0;
	/* Whole pages, see ib_umem_get(); their DMA addresses mean nothing here. */
	for_each_sgtable_sg(&umem->sgt_append.sgt, sg, i) {
		err = add(&b, page_to_phys(sg_page(sg)), sg->length);
		if (err)
			goto undo;
	}
	err = finish(&b, ib_umem_offset(umem), umem->length);
	if (!err)
		return 0;
undo:
	up_pages_free(list);
	return err;
}

int up_pages_of_kernel(struct up_dev *dev, void *memory, size_t size, struct up_page_list *list)
{
	struct builder b = { .list = list, .limit = dev->caps.max_runs };
	size_t at;
	int err;

	memset(list, 0, sizeof(*list));
	for (at = 0; at < size; at += PAGE_SIZE) {
		void *page = memory + at;

		err = add(&b, page_to_phys(is_vmalloc_addr(page) ? vmalloc_to_page(page) :
								   virt_to_page(page)),
			  PAGE_SIZE);
		if (err)
			goto undo;
	}
	err = finish(&b, 0, size);
	if (!err)
		return 0;
undo:
	up_pages_free(list);
	return err;
}

void up_pages_free(struct up_page_list *list)
{
	u64 next = le64_to_cpu(list->wire.list);

	while (next) {
		struct up_list *page = phys_to_virt(next);

		next = le64_to_cpu(page->next);
		free_page((unsigned long)page);
	}
}

struct ib_umem *up_mem_get(struct up_dev *dev, u64 address, size_t size, int access)
{
	return up_compat_umem_get(&dev->ibdev, address, size, access);
}

void up_mem_abandon(struct up_dev *dev)
{
	atomic_inc(&dev->abandoned);
	dev_err_ratelimited(&dev->pdev->dev,
			    "memory that the HCA may still use stays pinned (%d pieces)\n",
			    atomic_read(&dev->abandoned));
}

void up_mem_put(struct up_dev *dev, struct ib_umem *umem, int unsure)
{
	if (!umem)
		return;
	if (unsure)
		up_mem_abandon(dev);
	else
		ib_umem_release(umem);
}
