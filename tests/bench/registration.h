/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the parts of the registration benchmark share: a registrar over
 * one big memory file, lists of runs, the clock. Must never know the targets.
 */
#ifndef TESTS_BENCH_REGISTRATION_H
#define TESTS_BENCH_REGISTRATION_H

#include <stdbool.h>
#include <stdio.h>

#include "iommu/registration.h"

#define BENCH_PAGE	4096ull

/* Guest memory of @bytes at address 0, one memory file, never touched by us. */
struct bench_bed {
	struct ioas *ioas;
	struct guest_memory *memory;
	struct iommu_registrar *registrar;
	struct iommu_owner owner;
	int memfd;
	uint64_t bytes;
};

/* @domain is taken over. Ends the program where it cannot. */
void bench_bed_open(struct bench_bed *bed, struct iommu_domain *domain,
		    enum iommu_policy policy, uint64_t bytes);
void bench_bed_close(struct bench_bed *bed);

struct bench_runs {
	struct gpa_run *runs;
	size_t n;
	uint64_t bytes;
};

/*
 * @bytes in pieces of @piece that do not touch each other, from 0 on, in random
 * order; @piece 0: in one piece.
 */
void bench_runs_make(struct bench_runs *runs, uint64_t bytes, uint64_t piece);
void bench_runs_free(struct bench_runs *runs);
/* Guest memory that the above needs. */
uint64_t bench_runs_span(uint64_t bytes, uint64_t piece);

uint64_t bench_random(uint64_t *seed);
/* Seconds: by the clock, and of processor time of this process. */
double bench_now(void);
double bench_cpu(void);
const char *bench_policy_name(enum iommu_policy policy);
_Noreturn void bench_die(const char *what, int err);

/* One line on the terminal and, where @csv is not NULL, the same in a row of it. */
struct bench_row {
	const char *part, *policy, *shape;
	uint64_t bytes, runs, live;	/* 0: does not apply */
	double ns;			/* per register and deregister */
	double bare_ns;			/* bare ioctls for the same runs; 0: not measured */
	double overhead;		/* percent */
	uint64_t maps;			/* map calls */
	size_t bus_runs;
	double memory;			/* bytes each; 0: does not apply */
	const char *refused;		/* the text of a refusal, NULL: none */
};
void bench_row_head(FILE *csv);
void bench_row_print(const struct bench_row *row, FILE *csv);

/* --- the parts: 0, or 1 where a target was missed ------------------------------ */

int bench_book_keeping(FILE *csv);
/* Up to @max bytes, on a domain that does nothing. */
int bench_cost(FILE *csv, uint64_t max);
/* The same over kernel VFIO, next to the bare ioctls. */
int bench_vfio(FILE *csv, uint64_t max, const char *bdf);

#endif
