// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns commands whose list of pages must be refused. Must never know which ways
 * there are to spoil one: pages.c.
 */
#include "hostile.h"
#include "pages.h"
#include "template.h"

enum { BATCH = 128 };

static const u32 opcodes[] = {
	UP_PIN_PAGES, UP_REG_MR, UP_REG_MR, UP_REG_MR, UP_CREATE_EQ, UP_CREATE_CQ, UP_RESIZE_CQ,
	UP_CREATE_SRQ, UP_CREATE_QP,
};

static void spoilt_list(struct hostile *h, struct up_slot *s)
{
	const struct template *t = template_of(opcodes[chance_below(&h->chance, ARRAY_SIZE(opcodes))]);
	const char *what;

	template_fill(h, t, s);
	what = pages_spoil(h, (struct up_pages *)(s->data + t->pages), ring_slot_of(h, s));
	ring_fire(h, s, t->opcode, t->length, MUST_FAIL, what);
}

void attack_lists(struct hostile *h)
{
	ring_batch(h, BATCH, spoilt_list);
}
