// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the price of book-keeping alone: single-page registrations on a domain
 * that does nothing, replaced in random order while many are live. Must never
 * know sizes or shapes.
 */
#include <malloc.h>
#include <stdlib.h>

#include "tests/bench/registration.h"
#include "tests/unit/iommu/fake_domain.h"

#define SLICES		20u
#define SLICE_SECONDS	0.05
#define BATCH		512u

#define TARGET_BYTES	200.0

struct book {
	struct bench_bed bed;
	struct iommu_registration **live;
	uint64_t n, pages, seed;
};

static void book_register(struct book *book, uint64_t slot)
{
	struct gpa_run run = { bench_random(&book->seed) % book->pages * BENCH_PAGE,
			       BENCH_PAGE };
	struct iommu_request request = {
		.owner = &book->bed.owner,
		.runs = &run,
		.n_runs = 1,
		.access = IOMMU_READ | IOMMU_WRITE,
		.va = run.gpa,
	};
	int ret = iommu_register(book->bed.registrar, &request, &book->live[slot], NULL);

	if (ret)
		bench_die("register", ret);
}

static void book_deregister(struct book *book, uint64_t slot)
{
	int ret = iommu_deregister(book->bed.registrar, book->live[slot]);

	if (ret)
		bench_die("deregister", ret);
}

/* Return: ns of processor time per deregister and register. */
static double slice(struct book *book)
{
	double start = bench_cpu(), end;
	uint64_t n = 0;

	do {
		for (unsigned int i = 0; i < BATCH; i++) {
			uint64_t slot = bench_random(&book->seed) % book->n;

			book_deregister(book, slot);
			book_register(book, slot);
		}
		iommu_registrar_tick(book->bed.registrar);
		n += BATCH;
		end = bench_cpu();
	} while (end - start < SLICE_SECONDS);
	return (end - start) / (double)n * 1e9;
}

static size_t heap(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static int measure(FILE *csv, enum iommu_policy policy, uint64_t live, double target)
{
	const struct fake_domain_config config = { .null = true };
	struct bench_row row = { .part = "book", .policy = bench_policy_name(policy),
				 .shape = "page", .live = live };
	struct book book = { .n = live, .pages = 2 * live, .seed = 1 };
	size_t before;

	bench_bed_open(&book.bed, fake_domain_create(&config), policy,
		       book.pages * BENCH_PAGE);
	book.live = calloc(live, sizeof(*book.live));
	if (!book.live)
		bench_die("slots", -1);
	before = heap();
	for (uint64_t i = 0; i < live; i++)
		book_register(&book, i);
	row.memory = (double)(heap() - before) / (double)live;
	/* The quickest counts: others share the machine and its caches. */
	row.ns = slice(&book);
	for (unsigned int i = 0; i < SLICES; i++) {
		double ns = slice(&book);

		row.ns = ns < row.ns ? ns : row.ns;
	}
	bench_row_print(&row, csv);
	for (uint64_t i = 0; i < live; i++)
		book_deregister(&book, i);
	bench_bed_close(&book.bed);
	free(book.live);
	if (row.ns <= target && row.memory <= TARGET_BYTES)
		return 0;
	fprintf(stderr, "missed: %.0f ns and %.0f bytes each\n", target, TARGET_BYTES);
	return 1;
}

int bench_book_keeping(FILE *csv)
{
	int missed = 0;

	for (enum iommu_policy p = IOMMU_POLICY_EXACT; p <= IOMMU_POLICY_STATIC; p++) {
		missed |= measure(csv, p, 1000, 1000.0);
		missed |= measure(csv, p, 1000000, 2000.0);
	}
	return missed;
}
