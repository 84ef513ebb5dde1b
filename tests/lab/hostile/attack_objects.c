// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns commands that name objects which are not this guest's: of the daemon, of
 * other guests, of other kinds, of nobody. Must never know what the object is for.
 */
#include "hostile.h"
#include "names.h"
#include "template.h"

enum { BATCH = 256 };

/* A shared receive queue that is not ours: with 0 there would be none. */
static void foreign_srq(struct hostile *h, struct up_slot *s)
{
	const struct template *t = template_of(UP_CREATE_QP);
	struct up_create_qp *in = (void *)s->data;
	u32 number;

	template_fill(h, t, s);
	do {
		number = world_foreign(h, KIND_SRQ);
	} while (!number);
	in->srq = cpu_to_le32(number);
	in->log_rq = 0xff;
	in->log_rq_stride = 0;
	in->ring.bytes = cpu_to_le64(le64_to_cpu(in->ring.bytes) / 2);
	ring_fire(h, s, t->opcode, t->length, MUST_FAIL, "foreign number");
}

static void foreign_name(struct hostile *h, struct up_slot *s)
{
	const struct name *name = name_any(&h->chance);
	const struct template *t = template_of(name->opcode);

	template_fill(h, t, s);
	*(__le32 *)(s->data + name->at) = cpu_to_le32(world_foreign(h, name->kind));
	ring_fire(h, s, t->opcode, t->length, MUST_FAIL, "foreign number");
}

static void foreign(struct hostile *h, struct up_slot *s)
{
	if (chance_one_in(&h->chance, 20))
		foreign_srq(h, s);
	else
		foreign_name(h, s);
}

/* Nothing is made meanwhile, so that what is foreign stays so. */
void attack_objects(struct hostile *h)
{
	ring_batch(h, BATCH, foreign);
}
