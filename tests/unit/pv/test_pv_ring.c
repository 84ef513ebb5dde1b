// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the ring: many commands at once, each answered once, no
 * notification lost, nonsense and memory that goes away end it and nothing else.
 * It must never know what a command means.
 */
#include <endian.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/clock.h"
#include "host-backend/pv/report.h"
#include "tests/unit/pv/guest_bed.h"

enum { ROUNDS = 200 };

static void as_many_commands_as_there_are_slots_are_under_way(void **state)
{
	struct guest_bed *bed = *state;
	struct up_number_out out;
	uint32_t slots[UP_SLOTS], pds[UP_SLOTS];
	unsigned int round, i;

	for (round = 0; round < 10; round++) {
		for (i = 0; i < UP_SLOTS; i++)
			slots[i] = guest_bed_submit(bed, UP_ALLOC_PD, NULL, 0);
		for (i = UP_SLOTS; i--;) {
			assert_int_equal(guest_bed_wait(bed, slots[i], &out, sizeof(out)), UP_OK);
			pds[i] = le32toh(out.number);
		}
		for (i = 0; i < UP_SLOTS; i++) {
			const struct up_number in = { .number = htole32(pds[i]) };

			slots[i] = guest_bed_submit(bed, UP_FREE_PD, &in, sizeof(in));
		}
		for (i = 0; i < UP_SLOTS; i++)
			assert_int_equal(guest_bed_wait(bed, slots[i], NULL, 0), UP_OK);
	}
}

static void one_after_the_other_none_is_forgotten(void **state)
{
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		assert_int_equal(guest_bed_command(*state, 0, NULL, 0, NULL, 0), UP_BAD_COMMAND);
		if (i % 100 == 0)
			hca_sleep_us(2000);	/* so that the device sleeps */
	}
}

static void a_device_that_sleeps_says_so(void **state)
{
	struct guest_bed *bed = *state;
	uint64_t end = hca_now_ms() + GUEST_WAIT_MS;

	assert_int_equal(guest_bed_command(bed, 0, NULL, 0, NULL, 0), UP_BAD_COMMAND);
	while (le32toh(__atomic_load_n(&bed->ring->submit_wake, __ATOMIC_ACQUIRE)) !=
	       bed->submitted + 1)
		assert_true(hca_now_ms() < end);
	assert_int_equal(le32toh(bed->ring->submit_seen), bed->submitted);
	guest_bed_write(bed, UP_REG_KICK, 1);		/* for nothing */
	assert_int_equal(guest_bed_command(bed, 0, NULL, 0, NULL, 0), UP_BAD_COMMAND);
}

static void counters_wrap(void **state)
{
	struct guest_bed *bed = *state;
	unsigned int i;

	for (i = 0; i < 3 * UP_SLOTS; i++)
		assert_int_equal(guest_bed_command(bed, 0, NULL, 0, NULL, 0), UP_BAD_COMMAND);
	assert_int_equal(bed->seen, 3 * UP_SLOTS);
}

static void reserved_words_of_a_slot_are_zero(void **state)
{
	static const size_t words[] = {
		offsetof(struct up_slot, reserved0), offsetof(struct up_slot, reserved1),
		offsetof(struct up_slot, reserved2), offsetof(struct up_slot, reserved2) + 28,
	};
	struct guest_bed *bed = *state;
	const uint32_t one = htole32(1);
	struct up_query_device_out out;
	uint32_t slot;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		/* By hand: before the device may look. */
		memset(&bed->ring->slots[0], 0, sizeof(struct up_slot));
		bed->ring->slots[0].opcode = htole32(UP_QUERY_DEVICE);
		bed->ring->slots[0].sequence = htole32(++bed->sequence);
		memcpy((uint8_t *)&bed->ring->slots[0] + words[i], &one, sizeof(one));
		bed->slot_sequence[0] = bed->sequence;
		bed->busy |= 1;
		bed->done &= ~1ull;
		bed->ring->submissions[bed->submitted % UP_SLOTS] = 0;
		__atomic_store_n(&bed->ring->submit, htole32(++bed->submitted), __ATOMIC_RELEASE);
		guest_bed_write(bed, UP_REG_KICK, 1);
		assert_int_equal(guest_bed_wait(bed, 0, NULL, 0), UP_BAD_COMMAND);
	}
	slot = guest_bed_submit(bed, UP_QUERY_DEVICE, NULL, 0);
	assert_int_equal(guest_bed_wait(bed, slot, &out, sizeof(out)), UP_OK);
}

/* The device ends such a ring, tells by the status, and works again after a reset. */
static void expect_stopped(struct guest_bed *bed)
{
	struct up_query_device_out out;

	guest_bed_write(bed, UP_REG_KICK, 1);
	guest_bed_wait_status(bed, UP_STATUS_REFUSED);
	guest_bed_write(bed, UP_REG_KICK, 1);
	guest_bed_start(bed);
	assert_int_equal(guest_bed_command(bed, UP_QUERY_DEVICE, NULL, 0, &out, sizeof(out)),
			 UP_OK);
}

static void a_counter_that_runs_away_stops_the_ring(void **state)
{
	static const uint32_t submits[] = { UP_SLOTS + 1, 0x7fffffff, 0x80000000, 0xffffffff };
	struct guest_bed *bed = *state;
	size_t i;

	for (i = 0; i < sizeof(submits) / sizeof(submits[0]); i++) {
		__atomic_store_n(&bed->ring->submit, htole32(submits[i]), __ATOMIC_RELEASE);
		expect_stopped(bed);
	}
}

static void a_slot_that_there_is_not_stops_the_ring(void **state)
{
	static const uint32_t slots[] = { UP_SLOTS, 0x7fffffff, 0xffffffff };
	struct guest_bed *bed = *state;
	size_t i;

	for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		bed->ring->submissions[bed->submitted % UP_SLOTS] = htole32(slots[i]);
		__atomic_store_n(&bed->ring->submit, htole32(bed->submitted + 1),
				 __ATOMIC_RELEASE);
		expect_stopped(bed);
	}
}

static void what_the_device_wrote_is_not_believed(void **state)
{
	struct guest_bed *bed = *state;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		bed->ring->submit_seen = htole32(0xdeadbeef);
		bed->ring->event = htole32(0xdeadbeef);
		bed->ring->event_lost = htole32(7);
		assert_int_equal(guest_bed_command(bed, 0, NULL, 0, NULL, 0), UP_BAD_COMMAND);
	}
	assert_int_equal(le32toh(bed->ring->submit_seen), bed->submitted);
}

static void a_slot_submitted_twice_is_answered_twice(void **state)
{
	struct guest_bed *bed = *state;
	uint64_t end = hca_now_ms() + GUEST_WAIT_MS;
	unsigned int i;

	memset(&bed->ring->slots[0], 0, sizeof(struct up_slot));
	bed->ring->slots[0].opcode = htole32(UP_ALLOC_PD);
	for (i = 0; i < UP_SLOTS; i++)
		bed->ring->submissions[i] = 0;
	__atomic_store_n(&bed->ring->submit, htole32(UP_SLOTS), __ATOMIC_RELEASE);
	guest_bed_write(bed, UP_REG_KICK, 1);
	while (le32toh(__atomic_load_n(&bed->ring->complete, __ATOMIC_ACQUIRE)) != UP_SLOTS)
		assert_true(hca_now_ms() < end);
	bed->submitted = bed->seen = UP_SLOTS;
}

static void a_ring_whose_memory_goes_is_left_alone(void **state)
{
	struct guest_bed *bed = *state;

	assert_int_equal(guest_bed_command(bed, 0, NULL, 0, NULL, 0), UP_BAD_COMMAND);
	assert_int_equal(vfu_client_dma_unmap(bed->client, GUEST_LOW, GUEST_REGION), 0);
	memset(bed->mem, 0x5a, sizeof(struct up_ring));
	guest_bed_write(bed, UP_REG_KICK, 1);
	hca_sleep_us(20000);
	assert_int_equal(bed->mem[0], 0x5a);
	assert_int_equal(vfu_client_dma_map(bed->client, GUEST_LOW, GUEST_REGION, 3, bed->ram, 0),
			 0);
	guest_bed_start(bed);
	assert_int_equal(guest_bed_command(bed, 0, NULL, 0, NULL, 0), UP_BAD_COMMAND);
}

struct scribbler {
	struct guest_bed *bed;
	_Atomic bool stop;
};

/* All that a guest can write while the device reads, but for what would stop the ring. */
static void *scribble(void *arg)
{
	struct scribbler *s = arg;
	uint32_t *words = (uint32_t *)s->bed->ring->slots;
	unsigned int seed = 1, at;

	while (!atomic_load(&s->stop)) {
		at = (unsigned int)rand_r(&seed) % (UP_SLOTS * sizeof(struct up_slot) / 4);
		__atomic_store_n(&words[at], (uint32_t)rand_r(&seed) % 0x68, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void slots_that_change_while_they_are_read_do_no_harm(void **state)
{
	struct guest_bed *bed = *state;
	struct scribbler s = { .bed = bed };
	uint64_t end = hca_now_ms() + GUEST_WAIT_MS;
	pthread_t thread;
	uint32_t i, n = 0;

	for (i = 0; i < UP_SLOTS; i++)
		bed->ring->submissions[i] = htole32(i);
	assert_int_equal(pthread_create(&thread, NULL, scribble, &s), 0);
	for (i = 0; i < ROUNDS; i++) {
		n += UP_SLOTS;
		__atomic_store_n(&bed->ring->submit, htole32(n), __ATOMIC_RELEASE);
		guest_bed_write(bed, UP_REG_KICK, 1);
		while (le32toh(__atomic_load_n(&bed->ring->complete, __ATOMIC_ACQUIRE)) != n)
			assert_true(hca_now_ms() < end);
	}
	atomic_store(&s.stop, true);
	pthread_join(thread, NULL);
	guest_bed_start(bed);
	assert_int_equal(guest_bed_command(bed, 0, NULL, 0, NULL, 0), UP_BAD_COMMAND);
}

static void a_limit_of_commands_per_second_holds(void **state)
{
	const struct pv_config config = { .limits.commands_per_second = 1000 };
	struct guest_bed *bed = *state;
	uint64_t start;
	unsigned int i;

	guest_bed_close(bed, true);
	guest_bed_open(bed, &config);
	guest_bed_attach(bed);
	guest_bed_start(bed);
	for (i = 0; i < 100; i++)	/* what may come at once */
		guest_bed_command(bed, 0, NULL, 0, NULL, 0);
	start = hca_now_ms();
	for (i = 0; i < 300; i++)
		guest_bed_command(bed, 0, NULL, 0, NULL, 0);
	assert_in_range(hca_now_ms() - start, 280, 3000);
}

/*
 * Kicks for @n commands that come a millisecond after one another, and each tenth @pause_us later, where the device
 * looks for @spin_us at most.
 */
static uint64_t kicks_of(struct guest_bed *bed, unsigned int spin_us, unsigned int n, unsigned int pause_us)
{
	const struct pv_config config = { .spin_us = spin_us };
	struct pv_report report;

	guest_bed_close(bed, true);
	guest_bed_open(bed, &config);
	guest_bed_attach(bed);
	guest_bed_start(bed);
	while (n--) {
		guest_bed_command(bed, 0, NULL, 0, NULL, 0);
		hca_sleep_us(n % 10 ? 1000 : 1000 + pause_us);
	}
	pv_report(bed->pv, &report);
	return report.kicks;
}

static void who_comes_soon_again_need_not_kick_for_long(void **state)
{
	/* From 20 us to a second it is doubled 16 times. */
	assert_in_range(kicks_of(*state, 1000000, 200, 0), 1, 20);
}

static void who_comes_late_is_not_looked_for(void **state)
{
	assert_in_range(kicks_of(*state, 1, 50, 0), 45, 50);
}

static void a_pause_is_not_all_that_is_remembered(void **state)
{
	/* One kick after each pause, another one to learn again what it made forget: seven, were it all. */
	assert_in_range(kicks_of(*state, 50000, 100, 150000), 10, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(as_many_commands_as_there_are_slots_are_under_way),
		in_guest(one_after_the_other_none_is_forgotten),
		in_guest(a_device_that_sleeps_says_so),
		in_guest(counters_wrap),
		in_guest(reserved_words_of_a_slot_are_zero),
		in_guest(a_counter_that_runs_away_stops_the_ring),
		in_guest(a_slot_that_there_is_not_stops_the_ring),
		in_guest(what_the_device_wrote_is_not_believed),
		in_guest(a_slot_submitted_twice_is_answered_twice),
		in_guest(a_ring_whose_memory_goes_is_left_alone),
		in_guest(slots_that_change_while_they_are_read_do_no_harm),
		in_guest(a_limit_of_commands_per_second_holds),
		in_guest(who_comes_soon_again_need_not_kick_for_long),
		in_guest(who_comes_late_is_not_looked_for),
		in_guest(a_pause_is_not_all_that_is_remembered),
	};

	return cmocka_run_group_tests_name("ring of a guest", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
