// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about the life of a function: what is given comes back,
 * what is out of order is refused. It must never know the data path.
 */
#include "tests/unit/hca/world.h"

#include "host-backend/hca/ifc/ifc.h"
#include "tests/hca-model/cmd/cmd.h"

static void bringup_and_teardown_leave_no_page_or_object(void **state)
{
	struct world *w = *state;
	int i;

	for (i = 0; i < 5; i++) {
		assert_ok(hc_bringup(w->hc[0]));
		assert_true(w->hca[0]->obj.n_pages > 0);
		assert_int_equal(w->hca[0]->obj.n_pages, w->hc[0]->fw->n_pages);
		assert_ok(hc_teardown(w->hc[0]));
		assert_nothing_left(w->hca[0]);
	}
}

static void reset_leaves_no_page_or_object(void **state)
{
	struct world *w = *state;
	struct side s;

	assert_ok(hc_bringup(w->hc[0]));
	side_open(w, 0, 0, &s);
	side_qp(&s, HC_RC, &s.qp);
	assert_ok(hc_device_reset(w->hc[0]));
	assert_nothing_left(w->hca[0]);
	hc_forget(w->hc[0]);
	assert_ok(hc_bringup(w->hc[0]));
}

static void a_client_that_goes_leaves_no_page_or_object(void **state)
{
	struct world *w = *state;
	struct side s;

	assert_ok(hc_bringup(w->hc[1]));
	side_open(w, 1, 0, &s);
	side_qp(&s, HC_UD, &s.qp);
	hc_forget(w->hc[1]);
	hc_close(w->hc[1]);
	world_settle(w, 20);
	assert_nothing_left(w->hca[1]);
	{
		char path[64];
		struct hc_config config = { .socket_path = path, .pump = w->hc[0]->pump,
					    .pump_arg = w };

		snprintf(path, sizeof(path), "%s/1", w->dir);
		assert_ok(hc_open(&config, &w->hc[1]));
	}
	assert_ok(hc_bringup(w->hc[1]));
}

static void commands_before_enable_are_refused(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint16_t master = 0x6;
	uint32_t n;

	assert_ok(hc_cmdq_start(hc));
	assert_ok(hc_config_access(hc, 4, &master, sizeof(master), true));
	assert_refused(hc, hc_cmd_simple(hc, HC_INIT_HCA, 0, 0), CMD_BAD_SYS_STATE);
	assert_refused(hc, hc_cmd_number(hc, HC_ALLOC_PD, &n), CMD_BAD_SYS_STATE);
	assert_ok(hc_enable(hc));
	assert_refused(hc, hc_cmd_number(hc, HC_ALLOC_PD, &n), CMD_BAD_SYS_STATE);
}

static void an_unknown_opcode_is_refused(void **state)
{
	struct world *w = *state;

	assert_ok(hc_bringup(w->hc[0]));
	assert_refused(w->hc[0], hc_cmd_simple(w->hc[0], 0x7777, 0, 0), CMD_BAD_OP);
	assert_int_equal(w->hc[0]->delivery, 0);
}

static void a_number_that_was_not_given_is_refused(void **state)
{
	static const uint16_t ops[] = {
		HC_DEALLOC_PD, HC_DEALLOC_UAR, HC_DEALLOC_XRCD, HC_DESTROY_MKEY, HC_DESTROY_EQ,
		HC_DESTROY_CQ, HC_DESTROY_QP, HC_DESTROY_RMP, HC_DESTROY_XRC_SRQ,
		HC_QUERY_CQ, HC_QUERY_QP, HC_2RST_QP, HC_2ERR_QP,
	};
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint8_t in[16] = { 0 }, out[1024];
	unsigned int i;

	assert_ok(hc_bringup(hc));
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		hc_head(in, ops[i], 0);
		ifc_set(in, dealloc_pd_in__pd, ops[i] == HC_DESTROY_EQ ? 0xf0 : 0xfffff0);
		assert_int_equal(hc_exec(hc, in, sizeof(in), out, sizeof(out)), -EREMOTEIO);
		assert_true(hc->status == CMD_BAD_RES || hc->status == CMD_BAD_INDEX ||
			    hc->status == CMD_BAD_PARAM);
	}
}

static void an_object_in_use_is_not_destroyed(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	struct side s;

	assert_ok(hc_bringup(hc));
	side_open(w, 0, 0, &s);
	side_qp(&s, HC_RC, &s.qp);
	assert_refused(hc, hc_cmd_simple(hc, HC_DEALLOC_PD, 0, s.pd), CMD_RES_BUSY);
	assert_refused(hc, hc_cmd_simple(hc, HC_DESTROY_CQ, 0, s.scq.cqn), CMD_RES_BUSY);
	assert_refused(hc, hc_cmd_simple(hc, HC_DESTROY_EQ, 0, hc->fw->comp.eqn), CMD_RES_BUSY);
	side_close(&s);
}

static void commands_in_many_slots_are_answered_each(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint8_t in[16] = { 0 }, out[16];
	bool seen[1024] = { false };
	unsigned int slot;
	uint32_t pd;

	assert_ok(hc_bringup(hc));
	hc_head(in, HC_ALLOC_PD, 0);
	for (slot = 0; slot < 31; slot++)
		assert_ok(hc_cmd_post(hc, slot, in, sizeof(in), sizeof(out)));
	hc_cmd_ring(hc, 0x7fffffff);
	for (slot = 0; slot < 31; slot++) {
		assert_true(hc_until(hc, hc_cmd_done(hc, slot)));
		assert_ok(hc_cmd_collect(hc, slot, out, sizeof(out)));
		pd = (uint32_t)ifc_get(out, alloc_pd_out__pd);
		assert_false(seen[pd & 1023]);
		seen[pd & 1023] = true;
	}
	for (pd = 0; pd < 1024; pd++)
		if (seen[pd])
			assert_ok(hc_cmd_simple(hc, HC_DEALLOC_PD, 0, pd));
}

static void commands_give_events_once_there_is_a_command_eq(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint8_t in[16] = { 0 };
	struct eqe e;

	assert_ok(hc_bringup(hc));
	hc_eq_arm(hc, &hc->fw->cmd);
	hc_irq_taken(hc, 0);
	hc_head(in, HC_QUERY_PAGES, 1);
	assert_ok(hc_cmd_post(hc, 5, in, sizeof(in), sizeof(in)));
	hc_cmd_ring(hc, 1 << 5);
	assert_true(hc_until(hc, hc_eq_poll(hc, &hc->fw->cmd, &e)));
	assert_int_equal(e.type, EVENT_CMD);
	assert_int_equal(ifc_load32(e.data), 1 << 5);
	assert_true(hc_irq_taken(hc, 0));
	assert_true(hc_cmd_done(hc, 5));
	assert_ok(hc_cmd_collect(hc, 5, NULL, 16));
}

static void mailboxes_that_are_not_mapped_do_no_harm(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint64_t faults = w->hca[0]->dma.faults;
	uint8_t in[0x1010] = { 0 };

	assert_ok(hc_bringup(hc));
	hc_head(in, HC_SET_HCA_CAP, 0);
	assert_ok(hc_cmd_post(hc, 1, in, sizeof(in), 16));
	ifc_store64(hc->cmdq.ptr + HC_CMD_ENTRY + 8, 0xdead0000);
	hc_cmd_ring(hc, 1 << 1);
	world_settle(w, 10);
	assert_true(w->hca[0]->dma.faults > faults);
	hc_cmd_drop(hc, 1);
	assert_ok(hc_cmd_simple(hc, HC_QUERY_PAGES, 1, 0));
}

static void a_stale_token_is_a_delivery_error_in_strict_mode(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint8_t in[0x1010] = { 0 };

	assert_ok(hc_bringup(hc));
	hc_head(in, HC_SET_HCA_CAP, 0);
	assert_ok(hc_cmd_post(hc, 1, in, sizeof(in), 16));
	hc->cmdq.ptr[HC_CMD_ENTRY + 60] ^= 0x55;
	hc_cmd_ring(hc, 1 << 1);
	assert_true(hc_until(hc, hc_cmd_done(hc, 1)));
	assert_int_equal(hc_cmd_collect(hc, 1, NULL, 16), -EIO);
	assert_int_not_equal(hc->delivery, 0);
}

static void init_segment_shows_a_healthy_device(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint32_t health, timer;

	assert_int_equal(hc_read32(hc, 4) >> 16, 5);		/* command interface */
	assert_int_equal(hc_read32(hc, 0x14) & 0xff, 0x56);	/* log size, log stride */
	assert_int_equal(hc_read32(hc, 0x14) >> 8 & 7, 1);	/* NIC state: no driver yet */
	assert_int_not_equal(hc_read32(hc, 0x230), 0xffffffff);
	assert_int_equal(hc_read32(hc, 0x23c) >> 16 & 0xff, 0);	/* syndrome */
	health = hc_read32(hc, 0x1010);
	timer = hc_read32(hc, 0x1004);
	world_settle(w, 1100);
	assert_int_not_equal(hc_read32(hc, 0x1010), health);
	assert_int_not_equal(hc_read32(hc, 0x1004), timer);
}

#define fresh(f) cmocka_unit_test_setup_teardown(f, world_setup_silent, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		fresh(bringup_and_teardown_leave_no_page_or_object),
		fresh(reset_leaves_no_page_or_object),
		fresh(a_client_that_goes_leaves_no_page_or_object),
		fresh(commands_before_enable_are_refused),
		fresh(an_unknown_opcode_is_refused),
		fresh(a_number_that_was_not_given_is_refused),
		fresh(an_object_in_use_is_not_destroyed),
		fresh(commands_in_many_slots_are_answered_each),
		fresh(commands_give_events_once_there_is_a_command_eq),
		fresh(mailboxes_that_are_not_mapped_do_no_harm),
		fresh(a_stale_token_is_a_delivery_error_in_strict_mode),
		fresh(init_segment_shows_a_healthy_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
