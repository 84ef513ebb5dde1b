// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the price of a registration by size, policy and contiguity: our own code
 * on a domain that does nothing, and over kernel VFIO next to the bare ioctls
 * for the same runs. Must never know how the parts share the command line.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tests/bench/median.h"
#include "tests/bench/registration.h"
#include "tests/unit/iommu/fake_domain.h"
#include "tests/unit/iommu/vfio_group.h"

#define MIN_ROUNDS	4u
#define MAX_ROUNDS	100u	/* of one policy alone */
#define MAX_TURNS	1000u	/* of ours and the bare ioctls */
#define SURE		3u	/* times as many turns before a target counts as missed */
#define ROUND_SECONDS	0.02	/* at least, of one policy alone */
#define ALL_SECONDS	4.0	/* about, between the bounds above */
#define TYPE1_MAPS	65535u
#define TARGET_OVERHEAD	5.0
#define RW		(IOMMU_READ | IOMMU_WRITE)

static const struct shape {
	const char *name;
	uint64_t piece;		/* 0: all in one */
} shapes[] = { { "one", 0 }, { "2MiB", 2 << 20 }, { "4KiB", BENCH_PAGE } };

static const uint64_t sizes[] = { 4ull << 10, 64ull << 10, 1ull << 20,
				  16ull << 20, 256ull << 20, 1ull << 30 };

/* Cold: nothing idles when it begins. */
static const struct variant {
	enum iommu_policy policy;
	bool cold;
	const char *name;
} variants[] = {
	{ IOMMU_POLICY_EXACT, false, "exact" },
	{ IOMMU_POLICY_LAZY, false, "lazy" },
	{ IOMMU_POLICY_LAZY, true, "lazy-cold" },
	{ IOMMU_POLICY_GRANULE, false, "granule" },
	{ IOMMU_POLICY_GRANULE, true, "granule-cold" },
	{ IOMMU_POLICY_STATIC, false, "static" },
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* The bare ioctls for the same runs: VFIO's own words, no code of ours. */
struct bare {
	int container;
	uint8_t *base;		/* guest memory in this process */
	struct iova_block *block;
};

struct work {
	struct bench_bed *bed;
	const struct variant *variant;
	struct bench_runs runs;
	struct bench_row row;
	const struct bare *bare;	/* NULL: none */
	double (*clock)(void);
};

static int ours(struct work *work, size_t *bus_runs)
{
	struct iommu_request request = {
		.owner = &work->bed->owner,
		.runs = work->runs.runs,
		.n_runs = work->runs.n,
		.access = RW,
	};
	struct iommu_registration *reg;
	struct iommu_refusal refusal;
	static char text[256];
	int ret;

	ret = iommu_register(work->bed->registrar, &request, &reg, &refusal);
	if (ret) {
		iommu_refusal_text(&refusal, text, sizeof(text));
		work->row.refused = text;
		return ret;
	}
	if (bus_runs)
		iommu_registration_bus(reg, bus_runs);
	ret = iommu_deregister(work->bed->registrar, reg);
	if (!ret && work->variant->cold)
		ret = iommu_registrar_flush(work->bed->registrar);
	if (ret)
		bench_die("deregister", ret);
	return 0;
}

static void theirs(struct work *work)
{
	const struct bare *bare = work->bare;
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = bare->block->iova, .size = work->runs.bytes,
	};
	uint64_t iova = bare->block->iova;

	for (size_t i = 0; i < work->runs.n; i++) {
		const struct gpa_run *run = &work->runs.runs[i];
		struct vfio_iommu_type1_dma_map map = {
			.argsz = sizeof(map),
			.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
			.vaddr = (uintptr_t)bare->base + run->gpa,
			.iova = iova,
			.size = run->size,
		};

		if (ioctl(bare->container, VFIO_IOMMU_MAP_DMA, &map))
			bench_die("bare map", -errno);
		iova += run->size;
	}
	if (ioctl(bare->container, VFIO_IOMMU_UNMAP_DMA, &unmap) ||
	    unmap.size != work->runs.bytes)
		bench_die("bare unmap", -errno);
}

static double timed_ours(struct work *work, unsigned int n)
{
	double start = work->clock();

	for (unsigned int i = 0; i < n; i++)
		ours(work, NULL);
	return work->clock() - start;
}

static double timed_theirs(struct work *work)
{
	double start = work->clock();

	theirs(work);
	return work->clock() - start;
}

static double quicker(double a, double b)
{
	return a < b ? a : b;
}

/* What takes @seconds once is not done too often, nor too seldom. An even number, as @most is. */
static unsigned int rounds_for(double seconds, unsigned int most)
{
	double rounds = ALL_SECONDS / seconds;

	if (rounds < MIN_ROUNDS)
		return MIN_ROUNDS;
	return rounds > most ? most : (unsigned int)rounds & ~1u;
}

/*
 * By as many at a time as make the clock's own cost small; the quickest round counts.
 * What took long the first time (@spent, in seconds) is not done again.
 */
static void measure_alone(struct work *work, double spent)
{
	unsigned int batch = 1, rounds;

	if (spent < ALL_SECONDS) {
		while ((spent = timed_ours(work, batch)) < ROUND_SECONDS)
			batch *= 2;
		rounds = rounds_for(spent, MAX_ROUNDS);
		for (unsigned int r = 1; r < rounds; r++)
			spent = quicker(spent, timed_ours(work, batch));
	}
	work->row.ns = spent / batch * 1e9;
}

/*
 * Ours and theirs in turns, each as often first, so that whatever else the machine
 * does falls on both alike. What ours costs more is compared within each turn, and
 * the median of all turns counts; of the times, the quickest of each does. What
 * seems to miss the target is measured longer, for turns of many seconds are few.
 * @spent_once: seconds that ours took once.
 */
static void measure_both(struct work *work, double spent_once)
{
	unsigned int turns = rounds_for(spent_once, MAX_TURNS), sure = SURE * turns;
	double best[2] = { HUGE_VAL, HUGE_VAL }, ratio[SURE * MAX_TURNS];

	for (unsigned int t = 0; t < turns; t++) {
		double spent[2];

		if (t % 2)
			spent[1] = timed_theirs(work);
		spent[0] = timed_ours(work, 1);
		if (!(t % 2))
			spent[1] = timed_theirs(work);
		best[0] = quicker(best[0], spent[0]);
		best[1] = quicker(best[1], spent[1]);
		ratio[t] = spent[0] / spent[1];
		if (t + 1 < turns)
			continue;
		work->row.overhead = (bench_median(ratio, turns) - 1) * 100;
		if (work->row.overhead > TARGET_OVERHEAD && turns < sure)
			turns = sure;
	}
	work->row.ns = best[0] * 1e9;
	work->row.bare_ns = best[1] * 1e9;
}

static void work_do(struct work *work, FILE *csv)
{
	struct ioas_stats before, after;
	double start;

	work->row.policy = work->variant->name;
	work->row.bytes = work->runs.bytes;
	work->row.runs = work->runs.n;
	work->row.refused = NULL;
	ioas_stats(work->bed->ioas, &before);
	start = work->clock();
	if (!ours(work, &work->row.bus_runs)) {
		double spent = work->clock() - start;

		ioas_stats(work->bed->ioas, &after);
		work->row.maps = after.map_calls - before.map_calls;
		if (work->bare)
			measure_both(work, spent);
		else
			measure_alone(work, spent);
	}
	bench_row_print(&work->row, csv);
}

/* One size in one shape, by every policy. */
static void cost_of(struct work *work, FILE *csv, uint64_t span)
{
	for (unsigned int v = 0; v < COUNT(variants); v++) {
		const struct fake_domain_config config = {
			.null = true, .max_maps = TYPE1_MAPS,
		};
		struct bench_bed bed;

		bench_bed_open(&bed, fake_domain_create(&config), variants[v].policy, span);
		work->bed = &bed;
		work->variant = &variants[v];
		work_do(work, csv);
		bench_bed_close(&bed);
	}
}

int bench_cost(FILE *csv, uint64_t max)
{
	for (unsigned int s = 0; s < COUNT(shapes); s++) {
		for (unsigned int i = 0; i < COUNT(sizes); i++) {
			struct work work = { .clock = bench_cpu,
					     .row = { .part = "null", .shape = shapes[s].name } };
			uint64_t span = bench_runs_span(sizes[i], shapes[s].piece);

			if (sizes[i] > max || sizes[i] < 2 * shapes[s].piece)
				continue;
			bench_runs_make(&work.runs, sizes[i], shapes[s].piece);
			cost_of(&work, csv, span < 2 << 20 ? 2 << 20 : span);
			bench_runs_free(&work.runs);
		}
	}
	return 0;
}

static void bare_open(struct bare *bare, struct bench_bed *bed, uint64_t bytes)
{
	int ret = ioas_take(bed->ioas, bytes, 0, &bare->block);

	if (ret)
		bench_die("bus addresses", ret);
	bare->base = mmap(NULL, bed->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bed->memfd, 0);
	if (bare->base == MAP_FAILED)
		bench_die("mmap", -errno);
}

static void bare_close(struct bare *bare, struct bench_bed *bed)
{
	munmap(bare->base, bed->bytes);
	ioas_give(bed->ioas, bare->block);
}

/* One size in one shape by one policy, in a container of its own. */
static int vfio_one(struct work *work, FILE *csv, const char *bdf, uint64_t span)
{
	struct iommu_domain *domain;
	struct vfio_group vfio;
	struct bench_bed bed;
	struct bare bare;
	int ret = vfio_group_open(bdf, &vfio, &domain);

	if (ret)
		bench_die(bdf, ret);
	bench_bed_open(&bed, domain, work->variant->policy, span);
	/* the first round finds memory there, as of a guest that uses it */
	ret = posix_fallocate(bed.memfd, 0, (off_t)bed.bytes);
	if (ret)
		bench_die("memory", -ret);
	work->bed = &bed;
	work->bare = NULL;
	if (work->variant->policy == IOMMU_POLICY_EXACT &&
	    work->runs.n <= ioas_maps_left(bed.ioas)) {
		bare.container = vfio.container;
		bare_open(&bare, &bed, work->runs.bytes);
		work->bare = &bare;
	}
	work_do(work, csv);
	if (work->bare)
		bare_close(&bare, &bed);
	bench_bed_close(&bed);
	vfio_group_close(&vfio);
	if (!work->bare || work->row.overhead <= TARGET_OVERHEAD)
		return 0;
	fprintf(stderr, "missed: %.0f %% over the bare ioctls\n", TARGET_OVERHEAD);
	return 1;
}

int bench_vfio(FILE *csv, uint64_t max, const char *bdf)
{
	int missed = 0;

	for (unsigned int s = 0; s < COUNT(shapes); s++) {
		for (unsigned int i = 0; i < COUNT(sizes); i++) {
			struct work work = { .clock = bench_now,
					     .row = { .part = "vfio", .shape = shapes[s].name } };
			uint64_t span = bench_runs_span(sizes[i], shapes[s].piece);

			if (sizes[i] > max || sizes[i] < 2 * shapes[s].piece)
				continue;
			bench_runs_make(&work.runs, sizes[i], shapes[s].piece);
			for (unsigned int v = 0; v < COUNT(variants); v++) {
				work.variant = &variants[v];
				missed |= vfio_one(&work, csv, bdf,
						   span < 2 << 20 ? 2 << 20 : span);
			}
			bench_runs_free(&work.runs);
		}
	}
	return missed;
}
