// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how the reference model explains the calls that a domain got during one
 * operation. Must never know policies.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "tests/unit/iommu/reference_private.h"

bool ref_complain(struct reference *ref, const char *format, ...)
{
	va_list args;

	if (ref->complaint[0])
		return false;
	va_start(args, format);
	vsnprintf(ref->complaint, sizeof(ref->complaint), format, args);
	va_end(args);
	return false;
}

/* Pages from @at on that are neighbours in one region. */
static size_t piece_at(const struct ref_block *block, size_t at)
{
	size_t n = 1;

	while (at + n < block->n && block->was[at + n].region == block->was[at].region &&
	       ref_gpa_of(block->pages[at + n]) == ref_gpa_of(block->pages[at + n - 1]) + REF_PAGE)
		n++;
	return n;
}

uint64_t ref_block_pieces(const struct ref_block *block)
{
	uint64_t pieces = 0;

	for (size_t at = 0; at < block->n; at += piece_at(block, at))
		pieces++;
	return pieces;
}

/* The call that mapped a piece; the first piece's address is not known yet. */
static struct recorded_call *find_map(struct reference *ref, const struct ref_block *block,
				      size_t at, size_t n)
{
	size_t n_calls;
	struct recorded_call *calls = recorder_calls(ref->setup.recorder, &n_calls);

	for (size_t i = 0; i < n_calls; i++) {
		struct recorded_call *call = &calls[i];

		if (call->unmap || call->explained || call->size != n * REF_PAGE ||
		    call->prot != block->prot || (at && call->iova != block->iova + at * REF_PAGE))
			continue;
		if (call->content == ref_stamp(block->was[at].file, block->was[at].file_page))
			return call;
	}
	return NULL;
}

/* The call, from number @from on, that unmapped [@iova, @iova + @size). */
static struct recorded_call *find_unmap(struct reference *ref, uint64_t iova, uint64_t size,
					size_t from)
{
	size_t n;
	struct recorded_call *calls = recorder_calls(ref->setup.recorder, &n);

	for (size_t i = from; i < n; i++) {
		struct recorded_call *call = &calls[i];

		if (call->unmap && call->iova <= iova && iova - call->iova < call->size &&
		    call->size - (iova - call->iova) >= size)
			return call;
	}
	return NULL;
}

/* Return: whether it was confirmed. */
static bool explain_unmap(struct reference *ref, uint64_t iova, uint64_t size, size_t from)
{
	struct recorded_call *call = find_unmap(ref, iova, size, from);

	if (!call)
		return ref_complain(ref, "bus addresses %#llx+%#llx were not unmapped",
				    (unsigned long long)iova, (unsigned long long)size);
	call->explained += size;
	if (call->done && call->unmapped == call->really)
		return true;
	ref->unconfirmed = true;
	return false;
}

/* The map call @failed of a block of which @done bytes, @maps calls, are mapped. */
static int undo(struct reference *ref, const struct ref_block *block, uint64_t done,
		uint64_t maps, const struct recorded_call *failed)
{
	size_t n;
	size_t at = (size_t)(failed - recorder_calls(ref->setup.recorder, &n));

	if (!done || explain_unmap(ref, block->iova, done, at))
		return failed->ret;
	ref_lose(ref, block->iova, block->n * REF_PAGE, maps, done);
	return -EUCLEAN;
}

int ref_calls_map(struct reference *ref, struct ref_block *block)
{
	struct recorded_call *call = NULL;
	uint64_t maps = 0;
	size_t n_calls;

	for (size_t at = 0, n; at < block->n; at += n, maps++) {
		n = piece_at(block, at);
		call = find_map(ref, block, at, n);
		if (!call) {
			ref_complain(ref, "%zu pages at %#llx were not mapped", n,
				     (unsigned long long)ref_gpa_of(block->pages[at]));
			return -EIO;
		}
		call->explained = 1;
		if (!at)
			block->iova = call->iova;
		if (call->ret)
			return undo(ref, block, at * REF_PAGE, maps, call);
	}
	block->maps = maps;
	block->mapped_by = (size_t)(call - recorder_calls(ref->setup.recorder, &n_calls)) + 1;
	return 0;
}

bool ref_calls_unmap(struct reference *ref, const struct ref_block *block)
{
	return explain_unmap(ref, block->iova, block->n * REF_PAGE, block->mapped_by);
}

void ref_begin(struct reference *ref)
{
	for (struct ref_block *block = ref->blocks; block; block = block->next)
		block->mapped_by = 0;
	ref->unconfirmed = false;
	ref->complaint[0] = '\0';
}

static void check_unmap(struct reference *ref, const struct recorded_call *call, size_t number)
{
	if (call->done && call->explained != call->really)
		ref_complain(ref, "unmap of %#llx+%#llx: %#llx bytes went, %#llx should have",
			     (unsigned long long)call->iova, (unsigned long long)call->size,
			     (unsigned long long)call->really, (unsigned long long)call->explained);
	if (!call->explained)
		ref_complain(ref, "unmap of %#llx+%#llx: nothing was to be unmapped",
			     (unsigned long long)call->iova, (unsigned long long)call->size);
	for (const struct ref_block *b = ref->blocks; b; b = b->next)
		if (b->mapped && b->mapped_by <= number && b->iova < call->iova + call->size &&
		    call->iova < b->iova + b->n * REF_PAGE)
			ref_complain(ref, "unmap of %#llx+%#llx hits the block at %#llx",
				     (unsigned long long)call->iova, (unsigned long long)call->size,
				     (unsigned long long)b->iova);
}

static void check_calls(struct reference *ref)
{
	size_t n;
	struct recorded_call *calls = recorder_calls(ref->setup.recorder, &n);

	for (size_t i = 0; i < n; i++) {
		ref->map_calls += !calls[i].unmap;
		ref->unmap_calls += calls[i].unmap;
		if (calls[i].unmap)
			check_unmap(ref, &calls[i], i);
		else if (!calls[i].explained)
			ref_complain(ref, "%#llx bytes were mapped at %#llx for no reason",
				     (unsigned long long)calls[i].size,
				     (unsigned long long)calls[i].iova);
	}
	recorder_clear(ref->setup.recorder);
}

#define SAME(what, got, want)							\
	do {									\
		if ((got) != (want))						\
			ref_complain(ref, what ": %llu, should be %llu",	\
				     (unsigned long long)(got), (unsigned long long)(want)); \
	} while (0)

static void check_ioas(struct reference *ref, uint64_t maps, uint64_t bytes)
{
	uint64_t blocks = 0, quarantined = 0, gone = 0;
	struct ioas_stats stats;

	for (const struct ref_lost *lost = ref->lost; lost; lost = lost->next) {
		maps += lost->maps;
		gone += lost->maps;
		bytes += lost->mapped;
		quarantined += lost->size;
		blocks++;
	}
	ioas_stats(ref->setup.ioas, &stats);
	SAME("mappings of the space", stats.maps, maps);
	SAME("mapped bytes of the space", stats.mapped_bytes, bytes);
	SAME("map calls", stats.map_calls, ref->map_calls);
	SAME("unmap calls", stats.unmap_calls, ref->unmap_calls);
	SAME("blocks in quarantine", stats.quarantined_blocks, blocks);
	SAME("bytes in quarantine", stats.quarantined_bytes, quarantined);
	SAME("mappings in quarantine", stats.quarantined_maps, gone);
}

const char *ref_finish(struct reference *ref)
{
	struct iommu_registrar_stats stats, *want = &ref->stats;
	uint64_t maps = 0, bytes = 0, registered = 0;

	check_calls(ref);
	for (const struct ref_block *block = ref->blocks; block; block = block->next) {
		if (!block->mapped)
			continue;
		maps += block->maps;
		bytes += block->n * REF_PAGE;
	}
	for (const struct ref_reg *reg = ref->regs; reg; reg = reg->next)
		registered += reg->n * REF_PAGE;
	iommu_registrar_stats(ref->setup.registrar, &stats);
	SAME("registrations", stats.registrations, ref->n_regs);
	SAME("registered bytes", stats.registered_bytes, registered);
	SAME("mapped bytes", stats.mapped_bytes, bytes);
	SAME("mappings", stats.maps, maps);
	SAME("idle bytes", stats.idle_bytes, ref_idle_bytes(ref));
	SAME("idle mappings", stats.idle_maps, ref_idle_maps(ref));
	SAME("reuses", stats.reuses, want->reuses);
	SAME("fallbacks", stats.fallbacks, want->fallbacks);
	SAME("refusals", stats.refusals, want->refusals);
	SAME("revoked", stats.revoked, want->revoked);
	if (stats.idle_bytes > ref->setup.config.idle_bytes)
		ref_complain(ref, "%llu bytes idle, beyond the bound",
			     (unsigned long long)stats.idle_bytes);
	check_ioas(ref, maps, bytes);
	return ref->complaint[0] ? ref->complaint : NULL;
}
