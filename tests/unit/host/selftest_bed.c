// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how tests look at reports of the self-test. It must never know what is
 * made to go wrong.
 */
#include "tests/unit/host/selftest_bed.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { CLOSE_MS = 2000 };

unsigned int selftest_bed_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

void selftest_bed_assert_fds(unsigned int fds)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	unsigned int ms;

	for (ms = 0; ms < CLOSE_MS && selftest_bed_fds() != fds; ms++)
		nanosleep(&pause, NULL);
	assert_int_equal(selftest_bed_fds(), fds);
}

const struct selftest_step *selftest_bed_step(const struct selftest_report *report,
					      const char *name)
{
	size_t i;

	for (i = 0; i < report->n_steps; i++)
		if (!strcmp(report->steps[i].name, name))
			return &report->steps[i];
	return NULL;
}

void selftest_bed_print(const struct selftest_report *report)
{
	static const char *const results[] = { "ok", "FAILED", "skipped" };
	const struct selftest_step *step;
	size_t i;

	for (i = 0; i < report->n_steps; i++) {
		step = &report->steps[i];
		print_message("# %-16s %-8s %6llu us  %s\n", step->name, results[step->result],
			      (unsigned long long)step->us, step->text);
	}
}

void selftest_bed_assert_ok(const struct selftest_report *report)
{
	size_t i;

	for (i = 0; i < report->n_steps; i++) {
		if (report->steps[i].result == SELFTEST_OK)
			continue;
		selftest_bed_print(report);
		fail_msg("%s: %s", report->steps[i].name, report->steps[i].text);
	}
	assert_int_equal(report->err, 0);
	assert_int_equal(report->n_failed, 0);
}

void selftest_bed_assert_failed(const struct selftest_report *report, const char *name, int err,
				const char *part)
{
	const struct selftest_step *step = selftest_bed_step(report, name);

	if (!step || step->result != SELFTEST_FAILED || step->err != err ||
	    !strstr(step->text, part)) {
		selftest_bed_print(report);
		fail_msg("%s should have failed with %d, \"%s\"", name, err, part);
	}
}

void selftest_bed_assert_clear(const struct selftest_report *report)
{
	const struct selftest_step *step;
	size_t i, failed = 0;

	for (i = 0; i < report->n_steps; i++) {
		step = &report->steps[i];
		if ((step->result == SELFTEST_FAILED) != (step->err != 0) ||
		    (step->result == SELFTEST_FAILED && !step->text[0])) {
			selftest_bed_print(report);
			fail_msg("%s says nothing, or two things", step->name);
		}
		failed += step->result == SELFTEST_FAILED;
	}
	assert_int_equal(failed, report->n_failed);
	assert_int_equal(failed > 0, report->err != 0);
}
