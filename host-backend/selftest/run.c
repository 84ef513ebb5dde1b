// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the book of a self-test: steps, their times and their texts. Must never
 * know what a step does.
 */
#include "host-backend/selftest/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The last place is kept for the last step. */
static struct selftest_step *next_step(struct selftest_report *report, const char *name)
{
	struct selftest_step *step;

	if (report->n_steps < SELFTEST_MAX_STEPS)
		report->n_steps++;
	step = &report->steps[report->n_steps - 1];
	*step = (struct selftest_step){ .name = name };
	return step;
}

static void tell(struct st_run *run)
{
	if (run->config.told)
		run->config.told(run->config.ctx, run->step);
	run->step = NULL;
}

int st_step(struct st_run *run, const char *name, st_step_fn fn)
{
	uint64_t start = now_us();
	uint32_t syndrome;
	int err;

	run->step = next_step(run->report, name);
	run->what[0] = 0;
	run->messages = 0;
	run->bytes = 0;
	err = fn(run);
	syndrome = run->hca ? hca_fatal(run->hca) : 0;
	if (err && syndrome) {		/* explains whatever else went wrong */
		run->step->result = SELFTEST_OK;
		st_fail(run, err, "the HCA is dead: %s", hca_fatal_text(syndrome));
	} else if (err && run->step->result == SELFTEST_OK) {
		st_fail(run, err, "%s", strerror(-err));
	}
	run->step->err = err;
	run->step->us = now_us() - start;
	if (err) {
		run->report->n_failed++;
		run->report->err = run->report->err ? run->report->err : err;
	}
	tell(run);
	return err;
}

void st_skip(struct st_run *run, const char *name, const char *why)
{
	run->step = next_step(run->report, name);
	run->step->result = SELFTEST_SKIPPED;
	snprintf(run->step->text, sizeof(run->step->text), "%s", why);
	tell(run);
}

void st_say_what(struct st_run *run, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(run->what, sizeof(run->what), fmt, args);
	va_end(args);
}

void st_note(struct st_run *run, const char *fmt, ...)
{
	va_list args;

	if (run->step->result != SELFTEST_OK)
		return;
	va_start(args, fmt);
	vsnprintf(run->step->text, sizeof(run->step->text), fmt, args);
	va_end(args);
}

int st_leave_out(struct st_run *run, const char *why)
{
	st_note(run, "%s", why);
	run->step->result = SELFTEST_SKIPPED;
	return 0;
}

int st_fail(struct st_run *run, int err, const char *fmt, ...)
{
	char *text = run->step->text;
	va_list args;
	int n = 0;

	if (run->step->result == SELFTEST_FAILED)
		return err;
	run->step->result = SELFTEST_FAILED;
	if (run->what[0])
		n = snprintf(text, sizeof(run->step->text), "%s: ", run->what);
	va_start(args, fmt);
	vsnprintf(text + n, sizeof(run->step->text) - (size_t)n, fmt, args);
	va_end(args);
	return err;
}

int st_fail_command(struct st_run *run, int err, const char *what)
{
	const struct hca_cmd_error *error = hca_cmd_last_error(run->hca);
	char text[200];

	if (!error || error->err != err)
		return st_fail(run, err, "%s: %s", what, strerror(-err));
	hca_cmd_error_text(error, text, sizeof(text));
	return st_fail(run, err, "%s: %s", what, text);
}
