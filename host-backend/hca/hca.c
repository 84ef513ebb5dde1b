// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the parts of one HCA and their order of life. Must never know what the
 * firmware is told.
 */
#include "host-backend/hca/hca.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/events.h"
#include "host-backend/hca/memlock.h"
#include "host-backend/hca/pages.h"
#include "host-backend/hca/private.h"

enum { COMMAND_MS = 60000, BRINGUP_MS = 120000, HEALTH_MS = 2000 };

static void config_fill(struct hca_config *config, const struct hca_config *given)
{
	if (given)
		*config = *given;
	if (!config->command_ms)
		config->command_ms = COMMAND_MS;
	if (!config->bringup_ms)
		config->bringup_ms = BRINGUP_MS;
	if (!config->health_ms)
		config->health_ms = HEALTH_MS;
}

int hca_step_failed(struct hca *hca, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(hca->why, sizeof(hca->why), fmt, args);
	va_end(args);
	return err;
}

static void explain(struct hca *hca, int err, const char *what, struct hca_open_error *error)
{
	const struct hca_cmd_error *last = hca_cmd_last_error(hca);
	char text[sizeof(hca->why)], memlock[88] = "";
	uint32_t fatal = hca_fatal(hca);
	const char *more;

	if (hca->why[0])
		snprintf(text, sizeof(text), "%s", hca->why);
	else if (last->err == err)
		hca_cmd_error_text(last, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "%s", strerror(-err));
	/* Where memory is pinned, that is what usually runs out. */
	if (err == -ENOMEM && hca->ioas && ioas_needs_hva(hca->ioas))
		hca_memlock_text(memlock, sizeof(memlock));
	more = fatal ? hca_fatal_text(fatal) : memlock;
	snprintf(error->text, sizeof(error->text), "%s: %s: %s%s%s", hca->transport->device, what,
		 text, more[0] ? ": " : "", more);
}

/* What one bring-up needs. The device was reset: all that it had is ours again. */
static void life_end(struct hca *hca, struct hca_close_report *report)
{
	int err;

	hca_events_destroy(hca->events);
	hca_cmdq_destroy(hca->cmdq);
	hca_pages_destroy(hca->pages);
	err = hca_dma_destroy(hca->dma);
	if (err && !report->err) {
		report->err = err;
		snprintf(report->step, sizeof(report->step), "unmapping was not confirmed");
	}
	hca->events = NULL;
	hca->cmdq = NULL;
	hca->pages = NULL;
	hca->dma = NULL;
	hca->enabled = hca->inited = hca->has_uar = hca->has_atomic = false;
	hca->why[0] = '\0';
}

static int life_begin(struct hca *hca)
{
	int err = hca_dma_create(hca->ioas, &hca->ioas_lock, &hca->dma);

	if (!err)
		err = hca_pages_create(hca, &hca->pages);
	if (!err)
		err = hca_events_create(hca, &hca->events);
	return err;
}

/* Nothing is mapped for the device afterwards. */
static void parts_close(struct hca *hca, struct hca_close_report *report)
{
	struct ioas_stats stats;

	life_end(hca, report);
	if (hca->ioas) {
		ioas_stats(hca->ioas, &stats);
		report->maps_left = stats.maps;
		ioas_destroy(hca->ioas);
		hca->transport->domain = NULL;
	}
	pthread_mutex_destroy(&hca->ioas_lock);
}

static int parts_open(struct hca *hca)
{
	int err;

	pthread_mutex_init(&hca->ioas_lock, NULL);
	err = ioas_create(hca->transport->domain, &hca->ioas);
	return err ? err : life_begin(hca);
}

int hca_open(struct hca_transport *transport, const struct hca_config *config,
	     struct hca **out, struct hca_open_error *error)
{
	struct hca *hca = calloc(1, sizeof(*hca));
	const char *what = "make the address space and the event thread";
	struct hca_close_report report = { 0 };
	int err = -ENOMEM;

	if (!hca) {
		if (error)
			snprintf(error->text, sizeof(error->text), "%s: no memory",
				 transport->device);
		return -ENOMEM;
	}
	hca->transport = transport;
	config_fill(&hca->config, config);
	hca_cmd_forget();
	err = parts_open(hca);
	if (err)
		goto explain;
	err = hca_bringup(hca, &what);
	if (!err && hca_fatal(hca))
		err = -ENODEV;
	if (err)
		goto explain;
	hca_events_tell(hca->events, true);
	*out = hca;
	return 0;

explain:
	if (error)
		explain(hca, err, what, error);
	if (hca->events)
		hca_bringdown(hca, &report);
	parts_close(hca, &report);
	free(hca);
	return err;
}

/* Down, unless a restart that failed left it so. */
static void quiet(struct hca *hca, struct hca_close_report *report)
{
	if (!hca->events)
		return;
	hca_events_tell(hca->events, false);
	hca_bringdown(hca, report);
}

void hca_close(struct hca *hca, struct hca_close_report *report)
{
	struct hca_close_report unread;
	struct hca_transport *transport = hca->transport;

	if (!report)
		report = &unread;
	memset(report, 0, sizeof(*report));
	hca_cmd_forget();
	quiet(hca, report);
	parts_close(hca, report);
	transport->ops->close(transport);
	free(hca);
}

int hca_restart(struct hca *hca, struct hca_open_error *error)
{
	const char *what = "make the event thread";
	struct hca_close_report report = { 0 };
	uint32_t alive = 0;
	int err;

	hca_cmd_forget();
	quiet(hca, &report);
	life_end(hca, &report);
	atomic_store(&hca->fatal, 0);
	err = life_begin(hca);
	if (!err)
		err = hca_bringup(hca, &what);
	if (!err && hca_fatal(hca))
		err = -ENODEV;
	if (!err) {
		hca_events_tell(hca->events, true);
		return 0;
	}
	if (error)
		explain(hca, err, what, error);
	if (hca->events)
		hca_bringdown(hca, &report);
	life_end(hca, &report);
	atomic_compare_exchange_strong(&hca->fatal, &alive, HCA_SYNDROME_DISABLED);
	return err;
}

void hca_fatal_set(struct hca *hca, uint32_t syndrome)
{
	uint32_t alive = 0;

	if (!atomic_compare_exchange_strong(&hca->fatal, &alive, syndrome))
		return;
	hca_cmdq_abort(hca->cmdq);
	hca_events_wake(hca->events);
}

struct ioas *hca_ioas(struct hca *hca)
{
	return hca->ioas;
}

void hca_ioas_lock(struct hca *hca)
{
	pthread_mutex_lock(&hca->ioas_lock);
}

void hca_ioas_unlock(struct hca *hca)
{
	pthread_mutex_unlock(&hca->ioas_lock);
}

struct hca_dma *hca_dma(struct hca *hca)
{
	return hca->dma;
}

struct hca_transport *hca_transport(struct hca *hca)
{
	return hca->transport;
}

void hca_identity(const struct hca *hca, struct hca_identity *identity)
{
	*identity = hca->identity;
}

const uint8_t *hca_caps(const struct hca *hca)
{
	return hca->caps;
}

const uint8_t *hca_caps_atomic(const struct hca *hca)
{
	return hca->has_atomic ? hca->caps_atomic : NULL;
}

uint32_t hca_fatal(const struct hca *hca)
{
	return atomic_load(&hca->fatal);
}

uint64_t hca_pages_lent(struct hca *hca)
{
	return hca->pages ? hca_pages_count(hca->pages) : 0;	/* NULL: a restart failed */
}

uint32_t hca_own_uar(const struct hca *hca)
{
	return hca->uar;
}
