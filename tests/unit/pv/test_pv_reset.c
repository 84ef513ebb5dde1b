// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about the end of a guest: at any time, with everything
 * alive, however it comes, its memory is out of reach at once, its objects
 * are destroyed and the next guest finds a new device. It must never know how.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/clock.h"
#include "tests/unit/pv/guest_world.h"

enum { CYCLES = 10 };

/* The guest's share of what the HCA reaches; the device's own may come and go a little. */
static uint64_t reached(struct guest_bed *bed)
{
	return guest_bed_counts(bed).dma_ranges;
}

/* Another device, for the guest to use. */
static void reopen(struct guest_bed *bed, const struct pv_config *config)
{
	guest_bed_close(bed, true);
	guest_bed_open(bed, config);
	guest_bed_attach(bed);
	guest_bed_start(bed);
}

static void works(struct guest_bed *bed)
{
	struct guest_world w;

	guest_bed_start(bed);
	guest_world_open(bed, &w);
	guest_world_close(&w);
}

static void a_driver_that_is_unloaded_leaves_nothing(void **state)
{
	struct guest_bed *bed = *state;
	struct guest_world w;
	unsigned int i;

	for (i = 0; i < CYCLES; i++) {
		guest_world_open(bed, &w);
		guest_bed_stop(bed);
		guest_world_forget(&w);
		guest_bed_assert_empty(bed);
		guest_bed_start(bed);
	}
}

static void a_reset_is_answered_after_all_is_unmapped(void **state)
{
	const struct pv_config config = { .command_ms = 1000 };
	struct guest_bed *bed = *state;
	struct guest_world w;
	unsigned int i;

	reopen(bed, &config);
	for (i = 0; i < 5; i++) {
		uint64_t before = reached(bed);

		guest_world_open(bed, &w);
		assert_true(reached(bed) > before);
		/* Firmware that does not answer any more must not be waited for. */
		model_bed_control(bed->model, "inject a kind=timeout after=0");
		assert_int_equal(vfu_client_reset(bed->client), 0);
		assert_true(reached(bed) <= before + 1);
		guest_bed_wait_status(bed, UP_STATUS_RESET);
		guest_world_forget(&w);
		guest_bed_start(bed);
	}
	model_bed_forgive(bed->model);
}

static void a_guest_that_is_killed_leaves_nothing(void **state)
{
	struct guest_bed *bed = *state;
	struct guest_world w;
	unsigned int i;

	for (i = 0; i < CYCLES; i++) {
		guest_world_open(bed, &w);
		guest_bed_detach(bed);
		guest_bed_attach(bed);
		guest_world_forget(&w);
		guest_bed_wait_status(bed, UP_STATUS_RESET);
		guest_bed_assert_empty(bed);
		guest_bed_start(bed);
	}
	works(bed);
}

static void a_guest_that_is_killed_amid_commands_leaves_nothing(void **state)
{
	struct guest_bed *bed = *state;
	unsigned int i, j;

	for (i = 0; i < 5 * CYCLES; i++) {
		for (j = 0; j < 1 + i % UP_SLOTS; j++)
			guest_bed_submit(bed, i % 2 ? UP_ALLOC_PD : UP_ALLOC_XRCD, NULL, 0);
		hca_sleep_us(i * 37 % 500);
		guest_bed_detach(bed);
		guest_bed_attach(bed);
		guest_bed_start(bed);
		guest_bed_assert_empty(bed);
	}
}

static void the_daemon_can_end_at_any_time(void **state)
{
	struct guest_bed *bed = *state;
	struct guest_world w;

	guest_world_open(bed, &w);
	guest_world_forget(&w);
	guest_bed_close(bed, true);
	guest_bed_open(bed, NULL);
}

static void memory_that_goes_takes_its_region_along(void **state)
{
	struct guest_bed *bed = *state;
	struct guest_verbs v;
	struct guest_mr mr;
	struct up_event event;

	guest_verbs_open(bed, &v);
	mr = (struct guest_mr){ .key = 0 };
	guest_mr_open(&v, 8 * UP_PAGE, true, 1, &mr);
	/* Its pages are in both regions; the rings are in the low one, too, so only the high one goes. */
	assert_int_equal(vfu_client_dma_unmap(bed->client, GUEST_HIGH, GUEST_REGION), 0);
	do
		assert_true(guest_bed_event(bed, &event, GUEST_WAIT_MS));
	while (le32toh(event.number) != mr.key);
	assert_int_equal(le32toh(event.type), UP_EVENT_REVOKED);
	assert_int_equal(guest_end(bed, UP_DEREG_MR, mr.key), UP_BAD_OBJECT);
	guest_window_close(&mr.memory);
	assert_int_equal(vfu_client_dma_map(bed->client, GUEST_HIGH, GUEST_REGION, 3, bed->ram,
					    GUEST_REGION), 0);
	guest_bed_stop(bed);
	guest_verbs_forget(&v);
	guest_bed_assert_empty(bed);
	works(bed);
}

static void kill_hca(struct guest_bed *bed)
{
	model_bed_control(bed->model, "fatal a");
	guest_bed_wait_status(bed, UP_STATUS_FAILED);
}

static void wait_fatal_event(struct guest_bed *bed)
{
	struct up_event event;

	do
		assert_true(guest_bed_event(bed, &event, GUEST_WAIT_MS));
	while (le32toh(event.type) != UP_EVENT_FATAL);
}

static void a_dead_hca_fails_every_command_and_lives_after_a_reset(void **state)
{
	uint8_t in[UP_SLOT_DATA], out[UP_SLOT_DATA];
	struct guest_bed *bed = *state;
	struct guest_world w;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		guest_world_open(bed, &w);
		kill_hca(bed);
		wait_fatal_event(bed);
		assert_int_equal(guest_bed_command(bed, UP_ALLOC_PD, NULL, 0, out,
						   sizeof(struct up_number_out)), UP_HCA_FAILED);
		assert_int_equal(guest_bed_command(bed, UP_REG_MR, in,
						   guest_world_command(&w, UP_REG_MR, in), out,
						   sizeof(struct up_reg_mr_out)), UP_HCA_FAILED);
		assert_int_equal(guest_end(bed, UP_DESTROY_QP, w.rc.qpn), UP_HCA_FAILED);
		assert_int_equal(guest_end(bed, UP_DESTROY_QP, w.rc.qpn), UP_BAD_OBJECT);
		guest_world_forget(&w);
		works(bed);
	}
	model_bed_forgive(bed->model);
}

static void a_dead_hca_without_a_guest_lives_for_the_next(void **state)
{
	struct guest_bed *bed = *state;

	guest_bed_stop(bed);
	kill_hca(bed);
	guest_bed_detach(bed);
	guest_bed_attach(bed);
	guest_bed_wait_status(bed, UP_STATUS_RESET);
	model_bed_forgive(bed->model);
	works(bed);
}

static void a_command_without_an_answer_costs_a_reset_of_the_hca(void **state)
{
	const struct pv_config config = { .command_ms = 1000 };
	struct guest_bed *bed = *state;
	struct up_number_out out;
	uint32_t pd;

	reopen(bed, &config);
	pd = guest_make(bed, UP_ALLOC_PD, NULL, 0);
	model_bed_control(bed->model, "inject a kind=timeout after=0");
	assert_int_equal(guest_bed_command(bed, UP_ALLOC_PD, NULL, 0, &out, sizeof(out)),
			 UP_HCA_FAILED);
	assert_int_equal(guest_end(bed, UP_FREE_PD, pd), UP_OK);
	guest_bed_stop(bed);
	model_bed_forgive(bed->model);
	guest_bed_assert_empty(bed);
	works(bed);
}

static void what_the_hca_refuses_is_told_with_its_syndrome(void **state)
{
	struct guest_bed *bed = *state;
	struct up_number_out out;

	model_bed_control(bed->model, "inject a kind=status after=0 status=8");
	assert_int_equal(guest_bed_command(bed, UP_ALLOC_PD, NULL, 0, &out, sizeof(out)),
			 UP_HCA_REFUSED);
	works(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(a_driver_that_is_unloaded_leaves_nothing),
		in_guest(a_reset_is_answered_after_all_is_unmapped),
		in_guest(a_guest_that_is_killed_leaves_nothing),
		in_guest(a_guest_that_is_killed_amid_commands_leaves_nothing),
		in_guest(the_daemon_can_end_at_any_time),
		in_guest(memory_that_goes_takes_its_region_along),
		in_guest(a_dead_hca_fails_every_command_and_lives_after_a_reset),
		in_guest(a_dead_hca_without_a_guest_lives_for_the_next),
		in_guest(a_command_without_an_answer_costs_a_reset_of_the_hca),
		in_guest(what_the_hca_refuses_is_told_with_its_syndrome),
	};

	return cmocka_run_group_tests_name("end of a guest", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
