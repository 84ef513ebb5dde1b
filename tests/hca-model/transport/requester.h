/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the sending half of a queue pair: the send queue, what is in flight,
 * retries. It must never know what the responder of the same QP does.
 */
#ifndef HCA_MODEL_TRANSPORT_REQUESTER_H
#define HCA_MODEL_TRANSPORT_REQUESTER_H

#include <stdbool.h>
#include <stdint.h>

struct event;
struct packet;
struct qp;
struct send_wqe;
struct wqe_view;

struct requester {
	/* SQ in WQEBBs: 16-bit counters, as the doorbell record has them */
	uint16_t posted;		/* newest value of the record */
	uint16_t fetched;		/* next WQEBB to parse */

	/*
	 * Parsed WQEs, oldest first: a ring of 1 << log_sq, by free running
	 * counters. head..cursor is sent, cursor may be sent in part,
	 * cursor + 1..tail is only parsed (or was sent before a rewind).
	 */
	struct send_wqe *ring;
	uint32_t mask;
	uint32_t head, cursor, tail;
	struct wqe_view *view;		/* VIEWS of them, see wqe.h */

	uint32_t next_psn;		/* of the next packet to send */
	uint32_t acked_psn;		/* oldest PSN not acknowledged */
	uint32_t top_psn;		/* one past the newest PSN ever sent */
	uint32_t reads;			/* RDMA reads and atomics in flight */
	uint32_t asked_psn;		/* newest packet that asked for an answer */
	uint32_t unasked;		/* messages sent since */
	bool ask;			/* the next packet asks, whatever it is */

	uint8_t retries, rnr_retries;	/* left */
	bool rnr_wait;			/* nothing is sent until the timer fires */
	bool gap;			/* missing responses were asked for again, once */
	bool waiting;			/* the timer is armed */
	uint32_t progress;		/* moves with every step forward */
	uint32_t stamp;			/* progress when the timer was armed */
	struct event *timer;
};

/**
 * requester_run - send what may be sent
 * @qp:     the queue pair, in RTS
 * @budget: packets left in this slice; counted down
 *
 * Return: true if more could be sent at once.
 */
bool requester_run(struct qp *qp, unsigned int *budget);

/* Parse one more posted WQE into the ring; false: there is none (or the QP has failed). */
bool requester_fetch(struct qp *qp);

/* An ACK, NAK or read response for this QP. */
void requester_receive(struct qp *qp, struct packet *pkt);

/* Complete what is acknowledged, oldest first; may move the QP to an error state. */
void requester_reap(struct qp *qp);

/* Start over at @psn, which is in flight. */
void requester_rewind(struct qp *qp, uint32_t psn);

/*
 * The WQE at ring counter @at fails. It completes with @syndrome once those
 * before it have completed; nothing behind it is sent.
 */
void requester_fail(struct qp *qp, uint32_t at, uint8_t syndrome, uint8_t vendor);

/* Every posted WQE completes with WR_FLUSH. */
void requester_flush(struct qp *qp);

/* Back to an empty queue; the PSNs are zero. */
void requester_reset(struct qp *qp);

static inline bool requester_in_flight(const struct requester *req)
{
	return req->next_psn != req->acked_psn;
}

#endif
