// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that bytes arrive: every opcode over every transport, odd
 * sizes and alignments, lists, page sizes, with guards around the buffers. It
 * must never know how they travel.
 */
#include "tests/unit/hca/world.h"

enum { GUARD = 64, GUARD_BYTE = 0xa5, GRH = 40, MR = 8 << 20, MAX_PIECES = 8 };

static const uint32_t sizes[] = {
	0, 1, 3, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025, 4095, 4096, 4097, 65537,
	(1 << 20) + 1, 3 << 20,
};

struct transfer {
	uint8_t type, opcode;
	uint32_t size;
	uint32_t src_off, dst_off;	/* misalignments */
	unsigned int pieces;		/* of the local list */
	bool inl;
};

static bool is_send(uint8_t op)
{
	return op == WQE_SEND || op == WQE_SEND_IMM;
}

static void check_landed(const struct transfer *t, const struct side *to, uint64_t at,
			 uint32_t seed)
{
	const uint8_t *p = to->mr.mem.ptr + at;
	uint32_t lead = is_send(t->opcode) && t->type == HC_UD ? GRH : 0;

	assert_true(pattern_is(p, t->size, seed));
	assert_true(all_are(p - lead - GUARD, GUARD, GUARD_BYTE));
	assert_true(all_are(p + t->size, GUARD, GUARD_BYTE));
}

static void check_receiver(const struct transfer *t, struct pair *p)
{
	struct hc_wc wc;

	if (is_send(t->opcode))
		expect_ok(&p->b, &p->b.rcq, t->opcode == WQE_SEND ? CQE_RESP_SEND :
			  CQE_RESP_SEND_IMM, &wc);
	else if (t->opcode == WQE_RDMA_WRITE_IMM)
		expect_ok(&p->b, &p->b.rcq, CQE_RESP_WR_IMM, &wc);
	else
		return;
	assert_int_equal(wc.bytes, t->size + (t->type == HC_UD ? GRH : 0));
	assert_int_equal(wc.qpn, p->b.qp.qpn);
	if (t->opcode != WQE_SEND)
		assert_int_equal(wc.imm, 0xfeedc0de);
	if (t->type == HC_UD) {
		assert_int_equal(wc.src_qpn, p->a.qp.qpn);
		assert_int_equal(wc.slid, p->a.lid);
	}
	if (p->b.srq.buf.ptr)
		hc_srq_release(&p->b.srq, wc.index);
}

static void run(struct pair *p, const struct transfer *t)
{
	static uint32_t seed;
	struct hc_av av = { .qpn = p->b.qp.qpn, .qkey = p->path.qkey, .lid = p->b.lid };
	bool read = t->opcode == WQE_RDMA_READ;
	struct side *from = read ? &p->b : &p->a, *to = read ? &p->a : &p->b;
	uint64_t src = 4096 + t->src_off, dst = 4096 + t->dst_off;
	struct hc_sge sge[MAX_PIECES];
	struct hc_wr wr = { .opcode = t->opcode, .flags = HC_SIGNALED, .sge = sge,
			    .imm = 0xfeedc0de, .rkey = p->b.mr.key,
			    .raddr = p->b.mr.va + (read ? src : dst),
			    .xrc_srqn = p->b.srq.srqn };
	struct hc_wc wc;

	seed++;
	memset(to->mr.mem.ptr + dst - GRH - GUARD, GUARD_BYTE, GRH + GUARD + t->size + GUARD);
	pattern(from->mr.mem.ptr + src, t->size, seed);
	if (t->type == HC_UD)
		wr.av = &av;
	if (is_send(t->opcode)) {
		uint32_t lead = t->type == HC_UD ? GRH : 0;

		post_recv_buf(&p->b, dst - lead, t->size + lead);
	} else if (t->opcode == WQE_RDMA_WRITE_IMM) {
		post_recv_buf(&p->b, 0, 0);
	}
	if (t->inl) {
		wr.inl = p->a.mr.mem.ptr + src;
		wr.inl_len = t->size;
	} else {
		wr.n_sge = sge_cut(&p->a, read ? dst : src, t->size, t->pieces, sge);
	}
	post_one(&p->a, &wr);
	expect_ok(&p->a, &p->a.scq, CQE_REQ, &wc);
	assert_int_equal(wc.qpn, p->a.qp.qpn);
	assert_int_equal(wc.send_opcode, t->opcode);
	/* unreliable: the sender is done before the receiver */
	check_receiver(t, p);
	if (t->type == HC_UC)
		world_settle(p->w, 0);
	check_landed(t, to, dst, seed);
}

static void all_sizes(struct pair *p, uint8_t type, uint8_t opcode, uint32_t max)
{
	static const uint32_t offs[][2] = { { 0, 0 }, { 1, 0 }, { 0, 3 }, { 4095, 61 } };
	struct transfer t = { .type = type, .opcode = opcode };
	unsigned int i, j;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && sizes[i] <= max; i++) {
		for (j = 0; j < 4; j++) {
			t.size = sizes[i];
			t.src_off = offs[j][0];
			t.dst_off = offs[j][1];
			t.pieces = 1 + j * 2;
			t.inl = false;
			run(p, &t);
			t.inl = t.size <= 200 && opcode != WQE_RDMA_READ && t.size;
			if (t.inl)
				run(p, &t);
		}
	}
}

static void over(void **state, uint8_t type, const uint8_t *ops, unsigned int n, uint32_t max)
{
	struct pair p;
	unsigned int i;

	pair_open(*state, type, MR, NULL, &p);
	for (i = 0; i < n; i++)
		all_sizes(&p, type, ops[i], max);
	pair_close(&p);
}

static const uint8_t all_ops[] = { WQE_SEND, WQE_SEND_IMM, WQE_RDMA_WRITE, WQE_RDMA_WRITE_IMM,
				   WQE_RDMA_READ };

static void rc_moves_every_size(void **state)
{
	over(state, HC_RC, all_ops, 5, 1u << 30);
}

static void xrc_moves_every_size(void **state)
{
	over(state, HC_XRC, all_ops, 5, 1u << 30);
}

static void uc_moves_every_size(void **state)
{
	over(state, HC_UC, all_ops, 4, 1u << 30);
}

static void ud_moves_every_size_up_to_its_mtu(void **state)
{
	over(state, HC_UD, all_ops, 2, 4096);
}

static void every_mtu_moves_every_size(void **state)
{
	struct pair p;
	uint8_t mtu;
	unsigned int i;

	pair_open(*state, HC_RC, MR, NULL, &p);
	for (mtu = HC_MTU_256; mtu <= HC_MTU_4096; mtu++) {
		p.path.mtu = mtu;
		pair_reconnect(&p);
		for (i = 0; i < 5; i++)
			all_sizes(&p, HC_RC, all_ops[i], 65537);
	}
	pair_close(&p);
}

static void atomics_answer_the_old_value(void **state)
{
	static const uint8_t types[] = { HC_RC, HC_XRC };
	struct pair p;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct hc_sge sge;
		struct hc_wr wr;
		uint64_t *local, *remote;

		pair_open(*state, types[i], 0, NULL, &p);
		sge = (struct hc_sge){ p.a.mr.va + 128, 8, p.a.mr.key };
		local = (uint64_t *)(p.a.mr.mem.ptr + 128);
		remote = (uint64_t *)(p.b.mr.mem.ptr + 256);
		*remote = 1000;
		memset(remote - 1, GUARD_BYTE, 8);
		memset(remote + 1, GUARD_BYTE, 8);

		wr = wr_rdma(WQE_ATOMIC_FA, &sge, &p.b, 256);
		wr.swap_add = 7;
		post_one(&p.a, &wr);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		assert_int_equal(be64toh(*local) == 1000 || *local == 1000, 1);
		assert_int_equal(*remote, 1007);

		wr = wr_rdma(WQE_ATOMIC_CS, &sge, &p.b, 256);
		wr.swap_add = 42;
		wr.compare = 1;
		post_one(&p.a, &wr);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		assert_int_equal(*remote, 1007);
		wr.compare = 1007;
		post_one(&p.a, &wr);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		assert_int_equal(*remote, 42);
		assert_int_equal(*local, 1007);
		assert_true(all_are((uint8_t *)(remote - 1), 8, GUARD_BYTE));
		assert_true(all_are((uint8_t *)(remote + 1), 8, GUARD_BYTE));
		pair_close(&p);
	}
}

static void a_ud_packet_with_grh_shows_it_to_the_receiver(void **state)
{
	struct pair p;
	struct hc_av av;
	struct hc_sge sge;
	struct hc_wr wr;
	struct hc_wc wc;

	pair_open(*state, HC_UD, 0, NULL, &p);
	av = (struct hc_av){ .qpn = p.b.qp.qpn, .qkey = p.path.qkey, .lid = p.b.lid, .grh = true,
			     .hop_limit = 9 };
	assert_ok(hc_gid_query(p.b.hc, 0, av.dgid));
	sge = (struct hc_sge){ p.a.mr.va, 100, p.a.mr.key };
	wr = wr_rdma(WQE_SEND, &sge, &p.b, 0);
	wr.av = &av;
	post_recv_buf(&p.b, 0, 200);
	post_one(&p.a, &wr);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, &wc);
	assert_true(wc.grh);
	assert_int_equal(wc.bytes, 140);
	assert_memory_equal(p.b.mr.mem.ptr + 24, av.dgid, 16);
	assert_int_equal(p.b.mr.mem.ptr[7], 9);
	assert_int_equal(p.b.mr.mem.ptr[0] >> 4, 6);
	pair_close(&p);
}

/* A queue pair that is connected to itself. */
static void loop_open(struct world *w, struct side *s)
{
	struct hc_path path = hc_path_default;

	side_open(w, 0, 0, s);
	side_qp(s, HC_RC, &s->qp);
	path.dlid = s->lid;
	path.remote_qpn = s->qp.qpn;
	assert_ok(hc_qp_to_rts(s->hc, &s->qp, &path));
}

static void a_qp_talks_to_itself(void **state)
{
	struct side s;
	struct hc_sge sge;
	struct hc_wr wr;

	loop_open(*state, &s);
	pattern(s.mr.mem.ptr, 5000, 1);
	sge = (struct hc_sge){ s.mr.va, 5000, s.mr.key };
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &s, 10000);
	post_one(&s, &wr);
	expect_ok(&s, &s.scq, CQE_REQ, NULL);
	assert_true(pattern_is(s.mr.mem.ptr + 10000, 5000, 1));
	side_close(&s);
}

/* What the overlap holds afterwards is not defined; that nothing else is touched is. */
static void a_message_onto_itself_does_no_harm(void **state)
{
	struct side s;
	struct hc_sge sge;
	struct hc_wr wr;

	loop_open(*state, &s);
	memset(s.mr.mem.ptr, GUARD_BYTE, 65536);
	sge = (struct hc_sge){ s.mr.va + 1000, 900, s.mr.key };
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &s, 1016);
	post_one(&s, &wr);
	expect_ok(&s, &s.scq, CQE_REQ, NULL);
	wr = wr_rdma(WQE_RDMA_READ, &sge, &s, 900);
	post_one(&s, &wr);
	expect_ok(&s, &s.scq, CQE_REQ, NULL);
	assert_true(all_are(s.mr.mem.ptr, 65536, GUARD_BYTE));
	side_close(&s);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(rc_moves_every_size),
		in_world(xrc_moves_every_size),
		in_world(uc_moves_every_size),
		in_world(ud_moves_every_size_up_to_its_mtu),
		in_world(every_mtu_moves_every_size),
		in_world(atomics_answer_the_old_value),
		in_world(a_ud_packet_with_grh_shows_it_to_the_receiver),
		in_world(a_qp_talks_to_itself),
		in_world(a_message_onto_itself_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
