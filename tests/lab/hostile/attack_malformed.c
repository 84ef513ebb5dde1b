// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns commands that are malformed, on purpose and by chance: opcodes, lengths,
 * reserved fields, flags. Must never know what a value means.
 */
#include "hostile.h"
#include "pages.h"
#include "template.h"

enum { BATCH = 256, MAX_MUTATIONS = 6 };

/* Bits that must be zero: reserved fields, and flags that there are not. */
static const struct zeros {
	u8 opcode;
	u16 at;
	u32 mask;			/* of the 32 bits there */
} zeros[] = {
#define ALL(op, type, field)	{ UP_##op, offsetof(struct type, field), ~0U }
#define FLAGS(op, type, field, known) { UP_##op, offsetof(struct type, field), ~(u32)(known) }
#define PAGES(op, type, field) \
	{ UP_##op, offsetof(struct type, field.reserved), ~0U }, \
	{ UP_##op, offsetof(struct type, field.reserved) + 4, ~0U }
	ALL(QUERY_PORT, up_query_port, reserved),
	ALL(QUERY_GIDS, up_query_table, reserved), ALL(QUERY_PKEYS, up_query_table, reserved),
	ALL(FREE_UAR, up_number, reserved), ALL(FREE_PD, up_number, reserved),
	ALL(FREE_XRCD, up_number, reserved), ALL(UNPIN_PAGES, up_number, reserved),
	ALL(DEREG_MR, up_number, reserved), ALL(DESTROY_EQ, up_number, reserved),
	ALL(DESTROY_CQ, up_number, reserved), ALL(DESTROY_SRQ, up_number, reserved),
	ALL(DESTROY_QP, up_number, reserved), ALL(QUERY_SRQ, up_number, reserved),
	ALL(QUERY_QP, up_number, reserved),
	PAGES(PIN_PAGES, up_pin_pages, pages),
	FLAGS(REG_MR, up_reg_mr, access, 0xf), PAGES(REG_MR, up_reg_mr, pages),
	FLAGS(REREG_MR, up_rereg_mr, access, 0xf), ALL(REREG_MR, up_rereg_mr, reserved),
	ALL(CREATE_EQ, up_create_eq, reserved), PAGES(CREATE_EQ, up_create_eq, ring),
	FLAGS(CREATE_CQ, up_create_cq, flags, UP_CQ_IGNORE_OVERRUN),
	ALL(CREATE_CQ, up_create_cq, reserved), PAGES(CREATE_CQ, up_create_cq, ring),
	PAGES(RESIZE_CQ, up_resize_cq, ring),
	ALL(CREATE_SRQ, up_create_srq, reserved), PAGES(CREATE_SRQ, up_create_srq, ring),
	FLAGS(CREATE_QP, up_create_qp, log_sq, 0x00ffffff),	/* reserved0 is its last byte */
	ALL(CREATE_QP, up_create_qp, flags), PAGES(CREATE_QP, up_create_qp, ring),
	FLAGS(MODIFY_QP, up_modify_qp, mask, 2 * UP_QP_DEST - 1),
	FLAGS(MODIFY_QP, up_modify_qp, from, 0xffff),		/* reserved begins there */
	ALL(MODIFY_QP, up_modify_qp, reserved[2]),
	ALL(MODIFY_QP, up_modify_qp, attr.reserved[3]),
	ALL(MODIFY_QP, up_modify_qp, attr.reserved[7]),
	ALL(ATTACH_MCAST, up_mcast, reserved), ALL(DETACH_MCAST, up_mcast, reserved),
#undef ALL
#undef FLAGS
#undef PAGES
};

static u32 some_bits(struct chance *c, u32 mask)
{
	u32 bits;

	do {
		bits = mask & (chance_one_in(c, 2) ? 1U << chance_below(c, 32) : chance_u64(c));
	} while (!bits);
	return bits;
}

static void fire_good(struct hostile *h, struct up_slot *s, const struct template *t,
		      enum expect expect, const char *what)
{
	ring_fire(h, s, t->opcode, t->length, expect, what);
}

static void unknown_opcode(struct hostile *h, struct up_slot *s)
{
	const struct template *t = template_any(h);
	u32 opcode;

	template_fill(h, t, s);
	do {
		opcode = chance_one_in(&h->chance, 2) ? chance_below(&h->chance, 0x100) :
							chance_edge(&h->chance);
	} while (template_of(opcode));
	ring_fire(h, s, opcode, t->length, MUST_FAIL, "unknown opcode");
}

static void wrong_length(struct hostile *h, struct up_slot *s)
{
	const struct template *t = template_any(h);
	u32 length;

	template_fill(h, t, s);
	do {
		length = chance_one_in(&h->chance, 2) ? chance_below(&h->chance, 512) :
							chance_edge(&h->chance);
	} while (length == t->length);
	ring_fire(h, s, t->opcode, length, MUST_FAIL, "wrong length");
}

static void reserved_in_slot(struct hostile *h, struct up_slot *s)
{
	const struct template *t = template_any(h);
	__le32 *words[] = {
		&s->reserved0, &s->reserved1, (__le32 *)&s->reserved2[0], (__le32 *)&s->reserved2[1],
		(__le32 *)&s->reserved2[2], (__le32 *)&s->reserved2[3] + 1,
	};

	template_fill(h, t, s);
	*words[chance_below(&h->chance, ARRAY_SIZE(words))] =
		cpu_to_le32(some_bits(&h->chance, ~0U));
	fire_good(h, s, t, MUST_FAIL, "reserved field of the slot");
}

static void reserved_in_command(struct hostile *h, struct up_slot *s)
{
	const struct zeros *z = &zeros[chance_below(&h->chance, ARRAY_SIZE(zeros))];
	const struct template *t = template_of(z->opcode);
	__le32 *word = (__le32 *)(s->data + z->at);

	template_fill(h, t, s);
	*word |= cpu_to_le32(some_bits(&h->chance, z->mask));
	fire_good(h, s, t, MUST_FAIL, "reserved field or flag");
}

static void malformed(struct hostile *h, struct up_slot *s)
{
	static void (*const ways[])(struct hostile *h, struct up_slot *s) = {
		unknown_opcode, wrong_length, reserved_in_slot, reserved_in_command,
	};

	ways[chance_below(&h->chance, ARRAY_SIZE(ways))](h, s);
}

void attack_malformed(struct hostile *h)
{
	ring_batch(h, BATCH, malformed);
}

/* --- by chance ------------------------------------------------------------------ */

static void mutate(struct hostile *h, u8 *data, unsigned int length)
{
	unsigned int times = 1 + chance_below(&h->chance, MAX_MUTATIONS), size, at;
	__le64 value;

	while (times--) {
		size = 1 << chance_below(&h->chance, 4);
		if (size > length)
			continue;
		at = chance_below(&h->chance, length / size) * size;
		value = cpu_to_le64(chance_edge(&h->chance));
		memcpy(data + at, &value, size);
	}
}

/*
 * May work: then it made or ended something. Memory that is not the attacker's is
 * not named, for the HCA would rightly write there.
 */
static void mutated(struct hostile *h, struct up_slot *s)
{
	const struct template *t = template_any(h);

	template_fill(h, t, s);
	mutate(h, s->data, t->length);
	if (t->pages != NO_PAGES)
		pages_confine(h, (struct up_pages *)(s->data + t->pages), ring_slot_of(h, s));
	fire_good(h, s, t, MAY, NULL);
}

void attack_mutated(struct hostile *h)
{
	ring_batch(h, BATCH, mutated);
}
