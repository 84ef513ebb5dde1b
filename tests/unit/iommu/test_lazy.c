// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the policy lazy: what is reused, and when at the latest
 * something is unmapped. Must never know the other policies.
 */
#include <errno.h>

#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/iommu/reg_bed.h"

#define RAM		(64 * MIB)
#define IDLE_MS		50
#define IDLE_BYTES	(64 * PAGE)
#define MAX_MAPS	40u
#define VA		0x7f0000000000ull

static int setup(void **state)
{
	static const struct fake_domain_config domain = { .max_maps = MAX_MAPS };
	static const struct iommu_registrar_config config = {
		.policy = IOMMU_POLICY_LAZY, .idle_ms = IDLE_MS, .idle_bytes = IDLE_BYTES,
	};
	static struct reg_bed bed;

	reg_bed_open(&bed, &domain, &config);
	assert_int_equal(reg_bed_ram(&bed, 0, RAM, RW), 0);
	*state = &bed;
	return 0;
}

static int teardown(void **state)
{
	reg_bed_close(*state);
	return 0;
}

static void end(struct reg_bed *bed, struct iommu_registration *reg)
{
	assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
}

/* @n separate pages from @page on that idle. */
static void idle_pages(struct reg_bed *bed, uint64_t page, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		end(bed, reg_bed_one(bed, (page + 2 * i) * PAGE, PAGE, VA));
}

static void the_same_memory_is_found_again_still_mapped(void **state)
{
	struct gpa_run runs[] = { { 8 * PAGE, PAGE }, { 4 * PAGE, 2 * PAGE } };
	struct reg_bed *bed = *state;
	struct iommu_registration *reg = reg_bed_many(bed, runs, 2, RW, VA);
	struct bus_run bus = reg_bed_bus(reg);

	end(bed, reg);
	assert_int_equal(reg_bed_stats(bed).idle_bytes, 3 * PAGE);
	assert_int_equal(reg_bed_stats(bed).idle_maps, 2);
	assert_int_equal(bed->owner.bytes, 0);
	reg = reg_bed_many(bed, runs, 2, RW, VA);
	reg_bed_reaches(bed, reg, runs, 2, RW);
	assert_int_equal(reg_bed_bus(reg).iova, bus.iova);
	assert_int_equal(reg_bed_fake(bed).map_calls, 2);
	assert_int_equal(reg_bed_fake(bed).unmap_calls, 0);
	assert_int_equal(reg_bed_stats(bed).reuses, 1);
	assert_int_equal(reg_bed_stats(bed).idle_bytes, 0);
	end(bed, reg);
}

static void what_differs_in_memory_access_or_low_bits_is_mapped_anew(void **state)
{
	struct gpa_run first[] = { { 8 * PAGE, PAGE }, { 4 * PAGE, PAGE } };
	struct gpa_run swapped[] = { { 4 * PAGE, PAGE }, { 8 * PAGE, PAGE } };
	struct gpa_run other[] = { { 8 * PAGE, PAGE }, { 5 * PAGE, PAGE } };
	struct reg_bed *bed = *state;
	struct iommu_registration *reg[5];

	end(bed, reg_bed_many(bed, first, 2, RW, VA));
	reg[0] = reg_bed_many(bed, swapped, 2, RW, VA);
	reg[1] = reg_bed_many(bed, other, 2, RW, VA);
	reg[2] = reg_bed_many(bed, first, 2, RO, VA);
	reg[3] = reg_bed_many(bed, first, 2, RW, VA + PAGE);
	reg[4] = reg_bed_many(bed, first, 1, RW, VA);
	assert_int_equal(reg_bed_stats(bed).reuses, 0);
	reg_bed_reaches(bed, reg[2], first, 2, RO);
	for (int i = 0; i < 5; i++)
		end(bed, reg[i]);
}

static void the_same_low_bits_and_runs_cut_otherwise_are_the_same(void **state)
{
	struct gpa_run whole = { 0, 2 * PAGE };
	struct gpa_run halves[] = { { 0, PAGE }, { PAGE, PAGE } };
	struct reg_bed *bed = *state;
	struct iommu_registration *reg;

	end(bed, reg_bed_many(bed, &whole, 1, RW, VA));
	reg = reg_bed_many(bed, halves, 2, RW, VA + 2 * PAGE);
	assert_int_equal(reg_bed_stats(bed).reuses, 1);
	end(bed, reg);
}

static void one_that_is_in_use_is_not_given_to_a_second(void **state)
{
	struct reg_bed *bed = *state;
	struct iommu_registration *a = reg_bed_one(bed, 0, PAGE, VA);
	struct iommu_registration *b = reg_bed_one(bed, 0, PAGE, VA);

	assert_int_not_equal(reg_bed_bus(a).iova, reg_bed_bus(b).iova);
	end(bed, a);
	end(bed, b);
	a = reg_bed_one(bed, 0, PAGE, VA);
	b = reg_bed_one(bed, 0, PAGE, VA);
	assert_int_equal(reg_bed_stats(bed).reuses, 2);
	assert_int_not_equal(reg_bed_bus(a).iova, reg_bed_bus(b).iova);
	end(bed, a);
	end(bed, b);
}

static void what_idles_is_unmapped_when_its_time_is_over(void **state)
{
	struct reg_bed *bed = *state;
	struct iommu_registration *reg = reg_bed_one(bed, 0, PAGE, VA);
	struct bus_run bus = reg_bed_bus(reg);

	assert_int_equal(iommu_registrar_tick(bed->registrar), -1);
	end(bed, reg);
	assert_int_equal(iommu_registrar_tick(bed->registrar), IDLE_MS);
	bed->now += IDLE_MS - 1;
	assert_int_equal(iommu_registrar_tick(bed->registrar), 1);
	assert_true(fake_domain_lookup(bed->domain, bus.iova, NULL, NULL));
	bed->now++;
	assert_int_equal(iommu_registrar_tick(bed->registrar), -1);
	reg_bed_unreachable(bed, &bus, 1);
	assert_int_equal(reg_bed_stats(bed).idle_bytes, 0);
}

static void the_time_starts_anew_with_each_end(void **state)
{
	struct reg_bed *bed = *state;
	struct iommu_registration *reg;

	end(bed, reg_bed_one(bed, 0, PAGE, VA));
	bed->now += IDLE_MS - 1;
	reg = reg_bed_one(bed, 0, PAGE, VA);
	bed->now += IDLE_MS;
	assert_int_equal(iommu_registrar_tick(bed->registrar), -1);
	assert_int_equal(reg_bed_fake(bed).maps, 1);
	end(bed, reg);
	bed->now += IDLE_MS - 1;
	assert_int_equal(iommu_registrar_tick(bed->registrar), 1);
	assert_int_equal(reg_bed_fake(bed).maps, 1);
}

static void what_is_due_together_goes_by_few_calls(void **state)
{
	struct reg_bed *bed = *state;
	struct iommu_registration *regs[32];

	for (uint64_t i = 0; i < 32; i++)
		regs[i] = reg_bed_one(bed, 2 * i * PAGE, PAGE, VA + i * PAGE);
	for (int i = 0; i < 32; i++)
		end(bed, regs[i]);
	bed->now += IDLE_MS;
	iommu_registrar_tick(bed->registrar);
	assert_int_equal(reg_bed_fake(bed).maps, 0);
	assert_true(reg_bed_fake(bed).unmap_calls < 8);
}

static void idle_bytes_never_exceed_their_bound_and_the_oldest_go(void **state)
{
	struct reg_bed *bed = *state;
	struct iommu_registration *reg;

	for (uint64_t i = 0; i < 20; i++) {
		end(bed, reg_bed_one(bed, 16 * i * PAGE, 8 * PAGE, VA));
		assert_true(reg_bed_stats(bed).idle_bytes <= IDLE_BYTES);
		assert_int_equal(reg_bed_fake(bed).bytes, reg_bed_stats(bed).idle_bytes);
	}
	assert_true(reg_bed_stats(bed).idle_bytes >= IDLE_BYTES / 2);
	reg = reg_bed_one(bed, 16 * 19 * PAGE, 8 * PAGE, VA);
	assert_int_equal(reg_bed_stats(bed).reuses, 1);
	end(bed, reg);
	reg = reg_bed_one(bed, 0, 8 * PAGE, VA);
	assert_int_equal(reg_bed_stats(bed).reuses, 1);
	end(bed, reg);
}

static void what_is_larger_than_the_bound_does_not_idle(void **state)
{
	struct reg_bed *bed = *state;

	end(bed, reg_bed_one(bed, 0, IDLE_BYTES + PAGE, VA));
	assert_int_equal(reg_bed_fake(bed).maps, 0);
	end(bed, reg_bed_one(bed, 0, IDLE_BYTES, VA));
	assert_int_equal(reg_bed_fake(bed).maps, 1);
	end(bed, reg_bed_one(bed, 0, IDLE_BYTES + PAGE, VA));
	assert_int_equal(reg_bed_stats(bed).idle_bytes, IDLE_BYTES);
}

static void what_was_abandoned_does_not_idle(void **state)
{
	struct reg_bed *bed = *state;

	assert_int_equal(iommu_abandon(bed->registrar, reg_bed_one(bed, 0, PAGE, VA)), 0);
	assert_int_equal(reg_bed_fake(bed).maps, 0);
	assert_int_equal(reg_bed_ioas(bed).quarantined_blocks, 1);
}

static void idle_mappings_make_room_at_the_limit(void **state)
{
	struct gpa_run runs[MAX_MAPS];
	struct reg_bed *bed = *state;
	struct iommu_registration *reg;
	struct iommu_refusal refusal;

	for (uint64_t i = 0; i < MAX_MAPS; i++)
		runs[i] = (struct gpa_run){ (1000 + 2 * i) * PAGE, PAGE };
	idle_pages(bed, 0, 30);
	reg = reg_bed_many(bed, runs, 20, RW, VA);
	/* No more went than had to. */
	assert_int_equal(reg_bed_stats(bed).idle_maps, MAX_MAPS - 20);
	refusal = reg_bed_refused(bed, runs, MAX_MAPS, RW, VA);
	assert_int_equal(refusal.reason, IOMMU_TOO_MANY_MAPS);
	assert_int_equal(refusal.wanted, MAX_MAPS);
	assert_int_equal(refusal.limit, MAX_MAPS - 20);
	/* As all of them would not have done, none went. */
	assert_int_equal(reg_bed_stats(bed).idle_maps, MAX_MAPS - 20);
	end(bed, reg);
	reg = reg_bed_many(bed, runs, MAX_MAPS, RW, VA);
	assert_int_equal(reg_bed_stats(bed).idle_maps, 0);
	end(bed, reg);
}

static void room_that_is_not_confirmed_is_no_room(void **state)
{
	struct gpa_run runs[MAX_MAPS];
	struct reg_bed *bed = *state;
	struct iommu_refusal refusal;

	for (uint64_t i = 0; i < MAX_MAPS; i++)
		runs[i] = (struct gpa_run){ (1000 + 2 * i) * PAGE, PAGE };
	idle_pages(bed, 0, 1);
	fake_domain_fail_unmap(bed->domain, 1, -EIO);
	refusal = reg_bed_refused(bed, runs, MAX_MAPS, RW, VA);
	assert_int_equal(refusal.reason, IOMMU_TOO_MANY_MAPS);
	assert_int_equal(refusal.limit, MAX_MAPS - 1);
	assert_int_equal(reg_bed_ioas(bed).quarantined_maps, 1);
}

static void idle_mappings_make_room_where_locked_memory_is_short(void **state)
{
	struct reg_bed *bed = *state;

	idle_pages(bed, 0, 3);
	fake_domain_fail_map(bed->domain, 1, -ENOMEM);
	end(bed, reg_bed_one(bed, 100 * PAGE, PAGE, VA));
	assert_int_equal(reg_bed_fake(bed).maps, 1);
	/* Nothing idles that could: the error stays one. */
	iommu_registrar_flush(bed->registrar);
	fake_domain_fail_map(bed->domain, 1, -ENOMEM);
	assert_int_equal(reg_bed_refused(bed, &(struct gpa_run){ 0, PAGE }, 1, RW, VA).reason,
			 IOMMU_MAP_FAILED);
}

static void an_error_that_room_does_not_cure_flushes_nothing(void **state)
{
	struct reg_bed *bed = *state;

	idle_pages(bed, 0, 3);
	fake_domain_fail_map(bed->domain, 1, -EIO);
	assert_int_equal(reg_bed_refused(bed, &(struct gpa_run){ 100 * PAGE, PAGE }, 1, RW, VA).err,
			 -EIO);
	assert_int_equal(reg_bed_stats(bed).idle_maps, 3);
}

static void idle_mappings_make_room_among_bus_addresses(void **state)
{
	static const struct iova_range range = { PAGE, 17 * PAGE - 1 };
	struct fake_domain_config domain = { .ranges = &range, .n_ranges = 1 };
	struct iommu_registrar_config config = { .policy = IOMMU_POLICY_LAZY };
	struct iommu_registration *reg;
	struct reg_bed bed;

	(void)state;
	reg_bed_open(&bed, &domain, &config);
	assert_int_equal(reg_bed_ram(&bed, 0, RAM, RW), 0);
	idle_pages(&bed, 0, 10);
	reg = reg_bed_one(&bed, MIB, 12 * PAGE, VA);
	assert_int_equal(reg_bed_stats(&bed).idle_maps, 0);
	end(&bed, reg);
	reg_bed_close(&bed);
}

static void a_flush_that_is_not_confirmed_is_told(void **state)
{
	struct reg_bed *bed = *state;

	idle_pages(bed, 0, 3);
	fake_domain_lie(bed->domain, 1, 0, false);
	assert_int_equal(iommu_registrar_flush(bed->registrar), -EUCLEAN);
	assert_int_equal(reg_bed_stats(bed).idle_bytes, 0);
	assert_int_equal(reg_bed_stats(bed).maps, 0);
	assert_true(reg_bed_ioas(bed).quarantined_blocks >= 1);
	assert_int_equal(iommu_registrar_flush(bed->registrar), 0);
}

static void each_of_many_is_found_again(void **state)
{
	struct iommu_registrar_config config = { .policy = IOMMU_POLICY_LAZY };
	struct iommu_registration *regs[1000];
	struct reg_bed bed;

	(void)state;
	reg_bed_open(&bed, NULL, &config);
	assert_int_equal(reg_bed_ram(&bed, 0, RAM, RW), 0);
	idle_pages(&bed, 0, 1000);
	assert_int_equal(reg_bed_stats(&bed).idle_maps, 1000);
	for (uint64_t i = 0; i < 1000; i++)
		regs[i] = reg_bed_one(&bed, 2 * i * PAGE, PAGE, VA);
	assert_int_equal(reg_bed_stats(&bed).reuses, 1000);
	for (int i = 0; i < 1000; i++)
		end(&bed, regs[i]);
	reg_bed_close(&bed);
}

/* So many that all chains of the index are shared. */
static void none_of_many_is_taken_for_another(void **state)
{
	enum { N = 256 };
	struct iommu_registrar_config config = { .policy = IOMMU_POLICY_LAZY };
	struct iommu_registration *regs[3][N];
	struct gpa_run runs[N];
	struct reg_bed bed;

	(void)state;
	reg_bed_open(&bed, NULL, &config);
	assert_int_equal(reg_bed_ram(&bed, 0, RAM, RW), 0);
	for (uint64_t i = 0; i < N; i++) {
		runs[i] = (struct gpa_run){ 4 * i * PAGE, 2 * PAGE };
		regs[0][i] = reg_bed_many(&bed, &runs[i], 1, RO, VA);
	}
	for (int i = 0; i < N; i++)
		end(&bed, regs[0][i]);
	for (uint64_t i = 0; i < N; i++) {
		regs[0][i] = reg_bed_many(&bed, &runs[i], 1, RW, VA);
		regs[1][i] = reg_bed_many(&bed, &runs[i], 1, RO, VA + PAGE);
		runs[i].size = PAGE;
		regs[2][i] = reg_bed_many(&bed, &runs[i], 1, RO, VA);
	}
	assert_int_equal(reg_bed_stats(&bed).reuses, 0);
	for (int i = 0; i < N; i++) {
		assert_int_equal(iommu_registration_size(regs[2][i]), PAGE);
		for (int kind = 0; kind < 3; kind++)
			end(&bed, regs[kind][i]);
	}
	reg_bed_close(&bed);
}

/* Mappings of its own idle beside blocks of granule, to which it fell back. */
static void what_fell_back_idles_by_the_same_clock(void **state)
{
	struct fake_domain_config domain = { .max_maps = 8 };
	struct iommu_registrar_config config = {
		.policy = IOMMU_POLICY_LAZY, .fall_back = true, .idle_ms = IDLE_MS,
	};
	struct gpa_run runs[16];
	struct reg_bed bed;

	(void)state;
	for (uint64_t i = 0; i < 16; i++)
		runs[i] = (struct gpa_run){ 2 * i * PAGE, PAGE };
	for (int block_first = 0; block_first <= 1; block_first++) {
		reg_bed_open(&bed, &domain, &config);
		assert_int_equal(reg_bed_ram(&bed, 0, RAM, RW), 0);
		for (int i = 0; i < 2; i++) {
			bool block = block_first == !i;

			end(&bed, reg_bed_many(&bed, runs, block ? 16 : 1, RW, VA));
			bed.now += 10;
		}
		assert_int_equal(reg_bed_stats(&bed).idle_maps, 2);
		assert_int_equal(iommu_registrar_tick(bed.registrar), IDLE_MS - 20);
		bed.now += IDLE_MS - 20;
		assert_int_equal(iommu_registrar_tick(bed.registrar), 10);
		assert_int_equal(reg_bed_stats(&bed).idle_bytes, block_first ? PAGE : 2 * MIB);
		reg_bed_close(&bed);
	}
}

static void without_memory_for_the_cache_it_is_unmapped_at_once(void **state)
{
	struct reg_bed *bed = *state;
	struct iommu_registration *reg = reg_bed_one(bed, 0, PAGE, VA);

	fail_alloc_arm(1, true);
	assert_int_equal(iommu_deregister(bed->registrar, reg), 0);
	fail_alloc_disarm();
	assert_int_equal(reg_bed_fake(bed).maps, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_same_memory_is_found_again_still_mapped),
		T(what_differs_in_memory_access_or_low_bits_is_mapped_anew),
		T(the_same_low_bits_and_runs_cut_otherwise_are_the_same),
		T(one_that_is_in_use_is_not_given_to_a_second),
		T(what_idles_is_unmapped_when_its_time_is_over),
		T(the_time_starts_anew_with_each_end),
		T(what_is_due_together_goes_by_few_calls),
		T(idle_bytes_never_exceed_their_bound_and_the_oldest_go),
		T(what_is_larger_than_the_bound_does_not_idle),
		T(what_was_abandoned_does_not_idle),
		T(idle_mappings_make_room_at_the_limit),
		T(room_that_is_not_confirmed_is_no_room),
		T(idle_mappings_make_room_where_locked_memory_is_short),
		T(an_error_that_room_does_not_cure_flushes_nothing),
		T(idle_mappings_make_room_among_bus_addresses),
		T(a_flush_that_is_not_confirmed_is_told),
		T(each_of_many_is_found_again),
		T(none_of_many_is_taken_for_another),
		T(what_fell_back_idles_by_the_same_clock),
		T(without_memory_for_the_cache_it_is_unmapped_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
