/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the attacker's memory: pages for its honest world, pages that it may
 * register at will, lists, and canaries, which are in no registration ever. Must
 * never know commands.
 */
#ifndef HOSTILE_MEMORY_H
#define HOSTILE_MEMORY_H

#include <linux/bitmap.h>
#include <linux/types.h>

#include "abi/commands.h"
#include "abi/ring.h"

struct hostile;
struct chance;

enum {
	BLOCK_ORDER = 8, BLOCK_PAGES = 1 << BLOCK_ORDER,
	PLOT_PAGES = 16, PLOTS = BLOCK_PAGES / PLOT_PAGES,
	PLOT_USABLE = PLOT_PAGES - 1,	/* the last page of each is a canary */
	LISTS_PER_SLOT = 2,
	LONE_CANARIES = 64,
	HOLES = 8,
};

/* Pages in one piece; those that are not used are canaries. */
struct block {
	u8 *ptr;
	u64 gpa;
	DECLARE_BITMAP(used, BLOCK_PAGES);
};

/**
 * struct memory - all of it
 * @home: of the honest world
 * @field: to be registered by whoever likes
 * @lists: LISTS_PER_SLOT for each slot; the device reads them, the HCA does not
 * @lone: canaries far from anything
 * @holes: addresses that are no RAM: BARs, interrupt controllers, nothing at all
 * @last_page: of the RAM that the kernel knows; @top: nothing that may be RAM is beyond
 */
struct memory {
	struct block home, field;
	struct up_list *lists;
	u64 lists_gpa;
	u8 *lone[LONE_CANARIES];
	u64 holes[HOLES];
	unsigned int n_holes;
	u64 last_page, top;
};

/* 0; -ENOMEM. The device's BARs are known. */
int memory_alloc(struct hostile *h);
void memory_free(struct hostile *h);

/* Pages of the home are in use from now on, and zero. */
void memory_use(struct block *block, unsigned int first, unsigned int n);
/* How many canaries are not as they were left; each is left anew. */
unsigned int memory_check(struct hostile *h);

/* @n usable pages of one plot, by chance; at most PLOT_USABLE. */
u64 memory_field(struct hostile *h, struct chance *c, unsigned int n);
u64 memory_hole(struct hostile *h, struct chance *c);
/* A canary's address. */
u64 memory_canary(struct hostile *h);
/*
 * Whether a run may be named with whatever comes of it: the device refuses it, or
 * it is usable pages of the field. All else is somebody's memory.
 */
bool memory_harmless(const struct hostile *h, u64 gpa, u64 size);
/* The list pages of a slot. */
struct up_list *memory_list(struct hostile *h, unsigned int slot, unsigned int i);
u64 memory_list_gpa(const struct hostile *h, unsigned int slot, unsigned int i);

#endif
