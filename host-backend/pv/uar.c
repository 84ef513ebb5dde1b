// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the UAR pages of the guest: the window through which it rings them, and
 * who has which. Must never know what a doorbell starts.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/pv/kinds.h"
#include "host-backend/pv/private.h"

_Static_assert((int)HCA_UAR_BYTES == (int)UP_PAGE, "a UAR page is a page");

static bool is_ours(const struct pv *pv, uint32_t uar)
{
	const uint32_t *pages = pv->adapter.pages;
	size_t low = 0, high = pv->config.limits.uars, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (pages[mid] == uar)
			return true;
		if (pages[mid] < uar)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* The parts of the window that are pages of ours; neighbours are one part. */
static unsigned int find_areas(const uint32_t *pages, size_t n, struct hv_area *areas)
{
	unsigned int used = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t at = (uint64_t)(pages[i] - pages[0]) * UP_PAGE;

		if (used && areas[used - 1].offset + areas[used - 1].size == at)
			areas[used - 1].size += UP_PAGE;
		else
			areas[used++] = (struct hv_area){ at, UP_PAGE };
	}
	return used;
}

/*
 * Offset x of the window is at x behind the lowest page in the HCA's BAR. Where
 * nobody can map that BAR all writes trap.
 */
int pv_uar_window(struct pv *pv, struct hv_bar *bar)
{
	struct hca_transport *t = hca_transport(pv->adapter.hca);
	struct pv_adapter *a = &pv->adapter;
	const uint32_t *pages = a->pages;
	size_t n = pv->config.limits.uars;
	uint64_t span, base;
	int ret;

	span = (uint64_t)(pages[n - 1] - pages[0] + 1) * UP_PAGE;
	*bar = (struct hv_bar){ .size = UP_PAGE, .fd = -1 };
	while (bar->size < span)
		bar->size *= 2;
	ret = t->ops->bar_fd(t, &bar->fd, &base);
	if (ret == -EOPNOTSUPP)
		return 0;
	if (ret)
		return ret;
	a->areas = calloc(n, sizeof(*a->areas));
	if (!a->areas)
		return -ENOMEM;
	bar->fd_offset = base + hca_uar_offset(pages[0]);
	bar->areas = a->areas;
	bar->n_areas = find_areas(pages, n, a->areas);
	return 0;
}

/* What the processor does where the page is mapped. */
void pv_uar_write(struct pv *pv, uint64_t off, const void *buf, size_t len)
{
	struct hca_transport *t = hca_transport(pv->adapter.hca);
	uint32_t uar = pv->adapter.pages[0] + (uint32_t)(off / UP_PAGE);
	uint64_t at = hca_uar_offset(uar) + off % UP_PAGE;
	uint32_t word[2];

	if ((len != 4 && len != 8) || off % len || !is_ours(pv, uar) ||
	    atomic_load(&pv->registers.status) != UP_STATUS_READY)
		return;
	memcpy(word, buf, len);
	if (len == 4)
		t->ops->write32(t, at, be32toh(word[0]));
	else
		t->ops->write64(t, at, be32toh(word[0]), be32toh(word[1]));
}

enum up_result pv_uar_alloc(struct pv *pv, struct pv_command *cmd)
{
	struct up_alloc_uar_out *out = (void *)cmd->out;
	struct pv_object *o;
	enum up_result result;
	uint32_t uar = 0;
	int err;

	result = pv_object_new(pv, PV_UAR, sizeof(*o), &o);
	if (result)
		return result;
	pthread_mutex_lock(&pv->adapter.uar_lock);
	err = hca_uar_pool_take(pv->adapter.uars, &uar);
	pthread_mutex_unlock(&pv->adapter.uar_lock);
	if (err)
		return pv_object_abort(pv, o, UP_QUOTA);
	result = pv_object_finish(pv, cmd, o, 0, uar);
	out->uar = htole32(uar);
	out->page = htole32(uar - pv->adapter.pages[0]);
	return result;
}

static int uar_destroy(struct pv *pv, struct pv_object *o)
{
	pthread_mutex_lock(&pv->adapter.uar_lock);
	hca_uar_pool_give(pv->adapter.uars, o->number);
	pthread_mutex_unlock(&pv->adapter.uar_lock);
	return 0;
}

static void uar_lost(struct pv *pv, struct pv_object *o)
{
	pthread_mutex_lock(&pv->adapter.uar_lock);
	hca_uar_pool_abandon(pv->adapter.uars, o->number);
	pthread_mutex_unlock(&pv->adapter.uar_lock);
}

const struct pv_kind_ops pv_uar_ops = { .destroy = uar_destroy, .lost = uar_lost };
