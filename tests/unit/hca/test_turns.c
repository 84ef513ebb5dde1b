// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about whose turn it is: long transfers go on in turns, and
 * between them the model hears its drivers; a command comes after what was rung
 * before it. It must never know how long a turn is.
 */
#include "tests/hca-model/cmd/cmd.h"
#include "tests/unit/hca/world.h"

enum { MR = 8 << 20, WRITES = 16, NOPS = 6 };

/* 128 MiB; they take hundreds of turns. */
static void begin(struct pair *p)
{
	struct hc_sge sge = sge_of(&p->a, 0, MR);
	struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p->b, 0);
	unsigned int i;

	for (i = 0; i < WRITES; i++)
		hc_post_send(&p->a.qp, &wr);
	hc_ring(p->a.hc, &p->a.qp);
}

static void a_command_is_answered_in_the_middle_of_a_long_transfer(void **state)
{
	struct hc_wc wc;
	struct pair p;
	uint32_t pd;
	unsigned int i;

	pair_open(*state, HC_RC, MR, NULL, &p);
	begin(&p);
	for (i = 0; i < 2; i++) {
		struct hc *hc = i ? p.b.hc : p.a.hc;

		assert_ok(hc_cmd_number(hc, HC_ALLOC_PD, &pd));
		assert_ok(hc_cmd_simple(hc, HC_DEALLOC_PD, 0, pd));
		assert_true(model_is_busy(p.w->model));
	}
	assert_false(hc_cq_poll(&p.a.scq, &wc));
	for (i = 0; i < WRITES; i++) {
		assert_ok(hc_cq_wait(p.a.hc, &p.a.scq, &wc));
		assert_int_equal(wc.opcode, CQE_REQ);
	}
	pair_close(&p);
}

/* As a driver that did not let go of its processor between the two: the ring would be too small for them. */
static void what_was_rung_before_a_command_has_begun(void **state)
{
	struct hc_wr wr = { .opcode = WQE_NOP, .flags = HC_SIGNALED };
	struct hc_wc wc;
	struct pair p;
	unsigned int i;

	pair_open(*state, HC_RC, 0, NULL, &p);
	for (i = 0; i < NOPS; i++)
		hc_post_send(&p.a.qp, &wr);
	hc_ring(p.a.hc, &p.a.qp);
	assert_refused(p.a.hc, hc_cq_resize(p.a.hc, &p.a.scq, 1), CMD_BAD_SIZE_OUTS_CQES);
	for (i = 0; i < NOPS; i++)
		assert_ok(hc_cq_wait(p.a.hc, &p.a.scq, &wc));
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_command_is_answered_in_the_middle_of_a_long_transfer, world_setup,
			world_teardown),
		cmocka_unit_test_setup_teardown(what_was_rung_before_a_command_has_begun,
						world_setup, world_teardown),
	};

	return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
