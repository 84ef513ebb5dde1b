// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the DMA fault table in docs/hca-model.md, one test for
 * each row: what software sees when that piece of memory is not mapped. It must
 * never know the model's insides.
 */
#include "tests/unit/hca/world.h"

#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/qp.h"

enum { DELIVERY_FIRMWARE_ERROR = 6, CQ_ERROR_ACCESS = 2 };

static void open_pair(void **state, struct pair *p)
{
	pair_open(*state, HC_RC, 0, NULL, p);
	forget_events(&p->a);
	forget_events(&p->b);
}

/* QUERY_HCA_CAP with blocks only where asked; all but the queue itself is unmapped. */
static void command_without_mailbox(struct hc *hc, size_t ilen, size_t olen)
{
	uint8_t in[64] = { 0 };
	struct hole hole;
	uint64_t faults;
	struct world *w = hc->pump_arg;
	struct hca *hca = w->hca[0];

	hc_head(in, HC_QUERY_HCA_CAP, 1);
	assert_ok(hc_cmd_post(hc, 1, in, ilen, olen));
	faults = hca->dma.faults;
	hole = world_hole(hc, hc->cmdq.ptr + HC_PAGE,
			  hc->arena_size - (size_t)(hc->cmdq.ptr + HC_PAGE - hc->arena));
	hc_cmd_ring(hc, 1u << 1);
	assert_true(hc_until(hc, hc_cmd_done(hc, 1)));
	world_mend(hc, hole);
	assert_int_equal(hc_cmd_collect(hc, 1, NULL, 0), -EIO);
	assert_int_equal(hc->delivery, DELIVERY_FIRMWARE_ERROR);
	assert_true(hca->dma.faults > faults);
	/* the queue goes on */
	hc_head(in, HC_QUERY_HCA_CAP, 1);
	assert_ok(hc_exec(hc, in, 16, NULL, 4112));
}

static void a_mailbox_is_a_firmware_error_of_delivery(void **state)
{
	struct world *w = *state;

	command_without_mailbox(w->hc[0], 64, 16);
	command_without_mailbox(w->hc[0], 16, 4112);
}

/* A NOP whose ring or record is not there. */
static void send_queue_hole(struct pair *p, const void *ptr, size_t size)
{
	struct hc_wr wr = { .opcode = WQE_NOP, .flags = HC_SIGNALED };
	struct hole hole = world_hole(p->a.hc, ptr, size);

	post_one(&p->a, &wr);
	expect_event(&p->a, EVENT_WQ_CATAS_ERROR, p->a.qp.qpn);
	expect_no_event(&p->a);
	expect_none(&p->a, &p->a.scq);		/* no WQE can be blamed */
	world_mend(p->a.hc, hole);
	expect_dead(&p->a);
	assert_int_equal(hc_qp_state(p->b.hc, &p->b.qp), QP_RTS);
	pair_reconnect(p);
	while (hc_cq_poll(&p->a.scq, &(struct hc_wc){ 0 }))
		;
	post_one(&p->a, &wr);
	expect_ok(&p->a, &p->a.scq, CQE_REQ, NULL);
}

static void a_send_queue_or_its_record_is_a_catastrophe_of_the_queue(void **state)
{
	struct pair p;

	open_pair(state, &p);
	send_queue_hole(&p, p.a.qp.sq, HC_PAGE);
	send_queue_hole(&p, p.a.qp.dbr.ptr, p.a.qp.dbr.size);
	pair_close(&p);
}

static void receive_queue_hole(struct pair *p, const void *ptr, size_t size)
{
	struct hc_wr wr = { .opcode = WQE_SEND, .flags = HC_SIGNALED };
	struct hole hole;

	post_recv_buf(&p->b, 0, 64);
	hole = world_hole(p->b.hc, ptr, size);
	post_one(&p->a, &wr);
	expect_error(&p->a, &p->a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_OP);
	expect_event(&p->b, EVENT_WQ_CATAS_ERROR, p->b.qp.qpn);
	expect_no_event(&p->b);
	expect_none(&p->b, &p->b.rcq);
	world_mend(p->b.hc, hole);
	expect_dead(&p->a);
	expect_dead(&p->b);
	pair_reconnect(p);
	while (hc_cq_poll(&p->b.rcq, &(struct hc_wc){ 0 }))
		;
}

static void a_receive_queue_or_its_record_is_one_too_and_a_nak(void **state)
{
	struct pair p;

	open_pair(state, &p);
	receive_queue_hole(&p, p.b.qp.buf.ptr, HC_PAGE);
	receive_queue_hole(&p, p.b.qp.dbr.ptr, p.b.qp.dbr.size);
	pair_close(&p);
}

static void gathered_data_is_a_local_protection_error(void **state)
{
	static const uint8_t opcodes[] = { WQE_SEND, WQE_RDMA_WRITE };
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	struct hole hole;
	unsigned int i;

	open_pair(state, &p);
	memset(p.b.mr.mem.ptr, 0xa5, HC_PAGE);
	for (i = 0; i < sizeof(opcodes); i++) {
		hole = world_hole(p.a.hc, p.a.mr.mem.ptr + HC_PAGE, HC_PAGE);
		sge = sge_of(&p.a, HC_PAGE - 32, 64);	/* one half is there */
		wr = wr_rdma(opcodes[i], &sge, &p.b, 0);
		post_one(&p.a, &wr);
		expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_LOCAL_PROT);
		expect_no_event(&p.a);
		expect_no_event(&p.b);			/* it never heard of it */
		world_mend(p.a.hc, hole);
		expect_dead(&p.a);
		assert_true(all_are(p.b.mr.mem.ptr, HC_PAGE, 0xa5));
		pair_reconnect(&p);
	}
	pair_close(&p);
}

/* Where what a read or an atomic brings is put: the requester's own memory too. */
static void scattered_data_is_a_local_protection_error(void **state)
{
	static const uint8_t opcodes[] = { WQE_RDMA_READ, WQE_ATOMIC_FA };
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	struct hole hole;
	unsigned int i;

	open_pair(state, &p);
	for (i = 0; i < sizeof(opcodes); i++) {
		hole = world_hole(p.a.hc, p.a.mr.mem.ptr + HC_PAGE, HC_PAGE);
		sge = sge_of(&p.a, HC_PAGE, 8);
		wr = wr_rdma(opcodes[i], &sge, &p.b, 0);
		post_one(&p.a, &wr);
		expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_LOCAL_PROT);
		expect_no_event(&p.a);
		world_mend(p.a.hc, hole);
		expect_dead(&p.a);
		pair_reconnect(&p);
	}
	pair_close(&p);
}

static void the_target_of_rdma_is_a_remote_operation_error_and_an_event(void **state)
{
	static const uint8_t opcodes[] = { WQE_RDMA_WRITE, WQE_RDMA_READ, WQE_ATOMIC_FA };
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	struct hole hole;
	unsigned int i;

	open_pair(state, &p);
	for (i = 0; i < sizeof(opcodes); i++) {
		hole = world_hole(p.b.hc, p.b.mr.mem.ptr + HC_PAGE, HC_PAGE);
		sge = sge_of(&p.a, 0, 8);
		wr = wr_rdma(opcodes[i], &sge, &p.b, HC_PAGE);
		post_one(&p.a, &wr);
		expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_OP);
		expect_event(&p.b, EVENT_WQ_CATAS_ERROR, p.b.qp.qpn);
		expect_no_event(&p.b);
		expect_no_event(&p.a);
		assert_int_equal(p.b.hca->dma.last_fault, p.b.mr.mem.iova + HC_PAGE);
		world_mend(p.b.hc, hole);
		expect_dead(&p.a);
		expect_dead(&p.b);
		pair_reconnect(&p);
	}
	pair_close(&p);
}

static void a_receive_buffer_is_a_local_protection_error_and_a_nak(void **state)
{
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	struct hole hole;

	open_pair(state, &p);
	hole = world_hole(p.b.hc, p.b.mr.mem.ptr + HC_PAGE, HC_PAGE);
	post_recv_buf(&p.b, HC_PAGE, 64);
	sge = sge_of(&p.a, 0, 64);
	wr = wr_rdma(WQE_SEND, &sge, &p.b, 0);
	post_one(&p.a, &wr);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_OP);
	expect_error(&p.b, &p.b.rcq, CQE_RESP_ERR, CQE_SYND_LOCAL_PROT);
	expect_no_event(&p.b);			/* the completion says it */
	world_mend(p.b.hc, hole);
	expect_dead(&p.a);
	expect_dead(&p.b);
	pair_close(&p);
}

static void a_cq_ring_is_a_cq_error_event(void **state)
{
	struct hc_wr wr = { .opcode = WQE_NOP, .flags = HC_SIGNALED };
	struct hole hole;
	struct pair p;
	struct eqe e;

	open_pair(state, &p);
	hole = world_hole(p.a.hc, p.a.scq.buf.ptr, p.a.scq.buf.size);
	post_one(&p.a, &wr);
	world_settle(p.w, 5);
	assert_true(hc_eq_poll(p.a.hc, &p.a.hc->fw->async, &e));
	assert_int_equal(e.type, EVENT_CQ_ERROR);
	assert_int_equal(ifc_load32(e.data), p.a.scq.cqn);
	assert_int_equal(e.data[11], CQ_ERROR_ACCESS);
	expect_event(&p.a, EVENT_WQ_CATAS_ERROR, p.a.qp.qpn);	/* its QP cannot go on */
	expect_no_event(&p.a);
	world_mend(p.a.hc, hole);
	expect_dead(&p.a);
	expect_none(&p.a, &p.a.scq);
	pair_close(&p);
}

static void an_eq_ring_loses_the_event_and_counts_the_fault(void **state)
{
	struct hc_wr wr = { .opcode = WQE_SEND };
	struct hole hole;
	struct pair p;
	struct eqe e;
	uint64_t faults;

	open_pair(state, &p);
	hole = world_hole(p.b.hc, p.b.hc->fw->comp.buf.ptr, p.b.hc->fw->comp.buf.size);
	faults = p.b.hca->dma.faults;
	hc_cq_arm(p.b.hc, &p.b.rcq, false);
	post_recv_buf(&p.b, 0, 64);
	post_one(&p.a, &wr);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, NULL);
	assert_int_equal(p.b.hca->dma.faults, faults + 1);
	world_mend(p.b.hc, hole);
	world_settle(p.w, 2);
	assert_false(hc_eq_poll(p.b.hc, &p.b.hc->fw->comp, &e));

	hc_cq_event(&p.b.rcq);			/* the next one arrives */
	hc_cq_arm(p.b.hc, &p.b.rcq, false);
	post_recv_buf(&p.b, 0, 64);
	post_one(&p.a, &wr);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, NULL);
	assert_true(hc_eq_poll(p.b.hc, &p.b.hc->fw->comp, &e));
	assert_int_equal(e.type, EVENT_COMP);
	assert_int_equal(ifc_load32(e.data + 24), p.b.rcq.cqn);
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(a_mailbox_is_a_firmware_error_of_delivery),
		in_world(a_send_queue_or_its_record_is_a_catastrophe_of_the_queue),
		in_world(a_receive_queue_or_its_record_is_one_too_and_a_nak),
		in_world(gathered_data_is_a_local_protection_error),
		in_world(scattered_data_is_a_local_protection_error),
		in_world(the_target_of_rdma_is_a_remote_operation_error_and_an_event),
		in_world(a_receive_buffer_is_a_local_protection_error_and_a_nak),
		in_world(a_cq_ring_is_a_cq_error_event),
		in_world(an_eq_ring_loses_the_event_and_counts_the_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
