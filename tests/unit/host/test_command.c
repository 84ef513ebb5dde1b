// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the tests of the command queue, over a device on paper that answers when
 * the test says so. It must never know what a command does.
 */
#include "tests/unit/host/paper_hca.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/clock.h"
#include "host-backend/hca/cmdq.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/mailbox.h"
#include "host-backend/hca/opcodes.h"

enum { LIMIT_MS = 5000, SHORT_MS = 60 };

struct bed {
	struct paper_hca p;
	struct ioas *ioas;
	struct hca_dma *dma;
	struct hca_cmdq *q;
	struct hca_buf early;		/* so that no command maps anything */
	bool dead_when_gone;
};

static void look(void *ctx)
{
	struct bed *b = ctx;

	if (b->p.gone && b->dead_when_gone)
		hca_cmdq_abort(b->q);
}

static void queue_open(struct bed *b, unsigned int limit_ms)
{
	struct hca_cmdq_config config = {
		.transport = &b->p.t, .dma = b->dma, .limit_ms = limit_ms, .look = look, .ctx = b,
	};

	assert_int_equal(hca_cmdq_create(&config, &b->q), 0);
	hca_cmdq_start(b->q);
}

static int setup(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));

	paper_open(&b->p, NULL);
	b->p.automatic = false;
	b->dead_when_gone = true;
	assert_int_equal(ioas_create(b->p.domain, &b->ioas), 0);
	assert_int_equal(hca_dma_create(b->ioas, NULL, &b->dma), 0);
	assert_int_equal(hca_dma_alloc(b->dma, 64, 64, &b->early), 0);
	*state = b;
	return 0;
}

static void queue_close(struct bed *b)
{
	struct hca_dma_stats stats;

	hca_cmdq_destroy(b->q);
	b->q = NULL;
	hca_dma_stats(b->dma, &stats);
	assert_int_equal(stats.pieces, 1);
}

static int teardown(void **state)
{
	struct bed *b = *state;

	if (b->q)
		queue_close(b);
	assert_int_equal(hca_dma_destroy(b->dma), 0);
	ioas_destroy(b->ioas);
	assert_int_equal(b->p.domain_left, 0);
	free(b);
	return 0;
}

/* A command in a thread of its own. */
struct run {
	struct hca_cmdq *q;
	pthread_t thread;
	uint8_t in[8192], out[8192];
	size_t ilen, olen;
	struct hca_cmd_error error;
	int ret;
	uint64_t ms;
};

static void *run_thread(void *arg)
{
	struct run *r = arg;
	uint64_t start = hca_now_ms();

	r->ret = hca_cmdq_run(r->q, r->in, r->ilen, r->out, r->olen, &r->error);
	r->ms = hca_now_ms() - start;
	return NULL;
}

static void run_start(struct bed *b, struct run *r, uint16_t opcode, size_t ilen, size_t olen)
{
	r->q = b->q;
	r->ilen = ilen;
	r->olen = olen;
	ifc_set(r->in, cmd_in__opcode, opcode);
	assert_int_equal(pthread_create(&r->thread, NULL, run_thread, r), 0);
}

static int run_end(struct run *r)
{
	pthread_join(r->thread, NULL);
	assert_int_equal(r->error.err, r->ret);
	return r->ret;
}

/* A command answered so, from start to end. */
static int run_answered(struct bed *b, struct run *r, const struct paper_reply *reply)
{
	run_start(b, r, 0x800, 16, 16);
	paper_wait_rung(&b->p, 1);
	paper_answer(&b->p, 0, reply);
	return run_end(r);
}

static struct hca_cmd_stats stats_of(struct bed *b)
{
	struct hca_cmd_stats stats;

	hca_cmdq_stats(b->q, &stats);
	return stats;
}

static void a_queue_of_impossible_shape_is_refused(void **state)
{
	static const struct { uint32_t cmdif, shape; } bad[] = {
		{ 4, 0x56 }, { 6, 0x56 }, { 5, 0x66 }, { 5, 0x55 }, { 5, 0x58 }, { 5, 0xff },
	};
	struct bed *b = *state;
	struct hca_cmdq_config config = {
		.transport = &b->p.t, .dma = b->dma, .limit_ms = SHORT_MS, .look = look, .ctx = b,
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		b->p.cmdif = bad[i].cmdif;
		b->p.shape = bad[i].shape;
		assert_int_equal(hca_cmdq_create(&config, &b->q), -EOPNOTSUPP);
	}
	b->p.gone = true;
	assert_int_equal(hca_cmdq_create(&config, &b->q), -EOPNOTSUPP);
	b->q = NULL;
}

static void every_byte_of_a_command_crosses_both_ways(void **state)
{
	static const size_t lengths[] = { 16, 17, 528, 529, 1040, 1041, 4112, 8192 };
	struct bed *b = *state;
	struct run *r = calloc(1, sizeof(*r));
	uint8_t seen[8192], answer[8192];
	struct paper_reply reply = { .data = answer, .len = sizeof(answer) };
	unsigned int i, j, round;
	size_t k;

	queue_open(b, LIMIT_MS);
	for (k = 0; k < sizeof(answer); k++)
		answer[k] = (uint8_t)(k * 7 + k / 251);
	/* Twice, so that the second time mailboxes come from the cache. */
	for (round = 0; round < 2; round++)
		for (i = 0; i < 8; i++)
			for (j = 0; j < 8; j++) {
				for (k = 0; k < sizeof(r->in); k++)
					r->in[k] = (uint8_t)(k * 13 + i + round);
				run_start(b, r, 0x100, lengths[i], lengths[j]);
				paper_wait_rung(&b->p, 1);
				assert_int_equal(paper_input(&b->p, 0, seen, sizeof(seen)),
						 lengths[i]);
				assert_memory_equal(seen, r->in, lengths[i]);
				paper_answer(&b->p, 0, &reply);
				assert_int_equal(run_end(r), 0);
				assert_memory_equal(r->out + 8, answer, lengths[j] - 8);
			}
	free(r);
}

static void all_slots_can_be_under_way_and_answered_in_any_order(void **state)
{
	struct bed *b = *state;
	struct run *r = calloc(PAPER_SLOTS, sizeof(*r));
	uint8_t number[PAPER_SLOTS];
	unsigned int i, slot;

	queue_open(b, LIMIT_MS);
	for (i = 0; i < PAPER_SLOTS; i++) {
		r[i].in[15] = (uint8_t)i;
		run_start(b, &r[i], i ? 0x800 : HCA_OP_MANAGE_PAGES, 16, 16);
	}
	paper_wait_rung(&b->p, ~0u);
	assert_int_equal(stats_of(b).in_flight, 32);
	assert_int_equal(paper_opcode(&b->p, PAPER_SLOT_PAGES), HCA_OP_MANAGE_PAGES);
	for (i = 0; i < PAPER_SLOTS; i++) {
		slot = (i * 13 + 5) % PAPER_SLOTS;
		number[0] = paper_entry(&b->p, slot)[16 + 15];
		paper_answer(&b->p, slot, &(struct paper_reply){ .data = number, .len = 1 });
	}
	for (i = 0; i < PAPER_SLOTS; i++) {
		assert_int_equal(run_end(&r[i]), 0);
		assert_int_equal(r[i].out[8], i);
	}
	assert_int_equal(stats_of(b).max_in_flight, 32);
	assert_int_equal(stats_of(b).done, 32);
	assert_int_equal(stats_of(b).in_flight, 0);
	free(r);
}

static void a_command_without_a_slot_waits_for_one(void **state)
{
	struct bed *b = *state;
	struct run *r = calloc(PAPER_SLOTS, sizeof(*r));
	unsigned int i;

	queue_open(b, LIMIT_MS);
	for (i = 0; i < PAPER_SLOTS; i++)
		run_start(b, &r[i], 0x800, 16, 16);
	paper_wait_rung(&b->p, ~0u >> 1);
	hca_sleep_us(20000);
	assert_int_equal(b->p.rung, ~0u >> 1);	/* not even now is the last one used */
	paper_answer(&b->p, 7, &(struct paper_reply){ 0 });
	paper_wait_rung(&b->p, 1u << 7);
	for (i = 0; i < PAPER_SLOTS - 1; i++)
		paper_answer(&b->p, i, &(struct paper_reply){ 0 });
	for (i = 0; i < PAPER_SLOTS; i++)
		assert_int_equal(run_end(&r[i]), 0);
	free(r);
}

static void a_refusal_carries_status_and_syndrome(void **state)
{
	struct bed *b = *state;
	struct run *r = calloc(1, sizeof(*r));
	struct paper_reply reply = { .status = 0x0a, .syndrome = 0x12345678 };

	queue_open(b, LIMIT_MS);
	assert_int_equal(run_answered(b, r, &reply), -EREMOTEIO);
	assert_int_equal(r->error.status, 0x0a);
	assert_int_equal(r->error.syndrome, 0x12345678);
	assert_int_equal(r->error.delivery, 0);
	assert_int_equal(r->error.opcode, 0x800);
	assert_int_equal(stats_of(b).failed, 1);
	free(r);
}

static void an_answer_that_makes_no_sense_is_an_error(void **state)
{
	static const struct paper_reply bad[] = {
		{ .delivery = 6 }, { .bad_entry_token = true }, { .bad_type = true },
	};
	struct bed *b = *state;
	struct run *r = calloc(1, sizeof(*r));
	unsigned int i;

	queue_open(b, LIMIT_MS);
	for (i = 0; i < 3; i++) {
		assert_int_equal(run_answered(b, r, &bad[i]), -EIO);
		assert_int_equal(r->error.delivery, bad[i].delivery);
	}
	run_start(b, r, 0x100, 16, 4112);
	paper_wait_rung(&b->p, 1);
	paper_answer(&b->p, 0, &(struct paper_reply){ .bad_block_token = true });
	assert_int_equal(run_end(r), -EIO);
	/* And the next one is not disturbed by any of it. */
	assert_int_equal(run_answered(b, r, &(struct paper_reply){ 0 }), 0);
	free(r);
}

static void a_late_completion_after_a_time_out_is_dropped(void **state)
{
	struct bed *b = *state;
	struct run *r = calloc(1, sizeof(*r));
	struct hca_dma_stats lost, after;
	uint64_t in_ptr, out_ptr;

	queue_open(b, SHORT_MS);
	run_start(b, r, 0x100, 600, 600);
	assert_int_equal(run_end(r), -ETIMEDOUT);
	assert_true(r->ms >= SHORT_MS);
	assert_int_equal(stats_of(b).timed_out, 1);
	assert_int_equal(stats_of(b).in_flight, 0);
	in_ptr = ifc_load64(paper_entry(&b->p, 0) + 8);
	out_ptr = ifc_load64(paper_entry(&b->p, 0) + 48);
	hca_dma_stats(b->dma, &lost);

	/* Its slot and its memory are the device's still: the next command has others. */
	memset(r->out, 0x33, sizeof(r->out));
	run_start(b, r, 0x100, 600, 600);
	paper_wait_rung(&b->p, 1u << 1);
	assert_int_not_equal(ifc_load64(paper_entry(&b->p, 1) + 8), in_ptr);
	assert_int_not_equal(ifc_load64(paper_entry(&b->p, 1) + 48), out_ptr);
	paper_answer(&b->p, 0, &(struct paper_reply){ .status = 1, .data = "late", .len = 5 });
	paper_answer(&b->p, 1, &(struct paper_reply){ .data = "mine", .len = 5 });
	assert_int_equal(run_end(r), 0);
	assert_string_equal((char *)r->out + 8, "mine");

	/* The late one came: slot 0 is used again, its mailboxes too. */
	assert_int_equal(run_answered(b, r, &(struct paper_reply){ 0 }), 0);
	assert_int_equal(stats_of(b).late, 1);
	hca_dma_stats(b->dma, &after);
	assert_int_equal(after.pieces, lost.pieces + 2);	/* slot 1's, now in the cache */
	free(r);
}

static void with_every_slot_lost_commands_end_in_time(void **state)
{
	struct bed *b = *state;
	struct run *r = calloc(PAPER_SLOTS, sizeof(*r));
	unsigned int i;

	queue_open(b, SHORT_MS);
	for (i = 0; i < PAPER_SLOTS - 1; i++)
		run_start(b, &r[i], 0x800, 16, 16);
	for (i = 0; i < PAPER_SLOTS - 1; i++)
		assert_int_equal(run_end(&r[i]), -ETIMEDOUT);
	run_start(b, r, 0x800, 16, 16);
	assert_int_equal(run_end(r), -EBUSY);
	assert_true(r->ms >= SHORT_MS && r->ms < SHORT_MS + 2000);
	/* Pages still go. */
	run_start(b, r, HCA_OP_MANAGE_PAGES, 16, 16);
	paper_wait_rung(&b->p, 1u << PAPER_SLOT_PAGES);
	paper_answer(&b->p, PAPER_SLOT_PAGES, &(struct paper_reply){ 0 });
	assert_int_equal(run_end(r), 0);
	/* One late answer, and there is a slot again. */
	paper_answer(&b->p, 4, &(struct paper_reply){ 0 });
	run_start(b, r, 0x800, 16, 16);
	paper_wait_rung(&b->p, 1u << 4);
	paper_answer(&b->p, 4, &(struct paper_reply){ 0 });
	assert_int_equal(run_end(r), 0);
	free(r);
}

static void a_command_event_wakes_whom_it_concerns(void **state)
{
	struct bed *b = *state;
	struct run *r = calloc(2, sizeof(*r));

	queue_open(b, 60000);
	hca_cmdq_use_events(b->q, true);
	run_start(b, &r[0], 0x800, 16, 16);
	paper_wait_rung(&b->p, 1);
	run_start(b, &r[1], 0x800, 16, 16);
	paper_wait_rung(&b->p, 3);
	hca_cmdq_event(b->q, 3);		/* stray: neither is answered */
	paper_answer(&b->p, 1, &(struct paper_reply){ 0 });
	hca_cmdq_event(b->q, 2);
	assert_int_equal(run_end(&r[1]), 0);
	assert_int_equal(stats_of(b).in_flight, 1);
	paper_answer(&b->p, 0, &(struct paper_reply){ 0 });
	hca_cmdq_event(b->q, 1);
	assert_int_equal(run_end(&r[0]), 0);
	hca_cmdq_event(b->q, ~0u);		/* stray: nobody is there */
	free(r);
}

static void a_lost_command_event_costs_a_fraction_of_the_limit(void **state)
{
	struct bed *b = *state;
	struct run *r = calloc(1, sizeof(*r));

	queue_open(b, 60000);
	hca_cmdq_use_events(b->q, true);
	assert_int_equal(run_answered(b, r, &(struct paper_reply){ 0 }), 0);
	assert_true(r->ms < 3000);
	free(r);
}

static void a_dead_device_ends_all_commands_at_once_and_takes_none(void **state)
{
	struct bed *b = *state;
	struct run *r = calloc(PAPER_SLOTS + 1, sizeof(*r));
	unsigned int i, events;
	uint8_t out[16];

	for (events = 0; events < 2; events++) {
		b->p.rung = 0;
		queue_open(b, 60000);
		hca_cmdq_use_events(b->q, events);
		for (i = 0; i < PAPER_SLOTS; i++)	/* one of them waits for a slot */
			run_start(b, &r[i], 0x800, 16, 16);
		paper_wait_rung(&b->p, ~0u >> 1);
		hca_cmdq_abort(b->q);
		for (i = 0; i < PAPER_SLOTS; i++) {
			assert_int_equal(run_end(&r[i]), -ENODEV);
			assert_true(r[i].ms < 5000);
		}
		assert_int_equal(stats_of(b).timed_out, 0);
		assert_int_equal(hca_cmdq_run(b->q, r->in, 16, out, 16, &r->error), -ENODEV);
		queue_close(b);
	}
	free(r);
}

static void who_waits_notices_that_the_device_is_gone(void **state)
{
	struct bed *b = *state;
	struct run *r = calloc(1, sizeof(*r));
	unsigned int events;

	for (events = 0; events < 2; events++) {
		b->p.gone = false;
		b->p.rung = 0;
		queue_open(b, 60000);
		hca_cmdq_use_events(b->q, events);
		run_start(b, r, 0x800, 16, 16);
		paper_wait_rung(&b->p, 1);
		b->p.gone = true;
		assert_int_equal(run_end(r), -ENODEV);
		assert_true(r->ms < 5000);
		queue_close(b);
	}
	free(r);
}

static void a_length_no_command_has_is_refused(void **state)
{
	struct bed *b = *state;
	uint8_t in[16] = { 0 };
	struct hca_cmd_error error;

	queue_open(b, SHORT_MS);
	assert_int_equal(hca_cmdq_run(b->q, in, 8, NULL, 0, &error), -EMSGSIZE);
	assert_int_equal(hca_cmdq_run(b->q, in, HCA_CMD_MAX + 1, NULL, 0, &error), -EMSGSIZE);
	assert_int_equal(hca_cmdq_run(b->q, in, 16, NULL, HCA_CMD_MAX + 1, &error), -EMSGSIZE);
	assert_int_equal(b->p.rung, 0);
}

static void without_memory_for_mailboxes_nothing_is_sent(void **state)
{
	struct bed *b = *state;
	struct hca_cmd_error error;
	uint8_t *in = calloc(1, HCA_CMD_MAX);

	queue_open(b, SHORT_MS);
	fake_domain_fail_map(b->p.domain, 1, -ENOSPC);
	assert_int_equal(hca_cmdq_run(b->q, in, HCA_CMD_MAX, NULL, 0, &error), -ENOSPC);
	assert_int_equal(b->p.rung, 0);
	/* The input fits, the output does not. */
	fake_domain_fail_map(b->p.domain, 2, -ENOMEM);
	assert_int_equal(hca_cmdq_run(b->q, in, HCA_CMD_MAX, in, HCA_CMD_MAX, &error), -ENOMEM);
	assert_int_equal(b->p.rung, 0);
	assert_int_equal(stats_of(b).in_flight, 0);
	free(in);
}

/* --- submitted commands -------------------------------------------------------------- */

struct ending {
	unsigned int n;
	struct hca_cmd_error error;
};

static void ended(void *ctx, const struct hca_cmd_error *error)
{
	struct ending *e = ctx;

	e->n++;
	e->error = *error;
}

static void a_submitted_command_reports_its_end_once(void **state)
{
	struct bed *b = *state;
	struct ending e = { 0 };
	uint8_t in[16] = { 0x08, 0x00 }, out[16] = { 0 };

	queue_open(b, LIMIT_MS);
	assert_int_equal(hca_cmdq_tick(b->q), -1);
	assert_int_equal(hca_cmdq_submit(b->q, in, 16, out, 16, ended, &e), 0);
	assert_int_equal(b->p.rung, 1);
	assert_true(hca_cmdq_tick(b->q) > 0);
	hca_cmdq_event(b->q, 1);
	assert_int_equal(e.n, 0);
	paper_answer(&b->p, 0, &(struct paper_reply){ .data = "word", .len = 5 });
	hca_cmdq_event(b->q, 1);
	hca_cmdq_event(b->q, 1);
	assert_int_equal(hca_cmdq_tick(b->q), -1);
	assert_int_equal(e.n, 1);
	assert_int_equal(e.error.err, 0);
	assert_int_equal(e.error.opcode, 0x800);
	assert_string_equal((char *)out + 8, "word");
	/* Where the event is lost the next tick finds the answer. */
	assert_int_equal(hca_cmdq_submit(b->q, in, 16, out, 16, ended, &e), 0);
	paper_answer(&b->p, 0, &(struct paper_reply){ .status = 4 });
	assert_int_equal(hca_cmdq_tick(b->q), -1);
	assert_int_equal(e.n, 2);
	assert_int_equal(e.error.err, -EREMOTEIO);
}

static void a_submitted_command_that_nobody_answers_ends_in_time(void **state)
{
	struct bed *b = *state;
	struct ending e = { 0 };
	uint8_t in[16] = { 0x01, 0x08 }, out[16] = { 0 };
	uint64_t start = hca_now_ms();
	int ms;

	queue_open(b, SHORT_MS);
	assert_int_equal(hca_cmdq_submit(b->q, in, 16, out, 16, ended, &e), 0);
	while ((ms = hca_cmdq_tick(b->q)) >= 0 && hca_now_ms() < start + 5000)
		hca_sleep_us((unsigned int)ms * 1000);
	assert_int_equal(e.n, 1);
	assert_int_equal(e.error.err, -ETIMEDOUT);
	/* No slot for another of its kind, and no waiting for one. */
	assert_int_equal(hca_cmdq_submit(b->q, in, 16, out, 16, ended, &e), -EBUSY);
	paper_answer(&b->p, PAPER_SLOT_PAGES, &(struct paper_reply){ .data = "late", .len = 5 });
	hca_cmdq_event(b->q, 1u << PAPER_SLOT_PAGES);
	assert_int_equal(e.n, 1);
	assert_int_equal(out[8], 0);
	assert_int_equal(stats_of(b).late, 1);
	assert_int_equal(hca_cmdq_submit(b->q, in, 16, out, 16, ended, &e), 0);
	/* The device dies. */
	hca_cmdq_abort(b->q);
	hca_cmdq_tick(b->q);
	assert_int_equal(e.n, 2);
	assert_int_equal(e.error.err, -ENODEV);
}

/* --- words --------------------------------------------------------------------------- */

static void an_error_says_which_command_and_why(void **state)
{
	static const struct {
		struct hca_cmd_error error;
		const char *text;
	} rows[] = {
		{ { .opcode = 0x200, .err = -EREMOTEIO, .status = 3, .syndrome = 0x1234 },
		  "CREATE_MKEY: bad parameter (status 0x3, syndrome 0x1234)" },
		{ { .opcode = 0x200, .err = -EREMOTEIO, .status = 0xa5 },
		  "CREATE_MKEY: unknown status (status 0xa5, syndrome 0x0)" },
		{ { .opcode = 0x104, .err = -EIO, .delivery = 2 },
		  "ENABLE_HCA: not delivered: token error (delivery status 0x2)" },
		{ { .opcode = 0x104, .err = -EIO }, "ENABLE_HCA: the answer makes no sense" },
		{ { .opcode = 0x104, .err = -ETIMEDOUT },
		  "ENABLE_HCA: no answer within the time limit" },
		{ { .opcode = 0x104, .err = -ENODEV }, "ENABLE_HCA: the device is gone or dead" },
		{ { .opcode = 0xfff, .err = -ENOMEM }, "0xfff: not sent: Cannot allocate memory" },
		{ { .opcode = 0x104 }, "ENABLE_HCA: no error" },
	};
	char text[128];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hca_cmd_error_text(&rows[i].error, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_queue_of_impossible_shape_is_refused),
		TEST(every_byte_of_a_command_crosses_both_ways),
		TEST(all_slots_can_be_under_way_and_answered_in_any_order),
		TEST(a_command_without_a_slot_waits_for_one),
		TEST(a_refusal_carries_status_and_syndrome),
		TEST(an_answer_that_makes_no_sense_is_an_error),
		TEST(a_late_completion_after_a_time_out_is_dropped),
		TEST(with_every_slot_lost_commands_end_in_time),
		TEST(a_command_event_wakes_whom_it_concerns),
		TEST(a_lost_command_event_costs_a_fraction_of_the_limit),
		TEST(a_dead_device_ends_all_commands_at_once_and_takes_none),
		TEST(who_waits_notices_that_the_device_is_gone),
		TEST(a_length_no_command_has_is_refused),
		TEST(without_memory_for_mailboxes_nothing_is_sent),
		TEST(a_submitted_command_reports_its_end_once),
		TEST(a_submitted_command_that_nobody_answers_ends_in_time),
		cmocka_unit_test(an_error_says_which_command_and_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
