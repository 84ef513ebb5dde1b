// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the search for free units in a chunk. Must never know memory or
 * mappings.
 */
#include "host-backend/hca/dma_chunk.h"

/* Bits [from, from + n) of one word. */
static uint64_t word_mask(uint32_t from, uint32_t n)
{
	return (n == 64 ? ~0ull : (1ull << n) - 1) << from;
}

/* How many bits of [at, end) lie in the word of @at. */
static uint32_t in_word(uint32_t at, uint32_t end)
{
	uint32_t left = 64 - at % 64;

	return end - at < left ? end - at : left;
}

/* The last taken unit of [at, end), or @end: none. */
static uint32_t last_taken(const struct hca_chunk_map *map, uint32_t at, uint32_t end)
{
	uint32_t found = end, n;
	uint64_t hit;

	for (; at < end; at += n) {
		n = in_word(at, end);
		hit = map->bits[at / 64] & word_mask(at % 64, n);
		if (hit)
			found = at / 64 * 64 + 63 - (uint32_t)__builtin_clzll(hit);
	}
	return found;
}

static void mark(struct hca_chunk_map *map, uint32_t at, uint32_t end, bool taken)
{
	uint64_t mask;
	uint32_t n;

	for (; at < end; at += n) {
		n = in_word(at, end);
		mask = word_mask(at % 64, n);
		if (taken)
			map->bits[at / 64] |= mask;
		else
			map->bits[at / 64] &= ~mask;
	}
}

bool hca_chunk_take(struct hca_chunk_map *map, uint32_t n, uint32_t align, uint32_t skew,
		    uint32_t *at)
{
	uint32_t pos = map->hint, taken;

	if (n > HCA_CHUNK_UNITS - map->used)
		return false;
	for (;;) {
		pos += (0 - (pos + skew)) & (align - 1);
		if (pos >= HCA_CHUNK_UNITS || n > HCA_CHUNK_UNITS - pos)
			return false;
		taken = last_taken(map, pos, pos + n);
		if (taken == pos + n)
			break;
		pos = taken + 1;
	}
	mark(map, pos, pos + n, true);
	map->used += n;
	/* Only a hole that alignment left can be below @pos. */
	if (pos == map->hint)
		map->hint = pos + n;
	*at = pos;
	return true;
}

void hca_chunk_give(struct hca_chunk_map *map, uint32_t at, uint32_t n)
{
	mark(map, at, at + n, false);
	map->used -= n;
	if (at < map->hint)
		map->hint = at;
}
