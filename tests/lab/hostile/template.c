// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns one good command of every sort. Must never know what is then done to it.
 */
#include "hostile.h"
#include "pages.h"
#include "template.h"

enum {
	LOG_NEW_EQ = 6, LOG_NEW_CQ = 7, LOG_NEW_SRQ = 5, LOG_NEW_QUEUE = 5, LOG_NEW_STRIDE = 6,
	NEW_CQE = 128, MR_BYTES = 3 * UP_PAGE - 100, ALL_ACCESS = 15,
	PLAIN_NUMBER = 0xffffff, GIDS = 8, PKEYS = 64,
};

/* Opcodes that take a number: all there is to say of them. */
#define NUMBER(op, made, ended) \
	{ UP_##op, sizeof(struct up_number), NO_PAGES, KIND_##made, KIND_##ended }
#define PLAIN(op, type) \
	{ UP_##op, sizeof(struct type), NO_PAGES, KIND_NONE, KIND_NONE }
#define ALLOC(op, made) \
	{ UP_##op, 0, NO_PAGES, KIND_##made, KIND_NONE }
#define CREATE(op, type, field, made) \
	{ UP_##op, sizeof(struct type), offsetof(struct type, field), KIND_##made, KIND_NONE }

static const struct template templates[] = {
	ALLOC(QUERY_DEVICE, NONE),
	PLAIN(QUERY_PORT, up_query_port),
	PLAIN(QUERY_GIDS, up_query_table),
	PLAIN(QUERY_PKEYS, up_query_table),
	ALLOC(QUERY_CLOCK, NONE),
	ALLOC(ALLOC_UAR, UAR),
	NUMBER(FREE_UAR, NONE, UAR),
	ALLOC(ALLOC_PD, PD),
	NUMBER(FREE_PD, NONE, PD),
	ALLOC(ALLOC_XRCD, XRCD),
	NUMBER(FREE_XRCD, NONE, XRCD),
	CREATE(PIN_PAGES, up_pin_pages, pages, PAGES),
	NUMBER(UNPIN_PAGES, NONE, PAGES),
	CREATE(REG_MR, up_reg_mr, pages, MR),
	NUMBER(DEREG_MR, NONE, MR),
	PLAIN(REREG_MR, up_rereg_mr),
	CREATE(CREATE_EQ, up_create_eq, ring, EQ),
	NUMBER(DESTROY_EQ, NONE, EQ),
	CREATE(CREATE_CQ, up_create_cq, ring, CQ),
	CREATE(RESIZE_CQ, up_resize_cq, ring, NONE),
	PLAIN(MODERATE_CQ, up_moderate_cq),
	NUMBER(DESTROY_CQ, NONE, CQ),
	CREATE(CREATE_SRQ, up_create_srq, ring, SRQ),
	PLAIN(ARM_SRQ, up_arm_srq),
	NUMBER(QUERY_SRQ, NONE, NONE),
	NUMBER(DESTROY_SRQ, NONE, SRQ),
	CREATE(CREATE_QP, up_create_qp, ring, QP),
	PLAIN(MODIFY_QP, up_modify_qp),
	NUMBER(QUERY_QP, NONE, NONE),
	NUMBER(DESTROY_QP, NONE, QP),
	PLAIN(ATTACH_MCAST, up_mcast),
	PLAIN(DETACH_MCAST, up_mcast),
};

const struct template *template_of(u32 opcode)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(templates); i++)
		if (templates[i].opcode == opcode)
			return &templates[i];
	return NULL;
}

const struct template *template_any(struct hostile *h)
{
	return &templates[chance_below(&h->chance, ARRAY_SIZE(templates))];
}

enum kind template_makes(u32 opcode)
{
	const struct template *t = template_of(opcode);

	return t ? t->makes : KIND_NONE;
}

u32 template_end_of(enum kind kind)
{
	unsigned int i;

	for (i = 0; templates[i].ends != kind; i++)
		;
	return templates[i].opcode;
}

u32 template_make_of(enum kind kind)
{
	unsigned int i;

	for (i = 0; templates[i].makes != kind; i++)
		;
	return templates[i].opcode;
}

/* A record that nothing of the world uses. */
static struct up_dbr spare_record(struct hostile *h)
{
	return (struct up_dbr){
		cpu_to_le32(h->world.records),
		cpu_to_le32(SPARE_RECORDS + 8 * chance_below(&h->chance, 256)),
	};
}

static void fill_eq(struct hostile *h, void *data, unsigned int slot)
{
	struct up_create_eq *in = data;

	in->log_size = cpu_to_le32(LOG_NEW_EQ);
	in->vector = cpu_to_le32(chance_between(&h->chance, 1, h->vectors - 1));
	in->uar = cpu_to_le32(h->world.uar);
	pages_good(h, &in->ring, 64 << LOG_NEW_EQ, slot);
}

static void fill_cq(struct hostile *h, void *data, unsigned int slot)
{
	struct up_create_cq *in = data;

	in->log_size = cpu_to_le32(LOG_NEW_CQ);
	in->cqe_bytes = cpu_to_le32(NEW_CQE);
	in->uar = cpu_to_le32(h->world.uar);
	in->eqn = cpu_to_le32(h->world.eqn);
	in->dbr = spare_record(h);
	pages_good(h, &in->ring, NEW_CQE << LOG_NEW_CQ, slot);
}

static void fill_srq(struct hostile *h, void *data, unsigned int slot)
{
	bool xrc = chance_one_in(&h->chance, 2);
	struct up_create_srq *in = data;

	in->kind = cpu_to_le32(xrc ? UP_SRQ_XRC : UP_SRQ_BASIC);
	in->pd = cpu_to_le32(h->world.pd);
	in->log_size = cpu_to_le32(LOG_NEW_SRQ);
	in->log_stride = cpu_to_le32(LOG_NEW_STRIDE);
	in->xrcd = cpu_to_le32(xrc ? h->world.xrcd : 0);
	in->cqn = cpu_to_le32(xrc ? h->world.spare_cqn : 0);
	in->user_index = cpu_to_le32(PLAIN_NUMBER);
	in->dbr = spare_record(h);
	pages_good(h, &in->ring, 1 << (LOG_NEW_SRQ + LOG_NEW_STRIDE), slot);
}

static void fill_qp(struct hostile *h, void *data, unsigned int slot)
{
	struct up_create_qp *in = data;

	in->type = cpu_to_le32(chance_between(&h->chance, UP_QP_RC, UP_QP_UD));
	in->pd = cpu_to_le32(h->world.pd);
	in->scq = cpu_to_le32(h->world.spare_cqn);
	in->rcq = cpu_to_le32(h->world.spare_cqn);
	in->uar = cpu_to_le32(h->world.uar);
	in->user_index = cpu_to_le32(PLAIN_NUMBER);
	in->log_sq = LOG_NEW_QUEUE;
	in->log_rq = LOG_NEW_QUEUE;
	in->log_rq_stride = LOG_NEW_STRIDE;
	in->dbr = spare_record(h);
	pages_good(h, &in->ring, 2 * (64 << LOG_NEW_QUEUE), slot);
}

static void fill_mr(struct hostile *h, void *data, unsigned int slot)
{
	struct up_reg_mr *in = data;

	in->pd = cpu_to_le32(h->world.pd);
	in->access = cpu_to_le32(ALL_ACCESS);
	in->va = cpu_to_le64((chance_u64(&h->chance) >> 17) & ~(UP_PAGE - 1ULL));
	pages_good(h, &in->pages, MR_BYTES, slot);
}

static void fill_resize(struct hostile *h, void *data, unsigned int slot)
{
	struct up_resize_cq *in = data;

	in->cqn = cpu_to_le32(h->world.spare_cqn);
	in->log_size = cpu_to_le32(LOG_NEW_CQ);
	pages_good(h, &in->ring, 64 << LOG_NEW_CQ, slot);
}

static void fill_modify(struct hostile *h, void *data)
{
	struct up_modify_qp *in = data;

	in->qpn = cpu_to_le32(h->world.rc);
	in->from = UP_QPS_RESET;
	in->to = chance_one_in(&h->chance, 2) ? UP_QPS_INIT : UP_QPS_RESET;
	if (in->to == UP_QPS_INIT)
		in->mask = cpu_to_le32(UP_QP_ACCESS | UP_QP_PKEY | UP_QP_PATH);
	in->attr.access = cpu_to_le32(UP_ACCESS_REMOTE_WRITE | UP_ACCESS_REMOTE_READ);
	in->attr.path.port = 1;
}

/* Of one that attacks made, if there is any. */
static void fill_change(struct hostile *h, void *data)
{
	struct up_rereg_mr *in = data;
	bool other = chance_one_in(&h->chance, 2);

	in->lkey = cpu_to_le32(h->world.made[KIND_MR] ? world_recent(h, KIND_MR) :
							h->world.other.key);
	in->pd = cpu_to_le32(other ? h->world.other_pd : h->world.pd);
	in->access = cpu_to_le32(UP_ACCESS_LOCAL_WRITE | chance_below(&h->chance, 16));
}

static void fill_table(void *data, u32 count)
{
	struct up_query_table *in = data;

	in->port = cpu_to_le32(1);
	in->count = cpu_to_le32(count);
}

static void fill_mcast(struct hostile *h, void *data)
{
	struct up_mcast *in = data;

	in->qpn = cpu_to_le32(h->world.ud);
	in->gid[0] = 0xff;
	in->gid[1] = 0x12;
	in->gid[15] = 1 + chance_below(&h->chance, 8);
}

static void fill_number(struct hostile *h, const struct template *t, void *data)
{
	struct up_number *in = data;
	u32 number;

	switch (t->opcode) {
	case UP_QUERY_SRQ:
		number = h->world.srqn;
		break;
	case UP_QUERY_QP:
		number = h->world.ud;
		break;
	default:
		number = world_recent(h, t->ends);
	}
	in->number = cpu_to_le32(number);
}

static void fill_other(struct hostile *h, const struct template *t, void *data)
{
	struct up_moderate_cq *moderate = data;
	struct up_arm_srq *arm = data;

	switch (t->opcode) {
	case UP_QUERY_PORT:
		((struct up_query_port *)data)->port = cpu_to_le32(1);
		break;
	case UP_QUERY_GIDS:
		fill_table(data, GIDS);
		break;
	case UP_QUERY_PKEYS:
		fill_table(data, PKEYS);
		break;
	case UP_MODERATE_CQ:
		moderate->cqn = cpu_to_le32(h->world.spare_cqn);
		moderate->period_us = cpu_to_le16(10);
		moderate->count = cpu_to_le16(5);
		break;
	case UP_ARM_SRQ:
		arm->srqn = cpu_to_le32(h->world.srqn);
		arm->limit = cpu_to_le32(3);
		break;
	case UP_REREG_MR:
		fill_change(h, data);
		break;
	case UP_MODIFY_QP:
		fill_modify(h, data);
		break;
	case UP_ATTACH_MCAST:
	case UP_DETACH_MCAST:
		fill_mcast(h, data);
		break;
	default:
		if (t->length)
			fill_number(h, t, data);
	}
}

void template_fill(struct hostile *h, const struct template *t, struct up_slot *s)
{
	unsigned int slot = ring_slot_of(h, s);

	switch (t->opcode) {
	case UP_PIN_PAGES:
		pages_good(h, &((struct up_pin_pages *)s->data)->pages, UP_PAGE, slot);
		break;
	case UP_REG_MR:
		fill_mr(h, s->data, slot);
		break;
	case UP_CREATE_EQ:
		fill_eq(h, s->data, slot);
		break;
	case UP_CREATE_CQ:
		fill_cq(h, s->data, slot);
		break;
	case UP_RESIZE_CQ:
		fill_resize(h, s->data, slot);
		break;
	case UP_CREATE_SRQ:
		fill_srq(h, s->data, slot);
		break;
	case UP_CREATE_QP:
		fill_qp(h, s->data, slot);
		break;
	default:
		fill_other(h, t, s->data);
	}
}
