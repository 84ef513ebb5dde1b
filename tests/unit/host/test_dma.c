// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the tests of the driver's own DMA memory, over a fake domain. It must
 * never know what the memory is for.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host-backend/hca/dma.h"
#include "host-backend/hca/dma_chunk.h"
#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/iommu/fake_domain.h"

#define MIB (1ul << 20)

struct bed {
	struct iommu_domain *domain;
	struct ioas *ioas;
	struct hca_dma *dma;
	pthread_mutex_t lock;
	uint64_t left;
};

static int setup(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));
	struct fake_domain_config config = { .needs_hva = true, .left = &b->left };

	b->domain = fake_domain_create(&config);
	pthread_mutex_init(&b->lock, NULL);
	assert_int_equal(ioas_create(b->domain, &b->ioas), 0);
	assert_int_equal(hca_dma_create(b->ioas, &b->lock, &b->dma), 0);
	*state = b;
	return 0;
}

static uint64_t maps(struct bed *b)
{
	struct fake_stats stats;

	fake_domain_stats(b->domain, &stats);
	assert_int_equal(stats.violations, 0);
	return stats.maps;
}

/* The pool and the space go; @err: what the pool says. */
static void end(struct bed *b, int err)
{
	assert_int_equal(hca_dma_destroy(b->dma), err);
	ioas_destroy(b->ioas);
	assert_int_equal(b->left, 0);
	b->dma = NULL;
}

static int teardown(void **state)
{
	struct bed *b = *state;

	if (b->dma)
		end(b, 0);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return 0;
}

static void a_piece_is_zeroed_aligned_and_where_the_domain_says(void **state)
{
	struct bed *b = *state;
	struct iommu_backing backing;
	struct hca_buf buf;
	unsigned int prot;
	size_t align, i;

	for (align = 1; align <= 2 * MIB; align *= 2) {
		assert_int_equal(hca_dma_alloc(b->dma, 100, align, &buf), 0);
		assert_int_equal(buf.iova % align, 0);
		assert_int_equal(buf.size, 100);
		assert_true(fake_domain_lookup(b->domain, buf.iova, &backing, &prot));
		assert_ptr_equal(backing.hva, buf.ptr);
		assert_int_equal(prot, IOMMU_READ | IOMMU_WRITE);
		for (i = 0; i < 100; i++)
			assert_int_equal(buf.ptr[i], 0);
		memset(buf.ptr, 0xee, 100);
		hca_dma_free(b->dma, &buf);
		assert_null(buf.ptr);
	}
}

static void pieces_of_a_chunk_share_one_mapping(void **state)
{
	struct bed *b = *state;
	static struct hca_buf buf[1024];
	struct hca_dma_stats stats;
	size_t i;

	for (i = 0; i < 1024; i++)
		assert_int_equal(hca_dma_alloc(b->dma, 4096, 4096, &buf[i]), 0);
	assert_int_equal(maps(b), 2);
	hca_dma_stats(b->dma, &stats);
	assert_int_equal(stats.pieces, 1024);
	assert_int_equal(stats.bytes_in_use, 4 * MIB);
	assert_int_equal(stats.bytes_mapped, 4 * MIB);
	for (i = 0; i < 1024; i++)
		hca_dma_free(b->dma, &buf[i]);
	hca_dma_stats(b->dma, &stats);
	assert_int_equal(stats.pieces, 0);
	assert_int_equal(stats.bytes_in_use, 0);
}

static void the_last_piece_takes_its_chunk_along_but_one_chunk_stays(void **state)
{
	struct bed *b = *state;
	struct hca_buf buf[3];
	size_t i;

	for (i = 0; i < 3; i++)
		assert_int_equal(hca_dma_alloc(b->dma, 2 * MIB, 1, &buf[i]), 0);
	assert_int_equal(maps(b), 3);
	for (i = 0; i < 3; i++)
		hca_dma_free(b->dma, &buf[i]);
	assert_int_equal(maps(b), 1);
	assert_int_equal(hca_dma_alloc(b->dma, 64, 64, &buf[0]), 0);
	assert_int_equal(maps(b), 1);
	hca_dma_free(b->dma, &buf[0]);
}

static void a_large_piece_has_a_chunk_of_its_own(void **state)
{
	struct bed *b = *state;
	struct hca_buf buf;

	assert_int_equal(hca_dma_alloc(b->dma, 5 * MIB + 1, 2 * MIB, &buf), 0);
	assert_int_equal(buf.iova % (2 * MIB), 0);
	assert_int_equal(maps(b), 1);
	memset(buf.ptr, 1, buf.size);
	hca_dma_free(b->dma, &buf);
	assert_int_equal(maps(b), 0);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct bed *b = *state;
	struct hca_buf buf;

	assert_int_equal(hca_dma_alloc(b->dma, 0, 1, &buf), -EINVAL);
	assert_int_equal(hca_dma_alloc(b->dma, 1, 0, &buf), -EINVAL);
	assert_int_equal(hca_dma_alloc(b->dma, 1, 3, &buf), -EINVAL);
	assert_int_equal(hca_dma_alloc(b->dma, 1, 4 * MIB, &buf), -EINVAL);
	assert_int_equal(hca_dma_alloc(b->dma, SIZE_MAX, 1, &buf), -ENOMEM);
	memset(&buf, 0, sizeof(buf));
	hca_dma_free(b->dma, &buf);
	hca_dma_abandon(b->dma, &buf);
}

static void an_abandoned_piece_is_never_handed_out_again_and_stays_mapped(void **state)
{
	struct bed *b = *state;
	struct hca_buf lost, other[600];
	struct hca_dma_stats stats;
	uint64_t iova;
	size_t i;

	assert_int_equal(hca_dma_alloc(b->dma, 4096, 4096, &lost), 0);
	iova = lost.iova;
	hca_dma_abandon(b->dma, &lost);
	assert_null(lost.ptr);
	for (i = 0; i < 600; i++) {
		assert_int_equal(hca_dma_alloc(b->dma, 4096, 4096, &other[i]), 0);
		assert_int_not_equal(other[i].iova, iova);
	}
	for (i = 0; i < 600; i++)
		hca_dma_free(b->dma, &other[i]);
	assert_true(fake_domain_lookup(b->domain, iova, NULL, NULL));
	hca_dma_stats(b->dma, &stats);
	assert_int_equal(stats.abandoned, 1);
	assert_int_equal(stats.pieces, 0);
}

static void a_failed_map_leaves_nothing(void **state)
{
	struct bed *b = *state;
	struct hca_buf buf;

	fake_domain_fail_map(b->domain, 1, -ENOSPC);
	assert_int_equal(hca_dma_alloc(b->dma, 64, 64, &buf), -ENOSPC);
	assert_null(buf.ptr);
	fake_domain_fail_map(b->domain, 1, -ENOMEM);
	assert_int_equal(hca_dma_alloc(b->dma, 3 * MIB, 64, &buf), -ENOMEM);
	assert_int_equal(maps(b), 0);
	assert_int_equal(hca_dma_alloc(b->dma, 64, 64, &buf), 0);
	hca_dma_free(b->dma, &buf);
}

static void an_unconfirmed_unmap_is_told_at_the_end(void **state)
{
	struct bed *b = *state;
	struct hca_buf buf;
	struct ioas_stats stats;

	assert_int_equal(hca_dma_alloc(b->dma, 3 * MIB, 64, &buf), 0);
	fake_domain_fail_unmap(b->domain, 1, -EIO);
	hca_dma_free(b->dma, &buf);
	ioas_stats(b->ioas, &stats);
	assert_int_equal(stats.quarantined_blocks, 1);
	end(b, -EUCLEAN);
}

static void any_allocation_may_fail(void **state)
{
	struct bed *b = *state;
	struct hca_buf buf;
	unsigned long n, asked;
	int ret;

	for (n = 1;; n++) {
		fail_alloc_arm(n, false);
		ret = hca_dma_alloc(b->dma, 3 * MIB, 64, &buf);
		asked = fail_alloc_disarm();
		if (!ret)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_true(asked >= n);
		assert_int_equal(maps(b), 0);
	}
	assert_true(n > 2);
	hca_dma_free(b->dma, &buf);
}

/* --- the bitmap, against a plain one ------------------------------------------------ */

static bool fits(const bool *taken, uint32_t at, uint32_t n)
{
	for (; n; n--, at++)
		if (at >= HCA_CHUNK_UNITS || taken[at])
			return false;
	return true;
}

static bool any_fit(const bool *taken, uint32_t n, uint32_t align, uint32_t skew)
{
	uint32_t at;

	for (at = 0; at < HCA_CHUNK_UNITS; at++)
		if ((at + skew) % align == 0 && fits(taken, at, n))
			return true;
	return false;
}

static void a_chunk_finds_room_wherever_there_is_some(void **state)
{
	enum { LIVE = 200 };
	static struct hca_chunk_map map;
	static bool taken[HCA_CHUNK_UNITS];
	static struct { uint32_t at, n; } live[LIVE];
	uint32_t used = 0, i;
	unsigned int round, n_live = 0;

	(void)state;
	srand(1);
	for (round = 0; round < 20000; round++) {
		uint32_t n = (uint32_t)rand() % (rand() % 8 ? 70 : 2000) + 1;
		uint32_t align = 1u << rand() % 9, skew = (uint32_t)rand() & (align - 1), at;

		if (n_live == LIVE || rand() % 5 < 2) {
			if (!n_live)
				continue;
			i = (uint32_t)rand() % n_live;
			hca_chunk_give(&map, live[i].at, live[i].n);
			memset(taken + live[i].at, 0, live[i].n);
			used -= live[i].n;
			live[i] = live[--n_live];
		} else if (hca_chunk_take(&map, n, align, skew, &at)) {
			assert_int_equal((at + skew) % align, 0);
			assert_true(fits(taken, at, n));
			memset(taken + at, 1, n);
			live[n_live].at = at;
			live[n_live++].n = n;
			used += n;
		} else {
			assert_false(any_fit(taken, n, align, skew));
		}
		assert_int_equal(map.used, used);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_piece_is_zeroed_aligned_and_where_the_domain_says),
		TEST(pieces_of_a_chunk_share_one_mapping),
		TEST(the_last_piece_takes_its_chunk_along_but_one_chunk_stays),
		TEST(a_large_piece_has_a_chunk_of_its_own),
		TEST(what_makes_no_sense_is_refused),
		TEST(an_abandoned_piece_is_never_handed_out_again_and_stays_mapped),
		TEST(a_failed_map_leaves_nothing),
		TEST(an_unconfirmed_unmap_is_told_at_the_end),
		TEST(any_allocation_may_fail),
		cmocka_unit_test(a_chunk_finds_room_wherever_there_is_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
