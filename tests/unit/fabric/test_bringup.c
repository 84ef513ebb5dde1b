// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about the built-in subnet manager and the states of ports.
 * It must never know packets.
 */
#include "tests/unit/fabric/fabric_bed.h"

static void two_ports_get_active_with_different_lids(void **state)
{
	struct bed *bed = *state;
	struct port *a = bed->end[0].port, *b = bed->end[1].port;

	assert_int_equal(a->state, PORT_ACTIVE);
	assert_int_equal(b->state, PORT_ACTIVE);
	assert_int_equal(a->phys_state, PHYS_LINK_UP);
	assert_int_not_equal(a->lid, 0);
	assert_int_not_equal(b->lid, 0);
	assert_int_not_equal(a->lid, b->lid);
	assert_int_not_equal(a->sm_lid, 0);
	assert_int_not_equal(a->sm_lid, a->lid);
	assert_int_equal(a->sm_lid, b->sm_lid);
}

static void gid_0_is_prefix_and_port_guid(void **state)
{
	struct bed *bed = *state;
	struct port *a = bed->end[0].port;

	assert_true(mad_get64(a->gid[0]) == GID_DEFAULT_PREFIX);
	assert_true(mad_get64(a->gid[0] + 8) == a->port_guid);
	assert_int_equal(a->pkey[0], 0xffff);
}

static void coming_up_is_told_in_the_order_of_a_card(void **state)
{
	static const uint8_t want[] = { PORT_CHANGE_INITIALIZED, PORT_CHANGE_LID,
					PORT_CHANGE_ACTIVE, PORT_CHANGE_CLIENT_REREG };
	struct bed *bed = *state;

	assert_int_equal(bed->end[0].n_changes, sizeof(want));
	assert_memory_equal(bed->end[0].change, want, sizeof(want));
}

static void link_down_and_up_is_told_and_keeps_the_lid(void **state)
{
	static const uint8_t want[] = { PORT_CHANGE_INITIALIZED, PORT_CHANGE_ACTIVE,
					PORT_CHANGE_CLIENT_REREG };
	struct bed *bed = *state;
	struct end *a = &bed->end[0];
	uint16_t lid = a->port->lid;

	bed_forget(bed);
	port_set_link(a->port, false);
	assert_int_equal(a->port->state, PORT_DOWN);
	assert_int_equal(a->port->phys_state, PHYS_POLLING);
	assert_int_equal(a->n_changes, 1);
	assert_int_equal(a->change[0], PORT_CHANGE_DOWN);
	assert_int_equal(a->port->count.link_downed, 1);
	bed_run(bed, 20);
	assert_int_equal(a->port->state, PORT_DOWN);

	bed_forget(bed);
	port_set_link(a->port, true);
	assert_int_equal(a->port->state, PORT_INIT);
	bed_run_until_active(bed);
	assert_int_equal(a->port->lid, lid);
	assert_int_equal(a->n_changes, sizeof(want));
	assert_memory_equal(a->change, want, sizeof(want));
	assert_int_equal(bed->end[1].n_changes, 0);
}

static void a_port_shut_by_its_driver_is_disabled_until_opened(void **state)
{
	struct bed *bed = *state;
	struct port *a = bed->end[0].port;

	port_set_admin(a, false);
	assert_int_equal(a->phys_state, PHYS_DISABLED);
	port_set_link(a, true);
	bed_run(bed, 20);
	assert_int_equal(a->state, PORT_DOWN);
	port_set_admin(a, true);
	bed_run_until_active(bed);
}

static void without_a_subnet_manager_links_stop_at_init(void **state)
{
	struct bed *bed = *state;
	struct end *c;

	assert_int_equal(fabric_set_sm(bed->fabric, false), 0);
	c = bed_add(bed);
	bed_run(bed, 20);
	assert_int_equal(c->port->state, PORT_INIT);
	assert_int_equal(c->port->lid, 0);
	assert_int_equal(bed->end[0].port->state, PORT_ACTIVE);
	assert_int_equal(fabric_set_sm(bed->fabric, true), 0);
	bed_run_until_active(bed);
}

static void a_subnet_manager_that_takes_over_keeps_lids(void **state)
{
	struct bed *bed = *state;
	uint16_t a = bed->end[0].port->lid, b = bed->end[1].port->lid;

	fabric_set_sm(bed->fabric, false);
	bed_forget(bed);
	fabric_set_sm(bed->fabric, true);
	assert_int_equal(bed->end[0].port->lid, a);
	assert_int_equal(bed->end[1].port->lid, b);
	assert_int_equal(bed->end[0].port->state, PORT_ACTIVE);
	assert_int_equal(bed->end[0].n_changes, 1);
	assert_int_equal(bed->end[0].change[0], PORT_CHANGE_CLIENT_REREG);
}

static void a_freed_switch_port_is_used_again(void **state)
{
	struct bed *bed = *state;
	unsigned int n = bed->end[1].port->switch_port;
	struct port *port;

	port_destroy(bed->end[1].port);
	assert_int_equal(port_create(bed->fabric, "again", 0x1234, 0x1013, bed->end[0].port->ops,
				     &bed->end[1], &port), 0);
	bed->end[1].port = port;
	assert_int_equal(port->switch_port, n);
	bed_run_until_active(bed);
}

static void a_reset_undoes_what_drivers_did_but_keeps_the_link(void **state)
{
	struct bed *bed = *state;
	struct port *a = bed->end[0].port;
	uint32_t caps = a->cap_mask;
	uint16_t lid = a->lid;

	a->cap_mask |= PORT_CAP_SM | PORT_CAP_CM;
	bed_forget(bed);
	port_reset(a);
	assert_int_equal(a->cap_mask, caps);
	assert_int_equal(a->state, PORT_ACTIVE);
	assert_int_equal(bed->end[0].n_changes, 0);
	port_set_admin(a, false);
	port_reset(a);
	bed_run_until_active(bed);
	assert_int_equal(a->lid, lid);
}

static void pkeys_match_when_one_is_a_full_member(void **state)
{
	(void)state;
	assert_true(port_pkey_match(0xffff, 0x7fff));
	assert_true(port_pkey_match(0x8001, 0x0001));
	assert_false(port_pkey_match(0x0001, 0x0001));
	assert_false(port_pkey_match(0x8001, 0x8002));
	assert_false(port_pkey_match(0x8000, 0x8000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_ports_get_active_with_different_lids,
						bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(gid_0_is_prefix_and_port_guid,
						bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(coming_up_is_told_in_the_order_of_a_card,
						bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(link_down_and_up_is_told_and_keeps_the_lid,
						bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_port_shut_by_its_driver_is_disabled_until_opened,
						bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(without_a_subnet_manager_links_stop_at_init,
						bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_subnet_manager_that_takes_over_keeps_lids,
						bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_freed_switch_port_is_used_again,
						bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_reset_undoes_what_drivers_did_but_keeps_the_link,
						bed_setup, bed_teardown),
		cmocka_unit_test(pkeys_match_when_one_is_a_full_member),
	};

	return cmocka_run_group_tests_name("fabric/bringup", tests, NULL, NULL);
}
