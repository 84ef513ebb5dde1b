// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns a guest that has one object of every kind, and a good command of every
 * sort at hand. It must never know what a test does to them.
 */
#include "tests/unit/pv/guest_world.h"

#include <endian.h>
#include <string.h>

#include "host-backend/hca/ifc/wqe.h"

enum { ACCESS = 15, RING_BYTES = 16 * UP_PAGE, ABSENT = 0xff };

const uint32_t guest_world_opcodes[] = {
	UP_QUERY_DEVICE, UP_QUERY_PORT, UP_QUERY_GIDS, UP_QUERY_PKEYS, UP_QUERY_CLOCK, UP_ALLOC_UAR, UP_FREE_UAR,
	UP_ALLOC_PD, UP_FREE_PD, UP_ALLOC_XRCD, UP_FREE_XRCD, UP_PIN_PAGES, UP_UNPIN_PAGES,
	UP_REG_MR, UP_DEREG_MR, UP_REREG_MR, UP_CREATE_EQ, UP_DESTROY_EQ, UP_CREATE_CQ,
	UP_RESIZE_CQ, UP_MODERATE_CQ, UP_DESTROY_CQ, UP_CREATE_SRQ, UP_ARM_SRQ, UP_QUERY_SRQ, UP_DESTROY_SRQ,
	UP_CREATE_QP, UP_MODIFY_QP, UP_QUERY_QP, UP_DESTROY_QP, UP_ATTACH_MCAST, UP_DETACH_MCAST,
	0,
};

void guest_world_open(struct guest_bed *bed, struct guest_world *w)
{
	struct up_modify_qp change;

	memset(w, 0, sizeof(*w));
	guest_verbs_open(bed, &w->v);
	guest_mr_open(&w->v, 3 * UP_PAGE, true, ACCESS, &w->mr);
	w->xrcd = guest_make(bed, UP_ALLOC_XRCD, NULL, 0);
	w->pd = guest_make(bed, UP_ALLOC_PD, NULL, 0);
	guest_srq_open(&w->v, UP_SRQ_BASIC, 0, &w->srq);
	guest_srq_open(&w->v, UP_SRQ_XRC, w->xrcd, &w->xsrq);
	guest_qp_open(&w->v, UP_QP_RC, 0, 0, &w->rc);
	guest_qp_open(&w->v, UP_QP_UD, 0, 0, &w->ud);
	change = guest_qp_change(&w->v, &w->ud, UP_QPS_RESET, UP_QPS_INIT, 0);
	assert_int_equal(guest_qp_modify(&w->v, &change), UP_OK);
	guest_window_open(bed, RING_BYTES, false, &w->ring);
	guest_window_open(bed, UP_PAGE, false, &w->records);
}

void guest_world_forget(struct guest_world *w)
{
	guest_window_close(&w->records);
	guest_window_close(&w->ring);
	guest_window_close(&w->ud.ring);
	guest_window_close(&w->rc.ring);
	guest_window_close(&w->xsrq.ring);
	guest_window_close(&w->srq.ring);
	guest_window_close(&w->mr.memory);
	guest_verbs_forget(&w->v);
}

void guest_world_close(struct guest_world *w)
{
	guest_qp_close(&w->v, &w->ud);
	guest_qp_close(&w->v, &w->rc);
	guest_srq_close(&w->v, &w->xsrq);
	guest_srq_close(&w->v, &w->srq);
	assert_int_equal(guest_end(w->v.bed, UP_FREE_XRCD, w->xrcd), UP_OK);
	guest_mr_close(&w->v, &w->mr);
	assert_int_equal(guest_end(w->v.bed, UP_FREE_PD, w->pd), UP_OK);
	guest_verbs_close(&w->v);
	guest_window_close(&w->records);
	guest_window_close(&w->ring);
}

/* Its first byte is at the beginning of the world's ring. */
static void pages(struct guest_world *w, uint64_t bytes, struct up_pages *to)
{
	guest_window_pages(w->v.bed, &w->ring, 0, bytes, to);
}

static struct up_dbr record(const struct guest_world *w)
{
	return (struct up_dbr){ htole32(w->v.dbrs), htole32(w->v.records.size - 8) };
}

static uint32_t put(void *in, const void *command, size_t len)
{
	memcpy(in, command, len);
	return (uint32_t)len;
}

static uint32_t put_number(void *in, uint32_t number)
{
	const struct up_number command = { .number = htole32(number) };

	return put(in, &command, sizeof(command));
}

/* What a destroying command needs is made first. */
static uint32_t put_victim(struct guest_world *w, uint32_t opcode, void *in)
{
	uint8_t command[UP_SLOT_DATA], answer[UP_SLOT_DATA];
	uint32_t maker = opcode - 1, len, number;

	if (opcode == UP_DESTROY_CQ)
		maker = UP_CREATE_CQ;
	else if (opcode == UP_DESTROY_SRQ)
		maker = UP_CREATE_SRQ;
	else if (opcode == UP_DESTROY_QP)
		maker = UP_CREATE_QP;
	len = guest_world_command(w, maker, command);
	assert_int_equal(guest_bed_command(w->v.bed, maker, command, len, answer,
					   guest_world_answer(maker)), UP_OK);
	memcpy(&number, answer, sizeof(number));
	return put_number(in, le32toh(number));
}

static uint32_t put_eq(struct guest_world *w, void *in)
{
	struct up_create_eq command = {
		.log_size = htole32(6), .vector = htole32(1), .uar = htole32(w->v.uar),
	};

	pages(w, 64u << 6, &command.ring);
	return put(in, &command, sizeof(command));
}

static uint32_t put_cq(struct guest_world *w, void *in)
{
	struct up_create_cq command = {
		.log_size = htole32(7), .cqe_bytes = htole32(128), .uar = htole32(w->v.uar),
		.eqn = htole32(w->v.eq.eqn), .dbr = record(w),
	};

	pages(w, 128u << 7, &command.ring);
	return put(in, &command, sizeof(command));
}

static uint32_t put_srq(struct guest_world *w, void *in)
{
	struct up_create_srq command = {
		.kind = htole32(UP_SRQ_XRC), .pd = htole32(w->v.pd), .log_size = htole32(5),
		.log_stride = htole32(6), .xrcd = htole32(w->xrcd), .cqn = htole32(w->v.rcq.cqn),
		.user_index = htole32(5), .dbr = record(w),
	};

	pages(w, 64u << 5, &command.ring);
	return put(in, &command, sizeof(command));
}

static uint32_t put_qp(struct guest_world *w, void *in)
{
	struct up_create_qp command = {
		.type = htole32(UP_QP_RC), .pd = htole32(w->v.pd), .scq = htole32(w->v.scq.cqn),
		.rcq = htole32(w->v.rcq.cqn), .uar = htole32(w->v.uar), .user_index = htole32(5),
		.log_sq = 5, .log_rq = 5, .log_rq_stride = 5, .dbr = record(w),
	};

	pages(w, (64u << 5) + (32u << 5), &command.ring);
	return put(in, &command, sizeof(command));
}

static uint32_t put_mr(struct guest_world *w, void *in)
{
	struct up_reg_mr command = {
		.pd = htole32(w->v.pd), .access = htole32(ACCESS),
		.va = htole64((uintptr_t)w->ring.ptr),
	};

	pages(w, 3 * UP_PAGE - 100, &command.pages);
	return put(in, &command, sizeof(command));
}

static uint32_t put_change(struct guest_world *w, uint32_t opcode, void *in)
{
	struct up_modify_qp modify = guest_qp_change(&w->v, &w->rc, UP_QPS_RESET, UP_QPS_INIT, 0);
	struct up_moderate_cq moderate = {
		.cqn = htole32(w->v.scq.cqn), .period_us = htole16(10), .count = htole16(5),
	};
	struct up_resize_cq resize = { .cqn = htole32(w->v.scq.cqn), .log_size = htole32(7) };
	struct up_arm_srq arm = { .srqn = htole32(w->srq.srqn), .limit = htole32(3) };
	struct up_rereg_mr rereg = {
		.lkey = htole32(w->mr.key), .pd = htole32(w->pd), .access = htole32(1),
	};
	struct up_mcast mcast = { .qpn = htole32(w->ud.qpn), .gid = { 0xff, 0x12, 1 } };

	switch (opcode) {
	case UP_MODIFY_QP:
		return put(in, &modify, sizeof(modify));
	case UP_MODERATE_CQ:
		return put(in, &moderate, sizeof(moderate));
	case UP_RESIZE_CQ:
		pages(w, 64u << 7, &resize.ring);
		return put(in, &resize, sizeof(resize));
	case UP_ARM_SRQ:
		return put(in, &arm, sizeof(arm));
	case UP_REREG_MR:
		return put(in, &rereg, sizeof(rereg));
	case UP_DETACH_MCAST:
		guest_bed_command(w->v.bed, UP_ATTACH_MCAST, &mcast, sizeof(mcast), NULL, 0);
		return put(in, &mcast, sizeof(mcast));
	default:
		return put(in, &mcast, sizeof(mcast));
	}
}

uint32_t guest_world_command(struct guest_world *w, uint32_t opcode, void *in)
{
	const struct up_query_port port = { .port = htole32(1) };
	const struct up_query_table table = { .port = htole32(1), .count = htole32(8) };
	struct up_pin_pages pin;

	switch (opcode) {
	case UP_QUERY_DEVICE:
	case UP_QUERY_CLOCK:
	case UP_ALLOC_UAR:
	case UP_ALLOC_PD:
	case UP_ALLOC_XRCD:
		return 0;
	case UP_QUERY_PORT:
		return put(in, &port, sizeof(port));
	case UP_QUERY_GIDS:
	case UP_QUERY_PKEYS:
		return put(in, &table, sizeof(table));
	case UP_PIN_PAGES:
		guest_window_pages(w->v.bed, &w->records, 0, UP_PAGE, &pin.pages);
		return put(in, &pin, sizeof(pin));
	case UP_REG_MR:
		return put_mr(w, in);
	case UP_CREATE_EQ:
		return put_eq(w, in);
	case UP_CREATE_CQ:
		return put_cq(w, in);
	case UP_CREATE_SRQ:
		return put_srq(w, in);
	case UP_CREATE_QP:
		return put_qp(w, in);
	case UP_QUERY_SRQ:
		return put_number(in, w->xsrq.srqn);
	case UP_QUERY_QP:
		return put_number(in, w->ud.qpn);
	case UP_MODIFY_QP:
	case UP_MODERATE_CQ:
	case UP_RESIZE_CQ:
	case UP_ARM_SRQ:
	case UP_REREG_MR:
	case UP_ATTACH_MCAST:
	case UP_DETACH_MCAST:
		return put_change(w, opcode, in);
	default:
		return put_victim(w, opcode, in);
	}
}

uint32_t guest_world_answer(uint32_t opcode)
{
	switch (opcode) {
	case UP_QUERY_DEVICE:
		return sizeof(struct up_query_device_out);
	case UP_QUERY_CLOCK:
		return sizeof(struct up_query_clock_out);
	case UP_QUERY_PORT:
		return sizeof(struct up_query_port_out);
	case UP_QUERY_GIDS:
		return sizeof(struct up_query_gids_out);
	case UP_QUERY_PKEYS:
		return sizeof(struct up_query_pkeys_out);
	case UP_QUERY_SRQ:
		return sizeof(struct up_query_srq_out);
	case UP_QUERY_QP:
		return sizeof(struct up_query_qp_out);
	case UP_ALLOC_UAR:
	case UP_ALLOC_PD:
	case UP_ALLOC_XRCD:
	case UP_PIN_PAGES:
	case UP_REG_MR:
	case UP_CREATE_EQ:
	case UP_CREATE_CQ:
	case UP_CREATE_SRQ:
	case UP_CREATE_QP:
		return sizeof(struct up_number_out);	/* the others' have its size */
	default:
		return 0;
	}
}

void guest_world_undo(struct guest_world *w, uint32_t opcode, const void *in, const void *out)
{
	const struct up_number_out *made = out;
	struct up_modify_qp change;
	uint32_t end = 0;

	switch (opcode) {
	case UP_ALLOC_UAR:
	case UP_ALLOC_PD:
	case UP_ALLOC_XRCD:
	case UP_PIN_PAGES:
	case UP_REG_MR:
	case UP_CREATE_EQ:
		end = opcode + 1;
		break;
	case UP_CREATE_CQ:
		end = UP_DESTROY_CQ;
		break;
	case UP_CREATE_SRQ:
		end = UP_DESTROY_SRQ;
		break;
	case UP_CREATE_QP:
		end = UP_DESTROY_QP;
		break;
	case UP_MODIFY_QP:
		change = guest_qp_change(&w->v, &w->rc, UP_QPS_INIT, UP_QPS_RESET, 0);
		assert_int_equal(guest_qp_modify(&w->v, &change), UP_OK);
		break;
	case UP_REREG_MR:
		assert_int_equal(guest_mr_change(&w->v, &w->mr, w->v.pd, ACCESS), UP_OK);
		break;
	case UP_ATTACH_MCAST:
		assert_int_equal(guest_bed_command(w->v.bed, UP_DETACH_MCAST, in,
						   sizeof(struct up_mcast), NULL, 0), UP_OK);
		break;
	}
	if (end)
		assert_int_equal(guest_end(w->v.bed, end, le32toh(made->number)), UP_OK);
}
