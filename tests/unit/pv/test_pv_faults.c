// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about firmware commands that fail: whichever it is and
 * however it fails, the guest is told, nothing is left behind, and the device
 * goes on. It must never know which firmware command a guest's becomes.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/pv/guest_world.h"

enum { COMMAND_MS = 500 };

/* What the host has done by a work request fails as such. */
static const char *fault_of(uint32_t opcode, const char *how)
{
	if (opcode != UP_REREG_MR)
		return how;
	return strstr(how, "timeout") ? "kind=umr-silent" : "kind=umr-refused";
}

/* Whether the HCA is asked at all. */
static bool asks_hca(struct guest_world *w, uint32_t opcode)
{
	uint8_t in[UP_SLOT_DATA], out[UP_SLOT_DATA];
	uint32_t len = guest_world_command(w, opcode, in);
	uint64_t before = guest_bed_counts(w->v.bed).commands, after;

	assert_int_equal(guest_bed_command(w->v.bed, opcode, in, len, out,
					   guest_world_answer(opcode)), UP_OK);
	after = guest_bed_counts(w->v.bed).commands;
	guest_world_undo(w, opcode, in, out);
	return after != before;
}

static void fail_one(struct guest_bed *bed, uint32_t opcode, const char *how,
		     enum up_result result)
{
	uint8_t in[UP_SLOT_DATA], out[UP_SLOT_DATA];
	struct guest_world w;
	uint32_t len;

	guest_bed_start(bed);
	guest_world_open(bed, &w);
	if (asks_hca(&w, opcode)) {
		len = guest_world_command(&w, opcode, in);
		model_bed_control(bed->model, "inject a %s", fault_of(opcode, how));
		if (guest_bed_command(bed, opcode, in, len, out, guest_world_answer(opcode)) !=
		    result)
			fail_msg("opcode 0x%x, %s", opcode, how);
	}
	guest_bed_stop(bed);
	guest_world_forget(&w);
	model_bed_forgive(bed->model);
	guest_bed_assert_empty(bed);
}

static void sweep(struct guest_bed *bed, const char *how, enum up_result result)
{
	const struct pv_config config = { .command_ms = COMMAND_MS };
	size_t i;

	guest_bed_close(bed, true);
	guest_bed_open(bed, &config);
	guest_bed_attach(bed);
	for (i = 0; guest_world_opcodes[i]; i++)
		fail_one(bed, guest_world_opcodes[i], how, result);
	guest_bed_start(bed);
	for (i = 0; i < 20; i++)
		assert_int_equal(guest_bed_command(bed, 0, NULL, 0, NULL, 0), UP_BAD_COMMAND);
}

static void a_refusal_is_told_and_changes_nothing(void **state)
{
	sweep(*state, "kind=status after=0 status=3", UP_HCA_REFUSED);
}

static void no_answer_is_told_and_leaves_nothing(void **state)
{
	sweep(*state, "kind=timeout after=0", UP_HCA_FAILED);
}

static void refused_ends_can_be_tried_again(void **state)
{
	static const uint32_t ends[] = {
		UP_FREE_PD, UP_FREE_XRCD, UP_DEREG_MR, UP_DESTROY_EQ, UP_DESTROY_CQ,
		UP_DESTROY_SRQ, UP_DESTROY_QP,
	};
	uint8_t in[UP_SLOT_DATA];
	struct guest_bed *bed = *state;
	struct guest_world w;
	uint32_t len;
	size_t i;

	guest_world_open(bed, &w);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		len = guest_world_command(&w, ends[i], in);
		model_bed_control(bed->model, "inject a kind=status after=0 status=6");
		assert_int_equal(guest_bed_command(bed, ends[i], in, len, NULL, 0),
				 UP_HCA_REFUSED);
		assert_int_equal(guest_bed_command(bed, ends[i], in, len, NULL, 0), UP_OK);
	}
	guest_world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(a_refusal_is_told_and_changes_nothing),
		in_guest(no_answer_is_told_and_leaves_nothing),
		in_guest(refused_ends_can_be_tried_again),
	};

	return cmocka_run_group_tests_name("faults below a guest", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
