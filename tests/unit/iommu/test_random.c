// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that by each policy a million random operations do what the
 * reference model says, failures of the domain included. Must never know what
 * the operations are.
 *
 * UNDERPASS_SEED and UNDERPASS_OPS choose others than those of every test run.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/iommu/random_life.h"

static struct iommu_domain *open_fake(void *ctx, const struct fake_domain_config *wish, bool *fake)
{
	(void)ctx;
	*fake = true;
	return fake_domain_create(wish);
}

/* As the kernel's: wants addresses, has no other wishes fulfilled, cannot be looked into. */
static struct iommu_domain *open_opaque(void *ctx, const struct fake_domain_config *wish, bool *fake)
{
	const struct fake_domain_config config = { .needs_hva = true, .max_maps = 65535 };

	(void)ctx;
	(void)wish;
	*fake = false;
	return fake_domain_create(&config);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

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

/* A million operations see all there is to see. */
static void check_variety(enum iommu_policy policy, const struct random_counts *counts)
{
	bool idles = policy == IOMMU_POLICY_LAZY || policy == IOMMU_POLICY_GRANULE;
	bool falls_back = policy == IOMMU_POLICY_EXACT || policy == IOMMU_POLICY_LAZY;

	for (unsigned int reason = IOMMU_OK; reason <= IOMMU_NOT_CONFIRMED; reason++) {
		/* static maps nothing for a registration; no allocation fails here. */
		if (reason == IOMMU_NO_MEMORY ||
		    (policy == IOMMU_POLICY_STATIC && reason >= IOMMU_TOO_MANY_MAPS))
			assert_int_equal(counts->reasons[reason], 0);
		else
			assert_true(counts->reasons[reason] > 50);
	}
	assert_true(!idles || counts->reuses > 1000);
	assert_true(!falls_back || counts->fallbacks > 1000);
	assert_true(counts->revoked > 1000);
	assert_true(counts->not_confirmed > 100);
	assert_true(counts->quarantined > 1000);
	assert_true(counts->most_live > 100);
}

static void million(enum iommu_policy policy)
{
	const struct random_config config = {
		.policy = policy,
		.seed = from_environment("UNDERPASS_SEED", 1 + policy),
		.ops = from_environment("UNDERPASS_OPS", 1000000),
		.open = open_fake,
	};
	struct random_counts counts = { 0 };
	unsigned int fds = count_fds();
	char text[512];

	if (random_lives(&config, &counts, text, sizeof(text)))
		fail_msg("%s", text);
	assert_int_equal(count_fds(), fds);
	if (config.ops >= 1000000)
		check_variety(policy, &counts);
}

static void exact_does_what_the_reference_says(void **state)
{
	(void)state;
	million(IOMMU_POLICY_EXACT);
}

static void lazy_does_what_the_reference_says(void **state)
{
	(void)state;
	million(IOMMU_POLICY_LAZY);
}

static void granule_does_what_the_reference_says(void **state)
{
	(void)state;
	million(IOMMU_POLICY_GRANULE);
}

static void static_does_what_the_reference_says(void **state)
{
	(void)state;
	million(IOMMU_POLICY_STATIC);
}

/* So does tests/lab/host/vfio_random, over the kernel's. */
static void a_domain_that_cannot_be_looked_into_is_probed(void **state)
{
	(void)state;
	for (enum iommu_policy p = IOMMU_POLICY_EXACT; p <= IOMMU_POLICY_STATIC; p++) {
		const struct random_config config = { .policy = p, .seed = 9, .ops = 40000,
						      .open = open_opaque };
		struct random_counts counts = { 0 };
		char text[512];

		if (random_lives(&config, &counts, text, sizeof(text)))
			fail_msg("%s", text);
		assert_true(counts.probes > 500);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_does_what_the_reference_says),
		cmocka_unit_test(lazy_does_what_the_reference_says),
		cmocka_unit_test(granule_does_what_the_reference_says),
		cmocka_unit_test(static_does_what_the_reference_says),
		cmocka_unit_test(a_domain_that_cannot_be_looked_into_is_probed),
	};

	return cmocka_run_group_tests_name("registrations, random", tests, NULL, NULL);
}
