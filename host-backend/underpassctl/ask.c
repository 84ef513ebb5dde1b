// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the talk with running daemons. Must never know what is asked.
 */
#include "host-backend/underpassctl/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "host-backend/underpassctl/text.h"

enum { TIMEOUT_S = 10, PIECE = 65536 };

struct search {
	const struct ctl_world *world;
	struct ask_daemons *daemons;
	int err;
};

static int add(struct ask_daemons *daemons, const char *folder, const char *name,
	       const char *suffix)
{
	char *path;

	if (daemons->n == ASK_MAX_DAEMONS)
		return 0;
	if (asprintf(&path, "%s%s%s%s", folder, *folder ? "/" : "", name, suffix) < 0)
		return -ENOMEM;
	daemons->path[daemons->n++] = path;
	return 0;
}

static void look(void *ctx, const char *name)
{
	static const char suffix[] = ".ctl";
	struct search *search = ctx;
	size_t len = strlen(name), end = sizeof(suffix) - 1;

	if (!search->err && len > end && !strcmp(name + len - end, suffix))
		search->err = add(search->daemons, search->world->run, name, "");
}

int ask_find(const struct ctl_world *world, const char *name, struct ask_daemons *daemons)
{
	struct search search = { .world = world, .daemons = daemons };

	memset(daemons, 0, sizeof(*daemons));
	if (name && strchr(name, '/'))
		return add(daemons, "", name, "");
	if (name)
		return add(daemons, world->run, name, ".ctl");
	ctl_folder_names(look, &search, "%s", world->run);
	if (!search.err && !daemons->n)
		search.err = -ENOENT;
	return search.err;
}

void ask_release(struct ask_daemons *daemons)
{
	while (daemons->n)
		free(daemons->path[--daemons->n]);
}

static int connect_to(const char *path, int *out)
{
	const struct timeval limit = { .tv_sec = TIMEOUT_S };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, ret;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr))) {
		ret = -errno;
		close(fd);
		return ret;
	}
	*out = fd;
	return 0;
}

/* All there is until the daemon hangs up. */
static int receive(int fd, char **answer)
{
	char *text = NULL, *more;
	size_t len = 0;
	ssize_t n;

	for (;;) {
		more = realloc(text, len + PIECE + 1);
		if (!more)
			break;
		text = more;
		n = recv(fd, text + len, PIECE, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			text[len] = '\0';
			*answer = text;
			if (n < 0 || !len)
				free(text);
			return n < 0 ? (errno == EAGAIN ? -ETIMEDOUT : -errno) : len ? 0 : -EPROTO;
		}
		len += (size_t)n;
	}
	free(text);
	return -ENOMEM;
}

int ask_daemon(const char *path, const char *question, char **answer)
{
	size_t len = strlen(question);
	int fd = -1, ret;

	ret = connect_to(path, &fd);
	if (ret)
		return ret;
	if (send(fd, question, len, MSG_NOSIGNAL) != (ssize_t)len ||
	    send(fd, "\n", 1, MSG_NOSIGNAL) != 1)
		ret = -EPROTO;
	else
		ret = receive(fd, answer);
	close(fd);
	return ret;
}
