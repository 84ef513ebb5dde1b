// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about packets that should not have come: answers that fit
 * no request, packets of another partition. It must never know how a queue
 * pair that behaves makes its packets.
 */
#include "tests/hca-model/fabric/port.h"
#include "tests/hca-model/transport/packet.h"
#include "tests/hca-model/transport/transport.h"
#include "tests/unit/hca/world.h"

enum { LEN = 3000 };

/* What b's queue pair would answer to the request of a that is under way; b's is reset. */
static void answer(struct pair *p, enum bth_op op, void *data, uint32_t len)
{
	struct packet pkt = {
		.slid = p->b.lid, .dlid = p->a.lid, .pkey = 0xffff, .opcode = bth(BTH_RC, op),
		.dqpn = p->a.qp.qpn, .psn = p->a.qp.qpn * 7919 & PSN_MASK,
		.aeth_syndrome = AETH_ACK | AETH_VALUE, .len = len, .n_sg = !!len,
		.sg[0] = { data, len },
	};

	transport_receive(p->a.hca, &pkt);
}

static void ask_nobody(struct pair *p, uint8_t opcode, uint32_t len)
{
	struct hc_sge sge = sge_of(&p->a, 0, len);
	struct hc_wr wr = wr_rdma(opcode, &sge, &p->b, 0);

	assert_ok(hc_qp_reset(p->b.hc, &p->b.qp));
	post_one(&p->a, &wr);
	expect_none(&p->a, &p->a.scq);
}

static void a_response_that_does_not_fit_the_request_is_a_bad_response(void **state)
{
	static const struct {
		uint8_t opcode;
		uint32_t asked;
		enum bth_op op;
		uint32_t len;
	} bad[] = {
		{ WQE_RDMA_READ, 500, OP_READ_RESP_ONLY, 499 },
		{ WQE_RDMA_READ, 500, OP_READ_RESP_ONLY, 501 },
		{ WQE_RDMA_READ, 500, OP_READ_RESP_FIRST, 1024 },
		{ WQE_RDMA_READ, LEN, OP_READ_RESP_ONLY, 1024 },
		{ WQE_RDMA_READ, LEN, OP_READ_RESP_FIRST, 1023 },
		{ WQE_RDMA_READ, 8, OP_ATOMIC_ACK, 0 },
		{ WQE_ATOMIC_FA, 8, OP_READ_RESP_ONLY, 8 },
		{ WQE_RDMA_WRITE, 8, OP_READ_RESP_ONLY, 8 },
		{ WQE_RDMA_WRITE, 8, OP_ATOMIC_ACK, 0 },
	};
	static uint8_t data[1024];
	struct pair p;
	unsigned int i;

	pair_open(*state, HC_RC, 0, NULL, &p);
	pattern(data, sizeof(data), 9);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ask_nobody(&p, bad[i].opcode, bad[i].asked);
		answer(&p, bad[i].op, data, bad[i].len);
		expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_BAD_RESP);
		assert_true(all_are(p.a.mr.mem.ptr, 4096, 0));
		expect_dead(&p.a);
		pair_reconnect(&p);
	}
	ask_nobody(&p, WQE_RDMA_READ, 500);		/* this one fits */
	answer(&p, OP_READ_RESP_ONLY, data, 500);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_true(pattern_is(p.a.mr.mem.ptr, 500, 9));
	pair_close(&p);
}

static uint32_t pkey_violations(struct side *s)
{
	uint8_t in[query_hca_vport_context_in__SIZE] = { 0 };
	uint8_t out[query_hca_vport_context_out__SIZE] = { 0 };

	hc_head(in, HC_QUERY_HCA_VPORT_CONTEXT, 0);
	ifc_set(in, query_hca_vport_context_in__port_num, 1);
	assert_ok(hc_exec(s->hc, in, sizeof(in), out, sizeof(out)));
	return (uint32_t)ifc_get(out + query_hca_vport_context_out__hca_vport_context__BYTE,
				 hca_vport_context__pkey_violation_counter);
}

static void packets_of_another_partition_are_dropped_and_counted(void **state)
{
	/* another partition; two limited members; a full and a limited one */
	static const uint16_t keys[][2] = { { 0x8011, 0x8012 }, { 0x11, 0x11 }, { 0x11, 0x8011 } };
	static const uint8_t types[] = { HC_RC, HC_UC };
	struct hc_path path = hc_path_default;
	unsigned int i, t;

	path.pkey_index = 1;
	path.ack_timeout = 8;
	path.retry = 2;
	for (i = 0; i < 6; i++) {
		bool match = i / 2 == 2;
		struct pair p;
		struct hc_sge sge;
		struct hc_wr wr;
		uint32_t before;

		t = i % 2;
		pair_open(*state, types[t], 0, &path, &p);
		p.a.hca->port->pkey[1] = keys[i / 2][0];
		p.b.hca->port->pkey[1] = keys[i / 2][1];
		before = pkey_violations(&p.b);
		pattern(p.a.mr.mem.ptr, 100, i);
		sge = sge_of(&p.a, 0, 100);
		wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
		post_one(&p.a, &wr);
		if (match || types[t] == HC_UC)
			expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		else
			expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_RETRY_EXC);
		world_settle(p.w, 2);
		assert_int_equal(pattern_is(p.b.mr.mem.ptr, 100, i), match);
		/* an RC request goes out once and twice again */
		assert_int_equal(pkey_violations(&p.b) - before,
				 match ? 0 : types[t] == HC_UC ? 1 : 1 + path.retry);
		pair_close(&p);
	}
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(a_response_that_does_not_fit_the_request_is_a_bad_response),
		in_world(packets_of_another_partition_are_dropped_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
