/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the payloads of asynchronous events. It must never know which EQ
 * carries them.
 */
#ifndef HCA_MODEL_OBJ_EVENTS_H
#define HCA_MODEL_OBJ_EVENTS_H

#include "tests/hca-model/obj/eq.h"

void event_qp(struct hca *hca, uint32_t qpn, enum eqe_type type);
void event_srq(struct hca *hca, uint32_t srqn, enum eqe_type type);
void event_cq_error(struct hca *hca, uint32_t cqn, uint8_t syndrome);
void event_port(struct hca *hca, uint8_t sub_type);	/* PORT_CHANGE_* */
void event_cmd(struct hca *hca, uint32_t slots);	/* bit n: entry n is done */
void event_page_request(struct hca *hca, int32_t pages);	/* negative: giving back */
void event_internal_error(struct hca *hca);

#endif
