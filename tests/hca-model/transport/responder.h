/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the receiving half of a queue pair: the expected PSN, the receive WQE
 * in use, replies that are due. It must never know what the requester of the
 * same QP does.
 */
#ifndef HCA_MODEL_TRANSPORT_RESPONDER_H
#define HCA_MODEL_TRANSPORT_RESPONDER_H

#include <stdbool.h>
#include <stdint.h>

struct event;
struct recv_wqe;
struct reply;

struct responder {
	uint16_t taken;			/* receive WQEs taken from the own RQ */
	uint16_t posted;		/* newest value of the record read */

	uint32_t expected_psn;
	uint32_t msn;
	bool nak_sent;			/* one NAK per gap */
	bool established;		/* COMM_EST was reported */
	bool inside;			/* a message is being received */
	uint8_t message;		/* its first opcode's kind: enum message_kind */
	bool drop;			/* UC: the rest of this message is dropped */

	/* the message being received */
	uint64_t va;			/* where the next write payload goes */
	uint32_t rkey;
	uint32_t left;			/* bytes of a write still to come */
	uint32_t got;			/* bytes received */
	struct recv_wqe *wqe;		/* room for one scatter list */
	bool wqe_taken;

	/* replies due (reads, atomics, ACKs), a ring of max_responder + 1, and the replay cache */
	struct reply *replies;
	uint32_t reply_room;		/* entries in replies */
	uint32_t reply_head, reply_next, reply_tail;

	struct event *timer;		/* polls the RQ record while the QP is in ERR */
};

#endif
