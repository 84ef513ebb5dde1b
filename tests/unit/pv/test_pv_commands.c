// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about commands one field of which is wrong: each is refused
 * with the right word, names the field, and never reaches the HCA. It must never
 * know how commands are checked.
 */
#include <endian.h>
#include <string.h>

#include "tests/unit/pv/guest_world.h"

enum { SAME_DETAIL = -1 };

struct wrong {
	uint32_t opcode;
	const char *field;
	size_t at, size;
	bool relative;			/* @value is added to what is there */
	uint64_t value;
	enum up_result result;
	long detail;			/* SAME_DETAIL: @at */
};

#define FIELD(type, field)	#type "." #field, offsetof(struct type, field), \
				sizeof(((struct type *)0)->field)
#define SET(op, type, field, value, result) \
	{ op, FIELD(type, field), false, value, result, SAME_DETAIL }
#define ADD(op, type, field, value, result) \
	{ op, FIELD(type, field), true, value, result, SAME_DETAIL }
#define SET_AT(op, type, field, value, result, other) \
	{ op, FIELD(type, field), false, value, result, offsetof(struct type, other) }
#define CODE(op, type, field, value, result, code) \
	{ op, FIELD(type, field), false, value, result, code }

/* A number that the host has for itself (the one before the guest's first), one that nobody has, nonsense. */
#define FOREIGN(op, type, field) \
	ADD(op, type, field, -1, UP_BAD_OBJECT), \
	SET(op, type, field, 0xfffffe, UP_BAD_OBJECT), \
	SET(op, type, field, 0xffffffff, UP_BAD_OBJECT)

#define PAGES(op, type, field) \
	SET(op, type, field.n_runs, 0, UP_BAD_VALUE), \
	SET_AT(op, type, field.n_runs, 5, UP_BAD_VALUE, field.list), \
	CODE(op, type, field.n_runs, 0xffffffff, UP_QUOTA, IOMMU_TOO_MANY_RUNS), \
	SET(op, type, field.offset, UP_PAGE, UP_BAD_VALUE), \
	SET(op, type, field.offset, 0xffffffff, UP_BAD_VALUE), \
	SET(op, type, field.bytes, 0, UP_BAD_VALUE), \
	ADD(op, type, field.bytes, UP_PAGE, UP_BAD_VALUE), \
	SET(op, type, field.reserved, 1, UP_BAD_COMMAND), \
	SET_AT(op, type, field.list, 8, UP_BAD_COMMAND, field.runs), \
	CODE(op, type, field.runs[0].gpa, 0x40000000, UP_BAD_MEMORY, IOMMU_NOT_RAM), \
	CODE(op, type, field.runs[0].gpa, GUEST_LOW + GUEST_REGION, UP_BAD_MEMORY, \
	     IOMMU_NOT_RAM), \
	SET_AT(op, type, field.runs[0].gpa, GUEST_LOW + 1, UP_BAD_VALUE, field.runs), \
	SET_AT(op, type, field.runs[0].size, 0, UP_BAD_VALUE, field.runs), \
	SET_AT(op, type, field.runs[0].size, -4096ull, UP_BAD_VALUE, field.runs), \
	SET_AT(op, type, field.runs[1].size, UP_PAGE, UP_BAD_COMMAND, field.runs[1])

/* Rings have their exact size at a multiple of 64 bytes. */
#define RING(op, type, field) \
	ADD(op, type, field.bytes, 64, UP_BAD_VALUE), \
	ADD(op, type, field.bytes, -64, UP_BAD_VALUE), \
	PAGES(op, type, field)

#define WRITABLE(op, type, field) \
	CODE(op, type, field.runs[0].gpa, GUEST_ROM, UP_BAD_MEMORY, IOMMU_READ_ONLY)

#define RECORD(op, type, field) \
	SET(op, type, field.pages, 0, UP_BAD_OBJECT), \
	SET(op, type, field.pages, 0xffffffff, UP_BAD_OBJECT), \
	SET(op, type, field.offset, 4, UP_BAD_VALUE), \
	ADD(op, type, field.offset, 8, UP_BAD_VALUE), \
	SET(op, type, field.offset, 0xfffffff8, UP_BAD_VALUE)

static const struct wrong wrongs[] = {
	SET(UP_QUERY_PORT, up_query_port, reserved, 1, UP_BAD_COMMAND),
	CODE(UP_QUERY_PORT, up_query_port, port, 0, UP_BAD_VALUE, 0),
	CODE(UP_QUERY_PORT, up_query_port, port, 2, UP_BAD_VALUE, 0),
	CODE(UP_QUERY_PORT, up_query_port, port, 0xffffffff, UP_BAD_VALUE, 0),
	SET(UP_QUERY_GIDS, up_query_table, reserved, 1, UP_BAD_COMMAND),
	SET(UP_QUERY_GIDS, up_query_table, count, 0, UP_BAD_VALUE),
	SET(UP_QUERY_GIDS, up_query_table, count, 17, UP_BAD_VALUE),
	SET(UP_QUERY_GIDS, up_query_table, first, 8, UP_BAD_VALUE),
	SET(UP_QUERY_GIDS, up_query_table, first, 0xffffffff, UP_BAD_VALUE),
	CODE(UP_QUERY_GIDS, up_query_table, port, 2, UP_BAD_VALUE, 0),
	SET(UP_QUERY_PKEYS, up_query_table, count, 129, UP_BAD_VALUE),
	SET(UP_QUERY_PKEYS, up_query_table, first, 128, UP_BAD_VALUE),

	PAGES(UP_PIN_PAGES, up_pin_pages, pages),
	CODE(UP_PIN_PAGES, up_pin_pages, pages.runs[0].gpa, -4096ull, UP_BAD_MEMORY, IOMMU_NOT_RAM),

	SET(UP_REG_MR, up_reg_mr, access, 0x10, UP_BAD_COMMAND),
	SET(UP_REG_MR, up_reg_mr, access, 0x80000000, UP_BAD_COMMAND),
	SET(UP_REG_MR, up_reg_mr, access, UP_ACCESS_REMOTE_WRITE, UP_BAD_VALUE),
	SET(UP_REG_MR, up_reg_mr, access, UP_ACCESS_REMOTE_ATOMIC, UP_BAD_VALUE),
	ADD(UP_REG_MR, up_reg_mr, va, 1, UP_BAD_VALUE),
	SET_AT(UP_REG_MR, up_reg_mr, va, -4096ull, UP_BAD_VALUE, pages.bytes),
	FOREIGN(UP_REG_MR, up_reg_mr, pd),
	CODE(UP_REG_MR, up_reg_mr, pages.runs[0].gpa, GUEST_LOW + GUEST_REGION - UP_PAGE,
	     UP_BAD_MEMORY, IOMMU_NOT_RAM),
	CODE(UP_REG_MR, up_reg_mr, pages.runs[0].gpa, GUEST_ROM, UP_BAD_MEMORY, IOMMU_READ_ONLY),
	SET_AT(UP_REG_MR, up_reg_mr, pages.offset, 8, UP_BAD_VALUE, va),
	SET(UP_REG_MR, up_reg_mr, pages.bytes, 0, UP_BAD_VALUE),
	SET(UP_REG_MR, up_reg_mr, pages.bytes, -1ull, UP_BAD_VALUE),
	SET(UP_REG_MR, up_reg_mr, pages.bytes, 1ull << 41, UP_BAD_VALUE),
	ADD(UP_REG_MR, up_reg_mr, pages.bytes, 101, UP_BAD_VALUE),
	SET(UP_REG_MR, up_reg_mr, pages.reserved, 1, UP_BAD_COMMAND),
	SET_AT(UP_REG_MR, up_reg_mr, pages.runs[0].size, 0, UP_BAD_VALUE, pages.runs),

	SET(UP_REREG_MR, up_rereg_mr, reserved, 1, UP_BAD_COMMAND),
	SET(UP_REREG_MR, up_rereg_mr, access, 0x10, UP_BAD_COMMAND),
	SET(UP_REREG_MR, up_rereg_mr, access, 0x80000000, UP_BAD_COMMAND),
	SET(UP_REREG_MR, up_rereg_mr, access, UP_ACCESS_REMOTE_WRITE, UP_BAD_VALUE),
	SET(UP_REREG_MR, up_rereg_mr, access, UP_ACCESS_REMOTE_ATOMIC, UP_BAD_VALUE),
	SET(UP_REREG_MR, up_rereg_mr, pd, 0, UP_BAD_OBJECT),
	ADD(UP_REREG_MR, up_rereg_mr, pd, -2, UP_BAD_OBJECT),	/* the host's: the guest has two */
	SET(UP_REREG_MR, up_rereg_mr, pd, 0xfffffe, UP_BAD_OBJECT),
	SET(UP_REREG_MR, up_rereg_mr, pd, 0xffffffff, UP_BAD_OBJECT),
	CODE(UP_REREG_MR, up_rereg_mr, lkey, 0, UP_BAD_OBJECT, 0),
	ADD(UP_REREG_MR, up_rereg_mr, lkey, 1, UP_BAD_OBJECT),
	ADD(UP_REREG_MR, up_rereg_mr, lkey, 0x100, UP_BAD_OBJECT),
	CODE(UP_REREG_MR, up_rereg_mr, lkey, 0xffffffff, UP_BAD_OBJECT, 0),

	SET(UP_CREATE_EQ, up_create_eq, reserved, 1, UP_BAD_COMMAND),
	SET(UP_CREATE_EQ, up_create_eq, log_size, 5, UP_BAD_VALUE),
	SET(UP_CREATE_EQ, up_create_eq, log_size, 18, UP_BAD_VALUE),
	SET(UP_CREATE_EQ, up_create_eq, log_size, 0xffffffff, UP_BAD_VALUE),
	SET(UP_CREATE_EQ, up_create_eq, vector, 0, UP_BAD_VALUE),
	SET(UP_CREATE_EQ, up_create_eq, vector, GUEST_VECTORS, UP_BAD_VALUE),
	FOREIGN(UP_CREATE_EQ, up_create_eq, uar),
	RING(UP_CREATE_EQ, up_create_eq, ring),
	WRITABLE(UP_CREATE_EQ, up_create_eq, ring),

	SET(UP_CREATE_CQ, up_create_cq, flags, 2, UP_BAD_COMMAND),
	SET(UP_CREATE_CQ, up_create_cq, reserved, 1, UP_BAD_COMMAND),
	SET(UP_CREATE_CQ, up_create_cq, log_size, 23, UP_BAD_VALUE),
	SET(UP_CREATE_CQ, up_create_cq, log_size, 0xffffffff, UP_BAD_VALUE),
	SET(UP_CREATE_CQ, up_create_cq, cqe_bytes, 0, UP_BAD_VALUE),
	SET(UP_CREATE_CQ, up_create_cq, cqe_bytes, 32, UP_BAD_VALUE),
	SET(UP_CREATE_CQ, up_create_cq, cqe_bytes, 256, UP_BAD_VALUE),
	FOREIGN(UP_CREATE_CQ, up_create_cq, uar),
	FOREIGN(UP_CREATE_CQ, up_create_cq, eqn),
	RECORD(UP_CREATE_CQ, up_create_cq, dbr),
	RING(UP_CREATE_CQ, up_create_cq, ring),
	WRITABLE(UP_CREATE_CQ, up_create_cq, ring),
	SET_AT(UP_CREATE_CQ, up_create_cq, ring.runs[0].gpa, -4096ull, UP_BAD_VALUE, ring.runs),

	SET(UP_RESIZE_CQ, up_resize_cq, log_size, 23, UP_BAD_VALUE),
	CODE(UP_RESIZE_CQ, up_resize_cq, cqn, 0xffffff, UP_BAD_OBJECT, 0),
	RING(UP_RESIZE_CQ, up_resize_cq, ring),
	WRITABLE(UP_RESIZE_CQ, up_resize_cq, ring),
	SET(UP_MODERATE_CQ, up_moderate_cq, period_us, 4096, UP_BAD_VALUE),
	CODE(UP_MODERATE_CQ, up_moderate_cq, cqn, 0xffffff, UP_BAD_OBJECT, 0),

	SET(UP_CREATE_SRQ, up_create_srq, reserved, 1, UP_BAD_COMMAND),
	SET(UP_CREATE_SRQ, up_create_srq, kind, 2, UP_BAD_COMMAND),
	SET_AT(UP_CREATE_SRQ, up_create_srq, kind, UP_SRQ_BASIC, UP_BAD_VALUE, xrcd),
	SET(UP_CREATE_SRQ, up_create_srq, log_size, 16, UP_BAD_VALUE),
	SET(UP_CREATE_SRQ, up_create_srq, log_stride, 4, UP_BAD_VALUE),
	SET(UP_CREATE_SRQ, up_create_srq, log_stride, 12, UP_BAD_VALUE),
	SET(UP_CREATE_SRQ, up_create_srq, user_index, 0x1000000, UP_BAD_VALUE),
	FOREIGN(UP_CREATE_SRQ, up_create_srq, pd),
	FOREIGN(UP_CREATE_SRQ, up_create_srq, xrcd),
	SET(UP_CREATE_SRQ, up_create_srq, cqn, 0xfffffe, UP_BAD_OBJECT),
	RECORD(UP_CREATE_SRQ, up_create_srq, dbr),
	RING(UP_CREATE_SRQ, up_create_srq, ring),
	SET(UP_ARM_SRQ, up_arm_srq, limit, 0x10000, UP_BAD_VALUE),
	CODE(UP_ARM_SRQ, up_arm_srq, srqn, 0xffffff, UP_BAD_OBJECT, 0),

	SET(UP_CREATE_QP, up_create_qp, reserved0, 1, UP_BAD_COMMAND),
	SET(UP_CREATE_QP, up_create_qp, flags, 1, UP_BAD_COMMAND),
	SET(UP_CREATE_QP, up_create_qp, flags, 0x80000000, UP_BAD_COMMAND),
	SET(UP_CREATE_QP, up_create_qp, type, 5, UP_BAD_COMMAND),
	SET_AT(UP_CREATE_QP, up_create_qp, type, UP_QP_XRC_TGT, UP_BAD_VALUE, log_sq),
	SET_AT(UP_CREATE_QP, up_create_qp, type, UP_QP_XRC_INI, UP_BAD_VALUE, log_rq),
	SET(UP_CREATE_QP, up_create_qp, user_index, 0x1000000, UP_BAD_VALUE),
	SET(UP_CREATE_QP, up_create_qp, log_sq, 16, UP_BAD_VALUE),
	SET(UP_CREATE_QP, up_create_qp, log_rq, 16, UP_BAD_VALUE),
	SET(UP_CREATE_QP, up_create_qp, log_rq_stride, 3, UP_BAD_VALUE),
	SET(UP_CREATE_QP, up_create_qp, log_rq_stride, 12, UP_BAD_VALUE),
	SET_AT(UP_CREATE_QP, up_create_qp, log_rq, 0, UP_BAD_VALUE, log_rq_stride),
	SET_AT(UP_CREATE_QP, up_create_qp, log_rq, 0xff, UP_BAD_VALUE, log_rq_stride),
	SET_AT(UP_CREATE_QP, up_create_qp, log_sq, 0xff, UP_BAD_VALUE, ring.bytes),
	SET_AT(UP_CREATE_QP, up_create_qp, log_sq, 6, UP_BAD_VALUE, ring.bytes),
	SET_AT(UP_CREATE_QP, up_create_qp, srq, 5, UP_BAD_VALUE, log_rq),
	SET(UP_CREATE_QP, up_create_qp, xrcd, 1, UP_BAD_VALUE),
	FOREIGN(UP_CREATE_QP, up_create_qp, pd),
	FOREIGN(UP_CREATE_QP, up_create_qp, uar),
	FOREIGN(UP_CREATE_QP, up_create_qp, scq),
	SET(UP_CREATE_QP, up_create_qp, rcq, 0xfffffe, UP_BAD_OBJECT),
	RECORD(UP_CREATE_QP, up_create_qp, dbr),
	RING(UP_CREATE_QP, up_create_qp, ring),

	SET_AT(UP_MODIFY_QP, up_modify_qp, reserved[5], 1, UP_BAD_COMMAND, reserved),
	SET_AT(UP_MODIFY_QP, up_modify_qp, attr.reserved[10], 1, UP_BAD_COMMAND, attr.reserved),
	SET(UP_MODIFY_QP, up_modify_qp, attr.path.reserved, 1, UP_BAD_COMMAND),
	SET(UP_MODIFY_QP, up_modify_qp, mask, 1u << 14, UP_BAD_COMMAND),
	SET(UP_MODIFY_QP, up_modify_qp, mask, 0, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, mask, UP_QP_PKEY, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, mask, UP_QP_PKEY | UP_QP_ACCESS | UP_QP_MTU, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, from, 7, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, to, 7, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, from, UP_QPS_INIT, UP_BAD_STATE),
	SET(UP_MODIFY_QP, up_modify_qp, from, UP_QPS_ERR, UP_BAD_STATE),
	SET(UP_MODIFY_QP, up_modify_qp, to, UP_QPS_RTR, UP_BAD_STATE),
	SET(UP_MODIFY_QP, up_modify_qp, to, UP_QPS_SQD, UP_BAD_STATE),
	SET(UP_MODIFY_QP, up_modify_qp, attr.access, 0x10, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, attr.pkey_index, 128, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, attr.path.port, 0, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, attr.path.port, 2, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, attr.path.sl, 16, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, attr.path.path_bits, 128, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, attr.path.grh, 2, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, attr.path.sgid_index, 8, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, attr.path.flow_label, 0x100000, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, attr.path.static_rate, 1, UP_BAD_VALUE),
	SET(UP_MODIFY_QP, up_modify_qp, attr.path.static_rate, 23, UP_BAD_VALUE),
	CODE(UP_MODIFY_QP, up_modify_qp, qpn, 0xffffff, UP_BAD_OBJECT, 0),

	SET(UP_ATTACH_MCAST, up_mcast, reserved, 1, UP_BAD_COMMAND),
	SET_AT(UP_ATTACH_MCAST, up_mcast, gid[0], 0xfe, UP_BAD_VALUE, gid),
	CODE(UP_ATTACH_MCAST, up_mcast, qpn, 0xffffff, UP_BAD_OBJECT, 0),
	SET_AT(UP_DETACH_MCAST, up_mcast, gid[15], 1, UP_BAD_OBJECT, gid),
};

static void corrupt(uint8_t *command, const struct wrong *wrong)
{
	uint64_t value = 0;

	memcpy(&value, command + wrong->at, wrong->size);
	value = wrong->relative ? le64toh(value) + wrong->value : wrong->value;
	value = htole64(value);
	memcpy(command + wrong->at, &value, wrong->size);
}

static bool tell(const struct wrong *wrong, enum up_result result, uint32_t detail)
{
	print_message("# %s = %llx: result %d, should be %d; detail %u\n", wrong->field,
		      (unsigned long long)wrong->value, result, wrong->result, detail);
	return false;
}

/* False, with words, when it is not as it should be. */
static bool refused(struct guest_world *w, const struct wrong *wrong)
{
	uint8_t good[UP_SLOT_DATA], bad[UP_SLOT_DATA], answer[UP_SLOT_DATA];
	uint32_t len = guest_world_command(w, wrong->opcode, good);
	uint32_t out_len = guest_world_answer(wrong->opcode), detail;
	struct guest_bed *bed = w->v.bed;
	struct model_bed_counts before = guest_bed_counts(bed), after;
	enum up_result result;

	memcpy(bad, good, sizeof(bad));
	corrupt(bad, wrong);
	result = guest_bed_command(bed, wrong->opcode, bad, len, answer, out_len);
	detail = guest_bed_detail(bed);
	if (result != wrong->result ||
	    detail != (uint32_t)(wrong->detail == SAME_DETAIL ? (long)wrong->at : wrong->detail))
		return tell(wrong, result, detail);
	after = guest_bed_counts(bed);
	return (after.commands == before.commands && after.dma_bytes == before.dma_bytes) ||
	       tell(wrong, result, detail);
}

static void one_wrong_field_is_refused_before_the_hca_hears_of_it(void **state)
{
	struct guest_world w;
	size_t i, bad = 0;

	guest_world_open(*state, &w);
	for (i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++)
		bad += !refused(&w, &wrongs[i]);
	assert_int_equal(bad, 0);
	guest_bed_stop(*state);
	guest_world_forget(&w);
}

static void good_commands_succeed_and_can_be_undone(void **state)
{
	uint8_t in[UP_SLOT_DATA], out[UP_SLOT_DATA];
	struct guest_world w;
	uint32_t len;
	size_t i;

	guest_world_open(*state, &w);
	for (i = 0; guest_world_opcodes[i]; i++) {
		uint32_t opcode = guest_world_opcodes[i];

		len = guest_world_command(&w, opcode, in);
		if (guest_bed_command(*state, opcode, in, len, out, guest_world_answer(opcode)))
			fail_msg("opcode 0x%x is refused, detail %u", opcode,
				 guest_bed_detail(*state));
		guest_world_undo(&w, opcode, in, out);
	}
	guest_world_close(&w);
}

static void lengths_are_exact(void **state)
{
	uint8_t in[UP_SLOT_DATA] = { 0 };
	struct guest_world w;
	uint32_t len;
	size_t i;

	guest_world_open(*state, &w);
	for (i = 0; guest_world_opcodes[i]; i++) {
		uint32_t opcode = guest_world_opcodes[i];

		len = guest_world_command(&w, opcode, in);
		assert_int_equal(guest_bed_command(*state, opcode, in, len + 1, NULL, 0),
				 UP_BAD_COMMAND);
		assert_int_equal(guest_bed_command(*state, opcode, in, len + 8, NULL, 0),
				 UP_BAD_COMMAND);
		if (len)
			assert_int_equal(guest_bed_command(*state, opcode, in, len - 1, NULL, 0),
					 UP_BAD_COMMAND);
	}
	guest_bed_stop(*state);
	guest_world_forget(&w);
}

static void opcodes_that_are_none_are_refused(void **state)
{
	uint32_t opcode;
	size_t i;

	for (opcode = 0; opcode < 0x200; opcode++) {
		for (i = 0; guest_world_opcodes[i] && guest_world_opcodes[i] != opcode; i++)
			;
		if (!guest_world_opcodes[i])
			assert_int_equal(guest_bed_command(*state, opcode, NULL, 0, NULL, 0),
					 UP_BAD_COMMAND);
	}
	assert_int_equal(guest_bed_command(*state, 0xffffffff, NULL, 0, NULL, 0), UP_BAD_COMMAND);
	assert_int_equal(guest_bed_command(*state, 0x80000012, NULL, 0, NULL, 0), UP_BAD_COMMAND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(good_commands_succeed_and_can_be_undone),
		in_guest(one_wrong_field_is_refused_before_the_hca_hears_of_it),
		in_guest(lengths_are_exact),
		in_guest(opcodes_that_are_none_are_refused),
	};

	return cmocka_run_group_tests_name("commands of a guest", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
