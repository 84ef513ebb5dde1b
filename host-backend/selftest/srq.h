/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns an XRC shared receive queue and its domain. Must never know who sends to
 * it.
 */
#ifndef HOST_BACKEND_SELFTEST_SRQ_H
#define HOST_BACKEND_SELFTEST_SRQ_H

#include "host-backend/selftest/record.h"
#include "host-backend/selftest/wqe.h"

struct st_run;

struct st_srq {
	struct st_window ring;
	struct st_record record;
	uint32_t xrcd, srqn;
	uint16_t posted;
	bool has_xrcd, made, quarantined;
};

/* Completing on the run's receive CQ. Kept is what st_srq_close() needs also when it fails. */
int st_srq_open(struct st_run *run, struct st_srq *srq);
/* A zeroed one is ignored. */
int st_srq_close(struct st_run *run, struct st_srq *srq);

/* One receive WQE of at most one piece. One at a time may wait. Return: its index. */
uint16_t st_srq_receive(struct st_srq *srq, const struct st_piece *pieces, unsigned int n);

#endif
