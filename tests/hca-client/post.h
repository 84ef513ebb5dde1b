/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns work requests: WQEs of every opcode into rings, and doorbells. It must
 * never know what comes of them.
 */
#ifndef HCA_CLIENT_POST_H
#define HCA_CLIENT_POST_H

#include "tests/hca-client/qp.h"

enum {
	HC_SIGNALED = WQE_CTRL_CQ_UPDATE,
	HC_SOLICITED = WQE_CTRL_SOLICITED,
	HC_FENCE = WQE_FM_FENCE,
	HC_MAX_WQE = 1008,		/* bytes: 63 units */
};

struct hc_sge {
	uint64_t va;
	uint32_t len, key;
};

/* Where a datagram goes. */
struct hc_av {
	uint32_t qpn, qkey;
	uint16_t lid;
	uint8_t path_bits, sl;
	bool grh;
	uint8_t sgid_index, hop_limit;
	uint8_t dgid[16];
};

/* One send request. Which fields count follows from the opcode. */
struct hc_wr {
	uint8_t opcode;			/* enum wqe_opcode */
	uint8_t flags;			/* HC_SIGNALED ... : the fm_ce_se byte */
	uint32_t imm;
	uint64_t raddr;
	uint32_t rkey;
	uint64_t swap_add, compare;
	const struct hc_av *av;		/* UD */
	uint32_t xrc_srqn;		/* XRC */
	const struct hc_sge *sge;
	unsigned int n_sge;
	const void *inl;		/* instead of the list */
	uint32_t inl_len;
	const void *raw;		/* appended as it is: UMR, or nonsense */
	uint32_t raw_len;
	uint8_t ds;			/* 0: computed */
};

/**
 * hc_post_send - write one WQE into the ring; no doorbell
 *
 * The caller keeps count of room. Return: the WQE's index, as its CQE has it.
 */
uint16_t hc_post_send(struct hc_qp *qp, const struct hc_wr *wr);
/* The doorbell for all WQEs posted since the last one: record, barrier, one MMIO write. */
void hc_ring(struct hc *hc, struct hc_qp *qp);

/* Receive WQEs need no MMIO: the record says it. */
uint16_t hc_post_recv(struct hc_qp *qp, const struct hc_sge *sge, unsigned int n);
/* Return: the WQE's index; -ENOSPC when none is free. */
int hc_post_srq_recv(struct hc_srq *srq, const struct hc_sge *sge, unsigned int n);
/* The WQE of a completion goes back to the free list. */
void hc_srq_release(struct hc_srq *srq, uint16_t index);

#endif
