/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what a responder has to send: ACKs, NAKs, read and atomic responses, in
 * order. It must never know how a request was executed.
 */
#ifndef HCA_MODEL_TRANSPORT_REPLY_H
#define HCA_MODEL_TRANSPORT_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/obj/qp.h"

struct packet;

enum {
	REPLIES = 64,			/* reads and atomics, ACKs between, a NAK */
	REPLAYS = 16,			/* atomics whose results are kept */
};

enum reply_kind { REPLY_ACK, REPLY_READ, REPLY_ATOMIC };

struct reply {
	enum reply_kind kind;
	uint8_t syndrome;		/* AETH */
	bool fatal;			/* the QP goes to ERR behind it */
	enum eqe_type event;		/* fatal: with this event; EVENT_COMP: none */
	uint32_t psn, msn;
	/* read */
	uint32_t rkey, pd;
	uint32_t len, done;		/* bytes */
	uint32_t end;			/* stop here: the rest was asked for again */
	bool cut;			/* end is not len */
	bool again;			/* the request is a duplicate */
	uint64_t va;
	uint64_t orig;			/* atomic */
};

struct replay {
	bool valid;
	uint8_t op;			/* enum bth_op */
	uint32_t psn, rkey;
	uint64_t va, swap_add, compare, orig;
};

/* Acknowledge up to @psn, or a NAK that leaves the QP alive. */
void reply_ack(struct qp *qp, uint32_t psn, uint8_t syndrome);
/* A NAK behind which the QP goes to ERR. */
void reply_fatal(struct qp *qp, uint32_t psn, uint8_t nak, enum eqe_type event);
/*
 * The data that a read request asks for; @pd: whose key it is. What is asked
 * for @again takes the place that its PSN gives it among what is due.
 */
void reply_read(struct qp *qp, const struct packet *pkt, uint32_t pd, bool again);
void reply_atomic(struct qp *qp, uint32_t psn, uint64_t orig, bool again);

/* Reads and atomics that are due; @again: those that are asked for again as well. */
unsigned int reply_reads(const struct qp *qp, bool again);
/* Send what is due; true if there is more. @budget: packets, counted down. */
bool reply_run(struct qp *qp, unsigned int *budget);

static inline bool reply_due(const struct qp *qp)
{
	return qp->resp.reply_head != qp->resp.reply_tail;
}

#endif
