// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of what a service manager is told and keeps. The manager is
 * a socket of this program. Must never need a real one.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host-backend/underpassd/notify.h"

enum { FIRST = 3, FILES = 3 };		/* sd_listen_fds(3) */

static char dir[32];
static struct sockaddr_un manager_addr = { .sun_family = AF_UNIX };
static int manager = -1;

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/notify-XXXXXX");	/* mkdtemp(3) fills it in */
	assert_non_null(mkdtemp(dir));
	snprintf(manager_addr.sun_path, sizeof(manager_addr.sun_path), "%s/manager", dir);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(manager >= 0);
	assert_int_equal(bind(manager, (struct sockaddr *)&manager_addr, sizeof(manager_addr)), 0);
	setenv("NOTIFY_SOCKET", manager_addr.sun_path, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	close(manager);
	unlink(manager_addr.sun_path);
	rmdir(dir);
	return 0;
}

/* One message, "" when there is none, and the file that came with it, -1: none. */
static const char *hear(int *fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	} control;
	static char text[256];
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(manager, &msg, MSG_CMSG_CLOEXEC);

	*fd = -1;
	text[n > 0 ? n : 0] = '\0';
	for (struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL; c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return text;
}

static ino_t inode(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static void the_manager_hears(void **state)
{
	int fd;

	(void)state;
	daemon_notify("READY=1");
	assert_string_equal(hear(&fd), "READY=1");
	unsetenv("NOTIFY_SOCKET");
	daemon_notify("READY=1");
	assert_string_equal(hear(&fd), "");
}

static void it_keeps_files_by_name(void **state)
{
	char wanted[64];
	int fds[FILES], got;

	(void)state;
	for (unsigned int i = 0; i < FILES; i++)
		fds[i] = memfd_create("file", MFD_CLOEXEC);
	daemon_keep(fds, FILES);
	for (unsigned int i = 0; i < FILES; i++) {
		snprintf(wanted, sizeof(wanted), "FDSTORE=1\nFDNAME=hca-%u", i);
		assert_string_equal(hear(&got), wanted);
		assert_int_equal(inode(got), inode(fds[i]));
		close(got);
		close(fds[i]);
	}
}

/*
 * In a process that is started with files of these @names: what the daemon has
 * of them. The exit status of that process: 0: all, each in its place; 1: none,
 * and all closed; 2: neither.
 */
static int started_with(const char *names, unsigned int n)
{
	int fds[FILES], file[FILES + 1], status;
	ino_t wanted[FILES + 1];
	char text[16];
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid) {
		assert_int_equal(waitpid(pid, &status, 0), pid);
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("LISTEN_PID", text, 1);
	snprintf(text, sizeof(text), "%u", n);
	setenv("LISTEN_FDS", text, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	for (unsigned int i = 0; i < n; i++) {
		file[i] = memfd_create("file", MFD_CLOEXEC);
		wanted[i] = inode(file[i]);
		file[i] = fcntl(file[i], F_DUPFD, 100);
	}
	for (unsigned int i = 0; i < n; i++)
		dup2(file[i], FIRST + (int)i);
	if (!daemon_kept(fds, FILES)) {
		for (unsigned int i = 0; i < n; i++)
			if (fcntl(FIRST + (int)i, F_GETFD) >= 0)
				_exit(2);
		_exit(1);
	}
	/* The names of these tests are in this order. */
	_exit(inode(fds[0]) == wanted[1] && inode(fds[1]) == wanted[2] &&
	      inode(fds[2]) == wanted[0] && !getenv("LISTEN_FDS") ? 0 : 2);
}

static void they_come_back_in_their_places_and_it_forgets_them(void **state)
{
	char wanted[64];
	int fd;

	(void)state;
	assert_int_equal(started_with("hca-2:hca-0:hca-1", 3), 0);
	for (unsigned int i = 0; i < FILES; i++) {
		snprintf(wanted, sizeof(wanted), "FDSTOREREMOVE=1\nFDNAME=hca-%u", i);
		assert_string_equal(hear(&fd), wanted);
	}
	assert_int_equal(started_with("hca-2:hca-0:hca-1:stored", 4), 0);
}

static void what_is_not_whole_is_closed(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(started_with("hca-2:hca-0", 2), 1);
	assert_string_equal(hear(&fd), "FDSTOREREMOVE=1\nFDNAME=hca-0");
	assert_int_equal(started_with("hca-2:hca-0:hca-0", 3), 1);
	assert_int_equal(started_with("a:hca-3:b", 3), 1);
	assert_int_equal(started_with("", 0), 1);
}

#define with_manager(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_manager(the_manager_hears),
		with_manager(it_keeps_files_by_name),
		with_manager(they_come_back_in_their_places_and_it_forgets_them),
		with_manager(what_is_not_whole_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
