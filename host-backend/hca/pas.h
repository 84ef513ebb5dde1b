/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns page lists: from bus runs to the entries and the page size that a context or an mkey gets. Must
 * never know which object it is for.
 */
#ifndef HCA_PAS_H
#define HCA_PAS_H

#include <stddef.h>
#include <stdint.h>

#include "iommu/registration.h"	/* struct bus_run */

/**
 * struct hca_pas - a list of equal pages
 * @log_page: log2 bytes of a page, 12 or more
 * @page_offset: of the first byte in the first page, bytes
 * @n: entries
 * @runs, @n_runs, @start: for hca_pas_write()
 */
struct hca_pas {
	unsigned int log_page;
	uint64_t page_offset;
	uint64_t n;
	const struct bus_run *runs;
	size_t n_runs;
	uint64_t start;
};

/* Of a page, log2: the smallest, and the field of queues' contexts holds 5 bits more. */
enum { HCA_PAS_LOG_MIN = 12, HCA_PAS_LOG_MAX_RING = 12 + 31 };

/**
 * hca_pas_plan() - the largest page size that fits
 * @runs: bus addresses, multiples of 4 KiB
 * @n_runs: how many
 * @start: of the first byte in the runs, bytes
 * @len: bytes
 * @va: address of the first byte as the HCA will be told it (mkeys); for rings
 *	the bus address of the first byte
 * @max_log: largest log2 page the field can hold
 * @offset_unit: 0: any offset in a page will do as it follows from @va (mkeys); else
 *	the first byte must lie at a multiple of page size / @offset_unit (rings: 64)
 * @max_units: offsets must be below this many of those (rings: 64 or 32); unused for mkeys
 * @pas: result; refers to @runs
 *
 * Larger than one entry needs is only taken where no smaller one can express
 * the offset. The first page may begin before the range and the last may end
 * behind it: whoever gets the list also gets the offset and the length.
 *
 * Return: 0; -EINVAL when @start and @len are outside the runs, nothing or
 * beyond 2^64, or 4 KiB pages do not fit either.
 */
int hca_pas_plan(const struct bus_run *runs, size_t n_runs, uint64_t start,
		 uint64_t len, uint64_t va, unsigned int max_log,
		 unsigned int offset_unit, unsigned int max_units, struct hca_pas *pas);

/**
 * struct hca_ring - where a queue's memory is, e.g. in a registration
 * @runs: bus addresses, multiples of 4 KiB; not kept
 * @n_runs: how many
 * @offset: of the queue's first byte in the runs, bytes, a multiple of 64
 * @bytes: room for the queue from there
 */
struct hca_ring {
	const struct bus_run *runs;
	size_t n_runs;
	uint64_t offset;
	uint64_t bytes;
};

/*
 * Units that the offset of a queue's first byte in its page has in contexts: a
 * page has 64, but a work queue's field only counts half of them.
 */
enum { HCA_RING_UNITS = 64, HCA_RING_UNITS_WQ = 32 };

/**
 * hca_ring_plan() - the pages of a queue
 * @ring: where it is
 * @bytes: what the context says it takes
 * @max_units: HCA_RING_UNITS; HCA_RING_UNITS_WQ for an RMP
 * @pas: result; refers to the ring's runs
 *
 * Return: 0; -EINVAL when it does not fit into the ring or lies where the
 * context cannot say.
 */
int hca_ring_plan(const struct hca_ring *ring, uint64_t bytes, unsigned int max_units,
		  struct hca_pas *pas);

/* The offset of the first byte as contexts of queues have it. */
static inline unsigned int hca_pas_units(const struct hca_pas *pas)
{
	return (unsigned int)(pas->page_offset >> (pas->log_page - 6));
}

/* The n entries as big-endian 64-bit words, @low (permission bits) or-ed into each. */
void hca_pas_write(const struct hca_pas *pas, void *dst, uint64_t low);

#endif
