/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns a command queue over a device on paper that answers when the test says
 * so, and threads that run a command on it. It must never know what a test looks at.
 */
#ifndef TESTS_HOST_CMDQ_BED_H
#define TESTS_HOST_CMDQ_BED_H

#include "tests/unit/host/paper_hca.h"

#include <pthread.h>

#include "host-backend/hca/cmdq.h"

enum { CMDQ_LIMIT_MS = 5000, CMDQ_SHORT_MS = 60 };

struct cmdq_bed {
	struct paper_hca p;
	struct ioas *ioas;
	struct hca_dma *dma;
	struct hca_cmdq *q;
	struct hca_buf early;		/* so that no command maps anything */
	bool dead_when_gone;
};

/* cmocka's; the device is there, the queue is not yet. */
int cmdq_bed_setup(void **state);
/* Nothing is mapped any more. */
int cmdq_bed_teardown(void **state);
void cmdq_bed_open(struct cmdq_bed *b, unsigned int limit_ms);
/* All of its memory is back. */
void cmdq_bed_close(struct cmdq_bed *b);
struct hca_cmd_stats cmdq_bed_stats(struct cmdq_bed *b);

/* A command in a thread of its own. */
struct cmdq_run {
	struct hca_cmdq *q;
	pthread_t thread;
	uint8_t in[8192], out[8192];
	size_t ilen, olen;
	struct hca_cmd_error error;
	int ret;
	uint64_t ms;
};

void cmdq_run_start(struct cmdq_bed *b, struct cmdq_run *r, uint16_t opcode, size_t ilen,
		    size_t olen);
int cmdq_run_end(struct cmdq_run *r);
/* A command answered so, from start to end. */
int cmdq_run_answered(struct cmdq_bed *b, struct cmdq_run *r, const struct paper_reply *reply);

#endif
