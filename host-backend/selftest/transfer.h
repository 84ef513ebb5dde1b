/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns one message between the queue pairs of a pair: what is posted, which
 * completions must come, which bytes must be where afterwards. Must never know which
 * messages are worth sending.
 */
#ifndef HOST_BACKEND_SELFTEST_TRANSFER_H
#define HOST_BACKEND_SELFTEST_TRANSFER_H

#include "host-backend/selftest/completion.h"
#include "host-backend/selftest/pair.h"

enum { ST_GRH_BYTES = 40, ST_IMM = 0x5e1f0123 };

/**
 * struct st_transfer - a message
 * @opcode: WQE_*, no atomic
 * @len: bytes
 * @near_at, @far_at: where in the near and the far data, at least ST_GRH_BYTES
 * @pieces: of the near memory, 1 to 3
 * @grh: datagrams: with a global route header
 * @inlined: its bytes go in the WQE
 */
struct st_transfer {
	uint8_t opcode;
	uint32_t len;
	uint64_t near_at, far_at;
	unsigned int pieces;
	bool grh, inlined;
};

/* -errno, with what was wrong as the step's text. All bytes of both data are compared. */
int st_transfer(struct st_run *run, struct st_pair *pair, const struct st_transfer *transfer);

/* "write", for WQE_*. */
const char *st_opcode_name(uint8_t opcode);
/* The next completion of the send CQ must be a good one of request @index of @qp. */
int st_expect_sent(struct st_run *run, const struct st_qp *qp, uint16_t index);
/* The same with an error of this syndrome. */
int st_expect_error(struct st_run *run, const struct st_qp *qp, uint16_t index, uint8_t syndrome);

#endif
