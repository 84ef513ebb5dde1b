/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what of a QP's context each transition may change. It must never know
 * how a QP works.
 */
#ifndef HCA_MODEL_OBJ_QP_CONTEXT_H
#define HCA_MODEL_OBJ_QP_CONTEXT_H

#include <stdint.h>

#include "tests/hca-model/obj/qp.h"

/* One transition command (mlx5_ifc.h: MLX5_CMD_OP_*_QP). */
struct qp_transition {
	uint16_t opcode;
	uint16_t from;			/* states, bit mask */
	enum qp_state to;
	uint32_t optional;		/* opt_param_mask bits it takes */
	uint8_t taken;			/* enum qp_fields: what it always takes */
};

enum qp_fields {
	QP_FIELDS_NONE = 0,
	QP_FIELDS_INIT = 1,		/* P_Key index, port, Q_Key, access */
	QP_FIELDS_RTR = 2,		/* path, MTU, remote QPN, receive PSN, responder depth */
	QP_FIELDS_RTS = 3,		/* send PSN, timers, retries, initiator depth */
};

const struct qp_transition *qp_transition_find(uint16_t opcode);

/* Copy the fields that @t and @optional allow from context @from into qp->ctx. */
void qp_context_merge(struct qp *qp, const uint8_t *from, const struct qp_transition *t,
		      uint32_t optional);

/* Take the attributes out of qp->ctx into the struct's fields. */
void qp_decode(struct qp *qp);

#endif
