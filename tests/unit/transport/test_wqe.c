// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the WQE parser: what the drivers write is understood,
 * what is malformed is refused, nothing is read beyond the WQE. It must never
 * need an HCA.
 */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/qp.h"
#include "tests/hca-model/transport/wqe.h"

struct bed {
	struct hca hca;
	struct qp qp;
	struct wqe_view v;
	struct send_wqe w;
	uint32_t off;			/* bytes built so far */
};

static int setup(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));

	if (!b)
		return -1;
	b->qp.hca = &b->hca;
	b->qp.type = QP_RC;
	b->qp.log_sq = 6;
	b->qp.log_msg_max = 30;
	b->qp.mtu = 1024;
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void begin(struct bed *b, enum qp_type type, uint8_t opcode)
{
	const struct wqe_ctrl ctrl = { .opmod_idx_opcode = htobe32(opcode) };

	memset(&b->v, 0, sizeof(b->v));
	b->qp.type = type;
	memcpy(b->v.raw, &ctrl, sizeof(ctrl));
	b->off = sizeof(ctrl);
}

static void put(struct bed *b, const void *seg, size_t len)
{
	memcpy(b->v.raw + b->off, seg, len);
	b->off += (uint32_t)((len + 15) & ~15ul);
}

static void put_raddr(struct bed *b)
{
	struct wqe_raddr r = { .raddr = htobe64(0x1122334455667788), .rkey = htobe32(0xabc00) };

	put(b, &r, sizeof(r));
}

static void put_data(struct bed *b, uint32_t len)
{
	struct wqe_data d = { .byte_count = htobe32(len), .lkey = htobe32(7), .addr = htobe64(64) };

	put(b, &d, sizeof(d));
}

static uint8_t parse_ds(struct bed *b, unsigned int ds)
{
	((struct wqe_ctrl *)b->v.raw)->qpn_ds = htobe32(ds);
	b->v.ds = ds;
	return wqe_parse(&b->qp, &b->v, &b->w);
}

static uint8_t parse(struct bed *b)
{
	return parse_ds(b, b->off / WQE_DS);
}

static void a_write_is_taken_apart(void **state)
{
	struct bed *b = *state;

	begin(b, QP_RC, WQE_RDMA_WRITE);
	put_raddr(b);
	put_data(b, 1000);
	put_data(b, 1049);
	assert_int_equal(parse(b), CQE_SYND_NONE);
	assert_int_equal(b->w.len, 2049);
	assert_int_equal(b->w.packets, 3);
	assert_int_equal(b->w.raddr, 0x1122334455667788);
	assert_int_equal(b->w.rkey, 0xabc00);
	assert_int_equal(b->v.n_seg, 2);
	assert_int_equal(b->v.seg[1].lkey, 7);
}

static void an_empty_message_is_one_packet(void **state)
{
	struct bed *b = *state;

	begin(b, QP_RC, WQE_SEND);
	assert_int_equal(parse(b), CQE_SYND_NONE);
	assert_int_equal(b->w.len, 0);
	assert_int_equal(b->w.packets, 1);
}

static void an_xrc_wqe_names_its_srq_before_the_address(void **state)
{
	struct bed *b = *state;
	struct wqe_xrc x = { .xrc_srqn = htobe32(0x123) };

	begin(b, QP_XRC, WQE_RDMA_WRITE);
	put(b, &x, sizeof(x));
	put_raddr(b);
	put_data(b, 8);
	assert_int_equal(parse(b), CQE_SYND_NONE);
	assert_int_equal(b->w.srqn, 0x123);
	assert_int_equal(b->w.raddr, 0x1122334455667788);
}

static void inline_data_ends_with_the_wqe(void **state)
{
	struct bed *b = *state;
	uint32_t head = htobe32(WQE_INLINE | 28);
	uint8_t seg[32] = { 0 };

	begin(b, QP_RC, WQE_SEND);
	memcpy(seg, &head, sizeof(head));
	put(b, seg, sizeof(seg));
	assert_int_equal(parse(b), CQE_SYND_NONE);
	assert_int_equal(b->w.len, 28);
	assert_true(b->v.seg[0].inl);

	head = htobe32(WQE_INLINE | 29);
	memcpy(b->v.raw + 16, &head, sizeof(head));
	assert_int_equal(parse(b), CQE_SYND_LOCAL_QP_OP);
	head = htobe32(WQE_INLINE | 0x7fffffff);
	memcpy(b->v.raw + 16, &head, sizeof(head));
	assert_int_equal(parse(b), CQE_SYND_LOCAL_QP_OP);
}

static void a_read_has_nowhere_to_go_inline(void **state)
{
	struct bed *b = *state;
	uint32_t head = htobe32(WQE_INLINE | 4);

	begin(b, QP_RC, WQE_RDMA_READ);
	put_raddr(b);
	put(b, &head, sizeof(head));
	assert_int_equal(parse(b), CQE_SYND_LOCAL_QP_OP);
}

static void a_size_that_cannot_be_is_refused(void **state)
{
	struct bed *b = *state;

	begin(b, QP_RC, WQE_RDMA_WRITE);
	assert_int_equal(parse_ds(b, 0), CQE_SYND_LOCAL_QP_OP);
	assert_int_equal(parse_ds(b, 1), CQE_SYND_LOCAL_QP_OP);
	begin(b, QP_RC, WQE_ATOMIC_CS);
	assert_int_equal(parse_ds(b, 2), CQE_SYND_LOCAL_QP_OP);
	begin(b, QP_UD, WQE_SEND);
	assert_int_equal(parse_ds(b, 1), CQE_SYND_LOCAL_QP_OP);
	/* a WQE larger than its queue */
	b->qp.log_sq = 1;
	begin(b, QP_RC, WQE_SEND);
	for (int i = 0; i < 8; i++)
		put_data(b, 8);
	assert_int_equal(parse(b), CQE_SYND_LOCAL_QP_OP);
}

static void every_type_has_its_opcodes(void **state)
{
	static const struct {
		enum qp_type type;
		uint8_t opcode;
		bool legal;
	} rows[] = {
		{ QP_RC, WQE_SEND, true }, { QP_RC, WQE_RDMA_READ, false }, /* too short */
		{ QP_UC, WQE_RDMA_READ, false }, { QP_UC, WQE_ATOMIC_FA, false },
		{ QP_UC, WQE_SEND_IMM, true }, { QP_UD, WQE_RDMA_WRITE, false },
		{ QP_UD, WQE_UMR, false }, { QP_QP1, WQE_SEND_INVAL, false },
		{ QP_REG_UMR, WQE_SEND, false }, { QP_REG_UMR, WQE_UMR, true },
		{ QP_RC, WQE_TSO, false }, { QP_RC, WQE_ATOMIC_MASKED_CS, false },
		{ QP_RC, WQE_NOP, true }, { QP_RC, 0xff, false }, { QP_RC, 0x3f, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bed *b = *state;

		begin(b, rows[i].type, rows[i].opcode);
		assert_int_equal(parse(b), rows[i].legal ? CQE_SYND_NONE : CQE_SYND_LOCAL_QP_OP);
	}
}

static void a_message_has_a_largest_size(void **state)
{
	struct bed *b = *state;
	struct wqe_av av = { .dqp_dct = htobe32(WQE_AV_EXTENDED | 5) };

	begin(b, QP_RC, WQE_SEND);
	put_data(b, 1u << 30);
	assert_int_equal(parse(b), CQE_SYND_NONE);
	put_data(b, 1);
	assert_int_equal(parse(b), CQE_SYND_LOCAL_LENGTH);
	begin(b, QP_RC, WQE_SEND);
	put_data(b, 0);			/* 2 GiB */
	assert_int_equal(parse(b), CQE_SYND_LOCAL_LENGTH);
	begin(b, QP_UD, WQE_SEND);
	put(b, &av, sizeof(av));
	put_data(b, 1024);
	assert_int_equal(parse(b), CQE_SYND_NONE);
	put_data(b, 1);
	assert_int_equal(parse(b), CQE_SYND_LOCAL_LENGTH);
}

static void any_bytes_are_safe_to_parse(void **state)
{
	struct bed *b = *state;
	uint32_t x = 1;

	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(b->v.raw); i += 4) {
			x = x * 1664525u + 1013904223u;
			memcpy(b->v.raw + i, &x, 4);
		}
		b->v.raw[3] = (uint8_t)(x >> 27);
		b->qp.type = (enum qp_type)(x >> 8 & 15);
		b->v.ds = x >> 16 & WQE_CTRL_DS_MASK;
		if (wqe_parse(&b->qp, &b->v, &b->w) == CQE_SYND_NONE) {
			assert_true(b->v.n_seg <= WQE_MAX_DS);
			wqe_seek(&b->v, b->w.len / 2);
			wqe_seek(&b->v, b->w.len / 4);
		}
	}
}

static void the_walk_finds_every_byte(void **state)
{
	struct bed *b = *state;
	uint32_t pos = 0;

	begin(b, QP_RC, WQE_SEND);
	for (uint32_t i = 1; i <= 20; i++)
		put_data(b, i);
	assert_int_equal(parse(b), CQE_SYND_NONE);
	for (unsigned int seg = 0; seg < 20; seg++)
		for (uint32_t i = 0; i <= seg; i++, pos++) {
			wqe_seek(&b->v, pos % 2 ? 0 : b->w.len);
			wqe_seek(&b->v, pos);
			assert_int_equal(b->v.at, seg);
			assert_int_equal(b->v.at_off, i);
		}
}

#define in_bed(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_bed(a_write_is_taken_apart),
		in_bed(an_empty_message_is_one_packet),
		in_bed(an_xrc_wqe_names_its_srq_before_the_address),
		in_bed(inline_data_ends_with_the_wqe),
		in_bed(a_read_has_nowhere_to_go_inline),
		in_bed(a_size_that_cannot_be_is_refused),
		in_bed(every_type_has_its_opcodes),
		in_bed(a_message_has_a_largest_size),
		in_bed(any_bytes_are_safe_to_parse),
		in_bed(the_walk_finds_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
