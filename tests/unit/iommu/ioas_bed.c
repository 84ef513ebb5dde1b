// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the steps that tests of the address space share. It must never know what
 * a test is after.
 */
#include "tests/unit/iommu/ioas_bed.h"

void ioas_bed_open(struct ioas_bed *bed, const struct fake_domain_config *config)
{
	struct fake_domain_config mine = *config;

	mine.left = &bed->left;
	bed->left = UINT64_MAX;
	bed->domain = fake_domain_create(&mine);
	assert_int_equal(ioas_create(bed->domain, &bed->ioas), 0);
}

void ioas_bed_close(struct ioas_bed *bed)
{
	struct fake_stats fake;

	fake_domain_stats(bed->domain, &fake);
	assert_int_equal(fake.violations, 0);
	assert_false(fake_domain_disarm(bed->domain));
	ioas_destroy(bed->ioas);
	assert_int_equal(bed->left, 0);
}

int ioas_bed_setup(void **state)
{
	static struct ioas_bed bed;

	ioas_bed_open(&bed, &(struct fake_domain_config){ .max_maps = IOAS_BED_MAPS });
	*state = &bed;
	return 0;
}

int ioas_bed_teardown(void **state)
{
	ioas_bed_close(*state);
	return 0;
}

struct iova_block *ioas_bed_take(struct ioas_bed *bed, uint64_t size)
{
	struct iova_block *block;

	assert_int_equal(ioas_take(bed->ioas, size, 0, &block), 0);
	assert_int_equal(block->size, size);
	return block;
}

struct iova_block *ioas_bed_map(struct ioas_bed *bed, uint64_t size)
{
	const struct ioas_segment segment = { { 7, 0, NULL }, size };
	struct iova_block *block = ioas_bed_take(bed, size);

	assert_int_equal(ioas_map(bed->ioas, block, &segment, 1, IOAS_BED_RW), 0);
	return block;
}

void ioas_bed_parts(struct ioas_segment *parts)
{
	for (unsigned int i = 0; i < IOAS_BED_PARTS; i++)
		parts[i] = (struct ioas_segment){ { 10 + (int)i, i << 20, NULL }, (i + 1) * IOAS_BED_PAGE };
}

void ioas_bed_unmap(struct ioas_bed *bed, struct iova_block *block)
{
	assert_int_equal(ioas_unmap(bed->ioas, block, 1), 0);
	ioas_give(bed->ioas, block);
}

void ioas_bed_check_live(struct ioas_bed *bed, uint64_t maps, uint64_t bytes)
{
	struct ioas_stats stats;
	struct fake_stats fake;

	ioas_stats(bed->ioas, &stats);
	fake_domain_stats(bed->domain, &fake);
	assert_int_equal(stats.maps, maps);
	assert_int_equal(stats.mapped_bytes, bytes);
	assert_int_equal(stats.map_calls, fake.map_calls);
	assert_int_equal(stats.unmap_calls, fake.unmap_calls);
	assert_int_equal(ioas_maps_left(bed->ioas), IOAS_BED_MAPS - maps);
}

void ioas_bed_check_quarantine(struct ioas_bed *bed, uint64_t blocks, uint64_t bytes, uint64_t maps)
{
	struct ioas_stats stats;

	ioas_stats(bed->ioas, &stats);
	assert_int_equal(stats.quarantined_blocks, blocks);
	assert_int_equal(stats.quarantined_bytes, bytes);
	assert_int_equal(stats.quarantined_maps, maps);
}

uint64_t ioas_bed_unmap_calls(struct ioas_bed *bed)
{
	struct fake_stats fake;

	fake_domain_stats(bed->domain, &fake);
	return fake.unmap_calls;
}
