// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about the commands that show and change the port: vport
 * context, tables, registers, MAD_IFC. It must never know the command queue.
 */
#include "tests/unit/fabric/fabric_bed.h"

#include "host-backend/hca/ifc/registers.h"
#include "tests/hca-model/cmd/cmd.h"
#include "tests/hca-model/mgmt/smp.h"
#include "tests/hca-model/model.h"

/* One HCA that is nothing but a port. */
struct desk {
	struct bed *bed;
	struct model model;
	struct hca hca;
	struct cmd cmd;
	uint8_t in[1024], out[4096];
};

static struct desk desk_make(void **state)
{
	struct bed *bed = *state;

	return (struct desk){ .bed = bed, .hca = { .name = "test", .port = bed->end[0].port } };
}

static enum cmd_status run(struct desk *d, cmd_fn fn, uint16_t op_mod, uint32_t in_len,
			   uint32_t out_len)
{
	d->hca.model = &d->model;
	memset(d->out, 0, sizeof(d->out));
	d->cmd = (struct cmd){ .hca = &d->hca, .op_mod = op_mod, .in = d->in, .in_len = in_len,
			       .out = d->out, .out_len = out_len };
	return fn(&d->cmd);
}

static void the_vport_context_tells_an_active_port(void **state)
{
	struct desk d = desk_make(state);
	const uint8_t *ctx = d.out + query_hca_vport_context_out__hca_vport_context__BYTE;
	const struct port *port = d.hca.port;
	uint64_t settable;

	assert_int_equal(run(&d, cmd_query_hca_vport_context, 0, 16, 0x210), CMD_OK);
	assert_int_equal(ifc_get(ctx, hca_vport_context__has_smi), 1);
	assert_int_equal(ifc_get(ctx, hca_vport_context__grh_required), 0);
	assert_int_equal(ifc_get(ctx, hca_vport_context__field_select), 0);
	assert_int_equal(ifc_get(ctx, hca_vport_context__port_physical_state), PHYS_LINK_UP);
	assert_int_equal(ifc_get(ctx, hca_vport_context__vport_state), PORT_ACTIVE);
	assert_int_equal(ifc_get(ctx, hca_vport_context__lid), port->lid);
	assert_int_equal(ifc_get(ctx, hca_vport_context__sm_lid), port->sm_lid);
	assert_true(ifc_get(ctx, hca_vport_context__node_guid) == port->node_guid);
	settable = ifc_get(ctx, hca_vport_context__cap_mask1_field_select);
	assert_true(settable & PORT_CAP_SM && settable & PORT_CAP_CM);
	ifc_set(d.in, query_hca_vport_context_in__other_vport, 1);
	assert_int_equal(run(&d, cmd_query_hca_vport_context, 0, 16, 0x210), CMD_BAD_PARAM);
}

static void capabilities_are_changed_where_the_mask_says(void **state)
{
	struct desk d = desk_make(state);
	uint8_t *ctx = d.in + modify_hca_vport_context_in__hca_vport_context__BYTE;
	uint32_t before = d.hca.port->cap_mask;

	ifc_set(ctx, hca_vport_context__cap_mask1, 0xffffffff);
	ifc_set(ctx, hca_vport_context__cap_mask1_field_select, PORT_CAP_CM);
	assert_int_equal(run(&d, cmd_modify_hca_vport_context, 0, 0x210, 16), CMD_OK);
	assert_int_equal(d.hca.port->cap_mask, before | PORT_CAP_CM);
	ifc_set(ctx, hca_vport_context__cap_mask1, ~(uint32_t)PORT_CAP_CM);
	assert_int_equal(run(&d, cmd_modify_hca_vport_context, 0, 0x210, 16), CMD_OK);
	assert_int_equal(d.hca.port->cap_mask, before);
	ifc_set(ctx, hca_vport_context__cap_mask1_field_select, PORT_CAP_TRAP);
	assert_int_equal(run(&d, cmd_modify_hca_vport_context, 0, 0x210, 16), CMD_BAD_PARAM);
	ifc_set(ctx, hca_vport_context__cap_mask1_field_select, 0);
	ifc_set(ctx, hca_vport_context__field_select, 1 << 3);
	assert_int_equal(run(&d, cmd_modify_hca_vport_context, 0, 0x210, 16), CMD_BAD_PARAM);
}

static void guids_and_policy_follow_field_select(void **state)
{
	struct desk d = desk_make(state);
	uint8_t *ctx = d.in + modify_hca_vport_context_in__hca_vport_context__BYTE;
	struct port *port = d.hca.port;

	ifc_set(ctx, hca_vport_context__port_guid, 0x1111);
	ifc_set(ctx, hca_vport_context__node_guid, 0x2222);
	ifc_set(ctx, hca_vport_context__field_select, 1);
	assert_int_equal(run(&d, cmd_modify_hca_vport_context, 0, 0x210, 16), CMD_OK);
	assert_true(port->port_guid == 0x1111 && port->node_guid != 0x2222);
	assert_true(mad_get64(port->gid[0] + 8) == 0x1111);
	ifc_set(ctx, hca_vport_context__field_select, 2 | 4);
	assert_int_equal(run(&d, cmd_modify_hca_vport_context, 0, 0x210, 16), CMD_OK);
	assert_true(port->node_guid == 0x2222);
	assert_int_equal(port->state, PORT_DOWN);
	ifc_set(ctx, hca_vport_context__vport_state_policy, 2);
	assert_int_equal(run(&d, cmd_modify_hca_vport_context, 0, 0x210, 16), CMD_OK);
	bed_run_until_active(d.bed);
}

static void tables_are_read_by_index_or_as_a_whole(void **state)
{
	struct desk d = desk_make(state);

	assert_int_equal(run(&d, cmd_query_hca_vport_gid, 0, 16, 0x20), CMD_OK);
	assert_memory_equal(d.out + 0x10, d.hca.port->gid[0], 16);
	ifc_set(d.in, query_hca_vport_gid_in__gid_index, PORT_GIDS);
	assert_int_equal(run(&d, cmd_query_hca_vport_gid, 0, 16, 0x20), CMD_BAD_INDEX);
	ifc_set(d.in, query_hca_vport_gid_in__gid_index, 0xffff);
	assert_int_equal(run(&d, cmd_query_hca_vport_gid, 0, 16, 0x20), CMD_BAD_OUTPUT_LEN);
	assert_int_equal(run(&d, cmd_query_hca_vport_gid, 0, 16, 0x10 + PORT_GIDS * 16), CMD_OK);
	assert_int_equal(ifc_get(d.out, query_hca_vport_gid_out__gids_num), PORT_GIDS);
	assert_int_equal(run(&d, cmd_query_hca_vport_pkey, 0, 16, 0x10 + PORT_PKEYS * 4), CMD_OK);
	assert_int_equal(ifc_load32(d.out + 0x10), 0xffff);
	assert_int_equal(ifc_load32(d.out + 0x14), 0);
	ifc_set(d.in, query_hca_vport_pkey_in__pkey_index, PORT_PKEYS);
	assert_int_equal(run(&d, cmd_query_hca_vport_pkey, 0, 16, 0x14), CMD_BAD_INDEX);
}

static void ask_register(struct desk *d, uint16_t id, enum cmd_status want, uint16_t op_mod,
			 uint32_t bytes)
{
	ifc_set(d->in, access_register_in__register_id, id);
	assert_int_equal(run(d, cmd_access_register, op_mod, 0x10 + bytes, 0x10 + bytes), want);
}

static void registers_tell_a_4x_edr_link_with_4k_packets(void **state)
{
	struct desk d = desk_make(state);
	const uint8_t *reg = d.out + 0x10;

	ifc_set(d.in + 0x10, ptys_reg__local_port, 1);
	ask_register(&d, 0x5004, CMD_OK, 1, ptys_reg__SIZE);
	assert_int_equal(ifc_get(reg, ptys_reg__ib_link_width_oper), 4);
	assert_int_equal(ifc_get(reg, ptys_reg__ib_proto_oper), 32);
	ask_register(&d, 0x5003, CMD_OK, 1, pmtu_reg__SIZE);
	assert_int_equal(ifc_get(reg, pmtu_reg__max_mtu), 4096);
	assert_int_equal(ifc_get(reg, pmtu_reg__oper_mtu), 4096);
	ask_register(&d, 0x500f, CMD_OK, 1, pvlc_reg__SIZE);
	assert_int_equal(ifc_get(reg, pvlc_reg__vl_hw_cap), 4);
	ask_register(&d, 0x6001, CMD_OK, 1, 64);
	assert_memory_equal(reg, d.hca.port->node_desc, 64);
	ask_register(&d, 0x7004, CMD_OK, 0, 16);
}

static void registers_that_make_no_sense_are_refused(void **state)
{
	struct desk d = desk_make(state);

	ask_register(&d, 0x9999, CMD_BAD_PARAM, 1, 64);
	ask_register(&d, 0x5004, CMD_BAD_PARAM, 1, ptys_reg__SIZE);	/* port 0 */
	ifc_set(d.in + 0x10, ptys_reg__local_port, 1);
	ask_register(&d, 0x5004, CMD_BAD_PARAM, 0, ptys_reg__SIZE);	/* read only */
	ask_register(&d, 0x5004, CMD_BAD_PARAM, 2, ptys_reg__SIZE);
	ask_register(&d, 0x5004, CMD_BAD_INPUT_LEN, 1, ptys_reg__SIZE - 4);
}

static void the_driver_shuts_and_opens_the_port(void **state)
{
	struct desk d = desk_make(state);
	uint8_t *in = d.in + 0x10, *out = d.out + 0x10;

	ifc_set(in, paos_reg__local_port, 1);
	ifc_set(in, paos_reg__admin_status, 2);
	ask_register(&d, 0x5006, CMD_OK, 0, paos_reg__SIZE);
	assert_int_equal(d.hca.port->state, PORT_ACTIVE);	/* ase is not set */
	ifc_set(in, paos_reg__ase, 1);
	bed_forget(d.bed);
	ask_register(&d, 0x5006, CMD_OK, 0, paos_reg__SIZE);
	assert_int_equal(ifc_get(out, paos_reg__oper_status), 2);
	assert_int_equal(d.bed->end[0].change[0], PORT_CHANGE_DOWN);
	ifc_set(in, paos_reg__admin_status, 1);
	ask_register(&d, 0x5006, CMD_OK, 0, paos_reg__SIZE);
	bed_run_until_active(d.bed);
	bed_forget(d.bed);
	ask_register(&d, 0x5006, CMD_OK, 0, paos_reg__SIZE);
	assert_int_equal(ifc_get(out, paos_reg__admin_status), 1);
	assert_int_equal(ifc_get(out, paos_reg__oper_status), 1);
	assert_int_equal(d.bed->end[0].change[0], PORT_CHANGE_ACTIVE);
	ifc_set(in, paos_reg__admin_status, 7);
	ask_register(&d, 0x5006, CMD_BAD_PARAM, 0, paos_reg__SIZE);
}

static void mad_ifc_reaches_both_agents(void **state)
{
	struct desk d = desk_make(state);
	uint8_t *mad = d.in + mad_ifc_in__mad__BYTE, *answer = d.out + 0x10;

	ifc_set(d.in, mad_ifc_in__port, 1);
	mad_init(mad, CLASS_SMP_LID, METHOD_GET, ATTR_PORT_INFO, 1);
	assert_int_equal(run(&d, cmd_mad_ifc, 3, 0x110, 0x110), CMD_OK);
	assert_int_equal(answer[MAD_METHOD], METHOD_GET_RESP);
	assert_int_equal(answer[SMP_DATA + PORTINFO_SPEED_STATE] & 15, PORT_ACTIVE);
	mad_init(mad, CLASS_PMA, METHOD_GET, ATTR_PORT_COUNTERS_EXT, 0);
	mad[PMA_DATA + 1] = 1;
	assert_int_equal(run(&d, cmd_mad_ifc, 3, 0x110, 0x110), CMD_OK);
	assert_int_equal(mad_status_of(answer), STATUS_OK);
	mad_init(mad, 0x09, METHOD_GET, 0x10, 0);
	assert_int_equal(run(&d, cmd_mad_ifc, 3, 0x110, 0x110), CMD_OK);
	assert_int_equal(mad_status_of(answer), STATUS_BAD_ATTR);
	mad_init(mad, CLASS_SA, METHOD_GET, ATTR_PATH_RECORD, 0);
	assert_int_equal(run(&d, cmd_mad_ifc, 3, 0x110, 0x110), CMD_BAD_PARAM);
	ifc_set(d.in, mad_ifc_in__port, 2);
	assert_int_equal(run(&d, cmd_mad_ifc, 3, 0x110, 0x110), CMD_BAD_PARAM);
}

static void mad_ifc_minds_the_m_key_unless_told_not_to(void **state)
{
	struct desk d = desk_make(state);

	d.hca.port->m_key = 5;
	d.hca.port->m_key_protect = 2;
	mad_init(d.in + 0x10, CLASS_SMP_LID, METHOD_GET, ATTR_PORT_INFO, 1);
	assert_int_equal(run(&d, cmd_mad_ifc, 0, 0x110, 0x110), CMD_BAD_PARAM);
	assert_int_equal(run(&d, cmd_mad_ifc, 1, 0x110, 0x110), CMD_OK);
	assert_true(mad_get64(d.out + 0x10 + SMP_DATA) == 5);
}

static void vport_counters_are_cleared_on_demand(void **state)
{
	struct desk d = desk_make(state);

	d.hca.port->count.unicast_xmit = 10;
	d.hca.port->count.xmit_bytes = 1000;
	ifc_set(d.in, query_vport_counter_in__clear, 1);
	assert_int_equal(run(&d, cmd_query_vport_counter, 0, 0x20, 0x210), CMD_OK);
	assert_int_equal(ifc_load64(d.out + 0x40), 10);
	assert_int_equal(ifc_load64(d.out + 0x48), 1000);
	assert_int_equal(run(&d, cmd_query_vport_counter, 0, 0x20, 0x210), CMD_OK);
	assert_int_equal(ifc_load64(d.out + 0x40), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_vport_context_tells_an_active_port),
		TEST(capabilities_are_changed_where_the_mask_says),
		TEST(guids_and_policy_follow_field_select),
		TEST(tables_are_read_by_index_or_as_a_whole),
		TEST(registers_tell_a_4x_edr_link_with_4k_packets),
		TEST(registers_that_make_no_sense_are_refused),
		TEST(the_driver_shuts_and_opens_the_port),
		TEST(mad_ifc_reaches_both_agents),
		TEST(mad_ifc_minds_the_m_key_unless_told_not_to),
		TEST(vport_counters_are_cleared_on_demand),
	};

	return cmocka_run_group_tests_name("mgmt/vport", tests, NULL, NULL);
}
