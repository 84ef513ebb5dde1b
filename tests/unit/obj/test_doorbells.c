// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about registers: whose doorbell counts, how halves of one
 * find each other, what recovery writes. It must never know commands.
 */
#include "tests/unit/hca/world.h"

#include "tests/hca-model/obj/eq.h"

static void an_eq_is_armed_through_its_own_page_only(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	struct hc_eq *eq = &hc->fw->comp;
	uint32_t other, word = eq->eqn << 24 | (eq->ci & 0xffffff);

	assert_ok(hc_cmd_number(hc, HC_ALLOC_UAR, &other));
	eq_get(w->hca[0], eq->eqn)->armed = false;
	hc_write32(hc, (uint64_t)other * UAR_PAGE_SIZE + UAR_EQ_ARM, word);
	world_settle(w, 5);
	assert_false(eq_get(w->hca[0], eq->eqn)->armed);
	hc_eq_arm(hc, eq);
	world_settle(w, 5);
	assert_true(eq_get(w->hca[0], eq->eqn)->armed);
	assert_ok(hc_cmd_simple(hc, HC_DEALLOC_UAR, 0, other));
}

/* A 32-bit processor writes a doorbell in two halves, and other processors in between. */
static void halves_of_doorbells_may_interleave(void **state)
{
	struct world *w = *state;
	struct hc_sge sge;
	struct hc_wr wr;
	struct pair p;
	uint64_t page;

	pair_open(w, HC_RC, 0, NULL, &p);
	page = (uint64_t)p.a.qp.uar * UAR_PAGE_SIZE;
	sge = (struct hc_sge){ p.a.mr.va, 64, p.a.mr.key };
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
	hc_post_send(&p.a.qp, &wr);
	__atomic_store_n((uint32_t *)(p.a.qp.dbr.ptr + DBR_SND), htobe32(p.a.qp.sq_pi),
			 __ATOMIC_RELEASE);
	hc_write32(p.a.hc, page + UAR_BF, be32toh(p.a.qp.last_ctrl[0]));
	hc_write32(p.a.hc, page + UAR_CQ_ARM, 0);
	hc_write32(p.a.hc, page + UAR_BF + 4, be32toh(p.a.qp.last_ctrl[1]));
	hc_write32(p.a.hc, page + UAR_CQ_ARM + 4, p.a.scq.cqn);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_true(hc_irq_taken(p.a.hc, 1));
	pair_close(&p);
}

static void half_a_doorbell_does_not_outlive_a_reset(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	unsigned int i;

	hc_write32(hc, (uint64_t)hc->fw->uar * UAR_PAGE_SIZE + UAR_BF, 0x1234);
	world_settle(w, 5);
	assert_ok(hc_device_reset(hc));
	for (i = 0; i < UAR_HALVES; i++)
		assert_int_equal(w->hca[0]->pci.half[i].at, 0);
	hc_forget(hc);
	assert_ok(hc_bringup(hc));
}

/* What the Linux driver does on a fatal error: turn the interface off, wait to see it off. */
static void the_interface_can_be_turned_off_and_on(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint64_t executed = w->hca[0]->cmdq.executed;
	uint32_t low = hc_read32(hc, 0x14);
	uint8_t in[16] = { 0 };

	hc_write32(hc, 0x14, (low & 0xfffff000) | 1 << 8);
	assert_int_equal(hc_read32(hc, 0x14), (low & 0xfffff000) | 1 << 8 | 0x56);
	hc_head(in, HC_QUERY_ISSI, 0);
	assert_ok(hc_cmd_post(hc, 0, in, sizeof(in), 0x70));
	hc_cmd_ring(hc, 1);
	world_settle(w, 5);
	assert_int_equal(w->hca[0]->cmdq.executed, executed);
	hc_cmd_drop(hc, 0);
	hc_write32(hc, 0x14, low & 0xfffff000);
	assert_int_equal(hc_read32(hc, 0x14) >> 8 & 7, 0);
	assert_ok(hc_cmd_simple(hc, HC_QUERY_PAGES, 3, 0));
}

static void the_queue_address_may_come_in_one_write(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint32_t high = hc_read32(hc, 0x10), low = hc_read32(hc, 0x14) & 0xfffff000;

	hc_write64(hc, 0x10, 0, 0);
	assert_int_equal(hc_read32(hc, 0x10), 0);
	hc_write64(hc, 0x10, high, low);
	assert_ok(hc_cmd_simple(hc, HC_QUERY_PAGES, 3, 0));
}

static void power_states_are_kept_until_a_reset(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint16_t pm = 3;		/* D3hot */

	assert_ok(hc_config_access(hc, 0x44, &pm, sizeof(pm), true));
	assert_ok(hc_config_access(hc, 0x44, &pm, sizeof(pm), false));
	assert_int_equal(pm & 3, 3);
	pm = 0;
	assert_ok(hc_config_access(hc, 0x44, &pm, sizeof(pm), true));
	assert_ok(hc_config_access(hc, 0x44, &pm, sizeof(pm), false));
	assert_int_equal(pm & 3, 0);
}

#define up(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		up(an_eq_is_armed_through_its_own_page_only),
		up(halves_of_doorbells_may_interleave),
		up(half_a_doorbell_does_not_outlive_a_reset),
		up(the_interface_can_be_turned_off_and_on),
		up(the_queue_address_may_come_in_one_write),
		up(power_states_are_kept_until_a_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
