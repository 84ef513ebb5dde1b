// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about asynchronous events: what kind comes for what
 * failure, with whose number, and only once. It must never know the model's
 * insides.
 */
#include "tests/unit/hca/world.h"

#include <stdlib.h>

#include "tests/hca-model/control.h"
#include "tests/hca-model/hca.h"

/* The control socket's answer to @line must be a success. */
static void control(struct world *w, const char *line)
{
	char *copy = strdup(line), *answer;

	assert_non_null(copy);
	answer = control_execute(w->model, copy);
	assert_non_null(answer);
	assert_null(strstr(answer, "error"));
	free(answer);
	free(copy);
}

static void a_refused_rkey_is_an_access_event_of_the_responder(void **state)
{
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;

	pair_open(*state, HC_RC, 0, NULL, &p);
	forget_events(&p.a);
	forget_events(&p.b);
	sge = sge_of(&p.a, 0, 64);
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
	wr.rkey ^= 1;
	post_one(&p.a, &wr);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_ACCESS);
	expect_event(&p.b, EVENT_WQ_ACCESS_ERROR, p.b.qp.qpn);
	expect_no_event(&p.b);
	expect_no_event(&p.a);		/* the requester has its completion */
	expect_dead(&p.b);
	pair_close(&p);
}

static void an_invalid_request_is_an_event_of_the_responder(void **state)
{
	struct pair p;
	struct hc_wr wr = { .opcode = WQE_SEND, .flags = HC_SIGNALED };

	pair_open(*state, HC_XRC, 0, NULL, &p);
	forget_events(&p.a);
	forget_events(&p.b);
	wr.xrc_srqn = p.b.srq.srqn + 1;		/* there is none */
	post_one(&p.a, &wr);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_INVAL_REQ);
	expect_event(&p.b, EVENT_WQ_INVAL_REQ_ERROR, p.b.qp.qpn);
	expect_event(&p.b, EVENT_SRQ_LAST_WQE, p.b.qp.qpn);
	expect_no_event(&p.b);
	expect_no_event(&p.a);
	expect_dead(&p.b);
	pair_close(&p);
}

static void an_unreadable_srq_is_an_event_of_the_srq_and_of_the_qp(void **state)
{
	struct world *w = *state;
	struct hc_wr wr = { .opcode = WQE_SEND, .flags = HC_SIGNALED };
	unsigned int record;
	struct hole hole;
	struct pair p;

	for (record = 0; record < 2; record++) {
		const struct hc_mem *mem = record ? &p.b.srq.dbr : &p.b.srq.buf;

		pair_open(w, HC_XRC, 0, NULL, &p);
		forget_events(&p.b);
		post_recv_buf(&p.b, 0, 64);
		wr.xrc_srqn = p.b.srq.srqn;
		hole = world_hole(p.b.hc, mem->ptr, mem->size);
		post_one(&p.a, &wr);
		expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_OP);
		expect_event(&p.b, EVENT_SRQ_CATAS_ERROR, p.b.srq.srqn);
		expect_event(&p.b, EVENT_WQ_CATAS_ERROR, p.b.qp.qpn);
		expect_event(&p.b, EVENT_SRQ_LAST_WQE, p.b.qp.qpn);
		expect_no_event(&p.b);
		world_mend(p.b.hc, hole);
		expect_dead(&p.b);
		pair_close(&p);
	}
}

static void manage_pages(struct hc *hc, uint16_t op_mod, uint8_t *in, uint32_t n, uint8_t *out,
			 size_t olen)
{
	hc_head(in, HC_MANAGE_PAGES, op_mod);
	ifc_set(in, manage_pages_in__input_num_entries, n);
	assert_ok(hc_exec(hc, in, manage_pages_in__SIZE + (op_mod == 1 ? n * 8 : 0), out, olen));
}

static void expect_page_request(struct side *s, int32_t n)
{
	struct eqe e;

	world_settle(s->w, 2);
	assert_true(hc_eq_poll(s->hc, &s->hc->fw->async, &e));
	assert_int_equal(e.type, EVENT_PAGE_REQUEST);
	assert_int_equal(ifc_load32(e.data), 0);		/* our own function */
	assert_int_equal((int32_t)ifc_load32(e.data + 4), n);
	expect_no_event(s);
}

static void the_firmware_asks_for_pages_and_gives_them_back(void **state)
{
	enum { N = 8, GIVE = 1, TAKE = 2 };
	struct world *w = *state;
	struct side s = { .w = w, .hc = w->hc[0], .hca = w->hca[0] };
	uint8_t in[manage_pages_in__SIZE + N * 8] = { 0 };
	uint8_t out[manage_pages_out__SIZE + N * 8] = { 0 };
	struct object_counts before, now;
	struct hc_mem mem;
	unsigned int i, k;

	forget_events(&s);
	objects_count(s.hca, &before);
	assert_ok(hc_alloc(s.hc, N * HC_PAGE, HC_PAGE, &mem));
	control(w, "pages a 8");
	expect_page_request(&s, N);
	for (i = 0; i < N; i++)
		ifc_store64(in + manage_pages_in__pas__BYTE + i * 8, mem.iova + i * HC_PAGE);
	manage_pages(s.hc, GIVE, in, N, NULL, manage_pages_out__SIZE);
	objects_count(s.hca, &now);
	assert_int_equal(now.pages, before.pages + N);

	control(w, "pages a -8");
	expect_page_request(&s, -N);
	memset(in, 0, sizeof(in));
	manage_pages(s.hc, TAKE, in, N, out, sizeof(out));
	assert_int_equal(ifc_get(out, manage_pages_out__output_num_entries), N);
	for (i = 0; i < N; i++) {		/* each of them, in any order */
		for (k = 0; k < N; k++)
			if (ifc_load64(out + manage_pages_out__pas__BYTE + k * 8) ==
			    mem.iova + i * HC_PAGE)
				break;
		assert_true(k < N);
	}
	objects_count(s.hca, &now);
	assert_int_equal(now.pages, before.pages);
	hc_free(s.hc, &mem);
}

static void a_fatal_error_is_an_event_and_stops_commands_until_a_reset(void **state)
{
	struct world *w = *state;
	uint8_t in[16] = { 0 };
	struct hc *hc = w->hc[0];
	struct hc_eq eq;
	struct eqe e;

	assert_ok(hc_eq_create(hc, 0, 5, 1ull << EVENT_INTERNAL_ERROR, &eq));
	hc_eq_arm(hc, &eq);
	world_settle(w, 2);
	hc_irq_taken(hc, 0);
	assert_false(hc_eq_poll(hc, &eq, &e));
	control(w, "fatal a");
	assert_true(hc_irq_taken(hc, 0));
	assert_true(hc_eq_poll(hc, &eq, &e));
	assert_int_equal(e.type, EVENT_INTERNAL_ERROR);
	assert_false(hc_eq_poll(hc, &eq, &e));

	hc_head(in, HC_ALLOC_PD, 0);
	assert_ok(hc_cmd_post(hc, 1, in, sizeof(in), 16));
	hc_cmd_ring(hc, 1u << 1);
	world_settle(w, 20);
	assert_false(hc_cmd_done(hc, 1));
	assert_int_equal(w->hca[1]->pci.synd, 0);	/* the neighbour is well */

	assert_ok(hc_device_reset(hc));
	hc_forget(hc);
	hc_free_all(hc);
	assert_ok(hc_bringup(hc));
	assert_ok(hc_port_wait_active(hc, &w->lid[0]));
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(a_refused_rkey_is_an_access_event_of_the_responder),
		in_world(an_invalid_request_is_an_event_of_the_responder),
		in_world(an_unreadable_srq_is_an_event_of_the_srq_and_of_the_qp),
		in_world(the_firmware_asks_for_pages_and_gives_them_back),
		in_world(a_fatal_error_is_an_event_and_stops_commands_until_a_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
