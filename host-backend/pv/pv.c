// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the parts of a paravirtual device and their order of life. Must never
 * know what any of them does.
 */
#include "host-backend/pv/pv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/pv/private.h"
#include "host-backend/pv/reset.h"

enum {
	N_VECTORS = 17, N_WORKERS = 4, MAX_WORKERS = 64,
	COMMAND_MS = 10000, SPIN_US = 200,
};

static const struct pv_limits default_limits = {
	.uars = 256, .pds = 4096, .xrcds = 1024, .pages = 65536, .mrs = 131072, .eqs = 64,
	.cqs = 16384, .srqs = 4096, .qps = 16384, .mcasts = 4096, .bytes = UINT64_MAX,
	.mr_bytes = UINT64_MAX,
	.runs = 1u << 20,
};

#define OR(field, value)	do { if (!(field)) (field) = (value); } while (0)

static void fill_limits(struct pv_limits *l)
{
	const struct pv_limits *d = &default_limits;

	OR(l->uars, d->uars);
	OR(l->pds, d->pds);
	OR(l->xrcds, d->xrcds);
	OR(l->pages, d->pages);
	OR(l->mrs, d->mrs);
	OR(l->eqs, d->eqs);
	OR(l->cqs, d->cqs);
	OR(l->srqs, d->srqs);
	OR(l->qps, d->qps);
	OR(l->mcasts, d->mcasts);
	OR(l->bytes, d->bytes);
	OR(l->mr_bytes, d->mr_bytes);
	OR(l->runs, d->runs);
}

static int configure(struct pv *pv, const struct hca_transport *transport,
		     struct hca_open_error *error)
{
	struct pv_config *c = &pv->config;
	const char *wrong = NULL;

	fill_limits(&c->limits);
	OR(c->n_vectors, transport->n_vectors < N_VECTORS ? transport->n_vectors : N_VECTORS);
	OR(c->n_workers, N_WORKERS);
	OR(c->command_ms, COMMAND_MS);
	OR(c->spin_us, SPIN_US);
	if (c->n_vectors < 2 || c->n_vectors > transport->n_vectors)
		wrong = "at least 2 interrupt vectors and at most the HCA's are needed";
	else if (c->n_workers > MAX_WORKERS)
		wrong = "too many workers";
	else if (c->limits.runs > IOMMU_MAX_RUNS)
		wrong = "too many runs in a list";
	if (wrong && error)
		snprintf(error->text, sizeof(error->text), "%s: %s", transport->device, wrong);
	return wrong ? -EINVAL : 0;
}

/* What needs no HCA and cannot fail. */
static void init(struct pv *pv)
{
	pv_log_init(&pv->log);
	pv_events_init(&pv->events);
	pv_vectors_init(&pv->vectors);
	pv_ring_init(pv);
	pv_workers_init(pv);
}

static void fini(struct pv *pv)
{
	pv_workers_fini(pv);
	pv_ring_fini(pv);
	pv_vectors_fini(&pv->vectors);
	pv_events_fini(&pv->events);
	pv_log_fini(&pv->log);
	free(pv);
}

static int fail(struct hca_transport *t, int err, const char *what, struct hca_open_error *error)
{
	if (error)
		snprintf(error->text, sizeof(error->text), "%s: %s: %s", t->device, what,
			 strerror(-err));
	return err;
}

static int build(struct pv *pv, struct hca_transport *transport, struct hca_open_error *error)
{
	int err = configure(pv, transport, error);

	if (err) {
		hca_transport_close(transport);
		return err;
	}
	err = pv_adapter_open(pv, transport, error);
	if (err)
		return err;
	err = pv_memory_init(pv);
	if (err)
		return fail(transport, err, "guest memory", error);
	err = pv_table_init(&pv->table, &pv->config.limits);
	if (!err)
		err = pv_device_describe(pv);
	if (err)
		return fail(transport, err, "the device", error);
	err = pv_workers_start(pv);
	return err ? fail(transport, err, "workers", error) : 0;
}

static void take_apart(struct pv *pv, struct hca_close_report *report)
{
	pv_table_fini(&pv->table);
	pv_memory_fini(pv);
	pv_adapter_close(pv, report);
}

int pv_create(struct hca_transport *transport, const struct pv_config *config,
	      struct pv **out, struct hca_open_error *error)
{
	struct pv *pv = calloc(1, sizeof(*pv));
	int err;

	if (!pv) {
		err = fail(transport, -ENOMEM, "the device", error);
		hca_transport_close(transport);
		return err;
	}
	pv->config = *config;
	init(pv);
	err = build(pv, transport, error);
	if (!err) {
		*out = pv;
		return 0;
	}
	pv_workers_stop(pv);
	take_apart(pv, NULL);
	fini(pv);
	return err;
}

void pv_destroy(struct pv *pv, struct hca_close_report *report)
{
	if (!pv)
		return;
	pv_reset_begin(pv);
	pv_workers_wait_reset(pv);
	pv_workers_stop(pv);
	take_apart(pv, report);
	fini(pv);
}

const struct hv_device *pv_device(const struct pv *pv)
{
	return &pv->device;
}
