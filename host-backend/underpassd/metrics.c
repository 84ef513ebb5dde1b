// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the answer in the text format of Prometheus (exposition format 0.0.4).
 * Must never know who asks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "host-backend/pv/report.h"
#include "host-backend/underpassd/answers.h"

static void gauge(FILE *f, const char *name, const char *help, uint64_t value)
{
	fprintf(f, "# HELP underpass_%s %s\n# TYPE underpass_%s gauge\nunderpass_%s %" PRIu64 "\n",
		name, help, name, name, value);
}

static void counter(FILE *f, const char *name, const char *help, uint64_t value)
{
	fprintf(f, "# HELP underpass_%s %s\n# TYPE underpass_%s counter\nunderpass_%s %" PRIu64
		"\n", name, help, name, name, value);
}

static void memory(FILE *f, const struct pv_report *r)
{
	gauge(f, "guest_attached", "Whether a guest is there", r->attached);
	gauge(f, "hca_fatal", "Syndrome of a dead HCA, 0 when it lives", r->fatal);
	gauge(f, "guest_bytes", "Memory of the guest", r->guest_bytes);
	gauge(f, "registered_bytes", "Memory registered by the guest", r->registered_bytes);
	gauge(f, "mapped_bytes", "Memory of the guest within reach of the HCA", r->mapped_bytes);
	gauge(f, "idle_bytes", "Part of it that is mapped without need", r->idle_bytes);
	gauge(f, "maps", "Mappings in the IOMMU for the guest", r->maps);
	gauge(f, "own_bytes", "Memory of the host within reach of the HCA", r->own_bytes);
	gauge(f, "quarantined_bytes", "Bus addresses that are not used again",
	      r->quarantined_bytes);
}

static void objects(FILE *f, const struct pv_report *r)
{
	size_t i;

	fprintf(f, "# HELP underpass_objects Objects of the guest\n# TYPE underpass_objects gauge\n");
	for (i = 0; i < PV_REPORT_KINDS; i++)
		fprintf(f, "underpass_objects{kind=\"%s\"} %" PRIu32 "\n", r->kinds[i].name,
			r->kinds[i].count);
	fprintf(f, "# HELP underpass_objects_limit How many there may be\n"
		"# TYPE underpass_objects_limit gauge\n");
	for (i = 0; i < PV_REPORT_KINDS; i++)
		fprintf(f, "underpass_objects_limit{kind=\"%s\"} %" PRIu32 "\n",
			r->kinds[i].name, r->kinds[i].limit);
}

static void counters(FILE *f, const struct pv_report *r)
{
	size_t i;

	fprintf(f, "# HELP underpass_results_total Commands of the guest by what became of them\n"
		"# TYPE underpass_results_total counter\n");
	for (i = 0; i < PV_REPORT_RESULTS; i++)
		fprintf(f, "underpass_results_total{result=\"%s\"} %" PRIu64 "\n",
			r->results[i].name, r->results[i].count);
	counter(f, "firmware_commands_total", "Commands to the HCA that ended", r->firmware.done);
	counter(f, "firmware_failed_total", "Commands to the HCA that failed", r->firmware.failed);
	counter(f, "firmware_timeouts_total", "Commands to the HCA without an answer",
		r->firmware.timed_out);
	counter(f, "kicks_total", "Times that the guest woke the daemon", r->kicks);
	counter(f, "interrupts_total", "Times that the daemon woke the guest", r->interrupts);
	counter(f, "events_total", "Events told to the guest", r->events);
	counter(f, "events_lost_total", "Events that found no room", r->events_lost);
	counter(f, "resets_total", "Guests that ended or were reset", r->resets);
	counter(f, "revoked_total", "Objects whose memory was taken away", r->revoked);
}

static void histogram(FILE *f, const struct pv_report_command *c)
{
	static const char name[] = "underpass_command_seconds";
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < PV_REPORT_BUCKETS; i++) {
		sum += c->below[i];
		fprintf(f, "%s_bucket{command=\"%s\",le=\"%g\"} %" PRIu64 "\n", name, c->name,
			(double)(1u << i) / 1e6, sum);
	}
	fprintf(f, "%s_bucket{command=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, c->name, c->count);
	fprintf(f, "%s_sum{command=\"%s\"} %.9f\n", name, c->name, (double)c->ns / 1e9);
	fprintf(f, "%s_count{command=\"%s\"} %" PRIu64 "\n", name, c->name, c->count);
}

static void commands(FILE *f, struct pv *pv)
{
	struct pv_report_command c;
	size_t i;

	fprintf(f, "# HELP underpass_command_seconds How long commands of the guest took\n"
		"# TYPE underpass_command_seconds histogram\n");
	for (i = 0; pv_report_command(pv, i, &c); i++)
		if (c.count)
			histogram(f, &c);
}

char *answers_metrics(const struct answers *a)
{
	struct pv_report r;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	pv_report(a->pv, &r);
	gauge(f, "uptime_seconds", "Since the daemon began", (uint64_t)answers_uptime(a));
	memory(f, &r);
	objects(f, &r);
	counters(f, &r);
	commands(f, a->pv);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
