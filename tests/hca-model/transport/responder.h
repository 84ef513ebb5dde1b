/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the receiving half of a queue pair: the expected PSN, the message being
 * received, replies that are due. It must never know what the requester of the
 * same QP does.
 */
#ifndef HCA_MODEL_TRANSPORT_RESPONDER_H
#define HCA_MODEL_TRANSPORT_RESPONDER_H

#include <stdbool.h>
#include <stdint.h>

struct event;
struct packet;
struct qp;
struct recv_wqe;
struct replay;
struct reply;

enum message_kind { MESSAGE_NONE, MESSAGE_SEND, MESSAGE_WRITE };

struct responder {
	/* own RQ: 16-bit counters, as the doorbell record has them */
	uint16_t posted;		/* newest value of the record */
	uint16_t taken;			/* receive WQEs taken */

	uint32_t expected_psn;
	uint32_t msn;
	bool nak_sent;			/* one NAK per gap, and after RNR */
	bool established;		/* COMM_EST was reported */
	bool dying;			/* a fatal NAK waits behind replies */

	/* the message being received */
	enum message_kind message;
	uint64_t va;			/* where the next write payload goes */
	uint32_t rkey;
	uint32_t left;			/* bytes of a write still to come */
	uint32_t got;			/* bytes received */
	struct recv_wqe *wqe;		/* room for one scatter list */
	bool wqe_taken;

	/* what is due to be sent, see reply.h */
	struct reply *replies;
	uint32_t reply_head, reply_tail;
	struct replay *replays;		/* results of the newest atomics */
	uint32_t replay_next;

	struct event *timer;		/* polls the RQ record while the QP is in ERR */
};

/* A request packet on an RC or XRC queue pair. */
void responder_receive(struct qp *qp, struct packet *pkt);
/* A packet on a UC queue pair. */
void responder_receive_uc(struct qp *qp, struct packet *pkt);
/* A packet on a UD queue pair or a special one. */
void responder_receive_ud(struct qp *qp, struct packet *pkt);

/* Receive WQEs complete with WR_FLUSH, now and while the QP stays in ERR. */
void responder_flush(struct qp *qp);
/* Nothing received, nothing due; the PSN is zero. */
void responder_reset(struct qp *qp);

#endif
