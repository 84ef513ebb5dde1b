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

struct requester {
	/* SQ, in WQEBBs; 16-bit counters as the doorbell record has them */
	uint16_t posted;		/* newest value of the record */
	uint16_t fetched;		/* next WQEBB to parse */

	/* Parsed WQEs, oldest first: a ring of 1 << log_sq, by free running counters. */
	struct send_wqe *ring;
	uint32_t ring_mask;
	uint32_t head;			/* oldest not completed */
	uint32_t cursor;		/* next to send (or to go on sending) */
	uint32_t tail;			/* one past the newest parsed */
	uint32_t offset;		/* bytes of the cursor's message already sent */

	uint32_t next_psn;		/* of the next packet to send */
	uint32_t acked_psn;		/* oldest PSN not acknowledged */
	uint32_t top_psn;		/* one past the newest PSN ever used */
	uint32_t reads;			/* RDMA reads and atomics in flight */
	uint32_t unasked;		/* packets sent since the last one that asked for an ACK */

	uint8_t retries, rnr_retries;	/* left */
	bool rnr_wait;			/* nothing is sent until the timer fires */
	bool failed;			/* a WQE failed: the rest flushes */
	bool drained;			/* SQ_DRAINED was reported for this SQD */
	bool waiting;			/* the timer is armed */
	bool rewound;			/* resending after a NAK: one rewind per gap */
	bool asleep;			/* no work until an ACK, a doorbell or a timer */
	bool notified;			/* work is known to be there: poll the record */
	bool umr_warned;
	uint64_t deadline_ns;		/* when the retry (or RNR) timer really expires */
	struct event *timer;
};

#endif
