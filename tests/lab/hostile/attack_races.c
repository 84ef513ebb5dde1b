// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what changes while the device reads it: a second thread rewrites slots,
 * lists and counters by chance, or one word of them to and fro as fast as it can.
 * Must never know an answer: there is none to trust.
 */
#include <linux/delay.h>
#include <linux/err.h>

#include "hostile.h"
#include "template.h"

enum { BATCH = 256, STROKES = 64, FLIPS = 4096, FIRST_SLOTS = 4 };

/* One word, of 4 or 8 bytes, that is good and bad in turn. */
struct flip {
	void *at;
	bool wide;
	u64 good, bad;
};

/**
 * struct racer - the second thread
 * @h: whose memory it writes
 * @counters: of the ring as well, which will hardly survive it
 * @flip: all it writes; @flip.at NULL: anything
 * @chance: its own
 */
struct racer {
	struct hostile *h;
	bool counters;
	struct flip flip;
	struct chance chance;
};

/*
 * Where a command has an address of pages, it is read as one: nothing here is one
 * but addresses of the field and such as are refused.
 */
static u64 stroke(struct racer *r)
{
	struct hostile *h = r->h;
	struct chance *c = &r->chance;

	switch (chance_below(c, 6)) {
	case 0:
		return memory_field(h, c, 1);
	case 1:
		return memory_hole(h, c);
	case 2:
		return memory_list_gpa(h, chance_below(c, UP_SLOTS), 0) + 8;
	case 3:
		return chance_below(c, UP_PAGE);
	case 4:
		return chance_one_in(c, 2) ? UP_PAGE : 2 * UP_PAGE;
	default:
		return chance_u64(c) | 1;
	}
}

static void rewrite_slot(struct racer *r)
{
	struct up_slot *s = &r->h->ring.up->slots[chance_below(&r->chance, UP_SLOTS)];
	u32 at;

	if (chance_one_in(&r->chance, 8)) {
		WRITE_ONCE(s->opcode, cpu_to_le32(chance_below(&r->chance, 0x70)));
		return;
	}
	if (chance_one_in(&r->chance, 8)) {
		WRITE_ONCE(s->length, cpu_to_le32(chance_below(&r->chance, 160)));
		return;
	}
	at = chance_below(&r->chance, 160 / sizeof(u64));
	WRITE_ONCE(((__le64 *)s->data)[at], cpu_to_le64(stroke(r)));
}

/* Runs change; the chain becomes a circle, ends, goes astray. */
static void rewrite_list(struct racer *r)
{
	struct hostile *h = r->h;
	unsigned int slot = chance_below(&r->chance, UP_SLOTS);
	struct up_list *list = memory_list(h, slot, 0);
	struct up_run *run = &list->runs[chance_below(&r->chance, UP_LIST_RUNS)];

	switch (chance_below(&r->chance, 4)) {
	case 0:
		WRITE_ONCE(list->next, cpu_to_le64(memory_list_gpa(h, slot, 0)));
		break;
	case 1:
		WRITE_ONCE(list->next, cpu_to_le64(memory_hole(h, &r->chance)));
		break;
	case 2:
		WRITE_ONCE(list->next, 0);
		break;
	default:
		WRITE_ONCE(run->gpa, cpu_to_le64(stroke(r)));
		WRITE_ONCE(run->size, cpu_to_le64(UP_PAGE));
	}
}

static void rewrite_counter(struct racer *r)
{
	struct up_ring *up = r->h->ring.up;
	__le32 *counters[] = {
		&up->submit, &up->complete_seen, &up->complete_wake, &up->event_seen,
		&up->event_wake, &up->submit_seen, &up->submit_wake,
		&up->submissions[chance_below(&r->chance, UP_SLOTS)],
	};
	u32 value = chance_one_in(&r->chance, 2) ? chance_below(&r->chance, UP_SLOTS) :
						   chance_edge(&r->chance);

	WRITE_ONCE(*counters[chance_below(&r->chance, ARRAY_SIZE(counters))], cpu_to_le32(value));
}

/* In one of the slots that are taken first. */
static struct flip draw_flip(struct hostile *h, bool counters)
{
	static const u16 pages_at[] = {
		offsetof(struct up_pin_pages, pages), offsetof(struct up_reg_mr, pages),
		offsetof(struct up_create_cq, ring), offsetof(struct up_create_qp, ring),
	};
	unsigned int slot = chance_below(&h->chance, FIRST_SLOTS);
	struct up_list *list = memory_list(h, slot, 0);
	struct up_slot *s = &h->ring.up->slots[slot];
	struct up_pages *p = (struct up_pages *)
		(s->data + pages_at[chance_below(&h->chance, ARRAY_SIZE(pages_at))]);
	u64 field = memory_field(h, &h->chance, 1), hole = memory_hole(h, &h->chance);

	if (counters)
		return (struct flip){
			&h->ring.up->submissions[chance_below(&h->chance, UP_SLOTS)], false, slot,
			chance_between(&h->chance, UP_SLOTS, U32_MAX) };
	switch (chance_below(&h->chance, 8)) {
	case 0:
		return (struct flip){ &s->opcode, false, UP_QUERY_CLOCK, U32_MAX };
	case 1:
		return (struct flip){ &s->length, false, sizeof(struct up_number), U32_MAX };
	case 2:
		return (struct flip){ &p->n_runs, false, 1, U32_MAX };
	case 3:
		return (struct flip){ &p->bytes, true, UP_PAGE, U64_MAX };
	case 4:
		return (struct flip){ &p->runs[0].gpa, true, field, hole };
	case 5:
		return (struct flip){ &p->list, true, memory_list_gpa(h, slot, 0), hole };
	case 6:
		return (struct flip){ &list->next, true, 0, memory_list_gpa(h, slot, 0) };
	default:
		return (struct flip){ &list->runs[0].gpa, true, field, hole };
	}
}

static void flip(const struct flip *f)
{
	unsigned int i;

	for (i = 0; i < FLIPS; i++) {
		if (f->wide)
			WRITE_ONCE(*(__le64 *)f->at, cpu_to_le64(i % 2 ? f->bad : f->good));
		else
			WRITE_ONCE(*(__le32 *)f->at, cpu_to_le32(i % 2 ? f->bad : f->good));
	}
	cond_resched();
}

static void scribble(struct racer *r)
{
	unsigned int i;

	for (i = 0; i < STROKES; i++) {
		if (r->counters && chance_one_in(&r->chance, 16))
			rewrite_counter(r);
		else if (chance_one_in(&r->chance, 3))
			rewrite_list(r);
		else
			rewrite_slot(r);
	}
	usleep_range(20, 50);
}

static int race(void *data)
{
	struct racer *r = data;

	while (!kthread_should_stop()) {
		if (r->flip.at)
			flip(&r->flip);
		else
			scribble(r);
	}
	return 0;
}

static void fire(struct hostile *h)
{
	const struct template *t;
	struct up_slot *s;
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		s = ring_take(h);
		if (!s)
			return;
		t = template_any(h);
		template_fill(h, t, s);
		ring_fire(h, s, t->opcode, t->length, MAY, NULL);
	}
	ring_drain(h);
}

void attack_races(struct hostile *h)
{
	struct racer racer = { .h = h, .counters = chance_one_in(&h->chance, 8) };
	struct task_struct *thread;

	chance_init(&racer.chance, chance_u64(&h->chance));
	if (chance_one_in(&h->chance, 2))
		racer.flip = draw_flip(h, racer.counters);
	thread = kthread_run(race, &racer, "hostile-racer");
	if (IS_ERR(thread))
		return;
	h->ring.blind = true;
	h->ring.lawless = racer.counters;
	fire(h);
	kthread_stop(thread);
	if (racer.counters)
		ring_give_up(h);
	else if (ring_drain(h))
		ring_look_again(h);
}
