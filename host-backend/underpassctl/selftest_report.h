/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how self-tests look on a terminal and to programs. Must never know how
 * an HCA is tested.
 */
#ifndef UNDERPASSCTL_SELFTEST_REPORT_H
#define UNDERPASSCTL_SELFTEST_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "host-backend/selftest/selftest.h"

/* "ok      RC write           1.2 ms  64 messages" */
void selftest_report_step(const struct selftest_step *step, FILE *out);
/* "cycle 7 of 100: 30 ok, 2 skipped, 0 failed, 812.4 ms" */
void selftest_report_cycle(const struct selftest_report *report, unsigned int cycle,
			   unsigned int cycles, FILE *out);
/* One cycle; NULL when memory is out. */
json_t *selftest_report_json(const struct selftest_report *report);

#endif
