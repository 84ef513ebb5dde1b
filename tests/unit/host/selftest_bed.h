/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what tests of the self-test share: a run on a model, looks at its report.
 * It must never know what is made to go wrong.
 */
#ifndef TESTS_UNIT_HOST_SELFTEST_BED_H
#define TESTS_UNIT_HOST_SELFTEST_BED_H

#include "host-backend/selftest/selftest.h"
#include "tests/unit/host/model_bed.h"

/* Open files of this process. */
unsigned int selftest_bed_fds(void);
/* So many again. Waits a little: the model closes its end of a connection when it gets to it. */
void selftest_bed_assert_fds(unsigned int fds);

/* What the report has under that name; NULL: no such step. */
const struct selftest_step *selftest_bed_step(const struct selftest_report *report,
					      const char *name);

/* The whole report on stdout, as a failed test shows it. */
void selftest_bed_print(const struct selftest_report *report);

/* Every step went well, none was left out. */
void selftest_bed_assert_ok(const struct selftest_report *report);
/* This step failed so, and @part is in its text. */
void selftest_bed_assert_failed(const struct selftest_report *report, const char *name, int err,
				const char *part);
/* A failed report says of every failed step what failed. */
void selftest_bed_assert_clear(const struct selftest_report *report);

#endif
