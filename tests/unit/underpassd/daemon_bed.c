// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns a daemon over a model in a thread of this process. It must never know
 * what a test is after.
 */
#include "tests/unit/underpassd/daemon_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host-backend/hca/clock.h"
#include "host-backend/underpassd/daemon.h"

void daemon_bed_set(struct daemon_bed *bed, const char *name, const char *value)
{
	char error[256];

	if (settings_set(&bed->settings, name, value, error, sizeof(error)))
		fail_msg("%s", error);
}

int daemon_bed_setup(void **state)
{
	struct daemon_bed *bed = calloc(1, sizeof(*bed));

	if (!bed || model_bed_open(1, false, &bed->model))
		return -1;
	strcpy(bed->dir, "/tmp/underpassd-XXXXXX");
	assert_non_null(mkdtemp(bed->dir));
	snprintf(bed->guest, sizeof(bed->guest), "%s/guest.sock", bed->dir);
	snprintf(bed->control, sizeof(bed->control), "%s/guest.ctl", bed->dir);
	settings_init(&bed->settings);
	daemon_bed_set(bed, "device", model_bed_device(bed->model, 0));
	daemon_bed_set(bed, "socket", bed->guest);
	daemon_bed_set(bed, "control", bed->control);
	daemon_bed_set(bed, "sandbox", "no");	/* it would be the whole test's */
	daemon_bed_set(bed, "log", "error");
	*state = bed;
	return 0;
}

int daemon_bed_teardown(void **state)
{
	struct daemon_bed *bed = *state;

	model_bed_close(bed->model);
	settings_fini(&bed->settings);
	rmdir(bed->dir);
	free(bed);
	return 0;
}

static void hear_stops(int how)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	pthread_sigmask(how, &stops, NULL);
}

static void *run(void *arg)
{
	struct daemon_bed *bed = arg;

	/* The loop's thread is the one that is to hear it. */
	hear_stops(SIG_UNBLOCK);
	bed->status = daemon_run(&bed->settings);
	return NULL;
}

/* It answers once its loop runs, signals and all. */
static bool answers(const struct daemon_bed *bed)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char c;
	bool good;

	strcpy(addr.sun_path, bed->control);
	good = !connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) &&
	       send(fd, "objects\n", 8, MSG_NOSIGNAL) == 8 && recv(fd, &c, 1, 0) == 1;
	close(fd);
	return good;
}

void daemon_bed_start(struct daemon_bed *bed)
{
	uint64_t end = hca_now_ms() + DAEMON_BED_WAIT_MS;

	hear_stops(SIG_BLOCK);
	assert_int_equal(pthread_create(&bed->thread, NULL, run, bed), 0);
	while (!answers(bed)) {
		assert_true(hca_now_ms() < end);
		hca_sleep_us(1000);
	}
}

void daemon_bed_stop(struct daemon_bed *bed)
{
	pthread_kill(bed->thread, SIGTERM);
	pthread_join(bed->thread, NULL);
	hear_stops(SIG_UNBLOCK);
	assert_int_equal(bed->status, 0);
	assert_int_not_equal(access(bed->guest, F_OK), 0);
	assert_int_not_equal(access(bed->control, F_OK), 0);
}
