// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the answers of daemons as people read them. Must never know where they
 * come from.
 */
#include <stdbool.h>
#include <string.h>

#include "host-backend/underpassctl/ask.h"
#include "host-backend/underpassctl/text.h"

enum { PER_LINE = 4, PERCENT = 99 };

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "unknown";
}

static json_int_t number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static const char *size(const json_t *object, const char *name, char buf[CTL_SIZE_TEXT])
{
	return ctl_size_text((uint64_t)number(object, name), buf);
}

/* "3 h 20 min" */
static void print_time(json_int_t seconds, FILE *out)
{
	if (seconds >= 86400)
		fprintf(out, "%lld d ", (long long)(seconds / 86400));
	if (seconds >= 3600)
		fprintf(out, "%lld h ", (long long)(seconds / 3600 % 24));
	if (seconds >= 60)
		fprintf(out, "%lld min", (long long)(seconds / 60 % 60));
	else
		fprintf(out, "%lld s", (long long)seconds);
}

static void print_memory(const json_t *memory, FILE *out)
{
	char a[CTL_SIZE_TEXT], b[CTL_SIZE_TEXT], c[CTL_SIZE_TEXT], d[CTL_SIZE_TEXT];

	fprintf(out, "  registered  %s of %s, policy %s\n", size(memory, "registered_bytes", a),
		size(memory, "guest_bytes", b), text(memory, "policy"));
	fprintf(out, "  mapped      %s in %lld mappings, %s of it idle; %s for the HCA itself\n",
		size(memory, "mapped_bytes", a), (long long)number(memory, "maps"),
		size(memory, "idle_bytes", c), size(memory, "own_bytes", d));
	if (number(memory, "quarantined_bytes"))
		fprintf(out, "  quarantine  %s of bus addresses\n",
			size(memory, "quarantined_bytes", a));
}

/* Kinds of which there are some. */
void ask_print_objects(const json_t *objects, FILE *out)
{
	const char *name;
	json_t *kind;
	size_t n = 0;

	if (json_object_get(objects, "objects")) {
		json_array_foreach(json_object_get(objects, "objects"), n, kind)
			fprintf(out, "  0x%06llx  %12lld bytes  %lld users%s\n",
				(unsigned long long)number(kind, "number"),
				(long long)number(kind, "bytes"), (long long)number(kind, "users"),
				json_is_true(json_object_get(kind, "lost")) ? "  lost" : "");
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)objects, name, kind) {
		fprintf(out, "%s%s %lld of %lld", n % PER_LINE ? ", " : "  objects     ", name,
			(long long)number(kind, "count"), (long long)number(kind, "limit"));
		n++;
		if (n % PER_LINE == 0)
			fputc('\n', out);
	}
	if (n % PER_LINE)
		fputc('\n', out);
}

void ask_print_status(const json_t *status, FILE *out)
{
	const json_t *hca = json_object_get(status, "hca");
	const json_t *guest = json_object_get(status, "guest");

	fprintf(out, "  HCA         %s, %s, firmware %s%s%s\n", text(status, "device"),
		text(hca, "pci_id"), text(hca, "firmware"),
		json_is_string(json_object_get(hca, "fatal")) ? ": dead, " : "",
		json_is_string(json_object_get(hca, "fatal")) ? text(hca, "fatal") : "");
	fprintf(out, "  guest       ");
	if (json_is_true(json_object_get(guest, "attached"))) {
		fprintf(out, "attached for ");
		print_time(number(guest, "attached_s"), out);
		fprintf(out, ", its driver is %s\n", text(guest, "status"));
	} else {
		fprintf(out, "none; %s waits for one\n", text(status, "socket"));
	}
	print_memory(json_object_get(status, "memory"), out);
	ask_print_objects(json_object_get(status, "objects"), out);
}

/* What 99 of 100 took less than, in microseconds. */
static unsigned long long most(const json_t *command)
{
	const json_t *below = json_object_get(command, "below_2_to_n_us");
	json_int_t count = number(command, "count"), sum = 0;
	size_t i;

	for (i = 0; i + 1 < json_array_size(below); i++) {
		sum += json_integer_value(json_array_get(below, i));
		if (sum * 100 >= count * PERCENT)
			break;
	}
	return 1ull << i;
}

void ask_print_stats(const json_t *stats, FILE *out)
{
	const json_t *firmware = json_object_get(stats, "firmware");
	const char *name;
	json_t *value;

	fprintf(out, "  %-14s %10s %8s %10s %12s\n", "command", "count", "failed", "mean us",
		"99 % below");
	json_object_foreach(json_object_get(stats, "commands"), name, value)
		fprintf(out, "  %-14s %10lld %8lld %10.1f %12llu\n", name,
			(long long)number(value, "count"), (long long)number(value, "failed"),
			json_real_value(json_object_get(value, "mean_us")), most(value));
	json_object_foreach(json_object_get(stats, "results"), name, value)
		if (json_integer_value(value) && strcmp(name, "ok"))
			fprintf(out, "  %-14s %10lld\n", name, (long long)json_integer_value(value));
	fprintf(out, "  firmware       %10lld %8lld, %lld without an answer\n",
		(long long)number(firmware, "done"), (long long)number(firmware, "failed"),
		(long long)number(firmware, "timed_out"));
	fprintf(out, "  kicks %lld, interrupts %lld, events %lld (%lld lost), resets %lld, revoked %lld\n",
		(long long)number(stats, "kicks"), (long long)number(stats, "interrupts"),
		(long long)number(stats, "events"), (long long)number(stats, "events_lost"),
		(long long)number(stats, "resets"), (long long)number(stats, "revoked"));
}
