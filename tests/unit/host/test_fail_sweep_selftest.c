// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that whatever fails in the life of an HCA, at whichever point, is
 * said and leaves nothing: each command by a bad status, no answer, a senseless answer
 * or the device's end; each IOMMU call; each allocation. It must never know which
 * command, call or allocation that is.
 */
#include <stdio.h>
#include <string.h>

#include "host-backend/hca/transport.h"
#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/host/selftest_bed.h"

enum { COMMAND_MS = 60, BAD_PARAMETER = 3, COMMANDS = 110 /* of a run, at least */ };

/* One message per transport: every kind of object lives and dies, every byte is compared. */
static const struct selftest_config config = {
	.brief = true, .command_ms = 5000, .port_ms = 5000, .completion_ms = 1000,
};

/* Nothing is left in the HCA, in its DMA table, or open. Bus mastering is off. */
static void assert_nothing_left(struct model_bed *bed, unsigned int fds)
{
	struct model_bed_counts c;

	model_bed_wait_detached(bed);
	model_bed_counts(bed, 0, &c);
	assert_int_equal(c.objects, 0);
	assert_int_equal(c.pages, 0);
	assert_int_equal(c.dma_ranges, 0);
	assert_false(c.bus_master);
	selftest_bed_assert_fds(fds);
	model_bed_forgive(bed);		/* what a reset swept away */
}

/* --- commands ---------------------------------------------------------------------- */

/*
 * One run after the other, each with another command that fails so, until one ends before
 * it gets that far. Return: how many told of an error; @harmless: how many did not.
 */
static unsigned int sweep_commands(struct model_bed *bed, const char *kind, unsigned int *harmless)
{
	unsigned int i, told = 0, fds = selftest_bed_fds();
	struct model_bed_counts before, after;
	struct selftest_config c = config;
	struct selftest_report report;

	if (!strcmp(kind, "timeout"))	/* a slow machine may make more of them, never fewer */
		c.command_ms = COMMAND_MS;
	*harmless = 0;
	for (i = 0;; i++) {
		model_bed_control(bed, "inject a after=%u kind=%s", i, kind);
		model_bed_counts(bed, 0, &before);
		selftest_run(model_bed_device(bed, 0), &c, &report);
		selftest_bed_assert_clear(&report);
		assert_nothing_left(bed, fds);
		model_bed_counts(bed, 0, &after);
		assert_int_equal(after.dma_faults, before.dma_faults);
		model_bed_control(bed, "inject a kind=none");
		if (report.err)
			told++;
		else if (after.commands - before.commands > i)
			++*harmless;
		else
			break;
	}
	print_message("# %u commands\n", i);
	assert_true(i >= COMMANDS);
	return told;
}

static void a_command_that_is_refused_is_told_and_leaves_nothing(void **state)
{
	unsigned int harmless;
	char kind[32];

	snprintf(kind, sizeof(kind), "status status=%u", BAD_PARAMETER);
	sweep_commands(*state, kind, &harmless);
	assert_int_equal(harmless, 0);
}

static void a_command_that_is_not_answered_is_told_and_leaves_nothing(void **state)
{
	unsigned int harmless;

	sweep_commands(*state, "timeout", &harmless);
	assert_int_equal(harmless, 0);
}

static void a_device_that_vanishes_at_any_command_is_told_and_leaves_nothing(void **state)
{
	unsigned int harmless;

	sweep_commands(*state, "gone", &harmless);
	assert_int_equal(harmless, 0);
}

/* Those answers do no harm of which nobody reads what is senseless in them. */
static void a_senseless_answer_at_any_command_leaves_nothing(void **state)
{
	unsigned int harmless;

	assert_true(sweep_commands(*state, "garbage", &harmless) > COMMANDS / 4);
}

/* --- calls of the IOMMU ------------------------------------------------------------ */

enum how { NEVER, SAYS_SO, LIES };	/* lies: nothing was unmapped, and it went well */

/* A domain over the transport's, one call of which fails. One at a time. */
static struct {
	struct iommu_domain domain;
	struct iommu_domain_ops ops;
	struct iommu_domain *real;
	unsigned long calls, fail_at;	/* 1: the first */
	enum how how;
	bool struck_unmap;
} faulty;

static bool strikes(void)
{
	return ++faulty.calls == faulty.fail_at;
}

/* After -ENOMEM and -ENOSPC a registrar tries again with less idle: not this test's business. */
static int faulty_map(struct iommu_domain *domain, uint64_t iova, uint64_t size, unsigned int prot,
		      const struct iommu_backing *backing)
{
	(void)domain;
	if (strikes())
		return -EFAULT;
	return faulty.real->ops->map(faulty.real, iova, size, prot, backing);
}

static int faulty_unmap(struct iommu_domain *domain, uint64_t iova, uint64_t size,
			uint64_t *unmapped)
{
	(void)domain;
	if (!strikes())
		return faulty.real->ops->unmap(faulty.real, iova, size, unmapped);
	*unmapped = 0;
	faulty.struck_unmap = true;
	return faulty.how == LIES ? 0 : -EIO;
}

static void faulty_destroy(struct iommu_domain *domain)
{
	(void)domain;
	faulty.real->ops->destroy(faulty.real);
}

/* A run over a domain whose @fail_at-th call fails. Return: how many calls there were. */
static unsigned long run_faulty(struct model_bed *bed, const struct selftest_config *c,
				unsigned long fail_at, enum how how,
				struct selftest_report *report)
{
	struct hca_transport *t;

	assert_int_equal(hca_transport_open(model_bed_device(bed, 0), &t, NULL), 0);
	memset(&faulty, 0, sizeof(faulty));
	faulty.real = t->domain;
	faulty.domain = *t->domain;
	faulty.ops = *t->domain->ops;
	faulty.ops.map = faulty_map;
	faulty.ops.unmap = faulty_unmap;
	faulty.ops.destroy = faulty_destroy;
	faulty.domain.ops = &faulty.ops;
	faulty.fail_at = fail_at;
	faulty.how = how;
	t->domain = &faulty.domain;
	selftest_run_on(t, c, report);
	return faulty.calls;
}

static void sweep_iommu(struct model_bed *bed, enum iommu_policy policy, enum how how)
{
	unsigned int fds = selftest_bed_fds();
	struct model_bed_counts before, after;
	struct selftest_config c = config;
	struct selftest_report report;
	unsigned long n, i;

	c.policy = policy;
	n = run_faulty(bed, &c, 0, NEVER, &report);
	selftest_bed_assert_ok(&report);
	for (i = 1; i <= n; i++) {
		model_bed_counts(bed, 0, &before);
		run_faulty(bed, &c, i, how, &report);
		selftest_bed_assert_clear(&report);
		assert_nothing_left(bed, fds);
		model_bed_counts(bed, 0, &after);
		assert_int_equal(after.dma_faults, before.dma_faults);
		/* A second try may have helped; then nothing was mapped when the client went. */
		if (report.err ||
		    (faulty.struck_unmap && after.swept_ranges == before.swept_ranges))
			continue;
		selftest_bed_print(&report);
		fail_msg("policy %d: nothing is said of IOMMU call %lu of %lu", policy, i, n);
	}
}

static void an_iommu_call_that_fails_is_told_and_leaves_nothing(void **state)
{
	sweep_iommu(*state, IOMMU_POLICY_EXACT, SAYS_SO);
	sweep_iommu(*state, IOMMU_POLICY_LAZY, SAYS_SO);
	sweep_iommu(*state, IOMMU_POLICY_GRANULE, SAYS_SO);
	sweep_iommu(*state, IOMMU_POLICY_STATIC, SAYS_SO);
}

static void an_unmapping_that_did_nothing_is_told_and_leaves_nothing(void **state)
{
	sweep_iommu(*state, IOMMU_POLICY_EXACT, LIES);
	sweep_iommu(*state, IOMMU_POLICY_GRANULE, LIES);
}

/* --- allocations ------------------------------------------------------------------- */

/* Allocations of a run of which the @nth fails, and those after it, too, if @after. */
static unsigned long run_short_of_memory(struct model_bed *bed, unsigned long nth, bool after,
					 struct selftest_report *report)
{
	unsigned long n;

	fail_alloc_arm(nth, after);
	selftest_run(model_bed_device(bed, 0), &config, report);
	n = fail_alloc_disarm();
	return n;
}

/*
 * The model shares the process: its firmware, too, is short of memory then. A queue pair that
 * it cannot destroy may still read a doorbell record, which was unmapped: a DMA fault, as it
 * should be.
 */
static void sweep_allocations(struct model_bed *bed, bool after, unsigned long step)
{
	unsigned int fds = selftest_bed_fds();
	struct selftest_report report;
	unsigned long n, i;

	n = run_short_of_memory(bed, 0, false, &report);
	selftest_bed_assert_ok(&report);
	assert_nothing_left(bed, fds);
	print_message("# %lu allocations\n", n);
	for (i = 1; i <= n; i += step) {
		run_short_of_memory(bed, i, after, &report);
		selftest_bed_assert_clear(&report);
		assert_nothing_left(bed, fds);
	}
}

static void an_allocation_that_fails_is_told_and_leaves_nothing(void **state)
{
	sweep_allocations(*state, false, 1);
}

static void memory_that_has_run_out_at_every_fifth_point_leaves_nothing(void **state)
{
	sweep_allocations(*state, true, 5);
}

#define on_model(f) cmocka_unit_test_setup_teardown(f, model_bed_setup_pf, model_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_model(a_command_that_is_refused_is_told_and_leaves_nothing),
		on_model(a_command_that_is_not_answered_is_told_and_leaves_nothing),
		on_model(a_device_that_vanishes_at_any_command_is_told_and_leaves_nothing),
		on_model(a_senseless_answer_at_any_command_leaves_nothing),
		on_model(an_iommu_call_that_fails_is_told_and_leaves_nothing),
		on_model(an_unmapping_that_did_nothing_is_told_and_leaves_nothing),
		on_model(an_allocation_that_fails_is_told_and_leaves_nothing),
		on_model(memory_that_has_run_out_at_every_fifth_point_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
