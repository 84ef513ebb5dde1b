/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns which bytes of a chunk are taken: a bitmap of 64-byte units. Must never
 * know memory or mappings.
 */
#ifndef HCA_DMA_CHUNK_H
#define HCA_DMA_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HCA_CHUNK_BYTES = 2 << 20,
	HCA_CHUNK_UNIT = 64,
	HCA_CHUNK_UNITS = HCA_CHUNK_BYTES / HCA_CHUNK_UNIT,
};

/* @hint: no free unit below it. */
struct hca_chunk_map {
	uint32_t used, hint;
	uint64_t bits[HCA_CHUNK_UNITS / 64];
};

/**
 * hca_chunk_take() - free units, taken
 * @map: bitmap
 * @n: units, not 0
 * @align: units, a power of two
 * @skew: where unit 0 lies modulo @align, units
 * @at: first unit
 *
 * Return: whether there was room.
 */
bool hca_chunk_take(struct hca_chunk_map *map, uint32_t n, uint32_t align, uint32_t skew,
		    uint32_t *at);
void hca_chunk_give(struct hca_chunk_map *map, uint32_t at, uint32_t n);

#endif
