// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of the fake domain itself: what it lets pass would have
 * passed a real one. Must never use an address space.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/iommu/fake_domain.h"

#define RW	(IOMMU_READ | IOMMU_WRITE)

static const struct iommu_backing file = { 3, 0x10000, NULL };

static int map(struct iommu_domain *d, uint64_t iova, uint64_t size)
{
	return d->ops->map(d, iova, size, RW, &file);
}

/* Bytes, or -errno. */
static int64_t unmap(struct iommu_domain *d, uint64_t iova, uint64_t size)
{
	uint64_t bytes = 77;
	int ret = d->ops->unmap(d, iova, size, &bytes);

	return ret ? ret : (int64_t)bytes;
}

static uint64_t violations(struct iommu_domain *d)
{
	struct fake_stats stats;

	fake_domain_stats(d, &stats);
	return stats.violations;
}

static void maps_that_break_a_rule_are_refused_and_counted(void **state)
{
	const struct iommu_backing no_file = { -1, 0, (void *)0x1000 }, odd = { 3, 0x800, NULL };
	struct iommu_domain *d = fake_domain_create(&(struct fake_domain_config){ .max_maps = 2 });

	(void)state;
	assert_int_equal(map(d, 0x5000, 0x3000), 0);
	assert_int_equal(map(d, 0x5000, 0), -EINVAL);
	assert_int_equal(map(d, 0x9800, 0x1000), -EINVAL);
	assert_int_equal(map(d, 0x9000, 0x1800), -EINVAL);
	assert_int_equal(map(d, 0 - 0x1000ull, 0x2000), -EINVAL);
	assert_int_equal(map(d, 0xfee00000, 0x1000), -EINVAL);
	assert_int_equal(map(d, 0xfedff000, 0x2000), -EINVAL);
	assert_int_equal(map(d, 1ull << 48, 0x1000), -EINVAL);
	assert_int_equal(d->ops->map(d, 0x9000, 0x1000, 0, &file), -EINVAL);
	assert_int_equal(d->ops->map(d, 0x9000, 0x1000, 4, &file), -EINVAL);
	assert_int_equal(d->ops->map(d, 0x9000, 0x1000, RW, &no_file), -EINVAL);
	assert_int_equal(d->ops->map(d, 0x9000, 0x1000, RW, &odd), -EINVAL);
	assert_int_equal(map(d, 0x4000, 0x2000), -EEXIST);
	assert_int_equal(map(d, 0x6000, 0x1000), -EEXIST);
	assert_int_equal(map(d, 0x7000, 0x2000), -EEXIST);
	assert_int_equal(map(d, 0x4000, 0x5000), -EEXIST);
	assert_int_equal(violations(d), 15);
	assert_int_equal(map(d, 0x4000, 0x1000), 0);
	assert_int_equal(map(d, 0x8000, 0x1000), -ENOSPC);
	assert_int_equal(violations(d), 16);
	d->ops->destroy(d);
}

static void a_domain_by_address_wants_an_address(void **state)
{
	const struct iommu_backing here = { -1, 0, (void *)0x1000 }, odd = { 3, 0, (void *)0x1800 };
	struct iommu_domain *d = fake_domain_create(&(struct fake_domain_config){
		.needs_hva = true });

	(void)state;
	assert_int_equal(map(d, 0x5000, 0x1000), -EINVAL);
	assert_int_equal(d->ops->map(d, 0x5000, 0x1000, RW, &odd), -EINVAL);
	assert_int_equal(d->ops->map(d, 0x5000, 0x1000, RW, &here), 0);
	d->ops->destroy(d);
}

static void unmaps_take_whole_mappings_and_tell_their_bytes(void **state)
{
	struct iommu_domain *d = fake_domain_create(&(struct fake_domain_config){ 0 });

	(void)state;
	assert_int_equal(map(d, 0x5000, 0x3000), 0);
	assert_int_equal(map(d, 0x8000, 0x1000), 0);
	assert_int_equal(map(d, 0xb000, 0x1000), 0);
	assert_int_equal(unmap(d, 0x6000, 0x2000), -EINVAL);
	assert_int_equal(unmap(d, 0x5000, 0x2000), -EINVAL);
	assert_int_equal(unmap(d, 0x5000, 0), -EINVAL);
	assert_int_equal(violations(d), 3);
	assert_int_equal(unmap(d, 0x9000, 0x2000), 0);
	assert_int_equal(unmap(d, 0x1000, 0x9000), 0x4000);
	assert_int_equal(unmap(d, 0, 1ull << 47), 0x1000);
	assert_null(fake_domain_next(d, NULL));
	assert_int_equal(violations(d), 3);
	d->ops->destroy(d);
}

static void lookup_leads_to_the_very_byte(void **state)
{
	struct iommu_domain *d = fake_domain_create(&(struct fake_domain_config){ 0 });
	struct iommu_backing backing;
	unsigned int prot;

	(void)state;
	assert_int_equal(d->ops->map(d, 0x5000, 0x3000, IOMMU_READ, &file), 0);
	assert_false(fake_domain_lookup(d, 0x4fff, &backing, &prot));
	assert_true(fake_domain_lookup(d, 0x7fff, &backing, &prot));
	assert_false(fake_domain_lookup(d, 0x8000, &backing, &prot));
	assert_int_equal(backing.fd, 3);
	assert_int_equal(backing.offset, 0x12fff);
	assert_null(backing.hva);
	assert_int_equal(prot, IOMMU_READ);
	d->ops->destroy(d);
}

static void the_walk_is_ascending(void **state)
{
	struct iommu_domain *d = fake_domain_create(&(struct fake_domain_config){ 0 });
	const struct fake_mapping *m = NULL;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(map(d, (1 + i * 387 % 1000) * 0x2000, 0x1000), 0);
	for (uint64_t i = 0; i < 1000; i++) {
		m = fake_domain_next(d, m);
		assert_int_equal(m->iova, (1 + i) * 0x2000);
	}
	assert_null(fake_domain_next(d, m));
	d->ops->destroy(d);
}

static void what_was_armed_happens_once_at_its_call(void **state)
{
	struct iommu_domain *d = fake_domain_create(&(struct fake_domain_config){ 0 });

	(void)state;
	fake_domain_fail_map(d, 2, -ENOMEM);
	assert_int_equal(map(d, 0x1000, 0x1000), 0);
	assert_int_equal(map(d, 0x2000, 0x1000), -ENOMEM);
	assert_int_equal(map(d, 0x2000, 0x1000), 0);
	fake_domain_fail_unmap(d, 1, -EIO);
	assert_int_equal(unmap(d, 0x1000, 0x1000), -EIO);
	fake_domain_lie(d, 1, 5, false);
	assert_int_equal(unmap(d, 0x1000, 0x1000), 5);
	assert_int_equal(unmap(d, 0x1000, 0x1000), 0x1000);
	fake_domain_lie(d, 1, 0, true);
	assert_int_equal(unmap(d, 0x2000, 0x1000), 0);
	assert_int_equal(unmap(d, 0x2000, 0x1000), 0);
	assert_false(fake_domain_disarm(d));
	fake_domain_fail_map(d, 1, -ENOMEM);
	assert_true(fake_domain_disarm(d));
	assert_int_equal(map(d, 0x1000, 0x1000), 0);
	assert_int_equal(violations(d), 0);
	d->ops->destroy(d);
}

static void null_mode_only_counts(void **state)
{
	struct iommu_domain *d = fake_domain_create(&(struct fake_domain_config){ .null = true });
	struct fake_stats stats;

	(void)state;
	assert_int_equal(map(d, 1, 1), 0);
	assert_int_equal(map(d, 1, 1), 0);
	assert_int_equal(unmap(d, 0, 0x5000), 0x5000);
	fake_domain_stats(d, &stats);
	assert_int_equal(stats.map_calls, 2);
	assert_int_equal(stats.unmap_calls, 1);
	assert_int_equal(stats.maps, 0);
	assert_false(fake_domain_lookup(d, 1, NULL, NULL));
	d->ops->destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_that_break_a_rule_are_refused_and_counted),
		cmocka_unit_test(a_domain_by_address_wants_an_address),
		cmocka_unit_test(unmaps_take_whole_mappings_and_tell_their_bytes),
		cmocka_unit_test(lookup_leads_to_the_very_byte),
		cmocka_unit_test(the_walk_is_ascending),
		cmocka_unit_test(what_was_armed_happens_once_at_its_call),
		cmocka_unit_test(null_mode_only_counts),
	};

	return cmocka_run_group_tests_name("fake domain", tests, NULL, NULL);
}
