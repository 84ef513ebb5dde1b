// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the table of mappings behind a fake domain, and its disobedience. Must
 * never know who asked for a mapping.
 */
#include "tests/unit/iommu/fake_domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/tree.h>

struct node {
	struct fake_mapping map;	/* first: handed out as itself */
	RB_ENTRY(node) entry;
};

static int node_cmp(const struct node *a, const struct node *b)
{
	return a->map.iova < b->map.iova ? -1 : a->map.iova > b->map.iova;
}

RB_HEAD(table, node);
#define TREE_FN static __attribute__((unused))
RB_GENERATE_INTERNAL(table, node, entry, node_cmp, TREE_FN)

struct fake_domain {
	struct iommu_domain domain;
	struct iommu_domain_ops ops;	/* of its own: needs_hva differs */
	struct table table;
	struct fake_stats stats;
	uint64_t fail_map, fail_unmap, lie;	/* calls until it happens, 0: never */
	int map_err, unmap_err;
	uint64_t lie_bytes;
	bool lie_drops;
	bool null;
	uint64_t *left;
};

static struct fake_domain *fake(const struct iommu_domain *domain)
{
	return (struct fake_domain *)domain;
}

static uint64_t last_of(const struct fake_mapping *map)
{
	return map->iova + (map->size - 1);
}

/* The mapping with the highest address that starts at or below @iova. */
static struct node *at_or_below(const struct fake_domain *f, uint64_t iova)
{
	struct node *n = RB_ROOT(&f->table), *found = NULL;

	while (n) {
		if (n->map.iova <= iova) {
			found = n;
			n = RB_RIGHT(n, entry);
		} else {
			n = RB_LEFT(n, entry);
		}
	}
	return found;
}

static struct node *holding(const struct fake_domain *f, uint64_t iova)
{
	struct node *n = at_or_below(f, iova);

	return n && last_of(&n->map) >= iova ? n : NULL;
}

static int violated(struct fake_domain *f, int err, const char *rule)
{
	f->stats.violations++;
	f->stats.violation = rule;
	return err;
}

/* Counts down to a call that was armed; true: this one. */
static bool due(uint64_t *armed)
{
	return *armed && !--*armed;
}

static int check_window(struct fake_domain *f, uint64_t iova, uint64_t size)
{
	uint64_t smallest = f->domain.caps.page_sizes & -f->domain.caps.page_sizes;

	if (!size)
		return violated(f, -EINVAL, "no bytes");
	if ((iova | size) & (smallest - 1))
		return violated(f, -EINVAL, "not whole pages");
	if (size - 1 > UINT64_MAX - iova)
		return violated(f, -EINVAL, "wraps");
	return 0;
}

static bool usable(const struct iommu_caps *caps, uint64_t first, uint64_t last)
{
	for (size_t i = 0; i < caps->n_ranges; i++)
		if (first >= caps->ranges[i].first && last <= caps->ranges[i].last)
			return true;
	return false;
}

static int check_map(struct fake_domain *f, uint64_t iova, uint64_t size,
		     unsigned int prot, const struct iommu_backing *backing)
{
	int ret = check_window(f, iova, size);
	const struct node *below;

	if (ret)
		return ret;
	if (!usable(&f->domain.caps, iova, iova + (size - 1)))
		return violated(f, -EINVAL, "not in a usable range");
	if (!prot || prot & ~(IOMMU_READ | IOMMU_WRITE))
		return violated(f, -EINVAL, "unknown or no access");
	if (f->ops.needs_hva && (!backing->hva || (uintptr_t)backing->hva & 0xfff))
		return violated(f, -EINVAL, "no page of this process");
	if (!f->ops.needs_hva && (backing->fd < 0 || backing->offset & 0xfff))
		return violated(f, -EINVAL, "no page of a file");
	below = at_or_below(f, iova + (size - 1));
	if (below && last_of(&below->map) >= iova)
		return violated(f, -EEXIST, "overlaps a mapping");
	if (f->stats.maps >= f->domain.caps.max_maps)
		return violated(f, -ENOSPC, "more mappings than there may be");
	return 0;
}

static int fake_map(struct iommu_domain *domain, uint64_t iova, uint64_t size,
		    unsigned int prot, const struct iommu_backing *backing)
{
	struct fake_domain *f = fake(domain);
	struct node *n;
	int ret;

	f->stats.map_calls++;
	if (due(&f->fail_map))
		return f->map_err;
	if (f->null)
		return 0;
	ret = check_map(f, iova, size, prot, backing);
	if (ret)
		return ret;
	n = malloc(sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->map = (struct fake_mapping){ iova, size, prot, *backing };
	RB_INSERT(table, &f->table, n);
	f->stats.maps++;
	f->stats.bytes += size;
	return 0;
}

static uint64_t drop(struct fake_domain *f, uint64_t iova, uint64_t size)
{
	uint64_t bytes = 0, last = iova + (size - 1);
	struct node *n = at_or_below(f, last), *below;

	for (; n && n->map.iova >= iova; n = below) {
		below = RB_PREV(table, &f->table, n);
		bytes += n->map.size;
		RB_REMOVE(table, &f->table, n);
		free(n);
		f->stats.maps--;
	}
	f->stats.bytes -= bytes;
	return bytes;
}

static int fake_unmap(struct iommu_domain *domain, uint64_t iova, uint64_t size,
		      uint64_t *unmapped)
{
	struct fake_domain *f = fake(domain);
	const struct node *n;
	bool lies, fails;
	int ret;

	*unmapped = 0;
	f->stats.unmap_calls++;
	lies = due(&f->lie);
	fails = due(&f->fail_unmap);
	if (fails && !lies)
		return f->unmap_err;
	if (f->null) {
		*unmapped = lies ? f->lie_bytes : size;
		return fails ? f->unmap_err : 0;
	}
	ret = check_window(f, iova, size);
	if (ret)
		return ret;
	n = holding(f, iova);
	if (n && n->map.iova != iova)
		return violated(f, -EINVAL, "cuts a mapping at its start");
	n = holding(f, iova + (size - 1));
	if (n && last_of(&n->map) != iova + (size - 1))
		return violated(f, -EINVAL, "cuts a mapping at its end");
	if (!lies || f->lie_drops)
		*unmapped = drop(f, iova, size);
	if (lies)
		*unmapped = f->lie_bytes;
	return fails ? f->unmap_err : 0;
}

static void fake_destroy(struct iommu_domain *domain)
{
	struct fake_domain *f = fake(domain);
	struct node *n, *next;

	if (f->left)
		*f->left = f->stats.maps;
	for (n = RB_MIN(table, &f->table); n; n = next) {
		next = RB_NEXT(table, &f->table, n);
		RB_REMOVE(table, &f->table, n);
		free(n);
	}
	free(f->domain.caps.ranges);
	free(f);
}

struct iommu_domain *fake_domain_create(const struct fake_domain_config *config)
{
	static const struct iova_range x86[] = {
		{ 0, 0xfedfffff }, { 0xfef00000, (1ull << 48) - 1 },
	};
	const struct iova_range *ranges = config->ranges ? config->ranges : x86;
	size_t n = config->ranges ? config->n_ranges : 2;
	struct fake_domain *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->ops = (struct iommu_domain_ops){
		.name = "fake",
		.needs_hva = config->needs_hva,
		.map = fake_map,
		.unmap = fake_unmap,
		.destroy = fake_destroy,
	};
	f->domain.ops = &f->ops;
	f->domain.caps.page_sizes = config->page_sizes ? config->page_sizes : ~0xfffull;
	f->domain.caps.max_maps = config->max_maps ? config->max_maps : UINT64_MAX;
	f->domain.caps.coherent = !config->incoherent;
	f->domain.caps.n_ranges = n;
	f->domain.caps.ranges = calloc(n ? n : 1, sizeof(*ranges));
	if (!f->domain.caps.ranges)
		abort();
	if (n)
		memcpy(f->domain.caps.ranges, ranges, n * sizeof(*ranges));
	f->null = config->null;
	f->left = config->left;
	RB_INIT(&f->table);
	return &f->domain;
}

void fake_domain_fail_map(struct iommu_domain *domain, uint64_t n, int err)
{
	fake(domain)->fail_map = n;
	fake(domain)->map_err = err;
}

void fake_domain_fail_unmap(struct iommu_domain *domain, uint64_t n, int err)
{
	fake(domain)->fail_unmap = n;
	fake(domain)->unmap_err = err;
}

void fake_domain_lie(struct iommu_domain *domain, uint64_t n, uint64_t bytes, bool drops)
{
	fake(domain)->lie = n;
	fake(domain)->lie_bytes = bytes;
	fake(domain)->lie_drops = drops;
}

bool fake_domain_disarm(struct iommu_domain *domain)
{
	struct fake_domain *f = fake(domain);
	bool armed = f->fail_map || f->fail_unmap || f->lie;

	f->fail_map = 0;
	f->fail_unmap = 0;
	f->lie = 0;
	return armed;
}

void fake_domain_stats(const struct iommu_domain *domain, struct fake_stats *stats)
{
	*stats = fake(domain)->stats;
}

bool fake_domain_lookup(const struct iommu_domain *domain, uint64_t iova,
			struct iommu_backing *backing, unsigned int *prot)
{
	const struct node *n = holding(fake(domain), iova);
	uint64_t at;

	if (!n)
		return false;
	at = iova - n->map.iova;
	if (backing) {
		*backing = n->map.backing;
		backing->offset += at;
		if (backing->hva)
			backing->hva = (uint8_t *)backing->hva + at;
	}
	if (prot)
		*prot = n->map.prot;
	return true;
}

const struct fake_mapping *fake_domain_next(const struct iommu_domain *domain,
					    const struct fake_mapping *after)
{
	struct node *n = after ? (struct node *)after : RB_MIN(table, &fake(domain)->table);

	if (after)
		n = RB_NEXT(table, &fake(domain)->table, n);
	return n ? &n->map : NULL;
}
