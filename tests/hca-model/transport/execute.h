/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what a request packet does to memory and to receive WQEs. It must never
 * know PSNs, or what the requester is told.
 */
#ifndef HCA_MODEL_TRANSPORT_EXECUTE_H
#define HCA_MODEL_TRANSPORT_EXECUTE_H

#include <stdbool.h>
#include <stdint.h>

struct packet;
struct qp;
struct srq;

enum execute_result {
	EXECUTE_OK,
	EXECUTE_RNR,			/* no receive WQE */
	EXECUTE_INVALID,		/* the request breaks the protocol */
	EXECUTE_ACCESS,			/* key, bounds or rights */
	EXECUTE_FAULT,			/* the bus address is not mapped, or a queue cannot be read */
	EXECUTE_LENGTH,			/* the receive WQE is too short: it was completed so */
	EXECUTE_LOCAL,			/* the receive WQE's keys: it was completed so */
};

/* For whom: in XRC the SRQ in the packet decides. */
struct execute_target {
	struct srq *srq;		/* NULL: the QP's own receive queue */
	uint32_t pd;			/* of remote keys */
};

bool execute_is_first(const struct packet *pkt);
bool execute_is_last(const struct packet *pkt);

enum execute_result execute_send(struct qp *qp, const struct packet *pkt,
				 const struct execute_target *to);
enum execute_result execute_write(struct qp *qp, const struct packet *pkt,
				  const struct execute_target *to);
/* May this much be read? The data is fetched when the response is sent. */
enum execute_result execute_read(struct qp *qp, const struct packet *pkt,
				 const struct execute_target *to);
enum execute_result execute_atomic(struct qp *qp, const struct packet *pkt,
				   const struct execute_target *to, uint64_t *orig);

#endif
