/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns one good command of every sort, out of the honest world. Must never know
 * what is then done to it.
 */
#ifndef HOSTILE_TEMPLATE_H
#define HOSTILE_TEMPLATE_H

#include <linux/types.h>

#include "world.h"

struct up_slot;

enum { NO_PAGES = 0xffff };

/**
 * struct template - what is known of a command
 * @length: bytes
 * @pages: where its struct up_pages stands, or NO_PAGES
 * @makes, @ends: which kind of object
 */
struct template {
	u8 opcode;
	u16 length, pages;
	enum kind makes, ends;
};

/* NULL: there is no such command. */
const struct template *template_of(u32 opcode);
/* By chance. */
const struct template *template_any(struct hostile *h);
/* KIND_NONE: nothing. */
enum kind template_makes(u32 opcode);
/* The command that ends such an object; the one that makes it. */
u32 template_end_of(enum kind kind);
u32 template_make_of(enum kind kind);

/* It would work, if only on an object that an attack made before. */
void template_fill(struct hostile *h, const struct template *t, struct up_slot *slot);

#endif
