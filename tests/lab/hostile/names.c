// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns where commands name objects. Must never know which one is named.
 */
#include "hostile.h"
#include "names.h"
#include "template.h"

static const struct name names[] = {
#define NAME(op, type, field, kind) { UP_##op, KIND_##kind, offsetof(struct type, field) }
#define NUMBER(op, kind)	{ UP_##op, KIND_##kind, offsetof(struct up_number, number) }
	NUMBER(FREE_UAR, UAR), NUMBER(FREE_PD, PD), NUMBER(FREE_XRCD, XRCD),
	NUMBER(UNPIN_PAGES, PAGES), NUMBER(DEREG_MR, MR), NUMBER(DESTROY_EQ, EQ),
	NUMBER(DESTROY_CQ, CQ), NUMBER(DESTROY_SRQ, SRQ), NUMBER(DESTROY_QP, QP),
	NUMBER(QUERY_SRQ, SRQ), NUMBER(QUERY_QP, QP),
	NAME(REG_MR, up_reg_mr, pd, PD),
	NAME(REREG_MR, up_rereg_mr, lkey, MR), NAME(REREG_MR, up_rereg_mr, pd, PD),
	NAME(CREATE_EQ, up_create_eq, uar, UAR),
	NAME(CREATE_CQ, up_create_cq, uar, UAR), NAME(CREATE_CQ, up_create_cq, eqn, EQ),
	NAME(CREATE_CQ, up_create_cq, dbr.pages, PAGES),
	NAME(RESIZE_CQ, up_resize_cq, cqn, CQ), NAME(MODERATE_CQ, up_moderate_cq, cqn, CQ),
	NAME(CREATE_SRQ, up_create_srq, pd, PD), NAME(CREATE_SRQ, up_create_srq, dbr.pages, PAGES),
	NAME(ARM_SRQ, up_arm_srq, srqn, SRQ),
	NAME(CREATE_QP, up_create_qp, pd, PD), NAME(CREATE_QP, up_create_qp, scq, CQ),
	NAME(CREATE_QP, up_create_qp, rcq, CQ), NAME(CREATE_QP, up_create_qp, uar, UAR),
	NAME(CREATE_QP, up_create_qp, dbr.pages, PAGES),
	NAME(MODIFY_QP, up_modify_qp, qpn, QP),
	NAME(ATTACH_MCAST, up_mcast, qpn, QP), NAME(DETACH_MCAST, up_mcast, qpn, QP),
#undef NAME
#undef NUMBER
};

const struct name *name_any(struct chance *c)
{
	return &names[chance_below(c, ARRAY_SIZE(names))];
}

const struct name *name_below(struct chance *c, enum kind kind)
{
	unsigned int first = chance_below(c, ARRAY_SIZE(names)), i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const struct name *name = &names[(first + i) % ARRAY_SIZE(names)];

		if (name->kind == kind && template_makes(name->opcode))
			return name;
	}
	return NULL;
}
