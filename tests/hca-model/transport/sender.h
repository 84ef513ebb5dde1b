/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns request packets: what a send WQE looks like on the wire. It must never
 * know when a WQE may be sent, or when it is done.
 */
#ifndef HCA_MODEL_TRANSPORT_SENDER_H
#define HCA_MODEL_TRANSPORT_SENDER_H

#include <stdint.h>

struct packet;
struct qp;
struct send_wqe;

/**
 * sender_send - send the next packet, or a run of them, of the WQE at the cursor
 * @qp:   in RTS
 * @w:    the WQE
 * @room: packets that may be sent; at least 1 (a read needs none)
 *
 * The cursor and PSNs move on, or the WQE fails.
 *
 * Return: how many turns it took, one per packet; at least 1.
 */
uint32_t sender_send(struct qp *qp, struct send_wqe *w, uint32_t room);

/* LRH, GRH and P_Key of a connected QP's packet, request or response. */
void sender_address(const struct qp *qp, struct packet *pkt);

#endif
