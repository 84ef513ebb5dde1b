// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what the parts of the registration benchmark share. Must never know
 * the targets.
 */
#include "tests/bench/registration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

_Noreturn void bench_die(const char *what, int err)
{
	fprintf(stderr, "bench_registration: %s: %s\n", what, strerror(-err));
	exit(2);
}

uint64_t bench_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return *seed >> 33;
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double bench_now(void)
{
	return seconds(CLOCK_MONOTONIC);
}

double bench_cpu(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

const char *bench_policy_name(enum iommu_policy policy)
{
	static const char *const names[] = { "exact", "lazy", "granule", "static" };

	return names[policy];
}

void bench_bed_open(struct bench_bed *bed, struct iommu_domain *domain,
		    enum iommu_policy policy, uint64_t bytes)
{
	struct iommu_registrar_config config = { .policy = policy };
	int ret;

	bed->bytes = bytes;
	bed->owner = (struct iommu_owner){ .max_bytes = UINT64_MAX,
					   .max_registrations = UINT64_MAX };
	bed->memfd = memfd_create("bench", MFD_CLOEXEC);
	if (bed->memfd < 0 || ftruncate(bed->memfd, (off_t)bytes))
		bench_die("memory", -errno);
	ret = ioas_create(domain, &bed->ioas);
	if (ret)
		bench_die("address space", ret);
	ret = guest_memory_create(&bed->memory);
	if (!ret)
		ret = iommu_registrar_create(bed->ioas, bed->memory, &config,
					     &bed->registrar);
	if (!ret)
		ret = iommu_region_add(bed->registrar, 0, bytes,
				       IOMMU_READ | IOMMU_WRITE, bed->memfd, 0);
	if (ret)
		bench_die("registrar", ret);
}

void bench_bed_close(struct bench_bed *bed)
{
	iommu_region_remove(bed->registrar, 0, bed->bytes);
	iommu_registrar_destroy(bed->registrar);
	guest_memory_destroy(bed->memory);
	ioas_destroy(bed->ioas);
	close(bed->memfd);
}

uint64_t bench_runs_span(uint64_t bytes, uint64_t piece)
{
	return piece ? 2 * bytes : bytes;
}

void bench_runs_make(struct bench_runs *runs, uint64_t bytes, uint64_t piece)
{
	uint64_t seed = 1;

	runs->bytes = bytes;
	runs->n = piece ? bytes / piece : 1;
	runs->runs = calloc(runs->n, sizeof(*runs->runs));
	if (!runs->runs)
		bench_die("runs", -ENOMEM);
	if (!piece)
		piece = bytes;
	for (size_t i = 0; i < runs->n; i++) {
		size_t j = bench_random(&seed) % (i + 1);

		runs->runs[i] = runs->runs[j];
		runs->runs[j] = (struct gpa_run){ 2 * i * piece, piece };
	}
}

void bench_runs_free(struct bench_runs *runs)
{
	free(runs->runs);
}

void bench_row_head(FILE *csv)
{
	if (csv)
		fprintf(csv, "part,policy,shape,bytes,runs,live,ns,bare_ns,overhead_percent,"
			"maps,bus_runs,memory_each,refused\n");
}

static void print_size(uint64_t bytes)
{
	if (bytes >= 1ull << 30)
		printf(" %4llu GiB", (unsigned long long)bytes >> 30);
	else if (bytes >= 1ull << 20)
		printf(" %4llu MiB", (unsigned long long)bytes >> 20);
	else
		printf(" %4llu KiB", (unsigned long long)bytes >> 10);
}

void bench_row_print(const struct bench_row *row, FILE *csv)
{
	printf("%-5s %-12s %-9s", row->part, row->policy, row->shape);
	if (row->bytes)
		print_size(row->bytes);
	if (row->live)
		printf(" %8llu live", (unsigned long long)row->live);
	if (row->refused)
		printf("  refused: %.60s ...", row->refused);
	else
		printf(" %13.0f ns", row->ns);
	if (row->bare_ns > 0)
		printf(" bare %13.0f ns, over %5.1f %%", row->bare_ns, row->overhead);
	if (row->bytes && !row->refused)
		printf(" %7llu maps %7zu bus runs", (unsigned long long)row->maps,
		       row->bus_runs);
	if (row->memory > 0)
		printf(" %6.1f bytes each", row->memory);
	printf("\n");
	fflush(stdout);
	if (!csv)
		return;
	fprintf(csv, "%s,%s,%s,%llu,%llu,%llu,%.1f,%.1f,%.2f,%llu,%zu,%.1f,%d\n", row->part,
		row->policy, row->shape, (unsigned long long)row->bytes,
		(unsigned long long)row->runs, (unsigned long long)row->live, row->ns,
		row->bare_ns, row->overhead, (unsigned long long)row->maps, row->bus_runs,
		row->memory, row->refused != NULL);
}
