// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns commands of which one field is out of its range. Must never know lists of
 * pages or numbers of objects.
 */
#include "hostile.h"
#include "template.h"

enum { BATCH = 256 };

/* In a command that is good otherwise, any value from @first to @last must be refused. */
static const struct bad_values {
	u8 opcode;
	u8 size;			/* of the field, bytes */
	u16 at;
	u64 first, last;
} ranges[] = {
#define RANGE(op, type, field, first, last) \
	{ UP_##op, sizeof_field(struct type, field), offsetof(struct type, field), first, last }
	RANGE(QUERY_PORT, up_query_port, port, 0, 0),
	RANGE(QUERY_PORT, up_query_port, port, 255, U32_MAX),
	RANGE(QUERY_GIDS, up_query_table, port, 0, 0),
	RANGE(QUERY_GIDS, up_query_table, port, 255, U32_MAX),
	RANGE(QUERY_GIDS, up_query_table, count, 0, 0),
	RANGE(QUERY_GIDS, up_query_table, count, 17, U32_MAX),
	RANGE(QUERY_GIDS, up_query_table, first, 0x10000, U32_MAX),
	RANGE(QUERY_PKEYS, up_query_table, port, 255, U32_MAX),
	RANGE(QUERY_PKEYS, up_query_table, count, 0, 0),
	RANGE(QUERY_PKEYS, up_query_table, count, 129, U32_MAX),
	RANGE(QUERY_PKEYS, up_query_table, first, 0x10000, U32_MAX),
	RANGE(PIN_PAGES, up_pin_pages, pages.offset, 1, U32_MAX),
	RANGE(REG_MR, up_reg_mr, va, 1, UP_PAGE - 1),		/* pages.offset is 0 */
	RANGE(REG_MR, up_reg_mr, va, -(u64)UP_PAGE, U64_MAX),	/* it would wrap */
	RANGE(CREATE_EQ, up_create_eq, log_size, 32, U32_MAX),
	RANGE(CREATE_EQ, up_create_eq, vector, 0, 0),
	RANGE(CREATE_EQ, up_create_eq, vector, 0x1000, U32_MAX),
	RANGE(CREATE_CQ, up_create_cq, log_size, 32, U32_MAX),
	RANGE(CREATE_CQ, up_create_cq, cqe_bytes, 0, 63),
	RANGE(CREATE_CQ, up_create_cq, cqe_bytes, 65, 127),
	RANGE(CREATE_CQ, up_create_cq, cqe_bytes, 129, U32_MAX),
	RANGE(CREATE_CQ, up_create_cq, dbr.offset, 1, 7),
	RANGE(CREATE_CQ, up_create_cq, dbr.offset, UP_PAGE, U32_MAX),
	RANGE(RESIZE_CQ, up_resize_cq, log_size, 32, U32_MAX),
	RANGE(CREATE_SRQ, up_create_srq, kind, 2, U32_MAX),
	RANGE(CREATE_SRQ, up_create_srq, log_size, 32, U32_MAX),
	RANGE(CREATE_SRQ, up_create_srq, log_stride, 32, U32_MAX),
	RANGE(CREATE_SRQ, up_create_srq, user_index, 0x1000000, U32_MAX),
	RANGE(CREATE_SRQ, up_create_srq, dbr.offset, 1, 7),
	RANGE(CREATE_SRQ, up_create_srq, dbr.offset, UP_PAGE, U32_MAX),
	RANGE(ARM_SRQ, up_arm_srq, limit, 0x10000, U32_MAX),
	RANGE(CREATE_QP, up_create_qp, type, 5, U32_MAX),
	RANGE(CREATE_QP, up_create_qp, xrcd, 1, U32_MAX),	/* types that have none */
	RANGE(CREATE_QP, up_create_qp, user_index, 0x1000000, U32_MAX),
	RANGE(CREATE_QP, up_create_qp, log_sq, 32, 0xfe),
	RANGE(CREATE_QP, up_create_qp, log_rq, 32, 0xfe),
	RANGE(CREATE_QP, up_create_qp, log_rq_stride, 32, 0xff),
	RANGE(CREATE_QP, up_create_qp, dbr.offset, 1, 7),
	RANGE(CREATE_QP, up_create_qp, dbr.offset, UP_PAGE, U32_MAX),
	RANGE(MODIFY_QP, up_modify_qp, from, 7, 0xff),
	RANGE(MODIFY_QP, up_modify_qp, to, 7, 0xff),
	RANGE(ATTACH_MCAST, up_mcast, gid[0], 0, 0xfe),
	RANGE(DETACH_MCAST, up_mcast, gid[0], 0, 0xfe),
#undef RANGE
};

/* Values of a transition that is otherwise good: RESET to INIT of a queue pair in RESET. */
static const struct bad_values attributes[] = {
#define RANGE(field, first, last) \
	{ UP_MODIFY_QP, sizeof_field(struct up_modify_qp, field), \
	  offsetof(struct up_modify_qp, field), first, last }
	RANGE(mask, 0, 0), RANGE(mask, UP_QP_DEST, 2 * UP_QP_DEST - 1),
	RANGE(to, UP_QPS_RTR, UP_QPS_SQE), RANGE(from, UP_QPS_INIT, UP_QPS_SQE),
	RANGE(attr.access, 16, U32_MAX), RANGE(attr.pkey_index, 0x8000, 0xffff),
	RANGE(attr.path.port, 0, 0), RANGE(attr.path.port, 255, 255),
#undef RANGE
};

static void put(struct hostile *h, struct up_slot *s, const struct bad_values *r)
{
	__le64 value = cpu_to_le64(chance_between(&h->chance, r->first, r->last));

	memcpy(s->data + r->at, &value, r->size);
}

static void fire_range(struct hostile *h, struct up_slot *s)
{
	const struct bad_values *r = &ranges[chance_below(&h->chance, ARRAY_SIZE(ranges))];
	const struct template *t = template_of(r->opcode);

	template_fill(h, t, s);
	put(h, s, r);
	ring_fire(h, s, t->opcode, t->length, MUST_FAIL, "value out of range");
}

static void fire_attribute(struct hostile *h, struct up_slot *s)
{
	const struct bad_values *r = &attributes[chance_below(&h->chance, ARRAY_SIZE(attributes))];
	struct up_modify_qp *in = (void *)s->data;

	*in = (struct up_modify_qp){
		.qpn = cpu_to_le32(h->world.rc), .from = UP_QPS_RESET, .to = UP_QPS_INIT,
		.mask = cpu_to_le32(UP_QP_ACCESS | UP_QP_PKEY | UP_QP_PATH),
		.attr = { .path = { .port = 1 } },
	};
	put(h, s, r);
	ring_fire(h, s, UP_MODIFY_QP, sizeof(*in), MUST_FAIL, "attribute out of range");
}

static void bad_value(struct hostile *h, struct up_slot *s)
{
	if (chance_one_in(&h->chance, 6))
		fire_attribute(h, s);
	else
		fire_range(h, s);
}

void attack_values(struct hostile *h)
{
	ring_batch(h, BATCH, bad_value);
}
