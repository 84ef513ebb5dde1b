/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what an administrator can set, by command line or by file, under the
 * same names. Must never know what comes of a setting.
 */
#ifndef UNDERPASSD_SETTINGS_H
#define UNDERPASSD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host-backend/pv/pv.h"

struct settings {
	char *device, *socket, *control;
	mode_t socket_mode;		/* 0: the owner alone */
	bool set_group;
	gid_t socket_group;
	uid_t user;			/* (uid_t)-1: stay who we are */
	bool sandbox;
	enum pv_log_level log_level;	/* what is less important is not said */
	struct pv_config pv;
};

/* One that there is; the table ends with a NULL name. */
struct setting {
	const char *name;
	const char *argument;		/* what to call its value */
	const char *doc;
};

const struct setting *settings_table(void);

void settings_init(struct settings *settings);
void settings_fini(struct settings *settings);

/**
 * settings_set() - one of them
 * @settings: settings
 * @name: as in the table
 * @value: text
 * @error: why not, one line; @len bytes
 *
 * Return: 0; -ENOENT no such setting; -EINVAL; -ENOMEM.
 */
int settings_set(struct settings *settings, const char *name, const char *value, char *error,
		 size_t len);

/* Lines of "name = value"; '#' begins a comment. @error also names file and line. */
int settings_read(struct settings *settings, const char *path, char *error, size_t len);

/* Whether all is there that must be. 0, -EINVAL. */
int settings_check(const struct settings *settings, char *error, size_t len);

#endif
