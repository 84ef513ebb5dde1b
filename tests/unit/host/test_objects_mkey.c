// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The lives of memory keys: what the HCA got is what was asked for, and what
 * must not be cannot be asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/mkey.h"
#include "host-backend/hca/pd.h"
#include "tests/unit/host/objects_bed.h"

#define MIB (1ull << 20)

enum { VA_HIGH_BITS_AT = 40 };

struct key_bed {
	struct objects_bed *bed;
	struct hca_buf memory;
	uint32_t pd;
};

static struct key_bed open_keys(void **state, size_t bytes)
{
	struct key_bed k = { .bed = *state };

	assert_int_equal(hca_pd_alloc(k.bed->hca, &k.pd), 0);
	assert_int_equal(hca_dma_alloc(hca_dma(k.bed->hca), bytes, 1 << 21, &k.memory), 0);
	return k;
}

static void close_keys(struct key_bed *k)
{
	hca_dma_free(hca_dma(k->bed->hca), &k->memory);
	assert_int_equal(hca_pd_dealloc(k->bed->hca, k->pd), 0);
}

/* An address that shares the low bits of the memory's bus address, and more. */
static uint64_t va_of(const struct key_bed *k, uint64_t offset)
{
	return (3ull << VA_HIGH_BITS_AT) + k->memory.iova + offset;
}

static void one_run_takes_one_entry_whatever_its_length(void **state)
{
	struct key_bed k = open_keys(state, 2 * MIB);
	const struct bus_run run = { k.memory.iova, 2 * MIB };
	const struct hca_mkey_attr attr = {
		.pd = k.pd, .access = HCA_MKEY_LOCAL_READ | HCA_MKEY_REMOTE_WRITE,
		.variant = 0x42, .start = va_of(&k, 100), .len = 2 * MIB - 300,
	};
	struct hca_mkey_info info;
	uint32_t key;

	assert_int_equal(hca_mkey_create(k.bed->hca, &attr, &run, 1, 100, &key), 0);
	assert_int_equal(key & 0xff, 0x42);
	assert_int_equal(hca_mkey_query(k.bed->hca, key, &info), 0);
	assert_int_equal(info.attr.pd, k.pd);
	assert_int_equal(info.attr.access, attr.access);
	assert_int_equal(info.attr.variant, 0x42);
	assert_int_equal(info.attr.start, attr.start);
	assert_int_equal(info.attr.len, attr.len);
	assert_int_equal(info.mode, HCA_MKEY_MTT);
	assert_false(info.free);
	assert_int_equal(info.log_page, 21);
	assert_int_equal(info.octowords, 1);
	assert_int_equal(hca_pd_dealloc(k.bed->hca, k.pd), -EREMOTEIO);
	assert_int_equal(hca_mkey_destroy(k.bed->hca, key), 0);
	close_keys(&k);
}

static void every_right_arrives(void **state)
{
	struct key_bed k = open_keys(state, OBJECTS_PAGE);
	const struct bus_run run = { k.memory.iova, OBJECTS_PAGE };
	struct hca_mkey_attr attr = { .pd = k.pd, .start = va_of(&k, 0), .len = 10 };
	struct hca_mkey_info info;
	uint32_t key;

	for (attr.access = 0; attr.access <= HCA_MKEY_ACCESS_ALL; attr.access++) {
		assert_int_equal(hca_mkey_create(k.bed->hca, &attr, &run, 1, 0, &key), 0);
		assert_int_equal(hca_mkey_query(k.bed->hca, key, &info), 0);
		assert_int_equal(info.attr.access, attr.access);
		assert_int_equal(hca_mkey_destroy(k.bed->hca, key), 0);
	}
	close_keys(&k);
}

static void scattered_pages_go_in_one_command_of_2_mib(void **state)
{
	const size_t n = 262144;
	struct key_bed k = open_keys(state, 2 * MIB);
	struct bus_run *runs = calloc(n, sizeof(*runs));
	struct hca_mkey_attr attr = { .pd = k.pd, .access = HCA_MKEY_LOCAL_READ,
				      .start = va_of(&k, 0), .len = n * OBJECTS_PAGE };
	struct hca_mkey_info info;
	uint64_t entries;
	unsigned int log;
	uint32_t key;
	size_t i;

	assert_non_null(runs);
	for (i = 0; i < n; i++)		/* all over the 512 pages we have, never two neighbours */
		runs[i] = (struct bus_run){ k.memory.iova + i * 7 % 512 * OBJECTS_PAGE,
					    OBJECTS_PAGE };
	assert_int_equal(hca_mkey_plan(&attr, runs, n, 0, &entries, &log), 0);
	assert_int_equal(entries, n);
	assert_int_equal(log, 12);
	assert_int_equal(hca_mkey_create(k.bed->hca, &attr, runs, n, 0, &key), 0);
	assert_int_equal(hca_mkey_query(k.bed->hca, key, &info), 0);
	assert_int_equal(info.octowords, n / 2);
	assert_int_equal(info.log_page, 12);
	assert_int_equal(hca_mkey_destroy(k.bed->hca, key), 0);
	free(runs);
	close_keys(&k);
}

static void more_entries_than_a_command_holds_are_refused(void **state)
{
	const size_t n = HCA_MKEY_MAX_PAGES + 1;
	struct key_bed k = open_keys(state, OBJECTS_PAGE);
	struct bus_run *runs = calloc(n, sizeof(*runs));
	const struct hca_mkey_attr attr = { .pd = k.pd, .start = va_of(&k, 0),
					    .len = n * OBJECTS_PAGE };
	uint32_t key;
	size_t i;

	assert_non_null(runs);
	for (i = 0; i < n; i++)
		runs[i] = (struct bus_run){ k.memory.iova, OBJECTS_PAGE };
	assert_int_equal(hca_mkey_create(k.bed->hca, &attr, runs, n, 0, &key), -EMSGSIZE);
	free(runs);
	close_keys(&k);
}

/* Keys over the first and the second half of the memory, 1 MiB each. */
static void two_keys(struct key_bed *k, uint32_t key[2])
{
	const struct bus_run run = { k->memory.iova, 2 * MIB };
	struct hca_mkey_attr attr = { .pd = k->pd, .len = MIB,
				      .access = HCA_MKEY_LOCAL_READ | HCA_MKEY_LOCAL_WRITE };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		attr.start = va_of(k, i * MIB);
		attr.variant = (uint8_t)i;
		assert_int_equal(hca_mkey_create(k->bed->hca, &attr, &run, 1, i * MIB, &key[i]),
				 0);
	}
}

static void a_key_stands_for_pieces_of_others(void **state)
{
	struct key_bed k = open_keys(state, 2 * MIB);
	struct hca_mkey_attr attr = { .pd = k.pd, .access = HCA_MKEY_REMOTE_READ, .variant = 7,
				      .start = 0x1234567, .len = 5000 };
	struct hca_klm klms[2];
	struct hca_mkey_info info;
	uint32_t inner[2], key;

	two_keys(&k, inner);
	klms[0] = (struct hca_klm){ 3000, inner[1], va_of(&k, MIB + 10) };
	klms[1] = (struct hca_klm){ 2000, inner[0], va_of(&k, 20) };
	assert_int_equal(hca_mkey_create_klm(k.bed->hca, &attr, klms, 2, &key), 0);
	assert_int_equal(hca_mkey_query(k.bed->hca, key, &info), 0);
	assert_int_equal(info.mode, HCA_MKEY_KLM);
	assert_int_equal(info.octowords, 4);		/* whole 64 bytes */
	assert_int_equal(info.attr.len, 5000);
	assert_int_equal(hca_mkey_destroy(k.bed->hca, key), 0);
	attr.len = 5001;
	assert_int_equal(hca_mkey_create_klm(k.bed->hca, &attr, klms, 2, &key), -EINVAL);

	attr.start = 0x1234000;
	attr.len = 8192;
	assert_int_equal(hca_mkey_create_ksm(k.bed->hca, &attr, 12, klms, 2, &key), 0);
	assert_int_equal(hca_mkey_query(k.bed->hca, key, &info), 0);
	assert_int_equal(info.mode, HCA_MKEY_KSM);
	assert_int_equal(info.log_page, 12);
	assert_int_equal(hca_mkey_destroy(k.bed->hca, key), 0);
	attr.len = 8193;
	assert_int_equal(hca_mkey_create_ksm(k.bed->hca, &attr, 12, klms, 2, &key), -EINVAL);
	attr.len = 100;
	attr.start = 0x1234010;			/* a card wants it aligned */
	assert_int_equal(hca_mkey_create_ksm(k.bed->hca, &attr, 12, klms, 2, &key), -EINVAL);
	attr.start = 0;
	assert_int_equal(hca_mkey_create_ksm(k.bed->hca, &attr, 11, klms, 2, &key), -EINVAL);
	assert_int_equal(hca_mkey_create_ksm(k.bed->hca, &attr, 32, klms, 2, &key), -EINVAL);
	assert_int_equal(hca_mkey_create_ksm(k.bed->hca, &attr, 12, klms, 0, &key), -EINVAL);
	assert_int_equal(hca_mkey_destroy(k.bed->hca, inner[0]), 0);
	assert_int_equal(hca_mkey_destroy(k.bed->hca, inner[1]), 0);
	close_keys(&k);
}

static void more_pieces_than_the_hca_takes_are_refused(void **state)
{
	const size_t n = (1u << 16) + 1;
	struct key_bed k = open_keys(state, OBJECTS_PAGE);
	const struct hca_mkey_attr attr = { .pd = k.pd, .start = 0, .len = 1 };
	struct hca_klm *klms = calloc(n, sizeof(*klms));
	uint32_t key;

	assert_non_null(klms);
	klms[0].bytes = 1;
	assert_int_equal(hca_mkey_create_klm(k.bed->hca, &attr, klms, n, &key), -EMSGSIZE);
	free(klms);
	close_keys(&k);
}

static void what_covers_nothing_wraps_or_does_not_fit_is_refused(void **state)
{
	struct key_bed k = open_keys(state, OBJECTS_PAGE);
	const struct bus_run run = { k.memory.iova, OBJECTS_PAGE };
	const struct hca_mkey_attr good = { .pd = k.pd, .start = va_of(&k, 0), .len = 16 };
	struct hca_mkey_attr attr = good;
	uint32_t key;

	attr.len = 0;
	assert_int_equal(hca_mkey_create(k.bed->hca, &attr, &run, 1, 0, &key), -EINVAL);
	attr.len = OBJECTS_PAGE + 1;
	assert_int_equal(hca_mkey_create(k.bed->hca, &attr, &run, 1, 0, &key), -EINVAL);
	attr = good;
	attr.start = UINT64_MAX - 14;
	assert_int_equal(hca_mkey_create(k.bed->hca, &attr, &run, 1, 0xff1, &key), -EINVAL);
	attr = good;
	attr.start++;
	assert_int_equal(hca_mkey_create(k.bed->hca, &attr, &run, 1, 0, &key), -EINVAL);
	attr = good;
	attr.access = HCA_MKEY_ACCESS_ALL + 1;
	assert_int_equal(hca_mkey_create(k.bed->hca, &attr, &run, 1, 0, &key), -EINVAL);
	attr = good;
	attr.pd = 0xfffff;
	assert_int_equal(hca_mkey_create(k.bed->hca, &attr, &run, 1, 0, &key), -EREMOTEIO);
	assert_int_equal(hca_cmd_last_error(k.bed->hca)->opcode, 0x200);
	close_keys(&k);
}

int main(void)
{
#define LIFE(test) cmocka_unit_test_setup_teardown(test, objects_bed_setup, objects_bed_teardown)
	const struct CMUnitTest tests[] = {
		LIFE(one_run_takes_one_entry_whatever_its_length),
		LIFE(every_right_arrives),
		LIFE(scattered_pages_go_in_one_command_of_2_mib),
		LIFE(more_entries_than_a_command_holds_are_refused),
		LIFE(a_key_stands_for_pieces_of_others),
		LIFE(more_pieces_than_the_hca_takes_are_refused),
		LIFE(what_covers_nothing_wraps_or_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, objects_bed_group_setup, objects_bed_group_teardown);
}
