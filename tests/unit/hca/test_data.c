// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that bytes arrive: every opcode over every transport, odd
 * sizes and alignments, lists, page sizes, with guards around the buffers. It
 * must never know how they travel.
 */
#include "tests/unit/hca/world.h"

#include <stdlib.h>

#include "tests/hca-model/cmd/cmd.h"

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

/* Cut [off, off + size) of a buffer into pieces of uneven lengths. */
static unsigned int cut(const struct side *s, uint64_t off, uint32_t size, unsigned int pieces,
			struct hc_sge *sge)
{
	unsigned int i;
	uint32_t len;

	for (i = 0; i < pieces && size; i++) {
		len = i + 1 == pieces ? size : size / (pieces - i) | 1;
		len = len < size ? len : size;
		sge[i] = (struct hc_sge){ s->mr.va + off, len, s->mr.key };
		off += len;
		size -= len;
	}
	return i;
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
		wr.n_sge = cut(&p->a, read ? dst : src, t->size, t->pieces, sge);
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

static void both_directions_at_once(void **state)
{
	enum { N = 60, LEN = 3000 };
	struct pair p;
	struct hc_sge sa, sb;
	struct hc_wr wr;
	unsigned int i;

	pair_open(*state, HC_RC, 1 << 20, NULL, &p);
	pattern(p.a.mr.mem.ptr, N * LEN, 1);
	pattern(p.b.mr.mem.ptr, N * LEN, 2);
	for (i = 0; i < N; i++) {
		post_recv_buf(&p.a, 400000 + i * LEN, LEN);
		post_recv_buf(&p.b, 400000 + i * LEN, LEN);
	}
	for (i = 0; i < N; i++) {
		sa = (struct hc_sge){ p.a.mr.va + i * LEN, LEN, p.a.mr.key };
		sb = (struct hc_sge){ p.b.mr.va + i * LEN, LEN, p.b.mr.key };
		wr = wr_rdma(WQE_SEND, &sa, &p.b, 0);
		hc_post_send(&p.a.qp, &wr);
		wr = wr_rdma(WQE_SEND, &sb, &p.a, 0);
		hc_post_send(&p.b.qp, &wr);
	}
	hc_ring(p.a.hc, &p.a.qp);
	hc_ring(p.b.hc, &p.b.qp);
	for (i = 0; i < N; i++) {
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		expect_ok(&p.b, &p.b.scq, CQE_REQ, NULL);
		expect_ok(&p.a, &p.a.rcq, CQE_RESP_SEND, NULL);
		expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, NULL);
	}
	assert_true(pattern_is(p.b.mr.mem.ptr + 400000, N * LEN, 1));
	assert_true(pattern_is(p.a.mr.mem.ptr + 400000, N * LEN, 2));
	pair_close(&p);
}

static void unsignaled_requests_complete_silently_and_in_order(void **state)
{
	enum { N = 100 };
	struct pair p;
	struct hc_wc wc;
	unsigned int i;

	pair_open(*state, HC_RC, 0, NULL, &p);
	for (i = 0; i < N; i++) {
		uint32_t value = i;
		struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, NULL, &p.b, i * 4);

		wr.n_sge = 0;
		wr.inl = &value;
		wr.inl_len = 4;
		wr.flags = i % 10 == 9 ? HC_SIGNALED : 0;
		hc_post_send(&p.a.qp, &wr);
	}
	hc_ring(p.a.hc, &p.a.qp);
	for (i = 0; i < N / 10; i++) {
		expect_ok(&p.a, &p.a.scq, CQE_REQ, &wc);
		assert_int_equal(wc.index, i * 10 + 9);
	}
	expect_none(&p.a, &p.a.scq);
	for (i = 0; i < N; i++)
		assert_int_equal(((uint32_t *)p.b.mr.mem.ptr)[i], i);
	pair_close(&p);
}

/* WQEs of 5 units and more lie across the end of the ring. */
static void rings_wrap_in_the_middle_of_a_wqe(void **state)
{
	struct pair p;
	struct hc_sge sge[7];
	unsigned int i, n;

	pair_open(*state, HC_RC, 1 << 20, NULL, &p);
	for (i = 0; i < 200; i++) {
		struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, sge, &p.b, 2048);
		uint32_t len = 700 + i;

		pattern(p.a.mr.mem.ptr + 1, len, i);
		n = cut(&p.a, 1, len, 1 + i % 7, sge);
		wr.n_sge = n;
		post_one(&p.a, &wr);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		assert_true(pattern_is(p.b.mr.mem.ptr + 2048, len, i));
	}
	pair_close(&p);
}

static void receive_lists_are_filled_in_order_and_end_at_the_terminator(void **state)
{
	struct pair p;
	struct hc_sge src, dst[3];
	struct hc_wr wr;
	struct hc_wc wc;

	pair_open(*state, HC_RC, 0, NULL, &p);
	memset(p.b.mr.mem.ptr, GUARD_BYTE, 65536);
	pattern(p.a.mr.mem.ptr, 5000, 9);
	dst[0] = (struct hc_sge){ p.b.mr.va + 100, 1, p.b.mr.key };
	dst[1] = (struct hc_sge){ p.b.mr.va + 8190, 4097, p.b.mr.key };
	dst[2] = (struct hc_sge){ p.b.mr.va + 30000, 3000, p.b.mr.key };
	hc_post_recv(&p.b.qp, dst, 3);
	src = (struct hc_sge){ p.a.mr.va, 5000, p.a.mr.key };
	wr = wr_rdma(WQE_SEND, &src, &p.b, 0);
	post_one(&p.a, &wr);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, &wc);
	assert_int_equal(wc.bytes, 5000);
	assert_memory_equal(p.b.mr.mem.ptr + 100, p.a.mr.mem.ptr, 1);
	assert_memory_equal(p.b.mr.mem.ptr + 8190, p.a.mr.mem.ptr + 1, 4097);
	assert_memory_equal(p.b.mr.mem.ptr + 30000, p.a.mr.mem.ptr + 4098, 902);
	assert_true(all_are(p.b.mr.mem.ptr, 100, GUARD_BYTE));
	assert_true(all_are(p.b.mr.mem.ptr + 101, 8089, GUARD_BYTE));
	assert_true(all_are(p.b.mr.mem.ptr + 30902, 4096, GUARD_BYTE));
	pair_close(&p);
}

/* The pages of a key are where its list says, whatever their order and size. */
static void keys_of_any_page_size_find_their_pages(void **state)
{
	static const uint8_t logs[] = { 12, 13, 16, 20 };
	struct pair p;
	unsigned int i, j;

	pair_open(*state, HC_RC, MR, NULL, &p);
	for (i = 0; i < 4; i++) {
		uint64_t page = 1ull << logs[i], pages[4];
		uint64_t lead = 1000;		/* the key begins within its first page */
		struct hc_mkey m = { .pd = p.b.pd, .rights = HC_ALL_RIGHTS, .mode = HC_MODE_MTT,
				     .log_page = logs[i], .pages = pages, .n = 4,
				     .start = 0x123400000000ull + lead,
				     .len = 4 * page - lead, .variant = 7 };
		struct hc_sge sge = { p.a.mr.va, 0, p.a.mr.key };
		struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
		uint32_t key, len = (uint32_t)(2 * page + 100);

		for (j = 0; j < 4; j++)		/* backwards */
			pages[j] = p.b.mr.mem.iova + (3 - j) * page;
		assert_ok(hc_mkey_create(p.b.hc, &m, &key));
		pattern(p.a.mr.mem.ptr, len, i);
		memset(p.b.mr.mem.ptr, GUARD_BYTE, 4 * page);
		sge.len = len;
		wr.rkey = key;
		wr.raddr = m.start + page - lead - 50;
		post_one(&p.a, &wr);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		assert_memory_equal(p.b.mr.mem.ptr + 4 * page - 50, p.a.mr.mem.ptr, 50);
		assert_memory_equal(p.b.mr.mem.ptr + 2 * page, p.a.mr.mem.ptr + 50, page);
		assert_memory_equal(p.b.mr.mem.ptr + page, p.a.mr.mem.ptr + 50 + page, page);
		assert_memory_equal(p.b.mr.mem.ptr, p.a.mr.mem.ptr + 50 + 2 * page, 50);
		assert_true(all_are(p.b.mr.mem.ptr + 50, page - 50, GUARD_BYTE));
		assert_ok(hc_mkey_destroy(p.b.hc, key));
	}
	pair_close(&p);
}

static void klm_keys_join_pieces_of_other_keys(void **state)
{
	struct pair p;
	struct hc_mr other;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	assert_ok(hc_reg(p.b.hc, p.b.pd, 65536, HC_ALL_RIGHTS, &other));
	{
		struct hc_klm klms[] = {
			{ 1001, p.b.mr.key, p.b.mr.va + 5 },
			{ 3, other.key, other.va + 4095 },
			{ 5000, p.b.mr.key, p.b.mr.va + 20001 },
		};
		struct hc_mkey m = { .pd = p.b.pd, .rights = HC_ALL_RIGHTS, .mode = HC_MODE_KLM,
				     .klms = klms, .n = 3, .start = 0x9990000, .len = 6004 };
		struct hc_sge sge = { p.a.mr.va, 6000, p.a.mr.key };
		struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);

		assert_ok(hc_mkey_create(p.b.hc, &m, &key));
		pattern(p.a.mr.mem.ptr, 6000, 3);
		wr.rkey = key;
		wr.raddr = m.start + 2;
		post_one(&p.a, &wr);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		assert_memory_equal(p.b.mr.mem.ptr + 7, p.a.mr.mem.ptr, 999);
		assert_memory_equal(other.mem.ptr + 4095, p.a.mr.mem.ptr + 999, 3);
		assert_memory_equal(p.b.mr.mem.ptr + 20001, p.a.mr.mem.ptr + 1002, 4998);
		assert_int_equal(p.b.mr.mem.ptr[20001 + 4998], 0);
	}
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	assert_ok(hc_dereg(p.b.hc, &other));
	pair_close(&p);
}

static void a_pa_key_reaches_bus_addresses(void **state)
{
	struct pair p;
	uint32_t key;
	struct hc_mkey m = { .rights = HC_ALL_RIGHTS, .mode = HC_MODE_PA, .length64 = true };
	struct hc_sge sge;
	struct hc_wr wr;

	pair_open(*state, HC_RC, 0, NULL, &p);
	m.pd = p.a.pd;
	assert_ok(hc_mkey_create(p.a.hc, &m, &key));
	sge = (struct hc_sge){ p.a.mr.mem.iova + 11, 500, key };
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 77);
	pattern(p.a.mr.mem.ptr + 11, 500, 4);
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_true(pattern_is(p.b.mr.mem.ptr + 77, 500, 4));
	assert_ok(hc_mkey_destroy(p.a.hc, key));
	pair_close(&p);
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

static void completions_carry_the_users_index(void **state)
{
	struct pair p;
	struct hc_qp_init init;
	struct hc_wr wr = { .opcode = WQE_SEND, .flags = HC_SIGNALED };
	struct hc_wc wc;

	pair_open(*state, HC_RC, 0, NULL, &p);
	init = p.a.qp.init;
	assert_ok(hc_qp_destroy(p.a.hc, &p.a.qp));
	init.user_index = 0x123;
	assert_ok(hc_qp_create(p.a.hc, &init, &p.a.qp));
	pair_reconnect(&p);
	post_recv_buf(&p.b, 0, 8);
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, &wc);
	assert_int_equal(wc.srqn_uidx, 0x123);
	post_recv_buf(&p.a, 0, 8);
	post_one(&p.b, &wr);
	expect_ok(&p.a, &p.a.rcq, CQE_RESP_SEND, &wc);
	assert_int_equal(wc.srqn_uidx, 0x123);
	pair_close(&p);
}

static void fences_hold_requests_behind_reads(void **state)
{
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	unsigned int i;

	pair_open(*state, HC_RC, 1 << 20, NULL, &p);
	for (i = 0; i < 20; i++) {
		/* read 200 KiB, and behind the fence send what was read on */
		pattern(p.b.mr.mem.ptr, 200000, i);
		sge = (struct hc_sge){ p.a.mr.va, 200000, p.a.mr.key };
		wr = wr_rdma(WQE_RDMA_READ, &sge, &p.b, 0);
		wr.flags = 0;
		hc_post_send(&p.a.qp, &wr);
		wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 300000);
		wr.flags = HC_SIGNALED | HC_FENCE;
		hc_post_send(&p.a.qp, &wr);
		hc_ring(p.a.hc, &p.a.qp);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		assert_true(pattern_is(p.b.mr.mem.ptr + 300000, 200000, i));
	}
	pair_close(&p);
}

static void a_qp_talks_to_itself(void **state)
{
	struct side s;
	struct hc_path path = hc_path_default;
	struct hc_sge sge;
	struct hc_wr wr;

	side_open(*state, 0, 0, &s);
	side_qp(&s, HC_RC, &s.qp);
	path.dlid = s.lid;
	path.remote_qpn = s.qp.qpn;
	assert_ok(hc_qp_to_rts(s.hc, &s.qp, &path));
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
	struct hc_path path = hc_path_default;
	struct hc_sge sge;
	struct hc_wr wr;

	side_open(*state, 0, 0, &s);
	side_qp(&s, HC_RC, &s.qp);
	path.dlid = s.lid;
	path.remote_qpn = s.qp.qpn;
	assert_ok(hc_qp_to_rts(s.hc, &s.qp, &path));
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
		in_world(both_directions_at_once),
		in_world(unsignaled_requests_complete_silently_and_in_order),
		in_world(rings_wrap_in_the_middle_of_a_wqe),
		in_world(receive_lists_are_filled_in_order_and_end_at_the_terminator),
		in_world(keys_of_any_page_size_find_their_pages),
		in_world(klm_keys_join_pieces_of_other_keys),
		in_world(a_pa_key_reaches_bus_addresses),
		in_world(a_ud_packet_with_grh_shows_it_to_the_receiver),
		in_world(completions_carry_the_users_index),
		in_world(fences_hold_requests_behind_reads),
		in_world(a_qp_talks_to_itself),
		in_world(a_message_onto_itself_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
