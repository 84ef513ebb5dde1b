// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns page lists: the choice of the page size, and the entries. Must never
 * know which object a list is for.
 */
#include "host-backend/hca/pas.h"

#include <errno.h>
#include <stdbool.h>

#include "host-backend/hca/ifc/ifc.h"

enum { PAGE_MASK = (1 << HCA_PAS_LOG_MIN) - 1, LOG_LIMIT = 63 };

/* Pieces of a range of the runs, one after the other. */
struct walk {
	const struct bus_run *run, *end;
	uint64_t skip;			/* bytes before the next piece */
	uint64_t left;			/* bytes of the range still to come */
};

static struct walk walk_start(const struct bus_run *runs, size_t n_runs, uint64_t start,
			      uint64_t len)
{
	return (struct walk){ .run = runs, .end = runs + n_runs, .skip = start, .left = len };
}

/* false: the range or the runs are at their end. */
static bool walk_next(struct walk *w, struct bus_run *piece)
{
	uint64_t room;

	while (w->run != w->end && w->skip >= w->run->size) {
		w->skip -= w->run->size;
		w->run++;
	}
	if (w->run == w->end || !w->left)
		return false;
	room = w->run->size - w->skip;
	piece->iova = w->run->iova + w->skip;
	piece->size = room < w->left ? room : w->left;
	w->left -= piece->size;
	w->skip += piece->size;
	return true;
}

static bool run_sane(const struct bus_run *run)
{
	return !((run->iova | run->size) & PAGE_MASK) &&
	       (!run->size || run->size - 1 <= UINT64_MAX - run->iova);
}

/*
 * Address bits in which @va and the bus address differ somewhere, or which a
 * border between two pieces has: a page must be smaller than each of them.
 */
static int forbidden_bits(const struct bus_run *runs, size_t n_runs, uint64_t start,
			  uint64_t len, uint64_t va, uint64_t *bits)
{
	struct walk w = walk_start(runs, n_runs, start, len);
	uint64_t expect = 0, done = 0;
	struct bus_run piece;
	size_t i;

	for (i = 0; i < n_runs; i++)
		if (!run_sane(&runs[i]))
			return -EINVAL;
	*bits = 0;
	while (walk_next(&w, &piece)) {
		if (done && piece.iova != expect)
			*bits |= va + done;
		*bits |= piece.iova ^ (va + done);
		expect = piece.iova + piece.size;
		done += piece.size;
	}
	return done == len ? 0 : -EINVAL;
}

static bool offset_fits(uint64_t va, unsigned int log, unsigned int offset_unit,
			unsigned int max_units)
{
	uint64_t page = 1ull << log, offset = va & (page - 1);

	if (!offset_unit)
		return true;
	return offset % (page / offset_unit) == 0 && offset / (page / offset_unit) < max_units;
}

/* log2 of a page that holds everything, were it at the right place; at least 4 KiB. */
static unsigned int log_needed(uint64_t va, uint64_t len)
{
	uint64_t differs = va ^ (va + len - 1);
	unsigned int log = differs ? 64 - (unsigned int)__builtin_clzll(differs) : 0;

	return log < HCA_PAS_LOG_MIN ? HCA_PAS_LOG_MIN : log;
}

int hca_pas_plan(const struct bus_run *runs, size_t n_runs, uint64_t start,
		 uint64_t len, uint64_t va, unsigned int max_log,
		 unsigned int offset_unit, unsigned int max_units, struct hca_pas *pas)
{
	unsigned int most = max_log < LOG_LIMIT ? max_log : LOG_LIMIT, enough, log;
	uint64_t bits, mask;
	int ret;

	if (!len || len - 1 > UINT64_MAX - va)
		return -EINVAL;
	ret = forbidden_bits(runs, n_runs, start, len, va, &bits);
	if (ret)
		return ret;
	if (bits && (unsigned int)__builtin_ctzll(bits) < most)
		most = (unsigned int)__builtin_ctzll(bits);
	enough = log_needed(va, len);
	if (enough > most)
		enough = most;
	for (log = enough; log >= HCA_PAS_LOG_MIN; log--)
		if (offset_fits(va, log, offset_unit, max_units))
			break;
	if (log < HCA_PAS_LOG_MIN)
		for (log = enough + 1; log <= most; log++)
			if (offset_fits(va, log, offset_unit, max_units))
				break;
	if (log < HCA_PAS_LOG_MIN || log > most)
		return -EINVAL;
	mask = (1ull << log) - 1;
	*pas = (struct hca_pas){
		.log_page = log, .page_offset = va & mask,
		.n = ((len - 1) >> log) + (((va & mask) + ((len - 1) & mask)) >> log) + 1,
		.runs = runs, .n_runs = n_runs, .start = start,
	};
	return 0;
}

void hca_pas_write(const struct hca_pas *pas, void *dst, uint64_t low)
{
	struct walk w = walk_start(pas->runs, pas->n_runs, pas->start, UINT64_MAX);
	uint64_t page = 1ull << pas->log_page, done = 0, at = 0, i = 0;
	struct bus_run piece;
	uint8_t *entry = dst;

	while (i < pas->n && walk_next(&w, &piece)) {
		/* The first page begins before the first byte. */
		if (!i) {
			ifc_store64(entry, (piece.iova - pas->page_offset) | low);
			at = page - pas->page_offset;
			i++;
		}
		for (; i < pas->n && at - done < piece.size; i++, at += page)
			ifc_store64(entry + i * 8, (piece.iova + (at - done)) | low);
		done += piece.size;
	}
}

int hca_ring_plan(const struct hca_ring *ring, uint64_t bytes, unsigned int max_units,
		  struct hca_pas *pas)
{
	struct walk w = walk_start(ring->runs, ring->n_runs, ring->offset, bytes);
	struct bus_run first;

	if (bytes > ring->bytes || !walk_next(&w, &first))
		return -EINVAL;
	return hca_pas_plan(ring->runs, ring->n_runs, ring->offset, bytes, first.iova,
			    HCA_PAS_LOG_MAX_RING, HCA_RING_UNITS, max_units, pas);
}
