/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what a send WQE says: reading it from the ring, checking its shape,
 * finding its data segments. It must never know when it is sent.
 */
#ifndef HCA_MODEL_TRANSPORT_WQE_H
#define HCA_MODEL_TRANSPORT_WQE_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/ifc/wqe.h"

struct qp;

enum {
	WQE_MAX_DS = 63,
	WQE_RAW = (WQE_MAX_DS + 1) * WQE_DS,
	/* of a requester: those of an even and an odd ring counter, and one for responses */
	VIEW_RESPONSE = 2, VIEWS = 3,
};

/* What stays known of a WQE while it is in the send queue. */
struct send_wqe {
	uint64_t raddr;
	uint64_t swap_add, compare;
	uint32_t imm, rkey, srqn;
	uint32_t len;			/* bytes of the message */
	uint32_t first_psn, packets;	/* PSNs it takes, once started */
	uint32_t sent;			/* packets sent; for a read: asked for */
	uint16_t index;			/* of its first WQEBB */
	uint8_t ds;
	uint8_t opcode;
	uint8_t fm_ce_se;
	uint8_t syndrome, vendor;	/* not 0: it will complete so */
	bool local;			/* acts on this HCA only */
	bool started;			/* has PSNs; a local one: was executed */
	bool untold;			/* a test asked for it: no completion */
};

struct wqe_seg {
	uint64_t addr;			/* inline: offset in raw */
	uint32_t len, lkey;
	bool inl;
};

/* A WQE's bytes and data segments; read again from the ring when it is needed again. */
struct wqe_view {
	bool valid;
	uint32_t counter;		/* ring counter that it belongs to */
	uint8_t raw[WQE_RAW];
	unsigned int ds;
	unsigned int n_seg;
	struct wqe_seg seg[WQE_MAX_DS];
	/* walk: byte @pos of the message is at seg[at] + at_off */
	uint32_t pos, at_off;
	unsigned int at;
};

/**
 * wqe_load - copy the WQE that starts at WQEBB counter @index
 *
 * Return: 0; -EFAULT when the ring is not mapped.
 */
int wqe_load(struct qp *qp, uint16_t index, struct wqe_view *v);

/**
 * wqe_parse - check a loaded WQE and take it apart
 * @qp: whose WQE: its type and limits
 * @v:  loaded; the segments are filled
 * @w:  filled, but for index and the fields of progress
 *
 * Return: CQE_SYND_NONE or the syndrome it has to complete with.
 */
uint8_t wqe_parse(const struct qp *qp, struct wqe_view *v, struct send_wqe *w);

/* The address vector of a datagram WQE that wqe_parse() accepted. */
static inline const struct wqe_av *wqe_av(const struct wqe_view *v)
{
	return (const struct wqe_av *)(v->raw + sizeof(struct wqe_ctrl));
}

/* The counter that the driver put into a loaded WQE. */
static inline uint16_t wqe_index(const struct wqe_view *v)
{
	return (uint16_t)(be32toh(((const struct wqe_ctrl *)v->raw)->opmod_idx_opcode) >> 8);
}

/* The view of the WQE at ring counter @counter, parsed; NULL when it changed or went away. */
struct wqe_view *wqe_view_get(struct qp *qp, uint32_t counter, unsigned int slot);

/* Put the walk at byte @pos. */
void wqe_seek(struct wqe_view *v, uint32_t pos);

const char *wqe_opcode_name(uint8_t opcode);

static inline bool wqe_is_read(const struct send_wqe *w)
{
	return w->opcode == WQE_RDMA_READ || w->opcode == WQE_ATOMIC_CS ||
	       w->opcode == WQE_ATOMIC_FA;
}

#endif
