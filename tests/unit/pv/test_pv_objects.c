// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about objects: who may be destroyed when, how many there
 * may be, what queries say, which transitions a queue pair makes, which groups it
 * is in. It must never know the table of objects.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pv/guest_world.h"

static void reopen(struct guest_bed *bed, const struct pv_config *config)
{
	guest_bed_close(bed, true);
	guest_bed_open(bed, config);
	guest_bed_attach(bed);
	guest_bed_start(bed);
}

static void who_is_stood_upon_cannot_be_destroyed(void **state)
{
	struct guest_bed *bed = *state;
	struct guest_world w;

	guest_world_open(bed, &w);
	assert_int_equal(guest_end(bed, UP_FREE_UAR, w.v.uar), UP_BUSY);
	assert_int_equal(guest_end(bed, UP_FREE_PD, w.v.pd), UP_BUSY);
	assert_int_equal(guest_end(bed, UP_FREE_XRCD, w.xrcd), UP_BUSY);
	assert_int_equal(guest_end(bed, UP_UNPIN_PAGES, w.v.dbrs), UP_BUSY);
	assert_int_equal(guest_end(bed, UP_DESTROY_EQ, w.v.eq.eqn), UP_BUSY);
	assert_int_equal(guest_end(bed, UP_DESTROY_CQ, w.v.scq.cqn), UP_BUSY);
	assert_int_equal(guest_end(bed, UP_DESTROY_CQ, w.v.rcq.cqn), UP_BUSY);
	guest_world_close(&w);
}

static void nothing_is_destroyed_twice(void **state)
{
	uint8_t in[UP_SLOT_DATA];
	struct guest_bed *bed = *state;
	struct guest_world w;
	uint32_t len;
	size_t i;

	guest_world_open(bed, &w);
	for (i = 0; guest_world_opcodes[i]; i++) {
		uint32_t opcode = guest_world_opcodes[i];

		if (opcode != UP_FREE_UAR && opcode != UP_FREE_PD && opcode != UP_FREE_XRCD &&
		    opcode != UP_UNPIN_PAGES && opcode != UP_DEREG_MR && opcode != UP_DESTROY_EQ &&
		    opcode != UP_DESTROY_CQ && opcode != UP_DESTROY_SRQ && opcode != UP_DESTROY_QP)
			continue;
		len = guest_world_command(&w, opcode, in);
		assert_int_equal(guest_bed_command(bed, opcode, in, len, NULL, 0), UP_OK);
		assert_int_equal(guest_bed_command(bed, opcode, in, len, NULL, 0), UP_BAD_OBJECT);
	}
	guest_world_close(&w);
}

/* Numbers of one kind mean nothing for another, and those of the host nothing at all. */
static void numbers_that_are_not_the_guests_mean_nothing(void **state)
{
	static const uint32_t ends[] = {
		UP_FREE_UAR, UP_FREE_PD, UP_FREE_XRCD, UP_UNPIN_PAGES, UP_DEREG_MR, UP_DESTROY_EQ,
		UP_DESTROY_CQ, UP_DESTROY_SRQ, UP_DESTROY_QP, UP_QUERY_QP, UP_QUERY_SRQ,
	};
	struct guest_bed *bed = *state;
	struct model_bed_counts before, after;
	uint32_t number;
	size_t i;

	before = guest_bed_counts(bed);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		for (number = 0; number < 300; number++)
			assert_int_equal(guest_end(bed, ends[i], number), UP_BAD_OBJECT);
	after = guest_bed_counts(bed);
	assert_int_equal(after.commands, before.commands);
	assert_int_equal(after.objects, 0);
}

static void expect_quota(struct guest_world *w, uint32_t opcode)
{
	uint8_t in[UP_SLOT_DATA], out[UP_SLOT_DATA];
	struct guest_bed *bed = w->v.bed;
	uint32_t len = guest_world_command(w, opcode, in), numbers[64], n = 0, end = opcode + 1;
	enum up_result result;

	if (opcode == UP_CREATE_CQ)
		end = UP_DESTROY_CQ;
	if (opcode == UP_CREATE_SRQ)
		end = UP_DESTROY_SRQ;
	if (opcode == UP_CREATE_QP)
		end = UP_DESTROY_QP;
	for (;;) {
		result = guest_bed_command(bed, opcode, in, len, out, guest_world_answer(opcode));
		if (result)
			break;
		assert_true(n < 64);
		memcpy(&numbers[n++], out, 4);
	}
	assert_int_equal(result, UP_QUOTA);
	assert_true(n >= 3);
	assert_int_equal(guest_end(bed, end, le32toh(numbers[--n])), UP_OK);
	assert_int_equal(guest_bed_command(bed, opcode, in, len, out, guest_world_answer(opcode)),
			 UP_OK);
	memcpy(&numbers[n++], out, 4);
	while (n)
		assert_int_equal(guest_end(bed, end, le32toh(numbers[--n])), UP_OK);
}

static void each_kind_has_its_limit(void **state)
{
	static const uint32_t makers[] = {
		UP_ALLOC_UAR, UP_ALLOC_PD, UP_ALLOC_XRCD, UP_PIN_PAGES, UP_REG_MR, UP_CREATE_EQ,
		UP_CREATE_CQ, UP_CREATE_SRQ, UP_CREATE_QP,
	};
	const struct pv_config config = { .limits = {
		.uars = 8, .pds = 7, .xrcds = 6, .pages = 8, .mrs = 9, .eqs = 6, .cqs = 9, .srqs = 9,
		.qps = 12, .mcasts = 5 } };
	struct guest_world w;
	size_t i;

	reopen(*state, &config);
	guest_world_open(*state, &w);
	for (i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		expect_quota(&w, makers[i]);
	guest_world_close(&w);
}

static void registered_bytes_have_their_limit(void **state)
{
	const struct pv_config config = {
		.limits = { .bytes = 40 * UP_PAGE, .runs = 20, .mr_bytes = 35 * UP_PAGE },
	};
	struct up_reg_mr_out out;
	struct guest_window big;
	struct up_reg_mr in = { 0 };
	struct guest_verbs v;
	struct guest_mr mr;

	reopen(*state, &config);
	guest_verbs_open(*state, &v);
	guest_mr_open(&v, 16 * UP_PAGE, false, 1, &mr);
	guest_window_open(*state, 30 * UP_PAGE, false, &big);
	in.pd = htole32(v.pd);
	in.va = htole64((uintptr_t)big.ptr);
	guest_window_pages(*state, &big, 0, big.size, &in.pages);
	assert_int_equal(guest_bed_command(*state, UP_REG_MR, &in, sizeof(in), &out, sizeof(out)),
			 UP_QUOTA);
	assert_int_equal(guest_bed_detail(*state), IOMMU_OWNER_BYTES);
	guest_window_close(&big);
	guest_mr_close(&v, &mr);
	guest_window_open(*state, 36 * UP_PAGE, false, &big);
	guest_window_pages(*state, &big, 0, big.size, &in.pages);
	in.va = htole64((uintptr_t)big.ptr);
	assert_int_equal(guest_bed_command(*state, UP_REG_MR, &in, sizeof(in), &out, sizeof(out)),
			 UP_QUOTA);
	guest_window_close(&big);
	guest_mr_open(&v, 16 * UP_PAGE, false, 1, &mr);
	guest_window_open(*state, 21 * UP_PAGE, true, &big);
	guest_window_pages(*state, &big, 0, big.size, &in.pages);
	assert_int_equal(guest_bed_command(*state, UP_REG_MR, &in, sizeof(in), &out, sizeof(out)),
			 UP_QUOTA);
	assert_int_equal(guest_bed_detail(*state), IOMMU_TOO_MANY_RUNS);
	guest_window_close(&big);
	guest_mr_close(&v, &mr);
	guest_mr_open(&v, 18 * UP_PAGE, true, 1, &mr);
	guest_mr_close(&v, &mr);
	guest_verbs_close(&v);
}

/* Lists in pages: whole, too long, too short, cyclic, from nowhere. */
static void long_lists_are_read_as_they_are_chained(void **state)
{
	struct guest_bed *bed = *state;
	struct up_reg_mr_out out;
	struct up_reg_mr in = { 0 };
	struct guest_window big;
	struct guest_verbs v;
	struct up_list *list;
	uint64_t second;

	guest_verbs_open(bed, &v);
	guest_window_open(bed, 600 * UP_PAGE, true, &big);
	in.pd = htole32(v.pd);
	in.va = htole64((uintptr_t)big.ptr + 8);
	guest_window_pages(bed, &big, 8, 600 * UP_PAGE - 16, &in.pages);
	assert_int_equal(guest_bed_command(bed, UP_REG_MR, &in, sizeof(in), &out, sizeof(out)),
			 UP_OK);
	assert_int_equal(guest_end(bed, UP_DEREG_MR, le32toh(out.lkey)), UP_OK);
	list = guest_bed_at(bed, le64toh(in.pages.list));
	second = list->next;
	list->next = 0;			/* ends too early */
	assert_int_equal(guest_bed_command(bed, UP_REG_MR, &in, sizeof(in), &out, sizeof(out)),
			 UP_BAD_VALUE);
	list->next = in.pages.list;	/* in a circle: pages come again */
	assert_int_equal(guest_bed_command(bed, UP_REG_MR, &in, sizeof(in), &out, sizeof(out)),
			 UP_BAD_VALUE);
	list->next = htole64(le64toh(second) + 8);
	assert_int_equal(guest_bed_command(bed, UP_REG_MR, &in, sizeof(in), &out, sizeof(out)),
			 UP_BAD_VALUE);
	list->next = htole64(0x40000000);
	assert_int_equal(guest_bed_command(bed, UP_REG_MR, &in, sizeof(in), &out, sizeof(out)),
			 UP_BAD_MEMORY);
	list->next = second;
	list->reserved = 1;
	assert_int_equal(guest_bed_command(bed, UP_REG_MR, &in, sizeof(in), &out, sizeof(out)),
			 UP_BAD_COMMAND);
	list->reserved = 0;
	list->runs[3] = list->runs[2];	/* a page named twice */
	assert_int_equal(guest_bed_command(bed, UP_REG_MR, &in, sizeof(in), &out, sizeof(out)),
			 UP_BAD_MEMORY);
	assert_int_equal(guest_bed_detail(bed), IOMMU_OVERLAP);
	guest_window_close(&big);
	guest_verbs_close(&v);
}

static void the_device_says_what_it_offers(void **state)
{
	const struct pv_config config = { .limits = { .qps = 77, .cqs = 1000, .mrs = 5 } };
	struct up_query_device_out out;

	reopen(*state, &config);
	assert_int_equal(guest_bed_command(*state, UP_QUERY_DEVICE, NULL, 0, &out, sizeof(out)),
			 UP_OK);
	assert_int_equal(le32toh(out.max_qp), 77);
	assert_int_equal(le32toh(out.max_cq), 1000);
	assert_int_equal(le32toh(out.max_mr), 5);
	assert_int_equal(le32toh(out.vendor_id), 0x2c9);
	assert_int_equal(out.n_ports, 1);
	assert_int_equal(out.log_max_cq, 22);
	assert_true(le32toh(out.flags) & UP_DEVICE_XRC);
	assert_int_not_equal(out.node_guid, 0);
}

static void tables_are_given_in_windows(void **state)
{
	struct up_query_table in = { .port = htole32(1), .count = htole32(16) };
	struct up_query_gids_out gids, part;
	struct up_query_pkeys_out pkeys;
	struct up_query_clock_out a, b;
	struct guest_bed *bed = *state;

	assert_int_equal(guest_bed_command(bed, UP_QUERY_GIDS, &in, sizeof(in), &gids,
					   sizeof(gids)), UP_OK);
	assert_int_equal(gids.gids[0][0], 0xfe);
	in.first = htole32(7);
	in.count = htole32(5);
	assert_int_equal(guest_bed_command(bed, UP_QUERY_GIDS, &in, sizeof(in), &part,
					   sizeof(part)), UP_OK);
	assert_memory_equal(part.gids[0], gids.gids[7], 16);
	in.first = 0;
	in.count = htole32(128);
	assert_int_equal(guest_bed_command(bed, UP_QUERY_PKEYS, &in, sizeof(in), &pkeys,
					   sizeof(pkeys)), UP_OK);
	assert_int_equal(le16toh(pkeys.pkeys[0]), 0xffff);
	assert_int_equal(guest_bed_command(bed, UP_QUERY_CLOCK, NULL, 0, &a, sizeof(a)), UP_OK);
	assert_int_equal(guest_bed_command(bed, UP_QUERY_CLOCK, NULL, 0, &b, sizeof(b)), UP_OK);
	assert_true(le64toh(b.cycles) > le64toh(a.cycles));
}

static uint32_t state_of(struct guest_bed *bed, const struct guest_qp *qp,
			 struct up_query_qp_out *out)
{
	const struct up_number in = { .number = htole32(qp->qpn) };

	assert_int_equal(guest_bed_command(bed, UP_QUERY_QP, &in, sizeof(in), out, sizeof(*out)),
			 UP_OK);
	return le32toh(out->state);
}

static void to_reset(struct guest_verbs *v, struct guest_qp *qp)
{
	struct up_modify_qp change = guest_qp_change(v, qp, UP_QPS_ERR, UP_QPS_RESET, 0);

	assert_int_equal(guest_qp_modify(v, &change), UP_OK);
}

/* By the shortest way. */
static void bring_to(struct guest_verbs *v, struct guest_qp *qp, uint8_t state)
{
	struct up_modify_qp change;
	uint8_t at;

	to_reset(v, qp);
	for (at = UP_QPS_RESET; at < state && state <= UP_QPS_RTS; at++) {
		change = guest_qp_change(v, qp, at, (uint8_t)(at + 1), qp->qpn);
		assert_int_equal(guest_qp_modify(v, &change), UP_OK);
	}
	if (state == UP_QPS_ERR) {
		change = guest_qp_change(v, qp, UP_QPS_RESET, UP_QPS_INIT, 0);
		assert_int_equal(guest_qp_modify(v, &change), UP_OK);
		change = guest_qp_change(v, qp, UP_QPS_INIT, UP_QPS_ERR, 0);
		assert_int_equal(guest_qp_modify(v, &change), UP_OK);
	}
}

static bool is_legal(uint8_t from, uint8_t to)
{
	if (to == UP_QPS_RESET || to == UP_QPS_ERR)
		return true;
	if (from == UP_QPS_ERR)
		return false;
	return (to == from + 1 && to <= UP_QPS_RTS) ||
	       (to == from && (to == UP_QPS_INIT || to == UP_QPS_RTS));
}

static void every_transition_is_made_or_refused(void **state)
{
	static const uint8_t states[] = {
		UP_QPS_RESET, UP_QPS_INIT, UP_QPS_RTR, UP_QPS_RTS, UP_QPS_ERR,
	};
	struct up_query_qp_out out;
	struct up_modify_qp change;
	struct guest_verbs v;
	struct guest_qp qp;
	uint32_t type, to;
	size_t i;

	guest_verbs_open(*state, &v);
	for (type = UP_QP_RC; type <= UP_QP_UD; type++) {
		guest_qp_open(&v, type, 0, 0, &qp);
		for (i = 0; i < sizeof(states); i++)
			for (to = UP_QPS_RESET; to <= UP_QPS_ERR; to++) {
				bring_to(&v, &qp, states[i]);
				assert_int_equal(state_of(*state, &qp, &out), states[i]);
				change = guest_qp_change(&v, &qp, states[i], (uint8_t)to, qp.qpn);
				if (guest_qp_modify(&v, &change) !=
				    (is_legal(states[i], (uint8_t)to) ? UP_OK : UP_BAD_STATE))
					fail_msg("type %u, %u to %u", type, states[i], to);
			}
		to_reset(&v, &qp);
		guest_qp_close(&v, &qp);
	}
	guest_verbs_close(&v);
}

static void a_query_says_what_was_set(void **state)
{
	struct up_query_qp_out out;
	struct guest_verbs v;
	struct guest_qp qp;

	guest_verbs_open(*state, &v);
	guest_qp_open(&v, UP_QP_RC, 0, 0, &qp);
	guest_qp_connect(&v, &qp, qp.qpn);
	assert_int_equal(state_of(*state, &qp, &out), UP_QPS_RTS);
	assert_int_equal(le32toh(out.attr.dest_qpn), qp.qpn);
	assert_int_equal(le16toh(out.attr.path.dlid), v.lid);
	assert_int_equal(out.attr.path_mtu, 3);
	assert_int_equal(out.attr.timeout, 14);
	assert_int_equal(out.attr.rd_atomic, 4);
	assert_int_equal(out.attr.dest_rd_atomic, 4);
	assert_int_equal(le32toh(out.attr.access), 14);
	guest_qp_close(&v, &qp);
	guest_verbs_close(&v);
}

static void memberships_are_counted(void **state)
{
	const struct pv_config config = { .limits.mcasts = 3 };
	struct up_mcast in = { .gid = { 0xff, 0x12 } };
	struct guest_world w;
	uint8_t i;

	reopen(*state, &config);
	guest_world_open(*state, &w);
	in.qpn = htole32(w.rc.qpn);
	assert_int_equal(guest_bed_command(*state, UP_ATTACH_MCAST, &in, sizeof(in), NULL, 0),
			 UP_BAD_VALUE);
	in.qpn = htole32(w.ud.qpn);
	for (i = 0; i < 3; i++) {
		in.gid[15] = i;
		assert_int_equal(guest_bed_command(*state, UP_ATTACH_MCAST, &in, sizeof(in), NULL,
						   0), UP_OK);
		assert_int_equal(guest_bed_command(*state, UP_ATTACH_MCAST, &in, sizeof(in), NULL,
						   0), UP_OK);
	}
	in.gid[15] = 7;
	assert_int_equal(guest_bed_command(*state, UP_ATTACH_MCAST, &in, sizeof(in), NULL, 0),
			 UP_QUOTA);
	in.gid[15] = 1;
	assert_int_equal(guest_bed_command(*state, UP_DETACH_MCAST, &in, sizeof(in), NULL, 0),
			 UP_OK);
	assert_int_equal(guest_bed_command(*state, UP_DETACH_MCAST, &in, sizeof(in), NULL, 0),
			 UP_BAD_OBJECT);
	guest_world_close(&w);		/* the queue pair's end is theirs */
	guest_world_open(*state, &w);
	in.qpn = htole32(w.ud.qpn);
	for (i = 0; i < 3; i++) {
		in.gid[15] = i;
		assert_int_equal(guest_bed_command(*state, UP_ATTACH_MCAST, &in, sizeof(in), NULL,
						   0), UP_OK);
	}
	guest_world_close(&w);
}

static void many_objects_live_side_by_side(void **state)
{
	enum { MANY = 3000 };
	struct guest_bed *bed = *state;
	uint32_t *keys = calloc(MANY, sizeof(*keys)), i, j;
	struct up_reg_mr_out out;
	struct up_reg_mr in = { 0 };
	struct guest_window page;
	struct guest_verbs v;

	assert_non_null(keys);
	guest_verbs_open(bed, &v);
	guest_window_open(bed, UP_PAGE, false, &page);
	in.pd = htole32(v.pd);
	in.va = htole64((uintptr_t)page.ptr);
	guest_window_pages(bed, &page, 0, UP_PAGE, &in.pages);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(guest_bed_command(bed, UP_REG_MR, &in, sizeof(in), &out,
						   sizeof(out)), UP_OK);
		keys[i] = le32toh(out.lkey);
	}
	for (i = 0; i < MANY; i++) {
		j = i * 7919 % MANY;
		assert_int_equal(guest_end(bed, UP_DEREG_MR, keys[j]), UP_OK);
	}
	guest_window_close(&page);
	guest_verbs_close(&v);
	free(keys);
}

/* Every kind of event of the HCA that is about an object of the guest, and none that is not. */
static void events_of_the_port_come(void **state)
{
	struct guest_bed *bed = *state;
	struct up_event event;
	struct guest_verbs v;

	guest_verbs_open(bed, &v);
	model_bed_control(bed->model, "port a down");
	do
		assert_true(guest_bed_event(bed, &event, GUEST_WAIT_MS));
	while (le32toh(event.type) != UP_EVENT_PORT || (le32toh(event.code) & 0xff) != 1);
	assert_int_equal(le32toh(event.number), 1);
	model_bed_control(bed->model, "port a up");
	do
		assert_true(guest_bed_event(bed, &event, GUEST_WAIT_MS));
	while (le32toh(event.type) != UP_EVENT_PORT || (le32toh(event.code) & 0xff) != 4);
	guest_verbs_close(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_guest(who_is_stood_upon_cannot_be_destroyed),
		in_guest(nothing_is_destroyed_twice),
		in_guest(numbers_that_are_not_the_guests_mean_nothing),
		in_guest(each_kind_has_its_limit),
		in_guest(registered_bytes_have_their_limit),
		in_guest(long_lists_are_read_as_they_are_chained),
		in_guest(the_device_says_what_it_offers),
		in_guest(tables_are_given_in_windows),
		in_guest(every_transition_is_made_or_refused),
		in_guest(a_query_says_what_was_set),
		in_guest(memberships_are_counted),
		in_guest(many_objects_live_side_by_side),
		in_guest(events_of_the_port_come),
	};

	return cmocka_run_group_tests_name("objects of a guest", tests, guest_bed_group_setup,
					   guest_bed_group_teardown);
}
