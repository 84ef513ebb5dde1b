/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns two queue pairs that talk to each other, a to b, through the HCA's own
 * port. Must never know what they say.
 */
#ifndef HOST_BACKEND_SELFTEST_PAIR_H
#define HOST_BACKEND_SELFTEST_PAIR_H

#include "host-backend/selftest/qp.h"
#include "host-backend/selftest/srq.h"

enum st_transport { ST_RC, ST_UC, ST_UD, ST_XRC };

struct st_pair {
	enum st_transport transport;
	struct st_qp a, b;
	struct st_srq srq;		/* XRC: where b receives */
};

/* Two connected queue pairs. Kept is what st_pair_close() needs also when it fails. */
int st_pair_open(struct st_run *run, enum st_transport transport, struct st_pair *pair);
int st_pair_close(struct st_run *run, struct st_pair *pair);
/* After an error: both from RESET to RTS again, CQs empty. */
int st_pair_reconnect(struct st_run *run, struct st_pair *pair);

/* A receive WQE where @pair receives. Return: its index. */
uint16_t st_pair_receive(struct st_pair *pair, const struct st_piece *pieces, unsigned int n);
/* "RC" */
const char *st_transport_name(enum st_transport transport);

#endif
