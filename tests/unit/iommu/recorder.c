// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the record of a domain's calls, and their failures. Must never know what
 * the calls are for.
 */
#include "tests/unit/iommu/recorder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/alloc/fail_alloc.h"

struct recorder {
	struct iommu_domain domain;
	struct iommu_domain_ops ops;
	struct iommu_domain *below;
	struct recorded_call *calls;
	size_t n, cap;
	uint64_t fail_map, fail_unmap, lie;	/* calls until it happens, 0: never */
	int map_err, unmap_err;
	uint64_t lie_bytes;
	bool lie_drops;
};

static struct recorder *recorder(struct iommu_domain *domain)
{
	return (struct recorder *)domain;
}

static bool due(uint64_t *armed)
{
	return *armed && !--*armed;
}

static void record(struct recorder *r, const struct recorded_call *call)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 64;
		r->calls = reallocarray(r->calls, r->cap, sizeof(*r->calls));
		if (!r->calls)
			abort();
	}
	r->calls[r->n++] = *call;
}

/* Now: later the memory may be gone. 0 where it cannot be read. */
static uint64_t content_of(const struct iommu_backing *backing)
{
	uint64_t content = 0;

	if (backing->hva)
		memcpy(&content, backing->hva, sizeof(content));
	else if (pread(backing->fd, &content, sizeof(content), (off_t)backing->offset) < 0)
		return 0;
	return content;
}

static int recorder_map(struct iommu_domain *domain, uint64_t iova, uint64_t size,
			unsigned int prot, const struct iommu_backing *backing)
{
	struct recorder *r = recorder(domain);
	struct recorded_call call = { .iova = iova, .size = size, .prot = prot,
				      .content = content_of(backing) };

	fail_alloc_pause();
	if (due(&r->fail_map)) {
		call.ret = r->map_err;
	} else {
		call.ret = r->below->ops->map(r->below, iova, size, prot, backing);
		call.done = !call.ret;
	}
	record(r, &call);
	fail_alloc_resume();
	return call.ret;
}

static int recorder_unmap(struct iommu_domain *domain, uint64_t iova, uint64_t size,
			  uint64_t *unmapped)
{
	struct recorder *r = recorder(domain);
	struct recorded_call call = { .unmap = true, .iova = iova, .size = size };
	bool fails = due(&r->fail_unmap), lies = due(&r->lie);

	fail_alloc_pause();
	if (fails) {
		call.ret = r->unmap_err;
		call.unmapped = size;
	} else if (!lies || r->lie_drops) {
		call.ret = r->below->ops->unmap(r->below, iova, size, &call.really);
		call.done = !call.ret;
		call.unmapped = call.really;
	}
	if (lies && !fails)
		call.unmapped = r->lie_bytes;
	record(r, &call);
	fail_alloc_resume();
	*unmapped = call.unmapped;
	return call.ret;
}

static void recorder_destroy(struct iommu_domain *domain)
{
	struct recorder *r = recorder(domain);

	r->below->ops->destroy(r->below);
	free(r->calls);
	free(r);
}

struct iommu_domain *recorder_create(struct iommu_domain *below)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->ops = (struct iommu_domain_ops){
		.name = below->ops->name,
		.needs_hva = below->ops->needs_hva,
		.map = recorder_map,
		.unmap = recorder_unmap,
		.destroy = recorder_destroy,
	};
	r->domain.ops = &r->ops;
	r->domain.caps = below->caps;
	r->below = below;
	return &r->domain;
}

struct recorded_call *recorder_calls(struct iommu_domain *domain, size_t *n)
{
	*n = recorder(domain)->n;
	return recorder(domain)->calls;
}

void recorder_clear(struct iommu_domain *domain)
{
	recorder(domain)->n = 0;
}

void recorder_fail_map(struct iommu_domain *domain, uint64_t n, int err)
{
	recorder(domain)->fail_map = n;
	recorder(domain)->map_err = err;
}

void recorder_fail_unmap(struct iommu_domain *domain, uint64_t n, int err)
{
	recorder(domain)->fail_unmap = n;
	recorder(domain)->unmap_err = err;
}

void recorder_lie(struct iommu_domain *domain, uint64_t n, uint64_t bytes, bool drop)
{
	recorder(domain)->lie = n;
	recorder(domain)->lie_bytes = bytes;
	recorder(domain)->lie_drops = drop;
}

void recorder_disarm(struct iommu_domain *domain)
{
	struct recorder *r = recorder(domain);

	r->fail_map = 0;
	r->fail_unmap = 0;
	r->lie = 0;
}
