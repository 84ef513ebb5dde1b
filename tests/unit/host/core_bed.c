// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns open HCAs for tests, and the events they told. It must never know what a
 * test is after.
 */
#include "tests/unit/host/core_bed.h"

#include <string.h>
#include <time.h>

void core_nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
}

void core_events_init(struct core_events *e)
{
	memset(e, 0, sizeof(*e));
	pthread_mutex_init(&e->lock, NULL);
}

void core_events_take(void *ctx, const struct hca_event *event)
{
	struct core_events *e = ctx;

	pthread_mutex_lock(&e->lock);
	if (e->n < CORE_MAX_EVENTS)
		e->event[e->n++] = *event;
	pthread_mutex_unlock(&e->lock);
}

static unsigned int find(struct core_events *e, enum hca_event_type type, unsigned int nth,
			 struct hca_event *out)
{
	unsigned int i, n = 0;

	pthread_mutex_lock(&e->lock);
	for (i = 0; i < e->n; i++)
		if (e->event[i].type == type && ++n == nth)
			*out = e->event[i];
	pthread_mutex_unlock(&e->lock);
	return n;
}

unsigned int core_events_count(struct core_events *e, enum hca_event_type type)
{
	return find(e, type, 0, NULL);
}

struct hca_event core_events_wait(struct core_events *e, enum hca_event_type type, unsigned int n)
{
	struct hca_event event = { .type = type };

	core_until(find(e, type, n, &event) >= n);
	return event;
}

int core_try_open(struct model_bed *bed, unsigned int i, const struct hca_config *config,
		  struct hca **hca, struct hca_open_error *error)
{
	struct hca_transport *t;
	int err;

	if (hca_transport_open(model_bed_device(bed, i), &t, error))
		fail_msg("%s", error->text);
	err = hca_open(t, config, hca, error);
	if (err)
		hca_transport_close(t);
	return err;
}

struct hca *core_open(struct model_bed *bed, unsigned int i, const struct hca_config *config)
{
	struct hca_open_error error = { "" };
	struct hca *hca = NULL;

	if (core_try_open(bed, i, config, &hca, &error))
		fail_msg("%s", error.text);
	return hca;
}

struct hca *core_open_paper(struct paper_hca *p, const struct hca_config *config)
{
	struct hca_open_error error = { "" };
	struct hca *hca = NULL;

	if (hca_open(&p->t, config, &hca, &error))
		fail_msg("%s", error.text);
	return hca;
}

void core_close(struct hca *hca)
{
	struct hca_close_report report;

	hca_close(hca, &report);
	if (report.err)
		fail_msg("%s", report.step);
	assert_string_equal(report.step, "");
	assert_int_equal(report.pages_kept, 0);
	assert_int_equal(report.maps_left, 0);
}
