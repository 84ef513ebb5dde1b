// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns commands that come twice, too late, or all at once upon one object. Must
 * never know how an object is made: template.c.
 */
#include "hostile.h"
#include "names.h"
#include "pages.h"
#include "template.h"

enum { AT_ONCE = 8, CHURN = 48, QUARREL = 32, BUILD = 24, LOG_SAME = 7, SAME_CQE = 128 };

static bool fire_number(struct hostile *h, u32 opcode, u32 number, enum expect expect,
			const char *what)
{
	struct up_slot *s = ring_take(h);

	if (!s)
		return false;
	((struct up_number *)s->data)->number = cpu_to_le32(number);
	ring_fire(h, s, opcode, sizeof(struct up_number), expect, what);
	return true;
}

static bool fire_template(struct hostile *h, u32 opcode)
{
	struct up_slot *s = ring_take(h);
	const struct template *t = template_of(opcode);

	if (!s)
		return false;
	template_fill(h, t, s);
	ring_fire(h, s, opcode, t->length, MAY, NULL);
	return true;
}

/* A new one of our own. False: there is none. */
static bool make(struct hostile *h, enum kind kind, u32 *number)
{
	unsigned int made = h->world.made[kind];

	if (!fire_template(h, template_make_of(kind)) || !ring_drain(h) ||
	    h->world.made[kind] == made)
		return false;
	*number = h->world.recent[kind][made % RECENT];
	return true;
}

/* Ended by many at once, of which one may succeed; then used again. */
static void end_twice(struct hostile *h)
{
	enum kind kind = chance_between(&h->chance, KIND_NONE + 1, KINDS - 1);
	u32 opcode = template_end_of(kind), number, worked;
	unsigned int i;

	if (!make(h, kind, &number))
		return;
	worked = h->ring.worked;
	for (i = 0; i < AT_ONCE; i++)
		if (!fire_number(h, opcode, number, MAY, NULL))
			return;
	if (!ring_drain(h))
		return;
	worked = h->ring.worked - worked;
	if (worked != 1)
		figures_breach("an object was ended %u times by %u commands %#x", worked, AT_ONCE,
			       opcode);
	fire_number(h, opcode, number, MUST_FAIL, "ended before");
	if (kind == KIND_QP)
		fire_number(h, UP_QUERY_QP, number, MUST_FAIL, "ended before");
	if (kind == KIND_SRQ)
		fire_number(h, UP_QUERY_SRQ, number, MUST_FAIL, "ended before");
	ring_drain(h);
}

/* What others stand on. */
static void end_in_use(struct hostile *h)
{
	const struct world *w = &h->world;

	fire_number(h, UP_FREE_UAR, w->uar, MUST_FAIL, "in use");
	fire_number(h, UP_FREE_PD, w->pd, MUST_FAIL, "in use");
	fire_number(h, UP_FREE_PD, w->other_pd, MUST_FAIL, "in use");
	fire_number(h, UP_FREE_XRCD, w->xrcd, MUST_FAIL, "in use");
	fire_number(h, UP_UNPIN_PAGES, w->records, MUST_FAIL, "in use");
	fire_number(h, UP_DESTROY_EQ, w->eqn, MUST_FAIL, "in use");
	fire_number(h, UP_DESTROY_CQ, w->cqn, MUST_FAIL, "in use");
	ring_drain(h);
}

/* Objects of one kind come and go, all under way at the same time. */
static void churn(struct hostile *h)
{
	enum kind kind = chance_between(&h->chance, KIND_NONE + 1, KINDS - 1);
	unsigned int i;
	u32 number;

	if (!make(h, kind, &number))
		return;
	for (i = 0; i < CHURN; i++)
		if (!fire_template(h, chance_one_in(&h->chance, 2) ? template_make_of(kind) :
								     template_end_of(kind)))
			return;
	if (!ring_drain(h))
		return;
	/* Nearly all of them again, lest limits are all that is met. */
	for (i = 0; i < RECENT && i < h->world.made[kind]; i++)
		fire_number(h, template_end_of(kind), h->world.recent[kind][i], MAY, NULL);
	ring_drain(h);
}

/* Others begin to stand on what is about to end. */
static void build_on_sand(struct hostile *h)
{
	enum kind kind = chance_between(&h->chance, KIND_NONE + 1, KINDS - 1), made;
	const struct name *name = name_below(&h->chance, kind);
	const struct template *t;
	struct up_slot *s;
	unsigned int i;
	u32 number;

	if (!name || !make(h, kind, &number))
		return;
	t = template_of(name->opcode);
	for (i = 0; i < BUILD; i++) {
		s = ring_take(h);
		if (!s)
			return;
		template_fill(h, t, s);
		*(__le32 *)(s->data + name->at) = cpu_to_le32(number);
		ring_fire(h, s, t->opcode, t->length, MAY, NULL);
		if (chance_one_in(&h->chance, 3) &&
		    !fire_number(h, template_end_of(kind), number, MAY, NULL))
			return;
	}
	made = template_makes(t->opcode);
	if (!ring_drain(h))
		return;
	for (i = 0; i < RECENT && i < h->world.made[made]; i++)
		fire_number(h, template_end_of(made), h->world.recent[made][i], MAY, NULL);
	ring_drain(h);
	fire_number(h, template_end_of(kind), number, MAY, NULL);
	ring_drain(h);
}

/* Many commands that change one object, and one that ends it. */
static void quarrel(struct hostile *h)
{
	struct up_resize_cq *resize;
	struct up_slot *s;
	unsigned int i;
	u32 number;

	if (!make(h, KIND_CQ, &number))
		return;
	for (i = 0; i < QUARREL; i++) {
		s = ring_take(h);
		if (!s)
			return;
		resize = (void *)s->data;
		resize->cqn = cpu_to_le32(number);
		resize->log_size = cpu_to_le32(LOG_SAME);
		pages_good(h, &resize->ring, SAME_CQE << LOG_SAME, ring_slot_of(h, s));
		ring_fire(h, s, UP_RESIZE_CQ, sizeof(*resize), MAY, NULL);
		if (chance_one_in(&h->chance, QUARREL / 2) &&
		    !fire_number(h, UP_DESTROY_CQ, number, MAY, NULL))
			return;
	}
	fire_number(h, UP_DESTROY_CQ, number, MAY, NULL);
	ring_drain(h);
}

/* A region goes to and fro between two domains, of which one is to end. */
static void quarrel_over_domains(struct hostile *h)
{
	struct up_rereg_mr *change;
	struct up_slot *s;
	unsigned int i;
	u32 mr, pd;

	if (!make(h, KIND_PD, &pd) || !make(h, KIND_MR, &mr))
		return;
	for (i = 0; i < QUARREL; i++) {
		s = ring_take(h);
		if (!s)
			return;
		change = (void *)s->data;
		change->lkey = cpu_to_le32(mr);
		change->pd = cpu_to_le32(chance_one_in(&h->chance, 2) ? pd : h->world.pd);
		change->access = cpu_to_le32(UP_ACCESS_LOCAL_WRITE);
		ring_fire(h, s, UP_REREG_MR, sizeof(*change), MAY, NULL);
		if (chance_one_in(&h->chance, 4) &&
		    !fire_number(h, UP_FREE_PD, pd, MAY, NULL))
			return;
		if (chance_one_in(&h->chance, QUARREL) &&
		    !fire_number(h, UP_DEREG_MR, mr, MAY, NULL))
			return;
	}
	fire_number(h, UP_DEREG_MR, mr, MAY, NULL);
	ring_drain(h);
	fire_number(h, UP_FREE_PD, pd, MAY, NULL);
	ring_drain(h);
}

void attack_replays(struct hostile *h)
{
	static void (*const ways[])(struct hostile *h) = {
		end_twice, end_twice, end_in_use, churn, quarrel, quarrel_over_domains,
		build_on_sand, build_on_sand,
	};
	unsigned int i;

	for (i = 0; i < 4 && !hostile_over(h); i++)
		ways[chance_below(&h->chance, ARRAY_SIZE(ways))](h);
}
