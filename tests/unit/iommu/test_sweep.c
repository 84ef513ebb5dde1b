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
#include "tests/unit/iommu/recorder.h"
#include "tests/unit/iommu/reg_bed.h"

#define RAM_SIZE	(8 * MIB)
#define ROM_AT		(64 * MIB)
#define MAX_MAPS	24u
#define SPACE		(64 * MIB)	/* of bus addresses */
#define MAX_RUNS	32u
#define REGS		6u

/* What each life registers: one run; runs over both regions; ROM; more runs than there are mappings. */
static const struct plan {
	uint64_t gpa, size, step;
	size_t n;
	unsigned int access;
} plans[REGS] = {
	{ 0, 64 * 1024, 0, 1, RW },
	{ RAM_SIZE - 2 * MIB, 8192, 300 * 1024, 12, RW },
	{ ROM_AT, 8192, 0, 1, RO },
	{ 5 * PAGE, PAGE, 2 * PAGE, MAX_RUNS, RW },
	{ RAM_SIZE - PAGE, 2 * PAGE, 0, 1, RW },
	{ 0, 64 * 1024, 0, 1, RW },
};

struct life {
	struct reg_bed bed;
	struct iommu_domain *recorder;
	struct iommu_registrar_config config;
	struct iommu_registration *regs[REGS];
	int fd;
	int errors[64];			/* all that was told */
	size_t n_errors;
};

static uint64_t life_now(void *ctx)
{
	return ((struct life *)ctx)->bed.now;
}

static int tell(struct life *life, int err)
{
	if (err < 0) {
		assert_true(life->n_errors < 64);
		life->errors[life->n_errors++] = err;
	}
	return err;
}

static void plan_runs(const struct plan *plan, struct gpa_run *runs)
{
	for (size_t i = 0; i < plan->n; i++)
		runs[i] = (struct gpa_run){ plan->gpa + i * plan->step, plan->size };
}

/* All that is registered and not revoked is reached, page by page. */
static void check_reach(struct life *life)
{
	struct gpa_run runs[MAX_RUNS];

	fail_alloc_pause();
	for (unsigned int i = 0; i < REGS; i++) {
		if (!life->regs[i] || iommu_registration_revoked(life->regs[i]))
			continue;
		plan_runs(&plans[i], runs);
		reg_bed_reaches(&life->bed, life->regs[i], runs, plans[i].n, plans[i].access);
	}
	assert_int_equal(reg_bed_fake(&life->bed).violations, 0);
	fail_alloc_resume();
}

static void life_register(struct life *life, unsigned int i)
{
	struct gpa_run runs[MAX_RUNS];
	struct iommu_request request = { &life->bed.owner, runs, plans[i].n, plans[i].access,
					 plans[i].gpa };
	struct iommu_owner before = life->bed.owner;
	struct iommu_refusal refusal;

	plan_runs(&plans[i], runs);
	if (tell(life, iommu_register(life->bed.registrar, &request, &life->regs[i], &refusal))) {
		life->regs[i] = NULL;
		assert_int_not_equal(refusal.reason, IOMMU_OK);
		assert_int_equal(life->bed.owner.bytes, before.bytes);
		assert_int_equal(life->bed.owner.registrations, before.registrations);
	}
	check_reach(life);
}

static void life_end(struct life *life, unsigned int i, bool abandon)
{
	struct iommu_registration *reg = life->regs[i];

	if (!reg)
		return;
	life->regs[i] = NULL;
	tell(life, abandon ? iommu_abandon(life->bed.registrar, reg) :
	     iommu_deregister(life->bed.registrar, reg));
	check_reach(life);
}

/* Regions, registrations, reuse, revocation, the end of all. */
static void live(struct life *life)
{
	struct iommu_registrar *registrar = life->bed.registrar;

	tell(life, iommu_region_add(registrar, 0, RAM_SIZE, RW, life->fd, 0));
	tell(life, iommu_region_add(registrar, RAM_SIZE, RAM_SIZE, RW, life->fd, RAM_SIZE));
	tell(life, iommu_region_add(registrar, ROM_AT, MIB, RO, life->fd, 0));
	for (unsigned int i = 0; i < REGS; i++)
		life_register(life, i);
	life_end(life, 0, false);
	life_end(life, 3, false);
	life_register(life, 0);
	life_register(life, 3);
	life_end(life, 5, true);
	life_end(life, 3, false);
	life->bed.now += 50;
	iommu_registrar_tick(registrar);
	life_end(life, 0, false);
	life->bed.now += 60;
	iommu_registrar_tick(registrar);
	check_reach(life);
	life_register(life, 5);
	life_end(life, 5, false);
	/* Revokes what touches the second region. */
	tell(life, iommu_region_remove(registrar, RAM_SIZE, RAM_SIZE));
	check_reach(life);
	life_register(life, 0);
	life_end(life, 1, false);
	life_end(life, 4, true);
	tell(life, iommu_registrar_flush(registrar));
	tell(life, iommu_region_add(registrar, RAM_SIZE, RAM_SIZE, RW, life->fd, 0));
	life_register(life, 1);
	for (unsigned int i = 0; i < REGS; i++)
		life_end(life, i, false);
	tell(life, iommu_region_remove(registrar, 0, 128 * MIB));
}

static int life_begin(struct life *life)
{
	int ret = ioas_create(life->recorder, &life->bed.ioas);

	if (ret) {
		life->recorder->ops->destroy(life->recorder);
		return ret;
	}
	ret = guest_memory_create(&life->bed.memory);
	if (ret)
		goto destroy_ioas;
	ret = iommu_registrar_create(life->bed.ioas, life->bed.memory, &life->config,
				     &life->bed.registrar);
	if (!ret)
		return 0;
	guest_memory_destroy(life->bed.memory);
destroy_ioas:
	ioas_destroy(life->bed.ioas);
	return ret;
}

/* Nothing may be left but what was not confirmed, and at the very end not even that. */
static void life_finish(struct life *life)
{
	struct iommu_registrar_stats stats = reg_bed_stats(&life->bed);
	struct iova_block *all;

	assert_int_equal(stats.registrations, 0);
	assert_int_equal(life->bed.owner.bytes, 0);
	assert_int_equal(life->bed.owner.registrations, 0);
	iommu_registrar_destroy(life->bed.registrar);
	guest_memory_destroy(life->bed.memory);
	recorder_disarm(life->recorder);
	/* The rest is the test's own doing. */
	fail_alloc_pause();
	assert_int_equal(reg_bed_ioas(&life->bed).maps, reg_bed_ioas(&life->bed).quarantined_maps);
	assert_int_equal(reg_bed_fake(&life->bed).violations, 0);
	if (!reg_bed_ioas(&life->bed).quarantined_blocks)
		assert_int_equal(ioas_take(life->bed.ioas, SPACE, 0, &all), 0);
	life->bed.left = UINT64_MAX;
	ioas_destroy(life->bed.ioas);
	fail_alloc_resume();
	assert_int_equal(life->bed.left, 0);
}

static void life_prepare(struct life *life, enum iommu_policy policy, bool fall_back)
{
	static const struct iova_range range = { SPACE, 2 * SPACE - 1 };
	struct fake_domain_config domain = { .ranges = &range, .n_ranges = 1,
					     .needs_hva = true, .max_maps = MAX_MAPS };
	int fd = life->fd;

	*life = (struct life){ .fd = fd };
	life->bed.now = 1000;
	life->bed.owner.max_bytes = UINT64_MAX;
	life->bed.owner.max_registrations = UINT64_MAX;
	life->config = (struct iommu_registrar_config){
		.policy = policy,
		.granule = 256 * 1024,
		.idle_bytes = MIB,
		.fall_back = fall_back,
		.now_ms = life_now,
		.now_ctx = life,
	};
	domain.left = &life->bed.left;
	life->bed.domain = fake_domain_create(&domain);
	life->recorder = recorder_create(life->bed.domain);
}

static void whole_life(struct life *life)
{
	if (tell(life, life_begin(life)))
		return;
	live(life);
	life_finish(life);
}

static bool told(const struct life *life, int err)
{
	for (size_t i = 0; i < life->n_errors; i++)
		if (life->errors[i] == err)
			return true;
	return false;
}

/* --- what fails ------------------------------------------------------------------------ */

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
static void count_calls(struct life *life, const struct kind *kind, uint64_t *maps, uint64_t *unmaps)
{
	const struct recorded_call *calls;
	size_t n;

	life_prepare(life, kind->policy, kind->fall_back);
	assert_int_equal(life_begin(life), 0);
	live(life);
	/* Only too many runs for the mappings there are, where nothing helps. */
	for (size_t i = 0; i < life->n_errors; i++)
		assert_int_equal(life->errors[i], -ENOSPC);
	assert_int_equal(life->n_errors != 0, kind->policy <= IOMMU_POLICY_LAZY && !kind->fall_back);
	calls = recorder_calls(life->recorder, &n);
	*maps = 0;
	for (size_t i = 0; i < n; i++)
		*maps += !calls[i].unmap;
	*unmaps = n - *maps;
	life_finish(life);
}

static void each_kind(void (*sweep)(struct life *life, const struct kind *kind, uint64_t maps,
				    uint64_t unmaps))
{
	struct life life = { .fd = memfd_create("ram", MFD_CLOEXEC) };
	unsigned int fds = count_fds();

	assert_int_equal(ftruncate(life.fd, 2 * (off_t)RAM_SIZE), 0);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint64_t maps, unmaps;

		count_calls(&life, &kinds[i], &maps, &unmaps);
		assert_true(maps >= 3 && unmaps >= 1);
		sweep(&life, &kinds[i], maps, unmaps);
		assert_int_equal(count_fds(), fds);
	}
	close(life.fd);
}

static void sweep_maps(struct life *life, const struct kind *kind, uint64_t maps, uint64_t unmaps)
{
	static const int errors[] = { -EIO, -ENOMEM, -ENOSPC, -EFAULT };

	(void)unmaps;
	for (uint64_t n = 1; n <= maps; n++) {
		for (size_t e = 0; e < 4; e++) {
			life_prepare(life, kind->policy, kind->fall_back);
			recorder_fail_map(life->recorder, n, errors[e]);
			whole_life(life);
			/* What more room may cure is tried once more. */
			assert_true(told(life, errors[e]) || errors[e] == -ENOMEM ||
				    errors[e] == -ENOSPC);
			assert_false(told(life, -EUCLEAN));
		}
	}
}

static void every_map_call_may_fail(void **state)
{
	(void)state;
	each_kind(sweep_maps);
}

static void sweep_unmaps(struct life *life, const struct kind *kind, uint64_t maps, uint64_t unmaps)
{
	(void)maps;
	for (uint64_t n = 1; n <= unmaps; n++) {
		for (unsigned int how = 0; how < 4; how++) {
			struct ioas_stats stats;

			life_prepare(life, kind->policy, kind->fall_back);
			if (!how)
				recorder_fail_unmap(life->recorder, n, -EIO);
			else
				recorder_lie(life->recorder, n, how == 3 ? PAGE / 2 : 0, how == 2);
			assert_int_equal(life_begin(life), 0);
			live(life);
			ioas_stats(life->bed.ioas, &stats);
			assert_true(stats.quarantined_blocks > 0);
			life_finish(life);
		}
	}
}

static void every_unmap_call_may_fail_or_lie(void **state)
{
	(void)state;
	each_kind(sweep_unmaps);
}

static void sweep_both(struct life *life, const struct kind *kind, uint64_t maps, uint64_t unmaps)
{
	(void)unmaps;
	for (uint64_t n = 1; n <= maps; n++) {
		for (uint64_t m = 1; m <= 4; m++) {
			life_prepare(life, kind->policy, kind->fall_back);
			recorder_fail_map(life->recorder, n, -EIO);
			recorder_fail_unmap(life->recorder, m, -EIO);
			whole_life(life);
			assert_true(told(life, -EIO) || told(life, -EUCLEAN));
		}
	}
}

static void a_map_call_and_its_undoing_may_both_fail(void **state)
{
	(void)state;
	each_kind(sweep_both);
}

static void sweep_allocations(struct life *life, const struct kind *kind, uint64_t maps,
			      uint64_t unmaps)
{
	(void)maps;
	(void)unmaps;
	for (unsigned int after = 0; after < 2; after++) {
		unsigned long n = 0, asked;

		do {
			life_prepare(life, kind->policy, kind->fall_back);
			fail_alloc_arm(++n, after);
			whole_life(life);
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
