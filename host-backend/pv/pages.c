// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns lists of guest pages as commands name them. Must never know what the
 * pages are for.
 */
#include "host-backend/pv/pages.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/pv/private.h"

enum { PAGE_MASK = UP_PAGE - 1, RECORD_BYTES = 8, RING_ALIGN = 64 };

/* A list as read; @runs begins in it, so that short ones cost no allocation. */
struct list {
	size_t n, cap;
	uint64_t sum;			/* bytes of all runs */
	uint64_t offset, bytes;
	struct gpa_run *runs, few[UP_INLINE_RUNS];
};

static void list_free(struct list *list)
{
	if (list->runs != list->few)
		free(list->runs);
}

static bool list_add(struct list *list, const struct up_run *run)
{
	const struct gpa_run r = { le64toh(run->gpa), le64toh(run->size) };

	if ((r.gpa | r.size) & PAGE_MASK || !r.size || r.size - 1 > UINT64_MAX - r.gpa ||
	    r.size > UINT64_MAX - list->sum)
		return false;
	list->sum += r.size;
	list->runs[list->n++] = r;
	return true;
}

static bool is_zero(const void *ptr, size_t len)
{
	const uint8_t *p = ptr;

	while (len && !*p)
		p++, len--;
	return !len;
}

/* The runs that stand in the command itself. */
static enum up_result read_inline(struct pv_command *cmd, size_t at, const struct up_pages *pages,
				  uint32_t n, struct list *list)
{
	uint32_t i;

	if (n > UP_INLINE_RUNS)
		return pv_refuse(cmd, UP_BAD_VALUE, at + offsetof(struct up_pages, list));
	for (i = 0; i < n; i++)
		if (!list_add(list, &pages->runs[i]))
			return pv_refuse(cmd, UP_BAD_VALUE, at + offsetof(struct up_pages, runs) +
					 i * sizeof(struct up_run));
	if (!is_zero(&pages->runs[n], (UP_INLINE_RUNS - n) * sizeof(struct up_run)))
		return pv_refuse(cmd, UP_BAD_COMMAND, at + offsetof(struct up_pages, runs) +
				 n * sizeof(struct up_run));
	return UP_OK;
}

/* The runs in a chain of pages. Each is copied once; the end comes as there are @n at most. */
static enum up_result read_chain(struct pv *pv, struct pv_command *cmd, size_t at,
				 const struct up_pages *pages, uint32_t n, struct list *list)
{
	const size_t where = at + offsetof(struct up_pages, list);
	uint64_t next = le64toh(pages->list);
	struct up_list page;
	uint32_t i, full;

	if (!is_zero(pages->runs, sizeof(pages->runs)))
		return pv_refuse(cmd, UP_BAD_COMMAND, at + offsetof(struct up_pages, runs));
	list->runs = calloc(n, sizeof(*list->runs));
	if (!list->runs) {
		list->runs = list->few;
		return pv_refuse(cmd, UP_NO_RESOURCES, 0);
	}
	while (list->n < n) {
		if (!next || next & PAGE_MASK)
			return pv_refuse(cmd, UP_BAD_VALUE, where);
		if (pv_memory_read(pv, next, &page, sizeof(page)))
			return pv_refuse(cmd, UP_BAD_MEMORY, IOMMU_NOT_RAM);
		full = n - list->n < UP_LIST_RUNS ? n - (uint32_t)list->n : UP_LIST_RUNS;
		for (i = 0; i < full; i++)
			if (!list_add(list, &page.runs[i]))
				return pv_refuse(cmd, UP_BAD_VALUE, where);
		next = le64toh(page.next);
		if (page.reserved)
			return pv_refuse(cmd, UP_BAD_COMMAND, where);
	}
	return next ? pv_refuse(cmd, UP_BAD_VALUE, where) : UP_OK;
}

static enum up_result read_list(struct pv *pv, struct pv_command *cmd, size_t at,
				struct list *list)
{
	const struct up_pages *pages = (const void *)(cmd->in + at);
	uint32_t n = le32toh(pages->n_runs);
	enum up_result result;
	uint64_t end;

	*list = (struct list){ .offset = le32toh(pages->offset), .bytes = le64toh(pages->bytes) };
	list->runs = list->few;
	if (list->offset > PAGE_MASK)
		return pv_refuse(cmd, UP_BAD_VALUE, at + offsetof(struct up_pages, offset));
	if (!list->bytes || list->bytes > UINT64_MAX - 2 * UP_PAGE)
		return pv_refuse(cmd, UP_BAD_VALUE, at + offsetof(struct up_pages, bytes));
	if (pages->reserved)
		return pv_refuse(cmd, UP_BAD_COMMAND, at + offsetof(struct up_pages, reserved));
	if (!n)
		return pv_refuse(cmd, UP_BAD_VALUE, at + offsetof(struct up_pages, n_runs));
	if (n > pv->config.limits.runs)
		return pv_refuse(cmd, UP_QUOTA, IOMMU_TOO_MANY_RUNS);
	result = pages->list ? read_chain(pv, cmd, at, pages, n, list) :
			       read_inline(cmd, at, pages, n, list);
	if (result)
		return result;
	end = list->offset + list->bytes + PAGE_MASK;
	if (list->sum != end - (end & PAGE_MASK))
		return pv_refuse(cmd, UP_BAD_VALUE, at + offsetof(struct up_pages, bytes));
	return UP_OK;
}

static enum up_result refusal_result(enum iommu_reason reason)
{
	switch (reason) {
	case IOMMU_OWNER_BYTES:
	case IOMMU_OWNER_COUNT:
	case IOMMU_TOO_MANY_RUNS:
		return UP_QUOTA;
	case IOMMU_TOO_MANY_MAPS:
	case IOMMU_NO_IOVA:
	case IOMMU_NO_MEMORY:
	case IOMMU_MAP_FAILED:
	case IOMMU_NOT_CONFIRMED:
		return UP_NO_RESOURCES;
	default:
		return UP_BAD_MEMORY;
	}
}

static enum up_result register_list(struct pv *pv, struct pv_command *cmd,
				    const struct list *list, unsigned int access, uint64_t va,
				    struct pv_object *o)
{
	struct iommu_request request = {
		.runs = list->runs, .n_runs = list->n, .access = access,
		.va = va & ~(uint64_t)PAGE_MASK,
	};
	struct iommu_refusal refusal;
	enum up_result result;
	char text[160];

	if (!pv_memory_register(pv, cmd->life, o, &request, &refusal))
		return UP_OK;
	result = refusal_result(refusal.reason);
	if (result == UP_NO_RESOURCES) {
		iommu_refusal_text(&refusal, text, sizeof(text));
		pv_log(pv, PV_LOG_WARNING, "a registration was refused: %s", text);
	}
	return pv_refuse(cmd, result, refusal.reason);
}

enum up_result pv_pages_register(struct pv *pv, struct pv_command *cmd, size_t at,
				 unsigned int access, uint64_t va, struct pv_object *o)
{
	struct list list;
	enum up_result result = read_list(pv, cmd, at, &list);

	if (!result)
		result = register_list(pv, cmd, &list, access, va, o);
	list_free(&list);
	return result;
}

enum up_result pv_pages_ring(struct pv *pv, struct pv_command *cmd, size_t at,
			     unsigned int access, uint64_t bytes, struct pv_object *o,
			     struct hca_ring *ring)
{
	struct list list;
	enum up_result result = read_list(pv, cmd, at, &list);

	if (!result && list.bytes != bytes)
		result = pv_refuse(cmd, UP_BAD_VALUE, at + offsetof(struct up_pages, bytes));
	if (!result && list.offset % RING_ALIGN)
		result = pv_refuse(cmd, UP_BAD_VALUE, at + offsetof(struct up_pages, offset));
	if (!result)
		result = register_list(pv, cmd, &list, access, 0, o);
	if (!result) {
		*ring = (struct hca_ring){ .offset = list.offset, .bytes = bytes };
		ring->runs = iommu_registration_bus(o->memory, &ring->n_runs);
	}
	list_free(&list);
	return result;
}

enum up_result pv_pages_none(struct pv_command *cmd, size_t at)
{
	return is_zero(cmd->in + at, sizeof(struct up_pages)) ? UP_OK :
	       pv_refuse(cmd, UP_BAD_COMMAND, at);
}

enum up_result pv_pages_record(struct pv *pv, struct pv_command *cmd, size_t at,
			       struct pv_object *o, uint64_t *iova)
{
	const struct up_dbr *dbr = (const void *)(cmd->in + at);
	uint64_t offset = le32toh(dbr->offset), size;
	const struct bus_run *runs;
	struct pv_object *pages;
	size_t n, i;

	if (pv_object_use(pv, o, PV_PAGES, le32toh(dbr->pages), &pages))
		return pv_refuse(cmd, UP_BAD_OBJECT, at);
	if (pv_memory_is_revoked(pv, pages))
		return pv_refuse(cmd, UP_BAD_MEMORY, IOMMU_NOT_RAM);
	size = iommu_registration_size(pages->memory);
	if (offset % RECORD_BYTES || offset > size - RECORD_BYTES)
		return pv_refuse(cmd, UP_BAD_VALUE, at + offsetof(struct up_dbr, offset));
	runs = iommu_registration_bus(pages->memory, &n);
	for (i = 0; i < n && offset >= runs[i].size; i++)
		offset -= runs[i].size;
	*iova = runs[i].iova + offset;
	return UP_OK;
}

/* No object of the HCA: the number is ours. */
enum up_result pv_pages_pin(struct pv *pv, struct pv_command *cmd)
{
	const size_t at = offsetof(struct up_pin_pages, pages);
	const struct up_pages *pages = (const void *)(cmd->in + at);
	enum up_result result;
	struct pv_object *o;
	uint32_t number;

	if (pages->offset || le64toh(pages->bytes) & PAGE_MASK)
		return pv_refuse(cmd, UP_BAD_VALUE, at + offsetof(struct up_pages, offset));
	result = pv_object_new(pv, PV_PAGES, sizeof(*o), &o);
	if (result)
		return result;
	result = pv_pages_register(pv, cmd, at, IOMMU_READ, 0, o);
	if (result) {
		pv_object_discard(pv, o);
		return result;
	}
	do {
		number = atomic_fetch_add(&pv->adapter.next_pages, 1);
	} while (!number || pv_object_exists(pv, PV_PAGES, number));
	return pv_object_finish(pv, cmd, o, 0, number);
}
