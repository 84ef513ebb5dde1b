// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about the way of packets: who gets them, in which order,
 * what is copied and counted. It must never know faults.
 */
#include "tests/unit/fabric/fabric_bed.h"

#include "tests/hca-model/fabric/switch.h"

static void a_packet_gets_to_the_lid_it_names(void **state)
{
	struct bed *bed = *state;
	struct end *a = &bed->end[0], *b = &bed->end[1];
	struct packet pkt = ud_packet(b->port->lid, 5, 77);

	port_send(a->port, &pkt);
	assert_int_equal(a->n, 0);
	assert_int_equal(b->n, 1);
	assert_int_equal(b->seen[0].pkt.psn, 77);
	assert_int_equal(b->seen[0].pkt.slid, a->port->lid);
}

static void the_payload_is_lent_not_copied(void **state)
{
	struct bed *bed = *state;
	char data[100] = "payload";
	struct packet pkt = ud_packet_with(bed->end[1].port->lid, 5, 0, data, sizeof(data));

	port_send(bed->end[0].port, &pkt);
	assert_ptr_equal(bed->end[1].seen[0].payload, data);
}

static void answer_twice(struct end *end, struct packet *pkt)
{
	char data[16] = "answer";
	struct packet first = ud_packet_with(pkt->slid, 9, 1, data, sizeof(data));
	struct packet second = ud_packet_with(pkt->slid, 9, 2, data, sizeof(data));

	port_send(end->port, &first);
	port_send(end->port, &second);
	/* What was lent is gone when the answers arrive. */
	memset(data, 0, sizeof(data));
	*(unsigned int *)end->arg = ((struct end *)end)->n;
}

static void sends_from_inside_a_delivery_follow_in_order(void **state)
{
	struct bed *bed = *state;
	struct end *a = &bed->end[0], *b = &bed->end[1];
	struct packet pkt = ud_packet(b->port->lid, 5, 0);
	unsigned int inside = 0;

	b->on_packet = answer_twice;
	b->arg = &inside;
	port_send(a->port, &pkt);
	assert_int_equal(inside, 1);
	assert_int_equal(a->n, 2);
	assert_int_equal(a->seen[0].pkt.psn, 1);
	assert_int_equal(a->seen[1].pkt.psn, 2);
	assert_string_equal(a->seen[1].data, "answer");
}

static void keep_playing(struct end *end, struct packet *pkt)
{
	struct packet back = ud_packet(pkt->slid, 5, pkt->psn + 1);

	end->n = 0;
	if (pkt->psn < 3 * SWITCH_SLICE)
		port_send(end->port, &back);
	else
		*(bool *)end->arg = true;
}

static void an_endless_exchange_does_not_starve_the_loop(void **state)
{
	struct bed *bed = *state;
	struct end *a = &bed->end[0], *b = &bed->end[1];
	struct packet pkt = ud_packet(b->port->lid, 5, 0);
	bool over = false;

	a->on_packet = keep_playing;
	b->on_packet = keep_playing;
	a->arg = &over;
	b->arg = &over;
	port_send(a->port, &pkt);
	assert_false(over);
	bed_run(bed, 50);
	assert_true(over);
}

static void flood(struct end *end, struct packet *pkt)
{
	unsigned int i;

	end->on_packet = NULL;
	for (i = 0; i < SWITCH_QUEUE + 10; i++) {
		struct packet back = ud_packet(pkt->slid == end->port->lid ? 0 : 0xbff0, 5, i);

		port_send(end->port, &back);
	}
}

static void the_queue_of_nested_packets_is_bounded(void **state)
{
	struct bed *bed = *state;
	struct packet pkt = ud_packet(bed->end[1].port->lid, 5, 0);

	bed->end[1].on_packet = flood;
	port_send(bed->end[0].port, &pkt);
	bed_run(bed, 20);
	assert_int_equal(bed->end[1].port->count.xmit_discards, 10);
}

static void a_port_reaches_itself(void **state)
{
	struct bed *bed = *state;
	struct end *a = &bed->end[0];
	struct packet pkt = ud_packet(a->port->lid, 5, 3);

	port_send(a->port, &pkt);
	assert_int_equal(a->n, 1);
	assert_int_equal(a->seen[0].pkt.psn, 3);
}

static void a_port_has_all_lids_of_its_lmc(void **state)
{
	struct bed *bed = *state;
	struct end *a = &bed->end[0], *b = &bed->end[1];
	struct packet pkt;
	unsigned int i;

	port_set_link(b->port, false);
	port_set_lid(b->port, 0, 2);
	port_set_link(b->port, true);
	bed_run_until_active(bed);
	assert_int_equal(b->port->lid % 4, 0);
	for (i = 0; i < 4; i++) {
		pkt = ud_packet((uint16_t)(b->port->lid + i), 5, i);
		port_send(a->port, &pkt);
	}
	pkt = ud_packet((uint16_t)(b->port->lid + 3), 5, i);
	port_send(b->port, &pkt);
	assert_int_equal(b->n, 5);
}

static void a_port_that_is_not_active_discards_and_counts(void **state)
{
	struct bed *bed = *state;
	struct end *a = &bed->end[0], *b = &bed->end[1];
	struct packet pkt = ud_packet(b->port->lid, 5, 0);

	port_set_link(a->port, false);
	port_send(a->port, &pkt);
	assert_int_equal(a->port->count.xmit_discards, 1);
	assert_int_equal(a->port->count.xmit_packets, 0);
	pkt = ud_packet(a->port->lid, 5, 0);
	port_send(b->port, &pkt);
	assert_int_equal(a->n, 0);
	assert_int_equal(b->n, 0);
}

static void a_lid_that_nobody_has_swallows_packets(void **state)
{
	struct bed *bed = *state;
	struct packet pkt = ud_packet(0xbfff, 5, 0);

	port_send(bed->end[0].port, &pkt);
	pkt = ud_packet(0, 5, 0);
	port_send(bed->end[0].port, &pkt);
	assert_int_equal(bed->end[0].n + bed->end[1].n, 0);
}

static void counters_move_by_what_is_on_the_wire(void **state)
{
	struct bed *bed = *state;
	struct port *a = bed->end[0].port, *b = bed->end[1].port;
	struct port_counters before = a->count;
	char data[101] = { 0 };
	struct packet pkt = ud_packet_with(b->lid, 5, 0, data, sizeof(data));
	/* LRH 8, BTH 12, DETH 8, 101 padded to 104, ICRC 4 */
	uint64_t bytes = 8 + 12 + 8 + 104 + 4;

	port_send(a, &pkt);
	assert_int_equal(a->count.xmit_bytes - before.xmit_bytes, bytes);
	assert_int_equal(b->count.rcv_bytes, bytes);
	assert_int_equal(a->count.unicast_xmit - before.unicast_xmit, 1);
	assert_int_equal(b->count.unicast_rcv, 1);

	pkt = (struct packet){ .opcode = bth(BTH_RC, OP_WRITE_ONLY_IMM), .grh = true };
	assert_int_equal(port_wire_bytes(&pkt), 8 + 40 + 12 + 16 + 4 + 4);
	pkt = (struct packet){ .opcode = bth(BTH_XRC, OP_COMPARE_SWAP) };
	assert_int_equal(port_wire_bytes(&pkt), 8 + 12 + 28 + 4 + 4);
	pkt = (struct packet){ .opcode = bth(BTH_XRC, OP_ACK) };
	assert_int_equal(port_wire_bytes(&pkt), 8 + 12 + 4 + 4);
}

static struct packet multicast_packet(uint16_t mlid, uint8_t last)
{
	struct packet pkt = ud_packet(mlid, QPN_MULTICAST, 0);

	pkt.grh = true;
	pkt.dgid[0] = 0xff;
	pkt.dgid[1] = 0x0e;
	pkt.dgid[15] = last;
	return pkt;
}

static void a_group_nobody_told_the_sa_of_gets_everywhere(void **state)
{
	struct bed *bed = *state;
	struct packet pkt = multicast_packet(0xc000, 1);
	struct end *c = bed_add(bed);

	bed_run_until_active(bed);
	port_send(bed->end[0].port, &pkt);
	assert_int_equal(bed->end[0].n, 1);
	assert_int_equal(bed->end[1].n, 1);
	assert_int_equal(c->n, 1);
	assert_int_equal(c->port->count.multicast_rcv, 1);
	assert_int_equal(bed->end[0].port->count.multicast_xmit, 1);
}

static void a_known_group_gets_to_its_members_and_the_sender(void **state)
{
	struct bed *bed = *state;
	struct packet pkt = multicast_packet(0, 2);
	struct end *c = bed_add(bed);
	struct mcgroup *group;

	bed_run_until_active(bed);
	assert_int_equal(multicast_create(bed->fabric, pkt.dgid, &group), 0);
	assert_int_equal(multicast_join(bed->fabric, group, c->port->switch_port,
					c->port->gid[0], JOIN_FULL), 0);
	pkt.dlid = group->mlid;
	port_send(bed->end[0].port, &pkt);
	assert_int_equal(bed->end[0].n, 1);
	assert_int_equal(bed->end[1].n, 0);
	assert_int_equal(c->n, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_packet_gets_to_the_lid_it_names),
		TEST(the_payload_is_lent_not_copied),
		TEST(sends_from_inside_a_delivery_follow_in_order),
		TEST(an_endless_exchange_does_not_starve_the_loop),
		TEST(the_queue_of_nested_packets_is_bounded),
		TEST(a_port_reaches_itself),
		TEST(a_port_has_all_lids_of_its_lmc),
		TEST(a_port_that_is_not_active_discards_and_counts),
		TEST(a_lid_that_nobody_has_swallows_packets),
		TEST(counters_move_by_what_is_on_the_wire),
		TEST(a_group_nobody_told_the_sa_of_gets_everywhere),
		TEST(a_known_group_gets_to_its_members_and_the_sender),
	};

	return cmocka_run_group_tests_name("fabric/delivery", tests, NULL, NULL);
}
