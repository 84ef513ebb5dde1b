/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns completion queues as a program uses them: CQEs by their ownership bit,
 * arming, waiting for an event. Must never know who posted what.
 */
#ifndef HOST_BACKEND_SELFTEST_COMPLETION_H
#define HOST_BACKEND_SELFTEST_COMPLETION_H

#include "host-backend/selftest/memory.h"
#include "host-backend/selftest/record.h"

struct st_run;

/* A completion, in host order. */
struct st_completion {
	uint8_t opcode;			/* CQE_* of ifc/wqe.h */
	uint8_t syndrome, vendor;	/* CQE_SYND_*, of error completions */
	uint8_t wqe_opcode;
	uint32_t qpn;
	uint16_t index;			/* of the WQE */
	uint32_t bytes, imm;
	uint32_t user_index;
	uint32_t src_qpn;
	uint16_t src_lid;
	bool grh;
};

/**
 * struct st_cq - a completion queue
 * @name: for messages
 * @ring: its memory
 * @record: doorbell record
 * @uar: page of its arming doorbell
 * @ci: completions taken, free running
 * @sn: events taken
 * @armed: no event came since it was armed
 * @quarantined: the HCA may still write to it
 */
struct st_cq {
	const char *name;
	struct st_window ring;
	struct st_record record;
	uint32_t cqn, uar;
	uint32_t ci;
	uint8_t sn;
	bool made, armed, quarantined;
};

/* On the run's UAR and event queue; @cq->name and @cq->record are set. */
int st_cq_open(struct st_run *run, struct st_cq *cq);
int st_cq_close(struct st_run *run, struct st_cq *cq);

/* The next completion if there is one. */
bool st_cq_poll(struct st_cq *cq, struct st_completion *c);
/*
 * The next completion. Where the CQ was armed its event must come, too. -ETIMEDOUT, with what was
 * missing as the step's text.
 */
int st_cq_wait(struct st_run *run, struct st_cq *cq, struct st_completion *c);
/* Ask for an event at the next completion, unless one is asked for already. */
void st_cq_arm(struct st_run *run, struct st_cq *cq);
/* Completions that nobody wants any more. */
void st_cq_drain(struct st_cq *cq);

/* "remote access error", for CQE_SYND_*. */
const char *st_syndrome_name(uint8_t syndrome);

#endif
