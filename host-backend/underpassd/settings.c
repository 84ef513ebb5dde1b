// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the table of settings. Must never know how a value is read.
 */
#include "host-backend/underpassd/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/underpassd/values.h"

struct row {
	struct setting setting;
	int (*parse)(const char *text, void *value, const struct value_range *range);
	size_t at;			/* in struct settings */
	struct value_range range;
};

#define AT(field)	offsetof(struct settings, field)
#define U32_MAX		0xffffffffull
#define LIMIT(name, field, what)						\
	{ { "max-" name, "N", "At most N " what, },				\
	  value_u32, AT(pv.limits.field), { 1, U32_MAX } }

/* Settings have the names of struct row's first member, in the order people read them. */
static const struct row rows[] = {
	{ { "device", "DEVICE", "The HCA: a PCI address (0000:3b:00.0) that is bound to vfio-pci, or "
	    "vfio-user:PATH" }, value_string, AT(device), { 0, 0 } },
	{ { "socket", "PATH", "Where QEMU connects (-device vfio-user-pci)" },
	  value_string, AT(socket), { 0, 0 } },
	{ { "socket-group", "GROUP", "Give the socket to GROUP, whose members may connect" },
	  value_group, AT(socket_group), { 0, 0 } },
	{ { "socket-mode", "MODE", "Access mode of the socket, octal (default 0600; 0660 with "
	    "--socket-group)" }, value_mode, AT(socket_mode), { 1, 0777 } },
	{ { "control", "PATH", "Where underpassctl and monitors ask (default: nowhere)" },
	  value_string, AT(control), { 0, 0 } },
	{ { "user", "USER", "Become USER once everything is open" },
	  value_user, AT(user), { 0, 0 } },
	{ { "sandbox", "yes|no", "Give up all system calls but those needed (default yes)" },
	  value_bool, AT(sandbox), { 0, 0 } },
	{ { "policy", "POLICY", "How registered memory is mapped: exact (default), lazy, granule, static" },
	  value_policy, AT(pv.policy), { 0, 0 } },
	{ { "granule", "SIZE", "Of policy granule and of the fall-back (default 2M)" },
	  value_size, AT(pv.granule), { 4096, 1ull << 30 } },
	{ { "fall-back", "yes|no", "exact, lazy: a registration that takes too many mappings goes by "
	    "granule (default no)" }, value_bool, AT(pv.fall_back), { 0, 0 } },
	{ { "idle-bytes", "SIZE", "lazy, granule: what stays mapped without need, at most (default 64M)" },
	  value_size, AT(pv.idle_bytes), { 1, UINT64_MAX } },
	{ { "idle-ms", "MS", "lazy, granule: for so long at most (default 100)" },
	  value_uint, AT(pv.idle_ms), { 1, 3600000 } },
	{ { "vectors", "N", "Interrupt vectors of the device (default 17, or the HCA's)" },
	  value_uint, AT(pv.n_vectors), { 2, 2048 } },
	{ { "workers", "N", "Guest commands under way at the same time (default 4)" },
	  value_uint, AT(pv.n_workers), { 1, 64 } },
	{ { "command-ms", "MS", "Time limit of a firmware command (default 10000)" },
	  value_uint, AT(pv.command_ms), { 1, 3600000 } },
	{ { "spin-us", "US", "How long to look for the next command before sleeping, at most: as long as it is of use (default 200)" },
	  value_uint, AT(pv.spin_us), { 1, 1000000 } },
	{ { "commands-per-second", "N", "Guest commands beyond this wait (default: no limit)" },
	  value_u32, AT(pv.limits.commands_per_second), { 1, 1000000000 } },
	LIMIT("uars", uars, "UAR pages, which are doorbells of processes (default 256)"),
	LIMIT("pds", pds, "protection domains (default 4096)"),
	LIMIT("xrcds", xrcds, "XRC domains (default 1024)"),
	LIMIT("pages", pages, "pieces of doorbell record memory (default 65536)"),
	LIMIT("mrs", mrs, "memory regions (default 131072)"),
	LIMIT("eqs", eqs, "event queues (default 64)"),
	LIMIT("cqs", cqs, "completion queues (default 16384)"),
	LIMIT("srqs", srqs, "shared receive queues (default 4096)"),
	LIMIT("qps", qps, "queue pairs (default 16384)"),
	LIMIT("mcasts", mcasts, "multicast attachments (default 4096)"),
	{ { "max-bytes", "SIZE", "At most SIZE of memory registered, rings included (default: no limit)" },
	  value_size, AT(pv.limits.bytes), { 4096, UINT64_MAX } },
	{ { "max-mr-bytes", "SIZE", "At most SIZE of memory in one memory region (default: no limit)" },
	  value_size, AT(pv.limits.mr_bytes), { 4096, UINT64_MAX } },
	{ { "max-runs", "N", "At most N runs of pages in one registration (default 1048576)" },
	  value_u32, AT(pv.limits.runs), { 1, IOMMU_MAX_RUNS } },
	{ { "log", "LEVEL", "What to say: error, warning, note (default)" },
	  value_log_level, AT(log_level), { 0, 0 } },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct setting *settings_table(void)
{
	static struct setting table[ROWS + 1];
	size_t i;

	for (i = 0; i < ROWS; i++)
		table[i] = rows[i].setting;
	return table;
}

void settings_init(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	s->user = (uid_t)-1;
	s->sandbox = true;
	s->log_level = PV_LOG_NOTE;
}

void settings_fini(struct settings *s)
{
	free(s->device);
	free(s->socket);
	free(s->control);
}

static const struct row *find(const char *name)
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (!strcmp(rows[i].setting.name, name))
			return &rows[i];
	return NULL;
}

int settings_set(struct settings *s, const char *name, const char *value, char *error, size_t len)
{
	const struct row *row = find(name);
	int ret;

	if (!row) {
		snprintf(error, len, "there is no setting '%s'", name);
		return -ENOENT;
	}
	ret = row->parse(value, (char *)s + row->at, &row->range);
	if (ret == -EINVAL)
		snprintf(error, len, "'%s' is no %s for %s: %s", value, row->setting.argument, name,
			 row->setting.doc);
	else if (ret == -ERANGE)
		snprintf(error, len, "%s must be from %llu to %llu, not %s", name,
			 (unsigned long long)row->range.min, (unsigned long long)row->range.max,
			 value);
	else if (ret)
		snprintf(error, len, "%s: %s", name, strerror(-ret));
	if (!ret && row->at == AT(socket_group)) {
		s->set_group = true;
		s->socket_mode = s->socket_mode ? s->socket_mode : 0660;
	}
	return ret == -ERANGE ? -EINVAL : ret;
}

/* Without the blanks around it. */
static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strlen(text);
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

static int read_line(struct settings *s, char *line, char *error, size_t len)
{
	char *equals, *name;

	line[strcspn(line, "#")] = '\0';
	name = trim(line);
	if (!*name)
		return 0;
	equals = strchr(name, '=');
	if (!equals) {
		snprintf(error, len, "not of the form name = value");
		return -EINVAL;
	}
	*equals = '\0';
	return settings_set(s, trim(name), trim(equals + 1), error, len);
}

int settings_read(struct settings *s, const char *path, char *error, size_t len)
{
	FILE *file = fopen(path, "re");
	unsigned int number = 0;
	char *line = NULL, why[256];
	size_t cap = 0;
	int ret = 0;

	if (!file) {
		ret = -errno;
		snprintf(error, len, "%s: %s", path, strerror(-ret));
		return ret;
	}
	while (!ret && getline(&line, &cap, file) >= 0) {
		number++;
		ret = read_line(s, line, why, sizeof(why));
	}
	if (ret)
		snprintf(error, len, "%s:%u: %s", path, number, why);
	free(line);
	fclose(file);
	return ret;
}

int settings_check(const struct settings *s, char *error, size_t len)
{
	const char *missing = !s->device ? "device" : !s->socket ? "socket" : NULL;

	if (!missing)
		return 0;
	snprintf(error, len, "--%s is missing", missing);
	return -EINVAL;
}
