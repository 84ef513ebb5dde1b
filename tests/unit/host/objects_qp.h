/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns one queue pair for tests, with all it stands on. It must never know what
 * a test does with it.
 */
#ifndef TESTS_UNIT_HOST_OBJECTS_QP_H
#define TESTS_UNIT_HOST_OBJECTS_QP_H

#include "host-backend/hca/qp.h"
#include "tests/unit/host/objects_bed.h"

enum { OBJECTS_QP_LOG_CQ = 7, OBJECTS_QP_LOG_SQ = 6, OBJECTS_QP_USER_INDEX = 0x1234 };

struct objects_qp {
	struct objects_bed *bed;
	struct hca *hca;
	struct hca_defaults defaults;
	struct objects_ring cq_ring, ring;
	uint32_t cqn, pd;
	struct hca_qp_attr attr;
	uint32_t qpn;
};

/* Everything but the QP. All assert that it works. */
void objects_qp_open(struct objects_qp *q, void **state);
void objects_qp_close(struct objects_qp *q);

/* q->attr: a QP of @type with queues of its own, as far as the type has any. */
void objects_qp_describe(struct objects_qp *q, enum hca_qp_type type);
/* By q->attr. */
void objects_qp_create(struct objects_qp *q);

/* Values for every transition. */
extern const struct hca_qp_change objects_qp_good;
/* The same with every option that the transition may carry. */
struct hca_qp_change objects_qp_options(const struct objects_qp *q, enum hca_qp_verb verb);

int objects_qp_modify(struct objects_qp *q, enum hca_qp_verb verb,
		      const struct hca_qp_change *change);
/* The same, which works and leads to @state. */
struct hca_qp_info objects_qp_step(struct objects_qp *q, enum hca_qp_verb verb,
				   const struct hca_qp_change *change, enum hca_qp_state state);
void objects_qp_to_rts(struct objects_qp *q);

#endif
