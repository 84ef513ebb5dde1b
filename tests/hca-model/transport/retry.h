/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the requester's patience: the ACK timeout, the RNR wait, how often it
 * tries again. It must never know what is in a packet.
 */
#ifndef HCA_MODEL_TRANSPORT_RETRY_H
#define HCA_MODEL_TRANSPORT_RETRY_H

#include <stdint.h>

struct qp;

/* Microseconds of an RNR NAK timer code (IBA volume 1, table "Encoding for RNR NAK Timer Field"). */
uint32_t retry_rnr_us(unsigned int code);
/* Microseconds of an ACK timeout code: 4.096 << code; 0: for ever. */
uint64_t retry_timeout_us(unsigned int code);

/* Packets are in flight: see to it that the timer runs. */
void retry_arm(struct qp *qp);
/* Something was acknowledged: all retries are there again. */
void retry_progress(struct qp *qp);
/* Resend from the oldest PSN that is not acknowledged; the WQE fails when the retries are used up. */
void retry_again(struct qp *qp);
/* The same after an RNR NAK with timer @code. */
void retry_rnr(struct qp *qp, unsigned int code);
/* No timer runs any more. */
void retry_stop(struct qp *qp);
void retry_free(struct qp *qp);

#endif
