/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns request packets: what a send WQE looks like on the wire. It must never
 * know when a WQE may be sent, or when it is done.
 */
#ifndef HCA_MODEL_TRANSPORT_SENDER_H
#define HCA_MODEL_TRANSPORT_SENDER_H

struct packet;
struct qp;
struct send_wqe;

/* Send the next packet of the WQE at the cursor; the cursor and PSNs move on, or the WQE fails. */
void sender_send(struct qp *qp, struct send_wqe *w);

/* LRH, GRH and P_Key of a connected QP's packet, request or response. */
void sender_address(const struct qp *qp, struct packet *pkt);

#endif
