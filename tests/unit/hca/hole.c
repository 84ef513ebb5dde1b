// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns pieces of the arena that an HCA cannot reach for a while. It must never
 * know what lies there.
 */
#include "tests/unit/hca/world.h"

static void map_part(struct hc *hc, uint8_t *from, const uint8_t *to)
{
	if (from != to)
		assert_ok(hc_map(hc, from, (size_t)(to - from), hc->iova + (from - hc->arena),
				 VFU_DMA_READ | VFU_DMA_WRITE));
}

static void unmap_part(struct hc *hc, const uint8_t *from, const uint8_t *to)
{
	if (from != to)
		assert_ok(hc_unmap(hc, hc->iova + (from - hc->arena), (size_t)(to - from)));
}

struct hole world_hole(struct hc *hc, const void *ptr, size_t size)
{
	size_t at = (size_t)((const uint8_t *)ptr - hc->arena);
	uint8_t *end = hc->arena + hc->arena_size;
	struct hole hole = { .from = hc->arena + (at & ~(HC_PAGE - 1ul)),
			     .to = hc->arena + ((at + size + HC_PAGE - 1) & ~(HC_PAGE - 1ul)) };

	unmap_part(hc, hc->arena, end);
	map_part(hc, hc->arena, hole.from);
	map_part(hc, hole.to, end);
	return hole;
}

void world_mend(struct hc *hc, struct hole hole)
{
	uint8_t *end = hc->arena + hc->arena_size;

	unmap_part(hc, hc->arena, hole.from);
	unmap_part(hc, hole.to, end);
	map_part(hc, hc->arena, end);
}
