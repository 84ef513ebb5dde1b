// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that no answer to VFIO_IOMMU_GET_INFO is believed beyond its
 * bounds. Must never ask a kernel.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iommu/vfio_type1_info.h"
#include "tests/unit/iommu/type1_answer.h"

static const struct iova_range good[] = { { 0x1000, 0x1fff }, { 0x3000, UINT64_MAX } };

/* From a copy that ends where the answer ends, so that a sanitizer sees a step beyond. */
static int parse_bytes(const void *bytes, size_t len, struct iommu_caps *caps)
{
	static const struct iommu_caps before = { .page_sizes = 0x77, .n_ranges = 7, .coherent = true };
	uint8_t *copy = malloc(len ? len : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	memcpy(caps, &before, sizeof(before));
	ret = vfio_type1_parse_info(copy, len, caps);
	free(copy);
	assert_true(caps->coherent);
	if (ret)
		assert_memory_equal(caps, &before, sizeof(before));
	return ret;
}

static int parse(const struct type1_answer *answer)
{
	struct iommu_caps caps;
	int ret = parse_bytes(answer->bytes, answer->len, &caps);

	if (!ret)
		free(caps.ranges);
	return ret;
}

static struct type1_answer empty_answer(void)
{
	struct type1_answer answer;

	type1_answer_init(&answer, 0x1000);
	return answer;
}

static struct vfio_info_cap_header *header(struct type1_answer *answer, size_t at)
{
	return (struct vfio_info_cap_header *)(answer->bytes + at);
}

static void page_sizes_ranges_and_mappings_left_are_read(void **state)
{
	struct type1_answer answer;
	struct iommu_caps caps;

	(void)state;
	type1_answer_usual(&answer);
	assert_int_equal(parse_bytes(answer.bytes, answer.len, &caps), 0);
	assert_int_equal(caps.page_sizes, ~0xfffull);
	assert_int_equal(caps.max_maps, 65535);
	assert_int_equal(caps.n_ranges, 2);
	assert_int_equal(caps.ranges[0].first, 0);
	assert_int_equal(caps.ranges[0].last, 0xfedfffff);
	assert_int_equal(caps.ranges[1].first, 0xfef00000);
	assert_int_equal(caps.ranges[1].last, (1ull << 39) - 1);
	free(caps.ranges);
}

static void without_mappings_left_no_limit_is_known(void **state)
{
	struct type1_answer answer = empty_answer();
	struct iommu_caps caps;

	(void)state;
	type1_answer_add_ranges(&answer, good, 2);
	assert_int_equal(parse_bytes(answer.bytes, answer.len, &caps), 0);
	assert_int_equal(caps.max_maps, UINT64_MAX);
	assert_int_equal(caps.ranges[1].last, UINT64_MAX);
	free(caps.ranges);
}

static void what_is_unknown_is_passed_over(void **state)
{
	struct type1_answer answer = empty_answer();
	struct iommu_caps caps;
	size_t at;

	(void)state;
	type1_answer_add(&answer, 999, 1, 40);
	type1_answer_add(&answer, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 2, 8);
	at = type1_answer_add_avail(&answer, 5);
	header(&answer, at)->version = 0;
	type1_answer_add_ranges(&answer, good, 1);
	type1_answer_add(&answer, 0, 0, 8);
	assert_int_equal(parse_bytes(answer.bytes, answer.len, &caps), 0);
	assert_int_equal(caps.n_ranges, 1);
	assert_int_equal(caps.max_maps, UINT64_MAX);
	free(caps.ranges);
}

static void without_page_sizes_or_ranges_there_is_no_domain(void **state)
{
	struct type1_answer answer = empty_answer();

	(void)state;
	assert_int_equal(parse(&answer), -EOPNOTSUPP);		/* no capability at all */
	type1_answer_add_avail(&answer, 5);
	assert_int_equal(parse(&answer), -EOPNOTSUPP);		/* none with ranges */
	type1_answer_add_ranges(&answer, good, 0);
	assert_int_equal(parse(&answer), -EOPNOTSUPP);		/* that has none */

	type1_answer_usual(&answer);
	answer.info.flags &= ~VFIO_IOMMU_INFO_PGSIZES;
	assert_int_equal(parse(&answer), -EOPNOTSUPP);
	type1_answer_usual(&answer);
	answer.info.iova_pgsizes = 0;
	assert_int_equal(parse(&answer), -EOPNOTSUPP);
	type1_answer_usual(&answer);
	answer.info.flags &= ~VFIO_IOMMU_INFO_CAPS;
	assert_int_equal(parse(&answer), -EOPNOTSUPP);
	type1_answer_usual(&answer);
	answer.info.cap_offset = 0;
	assert_int_equal(parse(&answer), -EOPNOTSUPP);
}

static void an_answer_cut_anywhere_is_refused(void **state)
{
	struct type1_answer answer;
	struct iommu_caps caps;

	(void)state;
	type1_answer_usual(&answer);
	for (size_t len = 0; len < answer.len; len++)
		assert_int_equal(parse_bytes(answer.bytes, len, &caps), -EPROTO);
}

static void a_capability_outside_the_answer_is_refused(void **state)
{
	const uint32_t bad[] = { 505, 512, 513, 0x80000000, UINT32_MAX - 7, UINT32_MAX };
	struct type1_answer answer = empty_answer();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		type1_answer_usual(&answer);
		answer.info.cap_offset = bad[i];
		assert_int_equal(parse(&answer), -EPROTO);
		type1_answer_usual(&answer);
		header(&answer, answer.last)->next = bad[i];
		assert_int_equal(parse(&answer), -EPROTO);
	}
}

static void a_chain_without_an_end_is_refused(void **state)
{
	struct type1_answer answer;
	size_t first;

	(void)state;
	type1_answer_init(&answer, 0x1000);
	first = type1_answer_add(&answer, 999, 1, 8);
	header(&answer, first)->next = first;
	assert_int_equal(parse(&answer), -EPROTO);

	type1_answer_init(&answer, 0x1000);
	first = type1_answer_add(&answer, 999, 1, 8);
	header(&answer, type1_answer_add(&answer, 998, 1, 8))->next = first;
	assert_int_equal(parse(&answer), -EPROTO);

	type1_answer_usual(&answer);
	header(&answer, answer.last)->next = answer.info.cap_offset;
	assert_int_equal(parse(&answer), -EPROTO);
}

static void a_capability_that_comes_twice_is_refused(void **state)
{
	struct type1_answer answer;

	(void)state;
	type1_answer_usual(&answer);
	type1_answer_add_ranges(&answer, good, 2);
	assert_int_equal(parse(&answer), -EPROTO);
	type1_answer_usual(&answer);
	type1_answer_add_avail(&answer, 65535);
	assert_int_equal(parse(&answer), -EPROTO);
}

static void more_ranges_than_there_is_room_for_are_refused(void **state)
{
	const uint32_t bad[] = { 3, 1 << 28, 1u << 31, UINT32_MAX };
	struct vfio_iommu_type1_info_cap_iova_range *cap;
	struct type1_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		type1_answer_usual(&answer);
		cap = (void *)(answer.bytes + answer.last);
		cap->nr_iovas = bad[i];
		assert_int_equal(parse(&answer), -EPROTO);
	}
}

static void ranges_out_of_order_are_refused(void **state)
{
	const struct iova_range bad[][2] = {
		{ { 0x3000, 0x4fff }, { 0x1000, 0x1fff } },
		{ { 0x1000, 0x1fff }, { 0x1fff, 0x4fff } },
		{ { 0x1000, 0x0fff }, { 0x2000, 0x4fff } },
		{ { 0x1000, 0x1fff }, { 0x5000, 0x4fff } },
	};
	struct type1_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		type1_answer_init(&answer, 0x1000);
		type1_answer_add_ranges(&answer, bad[i], 2);
		assert_int_equal(parse(&answer), -EPROTO);
	}
}

static void no_garbage_breaks_it(void **state)
{
	unsigned int accepted = 0;
	struct type1_answer answer;
	struct iommu_caps caps;

	(void)state;
	srand(5);
	for (unsigned int i = 0; i < 200000; i++) {
		type1_answer_usual(&answer);
		for (int n = 1 + rand() % 3; n; n--)
			answer.bytes[(size_t)rand() % answer.len] =
				rand() % 4 ? rand() % 32 * 8 : rand();
		if (parse_bytes(answer.bytes, answer.len - (rand() % 2 ? 0 : rand() % 8), &caps))
			continue;
		accepted++;
		assert_true(caps.n_ranges && caps.page_sizes);
		for (size_t k = 0; k < caps.n_ranges; k++)
			assert_true(caps.ranges[k].first <= caps.ranges[k].last);
		free(caps.ranges);
	}
	assert_true(accepted > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_sizes_ranges_and_mappings_left_are_read),
		cmocka_unit_test(without_mappings_left_no_limit_is_known),
		cmocka_unit_test(what_is_unknown_is_passed_over),
		cmocka_unit_test(without_page_sizes_or_ranges_there_is_no_domain),
		cmocka_unit_test(an_answer_cut_anywhere_is_refused),
		cmocka_unit_test(a_capability_outside_the_answer_is_refused),
		cmocka_unit_test(a_chain_without_an_end_is_refused),
		cmocka_unit_test(a_capability_that_comes_twice_is_refused),
		cmocka_unit_test(more_ranges_than_there_is_room_for_are_refused),
		cmocka_unit_test(ranges_out_of_order_are_refused),
		cmocka_unit_test(no_garbage_breaks_it),
	};

	return cmocka_run_group_tests_name("type1 info", tests, NULL, NULL);
}
