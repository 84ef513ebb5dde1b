// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The port as the commands show it: addresses, tables, registers, management
 * agents.
 */
#include <endian.h>
#include <string.h>

#include "host-backend/hca/mad.h"
#include "host-backend/hca/port.h"
#include "host-backend/hca/registers.h"
#include "tests/unit/host/objects_bed.h"

enum {
	PHYS_LINK_UP = 5, DEFAULT_PKEY = 0xffff,
	CAP_CM = 1 << 16,
	/* A MAD: base version, class, class version, method; attribute at 16. */
	CLASS_SMP_LID = 0x01, CLASS_GMP = 0x40, METHOD_GET = 0x01, METHOD_GET_RESP = 0x81,
	ATTR_NODE_INFO = 0x0011, SMP_DATA = 64, NODE_INFO_NODE_GUID = SMP_DATA + 12,
};

static void a_port_says_who_and_where_it_is(void **state)
{
	struct objects_bed *bed = *state;
	struct hca_port_info port;
	uint8_t gids[8][16];
	uint64_t guid;

	assert_int_equal(hca_port_query(bed->hca, 1, &port), 0);
	assert_int_equal(port.state, HCA_PORT_ACTIVE);
	assert_int_equal(port.phys_state, PHYS_LINK_UP);
	assert_int_equal(port.lid, objects_bed_counts(bed).lid);
	assert_true(port.has_smi && !port.grh_required && port.sm_lid && port.node_guid);
	assert_int_equal(hca_port_n_gids(bed->hca), 8);
	assert_int_equal(hca_port_gids(bed->hca, 1, gids), 0);
	memcpy(&guid, &gids[0][8], sizeof(guid));
	assert_int_equal(be64toh(guid), port.port_guid);
	assert_int_equal(hca_port_query(bed->hca, 0, &port), -EINVAL);
	assert_int_equal(hca_port_query(bed->hca, 2, &port), -EINVAL);
	assert_int_equal(hca_port_gids(bed->hca, 2, gids), -EINVAL);
}

static void the_pkey_table_comes_whole(void **state)
{
	struct objects_bed *bed = *state;
	uint16_t pkeys[128];

	assert_int_equal(hca_port_n_pkeys(bed->hca), 128);
	memset(pkeys, 0x77, sizeof(pkeys));
	assert_int_equal(hca_port_pkeys(bed->hca, 1, pkeys), 0);
	assert_int_equal(pkeys[0], DEFAULT_PKEY);
	assert_int_equal(pkeys[127], 0);
}

static void what_is_changed_on_a_port_is_seen(void **state)
{
	struct objects_bed *bed = *state;
	struct hca_port_change change = { .caps = CAP_CM, .caps_mask = CAP_CM };
	struct hca_port_info before, after;

	assert_int_equal(hca_port_query(bed->hca, 1, &before), 0);
	assert_true(before.caps_changeable & CAP_CM);
	assert_int_equal(hca_port_modify(bed->hca, 1, &change), 0);
	assert_int_equal(hca_port_query(bed->hca, 1, &after), 0);
	assert_int_equal(after.caps, before.caps | CAP_CM);
	assert_int_equal(after.node_guid, before.node_guid);
	change = (struct hca_port_change){ .caps_mask = CAP_CM, .fields = HCA_PORT_SET_NODE_GUID,
					   .node_guid = 0x1122334455667788 };
	assert_int_equal(hca_port_modify(bed->hca, 1, &change), 0);
	assert_int_equal(hca_port_query(bed->hca, 1, &after), 0);
	assert_int_equal(after.caps, before.caps & ~(uint32_t)CAP_CM);
	assert_int_equal(after.node_guid, 0x1122334455667788);
	change = (struct hca_port_change){ .fields = HCA_PORT_SET_NODE_GUID,
					   .node_guid = before.node_guid };
	assert_int_equal(hca_port_modify(bed->hca, 1, &change), 0);
	change.fields = 8;
	assert_int_equal(hca_port_modify(bed->hca, 1, &change), -EINVAL);
	change.fields = HCA_PORT_SET_POLICY;
	change.policy = HCA_PORT_POLICY_FOLLOW + 1;
	assert_int_equal(hca_port_modify(bed->hca, 1, &change), -EINVAL);
	change = (struct hca_port_change){ .caps_mask = ~before.caps_changeable };
	assert_int_equal(hca_port_modify(bed->hca, 1, &change), -EREMOTEIO);
	assert_int_equal(hca_cmd_last_error(bed->hca)->opcode, 0x763);
}

static void registers_describe_the_link(void **state)
{
	struct objects_bed *bed = *state;
	struct hca_link link;
	struct hca_link_mtu mtu;
	struct hca_link_vls vls;

	assert_int_equal(hca_reg_link(bed->hca, 1, &link), 0);
	assert_int_equal(link.width, 1 << 2);			/* 4x */
	assert_int_equal(link.speed, 1 << 5);			/* EDR */
	assert_true(link.width & link.width_caps && link.speed & link.speed_caps);
	assert_int_equal(hca_reg_mtu(bed->hca, 1, &mtu), 0);
	assert_int_equal(mtu.max, 4096);
	assert_true(mtu.now <= mtu.max && mtu.now <= mtu.admin);
	assert_int_equal(hca_reg_vls(bed->hca, 1, &vls), 0);
	assert_true(vls.now && vls.now <= vls.caps);
	assert_int_equal(hca_reg_link(bed->hca, 2, &link), -EINVAL);
}

static void the_node_description_is_read_and_written(void **state)
{
	struct objects_bed *bed = *state;
	uint8_t before[HCA_NODE_DESC_BYTES], now[HCA_NODE_DESC_BYTES], desc[HCA_NODE_DESC_BYTES];

	memset(desc, 'x', sizeof(desc));
	assert_int_equal(hca_reg_node_desc(bed->hca, before), 0);
	assert_int_equal(hca_reg_node_desc_set(bed->hca, desc), 0);
	assert_int_equal(hca_reg_node_desc(bed->hca, now), 0);
	assert_memory_equal(now, desc, sizeof(desc));
	assert_int_equal(hca_reg_node_desc_set(bed->hca, before), 0);
}

static void the_agents_answer_a_mad(void **state)
{
	struct objects_bed *bed = *state;
	uint8_t mad[HCA_MAD_BYTES] = { 1, CLASS_SMP_LID, 1, METHOD_GET };
	struct hca_port_info port;
	uint64_t guid;

	mad[17] = ATTR_NODE_INFO;
	assert_int_equal(hca_port_query(bed->hca, 1, &port), 0);
	assert_int_equal(hca_mad(bed->hca, 1, HCA_MAD_IGNORE_MKEY | HCA_MAD_IGNORE_BKEY, mad, mad),
			 0);
	assert_int_equal(mad[3], METHOD_GET_RESP);
	memcpy(&guid, mad + NODE_INFO_NODE_GUID, sizeof(guid));
	assert_int_equal(be64toh(guid), port.node_guid);
	mad[1] = CLASS_GMP;
	mad[3] = METHOD_GET;
	assert_int_equal(hca_mad(bed->hca, 1, 0, mad, mad), -EREMOTEIO);
	assert_int_equal(hca_cmd_last_error(bed->hca)->opcode, 0x50d);
	assert_int_equal(hca_mad(bed->hca, 0, 0, mad, mad), -EINVAL);
	assert_int_equal(hca_mad(bed->hca, 1, 4, mad, mad), -EINVAL);
}

static int setup(void **state)
{
	if (objects_bed_group_setup(state))
		return -1;
	objects_bed_wait_active(*state);
	return 0;
}

int main(void)
{
#define LIFE(test) cmocka_unit_test_setup_teardown(test, objects_bed_setup, objects_bed_teardown)
	const struct CMUnitTest tests[] = {
		LIFE(a_port_says_who_and_where_it_is),
		LIFE(the_pkey_table_comes_whole),
		LIFE(what_is_changed_on_a_port_is_seen),
		LIFE(registers_describe_the_link),
		LIFE(the_node_description_is_read_and_written),
		LIFE(the_agents_answer_a_mad),
	};

	return cmocka_run_group_tests(tests, setup, objects_bed_group_teardown);
}
