// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the queue on paper and its threads. It must never know what a test looks at.
 */
#include "tests/unit/host/cmdq_bed.h"

#include <stdlib.h>

#include "host-backend/hca/clock.h"
#include "host-backend/hca/ifc/ifc.h"

static void look(void *ctx)
{
	struct cmdq_bed *b = ctx;

	if (b->p.gone && b->dead_when_gone)
		hca_cmdq_abort(b->q);
}

void cmdq_bed_open(struct cmdq_bed *b, unsigned int limit_ms)
{
	struct hca_cmdq_config config = {
		.transport = &b->p.t, .dma = b->dma, .limit_ms = limit_ms, .look = look, .ctx = b,
	};

	assert_int_equal(hca_cmdq_create(&config, &b->q), 0);
	hca_cmdq_start(b->q);
}

int cmdq_bed_setup(void **state)
{
	struct cmdq_bed *b = calloc(1, sizeof(*b));

	paper_open(&b->p, NULL);
	b->p.automatic = false;
	b->dead_when_gone = true;
	assert_int_equal(ioas_create(b->p.domain, &b->ioas), 0);
	assert_int_equal(hca_dma_create(b->ioas, NULL, &b->dma), 0);
	assert_int_equal(hca_dma_alloc(b->dma, 64, 64, &b->early), 0);
	*state = b;
	return 0;
}

void cmdq_bed_close(struct cmdq_bed *b)
{
	struct hca_dma_stats stats;

	hca_cmdq_destroy(b->q);
	b->q = NULL;
	hca_dma_stats(b->dma, &stats);
	assert_int_equal(stats.pieces, 1);
}

int cmdq_bed_teardown(void **state)
{
	struct cmdq_bed *b = *state;

	if (b->q)
		cmdq_bed_close(b);
	assert_int_equal(hca_dma_destroy(b->dma), 0);
	ioas_destroy(b->ioas);
	assert_int_equal(b->p.domain_left, 0);
	free(b);
	return 0;
}

static void *run_thread(void *arg)
{
	struct cmdq_run *r = arg;
	uint64_t start = hca_now_ms();

	r->ret = hca_cmdq_run(r->q, r->in, r->ilen, r->out, r->olen, &r->error);
	r->ms = hca_now_ms() - start;
	return NULL;
}

void cmdq_run_start(struct cmdq_bed *b, struct cmdq_run *r, uint16_t opcode, size_t ilen,
		    size_t olen)
{
	r->q = b->q;
	r->ilen = ilen;
	r->olen = olen;
	ifc_set(r->in, cmd_in__opcode, opcode);
	assert_int_equal(pthread_create(&r->thread, NULL, run_thread, r), 0);
}

int cmdq_run_end(struct cmdq_run *r)
{
	pthread_join(r->thread, NULL);
	assert_int_equal(r->error.err, r->ret);
	return r->ret;
}

int cmdq_run_answered(struct cmdq_bed *b, struct cmdq_run *r, const struct paper_reply *reply)
{
	cmdq_run_start(b, r, 0x800, 16, 16);
	paper_wait_rung(&b->p, 1);
	paper_answer(&b->p, 0, reply);
	return cmdq_run_end(r);
}

struct hca_cmd_stats cmdq_bed_stats(struct cmdq_bed *b)
{
	struct hca_cmd_stats stats;

	hca_cmdq_stats(b->q, &stats);
	return stats;
}
