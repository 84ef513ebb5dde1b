// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the reference model of registrations by each policy. Must never look into
 * iommu/'s own structures.
 */
#include "tests/unit/iommu/reference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/iommu/reference_private.h"

static void *need(void *ptr)
{
	if (!ptr)
		abort();
	return ptr;
}

struct reference *reference_create(const struct ref_setup *setup)
{
	struct reference *ref = need(calloc(1, sizeof(*ref)));

	ref->setup = *setup;
	for (unsigned int i = 0; i < REF_PAGES; i++)
		ref->pages[i].region = REF_NO_REGION;
	return ref;
}

void ref_reg_free(struct reference *ref, struct ref_reg *reg)
{
	struct ref_reg **at = &ref->regs;

	while (*at != reg)
		at = &(*at)->next;
	*at = reg->next;
	ref->n_regs--;
	free(reg->pages);
	free(reg->was);
	free(reg->blocks);
	free(reg);
}

void reference_destroy(struct reference *ref)
{
	struct ref_lost *lost;

	while (ref->regs)
		ref_reg_free(ref, ref->regs);
	while (ref->blocks)
		ref_block_destroy(ref, ref->blocks);
	while ((lost = ref->lost)) {
		ref->lost = lost->next;
		free(lost);
	}
	free(ref);
}

static bool owns_blocks(const struct reference *ref)
{
	return ref->setup.config.policy == IOMMU_POLICY_EXACT ||
	       ref->setup.config.policy == IOMMU_POLICY_LAZY;
}

/* --- registering ------------------------------------------------------------------- */

static struct ref_reg *reg_draft(const struct reference *ref, const struct iommu_request *request,
				 bool own)
{
	struct ref_reg *reg = need(calloc(1, sizeof(*reg)));

	reg->owner = request->owner;
	reg->access = request->access;
	reg->own = own;
	reg->pages = ref_request_pages(request, &reg->n);
	reg->was = need(calloc(reg->n, sizeof(*reg->was)));
	reg->blocks = need(calloc(reg->n, sizeof(*reg->blocks)));
	for (size_t i = 0; i < reg->n; i++)
		reg->was[i] = ref->pages[reg->pages[i]];
	return reg;
}

static void reg_add_block(struct ref_reg *reg, struct ref_block *block)
{
	reg->blocks[reg->n_blocks++] = block;
	block->refs++;
}

static bool reg_has_block(const struct ref_reg *reg, const struct ref_block *block)
{
	for (size_t i = 0; i < reg->n_blocks; i++)
		if (reg->blocks[i] == block)
			return true;
	return false;
}

/* Nothing comes of it. Return: false when something mapped was not unmapped for sure. */
static bool reg_undo(struct reference *ref, struct ref_reg *reg)
{
	bool confirmed = true;

	for (size_t i = 0; i < reg->n_blocks; i++)
		if (!--reg->blocks[i]->refs)
			confirmed &= ref_block_end(ref, reg->blocks[i]);
	reg->n_blocks = 0;
	return confirmed;
}

static int refuse(struct iommu_refusal *why, enum iommu_reason reason, int err, uint64_t wanted)
{
	*why = (struct iommu_refusal){ .reason = reason, .err = err, .wanted = wanted };
	return err;
}

/* lazy: the idle block that turned out to serve the request; any of those that may. */
static struct ref_block *find_reused(const struct reference *ref,
				     const struct iommu_request *request,
				     const struct ref_reg *draft, uint64_t iova, bool *any)
{
	uint64_t align = REF_PAGE;
	struct ref_block *found = NULL;

	*any = false;
	while (align < draft->n * REF_PAGE)
		align *= 2;
	for (struct ref_block *block = ref->blocks; block; block = block->next) {
		if (!block->idle || !block->own || block->n != draft->n ||
		    block->prot != request->access ||
		    block->va % align != request->va % align ||
		    memcmp(block->pages, draft->pages, draft->n * sizeof(*draft->pages)))
			continue;
		*any = true;
		if (block->iova == iova)
			found = block;
	}
	return found;
}

static int map_own(struct reference *ref, const struct iommu_request *request,
		   struct ref_reg *reg, struct iommu_refusal *why)
{
	struct ref_block *block = ref_block_create(ref, reg->pages, reg->n, request->access,
						   request->va, true);
	enum iommu_reason reason;
	uint64_t wanted;
	int ret = ref_block_map(ref, block, &reason, &wanted);

	if (ret) {
		ref_block_destroy(ref, block);
		return refuse(why, reason, ret, wanted);
	}
	reg_add_block(reg, block);
	return 0;
}

/* granule, static: the block that serves a page, or NULL. */
static struct ref_block *find_shared(const struct reference *ref, unsigned int page)
{
	for (struct ref_block *block = ref->blocks; block; block = block->next) {
		if (!block->findable || block->was[0].region != ref->pages[page].region)
			continue;
		if (ref_gpa_of(page) - ref_gpa_of(block->pages[0]) < block->n * REF_PAGE)
			return block;
	}
	return NULL;
}

/* granule: all pages of the block around @page, clipped to its region. */
static struct ref_block *create_shared(struct reference *ref, unsigned int page)
{
	uint64_t granule = ref->setup.config.granule, first = ref_gpa_of(page) / granule;
	unsigned int pages[REF_PAGES];
	struct ref_block *block;
	size_t n = 0;

	for (unsigned int i = 0; i < REF_PAGES; i++)
		if (ref->pages[i].region == ref->pages[page].region &&
		    ref_gpa_of(i) / granule == first)
			pages[n++] = i;
	block = ref_block_create(ref, pages, n, ref->pages[page].prot, ref_gpa_of(pages[0]), false);
	block->findable = true;
	return block;
}

/* Blocks for all pages, those not mapped yet last of all counted. */
static int collect(struct reference *ref, struct ref_reg *reg, bool *idled, uint64_t *missing,
		   struct iommu_refusal *why)
{
	for (size_t i = 0; i < reg->n; i++) {
		struct ref_block *block = find_shared(ref, reg->pages[i]);
		uint64_t left;

		if (block && reg_has_block(reg, block))
			continue;
		if (!block)
			block = create_shared(ref, reg->pages[i]);
		*idled |= block->idle;
		*missing += !block->mapped;
		ref_block_wake(block);
		reg_add_block(reg, block);
		left = ref_maps_left(ref);
		if (*missing > left && *missing - left > ref_idle_maps(ref))
			return refuse(why, IOMMU_TOO_MANY_MAPS, -ENOSPC, *missing);
	}
	return 0;
}

static int map_shared(struct reference *ref, struct ref_reg *reg, struct iommu_refusal *why)
{
	uint64_t missing = 0, wanted;
	bool idled = false;
	enum iommu_reason reason;
	int ret = collect(ref, reg, &idled, &missing, why);

	if (!ret && !ref_idle_make_room(ref, missing))
		ret = refuse(why, IOMMU_TOO_MANY_MAPS, -ENOSPC, missing);
	for (size_t i = 0; i < reg->n_blocks && !ret; i++) {
		if (reg->blocks[i]->mapped)
			continue;
		ret = ref_block_map(ref, reg->blocks[i], &reason, &wanted);
		if (ret)
			refuse(why, reason, ret, wanted);
	}
	if (!ret)
		ref->stats.reuses += idled && !missing;
	else if (!reg_undo(ref, reg))
		ret = refuse(why, IOMMU_NOT_CONFIRMED, -EUCLEAN, reg->n * REF_PAGE);
	return ret;
}

static int map_reg(struct reference *ref, const struct iommu_request *request,
		   struct ref_reg *reg, struct iommu_refusal *why)
{
	int ret;

	if (!owns_blocks(ref))
		return map_shared(ref, reg, why);
	ret = map_own(ref, request, reg, why);
	if (!ret || why->reason != IOMMU_TOO_MANY_MAPS || !ref->setup.config.fall_back)
		return ret;
	reg->own = false;
	ret = map_shared(ref, reg, why);
	ref->stats.fallbacks += !ret;
	return ret;
}

static int map_or_reuse(struct reference *ref, const struct iommu_request *request,
			struct iommu_registration *real, struct ref_reg *reg,
			struct iommu_refusal *why)
{
	struct ref_block *block;
	uint64_t iova = 0;
	bool any = false;
	size_t n;

	if (real)
		iova = iommu_registration_bus(real, &n)->iova;
	block = find_reused(ref, request, reg, iova, &any);
	if (!any || !owns_blocks(ref))
		return map_reg(ref, request, reg, why);
	ref->stats.reuses++;
	if (!block) {
		ref_complain(ref, "what idled was not used again");
		return 0;
	}
	ref_block_wake(block);
	reg_add_block(reg, block);
	return 0;
}

/* Where a page of a registration is on the bus, by its blocks. */
static uint64_t bus_of(const struct ref_reg *reg, size_t page)
{
	for (size_t i = 0; i < reg->n_blocks; i++) {
		const struct ref_block *block = reg->blocks[i];

		for (size_t j = 0; j < block->n; j++)
			if (block->own ? j == page : block->pages[j] == reg->pages[page])
				return block->iova + j * REF_PAGE;
	}
	return 0;
}

static void check_bus(struct reference *ref, const struct ref_reg *reg)
{
	size_t n, page = 0;
	const struct bus_run *bus = iommu_registration_bus(reg->reg, &n);

	if (reg->own && n != 1)
		ref_complain(ref, "%zu bus runs, should be one", n);
	for (size_t i = 0; i < n; i++) {
		if (i && bus[i].iova == bus[i - 1].iova + bus[i - 1].size)
			ref_complain(ref, "bus run %zu follows the one before it", i);
		for (uint64_t at = 0; at < bus[i].size && page < reg->n; at += REF_PAGE, page++)
			if (bus[i].iova + at != bus_of(reg, page))
				ref_complain(ref, "page %zu is at %#llx, should be at %#llx", page,
					     (unsigned long long)(bus[i].iova + at),
					     (unsigned long long)bus_of(reg, page));
	}
	if (page != reg->n || iommu_registration_size(reg->reg) != reg->n * REF_PAGE)
		ref_complain(ref, "%zu pages on the bus, should be %zu", page, reg->n);
	if (iommu_registration_access(reg->reg) != reg->access)
		ref_complain(ref, "access %u", iommu_registration_access(reg->reg));
}

static void check_owner(struct reference *ref, const struct iommu_owner *owner)
{
	uint64_t bytes = 0, count = 0;

	for (const struct ref_reg *reg = ref->regs; reg; reg = reg->next) {
		bytes += reg->owner == owner ? reg->n * REF_PAGE : 0;
		count += reg->owner == owner;
	}
	if (owner->bytes != bytes || owner->registrations != count)
		ref_complain(ref, "the owner has %llu bytes in %llu, should have %llu in %llu",
			     (unsigned long long)owner->bytes,
			     (unsigned long long)owner->registrations,
			     (unsigned long long)bytes, (unsigned long long)count);
}

static void check_refusal(struct reference *ref, const struct iommu_refusal *got,
			  const struct iommu_refusal *want, int ret)
{
	bool limits = want->reason == IOMMU_OWNER_BYTES || want->reason == IOMMU_OWNER_COUNT;

	if (ret != want->err || got->err != want->err || got->reason != want->reason)
		ref_complain(ref, "answer %d, reason %d (%d), should be %d, reason %d", ret,
			     (int)got->reason, got->err, want->err, (int)want->reason);
	if (got->at != want->at)
		ref_complain(ref, "refused at %#llx, should be at %#llx",
			     (unsigned long long)got->at, (unsigned long long)want->at);
	if (got->wanted != want->wanted || (limits && got->limit != want->limit))
		ref_complain(ref, "reason %d: refused %llu of %llu, should be %llu of %llu",
			     (int)want->reason, (unsigned long long)got->wanted,
			     (unsigned long long)got->limit, (unsigned long long)want->wanted,
			     (unsigned long long)want->limit);
}

static void count_use(struct reference *ref, const struct iommu_owner *owner)
{
	ref->used_bytes = 0;
	ref->used_count = 0;
	for (const struct ref_reg *reg = ref->regs; reg; reg = reg->next) {
		ref->used_bytes += reg->owner == owner ? reg->n * REF_PAGE : 0;
		ref->used_count += reg->owner == owner;
	}
}

const char *reference_register(struct reference *ref, const struct iommu_request *request,
			       int ret, struct iommu_registration *real,
			       const struct iommu_refusal *refusal)
{
	struct iommu_refusal want;
	struct ref_reg *reg = NULL;
	int expected;

	ref_begin(ref);
	count_use(ref, request->owner);
	expected = ref_request_check(ref, request, &want);
	if (!expected) {
		reg = reg_draft(ref, request, owns_blocks(ref));
		reg->next = ref->regs;
		ref->regs = reg;
		ref->n_regs++;
		expected = map_or_reuse(ref, request, ret ? NULL : real, reg, &want);
		if (!expected)
			want = (struct iommu_refusal){ .reason = IOMMU_OK };
	}
	check_refusal(ref, refusal, &want, ret);
	ref->stats.refusals += expected != 0;
	if (expected && reg) {
		ref_reg_free(ref, reg);
	} else if (!expected && !ret) {
		reg->reg = real;
		check_bus(ref, reg);
	}
	check_owner(ref, request->owner);
	return ref_finish(ref);
}
