// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the reading of command lines. Must never know what a program does with
 * them.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lab/verbs/options.h"

#define STATUS_USAGE	2

void verbs_options_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	argp_err_exit_status = STATUS_USAGE;
	if (argp_parse(argp, argc, argv, 0, NULL, input))
		exit(STATUS_USAGE);
}

/* log2 of what the letter stands for; -1: not a suffix. */
static int suffix_shift(const char *suffix)
{
	static const char letters[] = "KMG";
	const char *found;

	if (!*suffix)
		return 0;
	found = strchr(letters, *suffix);
	return found && !suffix[1] ? (int)(found - letters + 1) * 10 : -1;
}

uint64_t verbs_options_number(struct argp_state *state, const char *text, uint64_t min, uint64_t max)
{
	unsigned long long n;
	bool good;
	char *end;
	int shift;

	errno = 0;
	n = strtoull(text, &end, 0);
	shift = suffix_shift(end);
	good = isdigit((unsigned char)*text) && end != text && !errno && shift >= 0;
	if (!good || n > UINT64_MAX >> shift || n << shift < min || n << shift > max)
		argp_error(state, "'%s' is not a number from %llu to %llu", text,
			   (unsigned long long)min, (unsigned long long)max);
	return (uint64_t)n << shift;
}
