// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the benchmark of registrations: book-keeping alone with many of them
 * live, and cost by size, policy and contiguity, natively or, with --device,
 * over kernel VFIO next to the bare ioctls. The exit status is 1 when a target
 * is missed. Must never know HCAs.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "tests/bench/registration.h"

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: bench_registration [--device DDDD:BB:DD.F] [--max MIB] [--csv FILE]\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "max", required_argument, NULL, 'm' },
		{ "csv", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	const char *device = NULL;
	uint64_t max = 1ull << 30;
	FILE *csv = NULL;
	int opt, missed;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
			device = optarg;
			break;
		case 'm':
			max = strtoull(optarg, NULL, 0) << 20;
			break;
		case 'c':
			csv = fopen(optarg, "we");
			if (!csv)
				bench_die(optarg, -errno);
			break;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
	bench_row_head(csv);
	if (device)
		missed = bench_vfio(csv, max, device);
	else
		missed = bench_book_keeping(csv) | bench_cost(csv, max);
	if (csv && fclose(csv))
		bench_die("csv", -errno);
	return missed;
}
