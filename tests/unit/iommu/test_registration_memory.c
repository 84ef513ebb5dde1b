// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about a registrar's own memory: what happens without, how much
 * it takes, and that pools give theirs back. Must never know what is mapped where.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iommu/pool.h"
#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/iommu/reg_bed.h"

static const enum iommu_policy policies[] = {
	IOMMU_POLICY_EXACT, IOMMU_POLICY_LAZY, IOMMU_POLICY_GRANULE, IOMMU_POLICY_STATIC,
};

/* One life of a registrar with a region, a registration in ten runs over two regions, and its end. */
static int life(struct iommu_domain *domain, enum iommu_policy policy, struct iommu_owner *owner,
		int fd)
{
	struct iommu_registrar_config config = { .policy = policy };
	struct iommu_registrar *registrar;
	struct iommu_registration *reg;
	struct guest_memory *memory;
	struct gpa_run runs[10];
	struct iommu_request request = { owner, runs, 10, RW, 0 };
	struct ioas_stats stats;
	struct ioas *ioas;
	int ret;

	for (uint64_t i = 0; i < 10; i++)
		runs[i] = (struct gpa_run){ (10 - i) * 4 * MIB, PAGE };
	fail_alloc_pause();
	assert_int_equal(ioas_create(domain, &ioas), 0);
	fail_alloc_resume();
	ret = guest_memory_create(&memory);
	if (ret)
		goto destroy_ioas;
	ret = iommu_registrar_create(ioas, memory, &config, &registrar);
	if (ret)
		goto destroy_memory;
	ret = iommu_region_add(registrar, 0, 20 * MIB, RW, fd, 0);
	if (!ret)
		ret = iommu_region_add(registrar, 20 * MIB, 44 * MIB, RW, fd, 20 * MIB);
	if (!ret)
		ret = iommu_register(registrar, &request, &reg, NULL);
	if (!ret)
		ret = iommu_deregister(registrar, reg);
	iommu_registrar_destroy(registrar);
destroy_memory:
	guest_memory_destroy(memory);
destroy_ioas:
	ioas_stats(ioas, &stats);
	assert_int_equal(stats.maps, 0);
	assert_int_equal(stats.quarantined_blocks, 0);
	ioas_destroy(ioas);
	return ret;
}

static void each_allocation_may_fail(void **state)
{
	int fd = memfd_create("ram", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(ftruncate(fd, 64 * MIB), 0);
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct iommu_owner owner = { UINT64_MAX, UINT64_MAX, 0, 0 };
		unsigned long nth = 0, asked;
		int ret;

		do {
			/* One that allocates nothing itself, and wants the memory mapped here. */
			struct fake_domain_config domain = { .null = true, .needs_hva = true };
			struct iommu_domain *fake = fake_domain_create(&domain);

			fail_alloc_arm(++nth, false);
			ret = life(fake, policies[i], &owner, fd);
			asked = fail_alloc_disarm();
			assert_true(!ret || ret == -ENOMEM);
			assert_int_equal(owner.bytes, 0);
			assert_int_equal(owner.registrations, 0);
		} while (nth <= asked);
		assert_true(nth > 8);
	}
	close(fd);
}

static void a_registration_takes_no_more_than_150_bytes(void **state)
{
	enum { N = 100000 };
	struct iommu_registration **regs = calloc(N, sizeof(*regs));

	(void)state;
	assert_non_null(regs);
	for (size_t p = 0; p < sizeof(policies) / sizeof(policies[0]); p++) {
		struct iommu_registrar_config config = { .policy = policies[p] };
		struct fake_domain_config domain = { .null = true };
		struct reg_bed bed;
		size_t empty;

		reg_bed_open(&bed, &domain, &config);
		assert_int_equal(reg_bed_ram(&bed, 0, 512 * MIB, RW), 0);
		empty = reg_bed_stats(&bed).memory;
		for (uint64_t i = 0; i < N; i++)
			regs[i] = reg_bed_one(&bed, i * PAGE, PAGE, i * PAGE);
		assert_true(reg_bed_stats(&bed).memory <= empty + 150ull * N);
		for (int i = 0; i < N; i++)
			assert_int_equal(iommu_deregister(bed.registrar, regs[i]), 0);
		assert_int_equal(iommu_registrar_flush(bed.registrar), 0);
		/* Gone, but for a chunk of each pool and the index of lazy. */
		assert_true(reg_bed_stats(&bed).memory <= empty + 512 * 1024);
		reg_bed_close(&bed);
	}
	free(regs);
}

static void objects_of_a_pool_are_apart_and_their_memory_goes_back(void **state)
{
	enum { N = 5000, SIZE = 72 };
	unsigned char **objects = calloc(N, sizeof(*objects));
	struct pool pool;

	(void)state;
	assert_non_null(objects);
	pool_init(&pool, SIZE);
	assert_int_equal(pool.memory, 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < N; i++) {
			objects[i] = pool_alloc(&pool);
			assert_non_null(objects[i]);
			memset(objects[i], i % 251, SIZE);
		}
		assert_true(pool.memory >= N * SIZE && pool.memory < N * SIZE * 5 / 4);
		/* Neither in the order they came nor in the reverse. */
		for (int i = 0; i < N; i++) {
			int at = i * 1009 % N;

			for (int byte = 0; byte < SIZE; byte++)
				assert_int_equal(objects[at][byte], at % 251);
			pool_free(&pool, objects[at]);
		}
		assert_true(pool.memory <= 64 * 1024);
	}
	objects[0] = pool_alloc(&pool);
	pool_destroy(&pool);
	assert_int_equal(pool.memory, 0);
	free(objects);
}

static void a_pool_that_is_destroyed_takes_its_objects_along(void **state)
{
	struct pool pool;

	(void)state;
	pool_init(&pool, 128);
	for (int i = 0; i < 2000; i++)
		assert_non_null(pool_alloc(&pool));
	pool_destroy(&pool);
	assert_int_equal(pool.memory, 0);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_allocation_may_fail),
		T(a_registration_takes_no_more_than_150_bytes),
		T(objects_of_a_pool_are_apart_and_their_memory_goes_back),
		T(a_pool_that_is_destroyed_takes_its_objects_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
