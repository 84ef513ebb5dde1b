// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the sweep over everything that can fail in bring-up and teardown: every
 * command in every way, every call of the IOMMU, every allocation. It must
 * never know what any of them is for.
 */
#include "tests/unit/host/core_bed.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/clock.h"
#include "tests/unit/alloc/fail_alloc.h"

enum { COMMAND_MS = 500 };

static const struct hca_config config = { .command_ms = COMMAND_MS, .bringup_ms = 5000 };

static unsigned int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* --- commands, on the model ---------------------------------------------------------- */

static uint64_t commands(struct model_bed *bed)
{
	struct model_bed_counts c;

	model_bed_counts(bed, 0, &c);
	return c.commands;
}

/* Whatever happened, nothing of ours is with the HCA or mapped any more. */
static void assert_nothing_left(struct model_bed *bed)
{
	struct model_bed_counts c;

	model_bed_wait_detached(bed);
	model_bed_counts(bed, 0, &c);
	assert_int_equal(c.objects, 0);
	assert_int_equal(c.pages, 0);
	assert_int_equal(c.dma_ranges, 0);
	assert_int_equal(c.swept_ranges, 0);	/* unmapped by us, not by our going */
	assert_int_equal(c.dma_faults, 0);
	assert_false(c.bus_master);
	model_bed_forgive(bed);
}

struct kind {
	const char *inject;
	int open[3];			/* errors that bring-up may end with; 0: none */
	const char *text[3];		/* one of which is in the message */
};

static const struct kind kinds[] = {
	{ "kind=status status=4", { -EREMOTEIO },
	  { "bad system state (status 0x4, syndrome 0x0)" } },
	{ "kind=timeout", { -ETIMEDOUT }, { "no answer within the time limit" } },
	{ "kind=gone", { -ENODEV }, { "the device is gone" } },
	{ "kind=garbage", { -EIO, -EREMOTEIO, -EOPNOTSUPP },
	  { "makes no sense", "status 0x", "does not support ISSI 1" } },
};

static void check_error(const struct kind *k, int err, const char *text)
{
	unsigned int i;

	for (i = 0; i < 3 && k->open[i]; i++)
		if (err == k->open[i])
			break;
	if (i == 3 || !k->open[i])
		fail_msg("%s: %d: %s", k->inject, err, text);
	for (i = 0; i < 3 && k->text[i]; i++)
		if (strstr(text, k->text[i]))
			return;
	fail_msg("%s: %d: %s", k->inject, err, text);
}

/* One life in which the @n-th command goes wrong: whether any did. */
static bool live_with(struct model_bed *bed, const struct kind *k, unsigned int n,
		      unsigned int *late)
{
	struct hca_close_report report = { 0 };
	struct hca_open_error error = { "" };
	uint64_t before = commands(bed), start = hca_now_ms();
	struct hca *hca;
	int err;

	model_bed_control(bed, "inject a %s after=%u", k->inject, n);
	err = core_try_open(bed, 0, &config, &hca, &error);
	if (err) {
		check_error(k, err, error.text);
		/* The step and the command are named. */
		assert_non_null(strstr(error.text, ": "));
	} else {
		hca_close(hca, &report);
		*late += report.err != 0;
		assert_int_equal(!report.err, !report.step[0]);
	}
	assert_true(hca_now_ms() - start < 20000);
	model_bed_control(bed, "inject a kind=none");
	assert_nothing_left(bed);
	return err || report.err || commands(bed) - before > n;
}

/* One by one until the life has fewer commands than that. */
static void sweep_commands(struct model_bed *bed, const struct kind *k)
{
	unsigned int n, late = 0, files;

	core_close(core_open(bed, 0, &config));
	model_bed_wait_detached(bed);
	files = open_files();
	for (n = 0; live_with(bed, k, n, &late); n++)
		;
	/* As many as the stock driver's order has; a virtual function has one less. */
	assert_true(n >= 28);
	print_message("%s: %u commands, %u seen on the way back\n", k->inject, n, late);
	assert_true(late > 0);
	assert_int_equal(open_files(), files);
	core_close(core_open(bed, 0, NULL));
}

static void every_command_may_be_refused(void **state)
{
	sweep_commands(*state, &kinds[0]);
}

static void every_command_may_stay_unanswered(void **state)
{
	sweep_commands(*state, &kinds[1]);
}

static void the_device_may_go_at_every_command(void **state)
{
	sweep_commands(*state, &kinds[2]);
}

static void every_command_may_be_answered_with_garbage(void **state)
{
	sweep_commands(*state, &kinds[3]);
}

/* --- the IOMMU and memory, on paper ---------------------------------------------------- */

/* Up and down. The first error, if any; it has a text. */
static int life(struct paper_hca *p, struct hca_close_report *report)
{
	struct hca_open_error error = { "" };
	struct hca *hca;
	int err;

	memset(report, 0, sizeof(*report));
	err = hca_open(&p->t, &config, &hca, &error);
	if (err) {
		assert_true(strlen(error.text) > 0);
		paper_close(p);
		return err;
	}
	hca_close(hca, report);
	return report->err;
}

static void every_mapping_may_fail(void **state)
{
	static const int errors[] = { -ENOMEM, -ENOSPC, -EIO };
	struct paper_hca *p = calloc(1, sizeof(*p));
	struct hca_close_report report;
	unsigned int i, n;

	(void)state;
	for (i = 0; i < 3; i++) {
		for (n = 1;; n++) {
			paper_open(p, NULL);
			fake_domain_fail_map(p->domain, n, errors[i]);
			if (!life(p, &report))
				break;
			assert_int_equal(p->domain_left, 0);
		}
		assert_true(n > 1);
	}
	/* Not only one, but all from the second on. */
	paper_open(p, NULL);
	p->domain->caps.max_maps = 1;
	assert_int_equal(life(p, &report), -ENOSPC);
	assert_int_equal(p->domain_left, 0);
	free(p);
}

static void every_unmapping_may_fail_or_lie(void **state)
{
	struct paper_hca *p = calloc(1, sizeof(*p));
	struct hca_close_report report;
	unsigned int how, n;

	(void)state;
	for (how = 0; how < 2; how++) {
		for (n = 1;; n++) {
			paper_open(p, NULL);
			if (how)
				fake_domain_lie(p->domain, n, 0, false);
			else
				fake_domain_fail_unmap(p->domain, n, -EIO);
			if (!life(p, &report))
				break;
			assert_int_equal(report.err, -EUCLEAN);
			assert_string_equal(report.step, "unmapping was not confirmed");
			assert_int_equal(report.maps_left, 1);
			assert_int_equal(p->domain_left, 0);	/* the space's end tried again */
		}
		assert_true(n > 1);
	}
	free(p);
}

static void every_allocation_may_fail(void **state)
{
	struct paper_hca *p = calloc(1, sizeof(*p));
	struct hca_close_report report;
	unsigned int files = open_files();
	unsigned long n, asked, failed = 0;
	int err;

	(void)state;
	for (n = 1;; n++) {
		paper_open(p, NULL);
		fail_alloc_arm(n, false);
		err = life(p, &report);
		asked = fail_alloc_disarm();
		if (err)
			assert_int_equal(err, -ENOMEM);
		failed += !!err;
		assert_int_equal(p->domain_left, 0);
		assert_int_equal(open_files(), files);
		if (asked < n)
			break;
	}
	print_message("%lu allocations, %lu of them fatal\n", n - 1, failed);
	assert_true(failed > 10);
	/* And with nothing at all from the n-th on. */
	for (n = 1; n < asked; n++) {
		paper_open(p, NULL);
		fail_alloc_arm(n, true);
		err = life(p, &report);
		fail_alloc_disarm();
		assert_true(!err || err == -ENOMEM);
		assert_int_equal(p->domain_left, 0);
		assert_int_equal(open_files(), files);
	}
	free(p);
}

int main(void)
{
#define MODEL(name) cmocka_unit_test_setup_teardown(name, model_bed_setup_pf, model_bed_teardown)
	const struct CMUnitTest tests[] = {
		MODEL(every_command_may_be_refused),
		cmocka_unit_test_setup_teardown(every_command_may_be_refused, model_bed_setup_vf,
						model_bed_teardown),
		MODEL(every_command_may_stay_unanswered),
		MODEL(the_device_may_go_at_every_command),
		MODEL(every_command_may_be_answered_with_garbage),
		cmocka_unit_test(every_mapping_may_fail),
		cmocka_unit_test(every_unmapping_may_fail_or_lie),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
