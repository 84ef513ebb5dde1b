// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns finding the processes that have a file open. Must never know which file
 * it is.
 */
#include "host-backend/underpassctl/users.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host-backend/underpassctl/text.h"

struct search {
	const char *proc, *path;
	const char *pid;
	bool found;			/* in the process looked at */
	char *buf;
	size_t len;
	unsigned int count;
};

static void look_at_fd(void *ctx, const char *name)
{
	struct search *search = ctx;
	char link[PATH_MAX], target[PATH_MAX];
	ssize_t n;

	if (snprintf(link, sizeof(link), "%s/%s/fd/%s", search->proc, search->pid, name) >=
	    (int)sizeof(link))
		return;
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return;
	target[n] = '\0';
	if (!strcmp(target, search->path))
		search->found = true;
}

static void look_at_process(void *ctx, const char *name)
{
	struct search *search = ctx;
	char comm[32];

	if (!isdigit((unsigned char)name[0]) || atol(name) == getpid())
		return;
	search->pid = name;
	search->found = false;
	ctl_folder_names(look_at_fd, search, "%s/%s/fd", search->proc, name);
	if (!search->found)
		return;
	ctl_read_line(comm, sizeof(comm), "%s/%s/comm", search->proc, name);
	ctl_append(search->buf, search->len, "%s%s (pid %s)", search->count++ ? ", " : "",
		   comm[0] ? comm : "a process", name);
}

unsigned int ctl_users(const char *proc, const char *path, char *buf, size_t len)
{
	struct search search = { .proc = proc, .path = path, .buf = buf, .len = len };

	ctl_folder_names(look_at_process, &search, "%s", proc);
	return search.count;
}
