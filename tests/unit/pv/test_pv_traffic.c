// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the data path: what a guest's programs post through
 * their own rings and the UAR window moves bytes, by every transport, polled and
 * by event. It must never know how the device gets there.
 */
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/unit/pv/guest_verbs.h"

enum { BYTES = 3 * 4096 + 100, ALL_ACCESS = 15 };

struct world {
	struct guest_verbs v;
	struct guest_mr near, far;
};

static void world_open(struct guest_bed *bed, struct world *w)
{
	size_t i;

	guest_verbs_open(bed, &w->v);
	guest_mr_open(&w->v, 5 * UP_PAGE, true, ALL_ACCESS, &w->near);
	guest_mr_open(&w->v, 5 * UP_PAGE, true, ALL_ACCESS, &w->far);
	for (i = 0; i < BYTES; i++)
		w->near.memory.ptr[i] = (uint8_t)(i * 7 + i / 256);
}

static void world_close(struct world *w)
{
	guest_mr_close(&w->v, &w->far);
	guest_mr_close(&w->v, &w->near);
	guest_verbs_close(&w->v);
}

static struct st_piece piece_of(const struct guest_mr *mr, size_t at, uint32_t len)
{
	return (struct st_piece){ (uintptr_t)mr->memory.ptr + at, len, mr->key };
}

static struct st_send send_of(struct world *w, uint8_t opcode, const struct st_piece *piece)
{
	return (struct st_send){
		.opcode = opcode, .remote_va = (uintptr_t)w->far.memory.ptr,
		.remote_key = w->far.key, .pieces = piece, .n_pieces = 1,
	};
}

static void expect_sent(struct world *w, const struct guest_qp *qp)
{
	struct guest_completion c;

	guest_cq_wait(&w->v, &w->v.scq, &c);
	assert_int_equal(c.syndrome, 0);
	assert_int_equal(c.opcode, CQE_REQ);
	assert_int_equal(c.qpn, qp->qpn);
}

static void expect_received(struct world *w, uint32_t bytes)
{
	struct guest_completion c;

	guest_cq_wait(&w->v, &w->v.rcq, &c);
	assert_int_equal(c.syndrome, 0);
	assert_int_equal(c.opcode, CQE_RESP_SEND);
	assert_int_equal(c.bytes, bytes);
}

static void a_reliable_write_and_read_and_send_move_bytes(void **state)
{
	struct st_piece piece, room;
	struct guest_qp a, b;
	struct st_send send;
	struct world w;

	world_open(*state, &w);
	guest_qp_open(&w.v, UP_QP_RC, 0, 0, &a);
	guest_qp_open(&w.v, UP_QP_RC, 0, 0, &b);
	guest_qp_connect(&w.v, &a, b.qpn);
	guest_qp_connect(&w.v, &b, a.qpn);
	piece = piece_of(&w.near, 0, BYTES);
	send = send_of(&w, WQE_RDMA_WRITE, &piece);
	guest_qp_send(&w.v, &a, &send);
	expect_sent(&w, &a);
	assert_memory_equal(w.far.memory.ptr, w.near.memory.ptr, BYTES);
	memset(w.near.memory.ptr, 0, BYTES);
	send.opcode = WQE_RDMA_READ;
	guest_qp_send(&w.v, &a, &send);
	expect_sent(&w, &a);
	assert_memory_equal(w.far.memory.ptr, w.near.memory.ptr, BYTES);
	memset(w.far.memory.ptr, 0, BYTES);
	room = piece_of(&w.far, 8, BYTES);
	guest_qp_receive(&b, &room);
	send.opcode = WQE_SEND;
	guest_qp_send(&w.v, &a, &send);
	expect_sent(&w, &a);
	expect_received(&w, BYTES);
	assert_memory_equal(w.far.memory.ptr + 8, w.near.memory.ptr, BYTES);
	guest_qp_close(&w.v, &a);
	guest_qp_close(&w.v, &b);
	world_close(&w);
}

static void an_unreliable_send_moves_bytes(void **state)
{
	struct st_piece piece, room;
	struct guest_qp a, b;
	struct st_send send;
	struct world w;

	world_open(*state, &w);
	guest_qp_open(&w.v, UP_QP_UC, 0, 0, &a);
	guest_qp_open(&w.v, UP_QP_UC, 0, 0, &b);
	guest_qp_connect(&w.v, &a, b.qpn);
	guest_qp_connect(&w.v, &b, a.qpn);
	piece = piece_of(&w.near, 0, BYTES);
	room = piece_of(&w.far, 0, BYTES);
	guest_qp_receive(&b, &room);
	send = send_of(&w, WQE_SEND, &piece);
	guest_qp_send(&w.v, &a, &send);
	expect_sent(&w, &a);
	expect_received(&w, BYTES);
	assert_memory_equal(w.far.memory.ptr, w.near.memory.ptr, BYTES);
	guest_qp_close(&w.v, &a);
	guest_qp_close(&w.v, &b);
	world_close(&w);
}

static void a_datagram_moves_bytes(void **state)
{
	struct st_address to = { .qkey = GUEST_QKEY };
	struct st_piece piece, room;
	struct guest_qp a, b;
	struct st_send send;
	struct world w;

	world_open(*state, &w);
	guest_qp_open(&w.v, UP_QP_UD, 0, 0, &a);
	guest_qp_open(&w.v, UP_QP_UD, 0, 0, &b);
	guest_qp_connect(&w.v, &a, 0);
	guest_qp_connect(&w.v, &b, 0);
	to.qpn = b.qpn;
	to.lid = w.v.lid;
	piece = piece_of(&w.near, 0, 1000);
	room = piece_of(&w.far, 0, 2000);
	guest_qp_receive(&b, &room);
	send = send_of(&w, WQE_SEND, &piece);
	send.to = &to;
	guest_qp_send(&w.v, &a, &send);
	expect_sent(&w, &a);
	expect_received(&w, 1000 + 40);
	assert_memory_equal(w.far.memory.ptr + 40, w.near.memory.ptr, 1000);
	guest_qp_close(&w.v, &a);
	guest_qp_close(&w.v, &b);
	world_close(&w);
}

static void shared_receive_queues_serve(void **state)
{
	struct st_piece piece, room;
	struct guest_qp a, b;
	struct guest_srq srq;
	struct st_send send;
	struct world w;

	world_open(*state, &w);
	guest_srq_open(&w.v, UP_SRQ_BASIC, 0, &srq);
	guest_qp_open(&w.v, UP_QP_RC, 0, 0, &a);
	guest_qp_open(&w.v, UP_QP_RC, srq.srqn, 0, &b);
	guest_qp_connect(&w.v, &a, b.qpn);
	guest_qp_connect(&w.v, &b, a.qpn);
	piece = piece_of(&w.near, 0, BYTES);
	room = piece_of(&w.far, 0, BYTES);
	guest_srq_post(&srq, &room);
	send = send_of(&w, WQE_SEND, &piece);
	guest_qp_send(&w.v, &a, &send);
	expect_sent(&w, &a);
	expect_received(&w, BYTES);
	assert_memory_equal(w.far.memory.ptr, w.near.memory.ptr, BYTES);
	assert_int_equal(guest_end(w.v.bed, UP_DESTROY_SRQ, srq.srqn), UP_BUSY);
	guest_qp_close(&w.v, &a);
	guest_qp_close(&w.v, &b);
	guest_srq_close(&w.v, &srq);
	world_close(&w);
}

static void xrc_finds_its_shared_receive_queue(void **state)
{
	struct st_piece piece, room;
	struct guest_qp a, b;
	struct guest_srq srq;
	struct st_send send;
	struct world w;
	uint32_t xrcd;

	world_open(*state, &w);
	xrcd = guest_make(w.v.bed, UP_ALLOC_XRCD, NULL, 0);
	guest_srq_open(&w.v, UP_SRQ_XRC, xrcd, &srq);
	guest_qp_open(&w.v, UP_QP_XRC_INI, 0, 0, &a);
	guest_qp_open(&w.v, UP_QP_XRC_TGT, 0, xrcd, &b);
	guest_qp_connect(&w.v, &a, b.qpn);
	guest_qp_connect(&w.v, &b, a.qpn);
	piece = piece_of(&w.near, 0, BYTES);
	room = piece_of(&w.far, 0, BYTES);
	guest_srq_post(&srq, &room);
	send = send_of(&w, WQE_SEND, &piece);
	send.xrc = true;
	send.xrc_srqn = srq.srqn;
	guest_qp_send(&w.v, &a, &send);
	expect_sent(&w, &a);
	expect_received(&w, BYTES);
	assert_memory_equal(w.far.memory.ptr, w.near.memory.ptr, BYTES);
	assert_int_equal(guest_end(w.v.bed, UP_FREE_XRCD, xrcd), UP_BUSY);
	guest_qp_close(&w.v, &b);
	guest_qp_close(&w.v, &a);
	guest_srq_close(&w.v, &srq);
	assert_int_equal(guest_end(w.v.bed, UP_FREE_XRCD, xrcd), UP_OK);
	world_close(&w);
}

/* More than the queues hold: everything wraps. */
static void many_messages_follow_each_other(void **state)
{
	struct st_piece piece;
	struct guest_qp a, b;
	struct st_send send;
	struct world w;
	unsigned int i;

	world_open(*state, &w);
	guest_qp_open(&w.v, UP_QP_RC, 0, 0, &a);
	guest_qp_open(&w.v, UP_QP_RC, 0, 0, &b);
	guest_qp_connect(&w.v, &a, b.qpn);
	guest_qp_connect(&w.v, &b, a.qpn);
	piece = piece_of(&w.near, 0, 64);
	send = send_of(&w, WQE_RDMA_WRITE, &piece);
	for (i = 0; i < 300; i++) {
		memcpy(w.near.memory.ptr, &i, sizeof(i));
		guest_qp_send(&w.v, &a, &send);
		expect_sent(&w, &a);
		assert_memory_equal(w.far.memory.ptr, w.near.memory.ptr, 64);
	}
	guest_qp_close(&w.v, &a);
	guest_qp_close(&w.v, &b);
	world_close(&w);
}

static void a_resized_completion_queue_goes_on(void **state)
{
	struct up_resize_cq in = { .log_size = 8 };
	struct guest_window ring;
	struct guest_completion c;
	struct st_piece piece;
	struct guest_qp a, b;
	struct st_send send;
	struct world w;
	size_t at;

	world_open(*state, &w);
	guest_qp_open(&w.v, UP_QP_RC, 0, 0, &a);
	guest_qp_open(&w.v, UP_QP_RC, 0, 0, &b);
	guest_qp_connect(&w.v, &a, b.qpn);
	guest_qp_connect(&w.v, &b, a.qpn);
	guest_window_open(w.v.bed, 64u << 8, true, &ring);
	for (at = 64; at <= ring.size; at += 64)
		ring.ptr[at - 1] = 0xf1;
	in.cqn = w.v.scq.cqn;
	guest_window_pages(w.v.bed, &ring, 0, 64u << 8, &in.ring);
	assert_int_equal(guest_bed_command(w.v.bed, UP_RESIZE_CQ, &in, sizeof(in), NULL, 0), UP_OK);
	while (!guest_cq_poll(&w.v.scq, &c))
		;
	assert_int_equal(c.opcode, CQE_RESIZE_CQ);
	guest_window_close(&w.v.scq.ring);
	w.v.scq.ring = ring;
	w.v.scq.log = 8;
	piece = piece_of(&w.near, 0, BYTES);
	send = send_of(&w, WQE_RDMA_WRITE, &piece);
	guest_qp_send(&w.v, &a, &send);
	expect_sent(&w, &a);
	guest_qp_close(&w.v, &a);
	guest_qp_close(&w.v, &b);
	world_close(&w);
}

static void nothing_outside_of_a_region_is_reached(void **state)
{
	struct guest_completion c;
	struct st_piece piece;
	struct guest_qp a, b;
	struct st_send send;
	struct world w;

	world_open(*state, &w);
	guest_qp_open(&w.v, UP_QP_RC, 0, 0, &a);
	guest_qp_open(&w.v, UP_QP_RC, 0, 0, &b);
	guest_qp_connect(&w.v, &a, b.qpn);
	guest_qp_connect(&w.v, &b, a.qpn);
	piece = piece_of(&w.near, 0, 64);
	send = send_of(&w, WQE_RDMA_WRITE, &piece);
	send.remote_va += 5 * UP_PAGE - 32;
	guest_qp_send(&w.v, &a, &send);
	guest_cq_wait(&w.v, &w.v.scq, &c);
	assert_int_equal(c.opcode, CQE_REQ_ERR);
	assert_int_equal(c.syndrome, CQE_SYND_REMOTE_ACCESS);
	guest_qp_close(&w.v, &a);
	guest_qp_close(&w.v, &b);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(a_reliable_write_and_read_and_send_move_bytes),
		in_guest(an_unreliable_send_moves_bytes),
		in_guest(a_datagram_moves_bytes),
		in_guest(shared_receive_queues_serve),
		in_guest(xrc_finds_its_shared_receive_queue),
		in_guest(many_messages_follow_each_other),
		in_guest(a_resized_completion_queue_goes_on),
		in_guest(nothing_outside_of_a_region_is_reached),
	};

	return cmocka_run_group_tests_name("traffic of a guest", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
