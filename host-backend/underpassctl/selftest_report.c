// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how self-tests look on a terminal and to programs. Must never know how
 * an HCA is tested.
 */
#include "host-backend/underpassctl/selftest_report.h"

#include <inttypes.h>

#include "host-backend/underpassctl/json.h"

static const char *const words[] = {
	[SELFTEST_OK] = "ok",
	[SELFTEST_FAILED] = "FAILED",
	[SELFTEST_SKIPPED] = "skipped",
};

static const char *const json_words[] = {
	[SELFTEST_OK] = "ok",
	[SELFTEST_FAILED] = "failed",
	[SELFTEST_SKIPPED] = "skipped",
};

void selftest_report_step(const struct selftest_step *step, FILE *out)
{
	fprintf(out, "%-7s  %-16s %7" PRIu64 ".%" PRIu64 " ms%s%s\n", words[step->result],
		step->name, step->us / 1000, step->us % 1000 / 100, step->text[0] ? "  " : "",
		step->text);
	fflush(out);
}

void selftest_report_cycle(const struct selftest_report *report, unsigned int cycle,
			   unsigned int cycles, FILE *out)
{
	unsigned int count[] = { [SELFTEST_OK] = 0, [SELFTEST_FAILED] = 0, [SELFTEST_SKIPPED] = 0 };
	uint64_t us = 0;
	size_t i;

	for (i = 0; i < report->n_steps; i++) {
		count[report->steps[i].result]++;
		us += report->steps[i].us;
	}
	fprintf(out, "cycle %u of %u: %u ok, %u skipped, %u failed, %" PRIu64 ".%" PRIu64 " ms\n",
		cycle, cycles, count[SELFTEST_OK], count[SELFTEST_SKIPPED], count[SELFTEST_FAILED],
		us / 1000, us % 1000 / 100);
	fflush(out);
}

json_t *selftest_report_json(const struct selftest_report *report)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < report->n_steps; i++) {
		const struct selftest_step *step = &report->steps[i];

		ctl_json_add(&list, json_pack("{ss ss si sI so}", "name", step->name,
					      "result", json_words[step->result],
					      "errno", -step->err,
					      "microseconds", (json_int_t)step->us,
					      "text", ctl_json_text(step->text)));
	}
	return json_pack("{sb so}", "passed", !report->err && !report->n_failed, "steps", list);
}
