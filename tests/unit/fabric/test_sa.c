// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about subnet administration: paths, groups, records, long
 * answers. It must never know SMPs.
 */
#include "tests/unit/fabric/fabric_bed.h"

#include "tests/hca-model/fabric/rmpp.h"
#include "tests/hca-model/fabric/switch.h"

enum { PATH_DGID = 8, PATH_SGID = 24, PATH_DLID = 40, PATH_SLID = 42, PATH_PKEY = 50,
       PATH_MTU = 54, MC_MGID = 0, MC_PORT_GID = 16, MC_QKEY = 32, MC_MLID = 36, MC_PKEY = 40,
       MC_STATE = 48 };

#define BIT(n) (1ull << (n))
#define JOIN_MASK (BIT(0) | BIT(1) | BIT(16))
#define CREATE_MASK (JOIN_MASK | BIT(2) | BIT(6) | BIT(7) | BIT(12) | BIT(13))

static void sa_init(uint8_t *mad, uint8_t method, uint16_t attr, uint64_t mask)
{
	mad_init(mad, CLASS_SA, method, attr, 0);
	mad_put64(mad + SA_COMP_MASK, mask);
}

static bool sa_ask(struct bed *bed, struct end *from, uint8_t *mad)
{
	return bed_ask(bed, from, from->port->sm_lid, 1, mad);
}

static void a_path_record_leads_from_gid_to_gid(void **state)
{
	struct bed *bed = *state;
	struct port *a = bed->end[0].port, *b = bed->end[1].port;
	uint8_t mad[MAD_BYTES], *rec = mad + SA_DATA;

	sa_init(mad, METHOD_GET, ATTR_PATH_RECORD, BIT(2) | BIT(3) | BIT(11) | BIT(12) | BIT(13));
	memcpy(rec + PATH_DGID, b->gid[0], 16);
	memcpy(rec + PATH_SGID, a->gid[0], 16);
	mad_put16(rec + PATH_PKEY, 0xffff);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	assert_int_equal(mad[MAD_METHOD], METHOD_GET_RESP);
	assert_int_equal(mad_status_of(mad), STATUS_OK);
	assert_int_equal(mad_get16(rec + PATH_DLID), b->lid);
	assert_int_equal(mad_get16(rec + PATH_SLID), a->lid);
	assert_int_equal(mad_get16(rec + PATH_PKEY), 0xffff);
	assert_int_equal(rec[PATH_MTU] & 0x3f, IB_MTU_4096);
	assert_int_equal(mad_get16(mad + SA_ATTR_OFFSET), 8);
	assert_int_equal(bed->end[0].seen[0].pkt.dqpn, 1);
	assert_true(bed->end[0].seen[0].pkt.qkey == QKEY_GSI);
}

static void there_is_no_path_to_a_stranger_or_a_port_that_is_down(void **state)
{
	struct bed *bed = *state;
	struct port *b = bed->end[1].port;
	uint8_t mad[MAD_BYTES], *rec = mad + SA_DATA;

	sa_init(mad, METHOD_GET, ATTR_PATH_RECORD, BIT(2));
	mad_put64(rec + PATH_DGID, GID_DEFAULT_PREFIX);
	mad_put64(rec + PATH_DGID + 8, 0xdead);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	assert_int_equal(mad_status_of(mad), SA_STATUS_NO_RECORDS);

	port_set_link(b, false);
	sa_init(mad, METHOD_GET, ATTR_PATH_RECORD, BIT(2));
	memcpy(rec + PATH_DGID, b->gid[0], 16);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	assert_int_equal(mad_status_of(mad), SA_STATUS_NO_RECORDS);
}

static void there_is_no_path_without_a_shared_pkey(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES], *rec = mad + SA_DATA;

	sa_init(mad, METHOD_GET, ATTR_PATH_RECORD, BIT(4) | BIT(5) | BIT(13));
	mad_put16(rec + PATH_SLID, bed->end[0].port->lid);
	mad_put16(rec + PATH_DLID, bed->end[1].port->lid);
	mad_put16(rec + PATH_PKEY, 0x8005);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	assert_int_equal(mad_status_of(mad), SA_STATUS_NO_RECORDS);
}

static void ask_group(uint8_t *mad, uint8_t method, uint64_t mask, const struct port *port)
{
	uint8_t *rec = mad + SA_DATA;

	sa_init(mad, method, ATTR_MCMEMBER_RECORD, mask);
	rec[MC_MGID] = 0xff;
	rec[MC_MGID + 1] = 0x12;
	rec[MC_MGID + 15] = 0x55;
	memcpy(rec + MC_PORT_GID, port->gid[0], 16);
	mad_put32(rec + MC_QKEY, 0x1111);
	mad_put16(rec + MC_PKEY, 0xffff);
	rec[MC_STATE] = JOIN_FULL;
}

static void a_group_is_made_joined_left_and_gone(void **state)
{
	struct bed *bed = *state;
	struct end *a = &bed->end[0], *b = &bed->end[1];
	uint8_t mad[MAD_BYTES], *rec = mad + SA_DATA;
	struct packet pkt;
	uint16_t mlid;

	ask_group(mad, METHOD_SET, CREATE_MASK, a->port);
	assert_true(sa_ask(bed, a, mad));
	assert_int_equal(mad_status_of(mad), STATUS_OK);
	mlid = mad_get16(rec + MC_MLID);
	assert_in_range(mlid, 0xc001, 0xfffe);

	ask_group(mad, METHOD_SET, JOIN_MASK, b->port);
	mad_put32(rec + MC_QKEY, 0);
	assert_true(sa_ask(bed, b, mad));
	assert_int_equal(mad_status_of(mad), STATUS_OK);
	assert_int_equal(mad_get16(rec + MC_MLID), mlid);
	assert_int_equal(mad_get32(rec + MC_QKEY), 0x1111);

	pkt = ud_packet(mlid, QPN_MULTICAST, 0);
	pkt.grh = true;
	memcpy(pkt.dgid, rec + MC_MGID, 16);
	bed_forget(bed);
	port_send(a->port, &pkt);
	assert_int_equal(b->n, 1);

	ask_group(mad, METHOD_DELETE, JOIN_MASK, b->port);
	assert_true(sa_ask(bed, b, mad));
	assert_int_equal(mad[MAD_METHOD], METHOD_DELETE | METHOD_RESPONSE);
	assert_int_equal(mad_status_of(mad), STATUS_OK);
	bed_forget(bed);
	port_send(a->port, &pkt);
	assert_int_equal(b->n, 0);

	ask_group(mad, METHOD_DELETE, JOIN_MASK, b->port);
	assert_true(sa_ask(bed, b, mad));
	assert_int_equal(mad_status_of(mad), SA_STATUS_REQ_INVALID);
	ask_group(mad, METHOD_DELETE, JOIN_MASK, a->port);
	assert_true(sa_ask(bed, a, mad));
	assert_null(multicast_find(bed->fabric, pkt.dgid));
}

static void a_port_that_goes_down_is_in_no_group(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];
	struct mcgroup *group;

	ask_group(mad, METHOD_SET, CREATE_MASK, bed->end[0].port);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	ask_group(mad, METHOD_SET, JOIN_MASK, bed->end[1].port);
	assert_true(sa_ask(bed, &bed->end[1], mad));
	group = multicast_find(bed->fabric, mad + SA_DATA);
	assert_non_null(group);
	port_set_link(bed->end[1].port, false);
	assert_null(multicast_member(group, bed->end[1].port->gid[0]));
	assert_non_null(multicast_member(group, bed->end[0].port->gid[0]));
	port_set_link(bed->end[0].port, false);
	assert_null(multicast_find(bed->fabric, mad + SA_DATA));
}

static void a_join_must_name_what_it_wants(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];

	ask_group(mad, METHOD_SET, JOIN_MASK, bed->end[0].port);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	assert_int_equal(mad_status_of(mad), SA_STATUS_COMPONENTS);
	ask_group(mad, METHOD_SET, CREATE_MASK & ~BIT(1), bed->end[0].port);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	assert_int_equal(mad_status_of(mad), SA_STATUS_COMPONENTS);
	ask_group(mad, METHOD_SET, CREATE_MASK, bed->end[0].port);
	memset(mad + SA_DATA + MC_PORT_GID, 0xab, 16);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	assert_int_equal(mad_status_of(mad), SA_STATUS_GID_INVALID);
}

static void the_ipoib_broadcast_group_is_there(void **state)
{
	static const uint8_t mgid[16] = { 0xff, 0x12, 0x40, 0x1b, 0xff, 0xff, 0, 0,
					  0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES], *rec = mad + SA_DATA;

	sa_init(mad, METHOD_SET, ATTR_MCMEMBER_RECORD, JOIN_MASK | BIT(7));
	memcpy(rec, mgid, 16);
	memcpy(rec + MC_PORT_GID, bed->end[0].port->gid[0], 16);
	mad_put16(rec + MC_PKEY, 0xffff);
	rec[MC_STATE] = JOIN_FULL;
	assert_true(sa_ask(bed, &bed->end[0], mad));
	assert_int_equal(mad_status_of(mad), STATUS_OK);
	assert_int_equal(mad_get16(rec + MC_MLID), 0xc000);
	assert_int_equal(mad_get32(rec + MC_QKEY), 0x0b1b);
}

static void send_ack(struct bed *bed, const uint8_t *data_mad, uint32_t segment, uint32_t window)
{
	uint8_t mad[MAD_BYTES];
	struct packet pkt = ud_packet_with(bed->end[0].port->sm_lid, 1, 0, mad, MAD_BYTES);

	memcpy(mad, data_mad, MAD_BYTES);
	mad[MAD_METHOD] = METHOD_GET_TABLE;
	mad[RMPP_TYPE] = RMPP_ACK;
	mad[RMPP_RTIME_FLAGS] = RMPP_ACTIVE;
	mad_put32(mad + RMPP_SEGMENT, segment);
	mad_put32(mad + RMPP_LENGTH, window);
	port_send(bed->end[0].port, &pkt);
}

static void a_long_table_comes_in_segments_as_the_window_opens(void **state)
{
	struct bed *bed = *state;
	struct end *a = &bed->end[0];
	uint8_t mad[MAD_BYTES];
	const uint8_t *got;
	uint32_t total;

	sa_init(mad, METHOD_GET_TABLE, ATTR_NODE_RECORD, 0);
	bed_forget(bed);
	assert_true(sa_ask(bed, a, mad));
	/* Switch and two HCAs: 3 records of 112 bytes are two segments. */
	assert_int_equal(a->n, 1);
	assert_int_equal(mad[MAD_METHOD], METHOD_GET_TABLE | METHOD_RESPONSE);
	assert_int_equal(mad_status_of(mad), STATUS_OK);
	assert_int_equal(mad[RMPP_TYPE], RMPP_DATA);
	assert_int_equal(mad[RMPP_RTIME_FLAGS] & 7, RMPP_ACTIVE | RMPP_FIRST);
	assert_int_equal(mad_get16(mad + SA_ATTR_OFFSET), 14);
	total = mad_get32(mad + RMPP_LENGTH);
	assert_int_equal(total, 3 * 112 + 2 * 20);

	send_ack(bed, mad, 1, 64);
	bed_run(bed, 5);
	assert_int_equal(a->n, 2);
	got = a->seen[1].data;
	assert_int_equal(mad_get32(got + RMPP_SEGMENT), 2);
	assert_int_equal(got[RMPP_RTIME_FLAGS] & 7, RMPP_ACTIVE | RMPP_LAST);
	assert_int_equal(mad_get32(got + RMPP_LENGTH), 3 * 112 - 200 + 20);
	send_ack(bed, got, 2, 64);
	bed_run(bed, 1200);
	assert_int_equal(a->n, 2);
}

static void a_segment_that_is_lost_is_sent_again_but_not_for_ever(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];

	sa_init(mad, METHOD_GET_TABLE, ATTR_NODE_RECORD, 0);
	bed_forget(bed);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	bed_run(bed, 1200);
	assert_int_equal(bed->end[0].n, 2);
	assert_memory_equal(bed->end[0].seen[1].data, mad, MAD_BYTES);
	bed_run(bed, 5000);
	assert_in_range(bed->end[0].n, 4, 6);
}

static void nonsense_acknowledgements_end_the_transfer(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];

	sa_init(mad, METHOD_GET_TABLE, ATTR_PATH_RECORD, 0);
	bed_forget(bed);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	send_ack(bed, mad, 7, 3);
	bed_run(bed, 1200);
	assert_int_equal(bed->end[0].n, 1);
}

static void an_empty_table_is_an_answer(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];

	sa_init(mad, METHOD_GET_TABLE, ATTR_SERVICE_RECORD, 0);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	assert_int_equal(mad_status_of(mad), STATUS_OK);
	assert_int_equal(mad_get32(mad + RMPP_LENGTH), 20);
	assert_int_equal(mad[RMPP_RTIME_FLAGS] & 7, RMPP_ACTIVE | RMPP_FIRST | RMPP_LAST);
}

static void a_service_is_registered_found_and_deleted(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];
	unsigned int i;
	static const struct { uint8_t method; uint16_t status; } steps[] = {
		{ METHOD_SET, STATUS_OK }, { METHOD_GET, STATUS_OK }, { METHOD_DELETE, STATUS_OK },
		{ METHOD_GET, SA_STATUS_NO_RECORDS }, { METHOD_DELETE, SA_STATUS_NO_RECORDS },
	};

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		sa_init(mad, steps[i].method, ATTR_SERVICE_RECORD, BIT(0));
		mad_put64(mad + SA_DATA, 0x1000000000000001ull);
		assert_true(sa_ask(bed, &bed->end[0], mad));
		assert_int_equal(mad_status_of(mad), steps[i].status);
	}
}

static void what_the_sa_does_not_know_is_answered_with_a_status(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];

	sa_init(mad, METHOD_GET, 0x77, 0);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	assert_int_equal(mad_status_of(mad), STATUS_BAD_ATTR);
	sa_init(mad, METHOD_SET, ATTR_PATH_RECORD, 0);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	assert_int_equal(mad_status_of(mad), STATUS_BAD_ATTR);
	sa_init(mad, METHOD_GET, ATTR_CLASS_PORT_INFO, 0);
	assert_true(sa_ask(bed, &bed->end[0], mad));
	assert_int_equal(mad_status_of(mad), STATUS_OK);
	assert_int_equal(mad[SA_DATA + 1], 2);
}

static void every_attribute_stands_every_method(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];
	unsigned int attr, m;
	static const uint8_t methods[] = { METHOD_GET, METHOD_SET, METHOD_GET_TABLE,
					   METHOD_DELETE, METHOD_SEND, METHOD_GET_RESP };

	for (attr = 0; attr < 0x40; attr++)
		for (m = 0; m < sizeof(methods); m++) {
			struct packet pkt = ud_packet_with(bed->end[0].port->sm_lid, 1, 0, mad,
							   MAD_BYTES);

			sa_init(mad, methods[m], (uint16_t)attr, ~0ull);
			memset(mad + SA_DATA, 0xff, SA_DATA_BYTES);
			port_send(bed->end[0].port, &pkt);
		}
}

static void without_a_subnet_manager_there_is_no_sa(void **state)
{
	struct bed *bed = *state;
	uint8_t mad[MAD_BYTES];

	fabric_set_sm(bed->fabric, false);
	sa_init(mad, METHOD_GET, ATTR_CLASS_PORT_INFO, 0);
	assert_false(sa_ask(bed, &bed->end[0], mad));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_path_record_leads_from_gid_to_gid),
		TEST(there_is_no_path_to_a_stranger_or_a_port_that_is_down),
		TEST(there_is_no_path_without_a_shared_pkey),
		TEST(a_group_is_made_joined_left_and_gone),
		TEST(a_port_that_goes_down_is_in_no_group),
		TEST(a_join_must_name_what_it_wants),
		TEST(the_ipoib_broadcast_group_is_there),
		TEST(a_long_table_comes_in_segments_as_the_window_opens),
		TEST(a_segment_that_is_lost_is_sent_again_but_not_for_ever),
		TEST(nonsense_acknowledgements_end_the_transfer),
		TEST(an_empty_table_is_an_answer),
		TEST(a_service_is_registered_found_and_deleted),
		TEST(what_the_sa_does_not_know_is_answered_with_a_status),
		TEST(every_attribute_stands_every_method),
		TEST(without_a_subnet_manager_there_is_no_sa),
	};

	return cmocka_run_group_tests_name("fabric/sa", tests, NULL, NULL);
}
