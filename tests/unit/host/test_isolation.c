// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that the HCA reaches what is registered, while it is, and
 * nothing else: by a key, and by the IOMMU where a key says too much. For each policy
 * the exposure that docs/guarantees.md states, and no more. It must never know the
 * model's insides.
 */
#include <string.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/unit/host/isolation_bed.h"

enum {
	IDLE_MS = 100,			/* of lazy and granule, by default */
	FIRST = 16, SECOND = 64,	/* pages of the plot, in its first block */
};

/* --- exact ------------------------------------------------------------------------- */

static void exact_reaches_what_is_registered_and_not_the_pages_beside_it(void **state)
{
	struct iso_piece piece;
	struct iso iso;

	iso_open(state, IOMMU_POLICY_EXACT, &iso);
	iso_piece_open(&iso, &piece);
	iso_reaches(&iso, piece.key, piece.va, piece.at);
	iso_reaches(&iso, piece.key, piece.va + piece.bytes - ISO_LEN,
		piece.at + piece.bytes - ISO_LEN);
	iso_stopped_by_iommu(&iso, piece.key, piece.va - ISO_PAGE, piece.bus - ISO_PAGE);
	iso_stopped_by_iommu(&iso, piece.key, piece.va - ISO_LEN, piece.bus - ISO_LEN);
	iso_stopped_by_iommu(&iso, piece.key, piece.va + piece.bytes, piece.bus + piece.bytes);
	iso_stopped_by_iommu(&iso, piece.key, piece.va + piece.bytes + ISO_PAGE - ISO_LEN,
			 piece.bus + piece.bytes + ISO_PAGE - ISO_LEN);
	iso_nothing_else_changed(&iso);
	iso_piece_deregister(&iso, &piece);
	iso_key_destroy(&iso, piece.key);
	iso_close(&iso);
}

static void exact_stops_a_request_that_only_ends_beyond_the_registration(void **state)
{
	struct iso_piece piece;
	struct iso iso;
	uint64_t end;

	iso_open(state, IOMMU_POLICY_EXACT, &iso);
	iso_piece_open(&iso, &piece);
	assert_int_equal(iso_request(&iso, WQE_RDMA_WRITE, piece.key,
				     piece.va + piece.bytes - ISO_LEN / 2), CQE_SYND_REMOTE_OP);
	iso_expect_faults(&iso, 1, piece.bus + piece.bytes);
	/* What was its own may have been written. */
	end = piece.at + piece.bytes;
	memcpy(iso.want + end - ISO_LEN / 2, iso.plot + end - ISO_LEN / 2, ISO_LEN / 2);
	iso_nothing_else_changed(&iso);
	iso_piece_deregister(&iso, &piece);
	iso_key_destroy(&iso, piece.key);
	iso_close(&iso);
}

static void exact_is_unreachable_as_soon_as_deregistration_returns(void **state)
{
	struct iso_piece piece;
	struct iso iso;

	iso_open(state, IOMMU_POLICY_EXACT, &iso);
	iso_piece_open(&iso, &piece);
	iso_reaches(&iso, piece.key, piece.va, piece.at);
	iso_piece_deregister(&iso, &piece);
	iso_stopped_by_iommu(&iso, piece.key, piece.va, piece.bus);
	iso_stopped_by_iommu(&iso, piece.key, piece.va + piece.bytes - ISO_LEN,
			 piece.bus + piece.bytes - ISO_LEN);
	iso_key_destroy(&iso, piece.key);
	iso_stopped_by_key(&iso, piece.key, piece.va);
	iso_nothing_else_changed(&iso);
	iso_close(&iso);
}

static void a_destroyed_key_stops_before_the_iommu_has_to(void **state)
{
	struct iso_piece piece;
	struct iso iso;

	iso_open(state, IOMMU_POLICY_EXACT, &iso);
	iso_piece_open(&iso, &piece);
	iso_reaches(&iso, piece.key, piece.va, piece.at);
	iso_key_destroy(&iso, piece.key);
	iso_stopped_by_key(&iso, piece.key, piece.va);
	iso_piece_deregister(&iso, &piece);
	iso_stopped_by_key(&iso, piece.key, piece.va);
	iso_nothing_else_changed(&iso);
	iso_close(&iso);
}

/*
 * A strict HCA makes no key that says more than the IOMMU does. So the key is of an earlier
 * registration of the same page, to which the same bus address was given.
 */
static void memory_registered_for_reading_cannot_be_written_whatever_the_key_says(void **state)
{
	struct iso_piece piece;
	struct iso iso;
	uint64_t bus;
	uint32_t key;

	iso_open(state, IOMMU_POLICY_EXACT, &iso);
	iso_piece_register(&iso, FIRST, ISO_RW, &piece);
	bus = piece.bus;
	key = iso_key_create(&iso, piece.va, bus, piece.bytes);
	iso_piece_deregister(&iso, &piece);
	iso_piece_register(&iso, FIRST, IOMMU_READ, &piece);
	assert_int_equal(piece.bus, bus);
	assert_int_equal(iso_request(&iso, WQE_RDMA_READ, key, piece.va), 0);
	iso_expect_faults(&iso, 0, 0);
	assert_int_equal(iso_request(&iso, WQE_RDMA_WRITE, key, piece.va), CQE_SYND_REMOTE_OP);
	iso_expect_faults(&iso, 1, piece.bus);
	iso_nothing_else_changed(&iso);
	iso_key_destroy(&iso, key);
	iso_piece_deregister(&iso, &piece);
	iso_close(&iso);
}

static void a_local_list_is_stopped_as_well(void **state)
{
	struct iso_piece piece;
	struct iso iso;
	struct st_piece local;
	struct st_send send;
	struct st_completion c;

	iso_open(state, IOMMU_POLICY_EXACT, &iso);
	iso_piece_open(&iso, &piece);
	iso_piece_deregister(&iso, &piece);
	local = (struct st_piece){ piece.va, ISO_LEN, piece.key };
	send = (struct st_send){
		.opcode = WQE_RDMA_WRITE, .remote_va = iso.run.objects.far.va,
		.remote_key = iso.run.objects.far.key, .pieces = &local, .n_pieces = 1,
	};
	st_qp_send(&iso.run, &iso.pair.a, &send);
	iso_ok(&iso, st_cq_wait(&iso.run, &iso.run.objects.send_cq, &c));
	assert_int_equal(c.syndrome, CQE_SYND_LOCAL_PROT);
	iso_expect_faults(&iso, 1, piece.bus);
	iso_ok(&iso, st_data_check(&iso.run, &iso.run.objects.far));
	iso_ok(&iso, st_pair_reconnect(&iso.run, &iso.pair));
	iso_key_destroy(&iso, piece.key);
	iso_nothing_else_changed(&iso);
	iso_close(&iso);
}

/* --- lazy -------------------------------------------------------------------------- */

static void lazy_lingers_until_its_idle_time_is_over(void **state)
{
	struct iso_piece piece;
	struct iso iso;

	iso_open(state, IOMMU_POLICY_LAZY, &iso);
	iso_piece_open(&iso, &piece);
	iso_stopped_by_iommu(&iso, piece.key, piece.va - ISO_PAGE, piece.bus - ISO_PAGE);
	iso_stopped_by_iommu(&iso, piece.key, piece.va + piece.bytes, piece.bus + piece.bytes);
	iso_piece_deregister(&iso, &piece);
	iso_tick_after(&iso, IDLE_MS - 1);
	iso_reaches(&iso, piece.key, piece.va, piece.at);	/* the window the docs state */
	iso_tick_after(&iso, 1);
	iso_stopped_by_iommu(&iso, piece.key, piece.va, piece.bus);
	iso_key_destroy(&iso, piece.key);
	iso_nothing_else_changed(&iso);
	iso_close(&iso);
}

static void lazy_lingers_no_longer_than_a_flush(void **state)
{
	struct iso_piece piece;
	struct iso iso;

	iso_open(state, IOMMU_POLICY_LAZY, &iso);
	iso_piece_open(&iso, &piece);
	iso_piece_deregister(&iso, &piece);
	iso_flush(&iso);
	iso_stopped_by_iommu(&iso, piece.key, piece.va, piece.bus);
	iso_key_destroy(&iso, piece.key);
	iso_nothing_else_changed(&iso);
	iso_close(&iso);
}

/* --- granule ----------------------------------------------------------------------- */

/* A key for all of the block the piece lies in, which is mapped as a whole. */
static uint32_t block_key(struct iso *iso, const struct iso_piece *piece)
{
	return iso_key_create(iso, (uintptr_t)iso->plot, piece->bus - piece->at, ISO_BLOCK);
}

/* The page before or behind a block, whichever is nobody's; it is for the canary a moment. */
static void stopped_beside_block(struct iso *iso, uint64_t block)
{
	uint64_t va = (uintptr_t)iso->plot, beside = block + ISO_BLOCK;
	uint32_t key;

	if (!iso_canary_map(iso, beside)) {
		beside = block - ISO_PAGE;
		assert_true(iso_canary_map(iso, beside));
	}
	key = iso_key_create(iso, va, beside, ISO_PAGE);
	iso_canary_unmap(iso, beside);
	iso_stopped_by_iommu(iso, key, va, beside);
	iso_stopped_by_iommu(iso, key, va + ISO_PAGE - ISO_LEN, beside + ISO_PAGE - ISO_LEN);
	iso_key_destroy(iso, key);
}

static void granule_exposes_the_block_and_not_what_is_beside_it(void **state)
{
	struct iso_piece piece;
	struct iso iso;
	uint32_t key;

	iso_open(state, IOMMU_POLICY_GRANULE, &iso);
	iso_piece_register(&iso, FIRST, ISO_RW, &piece);
	key = block_key(&iso, &piece);
	iso_reaches(&iso, key, piece.va, piece.at);
	/* Not registered, but in the block: exposed to keys that say too much. */
	iso_reaches(&iso, key, piece.va - ISO_PAGE, piece.at - ISO_PAGE);
	iso_reaches(&iso, key, (uintptr_t)iso.plot + ISO_BLOCK - ISO_LEN, ISO_BLOCK - ISO_LEN);
	stopped_beside_block(&iso, piece.bus - piece.at);
	iso_nothing_else_changed(&iso);
	iso_key_destroy(&iso, key);
	iso_piece_deregister(&iso, &piece);
	iso_close(&iso);
}

static void granule_keeps_a_block_while_anything_in_it_is_registered(void **state)
{
	struct iso_piece piece, other;
	struct iso iso;
	uint32_t key;

	iso_open(state, IOMMU_POLICY_GRANULE, &iso);
	iso_piece_register(&iso, FIRST, ISO_RW, &piece);
	iso_piece_register(&iso, SECOND, ISO_RW, &other);
	key = block_key(&iso, &piece);
	iso_piece_deregister(&iso, &piece);
	iso_tick_after(&iso, 2 * IDLE_MS);
	iso_reaches(&iso, key, piece.va, piece.at);
	iso_piece_deregister(&iso, &other);
	iso_tick_after(&iso, IDLE_MS - 1);
	iso_reaches(&iso, key, piece.va, piece.at);
	iso_tick_after(&iso, 1);
	iso_stopped_by_iommu(&iso, key, piece.va, piece.bus);
	iso_stopped_by_iommu(&iso, key, other.va, other.bus);
	iso_key_destroy(&iso, key);
	iso_nothing_else_changed(&iso);
	iso_close(&iso);
}

/* --- static ------------------------------------------------------------------------ */

static void static_exposes_all_guest_memory_and_nothing_else(void **state)
{
	struct iso_piece piece;
	struct iso iso;
	uint32_t key;

	iso_open(state, IOMMU_POLICY_STATIC, &iso);
	iso_piece_register(&iso, FIRST, ISO_RW, &piece);
	key = iso_key_create(&iso, (uintptr_t)iso.plot, piece.bus - piece.at, ISO_PLOT);
	iso_piece_deregister(&iso, &piece);
	iso_flush(&iso);
	iso_reaches(&iso, key, piece.va, piece.at);
	iso_reaches(&iso, key, (uintptr_t)iso.plot + ISO_PLOT - ISO_LEN, ISO_PLOT - ISO_LEN);
	iso_key_destroy(&iso, key);
	iso_nothing_else_changed(&iso);
	iso_close(&iso);
}

/* --- all --------------------------------------------------------------------------- */

/* The memory of a region that went away is out of reach at once, registered or idle. */
static void a_region_that_goes_is_unreachable_at_once_under_every_policy(void **state)
{
	static const enum iommu_policy policies[] = {
		IOMMU_POLICY_EXACT, IOMMU_POLICY_LAZY, IOMMU_POLICY_GRANULE, IOMMU_POLICY_STATIC,
	};
	struct iso_piece live, idle;
	struct iso iso;
	uint32_t live_key, idle_key;
	size_t i;

	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		iso_open(state, policies[i], &iso);
		iso_piece_register(&iso, FIRST, ISO_RW, &live);
		iso_piece_register(&iso, SECOND, ISO_RW, &idle);
		live_key = iso_key_create(&iso, live.va, live.bus, live.bytes);
		idle_key = iso_key_create(&iso, idle.va, idle.bus, idle.bytes);
		iso_reaches(&iso, live_key, live.va, live.at);
		iso_piece_deregister(&iso, &idle);
		iso_unplug(&iso);
		assert_true(iommu_registration_revoked(live.reg));
		iso_stopped_by_iommu(&iso, live_key, live.va, live.bus);
		iso_stopped_by_iommu(&iso, idle_key, idle.va, idle.bus);
		iso_nothing_else_changed(&iso);
		iso_key_destroy(&iso, live_key);
		iso_key_destroy(&iso, idle_key);
		iso_piece_deregister(&iso, &live);
		iso_close(&iso);
	}
}

#define on_model(f) cmocka_unit_test_setup_teardown(f, iso_setup, iso_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_model(exact_reaches_what_is_registered_and_not_the_pages_beside_it),
		on_model(exact_stops_a_request_that_only_ends_beyond_the_registration),
		on_model(exact_is_unreachable_as_soon_as_deregistration_returns),
		on_model(a_destroyed_key_stops_before_the_iommu_has_to),
		on_model(memory_registered_for_reading_cannot_be_written_whatever_the_key_says),
		on_model(a_local_list_is_stopped_as_well),
		on_model(lazy_lingers_until_its_idle_time_is_over),
		on_model(lazy_lingers_no_longer_than_a_flush),
		on_model(granule_exposes_the_block_and_not_what_is_beside_it),
		on_model(granule_keeps_a_block_while_anything_in_it_is_registered),
		on_model(static_exposes_all_guest_memory_and_nothing_else),
		on_model(a_region_that_goes_is_unreachable_at_once_under_every_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
