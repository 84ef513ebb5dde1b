// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the files that remember which driver a device had: one per device, gone
 * with the next reboot as is the binding itself. Must never know how devices
 * are bound.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host-backend/underpassctl/bind.h"

static int record_path(const struct ctl_world *world, const char *bdf, const char *suffix,
		       char path[PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s/bind/%s%s", world->run, bdf, suffix);

	return n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int make_folder(const char *path)
{
	return mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
}

int bind_record_lock(const struct ctl_world *world, int *fd)
{
	char path[PATH_MAX];
	int ret;

	ret = record_path(world, "", "", path);
	if (!ret)
		ret = make_folder(world->run);
	if (!ret)
		ret = make_folder(path);
	if (ret)
		return ret;
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return -errno;
	/* Anybody could hold a lock on a folder that anybody may read. */
	if (fchmod(*fd, 0700) || flock(*fd, LOCK_EX)) {
		ret = -errno;
		close(*fd);
	}
	return ret;
}

int bind_record_save(const struct ctl_world *world, const char *bdf,
		     const struct bind_record *record)
{
	char path[PATH_MAX], part[PATH_MAX];
	FILE *file;
	int ret;

	ret = record_path(world, bdf, "", path);
	if (!ret)
		ret = record_path(world, bdf, ".part", part);
	if (ret)
		return ret;
	file = fopen(part, "we");
	if (!file)
		return -errno;
	fprintf(file, "driver=%s\noverride=%s\n", record->driver, record->override);
	ret = ferror(file) ? -EIO : 0;
	if (fclose(file) && !ret)
		ret = -errno;
	if (!ret && rename(part, path))
		ret = -errno;
	if (ret)
		unlink(part);
	return ret;
}

static bool take_value(const char *line, const char *name, char *value, size_t len)
{
	size_t n = strlen(name);

	if (strncmp(line, name, n) || strlen(line + n) >= len)
		return false;
	strcpy(value, line + n);
	value[strcspn(value, "\n")] = '\0';
	return !strchr(value, '/');	/* becomes part of a path */
}

int bind_record_load(const struct ctl_world *world, const char *bdf, struct bind_record *record)
{
	char path[PATH_MAX], line[128];
	bool good = false;
	FILE *file;
	int ret;

	ret = record_path(world, bdf, "", path);
	if (ret)
		return ret;
	file = fopen(path, "re");
	if (!file)
		return -errno;
	if (fgets(line, sizeof(line), file) &&
	    take_value(line, "driver=", record->driver, sizeof(record->driver)))
		good = fgets(line, sizeof(line), file) &&
		       take_value(line, "override=", record->override, sizeof(record->override));
	fclose(file);
	return good ? 0 : -EBADMSG;
}

void bind_record_drop(const struct ctl_world *world, const char *bdf)
{
	char path[PATH_MAX];

	if (!record_path(world, bdf, "", path))
		unlink(path);
}
