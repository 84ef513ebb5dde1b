/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns completions: CQEs by the ownership bit, arming. It must never know the
 * queue pair behind a completion.
 */
#ifndef HCA_CLIENT_POLL_H
#define HCA_CLIENT_POLL_H

#include "tests/hca-client/objects.h"

struct hc_wc {
	uint8_t opcode;			/* CQE_REQ ... */
	uint8_t syndrome;		/* CQE_SYND_*; 0: success */
	uint8_t vendor;
	uint8_t send_opcode;		/* WQE_*, requester only */
	uint32_t qpn;
	uint16_t index;			/* of the WQE */
	uint32_t bytes, imm;
	uint32_t srqn_uidx;
	uint32_t src_qpn;
	uint16_t slid;
	uint8_t sl;
	bool grh;
};

/* Take the next completion: whether there was one. */
bool hc_cq_poll(struct hc_cq *cq, struct hc_wc *wc);
/* Wait for it: 0 or -ETIMEDOUT. */
int hc_cq_wait(struct hc *hc, struct hc_cq *cq, struct hc_wc *wc);
/* Ask for one event: at the next completion, or at the next solicited one. */
void hc_cq_arm(struct hc *hc, struct hc_cq *cq, bool solicited_only);
/* After the event that an arm gave. */
static inline void hc_cq_event(struct hc_cq *cq)
{
	cq->arm_sn++;
}

#endif
