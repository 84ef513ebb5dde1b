// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that whichever call of the IOMMU and whichever allocation fails
 * in the life of a registrar, nothing breaks, leaks or stays mapped, and the error
 * is told. Must never know how the policies work.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/iommu/sweep_life.h"

/* The policies, and what exact and lazy do where they may fall back. */
static const struct kind {
	enum iommu_policy policy;
	bool fall_back;
} kinds[] = {
	{ IOMMU_POLICY_EXACT, false }, { IOMMU_POLICY_EXACT, true },
	{ IOMMU_POLICY_LAZY, false }, { IOMMU_POLICY_LAZY, true },
	{ IOMMU_POLICY_GRANULE, false }, { IOMMU_POLICY_STATIC, false },
};

static unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Map and unmap calls of a life in which nothing fails. */
static void count_calls(struct sweep_life *life, const struct kind *kind, uint64_t *maps, uint64_t *unmaps)
{
	const struct recorded_call *calls;
	size_t n;

	sweep_life_prepare(life, kind->policy, kind->fall_back);
	assert_int_equal(sweep_life_begin(life), 0);
	sweep_life_live(life);
	/* Only too many runs for the mappings there are, where nothing helps. */
	for (size_t i = 0; i < life->n_errors; i++)
		assert_int_equal(life->errors[i], -ENOSPC);
	assert_int_equal(life->n_errors != 0, kind->policy <= IOMMU_POLICY_LAZY && !kind->fall_back);
	calls = recorder_calls(life->recorder, &n);
	*maps = 0;
	for (size_t i = 0; i < n; i++)
		*maps += !calls[i].unmap;
	*unmaps = n - *maps;
	sweep_life_finish(life);
}

static void each_kind(void (*sweep)(struct sweep_life *life, const struct kind *kind, uint64_t maps,
				    uint64_t unmaps))
{
	struct sweep_life life = { .fd = memfd_create("ram", MFD_CLOEXEC) };
	unsigned int fds = count_fds();

	assert_int_equal(ftruncate(life.fd, 2 * (off_t)SWEEP_RAM), 0);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint64_t maps, unmaps;

		count_calls(&life, &kinds[i], &maps, &unmaps);
		assert_true(maps >= 3 && unmaps >= 1);
		sweep(&life, &kinds[i], maps, unmaps);
		assert_int_equal(count_fds(), fds);
	}
	close(life.fd);
}

static void sweep_maps(struct sweep_life *life, const struct kind *kind, uint64_t maps, uint64_t unmaps)
{
	static const int errors[] = { -EIO, -ENOMEM, -ENOSPC, -EFAULT };

	(void)unmaps;
	for (uint64_t n = 1; n <= maps; n++) {
		for (size_t e = 0; e < 4; e++) {
			sweep_life_prepare(life, kind->policy, kind->fall_back);
			recorder_fail_map(life->recorder, n, errors[e]);
			sweep_life_whole(life);
			/* What more room may cure is tried once more. */
			assert_true(sweep_life_told(life, errors[e]) || errors[e] == -ENOMEM ||
				    errors[e] == -ENOSPC);
			assert_false(sweep_life_told(life, -EUCLEAN));
		}
	}
}

static void every_map_call_may_fail(void **state)
{
	(void)state;
	each_kind(sweep_maps);
}

static void sweep_unmaps(struct sweep_life *life, const struct kind *kind, uint64_t maps, uint64_t unmaps)
{
	(void)maps;
	for (uint64_t n = 1; n <= unmaps; n++) {
		for (unsigned int how = 0; how < 4; how++) {
			struct ioas_stats stats;

			sweep_life_prepare(life, kind->policy, kind->fall_back);
			if (!how)
				recorder_fail_unmap(life->recorder, n, -EIO);
			else
				recorder_lie(life->recorder, n, how == 3 ? PAGE / 2 : 0, how == 2);
			assert_int_equal(sweep_life_begin(life), 0);
			sweep_life_live(life);
			ioas_stats(life->bed.ioas, &stats);
			assert_true(stats.quarantined_blocks > 0);
			sweep_life_finish(life);
		}
	}
}

static void every_unmap_call_may_fail_or_lie(void **state)
{
	(void)state;
	each_kind(sweep_unmaps);
}

static void sweep_both(struct sweep_life *life, const struct kind *kind, uint64_t maps, uint64_t unmaps)
{
	(void)unmaps;
	for (uint64_t n = 1; n <= maps; n++) {
		for (uint64_t m = 1; m <= 4; m++) {
			sweep_life_prepare(life, kind->policy, kind->fall_back);
			recorder_fail_map(life->recorder, n, -EIO);
			recorder_fail_unmap(life->recorder, m, -EIO);
			sweep_life_whole(life);
			assert_true(sweep_life_told(life, -EIO) || sweep_life_told(life, -EUCLEAN));
		}
	}
}

static void a_map_call_and_its_undoing_may_both_fail(void **state)
{
	(void)state;
	each_kind(sweep_both);
}

static void sweep_allocations(struct sweep_life *life, const struct kind *kind, uint64_t maps,
			      uint64_t unmaps)
{
	(void)maps;
	(void)unmaps;
	for (unsigned int after = 0; after < 2; after++) {
		unsigned long n = 0, asked;

		do {
			sweep_life_prepare(life, kind->policy, kind->fall_back);
			fail_alloc_arm(++n, after);
			sweep_life_whole(life);
			asked = fail_alloc_disarm();
			/* A region that did not come is missed later. */
			for (size_t i = 0; i < life->n_errors; i++)
				if (life->errors[i] != -ENOMEM && life->errors[i] != -ENOSPC &&
				    life->errors[i] != -EFAULT && life->errors[i] != -ENOENT)
					fail_msg("allocation %lu: error %d", n, life->errors[i]);
		} while (n <= asked);
		assert_true(n > 12);
	}
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	each_kind(sweep_allocations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_map_call_may_fail),
		cmocka_unit_test(every_unmap_call_may_fail_or_lie),
		cmocka_unit_test(a_map_call_and_its_undoing_may_both_fail),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("registrations, each failure", tests, NULL, NULL);
}
