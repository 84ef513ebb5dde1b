// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Page lists: the entries give back the exact bytes, the page is the largest
 * that fits. No HCA is needed for that.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/pas.h"

enum { MAX_RUNS = 12, MAX_PAGES = 4096, ROUNDS = 200000, LOG_MAX = 43 };

#define GIB (1ull << 30)
#define MIB (1ull << 20)

static uint64_t rng = 88172645463325252ull;

static uint64_t random64(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static uint64_t below(uint64_t n)
{
	return random64() % n;
}

/* A question to hca_pas_plan(). */
struct plan_case {
	struct bus_run runs[MAX_RUNS];
	size_t n_runs;
	uint64_t start, len, va;
	unsigned int max_log, unit, max_units;
};

static uint64_t total(const struct plan_case *c)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < c->n_runs; i++)
		sum += c->runs[i].size;
	return sum;
}

/* Bus address of byte @off of the range. */
static uint64_t address(const struct plan_case *c, uint64_t off)
{
	size_t i;

	off += c->start;
	for (i = 0; off >= c->runs[i].size; i++)
		off -= c->runs[i].size;
	return c->runs[i].iova + off;
}

/* The byte after each border between runs, and the range's first and last. */
static size_t points(const struct plan_case *c, uint64_t *off)
{
	uint64_t at = 0;
	size_t n = 0, i;

	off[n++] = 0;
	for (i = 0; i < c->n_runs; i++) {
		at += c->runs[i].size;
		if (at > c->start && at - c->start < c->len) {
			off[n++] = at - c->start - 1;
			off[n++] = at - c->start;
		}
	}
	off[n++] = c->len - 1;
	return n;
}

/* Whether pages of this size work, by trying all bytes that matter. */
static bool works(const struct plan_case *c, unsigned int log)
{
	uint64_t page = 1ull << log, off[2 * MAX_RUNS + 2], base;
	size_t n = points(c, off), i, k;

	for (i = 0; i < n; i++) {
		base = address(c, off[i]) - ((c->va + off[i]) & (page - 1));
		if (base & (page - 1))
			return false;
		for (k = 0; k < n; k++)
			if ((c->va + off[i]) >> log == (c->va + off[k]) >> log &&
			    address(c, off[k]) - ((c->va + off[k]) & (page - 1)) != base)
				return false;
	}
	if (!c->unit)
		return true;
	base = c->va & (page - 1);
	return base % (page / c->unit) == 0 && base / (page / c->unit) < c->max_units;
}

/* The page that must be chosen, 0: none. */
static unsigned int best(const struct plan_case *c)
{
	unsigned int enough = 12, log;

	while (enough < c->max_log && c->va >> enough != (c->va + c->len - 1) >> enough)
		enough++;
	for (log = enough; log >= 12; log--)
		if (works(c, log))
			return log;
	for (log = enough + 1; log <= c->max_log; log++)
		if (works(c, log))
			return log;
	return 0;
}

static void check_entries(const struct plan_case *c, const struct hca_pas *pas)
{
	uint64_t page = 1ull << pas->log_page, k, at, entry, off[2 * MAX_RUNS + 2];
	static uint64_t list[MAX_PAGES + 1];
	size_t n, i;

	assert_int_equal(pas->page_offset, c->va & (page - 1));
	assert_int_equal(pas->n, ((c->va + c->len - 1) >> pas->log_page) -
				 (c->va >> pas->log_page) + 1);
	if (pas->n > MAX_PAGES)
		return;
	list[pas->n] = 0x5a5a5a5a5a5a5a5aull;
	hca_pas_write(pas, list, 3);
	assert_true(list[pas->n] == 0x5a5a5a5a5a5a5a5aull);
	n = points(c, off);
	for (i = 0; i < n; i++) {
		at = pas->page_offset + off[i];
		entry = be64toh(list[at >> pas->log_page]);
		assert_int_equal(entry & (page - 1), 3);
		assert_int_equal(entry - 3 + (at & (page - 1)), address(c, off[i]));
	}
	for (k = 1; k < pas->n; k++)
		assert_int_equal(be64toh(list[k]) - 3,
				 address(c, (k << pas->log_page) - pas->page_offset));
}

/* Runs of a random granule; sometimes neighbours, sometimes empty. */
static void random_runs(struct plan_case *c)
{
	uint64_t granule = 4096ull << below(20);
	size_t i;

	c->n_runs = 1 + below(MAX_RUNS);
	for (i = 0; i < c->n_runs; i++) {
		c->runs[i].size = granule * below(9);
		c->runs[i].iova = granule * (1 + below(1u << 12));
		if (i && below(3) == 0)
			c->runs[i].iova = c->runs[i - 1].iova + c->runs[i - 1].size;
	}
	if (!total(c))
		c->runs[0].size = granule;
}

static void random_range(struct plan_case *c)
{
	uint64_t all = total(c);

	c->start = below(all);
	if (below(2))
		c->start &= ~0xfffull;
	if (below(4) == 0)
		c->start &= ~0x3full;
	c->len = 1 + below(all - c->start);
	if (below(3) == 0)
		c->len = all - c->start;
}

static void random_case(struct plan_case *c)
{
	random_runs(c);
	random_range(c);
	c->max_log = below(4) ? LOG_MAX : 12 + (unsigned int)below(31);
	c->unit = 0;
	c->max_units = 0;
	/* As far as the address is the bus address, large pages can fit. */
	c->va = address(c, 0) + (below(3) ? 0 : 1ull << (12 + below(30)));
	if (below(16) == 0)
		c->va += below(4096);
	if (below(2)) {
		c->va = address(c, 0);
		c->unit = 64;
		c->max_units = below(2) ? 64 : 32;
	}
}

static void entries_give_back_the_exact_bytes_with_the_largest_page(void **state)
{
	unsigned int i, none = 0, large = 0;
	struct plan_case c;
	struct hca_pas pas;
	int ret;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		random_case(&c);
		ret = hca_pas_plan(c.runs, c.n_runs, c.start, c.len, c.va, c.max_log, c.unit,
				   c.max_units, &pas);
		if (!best(&c)) {
			assert_int_equal(ret, -EINVAL);
			none++;
			continue;
		}
		assert_int_equal(ret, 0);
		assert_int_equal(pas.log_page, best(&c));
		large += pas.log_page > 12;
		check_entries(&c, &pas);
	}
	/* The cases were worth trying. */
	assert_true(none > ROUNDS / 50 && large > ROUNDS / 10);
}

static void one_gib_in_one_run_takes_one_entry(void **state)
{
	const struct bus_run run = { 5 * GIB, GIB };
	struct hca_pas pas;
	uint64_t entry;

	(void)state;
	assert_int_equal(hca_pas_plan(&run, 1, 0, GIB, 0x7f12c0000000, 31, 0, 0, &pas), 0);
	assert_int_equal(pas.n, 1);
	assert_int_equal(pas.log_page, 30);
	hca_pas_write(&pas, &entry, 0);
	assert_int_equal(be64toh(entry), 5 * GIB);
}

static void a_run_over_a_border_takes_two_entries(void **state)
{
	const struct bus_run run = { 5 * GIB - 4 * MIB, GIB };
	struct hca_pas pas;
	uint64_t entry[2];

	(void)state;
	assert_int_equal(hca_pas_plan(&run, 1, 100, GIB - 200, 0x7f1300000000 - 4 * MIB + 100, 31,
				      0, 0, &pas), 0);
	assert_int_equal(pas.n, 2);
	assert_int_equal(pas.log_page, 30);
	hca_pas_write(&pas, entry, 0);
	assert_int_equal(be64toh(entry[0]), 4 * GIB);
	assert_int_equal(be64toh(entry[1]), 5 * GIB);
}

static void scattered_pages_take_an_entry_each(void **state)
{
	const size_t n = GIB / 4096;
	struct bus_run *runs = calloc(n, sizeof(*runs));
	uint64_t *list = calloc(n, sizeof(*list));
	struct hca_pas pas;
	size_t i;

	(void)state;
	assert_non_null(runs);
	assert_non_null(list);
	for (i = 0; i < n; i++)
		runs[i] = (struct bus_run){ (2 * (n - i)) << 12, 4096 };
	assert_int_equal(hca_pas_plan(runs, n, 0, GIB, 0x10000000000, 31, 0, 0, &pas), 0);
	assert_int_equal(pas.log_page, 12);
	assert_int_equal(pas.n, n);
	hca_pas_write(&pas, list, 0);
	for (i = 0; i < n; i++)
		assert_int_equal(be64toh(list[i]), runs[i].iova);
	free(list);
	free(runs);
}

static void a_page_is_no_larger_than_the_field_can_say(void **state)
{
	const struct bus_run run = { 1ull << 40, 16 * GIB };
	struct hca_pas pas;

	(void)state;
	assert_int_equal(hca_pas_plan(&run, 1, 0, 16 * GIB, 1ull << 40, 31, 0, 0, &pas), 0);
	assert_int_equal(pas.log_page, 31);
	assert_int_equal(pas.n, 8);
}

static void what_cannot_be_is_refused(void **state)
{
	const struct bus_run two[] = { { 0x10000, 0x2000 }, { 0x40000, 0x1000 } };
	const struct bus_run ragged = { 0x10800, 0x1000 }, part = { 0x10000, 0x800 };
	const struct bus_run wraps = { UINT64_MAX - 0xfff, 0x2000 };
	struct hca_pas pas;

	(void)state;
	assert_int_equal(hca_pas_plan(two, 2, 0, 0, 0x10000, 31, 0, 0, &pas), -EINVAL);
	assert_int_equal(hca_pas_plan(two, 2, 0, 0x3001, 0x10000, 31, 0, 0, &pas), -EINVAL);
	assert_int_equal(hca_pas_plan(two, 2, 1, 0x3000, 0x10001, 31, 0, 0, &pas), -EINVAL);
	assert_int_equal(hca_pas_plan(two, 2, 0x3000, 1, 0x10000, 31, 0, 0, &pas), -EINVAL);
	assert_int_equal(hca_pas_plan(two, 2, UINT64_MAX, 1, 0x10fff, 31, 0, 0, &pas), -EINVAL);
	assert_int_equal(hca_pas_plan(two, 2, 0, UINT64_MAX, 0x10000, 31, 0, 0, &pas), -EINVAL);
	assert_int_equal(hca_pas_plan(two, 0, 0, 1, 0x10000, 31, 0, 0, &pas), -EINVAL);
	assert_int_equal(hca_pas_plan(NULL, 0, 0, 1, 0, 31, 0, 0, &pas), -EINVAL);
	assert_int_equal(hca_pas_plan(two, 2, 0, 0x1000, 0x10001, 31, 0, 0, &pas), -EINVAL);
	assert_int_equal(hca_pas_plan(two, 2, 0, 0x2000, UINT64_MAX - 0xfff, 31, 0, 0, &pas),
			 -EINVAL);
	assert_int_equal(hca_pas_plan(&ragged, 1, 0, 0x100, 0x10800, 31, 0, 0, &pas), -EINVAL);
	assert_int_equal(hca_pas_plan(&part, 1, 0, 0x100, 0x10000, 31, 0, 0, &pas), -EINVAL);
	assert_int_equal(hca_pas_plan(&wraps, 1, 0, 0x100, 0x10000, 31, 0, 0, &pas), -EINVAL);
}

static void a_ring_lies_where_its_context_can_say(void **state)
{
	const struct bus_run runs[] = { { 0x10000, 0x1000 }, { 0x80000, 0x4000 } };
	struct hca_ring ring = { runs, 2, 0xf40, 0x2000 };
	struct hca_pas pas;
	uint64_t list[4];

	(void)state;
	assert_int_equal(hca_ring_plan(&ring, 0x2000, HCA_RING_UNITS, &pas), 0);
	assert_int_equal(pas.log_page, 12);
	assert_int_equal(hca_pas_units(&pas), 0xf40 / 64);
	assert_int_equal(pas.n, 3);
	hca_pas_write(&pas, list, 0);
	assert_int_equal(be64toh(list[0]), 0x10000);
	assert_int_equal(be64toh(list[1]), 0x80000);
	assert_int_equal(be64toh(list[2]), 0x81000);
	/* The upper half of its only page: a work queue's field ends before. */
	assert_int_equal(hca_ring_plan(&ring, 0x2000, HCA_RING_UNITS_WQ, &pas), -EINVAL);
	ring.offset = 0xf48;
	assert_int_equal(hca_ring_plan(&ring, 0x80, HCA_RING_UNITS, &pas), -EINVAL);
	ring.offset = 0x4fc0;
	assert_int_equal(hca_ring_plan(&ring, 0x80, HCA_RING_UNITS, &pas), -EINVAL);
	ring.offset = 0;
	assert_int_equal(hca_ring_plan(&ring, 0x2040, HCA_RING_UNITS, &pas), -EINVAL);
	ring.n_runs = 0;
	assert_int_equal(hca_ring_plan(&ring, 0x40, HCA_RING_UNITS, &pas), -EINVAL);
}

static void a_work_queue_in_an_upper_half_gets_a_larger_page(void **state)
{
	const struct bus_run run = { 0x100000, 0x8000 };
	const struct hca_ring ring = { &run, 1, 0x1800, 0x400 };
	struct hca_pas pas;

	(void)state;
	assert_int_equal(hca_ring_plan(&ring, 0x400, HCA_RING_UNITS_WQ, &pas), 0);
	assert_int_equal(pas.log_page, 14);
	assert_int_equal(hca_pas_units(&pas), 0x1800 / (0x4000 / 64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_give_back_the_exact_bytes_with_the_largest_page),
		cmocka_unit_test(one_gib_in_one_run_takes_one_entry),
		cmocka_unit_test(a_run_over_a_border_takes_two_entries),
		cmocka_unit_test(scattered_pages_take_an_entry_each),
		cmocka_unit_test(a_page_is_no_larger_than_the_field_can_say),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(a_ring_lies_where_its_context_can_say),
		cmocka_unit_test(a_work_queue_in_an_upper_half_gets_a_larger_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
