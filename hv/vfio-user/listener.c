// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the making of a listening UNIX socket with the right owner and mode.
 * Must never know what is spoken on it.
 */
#include "hv/vfio-user/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG		4

static bool answers(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool refused;

	if (fd < 0)
		return true;
	refused = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) &&
		  errno == ECONNREFUSED;
	close(fd);
	return !refused;
}

/* Removes a socket file whose owner is gone. */
static int clear_stale(const struct sockaddr_un *addr)
{
	struct stat st;

	if (lstat(addr->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode) || answers(addr))
		return -EADDRINUSE;
	return unlink(addr->sun_path) ? -errno : 0;
}

int vfu_listener_open(const char *path, mode_t mode, bool set_group,
		      gid_t group, int *out)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, ret;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	ret = clear_stale(&addr);
	if (ret)
		return ret;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* On Linux the file takes its first mode from the socket. */
	if (fchmod(fd, 0600) ||
	    bind(fd, (const struct sockaddr *)&addr, sizeof(addr))) {
		ret = -errno;
		goto close_fd;
	}
	if ((set_group && chown(path, (uid_t)-1, group)) ||
	    chmod(path, mode) || listen(fd, BACKLOG)) {
		ret = -errno;
		goto unlink_path;
	}
	*out = fd;
	return 0;

unlink_path:
	unlink(path);
close_fd:
	close(fd);
	return ret;
}
