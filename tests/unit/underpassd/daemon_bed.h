/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns a daemon over a model in a thread of this process, from start to SIGTERM.
 * It must never know what a test is after. All assert that they work.
 */
#ifndef TESTS_UNIT_UNDERPASSD_DAEMON_BED_H
#define TESTS_UNIT_UNDERPASSD_DAEMON_BED_H

#include <pthread.h>

#include "host-backend/underpassd/settings.h"
#include "tests/unit/host/model_bed.h"

enum { DAEMON_BED_WAIT_MS = 10000 };

/* @guest, @control: sockets in @dir, "guest.sock" and "guest.ctl". */
struct daemon_bed {
	struct model_bed *model;
	struct settings settings;
	char dir[32], guest[48], control[48];
	pthread_t thread;
	int status;			/* of the daemon that ended */
};

/* For cmocka: settings for a daemon that does not run yet. */
int daemon_bed_setup(void **state);
int daemon_bed_teardown(void **state);

#define in_daemon_bed(f) cmocka_unit_test_setup_teardown(f, daemon_bed_setup, daemon_bed_teardown)

void daemon_bed_set(struct daemon_bed *bed, const char *name, const char *value);
/* Until it answers. */
void daemon_bed_start(struct daemon_bed *bed);
/* By SIGTERM; it must end well and leave no socket. */
void daemon_bed_stop(struct daemon_bed *bed);

#endif
