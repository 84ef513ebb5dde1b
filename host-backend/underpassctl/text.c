// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns small conversions between files, numbers and text. Must never know what
 * they mean.
 */
#include "host-backend/underpassctl/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *ctl_size_text(uint64_t bytes, char buf[CTL_SIZE_TEXT])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned int unit = 0, tenths = 0;

	while (bytes >= 1024) {
		tenths = (unsigned int)(bytes % 1024 * 10 / 1024);
		bytes /= 1024;
		unit++;
	}
	if (tenths)
		snprintf(buf, CTL_SIZE_TEXT, "%" PRIu64 ".%u %s", bytes, tenths, units[unit]);
	else
		snprintf(buf, CTL_SIZE_TEXT, "%" PRIu64 " %s", bytes, units[unit]);
	return buf;
}

int ctl_parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMG";
	const char *unit;
	unsigned int shift = 0;
	uint64_t n;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno)
		return -errno;
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || end[1])
			return -EINVAL;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (n > UINT64_MAX >> shift)
		return -ERANGE;
	*bytes = n << shift;
	return 0;
}

static int format_path(char path[PATH_MAX], const char *fmt, va_list args)
{
	int n = vsnprintf(path, PATH_MAX, fmt, args);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

int ctl_read_line(char *buf, size_t len, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;
	ssize_t n;
	int fd, ret;

	buf[0] = '\0';
	va_start(args, fmt);
	ret = format_path(path, fmt, args);
	va_end(args);
	if (ret)
		return ret;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	ret = n < 0 ? -errno : 0;
	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return ret;
}

void ctl_append(char *buf, size_t len, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf + used, len - used, fmt, args);
	va_end(args);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void ctl_folder_names(void (*told)(void *ctx, const char *name), void *ctx, const char *fmt, ...)
{
	struct dirent **list;
	char path[PATH_MAX];
	va_list args;
	int i, n, ret;

	va_start(args, fmt);
	ret = format_path(path, fmt, args);
	va_end(args);
	n = ret ? -1 : scandir(path, &list, visible, alphasort);
	if (n < 0)
		return;
	for (i = 0; i < n; i++) {
		told(ctx, list[i]->d_name);
		free(list[i]);
	}
	free(list);
}
