// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about bad lines: how often packets are lost, doubled,
 * overtaken, and that time passes when told. It must never know transports.
 */
#include "tests/unit/fabric/fabric_bed.h"

#include <errno.h>

#include "tests/hca-model/fabric/faults.h"

enum { PACKETS = 2000 };

static void send_many(struct bed *bed, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct packet pkt = ud_packet(bed->end[1].port->lid, 5, i);

		port_send(bed->end[0].port, &pkt);
	}
}

static void losses_are_as_many_as_asked(void **state)
{
	const struct fault_config config = { .loss = 0.1, .seed = 42 };
	struct bed *bed = *state;

	assert_int_equal(faults_set(bed->end[0].port, FAULT_TX, &config), 0);
	send_many(bed, PACKETS);
	assert_in_range(bed->end[1].n, PACKETS * 87 / 100, PACKETS * 93 / 100);
	assert_int_equal(faults_stats(bed->end[0].port, FAULT_TX).lost,
			 PACKETS - bed->end[1].n);
}

static void the_same_seed_loses_the_same_packets(void **state)
{
	const struct fault_config config = { .loss = 0.3, .seed = 7 };
	const struct fault_config other = { .loss = 0.3, .seed = 8 };
	struct bed *bed = *state;
	uint32_t first[100];
	unsigned int i, n;

	faults_set(bed->end[1].port, FAULT_RX, &config);
	send_many(bed, 100);
	n = bed->end[1].n;
	for (i = 0; i < n; i++)
		first[i] = bed->end[1].seen[i].pkt.psn;
	bed_forget(bed);
	faults_set(bed->end[1].port, FAULT_RX, &config);
	send_many(bed, 100);
	assert_int_equal(bed->end[1].n, n);
	for (i = 0; i < n; i++)
		assert_int_equal(bed->end[1].seen[i].pkt.psn, first[i]);
	bed_forget(bed);
	faults_set(bed->end[1].port, FAULT_RX, &other);
	send_many(bed, 100);
	for (i = 0; i < n && i < bed->end[1].n && bed->end[1].seen[i].pkt.psn == first[i]; i++)
		;
	assert_int_not_equal(i, n);
}

static void duplicates_are_as_many_as_asked(void **state)
{
	const struct fault_config config = { .dup = 0.2, .seed = 1 };
	struct bed *bed = *state;

	faults_set(bed->end[0].port, FAULT_TX, &config);
	send_many(bed, PACKETS);
	assert_in_range(bed->end[1].n, PACKETS * 117 / 100, PACKETS * 123 / 100);
}

static void reordering_loses_nothing(void **state)
{
	const struct fault_config config = { .reorder = 0.2, .seed = 1 };
	struct bed *bed = *state;
	bool got[PACKETS] = { false };
	unsigned int i, overtaken = 0;

	faults_set(bed->end[0].port, FAULT_TX, &config);
	send_many(bed, PACKETS);
	bed_run(bed, 10);
	assert_int_equal(bed->end[1].n, PACKETS);
	for (i = 0; i < PACKETS; i++) {
		uint32_t psn = bed->end[1].seen[i].pkt.psn;

		assert_false(got[psn]);
		got[psn] = true;
		overtaken += i && psn < bed->end[1].seen[i - 1].pkt.psn;
	}
	assert_in_range(overtaken, PACKETS * 12 / 100, PACKETS * 23 / 100);
}

static void a_held_packet_comes_without_a_follower(void **state)
{
	const struct fault_config config = { .reorder = 1.0, .seed = 1 };
	struct bed *bed = *state;

	faults_set(bed->end[0].port, FAULT_TX, &config);
	send_many(bed, 1);
	assert_int_equal(bed->end[1].n, 0);
	bed_run(bed, 20);
	assert_int_equal(bed->end[1].n, 1);
}

static void delay_keeps_order_and_payload(void **state)
{
	const struct fault_config config = { .delay_us = 20000 };
	struct bed *bed = *state;
	char data[8] = "before";
	struct packet pkt = ud_packet_with(bed->end[1].port->lid, 5, 0, data, sizeof(data));
	unsigned int i;

	faults_set(bed->end[0].port, FAULT_TX, &config);
	port_send(bed->end[0].port, &pkt);
	memcpy(data, "after", 6);
	send_many(bed, 50);
	assert_int_equal(bed->end[1].n, 0);
	bed_run(bed, 100);
	assert_int_equal(bed->end[1].n, 51);
	assert_string_equal(bed->end[1].seen[0].data, "before");
	for (i = 0; i < 50; i++)
		assert_int_equal(bed->end[1].seen[i + 1].pkt.psn, i);
}

static void clearing_lets_go_what_waits(void **state)
{
	const struct fault_config config = { .delay_us = 5000000, .reorder = 0.5, .seed = 3 };
	struct bed *bed = *state;

	faults_set(bed->end[0].port, FAULT_TX, &config);
	send_many(bed, 100);
	assert_int_equal(bed->end[1].n, 0);
	faults_clear(bed->end[0].port);
	assert_int_equal(bed->end[1].n, 100);
	assert_null(bed->end[0].port->faults);
}

static void a_port_that_goes_away_drops_what_waits(void **state)
{
	const struct fault_config config = { .delay_us = 5000000, .reorder = 0.5, .seed = 3 };
	struct bed *bed = *state;

	faults_set(bed->end[0].port, FAULT_TX, &config);
	faults_set(bed->end[1].port, FAULT_RX, &config);
	send_many(bed, 100);
	assert_int_equal(bed->end[1].n, 0);
}

static void impossible_probabilities_are_refused(void **state)
{
	const struct fault_config config[] = { { .loss = 1.1 }, { .dup = -0.1 },
					       { .reorder = __builtin_nan("") } };
	struct bed *bed = *state;
	unsigned int i;

	for (i = 0; i < 3; i++)
		assert_int_equal(faults_set(bed->end[0].port, FAULT_TX, &config[i]), -EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(losses_are_as_many_as_asked),
		TEST(the_same_seed_loses_the_same_packets),
		TEST(duplicates_are_as_many_as_asked),
		TEST(reordering_loses_nothing),
		TEST(a_held_packet_comes_without_a_follower),
		TEST(delay_keeps_order_and_payload),
		TEST(clearing_lets_go_what_waits),
		TEST(a_port_that_goes_away_drops_what_waits),
		TEST(impossible_probabilities_are_refused),
	};

	return cmocka_run_group_tests_name("fabric/faults", tests, NULL, NULL);
}
