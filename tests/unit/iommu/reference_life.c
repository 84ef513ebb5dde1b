// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the reference model of everything that ends: registrations, regions, and
 * what idled. Must never know requests.
 */
#include <errno.h>

#include "tests/unit/iommu/reference_private.h"

/* --- registrations ------------------------------------------------------------------ */

static struct ref_reg *find_reg(const struct reference *ref, const struct iommu_registration *real)
{
	struct ref_reg *reg = ref->regs;

	while (reg && reg->reg != real)
		reg = reg->next;
	return reg;
}

/* A live registration lets go of one of its blocks. Return: false where not confirmed. */
static bool let_go(struct reference *ref, struct ref_block *block)
{
	enum iommu_policy policy = ref->setup.config.policy;

	if (--block->refs)
		return true;
	if (policy == IOMMU_POLICY_EXACT && block->own)
		return ref_block_end(ref, block);
	if (block->abandoned || block->held || (!block->own && !block->findable))
		return ref_block_end(ref, block);
	return ref_block_rest(ref, block);
}

/* A revoked one does: its addresses are free when it was the last. */
static bool let_go_revoked(struct reference *ref, struct ref_block *block)
{
	bool confirmed = !block->lost;

	if (!--block->held && !block->refs)
		ref_block_release(ref, block);
	return confirmed;
}

const char *reference_end(struct reference *ref, struct iommu_registration *real,
			  bool abandoned, int ret)
{
	struct ref_reg *reg = find_reg(ref, real);
	bool confirmed = true;

	ref_begin(ref);
	if (!reg) {
		ref_complain(ref, "ended what was not registered");
		return ref_finish(ref);
	}
	for (size_t i = 0; i < reg->n_blocks; i++) {
		struct ref_block *block = reg->blocks[i];

		if (abandoned) {
			block->abandoned = true;
			block->findable &= ref->setup.config.policy == IOMMU_POLICY_STATIC;
		}
		confirmed &= reg->revoked ? let_go_revoked(ref, block) : let_go(ref, block);
	}
	if (ret != (confirmed ? 0 : -EUCLEAN))
		ref_complain(ref, "the end was answered with %d, should be %d", ret,
			     confirmed ? 0 : -EUCLEAN);
	ref_reg_free(ref, reg);
	return ref_finish(ref);
}

/* --- regions ------------------------------------------------------------------------ */

static int add_error(const struct reference *ref, uint64_t gpa, uint64_t size,
		     unsigned int prot, uint64_t offset)
{
	if (!size || gpa % REF_PAGE || size % REF_PAGE || offset % REF_PAGE ||
	    !(prot & IOMMU_READ) || prot & ~(IOMMU_READ | IOMMU_WRITE) ||
	    size - 1 > UINT64_MAX - gpa)
		return -EINVAL;
	for (uint64_t at = 0; at < size && ref_page_of(gpa + at) >= 0; at += REF_PAGE)
		if (ref->pages[ref_page_of(gpa + at)].region != REF_NO_REGION)
			return -EEXIST;
	if (offset + size > REF_FILE_PAGES * REF_PAGE)
		return -EINVAL;
	return 0;
}

/* static: all of the region in one block. 0 or -errno. */
static int map_region(struct reference *ref, const struct ref_region *region)
{
	unsigned int first = (unsigned int)ref_page_of(region->gpa), pages[REF_PAGES];
	size_t n = region->size / REF_PAGE;
	enum iommu_reason reason;
	struct ref_block *block;
	uint64_t wanted;
	int ret;

	for (size_t i = 0; i < n; i++)
		pages[i] = first + (unsigned int)i;
	block = ref_block_create(ref, pages, n, ref->pages[first].prot, region->gpa, false);
	ret = ref_block_map(ref, block, &reason, &wanted);
	if (ret) {
		ref_block_destroy(ref, block);
		return ret;
	}
	block->findable = true;
	block->refs = 1;
	return 0;
}

static void forget_pages(struct reference *ref, uint32_t number)
{
	for (unsigned int i = 0; i < REF_PAGES; i++)
		if (ref->pages[i].region == number)
			ref->pages[i].region = REF_NO_REGION;
}

const char *reference_region_add(struct reference *ref, uint64_t gpa, uint64_t size,
				 unsigned int prot, unsigned int file, uint64_t offset,
				 int ret)
{
	struct ref_region region = { ++ref->region_number, gpa, size };
	int expected = add_error(ref, gpa, size, prot, offset);

	ref_begin(ref);
	if (!expected) {
		for (uint64_t at = 0; at < size; at += REF_PAGE)
			ref->pages[ref_page_of(gpa + at)] = (struct ref_page){
				region.number, file, (uint32_t)((offset + at) / REF_PAGE), prot };
		if (ref->setup.config.policy == IOMMU_POLICY_STATIC)
			expected = map_region(ref, &region);
		if (expected)
			forget_pages(ref, region.number);
		else
			ref->regions[ref->n_regions++] = region;
	}
	if (ret != expected)
		ref_complain(ref, "a region was answered with %d, should be %d", ret, expected);
	return ref_finish(ref);
}

/* -ENOENT: none in the window, -EINVAL: one is cut. */
static int remove_error(const struct reference *ref, uint64_t gpa, uint64_t size)
{
	uint64_t last = gpa + (size - 1);
	int ret = -ENOENT;

	if (!size || last < gpa)
		return -EINVAL;
	for (size_t i = 0; i < ref->n_regions; i++) {
		const struct ref_region *r = &ref->regions[i];
		uint64_t region_last = r->gpa + (r->size - 1);

		if (region_last < gpa || r->gpa > last)
			continue;
		if (r->gpa < gpa || region_last > last)
			return -EINVAL;
		ret = 0;
	}
	return ret;
}

static bool lies_in(const struct ref_page *was, size_t n, uint32_t region)
{
	for (size_t i = 0; i < n; i++)
		if (was[i].region == region)
			return true;
	return false;
}

/* It keeps its addresses, but nothing is mapped for it any more. */
static void revoke(struct reference *ref, struct ref_reg *reg)
{
	reg->revoked = true;
	ref->stats.revoked++;
	for (size_t i = 0; i < reg->n_blocks; i++) {
		struct ref_block *block = reg->blocks[i];

		block->held++;
		if (!--block->refs)
			ref_block_end(ref, block);
	}
}

/* A block of the region that idles, or that is static's; the others went with their registrations. */
static struct ref_block *rest_of(const struct reference *ref, uint32_t region)
{
	struct ref_block *block = ref->blocks;

	while (block && !(block->mapped && lies_in(block->was, block->n, region)))
		block = block->next;
	return block;
}

static void remove_region(struct reference *ref, uint32_t number)
{
	struct ref_block *block;

	for (struct ref_reg *reg = ref->regs; reg; reg = reg->next)
		if (!reg->revoked && lies_in(reg->was, reg->n, number))
			revoke(ref, reg);
	while ((block = rest_of(ref, number))) {
		if (!block->idle && ref->setup.config.policy == IOMMU_POLICY_STATIC)
			block->refs--;
		ref_block_end(ref, block);
	}
	forget_pages(ref, number);
}

const char *reference_region_remove(struct reference *ref, uint64_t gpa, uint64_t size, int ret)
{
	int expected = remove_error(ref, gpa, size);
	uint64_t last = gpa + (size - 1);
	size_t left = 0;

	ref_begin(ref);
	for (size_t i = 0; i < ref->n_regions; i++) {
		struct ref_region region = ref->regions[i];

		if (!expected && region.gpa >= gpa && region.gpa <= last)
			remove_region(ref, region.number);
		else
			ref->regions[left++] = region;
	}
	ref->n_regions = left;
	if (!expected && ref->unconfirmed)
		expected = -EUCLEAN;
	if (ret != expected)
		ref_complain(ref, "a removal was answered with %d, should be %d", ret, expected);
	for (struct ref_reg *reg = ref->regs; reg; reg = reg->next)
		if (reg->told != reg->revoked || iommu_registration_revoked(reg->reg) != reg->revoked)
			ref_complain(ref, "revoked %d, told %u times, says %d", reg->revoked,
				     reg->told, iommu_registration_revoked(reg->reg));
	return ref_finish(ref);
}

void reference_revoked(struct reference *ref, struct iommu_registration *real)
{
	struct ref_reg *reg = find_reg(ref, real);

	if (reg)
		reg->told++;
}

/* --- what idles ---------------------------------------------------------------------- */

const char *reference_tick(struct reference *ref, int ret)
{
	uint64_t now = ref_now(ref), bound = ref->setup.config.idle_ms;
	struct ref_block *oldest;
	int expected;

	ref_begin(ref);
	while ((oldest = ref_idle_oldest(ref)) && now - oldest->since >= bound)
		ref_block_end(ref, oldest);
	expected = oldest ? (int)(bound - (now - oldest->since)) : -1;
	if (ret != expected)
		ref_complain(ref, "the next tick is due in %d, should be %d", ret, expected);
	return ref_finish(ref);
}

const char *reference_flush(struct reference *ref, int ret)
{
	ref_begin(ref);
	ref_idle_flush(ref);
	if (ret != (ref->unconfirmed ? -EUCLEAN : 0))
		ref_complain(ref, "a flush was answered with %d", ret);
	return ref_finish(ref);
}

/* --- what is live -------------------------------------------------------------------- */

size_t reference_live(const struct reference *ref)
{
	return ref->n_regs;
}

struct iommu_registration *reference_live_at(const struct reference *ref, size_t i)
{
	const struct ref_reg *reg = ref->regs;

	while (i--)
		reg = reg->next;
	return reg->reg;
}

size_t reference_regions(const struct reference *ref)
{
	return ref->n_regions;
}

void reference_region_at(const struct reference *ref, size_t i, uint64_t *gpa, uint64_t *size)
{
	*gpa = ref->regions[i].gpa;
	*size = ref->regions[i].size;
}

int reference_maps(const struct reference *ref, uint64_t iova)
{
	for (const struct ref_lost *lost = ref->lost; lost; lost = lost->next)
		if (iova - lost->iova < lost->size)
			return -1;
	for (const struct ref_block *block = ref->blocks; block; block = block->next)
		if (block->mapped && iova - block->iova < block->n * REF_PAGE)
			return 1;
	return 0;
}
