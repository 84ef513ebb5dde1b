// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The lives of objects that are hardly more than a number: PDs, XRC domains,
 * UAR pages and their pool, counter sets.
 */
#include <string.h>

#include "host-backend/hca/counter.h"
#include "host-backend/hca/pd.h"
#include "host-backend/hca/uar.h"
#include "host-backend/hca/xrcd.h"
#include "tests/unit/host/objects_bed.h"

static void a_pd_comes_and_goes(void **state)
{
	struct objects_bed *bed = *state;
	uint32_t pd[2];

	assert_int_equal(hca_pd_alloc(bed->hca, &pd[0]), 0);
	assert_int_equal(hca_pd_alloc(bed->hca, &pd[1]), 0);
	assert_int_not_equal(pd[0], pd[1]);
	assert_int_equal(objects_bed_counts(bed).pd, 2);
	assert_int_equal(hca_pd_dealloc(bed->hca, pd[1]), 0);
	assert_int_equal(hca_pd_dealloc(bed->hca, pd[0]), 0);
	assert_int_equal(hca_pd_dealloc(bed->hca, pd[0]), -EREMOTEIO);
}

static void an_xrc_domain_comes_and_goes(void **state)
{
	struct objects_bed *bed = *state;
	uint32_t xrcd;

	assert_int_equal(hca_xrcd_alloc(bed->hca, &xrcd), 0);
	assert_int_equal(objects_bed_counts(bed).xrcd, 1);
	assert_int_equal(hca_xrcd_dealloc(bed->hca, xrcd), 0);
}

static void a_uar_page_is_one_of_the_bar(void **state)
{
	struct objects_bed *bed = *state;
	uint32_t uar;

	assert_int_equal(hca_uar_alloc(bed->hca, &uar), 0);
	assert_true(uar >= HCA_UAR_FIRST && uar != hca_own_uar(bed->hca));
	assert_true(hca_uar_offset(uar) + HCA_UAR_BYTES <= hca_transport(bed->hca)->bar_size);
	assert_int_equal(objects_bed_counts(bed).uar, 1);
	assert_int_equal(hca_uar_dealloc(bed->hca, uar), 0);
}

static void a_pool_gives_each_page_once(void **state)
{
	enum { N = 5 };
	struct objects_bed *bed = *state;
	struct hca_uar_pool_stats stats;
	struct hca_uar_pool *pool;
	uint32_t taken[N], again;
	const uint32_t *pages;
	size_t n, i, k;

	assert_int_equal(hca_uar_pool_create(bed->hca, N, &pool), 0);
	assert_int_equal(objects_bed_counts(bed).uar, N);
	pages = hca_uar_pool_pages(pool, &n);
	assert_int_equal(n, N);
	for (i = 0; i < N; i++) {
		assert_true(!i || pages[i] > pages[i - 1]);
		assert_int_equal(hca_uar_pool_take(pool, &taken[i]), 0);
		for (k = 0; k < i; k++)
			assert_int_not_equal(taken[i], taken[k]);
	}
	assert_int_equal(hca_uar_pool_take(pool, &again), -ENOSPC);
	hca_uar_pool_abandon(pool, taken[1]);
	assert_int_equal(hca_uar_pool_take(pool, &again), -ENOSPC);
	hca_uar_pool_give(pool, taken[1]);		/* too late */
	assert_int_equal(hca_uar_pool_take(pool, &again), -ENOSPC);
	hca_uar_pool_give(pool, taken[3]);
	assert_int_equal(hca_uar_pool_take(pool, &again), 0);
	assert_int_equal(again, taken[3]);
	hca_uar_pool_give(pool, taken[0]);
	hca_uar_pool_stats(pool, &stats);
	assert_int_equal(stats.total, N);
	assert_int_equal(stats.taken, N - 2);
	assert_int_equal(stats.abandoned, 1);
	assert_int_equal(hca_uar_pool_destroy(pool), 0);
}

static void a_pool_of_nothing_or_too_much_is_refused_and_leaves_nothing(void **state)
{
	struct objects_bed *bed = *state;
	struct hca_uar_pool *pool;

	assert_int_equal(hca_uar_pool_create(bed->hca, 0, &pool), -EINVAL);
	assert_int_equal(hca_uar_pool_create(bed->hca, 1 << 16, &pool), -EREMOTEIO);
	assert_int_equal(hca_cmd_last_error(bed->hca)->opcode, 0x802);
	assert_int_equal(hca_uar_pool_destroy(NULL), 0);
}

static void a_counter_set_counts_from_zero(void **state)
{
	static const struct hca_counters zero;
	struct objects_bed *bed = *state;
	struct hca_counters counters;
	uint8_t set;

	memset(&counters, 0xff, sizeof(counters));
	assert_int_equal(hca_counter_alloc(bed->hca, &set), 0);
	assert_int_not_equal(set, 0);
	assert_int_equal(objects_bed_counts(bed).counter, 1);
	assert_int_equal(hca_counter_query(bed->hca, set, true, &counters), 0);
	assert_memory_equal(&counters, &zero, sizeof(zero));
	assert_int_equal(hca_counter_dealloc(bed->hca, set), 0);
	assert_int_equal(hca_counter_query(bed->hca, set, false, &counters), -EREMOTEIO);
}

int main(void)
{
#define LIFE(test) cmocka_unit_test_setup_teardown(test, objects_bed_setup, objects_bed_teardown)
	const struct CMUnitTest tests[] = {
		LIFE(a_pd_comes_and_goes),
		LIFE(an_xrc_domain_comes_and_goes),
		LIFE(a_uar_page_is_one_of_the_bar),
		LIFE(a_pool_gives_each_page_once),
		LIFE(a_pool_of_nothing_or_too_much_is_refused_and_leaves_nothing),
		LIFE(a_counter_set_counts_from_zero),
	};

	return cmocka_run_group_tests(tests, objects_bed_group_setup, objects_bed_group_teardown);
}
