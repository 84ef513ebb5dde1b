// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the order in which shared objects come and go. Must never know what is
 * sent.
 */
#include "host-backend/selftest/objects.h"

#include <errno.h>
#include <string.h>

#include "host-backend/hca/pd.h"
#include "host-backend/hca/uar.h"
#include "host-backend/selftest/run.h"

int st_window(struct st_run *run, uint64_t size, bool scattered, struct st_window *window)
{
	struct iommu_refusal refusal;
	char text[200];
	int ret;

	ret = st_window_open(&run->memory, size, scattered, IOMMU_READ | IOMMU_WRITE, window,
			     &refusal);
	if (!ret)
		return 0;
	if (refusal.reason == IOMMU_OK)
		return st_fail(run, ret, "guest memory for %llu bytes: %s",
			       (unsigned long long)size, strerror(-ret));
	iommu_refusal_text(&refusal, text, sizeof(text));
	return st_fail(run, ret, "registering %llu bytes: %s", (unsigned long long)size, text);
}

int st_window_end(struct st_run *run, struct st_window *window, bool quarantine)
{
	int ret = quarantine ? st_window_abandon(&run->memory, window) :
			       st_window_close(&run->memory, window);

	return ret ? st_fail(run, ret, "the IOMMU did not confirm that memory is unmapped") : 0;
}

struct hca_ring st_window_ring(const struct st_window *window)
{
	return (struct hca_ring){
		.runs = window->bus, .n_runs = window->n_bus, .bytes = window->size,
	};
}

static int cq_open(struct st_run *run, const char *name, struct st_cq *cq)
{
	int ret = st_record_take(&run->objects.records, &cq->record);

	cq->name = name;
	return ret ? ret : st_cq_open(run, cq);
}

static int numbers_open(struct st_run *run)
{
	struct st_objects *o = &run->objects;
	int ret;

	ret = hca_uar_alloc(run->hca, &o->uar);
	if (ret)
		return st_fail_command(run, ret, "UAR page");
	o->has_uar = true;
	ret = hca_pd_alloc(run->hca, &o->pd);
	if (ret)
		return st_fail_command(run, ret, "protection domain");
	o->has_pd = true;
	return 0;
}

int st_objects_open(struct st_run *run)
{
	struct st_objects *o = &run->objects;
	int ret;

	ret = numbers_open(run);
	if (!ret)
		ret = st_window(run, ST_PAGE, false, &o->records.page);
	if (!ret)
		ret = st_events_open(run, &o->events);
	if (ret)
		return ret;
	ret = hca_defaults_create(run->hca, hca_own_uar(run->hca), o->events.eqn, &o->defaults);
	if (ret)
		return st_fail_command(run, ret, "objects that queue pairs refer to");
	ret = cq_open(run, "send CQ", &o->send_cq);
	if (!ret)
		ret = cq_open(run, "receive CQ", &o->recv_cq);
	if (!ret)
		ret = st_data_open(run, &o->near, "near", false);
	if (!ret)
		ret = st_data_open(run, &o->far, "far", true);
	if (!ret)
		st_note(run, "UAR page %u, event queue on vector %u, CQs, %llu KiB in %zu runs "
			"at %zu and %zu bus addresses", o->uar, o->events.vector,
			(unsigned long long)(o->near.window.size + o->far.window.size) / 1024,
			o->near.window.n_gpa + o->far.window.n_gpa, o->near.window.n_bus,
			o->far.window.n_bus);
	return ret;
}

static int numbers_close(struct st_run *run)
{
	struct st_objects *o = &run->objects;
	int ret = 0, err;

	if (o->has_pd) {
		ret = hca_pd_dealloc(run->hca, o->pd);
		if (ret)
			st_fail_command(run, ret, "protection domain");
	}
	if (o->has_uar) {
		err = hca_uar_dealloc(run->hca, o->uar);
		if (err)
			st_fail_command(run, err, "UAR page");
		ret = ret ? ret : err;
	}
	o->has_pd = false;
	o->has_uar = false;
	return ret;
}

int st_objects_close(struct st_run *run)
{
	struct st_objects *o = &run->objects;
	int ret, err;

	ret = st_data_close(run, &o->far);
	err = st_data_close(run, &o->near);
	ret = ret ? ret : err;
	err = st_cq_close(run, &o->recv_cq);
	ret = ret ? ret : err;
	err = st_cq_close(run, &o->send_cq);
	ret = ret ? ret : err;
	err = hca_defaults_destroy(run->hca, &o->defaults);
	if (err)
		st_fail_command(run, err, "objects that queue pairs refer to");
	ret = ret ? ret : err;
	err = st_events_close(run, &o->events);
	ret = ret ? ret : err;
	err = st_window_end(run, &o->records.page, o->records.quarantined);
	ret = ret ? ret : err;
	err = numbers_close(run);
	st_note(run, "all destroyed and deregistered");
	return ret ? ret : err;
}
