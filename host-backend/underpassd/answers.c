// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the answers in JSON. Must never know who asks.
 */
#include "host-backend/underpassd/answers.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/pv/report.h"

enum { MAX_OBJECTS = 65536 };		/* of one kind in one answer */

double answers_uptime(const struct answers *a)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - a->started.tv_sec) +
	       (double)(now.tv_nsec - a->started.tv_nsec) / 1e9;
}

const char *answers_policy(const struct answers *a)
{
	static const char *const names[] = {
		[IOMMU_POLICY_EXACT] = "exact", [IOMMU_POLICY_LAZY] = "lazy",
		[IOMMU_POLICY_GRANULE] = "granule", [IOMMU_POLICY_STATIC] = "static",
	};

	return names[a->settings->pv.policy];
}

static json_t *count(uint64_t n)
{
	return n == UINT64_MAX ? json_null() : json_integer((json_int_t)n);
}

static json_t *hca_json(const struct pv_report *r)
{
	const struct hca_identity *id = &r->identity;
	char version[24], name[12];

	snprintf(version, sizeof(version), "%u.%u.%u", id->fw_major, id->fw_minor, id->fw_sub);
	snprintf(name, sizeof(name), "%04x:%04x", id->vendor, id->device);
	return json_pack("{ss ss ss sb si so}", "pci_id", name, "firmware", version, "psid",
			 id->psid, "virtual_function", id->is_vf, "ports", (int)id->n_ports,
			 "fatal", r->fatal ? json_string(hca_fatal_text(r->fatal)) : json_null());
}

static json_t *memory_json(const struct answers *a, const struct pv_report *r)
{
	return json_pack("{ss so so so so so so so so}", "policy", answers_policy(a),
			 "guest_bytes", count(r->guest_bytes),
			 "registered_bytes", count(r->registered_bytes),
			 "registrations", count(r->registrations),
			 "mapped_bytes", count(r->mapped_bytes), "maps", count(r->maps),
			 "idle_bytes", count(r->idle_bytes), "own_bytes", count(r->own_bytes),
			 "quarantined_bytes", count(r->quarantined_bytes));
}

static json_t *kinds_json(const struct pv_report *r)
{
	json_t *kinds = json_object();
	size_t i;

	for (i = 0; i < PV_REPORT_KINDS; i++)
		json_object_set_new(kinds, r->kinds[i].name,
				    json_pack("{sI sI}", "count", (json_int_t)r->kinds[i].count,
					      "limit", (json_int_t)r->kinds[i].limit));
	return kinds;
}

static json_t *status(const struct answers *a)
{
	struct pv_report r;

	pv_report(a->pv, &r);
	return json_pack("{ss ss sf so s{sb ss sI} so so}", "device", a->settings->device, "socket",
			 a->settings->socket, "uptime_s", answers_uptime(a), "hca", hca_json(&r),
			 "guest", "attached", r.attached, "status", r.status, "attached_s",
			 (json_int_t)r.attached_s, "memory", memory_json(a, &r), "objects",
			 kinds_json(&r));
}

/* Lists of one kind, or how many there are of each. */
static json_t *objects(const struct answers *a, const char *kind)
{
	struct pv_report_object *list;
	struct pv_report r;
	json_t *array;
	size_t i, k, n;

	pv_report(a->pv, &r);
	if (!*kind)
		return kinds_json(&r);
	for (k = 0; k < PV_REPORT_KINDS && strcmp(kind, r.kinds[k].name); k++)
		;
	if (k == PV_REPORT_KINDS)
		return json_pack("{ss}", "error", "there is no such kind of object");
	list = calloc(MAX_OBJECTS, sizeof(*list));
	if (!list)
		return NULL;
	n = pv_report_objects(a->pv, k, list, MAX_OBJECTS);
	array = json_array();
	for (i = 0; i < n; i++)
		json_array_append_new(array, json_pack("{sI sI sI sb}", "number",
						       (json_int_t)list[i].number, "bytes",
						       (json_int_t)list[i].bytes, "users",
						       (json_int_t)list[i].users, "lost",
						       list[i].lost));
	free(list);
	return json_pack("{ss so}", "kind", kind, "objects", array);
}

static json_t *command_json(const struct pv_report_command *c)
{
	json_t *below = json_array();
	size_t i;

	for (i = 0; i < PV_REPORT_BUCKETS; i++)
		json_array_append_new(below, json_integer((json_int_t)c->below[i]));
	return json_pack("{sI sI sf so}", "count", (json_int_t)c->count, "failed",
			 (json_int_t)c->failed, "mean_us",
			 c->count ? (double)c->ns / 1e3 / (double)c->count : 0.0,
			 "below_2_to_n_us", below);
}

static json_t *stats(const struct answers *a)
{
	json_t *commands = json_object(), *results = json_object();
	struct pv_report_command c;
	struct pv_report r;
	size_t i;

	pv_report(a->pv, &r);
	for (i = 0; pv_report_command(a->pv, i, &c); i++)
		if (c.count)
			json_object_set_new(commands, c.name, command_json(&c));
	for (i = 0; i < PV_REPORT_RESULTS; i++)
		json_object_set_new(results, r.results[i].name,
				    json_integer((json_int_t)r.results[i].count));
	return json_pack("{so so s{sI sI sI sI} sI sI sI sI sI sI}", "commands", commands,
			 "results", results, "firmware", "done", (json_int_t)r.firmware.done,
			 "failed", (json_int_t)r.firmware.failed, "timed_out",
			 (json_int_t)r.firmware.timed_out, "in_flight",
			 (json_int_t)r.firmware.in_flight, "kicks", (json_int_t)r.kicks,
			 "interrupts", (json_int_t)r.interrupts, "events", (json_int_t)r.events,
			 "events_lost", (json_int_t)r.events_lost, "resets", (json_int_t)r.resets,
			 "revoked", (json_int_t)r.revoked);
}

static char *print(json_t *root)
{
	size_t size = root ? json_dumpb(root, NULL, 0, 0) : 0;
	char *text = size ? malloc(size + 2) : NULL;

	if (text) {
		json_dumpb(root, text, size, 0);
		text[size] = '\n';
		text[size + 1] = '\0';
	}
	json_decref(root);
	return text;
}

char *answers_give(const struct answers *a, const char *request)
{
	static const char list[] = "objects";

	if (!strcmp(request, "metrics"))
		return answers_metrics(a);
	if (!strcmp(request, "status"))
		return print(status(a));
	if (!strcmp(request, "stats"))
		return print(stats(a));
	if (!strcmp(request, list))
		return print(objects(a, ""));
	if (!strncmp(request, "objects ", sizeof(list)))
		return print(objects(a, request + sizeof(list)));
	return print(json_pack("{ss}", "error",
			       "requests are status, objects [KIND], stats, metrics"));
}
