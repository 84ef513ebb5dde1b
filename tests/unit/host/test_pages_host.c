// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the tests of the pages that the firmware borrows, over the strict model
 * and over an HCA on paper that lies. It must never know how either works.
 */
#include "tests/unit/host/core_bed.h"

#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/ifc/commands.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/hca/opcodes.h"
#include "host-backend/hca/page_set.h"
#include "host-backend/hca/pages.h"
#include "host-backend/hca/pd.h"

enum { AT_START = PAPER_BOOT_PAGES + PAPER_INIT_PAGES, CANT_GIVE = 0, GIVE = 1, TAKE = 2 };

/* --- on the model ------------------------------------------------------------------ */

struct traffic {
	struct hca *hca;
	pthread_t thread;
	_Atomic bool stop;
	unsigned int failed, done;
};

static void *commands(void *arg)
{
	struct traffic *t = arg;
	uint32_t pd;

	for (; !t->stop; t->done++)
		if (hca_pd_alloc(t->hca, &pd) || hca_pd_dealloc(t->hca, pd))
			t->failed++;
	return NULL;
}

static uint32_t model_pages(struct model_bed *bed)
{
	struct model_bed_counts c;

	model_bed_counts(bed, 0, &c);
	return c.pages;
}

static void requests_are_met_at_any_time_in_both_directions(void **state)
{
	static const int wishes[] = { 1, 700, -300, 2000, 512, -1, -2900, 33 };
	struct model_bed *bed = *state;
	struct traffic t = { .hca = core_open(bed, 0, NULL) };
	int64_t lent = (int64_t)hca_pages_lent(t.hca);
	unsigned int i;

	assert_int_equal(pthread_create(&t.thread, NULL, commands, &t), 0);
	for (i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		model_bed_control(bed, "pages a %d", wishes[i]);
		lent += wishes[i];
		core_until((int64_t)hca_pages_lent(t.hca) == lent);
		core_until(model_pages(bed) == lent);
	}
	t.stop = true;
	pthread_join(t.thread, NULL);
	assert_int_equal(t.failed, 0);
	assert_true(t.done > 0);
	core_close(t.hca);
}

static void many_requests_at_once_add_up(void **state)
{
	struct model_bed *bed = *state;
	struct hca *hca = core_open(bed, 0, NULL);
	uint64_t lent = hca_pages_lent(hca);
	unsigned int i;

	for (i = 0; i < 50; i++)
		model_bed_control(bed, "pages a 20");
	core_until(hca_pages_lent(hca) == lent + 1000);
	core_close(hca);
}

/* --- on paper ---------------------------------------------------------------------- */

struct bed {
	struct paper_hca p;
	struct core_events events;
	struct hca *hca;
	/* What becomes of MANAGE_PAGES. */
	_Atomic int op;			/* op_mod that goes wrong, -1: none */
	enum { REFUSE, SILENCE, FOREIGN, TWICE, TOO_MANY, NONE } how;
	_Atomic unsigned int seen[3];	/* by op_mod */
};

static bool ask(struct paper_hca *p, unsigned int slot, uint16_t opcode,
		struct paper_reply *reply, uint8_t *data)
{
	struct bed *b = p->ctx;
	int op;

	if (opcode != HCA_OP_MANAGE_PAGES)
		return true;
	op = (int)ifc_get(paper_entry(p, slot) + 16, cmd_in__op_mod);
	b->seen[op]++;
	if (op != b->op)
		return true;
	switch (b->how) {
	case REFUSE:
		if (op == GIVE)
			p->n_pages -= ifc_load32(paper_entry(p, slot) + 16 + 12);
		reply->status = 3;
		return true;
	case SILENCE:
		return false;
	case FOREIGN:
		ifc_store64(data + 8, 0x77777000);
		return true;
	case TWICE:
		memcpy(data + 16, data + 8, 8);
		return true;
	case TOO_MANY:
		ifc_store32(data, 0xa5a5a5a5);
		return true;
	case NONE:
		p->n_pages += ifc_load32(data);
		ifc_store32(data, 0);
		return true;
	}
	return true;
}

static int setup(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));
	struct hca_config config = {
		.command_ms = 200, .event = core_events_take, .ctx = &b->events,
		.health_ms = 1000000,
	};

	core_events_init(&b->events);
	paper_open(&b->p, NULL);
	b->op = -1;
	b->p.ask = ask;
	b->p.ctx = b;
	b->hca = core_open_paper(&b->p, &config);
	assert_int_equal(hca_pages_lent(b->hca), AT_START);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bed *b = *state;

	if (b->hca)
		core_close(b->hca);
	assert_int_equal(b->p.domain_left, 0);
	free(b);
	return 0;
}

/* @function: its number, and above that the flags that the firmware sends with it. */
static void request(struct bed *b, uint32_t function, int32_t n)
{
	uint8_t data[28] = { 0 };

	ifc_store32(data, function);
	ifc_store32(data + 4, (uint32_t)n);
	paper_event(&b->p, EVENT_PAGE_REQUEST, 0, data, false);
}

static void a_large_request_is_met_in_batches(void **state)
{
	struct bed *b = *state;
	unsigned int before = b->seen[GIVE];

	request(b, 0, 3 * HCA_PAGES_BATCH / 2);
	core_until(hca_pages_lent(b->hca) == AT_START + 3 * HCA_PAGES_BATCH / 2);
	assert_int_equal(b->seen[GIVE], before + 2);
	request(b, 0, -(3 * HCA_PAGES_BATCH / 2));
	core_until(hca_pages_lent(b->hca) == AT_START);
	assert_int_equal(core_events_count(&b->events, HCA_EVENT_PAGES_FAILED), 0);
}

static void where_there_is_no_memory_the_firmware_is_told(void **state)
{
	struct bed *b = *state;
	struct hca_buf rest[1200];
	unsigned int n = 0;
	struct hca_event e;

	/* No more mappings, and what is mapped is used up. */
	b->p.domain->caps.max_maps = 1;
	while (!hca_dma_alloc(hca_dma(b->hca), 4096, 4096, &rest[n]))
		assert_true(++n < 1200);
	request(b, 0, 100);
	e = core_events_wait(&b->events, HCA_EVENT_PAGES_FAILED, 1);
	assert_int_equal(e.number, 100);
	core_until(b->seen[CANT_GIVE] == 1);
	assert_int_equal(hca_pages_lent(b->hca), AT_START);
	b->p.domain->caps.max_maps = UINT64_MAX;
	while (n)
		hca_dma_free(hca_dma(b->hca), &rest[--n]);
	/* And the next wish is met again. */
	request(b, 0, 5);
	core_until(hca_pages_lent(b->hca) == AT_START + 5);
}

static void a_refused_give_brings_the_pages_back(void **state)
{
	struct bed *b = *state;
	struct hca_dma_stats before, after;

	hca_dma_stats(hca_dma(b->hca), &before);
	b->how = REFUSE;
	b->op = GIVE;
	request(b, 0, 600);
	assert_int_equal(core_events_wait(&b->events, HCA_EVENT_PAGES_FAILED, 1).number, 600);
	core_until(b->seen[CANT_GIVE] == 1);
	b->op = -1;
	assert_int_equal(hca_pages_lent(b->hca), AT_START);
	hca_dma_stats(hca_dma(b->hca), &after);
	assert_int_equal(after.bytes_in_use, before.bytes_in_use);
	assert_int_equal(after.abandoned, 0);
}

static void pages_of_a_give_that_nobody_answered_are_never_used_again(void **state)
{
	struct bed *b = *state;
	struct hca_close_report report;
	struct hca_dma_stats stats;

	b->how = SILENCE;
	b->op = GIVE;
	request(b, 0, 7);
	assert_int_equal(core_events_wait(&b->events, HCA_EVENT_PAGES_FAILED, 1).number, 7);
	b->op = -1;
	hca_dma_stats(hca_dma(b->hca), &stats);
	assert_int_equal(stats.abandoned, 7);
	assert_int_equal(hca_pages_lent(b->hca), AT_START);
	/* The late answer changes nothing. */
	paper_answer(&b->p, PAPER_SLOT_PAGES, &(struct paper_reply){ 0 });
	request(b, 0, 1);
	core_until(hca_pages_lent(b->hca) == AT_START + 1);
	b->p.n_pages -= 8;		/* the paper's book: those 7 and this one, which it forgets */
	request(b, 0, 1);
	core_until(hca_pages_lent(b->hca) == AT_START + 2);
	/* So one page never comes back. */
	hca_close(b->hca, &report);
	b->hca = NULL;
	assert_int_equal(report.err, -ENODATA);
	assert_int_equal(report.pages_kept, 1);
	assert_int_equal(report.maps_left, 0);
}

static void only_lent_pages_come_back(void **state)
{
	static const struct { int how; unsigned int back; } rows[] = {
		{ FOREIGN, 9 }, { TWICE, 9 }, { TOO_MANY, 0 },
	};
	struct bed *b = *state;
	struct hca_close_report report;
	uint64_t lent = AT_START;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		b->how = rows[i].how;
		b->op = TAKE;
		request(b, 0, -10);
		core_events_wait(&b->events, HCA_EVENT_PAGES_FAILED, i + 1);
		b->op = -1;
		lent -= rows[i].back;
		assert_int_equal(hca_pages_lent(b->hca), lent);
	}
	/* The same at the end, where it is an error. */
	b->how = FOREIGN;
	b->op = TAKE;
	hca_close(b->hca, &report);
	b->hca = NULL;
	assert_int_equal(report.err, -EPROTO);
	assert_non_null(strstr(report.step, "taking pages back"));
	assert_true(report.pages_kept > 0);
	assert_int_equal(report.maps_left, 0);
}

static void firmware_that_keeps_pages_is_not_waited_for_forever(void **state)
{
	struct bed *b = *state;
	struct hca_close_report report;

	b->how = NONE;
	b->op = TAKE;
	hca_close(b->hca, &report);
	b->hca = NULL;
	assert_int_equal(report.err, -ENODATA);
	assert_int_equal(report.pages_kept, AT_START);
	assert_int_equal(report.maps_left, 0);
}

static void nothing_to_give_back_after_all_is_no_error(void **state)
{
	struct bed *b = *state;

	b->how = NONE;
	b->op = TAKE;
	request(b, 0, -5);
	core_until(b->seen[TAKE] == 1);
	b->op = -1;
	request(b, 0, -5);
	core_until(hca_pages_lent(b->hca) == AT_START - 5);
	assert_int_equal(core_events_count(&b->events, HCA_EVENT_PAGES_FAILED), 0);
}

static void a_request_for_another_function_is_told_not_met(void **state)
{
	struct bed *b = *state;

	request(b, 3, 10);
	assert_int_equal(core_events_wait(&b->events, HCA_EVENT_PAGES_FAILED, 1).number, 10);
	/* The same number, but on an embedded processor; and the end of a function. */
	request(b, 0x80000000, 10);
	core_until(core_events_count(&b->events, HCA_EVENT_PAGES_FAILED) == 2);
	request(b, 0x40000000, -1);
	core_until(core_events_count(&b->events, HCA_EVENT_PAGES_FAILED) == 3);
	assert_int_equal(hca_pages_lent(b->hca), AT_START);
	request(b, 0, 0);
}

static void teardown_waits_for_a_request_under_way(void **state)
{
	struct bed *b = *state;
	struct hca_close_report report;

	b->how = SILENCE;
	b->op = GIVE;
	request(b, 0, 7);
	core_until(b->p.rung & 1u << PAPER_SLOT_PAGES);
	hca_close(b->hca, &report);
	b->hca = NULL;
	/* The last slot is lost, so no page came back by command. */
	assert_int_equal(report.err, -EBUSY);
	assert_non_null(strstr(report.step, "MANAGE_PAGES: not sent"));
	assert_int_equal(report.maps_left, 0);
}

/* --- the set, against a plain list ----------------------------------------------------- */

static void a_page_set_holds_what_was_added_and_not_removed(void **state)
{
	enum { PAGES = 3000 };
	static bool in[PAGES];
	struct hca_page_set set = { 0 };
	unsigned int i, round, n = 0;
	uint64_t page;

	(void)state;
	srand(2);
	assert_false(hca_page_set_remove(&set, 4096));
	for (round = 0; round < 100000; round++) {
		i = (unsigned int)rand() % PAGES;
		/* Clusters, as chunks make them. */
		page = ((uint64_t)(i / 512) * 0x100000 + i % 512 + 1) * 4096;
		if (!in[i] && rand() % 8) {
			assert_int_equal(hca_page_set_reserve(&set, 1), 0);
			hca_page_set_add(&set, page);
			in[i] = true;
			n++;
		} else {
			assert_int_equal(hca_page_set_remove(&set, page), in[i]);
			n -= in[i];
			in[i] = false;
		}
		assert_int_equal(set.n, n);
	}
	hca_page_set_fini(&set);
}

int main(void)
{
#define MODEL(name) cmocka_unit_test_setup_teardown(name, model_bed_setup_pf, model_bed_teardown)
#define PAPER(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		MODEL(requests_are_met_at_any_time_in_both_directions),
		MODEL(many_requests_at_once_add_up),
		PAPER(a_large_request_is_met_in_batches),
		PAPER(where_there_is_no_memory_the_firmware_is_told),
		PAPER(a_refused_give_brings_the_pages_back),
		PAPER(pages_of_a_give_that_nobody_answered_are_never_used_again),
		PAPER(only_lent_pages_come_back),
		PAPER(firmware_that_keeps_pages_is_not_waited_for_forever),
		PAPER(nothing_to_give_back_after_all_is_no_error),
		PAPER(a_request_for_another_function_is_told_not_met),
		PAPER(teardown_waits_for_a_request_under_way),
		cmocka_unit_test(a_page_set_holds_what_was_added_and_not_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
