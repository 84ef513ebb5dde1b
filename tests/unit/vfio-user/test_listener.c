// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about how a server comes to be: its configuration, the
 * socket with a name, and one client after the other. Must never use the
 * client library.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/vfio-user/vfu_bed.h"

#define PAGE	4096ull

static int dial(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	strcpy(addr.sun_path, path);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		close(fd);
		return -errno;
	}
	return fd;
}

struct place {
	char dir[32];
	char path[64];
};

static void place_make(struct place *p)
{
	strcpy(p->dir, "/tmp/vfu-test.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/sock", p->dir);
}

static void one_client_at_a_time_and_then_the_next(void **state)
{
	struct vfu_bed bed;
	struct place p;
	struct stat st;
	char byte;
	int second;

	(void)state;
	place_make(&p);
	vfu_bed_prepare(&bed);
	bed.config.path = p.path;
	bed.config.mode = 0660;
	vfu_bed_start(&bed);
	assert_int_equal(stat(p.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);

	for (unsigned int i = 1; i <= 3; i++) {
		bed.sock = dial(p.path);
		assert_true(bed.sock >= 0);
		vfu_bed_run(&bed);
		vfu_bed_hello(&bed);
		assert_int_equal(vfu_bed_map(&bed, 0, PAGE, -1, 0), 0);
		second = dial(p.path);
		vfu_bed_run(&bed);
		assert_int_equal(recv(second, &byte, 1, 0), 0);
		close(second);
		vfu_bed_expect_alive(&bed);
		/* The next may call before we have seen the last one go. */
		close(bed.sock);
		bed.sock = dial(p.path);
		vfu_bed_run(&bed);
		assert_int_equal(bed.detached, i);
		vfu_bed_hello(&bed);
		vfu_bed_hang_up(&bed);
		bed.attached--;
		bed.detached--;
	}
	vfu_bed_close(&bed);
	assert_int_equal(stat(p.path, &st), -1);
	assert_int_equal(rmdir(p.dir), 0);
}

static void a_stale_socket_file_is_replaced_and_a_live_one_not(void **state)
{
	struct vfu_bed bed, other;
	struct vfu_server *server;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct place p;
	int fd;

	(void)state;
	place_make(&p);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	strcpy(addr.sun_path, p.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);

	vfu_bed_prepare(&bed);
	bed.config.path = p.path;
	vfu_bed_start(&bed);
	other = bed;
	assert_int_equal(vfu_server_create(&other.config, &server),
			 -EADDRINUSE);
	assert_int_equal(access(p.path, F_OK), 0);
	vfu_bed_run(&bed);
	vfu_bed_close(&bed);

	/* What is no socket is never removed. */
	fd = creat(p.path, 0600);
	close(fd);
	vfu_bed_prepare(&bed);
	bed.config.path = p.path;
	assert_int_equal(vfu_server_create(&bed.config, &server), -EADDRINUSE);
	assert_int_equal(unlink(p.path), 0);
	bed.config.path = NULL;
	vfu_bed_start(&bed);
	vfu_bed_close(&bed);
	assert_int_equal(rmdir(p.dir), 0);
}

static void impossible_configurations_are_refused(void **state)
{
	static const struct vfu_area outside = { 8192, 16384 };
	static const struct vfu_area crooked = { 100, 4096 };
	struct vfu_server *server;
	struct vfu_bed bed;
	char path[200];

	(void)state;
	vfu_bed_open(&bed);
	for (unsigned int i = 0; i < 7; i++) {
		struct vfu_server_config config = bed.config;
		struct vfu_region *bar2 = &config.regions[2];

		memset(path, 'x', sizeof(path));
		path[199] = 0;
		if (i == 0)
			bar2->areas = &outside;
		else if (i == 1)
			bar2->areas = &crooked;
		else if (i == 2)
			bar2->fd = -1;
		else if (i == 3)
			bar2->fd_offset = 100;
		else if (i == 4)
			bar2->flags = 0;
		else if (i == 5)
			config.irq_count[2] = 2049;
		else
			config.path = path;
		assert_int_equal(vfu_server_create(&config, &server),
				 i == 6 ? -ENAMETOOLONG : -EINVAL);
	}
	vfu_bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_client_at_a_time_and_then_the_next),
		cmocka_unit_test(a_stale_socket_file_is_replaced_and_a_live_one_not),
		cmocka_unit_test(impossible_configurations_are_refused),
	};

	return cmocka_run_group_tests_name("vfio-user listener", tests, NULL,
					   NULL);
}
