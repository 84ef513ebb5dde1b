// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the readable record and the log. It must never know more of an object
 * than the line it prints.
 */
#include "tests/hca-model/trace.h"

#include <stdarg.h>
#include <time.h>

static void line(FILE *f, const struct hca *hca, const char *fmt, va_list args)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	fprintf(f, "%lld.%06ld %s: ", (long long)now.tv_sec, now.tv_nsec / 1000, hca->name);
	vfprintf(f, fmt, args);
	fputc('\n', f);
}

void trace_line(const struct hca *hca, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line(hca->model->trace, hca, fmt, args);
	va_end(args);
}

void hca_log(const struct hca *hca, const char *fmt, ...)
{
	va_list args;

	if (hca->model->log) {
		va_start(args, fmt);
		line(hca->model->log, hca, fmt, args);
		va_end(args);
	}
	if (trace_on(hca)) {
		va_start(args, fmt);
		line(hca->model->trace, hca, fmt, args);
		va_end(args);
	}
}
