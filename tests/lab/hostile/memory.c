// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the attacker's memory. Must never know commands.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "hostile.h"

#define LAST_ADDRESS	(1ULL << 52)
#define LAPIC		0xfee00000ULL
#define IOAPIC		0xfec00000ULL
#define NOWHERE		(1ULL << 46)	/* farther than any guest's memory */

static u64 word_of(u64 gpa, unsigned int i)
{
	return (gpa + i) * 0x9e3779b97f4a7c15ULL ^ 0x5caff01dcaa41e5ULL;
}

static void leave(u8 *page)
{
	u64 *words = (u64 *)page, gpa = virt_to_phys(page);
	unsigned int i;

	for (i = 0; i < UP_PAGE / sizeof(u64); i++)
		words[i] = word_of(gpa, i);
}

static bool is_as_left(const u8 *page)
{
	const u64 *words = (const u64 *)page;
	u64 gpa = virt_to_phys((void *)page);
	unsigned int i;

	for (i = 0; i < UP_PAGE / sizeof(u64); i++)
		if (READ_ONCE(words[i]) != word_of(gpa, i))
			return false;
	return true;
}

static int alloc_block(struct block *block)
{
	unsigned int i;

	block->ptr = (u8 *)__get_free_pages(GFP_KERNEL, BLOCK_ORDER);
	if (!block->ptr)
		return -ENOMEM;
	block->gpa = virt_to_phys(block->ptr);
	for (i = 0; i < BLOCK_PAGES; i++)
		leave(block->ptr + i * UP_PAGE);
	return 0;
}

void memory_use(struct block *block, unsigned int first, unsigned int n)
{
	bitmap_set(block->used, first, n);
	memset(block->ptr + first * UP_PAGE, 0, n * UP_PAGE);
}

/* The least address from which on the kernel knows of no RAM. */
static u64 ram_end(void)
{
	u64 low = 0, high = LAST_ADDRESS, mid;

	while (high - low > UP_PAGE) {
		mid = (low + (high - low) / 2) & ~(UP_PAGE - 1ULL);
		if (region_intersects(mid, LAST_ADDRESS - mid, IORESOURCE_SYSTEM_RAM,
				      IORES_DESC_NONE) == REGION_DISJOINT)
			high = mid;
		else
			low = mid;
	}
	return high;
}

static void find_holes(struct hostile *h)
{
	struct memory *m = &h->memory;
	u64 end = ram_end();

	m->last_page = end - UP_PAGE;
	/* Firmware keeps the last of it for itself. */
	m->top = round_up(end, SZ_256M);
	m->holes[m->n_holes++] = pci_resource_start(h->pdev, UP_BAR_CONTROL);
	m->holes[m->n_holes++] = pci_resource_start(h->pdev, UP_BAR_UAR);
	m->holes[m->n_holes++] = LAPIC;
	m->holes[m->n_holes++] = IOAPIC;
	m->holes[m->n_holes++] = NOWHERE;
	m->holes[m->n_holes++] = LAST_ADDRESS - SZ_1G;
	m->holes[m->n_holes++] = 1ULL << 63;
	m->holes[m->n_holes++] = -(u64)SZ_1M;
}

int memory_alloc(struct hostile *h)
{
	struct memory *m = &h->memory;
	unsigned int i;

	find_holes(h);
	m->lists = alloc_pages_exact(UP_SLOTS * LISTS_PER_SLOT * UP_PAGE, GFP_KERNEL | __GFP_ZERO);
	if (!m->lists || alloc_block(&m->home) || alloc_block(&m->field))
		goto free;
	m->lists_gpa = virt_to_phys(m->lists);
	for (i = 0; i < PLOTS; i++)
		memory_use(&m->field, i * PLOT_PAGES, PLOT_USABLE);
	for (i = 0; i < LONE_CANARIES; i++) {
		m->lone[i] = (u8 *)__get_free_page(GFP_KERNEL);
		if (!m->lone[i])
			goto free;
		leave(m->lone[i]);
	}
	return 0;

free:
	memory_free(h);
	return -ENOMEM;
}

void memory_free(struct hostile *h)
{
	struct memory *m = &h->memory;
	unsigned int i;

	for (i = 0; i < LONE_CANARIES; i++)
		free_page((unsigned long)m->lone[i]);
	free_pages((unsigned long)m->field.ptr, BLOCK_ORDER);
	free_pages((unsigned long)m->home.ptr, BLOCK_ORDER);
	if (m->lists)
		free_pages_exact(m->lists, UP_SLOTS * LISTS_PER_SLOT * UP_PAGE);
}

static unsigned int check_page(u8 *page)
{
	if (is_as_left(page))
		return 0;
	figures_breach("canary at %#llx was written", (u64)virt_to_phys(page));
	leave(page);
	return 1;
}

static unsigned int check_block(const struct block *block)
{
	unsigned int broken = 0, i;

	for_each_clear_bit(i, block->used, BLOCK_PAGES)
		broken += check_page(block->ptr + i * UP_PAGE);
	return broken;
}

unsigned int memory_check(struct hostile *h)
{
	struct memory *m = &h->memory;
	unsigned int broken = check_block(&m->home) + check_block(&m->field), i;

	for (i = 0; i < LONE_CANARIES; i++)
		broken += check_page(m->lone[i]);
	return broken;
}

u64 memory_field(struct hostile *h, struct chance *c, unsigned int n)
{
	u64 page = chance_below(c, PLOTS) * PLOT_PAGES + chance_below(c, PLOT_USABLE - n + 1);

	return h->memory.field.gpa + page * UP_PAGE;
}

u64 memory_hole(struct hostile *h, struct chance *c)
{
	return h->memory.holes[chance_below(c, h->memory.n_holes)];
}

u64 memory_canary(struct hostile *h)
{
	return virt_to_phys(h->memory.lone[chance_below(&h->chance, LONE_CANARIES)]);
}

/* All of it usable pages of one plot. */
static bool in_plot(const struct memory *m, u64 gpa, u64 size)
{
	u64 first = (gpa - m->field.gpa) / UP_PAGE, n = size / UP_PAGE;

	return gpa >= m->field.gpa && first < BLOCK_PAGES && n <= PLOT_USABLE &&
	       first % PLOT_PAGES + n <= PLOT_USABLE;
}

bool memory_harmless(const struct hostile *h, u64 gpa, u64 size)
{
	const struct memory *m = &h->memory;

	if ((gpa | size) % UP_PAGE || !size || size - 1 > U64_MAX - gpa)
		return true;	/* refused */
	return gpa >= m->top || in_plot(m, gpa, size);
}

struct up_list *memory_list(struct hostile *h, unsigned int slot, unsigned int i)
{
	return &h->memory.lists[slot * LISTS_PER_SLOT + i];
}

u64 memory_list_gpa(const struct hostile *h, unsigned int slot, unsigned int i)
{
	return h->memory.lists_gpa + (slot * LISTS_PER_SLOT + i) * (u64)UP_PAGE;
}
