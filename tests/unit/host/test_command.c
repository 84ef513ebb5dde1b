// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the tests of the command queue, over a device on paper that answers when
 * the test says so. It must never know what a command does.
 */
#include "tests/unit/host/cmdq_bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/clock.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/mailbox.h"
#include "host-backend/hca/opcodes.h"

static void a_queue_of_impossible_shape_is_refused(void **state)
{
	static const struct { uint32_t cmdif, shape; } bad[] = {
		{ 4, 0x56 }, { 6, 0x56 }, { 5, 0x66 }, { 5, 0x55 }, { 5, 0x58 }, { 5, 0xff },
	};
	struct cmdq_bed *b = *state;
	struct hca_cmdq_config config = {
		.transport = &b->p.t, .dma = b->dma, .limit_ms = CMDQ_SHORT_MS,
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
	struct cmdq_bed *b = *state;
	struct cmdq_run *r = calloc(1, sizeof(*r));
	uint8_t seen[8192], answer[8192];
	struct paper_reply reply = { .data = answer, .len = sizeof(answer) };
	unsigned int i, j, round;
	size_t k;

	cmdq_bed_open(b, CMDQ_LIMIT_MS);
	for (k = 0; k < sizeof(answer); k++)
		answer[k] = (uint8_t)(k * 7 + k / 251);
	/* Twice, so that the second time mailboxes come from the cache. */
	for (round = 0; round < 2; round++)
		for (i = 0; i < 8; i++)
			for (j = 0; j < 8; j++) {
				for (k = 0; k < sizeof(r->in); k++)
					r->in[k] = (uint8_t)(k * 13 + i + round);
				cmdq_run_start(b, r, 0x100, lengths[i], lengths[j]);
				paper_wait_rung(&b->p, 1);
				assert_int_equal(paper_input(&b->p, 0, seen, sizeof(seen)),
						 lengths[i]);
				assert_memory_equal(seen, r->in, lengths[i]);
				paper_answer(&b->p, 0, &reply);
				assert_int_equal(cmdq_run_end(r), 0);
				assert_memory_equal(r->out + 8, answer, lengths[j] - 8);
			}
	free(r);
}

static void all_slots_can_be_under_way_and_answered_in_any_order(void **state)
{
	struct cmdq_bed *b = *state;
	struct cmdq_run *r = calloc(PAPER_SLOTS, sizeof(*r));
	uint8_t number[PAPER_SLOTS];
	unsigned int i, slot;

	cmdq_bed_open(b, CMDQ_LIMIT_MS);
	for (i = 0; i < PAPER_SLOTS; i++) {
		r[i].in[15] = (uint8_t)i;
		cmdq_run_start(b, &r[i], i ? 0x800 : HCA_OP_MANAGE_PAGES, 16, 16);
	}
	paper_wait_rung(&b->p, ~0u);
	assert_int_equal(cmdq_bed_stats(b).in_flight, 32);
	assert_int_equal(paper_opcode(&b->p, PAPER_SLOT_PAGES), HCA_OP_MANAGE_PAGES);
	for (i = 0; i < PAPER_SLOTS; i++) {
		slot = (i * 13 + 5) % PAPER_SLOTS;
		number[0] = paper_entry(&b->p, slot)[16 + 15];
		paper_answer(&b->p, slot, &(struct paper_reply){ .data = number, .len = 1 });
	}
	for (i = 0; i < PAPER_SLOTS; i++) {
		assert_int_equal(cmdq_run_end(&r[i]), 0);
		assert_int_equal(r[i].out[8], i);
	}
	assert_int_equal(cmdq_bed_stats(b).max_in_flight, 32);
	assert_int_equal(cmdq_bed_stats(b).done, 32);
	assert_int_equal(cmdq_bed_stats(b).in_flight, 0);
	free(r);
}

static void a_command_without_a_slot_waits_for_one(void **state)
{
	struct cmdq_bed *b = *state;
	struct cmdq_run *r = calloc(PAPER_SLOTS, sizeof(*r));
	unsigned int i;

	cmdq_bed_open(b, CMDQ_LIMIT_MS);
	for (i = 0; i < PAPER_SLOTS; i++)
		cmdq_run_start(b, &r[i], 0x800, 16, 16);
	paper_wait_rung(&b->p, ~0u >> 1);
	hca_sleep_us(20000);
	assert_int_equal(b->p.rung, ~0u >> 1);	/* not even now is the last one used */
	paper_answer(&b->p, 7, &(struct paper_reply){ 0 });
	paper_wait_rung(&b->p, 1u << 7);
	for (i = 0; i < PAPER_SLOTS - 1; i++)
		paper_answer(&b->p, i, &(struct paper_reply){ 0 });
	for (i = 0; i < PAPER_SLOTS; i++)
		assert_int_equal(cmdq_run_end(&r[i]), 0);
	free(r);
}

static void a_refusal_carries_status_and_syndrome(void **state)
{
	struct cmdq_bed *b = *state;
	struct cmdq_run *r = calloc(1, sizeof(*r));
	struct paper_reply reply = { .status = 0x0a, .syndrome = 0x12345678 };

	cmdq_bed_open(b, CMDQ_LIMIT_MS);
	assert_int_equal(cmdq_run_answered(b, r, &reply), -EREMOTEIO);
	assert_int_equal(r->error.status, 0x0a);
	assert_int_equal(r->error.syndrome, 0x12345678);
	assert_int_equal(r->error.delivery, 0);
	assert_int_equal(r->error.opcode, 0x800);
	assert_int_equal(cmdq_bed_stats(b).failed, 1);
	free(r);
}

static void an_answer_that_makes_no_sense_is_an_error(void **state)
{
	static const struct paper_reply bad[] = {
		{ .delivery = 6 }, { .bad_entry_token = true }, { .bad_type = true },
	};
	struct cmdq_bed *b = *state;
	struct cmdq_run *r = calloc(1, sizeof(*r));
	unsigned int i;

	cmdq_bed_open(b, CMDQ_LIMIT_MS);
	for (i = 0; i < 3; i++) {
		assert_int_equal(cmdq_run_answered(b, r, &bad[i]), -EIO);
		assert_int_equal(r->error.delivery, bad[i].delivery);
	}
	cmdq_run_start(b, r, 0x100, 16, 4112);
	paper_wait_rung(&b->p, 1);
	paper_answer(&b->p, 0, &(struct paper_reply){ .bad_block_token = true });
	assert_int_equal(cmdq_run_end(r), -EIO);
	/* And the next one is not disturbed by any of it. */
	assert_int_equal(cmdq_run_answered(b, r, &(struct paper_reply){ 0 }), 0);
	free(r);
}

static void a_late_completion_after_a_time_out_is_dropped(void **state)
{
	struct cmdq_bed *b = *state;
	struct cmdq_run *r = calloc(1, sizeof(*r));
	struct hca_dma_stats lost, after;
	uint64_t in_ptr, out_ptr;

	cmdq_bed_open(b, CMDQ_SHORT_MS);
	cmdq_run_start(b, r, 0x100, 600, 600);
	assert_int_equal(cmdq_run_end(r), -ETIMEDOUT);
	assert_true(r->ms >= CMDQ_SHORT_MS);
	assert_int_equal(cmdq_bed_stats(b).timed_out, 1);
	assert_int_equal(cmdq_bed_stats(b).in_flight, 0);
	in_ptr = ifc_load64(paper_entry(&b->p, 0) + 8);
	out_ptr = ifc_load64(paper_entry(&b->p, 0) + 48);
	hca_dma_stats(b->dma, &lost);

	/* Its slot and its memory are the device's still: the next command has others. */
	memset(r->out, 0x33, sizeof(r->out));
	cmdq_run_start(b, r, 0x100, 600, 600);
	paper_wait_rung(&b->p, 1u << 1);
	assert_int_not_equal(ifc_load64(paper_entry(&b->p, 1) + 8), in_ptr);
	assert_int_not_equal(ifc_load64(paper_entry(&b->p, 1) + 48), out_ptr);
	paper_answer(&b->p, 0, &(struct paper_reply){ .status = 1, .data = "late", .len = 5 });
	paper_answer(&b->p, 1, &(struct paper_reply){ .data = "mine", .len = 5 });
	assert_int_equal(cmdq_run_end(r), 0);
	assert_string_equal((char *)r->out + 8, "mine");

	/* The late one came: slot 0 is used again, its mailboxes too. */
	assert_int_equal(cmdq_run_answered(b, r, &(struct paper_reply){ 0 }), 0);
	assert_int_equal(cmdq_bed_stats(b).late, 1);
	hca_dma_stats(b->dma, &after);
	assert_int_equal(after.pieces, lost.pieces + 2);	/* slot 1's, now in the cache */
	free(r);
}

static void with_every_slot_lost_commands_end_in_time(void **state)
{
	struct cmdq_bed *b = *state;
	struct cmdq_run *r = calloc(PAPER_SLOTS, sizeof(*r));
	unsigned int i;

	cmdq_bed_open(b, CMDQ_SHORT_MS);
	for (i = 0; i < PAPER_SLOTS - 1; i++)
		cmdq_run_start(b, &r[i], 0x800, 16, 16);
	for (i = 0; i < PAPER_SLOTS - 1; i++)
		assert_int_equal(cmdq_run_end(&r[i]), -ETIMEDOUT);
	cmdq_run_start(b, r, 0x800, 16, 16);
	assert_int_equal(cmdq_run_end(r), -EBUSY);
	assert_true(r->ms >= CMDQ_SHORT_MS && r->ms < CMDQ_SHORT_MS + 2000);
	/* Pages still go. */
	cmdq_run_start(b, r, HCA_OP_MANAGE_PAGES, 16, 16);
	paper_wait_rung(&b->p, 1u << PAPER_SLOT_PAGES);
	paper_answer(&b->p, PAPER_SLOT_PAGES, &(struct paper_reply){ 0 });
	assert_int_equal(cmdq_run_end(r), 0);
	/* One late answer, and there is a slot again. */
	paper_answer(&b->p, 4, &(struct paper_reply){ 0 });
	cmdq_run_start(b, r, 0x800, 16, 16);
	paper_wait_rung(&b->p, 1u << 4);
	paper_answer(&b->p, 4, &(struct paper_reply){ 0 });
	assert_int_equal(cmdq_run_end(r), 0);
	free(r);
}

static void a_command_event_wakes_whom_it_concerns(void **state)
{
	struct cmdq_bed *b = *state;
	struct cmdq_run *r = calloc(2, sizeof(*r));

	cmdq_bed_open(b, 60000);
	hca_cmdq_use_events(b->q, true);
	cmdq_run_start(b, &r[0], 0x800, 16, 16);
	paper_wait_rung(&b->p, 1);
	cmdq_run_start(b, &r[1], 0x800, 16, 16);
	paper_wait_rung(&b->p, 3);
	hca_cmdq_event(b->q, 3);		/* stray: neither is answered */
	paper_answer(&b->p, 1, &(struct paper_reply){ 0 });
	hca_cmdq_event(b->q, 2);
	assert_int_equal(cmdq_run_end(&r[1]), 0);
	assert_int_equal(cmdq_bed_stats(b).in_flight, 1);
	paper_answer(&b->p, 0, &(struct paper_reply){ 0 });
	hca_cmdq_event(b->q, 1);
	assert_int_equal(cmdq_run_end(&r[0]), 0);
	hca_cmdq_event(b->q, ~0u);		/* stray: nobody is there */
	free(r);
}

static void a_lost_command_event_costs_a_fraction_of_the_limit(void **state)
{
	struct cmdq_bed *b = *state;
	struct cmdq_run *r = calloc(1, sizeof(*r));

	cmdq_bed_open(b, 60000);
	hca_cmdq_use_events(b->q, true);
	assert_int_equal(cmdq_run_answered(b, r, &(struct paper_reply){ 0 }), 0);
	assert_true(r->ms < 3000);
	free(r);
}

static void a_dead_device_ends_all_commands_at_once_and_takes_none(void **state)
{
	struct cmdq_bed *b = *state;
	struct cmdq_run *r = calloc(PAPER_SLOTS + 1, sizeof(*r));
	unsigned int i, events;
	uint8_t out[16];

	for (events = 0; events < 2; events++) {
		b->p.rung = 0;
		cmdq_bed_open(b, 60000);
		hca_cmdq_use_events(b->q, events);
		for (i = 0; i < PAPER_SLOTS; i++)	/* one of them waits for a slot */
			cmdq_run_start(b, &r[i], 0x800, 16, 16);
		paper_wait_rung(&b->p, ~0u >> 1);
		hca_cmdq_abort(b->q);
		for (i = 0; i < PAPER_SLOTS; i++) {
			assert_int_equal(cmdq_run_end(&r[i]), -ENODEV);
			assert_true(r[i].ms < 5000);
		}
		assert_int_equal(cmdq_bed_stats(b).timed_out, 0);
		assert_int_equal(hca_cmdq_run(b->q, r->in, 16, out, 16, &r->error), -ENODEV);
		cmdq_bed_close(b);
	}
	free(r);
}

static void who_waits_notices_that_the_device_is_gone(void **state)
{
	struct cmdq_bed *b = *state;
	struct cmdq_run *r = calloc(1, sizeof(*r));
	unsigned int events;

	for (events = 0; events < 2; events++) {
		b->p.gone = false;
		b->p.rung = 0;
		cmdq_bed_open(b, 60000);
		hca_cmdq_use_events(b->q, events);
		cmdq_run_start(b, r, 0x800, 16, 16);
		paper_wait_rung(&b->p, 1);
		b->p.gone = true;
		assert_int_equal(cmdq_run_end(r), -ENODEV);
		assert_true(r->ms < 5000);
		cmdq_bed_close(b);
	}
	free(r);
}

static void a_length_no_command_has_is_refused(void **state)
{
	struct cmdq_bed *b = *state;
	uint8_t in[16] = { 0 };
	struct hca_cmd_error error;

	cmdq_bed_open(b, CMDQ_SHORT_MS);
	assert_int_equal(hca_cmdq_run(b->q, in, 8, NULL, 0, &error), -EMSGSIZE);
	assert_int_equal(hca_cmdq_run(b->q, in, HCA_CMD_MAX + 1, NULL, 0, &error), -EMSGSIZE);
	assert_int_equal(hca_cmdq_run(b->q, in, 16, NULL, HCA_CMD_MAX + 1, &error), -EMSGSIZE);
	assert_int_equal(b->p.rung, 0);
}

static void without_memory_for_mailboxes_nothing_is_sent(void **state)
{
	struct cmdq_bed *b = *state;
	struct hca_cmd_error error;
	uint8_t *in = calloc(1, HCA_CMD_MAX);

	cmdq_bed_open(b, CMDQ_SHORT_MS);
	fake_domain_fail_map(b->p.domain, 1, -ENOSPC);
	assert_int_equal(hca_cmdq_run(b->q, in, HCA_CMD_MAX, NULL, 0, &error), -ENOSPC);
	assert_int_equal(b->p.rung, 0);
	/* The input fits, the output does not. */
	fake_domain_fail_map(b->p.domain, 2, -ENOMEM);
	assert_int_equal(hca_cmdq_run(b->q, in, HCA_CMD_MAX, in, HCA_CMD_MAX, &error), -ENOMEM);
	assert_int_equal(b->p.rung, 0);
	assert_int_equal(cmdq_bed_stats(b).in_flight, 0);
	free(in);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, cmdq_bed_setup, cmdq_bed_teardown)
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
