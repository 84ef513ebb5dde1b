/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns receive WQEs: taking the next one from the QP's own queue or an SRQ,
 * and its scatter list. It must never know what arrives.
 */
#ifndef HCA_MODEL_TRANSPORT_RECVQUEUE_H
#define HCA_MODEL_TRANSPORT_RECVQUEUE_H

#include <stdint.h>

#include "host-backend/hca/ifc/wqe.h"

struct packet;
struct qp;
struct srq;

enum { RECV_SEGS = 128 };

struct recv_wqe {
	struct srq *srq;		/* where it is from; NULL: the own queue */
	uint16_t index;			/* for the CQE */
	uint32_t pd;			/* whose keys the list names */
	unsigned int n_seg;
	unsigned int at;		/* walk: next byte goes to seg[at] + at_off */
	uint32_t at_off;
	struct wqe_data seg[RECV_SEGS];	/* as posted */
};

/**
 * recv_take - take the next posted receive WQE into qp->resp.wqe
 * @srq: NULL: the own queue
 *
 * Return: 0; -ENOENT when none is posted; -EFAULT when record or ring are not
 * mapped (an own queue: the caller fails the QP).
 */
int recv_take(struct qp *qp, struct srq *srq);

/**
 * recv_store - put the next bytes of a message into the list
 * @off: first byte of the packet's payload to store
 *
 * Return: CQE_SYND_NONE or what the WQE has to complete with. @vendor: finer.
 */
uint8_t recv_store(struct qp *qp, const struct packet *pkt, uint32_t off, uint8_t *vendor);

/* Begin at the first byte again: the message that took the WQE was dropped. */
static inline void recv_restart(struct recv_wqe *r)
{
	r->at = 0;
	r->at_off = 0;
}

/* Leave @n bytes of the list untouched. */
void recv_skip(struct qp *qp, uint32_t n);
/* Bytes that still fit. */
uint64_t recv_room(const struct recv_wqe *r);
/* Store plain bytes instead of a packet's. */
uint8_t recv_store_bytes(struct qp *qp, const void *src, uint32_t len, uint8_t *vendor);

#endif
