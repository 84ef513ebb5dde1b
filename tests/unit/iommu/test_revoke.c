// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about guest memory that comes and goes while it is registered.
 * Must never know refusals.
 */
#include <errno.h>
#include <fcntl.h>

#include "tests/unit/iommu/reg_bed.h"

#define A_AT	GIB			/* three regions side by side, 4 MiB each */
#define B_AT	(A_AT + 4 * MIB)
#define C_AT	(B_AT + 4 * MIB)
#define SIZE	(4 * MIB)

static const enum iommu_policy policies[] = {
	IOMMU_POLICY_EXACT, IOMMU_POLICY_LAZY, IOMMU_POLICY_GRANULE, IOMMU_POLICY_STATIC,
};

static void open_bed(struct reg_bed *bed, enum iommu_policy policy)
{
	struct iommu_registrar_config config = { .policy = policy, .granule = 64 * 1024 };

	reg_bed_open(bed, NULL, &config);
	assert_int_equal(reg_bed_ram(bed, A_AT, SIZE, RW), 0);
	assert_int_equal(reg_bed_ram(bed, B_AT, SIZE, RW), 0);
	assert_int_equal(reg_bed_ram(bed, C_AT, SIZE, RW), 0);
}

static void under_each_policy(void (*test)(struct reg_bed *bed))
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct reg_bed bed;

		open_bed(&bed, policies[i]);
		test(&bed);
		reg_bed_close(&bed);
	}
}

static void end(struct reg_bed *bed, struct iommu_registration *reg)
{
	assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
}

static bool was_told(const struct reg_bed *bed, const struct iommu_registration *reg)
{
	size_t n = 0;

	for (size_t i = 0; i < bed->n_revoked; i++)
		n += bed->revoked[i] == reg;
	assert_true(n <= 1);
	return n;
}

static void check_revoke(struct reg_bed *bed)
{
	struct gpa_run there = { B_AT, 2 * PAGE };
	struct gpa_run beside[] = { { A_AT, PAGE }, { C_AT, PAGE } };
	struct iommu_registration *gone = reg_bed_many(bed, &there, 1, RW, 0);
	struct iommu_registration *stays = reg_bed_many(bed, beside, 2, RW, 0), *again;
	struct bus_run bus = reg_bed_bus(gone);

	assert_int_equal(iommu_region_remove(bed->registrar, B_AT, SIZE), 0);
	assert_int_equal(bed->n_revoked, 1);
	assert_true(was_told(bed, gone));
	assert_true(iommu_registration_revoked(gone));
	assert_false(iommu_registration_revoked(stays));
	reg_bed_unreachable(bed, &bus, 1);
	reg_bed_reaches(bed, stays, beside, 2, RW);
	assert_int_equal(reg_bed_stats(bed).revoked, 1);
	assert_int_equal(reg_bed_bus(gone).iova, bus.iova);
	/* It still counts for its owner, and nobody else gets its addresses. */
	assert_int_equal(bed->owner.registrations, 2);
	assert_int_equal(bed->owner.bytes, 4 * PAGE);
	assert_int_equal(reg_bed_refused(bed, &there, 1, RW, 0).reason, IOMMU_NOT_RAM);
	assert_int_equal(reg_bed_ram(bed, B_AT, SIZE, RW), 0);
	again = reg_bed_many(bed, &there, 1, RW, bus.iova);
	reg_bed_reaches(bed, again, &there, 1, RW);
	reg_bed_unreachable(bed, &bus, 1);
	end(bed, gone);
	reg_bed_reaches(bed, again, &there, 1, RW);
	end(bed, again);
	end(bed, stays);
	assert_int_equal(reg_bed_ioas(bed).quarantined_blocks, 0);
}

static void a_registration_goes_with_its_memory_and_keeps_its_addresses_to_itself(void **state)
{
	(void)state;
	under_each_policy(check_revoke);
}

static void check_before_told(struct reg_bed *bed)
{
	uint64_t base = reg_bed_fake(bed).maps / 3;	/* static: one per region */
	struct iommu_registration *a = reg_bed_one(bed, A_AT, PAGE, 0);
	struct iommu_registration *b = reg_bed_one(bed, B_AT, PAGE, 0);
	struct iommu_registration *both = reg_bed_one(bed, B_AT - PAGE, 2 * PAGE, 0);

	assert_int_equal(iommu_region_remove(bed->registrar, A_AT, 2 * SIZE), 0);
	assert_int_equal(bed->n_revoked, 3);
	assert_true(was_told(bed, a) && was_told(bed, b) && was_told(bed, both));
	assert_int_equal(bed->maps_when_revoked, base);
	end(bed, a);
	end(bed, b);
	end(bed, both);
}

static void all_is_unmapped_before_anyone_is_told(void **state)
{
	(void)state;
	under_each_policy(check_before_told);
}

static void check_spanning(struct reg_bed *bed)
{
	struct gpa_run over = { B_AT - PAGE, SIZE + 2 * PAGE };	/* end of A, all of B, begin of C */
	struct gpa_run other = { C_AT, PAGE };
	struct iommu_registration *reg = reg_bed_many(bed, &over, 1, RW, 0);
	struct iommu_registration *neighbour = reg_bed_many(bed, &other, 1, RW, 0);

	reg_bed_reaches(bed, reg, &over, 1, RW);
	assert_int_equal(iommu_region_remove(bed->registrar, A_AT, SIZE), 0);
	assert_true(was_told(bed, reg));
	assert_false(was_told(bed, neighbour));
	reg_bed_reaches(bed, neighbour, &other, 1, RW);
	/* Once is enough, also when its other regions go. */
	assert_int_equal(iommu_region_remove(bed->registrar, B_AT, SIZE), 0);
	assert_int_equal(bed->n_revoked, 1);
	end(bed, reg);
	reg_bed_reaches(bed, neighbour, &other, 1, RW);
	end(bed, neighbour);
}

static void a_registration_in_several_regions_goes_with_the_first_of_them(void **state)
{
	(void)state;
	under_each_policy(check_spanning);
}

static void check_windows(struct reg_bed *bed)
{
	struct iommu_registrar *r = bed->registrar;
	struct iommu_registration *reg = reg_bed_one(bed, B_AT, PAGE, 0);

	assert_int_equal(iommu_region_remove(r, 0, PAGE), -ENOENT);
	assert_int_equal(iommu_region_remove(r, C_AT + SIZE, PAGE), -ENOENT);
	assert_int_equal(iommu_region_remove(r, B_AT, 0), -EINVAL);
	assert_int_equal(iommu_region_remove(r, B_AT, -PAGE), -EINVAL);
	assert_int_equal(iommu_region_remove(r, B_AT, SIZE - PAGE), -EINVAL);
	assert_int_equal(iommu_region_remove(r, B_AT + PAGE, SIZE - PAGE), -EINVAL);
	assert_int_equal(iommu_region_remove(r, A_AT, SIZE + PAGE), -EINVAL);
	assert_int_equal(iommu_region_remove(r, B_AT - PAGE, SIZE + PAGE), -EINVAL);
	assert_int_equal(bed->n_revoked, 0);
	assert_int_equal(guest_memory_bytes(bed->memory), 3 * SIZE);
	end(bed, reg);
	/* Holes around and between do not matter. */
	assert_int_equal(iommu_region_remove(r, B_AT, SIZE), 0);
	assert_int_equal(iommu_region_remove(r, 0, UINT64_MAX), 0);
	assert_int_equal(guest_memory_bytes(bed->memory), 0);
	assert_int_equal(reg_bed_fake(bed).maps, 0);
}

static void a_window_that_cuts_a_region_changes_nothing(void **state)
{
	(void)state;
	under_each_policy(check_windows);
}

static void check_idle(struct reg_bed *bed)
{
	uint64_t base = reg_bed_fake(bed).maps / 3;

	end(bed, reg_bed_one(bed, B_AT, PAGE, 0));
	end(bed, reg_bed_one(bed, B_AT + MIB, 3 * PAGE, 0));
	end(bed, reg_bed_one(bed, C_AT - PAGE, 2 * PAGE, 0));
	assert_int_equal(iommu_region_remove(bed->registrar, B_AT, SIZE), 0);
	assert_int_equal(bed->n_revoked, 0);
	/* A block of granule that lies in C may idle on. */
	assert_true(reg_bed_fake(bed).maps <= 2 * base + 1);
	assert_int_equal(reg_bed_fake(bed).maps, 2 * base + reg_bed_stats(bed).idle_maps);
	assert_int_equal(iommu_registrar_flush(bed->registrar), 0);
	assert_int_equal(reg_bed_fake(bed).maps, 2 * base);
}

static void what_idles_goes_with_its_memory(void **state)
{
	(void)state;
	under_each_policy(check_idle);
}

static void check_abandon(struct reg_bed *bed)
{
	struct iommu_registration *reg = reg_bed_one(bed, B_AT, PAGE, 0);

	assert_int_equal(iommu_region_remove(bed->registrar, B_AT, SIZE), 0);
	assert_int_equal(iommu_abandon(bed->registrar, reg), 0);
	assert_int_equal(reg_bed_ioas(bed).quarantined_blocks, 1);
	assert_int_equal(reg_bed_ioas(bed).quarantined_maps, 0);
}

static void a_revoked_registration_can_be_abandoned(void **state)
{
	(void)state;
	under_each_policy(check_abandon);
}

static void check_not_confirmed(struct reg_bed *bed)
{
	struct iommu_registration *reg = reg_bed_one(bed, B_AT, PAGE, 0);
	uint64_t base = reg_bed_fake(bed).maps == 3 ? 2 : 0;

	fake_domain_fail_unmap(bed->domain, 1, -EIO);
	assert_int_equal(iommu_region_remove(bed->registrar, B_AT, SIZE), -EUCLEAN);
	assert_true(was_told(bed, reg));
	assert_null(guest_memory_find(bed->memory, B_AT));
	assert_int_equal(reg_bed_ioas(bed).quarantined_blocks, 1);
	assert_int_equal(reg_bed_stats(bed).maps, base);
	/* It was never seen to be unreachable. */
	assert_int_equal(iommu_deregister(bed->registrar, reg), -EUCLEAN);
	assert_int_equal(bed->owner.registrations, 0);
}

static void a_removal_that_is_not_confirmed_is_told(void **state)
{
	(void)state;
	under_each_policy(check_not_confirmed);
}

static void of_several_only_those_not_confirmed_are_quarantined(void **state)
{
	struct iommu_registration *a, *between, *b;
	struct reg_bed bed;

	(void)state;
	open_bed(&bed, IOMMU_POLICY_EXACT);
	a = reg_bed_one(&bed, B_AT, PAGE, PAGE);
	between = reg_bed_one(&bed, A_AT, PAGE, 2 * PAGE);
	b = reg_bed_one(&bed, B_AT + PAGE, PAGE, 3 * PAGE);
	fake_domain_fail_unmap(bed.domain, 1, -EIO);
	assert_int_equal(iommu_region_remove(bed.registrar, B_AT, SIZE), -EUCLEAN);
	assert_int_equal(reg_bed_fake(&bed).unmap_calls, 2);
	assert_int_equal(reg_bed_ioas(&bed).quarantined_blocks, 1);
	assert_int_equal(iommu_deregister(bed.registrar, a) + iommu_deregister(bed.registrar, b),
			 -EUCLEAN);
	end(&bed, between);
	reg_bed_close(&bed);
}

static void check_many(struct reg_bed *bed)
{
	enum { N = 300, LEFT = 16 };
	struct iommu_registration *regs[N];

	for (uint64_t i = 0; i < N; i++)
		regs[i] = reg_bed_one(bed, B_AT + i * PAGE, PAGE, i * PAGE);
	/* From the middle of all lists, and from their ends. */
	for (int i = 0; i < N; i++)
		if (i % (N / LEFT + 1))
			end(bed, regs[i]);
	assert_int_equal(iommu_region_remove(bed->registrar, B_AT, SIZE), 0);
	assert_int_equal(bed->n_revoked, 16);
	for (int i = 0; i < N; i += N / LEFT + 1) {
		assert_true(was_told(bed, regs[i]));
		end(bed, regs[i]);
	}
}

static void each_of_many_is_told_once(void **state)
{
	(void)state;
	under_each_policy(check_many);
}

static void shared_blocks_of_a_revoked_registration_stay_mapped_for_others_only(void **state)
{
	struct gpa_run over[] = { { A_AT, PAGE }, { B_AT, PAGE }, { C_AT, PAGE } };
	struct gpa_run in_b = { B_AT + PAGE, PAGE };
	struct iommu_registration *gone, *other, *again;
	const struct bus_run *bus;
	struct reg_bed bed;
	size_t n;

	(void)state;
	open_bed(&bed, IOMMU_POLICY_GRANULE);
	gone = reg_bed_many(&bed, over, 3, RW, 0);
	other = reg_bed_many(&bed, &in_b, 1, RW, 0);
	bus = iommu_registration_bus(gone, &n);
	assert_int_equal(n, 3);
	assert_int_equal(iommu_region_remove(bed.registrar, A_AT, SIZE), 0);
	/* Nobody else needs C's block: it does not idle, and is mapped anew elsewhere. */
	reg_bed_unreachable(&bed, &bus[0], 1);
	reg_bed_unreachable(&bed, &bus[2], 1);
	reg_bed_reaches(&bed, other, &in_b, 1, RW);
	again = reg_bed_many(&bed, &over[2], 1, RW, 0);
	assert_int_not_equal(reg_bed_bus(again).iova, bus[2].iova);
	/* B's is unmapped with its last user, since a revoked one still names it. */
	end(&bed, other);
	reg_bed_unreachable(&bed, &bus[1], 1);
	end(&bed, again);
	end(&bed, gone);
	assert_int_equal(iommu_registrar_flush(bed.registrar), 0);
	assert_int_equal(reg_bed_fake(&bed).maps, 0);
	reg_bed_close(&bed);
}

static void the_file_of_a_removed_region_is_closed(void **state)
{
	struct iommu_backing backing;
	struct reg_bed bed;

	(void)state;
	open_bed(&bed, IOMMU_POLICY_EXACT);
	assert_int_equal(memory_region_backing(guest_memory_find(bed.memory, B_AT), 0, false,
					       &backing), 0);
	assert_true(fcntl(backing.fd, F_GETFD) >= 0);
	assert_int_equal(iommu_region_remove(bed.registrar, B_AT, SIZE), 0);
	assert_int_equal(fcntl(backing.fd, F_GETFD), -1);
	reg_bed_close(&bed);
}

static void a_registration_that_fell_back_is_revoked_as_well(void **state)
{
	struct fake_domain_config domain = { .max_maps = 8 };
	struct iommu_registrar_config config = { .policy = IOMMU_POLICY_LAZY, .fall_back = true };
	struct gpa_run runs[16];
	struct iommu_registration *reg, *own;
	struct reg_bed bed;

	(void)state;
	for (uint64_t i = 0; i < 16; i++)
		runs[i] = (struct gpa_run){ A_AT + 2 * i * PAGE, PAGE };
	reg_bed_open(&bed, &domain, &config);
	assert_int_equal(reg_bed_ram(&bed, A_AT, SIZE, RW), 0);
	own = reg_bed_one(&bed, A_AT, PAGE, 0);
	reg = reg_bed_many(&bed, runs, 16, RW, 0);
	assert_int_equal(reg_bed_stats(&bed).fallbacks, 1);
	reg_bed_reaches(&bed, reg, runs, 16, RW);
	end(&bed, reg_bed_one(&bed, A_AT + MIB, PAGE, 0));
	assert_int_equal(iommu_region_remove(bed.registrar, A_AT, SIZE), 0);
	assert_int_equal(reg_bed_fake(&bed).maps, 0);
	assert_int_equal(bed.n_revoked, 2);
	end(&bed, reg);
	end(&bed, own);
	reg_bed_close(&bed);
}

static void check_hot(struct reg_bed *bed)
{
	struct gpa_run run = { C_AT, PAGE };

	for (int i = 0; i < 50; i++) {
		struct iommu_registration *a, *b;

		assert_int_equal(reg_bed_ram(bed, 4 * GIB, SIZE, RW), 0);
		a = reg_bed_one(bed, 4 * GIB, MIB, 0);
		b = reg_bed_many(bed, &run, 1, RW, 0);
		assert_int_equal(iommu_region_remove(bed->registrar, 4 * GIB, SIZE), 0);
		assert_true(iommu_registration_revoked(a));
		assert_false(iommu_registration_revoked(b));
		end(bed, i % 2 ? a : b);
		end(bed, i % 2 ? b : a);
		bed->n_revoked = 0;
	}
	assert_int_equal(guest_memory_bytes(bed->memory), 3 * SIZE);
}

static void memory_comes_and_goes_beside_what_is_registered(void **state)
{
	(void)state;
	under_each_policy(check_hot);
}

#define T(name) cmocka_unit_test(name)

static void check_all(struct reg_bed *bed)
{
	uint64_t base = reg_bed_fake(bed).maps;		/* static: the regions */
	struct gpa_run spread[] = { { A_AT, PAGE }, { C_AT, PAGE } };
	struct iommu_registration *a = reg_bed_many(bed, spread, 2, RW, 0);
	struct iommu_registration *b = reg_bed_one(bed, B_AT, 2 * PAGE, 0), *again;
	struct gpa_run there = { B_AT, 2 * PAGE };

	end(bed, reg_bed_one(bed, C_AT, PAGE, 0));	/* may idle */
	assert_int_equal(iommu_revoke_all(bed->registrar), 0);
	assert_int_equal(reg_bed_fake(bed).maps, base);
	assert_int_equal(bed->n_revoked, 2);
	assert_true(was_told(bed, a) && was_told(bed, b));
	assert_true(iommu_registration_revoked(a));
	assert_int_equal(reg_bed_stats(bed).idle_bytes, 0);
	assert_int_equal(iommu_revoke_all(bed->registrar), 0);
	assert_int_equal(bed->n_revoked, 2);
	again = reg_bed_one(bed, B_AT, 2 * PAGE, 0);
	reg_bed_reaches(bed, again, &there, 1, RW);
	end(bed, a);
	end(bed, b);
	reg_bed_reaches(bed, again, &there, 1, RW);
	end(bed, again);
}

static void everything_can_be_revoked_while_its_memory_stays(void **state)
{
	(void)state;
	under_each_policy(check_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_registration_goes_with_its_memory_and_keeps_its_addresses_to_itself),
		T(all_is_unmapped_before_anyone_is_told),
		T(a_registration_in_several_regions_goes_with_the_first_of_them),
		T(a_window_that_cuts_a_region_changes_nothing),
		T(what_idles_goes_with_its_memory),
		T(a_revoked_registration_can_be_abandoned),
		T(a_removal_that_is_not_confirmed_is_told),
		T(of_several_only_those_not_confirmed_are_quarantined),
		T(each_of_many_is_told_once),
		T(shared_blocks_of_a_revoked_registration_stay_mapped_for_others_only),
		T(the_file_of_a_removed_region_is_closed),
		T(a_registration_that_fell_back_is_revoked_as_well),
		T(everything_can_be_revoked_while_its_memory_stays),
		T(memory_comes_and_goes_beside_what_is_registered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
