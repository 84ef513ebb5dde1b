// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the HCA side of the device. Must never know the guest.
 */
#include "host-backend/pv/adapter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/pv/private.h"

enum { EQ_VECTOR = 0, EQ_LOG = 6 };	/* an event queue on which nothing ever happens */

static int fail(struct pv *pv, int err, const char *what, struct hca_open_error *error)
{
	const struct hca_cmd_error *last = hca_cmd_last_error(pv->adapter.hca);
	char text[128];

	if (last->err == err)
		hca_cmd_error_text(last, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "%s", strerror(-err));
	if (error)
		snprintf(error->text, sizeof(error->text), "%s: %s: %s",
			 hca_transport(pv->adapter.hca)->device, what, text);
	return err;
}

static void own_objects_destroy(struct pv_adapter *a)
{
	hca_uar_pool_destroy(a->uars);
	a->uars = NULL;
	hca_umr_destroy(a->umr);
	a->umr = NULL;
	hca_defaults_destroy(a->hca, &a->defaults);
	hca_eq_destroy(a->eq);
	a->eq = NULL;
}

static int own_objects_create(struct pv *pv, struct hca_open_error *error)
{
	struct pv_adapter *a = &pv->adapter;
	int err;

	err = hca_eq_create(a->hca, EQ_VECTOR, EQ_LOG, 0, &a->eq);
	if (err)
		return fail(pv, err, "event queue of its own", error);
	err = hca_defaults_create(a->hca, hca_own_uar(a->hca), a->eq->eqn, &a->defaults);
	if (err)
		return fail(pv, err, "objects that all queue pairs share", error);
	err = hca_umr_create(a->hca, &a->defaults, a->eq->eqn, &a->umr);
	if (err)
		return fail(pv, err, "a way to change keys", error);
	err = hca_uar_pool_create(a->hca, pv->config.limits.uars, &a->uars);
	if (err)
		return fail(pv, err, "UAR pages for the guest", error);
	return 0;
}

static int remember_pages(struct pv *pv)
{
	struct pv_adapter *a = &pv->adapter;
	const uint32_t *pages;
	size_t n;

	pages = hca_uar_pool_pages(a->uars, &n);
	a->pages = calloc(n, sizeof(*a->pages));
	if (!a->pages)
		return -ENOMEM;
	memcpy(a->pages, pages, n * sizeof(*pages));
	return 0;
}

int pv_adapter_open(struct pv *pv, struct hca_transport *transport, struct hca_open_error *error)
{
	const struct hca_config config = {
		.command_ms = pv->config.command_ms, .event = pv_events_hca, .ctx = pv,
	};
	struct pv_adapter *a = &pv->adapter;
	int err;

	err = hca_open(transport, &config, &a->hca, error);
	if (err) {
		hca_transport_close(transport);
		return err;
	}
	pthread_mutex_init(&a->uar_lock, NULL);
	pthread_mutex_init(&a->restart_lock, NULL);
	err = own_objects_create(pv, error);
	return err ? err : remember_pages(pv);
}

void pv_adapter_close(struct pv *pv, struct hca_close_report *report)
{
	struct pv_adapter *a = &pv->adapter;

	if (!a->hca)
		return;
	own_objects_destroy(a);
	free(a->areas);
	free(a->pages);
	pthread_mutex_destroy(&a->restart_lock);
	pthread_mutex_destroy(&a->uar_lock);
	hca_close(a->hca, report);
	a->hca = NULL;
}

bool pv_adapter_unfit(struct pv *pv)
{
	return hca_fatal(pv->adapter.hca) || atomic_load(&pv->adapter.doubt);
}

void pv_adapter_doubt(struct pv *pv)
{
	atomic_store(&pv->adapter.doubt, true);
}

/*
 * The window was shown to a hypervisor, which maps it once: the pages must be
 * the same ones again.
 */
static int same_pages(struct pv *pv, struct hca_open_error *error)
{
	const struct pv_adapter *a = &pv->adapter;
	const uint32_t *now;
	size_t n;

	now = hca_uar_pool_pages(a->uars, &n);
	if (n == pv->config.limits.uars && !memcmp(now, a->pages, n * sizeof(*now)))
		return 0;
	snprintf(error->text, sizeof(error->text),
		 "the HCA gave other UAR pages than before its reset");
	return -ENXIO;
}

static int restart(struct pv *pv, struct hca_open_error *error)
{
	struct pv_adapter *a = &pv->adapter;
	int err;

	own_objects_destroy(a);
	err = hca_restart(a->hca, error);
	if (err)
		return err;
	err = own_objects_create(pv, error);
	return err ? err : same_pages(pv, error);
}

int pv_adapter_restart(struct pv *pv)
{
	struct hca_open_error error = { "" };
	int err;

	pthread_mutex_lock(&pv->adapter.restart_lock);
	err = restart(pv, &error);
	pthread_mutex_unlock(&pv->adapter.restart_lock);
	atomic_store(&pv->adapter.doubt, err);
	if (err)
		pv_log(pv, PV_LOG_ERROR, "the HCA cannot be used after its reset: %s", error.text);
	else
		pv_log(pv, PV_LOG_WARNING, "the HCA was reset");
	return err;
}

bool pv_adapter_firmware(struct pv *pv, struct hca_cmd_stats *stats)
{
	if (pthread_mutex_trylock(&pv->adapter.restart_lock))
		return false;
	hca_cmd_stats(pv->adapter.hca, stats);
	pthread_mutex_unlock(&pv->adapter.restart_lock);
	return true;
}
