// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the script of a life for sweeps. Must never know what is made to fail.
 */
#include "tests/unit/iommu/sweep_life.h"

#include <errno.h>

#include "tests/unit/alloc/fail_alloc.h"

#define ROM_AT		(64 * MIB)
#define MAX_MAPS	24u
#define SPACE		(64 * MIB)	/* of bus addresses */
#define MAX_RUNS	32u

/* What each life registers: one run; runs over both regions; ROM; more runs than there are mappings. */
static const struct plan {
	uint64_t gpa, size, step;
	size_t n;
	unsigned int access;
} plans[SWEEP_REGS] = {
	{ 0, 64 * 1024, 0, 1, RW },
	{ SWEEP_RAM - 2 * MIB, 8192, 300 * 1024, 12, RW },
	{ ROM_AT, 8192, 0, 1, RO },
	{ 5 * PAGE, PAGE, 2 * PAGE, MAX_RUNS, RW },
	{ SWEEP_RAM - PAGE, 2 * PAGE, 0, 1, RW },
	{ 0, 64 * 1024, 0, 1, RW },
};

static uint64_t life_now(void *ctx)
{
	return ((struct sweep_life *)ctx)->bed.now;
}

static int tell(struct sweep_life *life, int err)
{
	if (err < 0) {
		assert_true(life->n_errors < SWEEP_ERRORS);
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
static void check_reach(struct sweep_life *life)
{
	struct gpa_run runs[MAX_RUNS];

	fail_alloc_pause();
	for (unsigned int i = 0; i < SWEEP_REGS; i++) {
		if (!life->regs[i] || iommu_registration_revoked(life->regs[i]))
			continue;
		plan_runs(&plans[i], runs);
		reg_bed_reaches(&life->bed, life->regs[i], runs, plans[i].n, plans[i].access);
	}
	assert_int_equal(reg_bed_fake(&life->bed).violations, 0);
	fail_alloc_resume();
}

static void life_register(struct sweep_life *life, unsigned int i)
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

static void life_end(struct sweep_life *life, unsigned int i, bool abandon)
{
	struct iommu_registration *reg = life->regs[i];

	if (!reg)
		return;
	life->regs[i] = NULL;
	tell(life, abandon ? iommu_abandon(life->bed.registrar, reg) :
	     iommu_deregister(life->bed.registrar, reg));
	check_reach(life);
}

void sweep_life_live(struct sweep_life *life)
{
	struct iommu_registrar *registrar = life->bed.registrar;

	tell(life, iommu_region_add(registrar, 0, SWEEP_RAM, RW, life->fd, 0));
	tell(life, iommu_region_add(registrar, SWEEP_RAM, SWEEP_RAM, RW, life->fd, SWEEP_RAM));
	tell(life, iommu_region_add(registrar, ROM_AT, MIB, RO, life->fd, 0));
	for (unsigned int i = 0; i < SWEEP_REGS; i++)
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
	tell(life, iommu_region_remove(registrar, SWEEP_RAM, SWEEP_RAM));
	check_reach(life);
	life_register(life, 0);
	life_end(life, 1, false);
	life_end(life, 4, true);
	tell(life, iommu_registrar_flush(registrar));
	tell(life, iommu_region_add(registrar, SWEEP_RAM, SWEEP_RAM, RW, life->fd, 0));
	life_register(life, 1);
	for (unsigned int i = 0; i < SWEEP_REGS; i++)
		life_end(life, i, false);
	tell(life, iommu_region_remove(registrar, 0, 128 * MIB));
}

int sweep_life_begin(struct sweep_life *life)
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

void sweep_life_finish(struct sweep_life *life)
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

void sweep_life_prepare(struct sweep_life *life, enum iommu_policy policy, bool fall_back)
{
	static const struct iova_range range = { SPACE, 2 * SPACE - 1 };
	struct fake_domain_config domain = { .ranges = &range, .n_ranges = 1,
					     .needs_hva = true, .max_maps = MAX_MAPS };
	int fd = life->fd;

	*life = (struct sweep_life){ .fd = fd };
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

void sweep_life_whole(struct sweep_life *life)
{
	if (tell(life, sweep_life_begin(life)))
		return;
	sweep_life_live(life);
	sweep_life_finish(life);
}

bool sweep_life_told(const struct sweep_life *life, int err)
{
	for (size_t i = 0; i < life->n_errors; i++)
		if (life->errors[i] == err)
			return true;
	return false;
}
