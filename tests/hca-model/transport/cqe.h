/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what a completion says: every field that a driver reads. It must never
 * know when a WQE completes.
 */
#ifndef HCA_MODEL_TRANSPORT_CQE_H
#define HCA_MODEL_TRANSPORT_CQE_H

#include <stdint.h>

struct packet;
struct qp;
struct recv_wqe;
struct send_wqe;

/* Vendor syndromes, beside the syndrome: finer reasons of this model. */
enum {
	VENDOR_NONE = 0, VENDOR_FLUSHED = 0xf9, VENDOR_DMA_FAULT = 0xd1,
	VENDOR_CHANGED = 0xd2,		/* the WQE changed while it was in flight */
	VENDOR_RETRY = 0x81, VENDOR_RNR = 0x87, VENDOR_NAK = 0x8a,
};

/* A send WQE is done: a CQE if it asked for one. 0, or what cq_post() says. */
int cqe_send(struct qp *qp, const struct send_wqe *w);
int cqe_send_error(struct qp *qp, uint8_t opcode, uint16_t index, uint8_t syndrome,
		   uint8_t vendor);

/* What a receive CQE tells about the message. */
struct cqe_message {
	uint8_t opcode;			/* CQE_RESP_* */
	uint32_t imm;			/* immediate, or the rkey that was invalidated */
	uint32_t bytes;
};

/* @pkt: the message's last packet. */
int cqe_receive(struct qp *qp, const struct recv_wqe *r, const struct cqe_message *m,
		const struct packet *pkt);
int cqe_receive_error(struct qp *qp, const struct recv_wqe *r, uint8_t syndrome, uint8_t vendor);

#endif
