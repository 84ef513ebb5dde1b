/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns completion queues: CQEs, overflow, arming, moderation, resize. It must
 * never know what completed.
 */
#ifndef HCA_MODEL_OBJ_CQ_H
#define HCA_MODEL_OBJ_CQ_H

#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/mem/pas.h"

struct event;
struct hca;

struct cq {
	struct hca *hca;
	uint32_t cqn;
	uint32_t eqn;
	uint32_t uar;
	struct pas_buf buf;
	uint8_t log_size;
	uint8_t cqe_bytes;		/* 64 or 128 */
	bool ignore_overrun;
	bool error;			/* overflowed: no more completions */
	uint64_t dbr;			/* bus address of the doorbell record */
	uint32_t pi;			/* free running, 24 bits used */
	uint32_t ci;			/* newest value read from the record */

	bool armed, armed_solicited;	/* any / solicited or error only */
	uint32_t last_solicited;	/* pi after the newest solicited CQE */
	uint32_t notified;		/* pi at the newest event */

	uint16_t period_us, max_count;	/* moderation; 0: off */
	struct event *timer;		/* an event is held back until it fires */

	uint32_t users;			/* QPs and SRQs */
	uint8_t ctx[64];
};

struct cq *cq_get(struct hca *hca, uint32_t cqn);

/**
 * cq_post - write one completion
 * @hca:       the HCA
 * @cq:        the queue
 * @cqe:       64 bytes; the owner bit is filled here, op_own carries only the opcode
 * @solicited: counts for "next solicited" arming (errors always do)
 *
 * On overflow the CQ goes to error and says so by an event. Return: 0,
 * -EOVERFLOW, -EFAULT (the ring is not mapped: CQ error as well).
 */
int cq_post(struct hca *hca, struct cq *cq, struct cqe64 *cqe, bool solicited);

/*
 * Resize: a RESIZE CQE ends the old ring, everything later goes to @buf (taken
 * on success). 0, -ENOSPC when @buf has no room for the CQEs that wait, or -EFAULT.
 */
int cq_switch_buffer(struct hca *hca, struct cq *cq, struct pas_buf *buf, uint8_t log_size);
void cq_free(struct hca *hca, struct cq *cq);

/* A write of {sn|cmd|ci, cqn} to UAR_CQ_ARM of page @uar. */
void cq_arm_doorbell(struct hca *hca, uint32_t uar, uint32_t word0, uint32_t cqn);

#endif
