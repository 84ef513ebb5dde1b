// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the words of a complaint: program, call, errno. Must never know what the
 * call was for.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/lab/verbs/complaint.h"

int verbs_failed(int error, const char *call, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, call);
	vfprintf(stderr, call, args);
	va_end(args);
	if (!error) {
		fprintf(stderr, ": failed without an errno\n");
		return -EIO;
	}
	fprintf(stderr, ": %s (errno %d)\n", strerror(error), error);
	return -error;
}
