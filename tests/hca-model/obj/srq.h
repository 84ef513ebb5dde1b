/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns shared receive queues in all three dresses (SRQ, RMP, XRC SRQ): the
 * linked list of receive WQEs, limit events. It must never know what is received.
 */
#ifndef HCA_MODEL_OBJ_SRQ_H
#define HCA_MODEL_OBJ_SRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/hca-model/mem/pas.h"

struct cq;
struct hca;

enum srq_kind { SRQ_BASIC, SRQ_RMP, SRQ_XRC };

struct srq {
	uint32_t srqn;			/* one number space for the three kinds */
	enum srq_kind kind;
	uint32_t pd, xrcd;
	struct cq *cq;			/* XRC only: completions go here */
	uint32_t user_index;
	struct pas_buf buf;
	uint8_t log_size, log_stride;	/* stride: log2 bytes */
	uint64_t dbr;
	bool error;
	uint16_t head;			/* index of the next WQE to give out */
	uint16_t taken;			/* WQEs given out, 16-bit counter like the record */
	uint16_t lwm;			/* limit event below this; 0: not armed */
	uint32_t users;			/* QPs */
	uint8_t ctx[240];		/* as written, for queries */
};

void srq_free(struct hca *hca, struct srq *srq);
struct srq *srq_get(struct hca *hca, uint32_t srqn);

/**
 * srq_pop - take the next posted receive WQE
 * @hca:   the HCA
 * @srq:   the queue
 * @wqe:   out: the scatter list (the next-segment is skipped)
 * @room:  bytes in @wqe
 * @bytes: out: bytes of scatter list, a multiple of 16
 * @index: out: WQE index, which the CQE's wqe_counter carries
 *
 * Return: 0, -ENOENT when nothing is posted (RNR), -EFAULT when the ring or
 * the record is not mapped (the SRQ is then in error, SRQ_CATAS was raised).
 */
int srq_pop(struct hca *hca, struct srq *srq, void *wqe, uint32_t room,
	    uint32_t *bytes, uint16_t *index);

#endif
