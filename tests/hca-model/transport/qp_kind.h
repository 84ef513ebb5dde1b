/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the small questions about a queue pair that the whole data path asks.
 * It must never know what is done with the answers.
 */
#ifndef HCA_MODEL_TRANSPORT_QP_KIND_H
#define HCA_MODEL_TRANSPORT_QP_KIND_H

#include "tests/hca-model/obj/qp.h"
#include "tests/hca-model/transport/packet.h"

static inline bool qp_is_datagram(const struct qp *qp)
{
	return qp->type == QP_UD || qp->type == QP_QP0 || qp->type == QP_QP1;
}

static inline bool qp_is_reliable(const struct qp *qp)
{
	return qp->type == QP_RC || qp->type == QP_XRC;
}

static inline enum bth_class qp_class(const struct qp *qp)
{
	switch (qp->type) {
	case QP_RC: return BTH_RC;
	case QP_XRC: return BTH_XRC;
	case QP_UC: return BTH_UC;
	default: return BTH_UD;
	}
}

/* Bytes of payload in a full packet: what the context says, within what a packet can carry. */
static inline uint32_t qp_mtu(const struct qp *qp)
{
	if (qp->mtu < 256)
		return 256;
	return qp->mtu < PACKET_MAX_PAYLOAD ? qp->mtu : PACKET_MAX_PAYLOAD;
}

/* PSNs that a message of @len bytes takes; at least one. */
static inline uint32_t qp_packets(const struct qp *qp, uint32_t len)
{
	uint32_t mtu = qp_mtu(qp);

	return len <= mtu ? 1 : (uint32_t)(((uint64_t)len + mtu - 1) / mtu);
}

/* The send queue works in this state. */
static inline bool qp_sends(const struct qp *qp)
{
	return qp->state == QP_RTS;
}

/* The receive queue works in this state. */
static inline bool qp_receives(const struct qp *qp)
{
	return qp->state == QP_RTR || qp->state == QP_SQER || qp_sends(qp);
}

/* Put the QP in its HCA's ready list. */
void qp_wake(struct qp *qp);

#endif
