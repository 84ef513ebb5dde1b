// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns lists of pages as commands carry them. Must never know which command
 * carries one.
 */
#include <linux/sizes.h>
#include <linux/string.h>

#include "hostile.h"
#include "pages.h"

enum { CHAINED_PER_PLOT = PLOT_USABLE / 2 };

static void put(struct up_run *run, u64 gpa, u64 size)
{
	run->gpa = cpu_to_le64(gpa);
	run->size = cpu_to_le64(size);
}

void pages_plain(struct up_pages *pages, u64 gpa, u64 bytes)
{
	memset(pages, 0, sizeof(*pages));
	pages->n_runs = cpu_to_le32(1);
	pages->bytes = cpu_to_le64(bytes);
	put(&pages->runs[0], gpa, round_up(bytes, UP_PAGE));
}

/* Page @i of a chain that begins in @plot: none is another's neighbour. */
static u64 chained(const struct hostile *h, unsigned int plot, unsigned int i)
{
	unsigned int page = (plot + i / CHAINED_PER_PLOT) % PLOTS * PLOT_PAGES +
			    i % CHAINED_PER_PLOT * 2;

	return h->memory.field.gpa + (u64)page * UP_PAGE;
}

/* The first @n pages stand in one list page. */
static void chain(struct hostile *h, struct up_pages *pages, unsigned int n, unsigned int slot)
{
	struct up_list *list = memory_list(h, slot, 0);
	unsigned int plot = chance_below(&h->chance, PLOTS), i;

	memset(list, 0, sizeof(*list));
	memset(pages->runs, 0, sizeof(pages->runs));
	for (i = 0; i < n; i++)
		put(&list->runs[i], chained(h, plot, i), UP_PAGE);
	pages->n_runs = cpu_to_le32(n);
	pages->list = cpu_to_le64(memory_list_gpa(h, slot, 0));
}

void pages_good(struct hostile *h, struct up_pages *pages, u64 bytes, unsigned int slot)
{
	unsigned int left = DIV_ROUND_UP(bytes, UP_PAGE), n = 0, take;
	unsigned int plot = chance_below(&h->chance, PLOTS);

	memset(pages, 0, sizeof(*pages));
	pages->bytes = cpu_to_le64(bytes);
	if (chance_one_in(&h->chance, 4)) {
		chain(h, pages, left, slot);
		return;
	}
	for (; left; left -= take, n++) {
		take = n == UP_INLINE_RUNS - 1 ? left : 1 + chance_below(&h->chance, left);
		take = min_t(unsigned int, take, PLOT_USABLE);
		put(&pages->runs[n],
		    h->memory.field.gpa + (plot + n) % PLOTS * PLOT_PAGES * (u64)UP_PAGE,
		    (u64)take * UP_PAGE);
	}
	pages->n_runs = cpu_to_le32(n);
}

void pages_confine(struct hostile *h, struct up_pages *pages, unsigned int slot)
{
	u64 list = le64_to_cpu(pages->list);
	unsigned int i;

	for (i = 0; i < UP_INLINE_RUNS; i++) {
		struct up_run *run = &pages->runs[i];

		if (!memory_harmless(h, le64_to_cpu(run->gpa), le64_to_cpu(run->size)))
			put(run, memory_field(h, &h->chance, 1), UP_PAGE);
	}
	/* Whatever else is in RAM would be read as a list. */
	if (list && list % UP_PAGE == 0 && list < h->memory.top)
		pages->list = cpu_to_le64(memory_list_gpa(h, slot, 0));
}

/* --- what must be refused --------------------------------------------------- */

struct spoiler {
	struct hostile *h;
	struct chance *c;
	struct up_pages *p;
	unsigned int slot;
	struct up_list *list;		/* of the slot, zeroed */
	u64 list_gpa;
};

static void wraps(struct spoiler *s)
{
	put(&s->p->runs[0], -(u64)UP_PAGE, 2 * UP_PAGE);
}

static void unaligned_address(struct spoiler *s)
{
	le64_add_cpu(&s->p->runs[0].gpa, 1 + chance_below(s->c, UP_PAGE - 1));
}

static void unaligned_size(struct spoiler *s)
{
	le64_add_cpu(&s->p->runs[0].size, 1 + chance_below(s->c, UP_PAGE - 1));
}

static void empty_run(struct spoiler *s)
{
	s->p->runs[0].size = 0;
}

static void hole(struct spoiler *s)
{
	s->p->runs[0].gpa = cpu_to_le64(memory_hole(s->h, s->c));
}

/* From the last page of RAM across all there is behind it. */
static void ram_and_beyond(struct spoiler *s)
{
	pages_plain(s->p, s->h->memory.last_page, s->h->memory.top + SZ_4G);
}

static void named_twice(struct spoiler *s)
{
	u64 gpa = memory_field(s->h, s->c, 1);

	pages_plain(s->p, gpa, 2 * UP_PAGE);
	put(&s->p->runs[0], gpa, UP_PAGE);
	put(&s->p->runs[1], gpa, UP_PAGE);
	s->p->n_runs = cpu_to_le32(2);
}

static void overlapping(struct spoiler *s)
{
	u64 gpa = memory_field(s->h, s->c, 3);

	pages_plain(s->p, gpa, 4 * UP_PAGE);
	put(&s->p->runs[0], gpa, 2 * UP_PAGE);
	put(&s->p->runs[1], gpa + UP_PAGE, 2 * UP_PAGE);
	s->p->n_runs = cpu_to_le32(2);
}

static void no_runs(struct spoiler *s)
{
	s->p->n_runs = 0;
}

static void more_than_stand_here(struct spoiler *s)
{
	s->p->list = 0;
	s->p->n_runs = cpu_to_le32(chance_between(s->c, UP_INLINE_RUNS + 1, U32_MAX));
}

static void fewer_than_meant(struct spoiler *s)
{
	le64_add_cpu(&s->p->bytes, UP_PAGE * (1 + (u64)chance_below(s->c, 1000)));
}

static void no_bytes(struct spoiler *s)
{
	s->p->bytes = 0;
}

static void too_many_bytes(struct spoiler *s)
{
	s->p->bytes = cpu_to_le64(chance_between(s->c, 1ULL << 62, U64_MAX));
}

static void offset_beyond_page(struct spoiler *s)
{
	s->p->offset = cpu_to_le32(chance_between(s->c, UP_PAGE, U32_MAX));
}

static void reserved(struct spoiler *s)
{
	s->p->reserved = cpu_to_le64(1ULL << chance_below(s->c, 64));
}

static void all_sizes_together_wrap(struct spoiler *s)
{
	unsigned int i;

	for (i = 0; i < UP_INLINE_RUNS; i++)
		put(&s->p->runs[i], 0, 1ULL << 62);
	s->p->n_runs = cpu_to_le32(UP_INLINE_RUNS);
	s->p->list = 0;
}

/* --- the same in chains ------------------------------------------------------- */

/* @n runs are said to be in a chain that begins at @gpa. */
static void begin_chain(struct spoiler *s, u64 gpa, u32 n)
{
	memset(s->p, 0, sizeof(*s->p));
	s->p->n_runs = cpu_to_le32(n);
	s->p->bytes = cpu_to_le64((u64)n * UP_PAGE);
	s->p->list = cpu_to_le64(gpa);
}

/* All 255 are good, but the same. */
static void fill_list(struct spoiler *s)
{
	unsigned int i;

	for (i = 0; i < UP_LIST_RUNS; i++)
		put(&s->list->runs[i], memory_field(s->h, s->c, 1), UP_PAGE);
}

static void list_in_hole(struct spoiler *s)
{
	begin_chain(s, memory_hole(s->h, s->c), 1 + chance_below(s->c, 1000));
}

static void list_unaligned(struct spoiler *s)
{
	u32 off = 8 * chance_between(s->c, 64, UP_PAGE / 8 - 1);

	/* A good one otherwise: it reaches into the slot's second page. */
	chain(s->h, s->p, DIV_ROUND_UP(le64_to_cpu(s->p->bytes), UP_PAGE), s->slot);
	memset(memory_list(s->h, s->slot, 1), 0, UP_PAGE);
	memmove((u8 *)s->list + off, s->list, 8 * 64);
	s->p->list = cpu_to_le64(s->list_gpa + off);
}

static void list_wraps(struct spoiler *s)
{
	begin_chain(s, -(u64)chance_between(s->c, 1, UP_PAGE), 5);
}

static void list_and_runs(struct spoiler *s)
{
	begin_chain(s, s->list_gpa, 5);
	fill_list(s);
	put(&s->p->runs[0], memory_field(s->h, s->c, 1), UP_PAGE);
}

static void chain_too_short(struct spoiler *s)
{
	begin_chain(s, s->list_gpa, chance_between(s->c, UP_LIST_RUNS + 1, 5000));
	fill_list(s);
}

static void chain_too_long(struct spoiler *s)
{
	begin_chain(s, s->list_gpa, 1 + chance_below(s->c, UP_LIST_RUNS));
	fill_list(s);
	s->list->next = cpu_to_le64(memory_list_gpa(s->h, s->slot, 1));
}

static void chain_into_hole(struct spoiler *s)
{
	begin_chain(s, s->list_gpa, 300);
	fill_list(s);
	s->list->next = cpu_to_le64(memory_hole(s->h, s->c));
}

static void cycle(struct spoiler *s)
{
	begin_chain(s, s->list_gpa, UP_LIST_RUNS * (1 + chance_below(s->c, 8)));
	fill_list(s);
	s->list->next = cpu_to_le64(s->list_gpa);
}

static void cycle_of_two(struct spoiler *s)
{
	struct up_list *second = memory_list(s->h, s->slot, 1);

	cycle(s);
	*second = *s->list;
	s->list->next = cpu_to_le64(memory_list_gpa(s->h, s->slot, 1));
	second->next = cpu_to_le64(s->list_gpa);
}

/* As many as the device takes at all, or more, out of one page: costs it time, so not often. */
static void endless(struct spoiler *s)
{
	u32 max = le32_to_cpu(s->h->world.caps.max_runs);

	cycle(s);
	begin_chain(s, s->list_gpa,
		    chance_one_in(s->c, 50) ? max : chance_between(s->c, max + 1ULL, U32_MAX));
}

static void chain_reserved(struct spoiler *s)
{
	chain(s->h, s->p, DIV_ROUND_UP(le64_to_cpu(s->p->bytes), UP_PAGE), s->slot);
	s->list->reserved = cpu_to_le64(1ULL << chance_below(s->c, 64));
}

static void chained_twice(struct spoiler *s)
{
	begin_chain(s, s->list_gpa, UP_LIST_RUNS);
	fill_list(s);
	s->list->runs[UP_LIST_RUNS - 1] = s->list->runs[0];
}

static void chained_hole(struct spoiler *s)
{
	begin_chain(s, s->list_gpa, 5);
	chain(s->h, s->p, 5, s->slot);
	s->list->runs[chance_below(s->c, 5)].gpa = cpu_to_le64(memory_hole(s->h, s->c));
}

static const struct {
	const char *what;
	void (*spoil)(struct spoiler *s);
} spoilers[] = {
#define SPOILER(fn)	{ #fn, fn }
	SPOILER(wraps), SPOILER(unaligned_address), SPOILER(unaligned_size), SPOILER(empty_run),
	SPOILER(hole), SPOILER(ram_and_beyond), SPOILER(named_twice), SPOILER(overlapping),
	SPOILER(no_runs), SPOILER(more_than_stand_here), SPOILER(fewer_than_meant),
	SPOILER(no_bytes), SPOILER(too_many_bytes), SPOILER(offset_beyond_page),
	SPOILER(reserved), SPOILER(all_sizes_together_wrap), SPOILER(list_in_hole),
	SPOILER(list_unaligned), SPOILER(list_wraps), SPOILER(list_and_runs),
	SPOILER(chain_too_short), SPOILER(chain_too_long), SPOILER(chain_into_hole),
	SPOILER(cycle), SPOILER(cycle_of_two), SPOILER(endless), SPOILER(chain_reserved),
	SPOILER(chained_twice), SPOILER(chained_hole),
#undef SPOILER
};

const char *pages_spoil(struct hostile *h, struct up_pages *pages, unsigned int slot)
{
	struct spoiler s = {
		.h = h, .c = &h->chance, .p = pages, .slot = slot,
		.list = memory_list(h, slot, 0), .list_gpa = memory_list_gpa(h, slot, 0),
	};
	unsigned int i = chance_below(&h->chance, ARRAY_SIZE(spoilers));

	/* Those of runs in the command want them there. */
	if (pages->list)
		pages_plain(pages, memory_field(h, &h->chance, 8), le64_to_cpu(pages->bytes));
	memset(s.list, 0, sizeof(*s.list));
	spoilers[i].spoil(&s);
	return spoilers[i].what;
}
