// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about subnet and performance management agents, on the
 * wire and by directed routes. It must never know the SA.
 */
#include "tests/unit/fabric/fabric_bed.h"

#include "tests/hca-model/fabric/switch.h"
#include "tests/hca-model/mgmt/pma.h"
#include "tests/hca-model/mgmt/smp.h"

static void node_info_tells_a_channel_adapter(void **state)
{
	struct bed *bed = *state;
	struct port *port = bed->end[0].port;
	uint8_t mad[MAD_BYTES];

	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_NODE_INFO, 0);
	assert_true(smp_answer(port, mad, true));
	assert_int_equal(mad[MAD_METHOD], METHOD_GET_RESP);
	assert_int_equal(mad_status_of(mad), STATUS_OK);
	assert_int_equal(mad[SMP_DATA + 2], 1);
	assert_int_equal(mad[SMP_DATA + 3], 1);
	assert_true(mad_get64(mad + SMP_DATA + 12) == port->node_guid);
	assert_int_equal(mad_get16(mad + SMP_DATA + 30), 0x1013);
}

static void port_info_tells_an_active_4x_edr_link(void **state)
{
	struct bed *bed = *state;
	struct port *port = bed->end[0].port;
	uint8_t mad[MAD_BYTES], *info = mad + SMP_DATA;

	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_PORT_INFO, 1);
	assert_true(smp_answer(port, mad, true));
	assert_int_equal(mad_get16(info + PORTINFO_LID), port->lid);
	assert_int_equal(info[PORTINFO_SPEED_STATE] & 15, PORT_ACTIVE);
	assert_int_equal(info[PORTINFO_PHYS] >> 4, PHYS_LINK_UP);
	assert_int_equal(info[PORTINFO_WIDTH_ACTIVE], 2);
	assert_int_equal(info[PORTINFO_EXT_SPEED] >> 4, 2);
	assert_int_equal(info[PORTINFO_MTU_SMSL] >> 4, IB_MTU_4096);
}

static void what_the_sma_does_not_know_is_answered_with_a_status(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];

	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_SWITCH_INFO, 0);
	assert_true(smp_answer(bed->end[0].port, mad, true));
	assert_int_equal(mad_status_of(mad), STATUS_BAD_ATTR);
	mad_init(mad, CLASS_SMP_LID, METHOD_SET, ATTR_NODE_INFO, 0);
	assert_true(smp_answer(bed->end[0].port, mad, true));
	assert_int_equal(mad_status_of(mad), STATUS_BAD_ATTR);
	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_NODE_INFO, 0);
	mad[MAD_CLASS_VERSION] = 9;
	assert_true(smp_answer(bed->end[0].port, mad, true));
	assert_int_equal(mad_status_of(mad), STATUS_BAD_VERSION);
	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_PKEY_TABLE, 4);
	assert_true(smp_answer(bed->end[0].port, mad, true));
	assert_int_equal(mad_status_of(mad), STATUS_BAD_VALUE);
}

static void an_smp_by_lid_is_answered_by_the_far_port(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];

	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_NODE_INFO, 0);
	assert_true(bed_ask(bed, &bed->end[0], bed->end[1].port->lid, 0, mad));
	assert_true(mad_get64(mad + SMP_DATA + 20) == bed->end[1].port->port_guid);
	assert_int_equal(bed->end[1].n, 0);
	assert_int_equal(bed->end[0].seen[0].pkt.dqpn, 0);
	assert_int_equal(bed->end[0].seen[0].pkt.slid, bed->end[1].port->lid);
}

static void a_directed_route_of_one_hop_ends_at_the_switch(void **state)
{
	static const uint8_t path[] = { 1 };
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];

	mad_init(mad, CLASS_SMP_DIRECT, METHOD_GET, ATTR_NODE_INFO, 0);
	mad_route(mad, 1, path);
	assert_true(bed_ask(bed, &bed->end[1], LID_PERMISSIVE, 0, mad));
	assert_int_equal(mad_status_of(mad), STATUS_DIRECTION);
	assert_int_equal(mad[SMP_DATA + 2], 2);
	assert_int_equal(mad[SMP_DATA + 3], SWITCH_PORTS);
	assert_int_equal(mad[SMP_DATA + 36], bed->end[1].port->switch_port);
	assert_int_equal(mad[SMP_HOP_PTR], 1);
	assert_int_equal(mad[SMP_RETURN_PATH + 1], bed->end[1].port->switch_port);
}

static void a_directed_route_of_two_hops_ends_at_the_far_port(void **state)
{
	struct bed *bed = *state;
	const uint8_t path[] = { 1, (uint8_t)bed->end[1].port->switch_port };
	uint8_t mad[MAD_BYTES];

	mad_init(mad, CLASS_SMP_DIRECT, METHOD_GET, ATTR_PORT_INFO, 0);
	mad_route(mad, 2, path);
	assert_true(bed_ask(bed, &bed->end[0], LID_PERMISSIVE, 0, mad));
	assert_int_equal(mad_status_of(mad), STATUS_DIRECTION);
	assert_int_equal(mad_get16(mad + SMP_DATA + PORTINFO_LID), bed->end[1].port->lid);
	/* What the driver's SMI wants to see of an answer that came home. */
	assert_int_equal(mad[SMP_HOP_PTR], 1);
	assert_int_equal(mad[SMP_RETURN_PATH + 1], bed->end[0].port->switch_port);
	assert_int_equal(mad[SMP_RETURN_PATH + 2], 1);
}

static void directed_routes_pass_before_a_port_is_active(void **state)
{
	struct bed *bed = *state;
	const uint8_t path[] = { 1, (uint8_t)bed->end[1].port->switch_port };
	uint8_t mad[MAD_BYTES];

	fabric_set_sm(bed->fabric, false);
	port_retrain(bed->end[0].port);
	port_retrain(bed->end[1].port);
	bed_run(bed, 10);
	assert_int_equal(bed->end[0].port->state, PORT_INIT);
	mad_init(mad, CLASS_SMP_DIRECT, METHOD_GET, ATTR_NODE_INFO, 0);
	mad_route(mad, 2, path);
	assert_true(bed_ask(bed, &bed->end[0], LID_PERMISSIVE, 0, mad));
}

static void directed_routes_that_lead_nowhere_are_lost(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];
	unsigned int i;
	const struct { uint8_t hops, ptr, exit; } bad[] = {
		{ 2, 1, 50 }, { 2, 1, 255 }, { 2, 0, 2 }, { 2, 3, 2 }, { 64, 1, 2 }, { 255, 1, 2 },
		{ 0, 0, 0 },
	};

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		mad_init(mad, CLASS_SMP_DIRECT, METHOD_GET, ATTR_NODE_INFO, 0);
		mad[SMP_INITIAL_PATH + 1] = 1;
		mad[SMP_INITIAL_PATH + 2] = bad[i].exit;
		mad[SMP_HOP_CNT] = bad[i].hops;
		mad[SMP_HOP_PTR] = bad[i].ptr;
		assert_false(bed_ask(bed, &bed->end[0], LID_PERMISSIVE, 0, mad));
	}
}

static void an_outside_sm_can_bring_a_port_up(void **state)
{
	struct bed *bed = *state;
	struct end *b = &bed->end[1];
	const uint8_t path[] = { 1, (uint8_t)b->port->switch_port };
	uint8_t mad[MAD_BYTES], *info = mad + SMP_DATA, order;

	fabric_set_sm(bed->fabric, false);
	port_retrain(b->port);
	bed_run(bed, 10);
	bed_forget(bed);
	for (order = PORT_ARMED; order <= PORT_ACTIVE; order++) {
		mad_init(mad, CLASS_SMP_DIRECT, METHOD_SET, ATTR_PORT_INFO, 1);
		mad_route(mad, 2, path);
		portinfo_put(info, b->port);
		mad_put16(info + PORTINFO_LID, 77);
		info[PORTINFO_SPEED_STATE] = order;
		info[PORTINFO_PHYS] = 0;
		assert_true(bed_ask(bed, &bed->end[0], LID_PERMISSIVE, 0, mad));
		assert_int_equal(mad_status_of(mad), STATUS_DIRECTION);
		assert_int_equal(info[PORTINFO_SPEED_STATE] & 15, order);
	}
	assert_int_equal(b->port->lid, 77);
	assert_int_equal(b->n_changes, 2);
	assert_int_equal(b->change[0], PORT_CHANGE_LID);
	assert_int_equal(b->change[1], PORT_CHANGE_ACTIVE);

	mad_init(mad, CLASS_SMP_DIRECT, METHOD_GET, ATTR_LFT, 77 / 64);
	mad_route(mad, 1, path);
	assert_true(bed_ask(bed, &bed->end[0], LID_PERMISSIVE, 0, mad));
	mad[MAD_METHOD] = METHOD_SET;
	mad_put16(mad + MAD_STATUS, 0);
	mad_route(mad, 1, path);
	info[77 % 64] = (uint8_t)b->port->switch_port;
	assert_true(bed_ask(bed, &bed->end[0], LID_PERMISSIVE, 0, mad));
	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_NODE_DESC, 0);
	assert_true(bed_ask(bed, &bed->end[0], 77, 0, mad));
}

static void states_cannot_be_skipped(void **state)
{
	struct bed *bed = *state;
	struct port *port = bed->end[0].port;
	uint8_t mad[MAD_BYTES];

	fabric_set_sm(bed->fabric, false);
	port_retrain(port);
	bed_run(bed, 10);
	mad_init(mad, CLASS_SMP_LID, METHOD_SET, ATTR_PORT_INFO, 1);
	portinfo_put(mad + SMP_DATA, port);
	mad[SMP_DATA + PORTINFO_SPEED_STATE] = PORT_ACTIVE;
	mad[SMP_DATA + PORTINFO_PHYS] = 0;
	assert_true(smp_answer(port, mad, true));
	assert_int_equal(mad_status_of(mad), STATUS_BAD_VALUE);
	assert_int_equal(port->state, PORT_INIT);
}

static void an_m_key_keeps_strangers_out(void **state)
{
	struct bed *bed = *state;
	struct port *port = bed->end[1].port;
	uint8_t mad[MAD_BYTES];

	port->m_key = 0x1234;
	mad_init(mad, CLASS_SMP_LID, METHOD_SET, ATTR_PKEY_TABLE, 0);
	assert_false(bed_ask(bed, &bed->end[0], port->lid, 0, mad));
	assert_int_equal(port->mkey_violations, 1);
	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_NODE_INFO, 0);
	assert_true(bed_ask(bed, &bed->end[0], port->lid, 0, mad));

	port->m_key_protect = 1;
	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_PORT_INFO, 0);
	assert_true(bed_ask(bed, &bed->end[0], port->lid, 0, mad));
	assert_true(mad_get64(mad + SMP_DATA + PORTINFO_MKEY) == 0);

	port->m_key_protect = 2;
	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_NODE_INFO, 0);
	assert_false(bed_ask(bed, &bed->end[0], port->lid, 0, mad));
	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_PORT_INFO, 0);
	mad_put64(mad + SMP_MKEY, 0x1234);
	assert_true(bed_ask(bed, &bed->end[0], port->lid, 0, mad));
	assert_true(mad_get64(mad + SMP_DATA + PORTINFO_MKEY) == 0x1234);
}

static void answers_and_sm_questions_go_up_to_the_driver(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];
	struct packet pkt = ud_packet_with(bed->end[1].port->lid, 0, 0, mad, MAD_BYTES);

	mad_init(mad, CLASS_SMP_LID, METHOD_GET_RESP, ATTR_NODE_INFO, 0);
	port_send(bed->end[0].port, &pkt);
	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_SM_INFO, 0);
	port_send(bed->end[0].port, &pkt);
	assert_int_equal(bed->end[1].n, 2);
}

static void a_short_smp_is_an_error_and_nothing_else(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];
	struct packet pkt = ud_packet_with(bed->end[1].port->lid, 0, 0, mad, 60);

	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_NODE_INFO, 0);
	port_send(bed->end[0].port, &pkt);
	assert_int_equal(bed->end[1].port->count.rcv_errors, 1);
	assert_int_equal(bed->end[0].n + bed->end[1].n, 0);
}

static void a_pkey_table_that_is_set_is_told(void **state)
{
	struct bed *bed = *state;
	struct end *b = &bed->end[1];
	uint8_t mad[MAD_BYTES];

	bed_forget(bed);
	mad_init(mad, CLASS_SMP_LID, METHOD_SET, ATTR_PKEY_TABLE, 1);
	mad_put16(mad + SMP_DATA + 2, 0x8005);
	assert_true(bed_ask(bed, &bed->end[0], b->port->lid, 0, mad));
	assert_int_equal(b->port->pkey[33], 0x8005);
	assert_int_equal(b->n_changes, 1);
	assert_int_equal(b->change[0], PORT_CHANGE_PKEY);
}

static void ask_counters(struct port *port, uint8_t *mad, uint8_t method, uint16_t attr)
{
	mad_init(mad, CLASS_PMA, method, attr, 0);
	mad[PMA_DATA + 1] = 1;
	if (method == METHOD_SET)
		mad_put16(mad + PMA_DATA + 2, 0xffff);
	pma_answer(port, mad);
	assert_int_equal(mad_status_of(mad), STATUS_OK);
}

static void performance_counters_are_words_and_can_be_reset(void **state)
{
	struct bed *bed = *state;
	struct port *port = bed->end[0].port;
	uint8_t mad[MAD_BYTES];

	port->count.xmit_bytes = 4000;
	port->count.xmit_packets = 7;
	ask_counters(port, mad, METHOD_GET, ATTR_PORT_COUNTERS);
	assert_int_equal(mad_get32(mad + PMA_DATA + 24), 1000);
	assert_int_equal(mad_get32(mad + PMA_DATA + 32), 7);
	ask_counters(port, mad, METHOD_SET, ATTR_PORT_COUNTERS);
	port->count.xmit_packets++;
	ask_counters(port, mad, METHOD_GET, ATTR_PORT_COUNTERS);
	assert_int_equal(mad_get32(mad + PMA_DATA + 24), 0);
	assert_int_equal(mad_get32(mad + PMA_DATA + 32), 1);
	ask_counters(port, mad, METHOD_GET, ATTR_PORT_COUNTERS_EXT);
	assert_true(mad_get64(mad + PMA_DATA + 8) == 1000);
	assert_true(mad_get64(mad + PMA_DATA + 24) == 8);
}

static void performance_counters_of_32_bits_stop_at_the_end(void **state)
{
	struct bed *bed = *state;
	struct port *port = bed->end[0].port;
	uint8_t mad[MAD_BYTES];

	port->count.xmit_bytes = 1ull << 40;
	port->count.link_downed = 300;
	ask_counters(port, mad, METHOD_GET, ATTR_PORT_COUNTERS);
	assert_int_equal(mad_get32(mad + PMA_DATA + 24), 0xffffffff);
	assert_int_equal(mad[PMA_DATA + 7], 255);
	ask_counters(port, mad, METHOD_GET, ATTR_PORT_COUNTERS_EXT);
	assert_true(mad_get64(mad + PMA_DATA + 8) == 1ull << 38);
}

static void the_switch_counts_what_its_ports_saw(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];

	bed->end[1].port->count.rcv_packets = 99;
	mad_init(mad, CLASS_PMA, METHOD_GET, ATTR_PORT_COUNTERS, 0);
	mad[PMA_DATA + 1] = (uint8_t)bed->end[1].port->switch_port;
	assert_true(bed_ask(bed, &bed->end[0], bed->fabric->lid, 1, mad));
	assert_int_equal(mad_get32(mad + PMA_DATA + 32), 99);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(node_info_tells_a_channel_adapter),
		TEST(port_info_tells_an_active_4x_edr_link),
		TEST(what_the_sma_does_not_know_is_answered_with_a_status),
		TEST(an_smp_by_lid_is_answered_by_the_far_port),
		TEST(a_directed_route_of_one_hop_ends_at_the_switch),
		TEST(a_directed_route_of_two_hops_ends_at_the_far_port),
		TEST(directed_routes_pass_before_a_port_is_active),
		TEST(directed_routes_that_lead_nowhere_are_lost),
		TEST(an_outside_sm_can_bring_a_port_up),
		TEST(states_cannot_be_skipped),
		TEST(an_m_key_keeps_strangers_out),
		TEST(answers_and_sm_questions_go_up_to_the_driver),
		TEST(a_short_smp_is_an_error_and_nothing_else),
		TEST(a_pkey_table_that_is_set_is_told),
		TEST(performance_counters_are_words_and_can_be_reset),
		TEST(performance_counters_of_32_bits_stop_at_the_end),
		TEST(the_switch_counts_what_its_ports_saw),
	};

	return cmocka_run_group_tests_name("mgmt/smp", tests, NULL, NULL);
}
