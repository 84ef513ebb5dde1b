/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns one run of the self-test: what has been built so far, and what is said of
 * each step. Must never know what a step does.
 */
#ifndef HOST_BACKEND_SELFTEST_RUN_H
#define HOST_BACKEND_SELFTEST_RUN_H

#include <stdatomic.h>

#include "host-backend/hca/hca.h"
#include "host-backend/hca/port.h"
#include "host-backend/selftest/objects.h"
#include "host-backend/selftest/memory.h"
#include "host-backend/selftest/selftest.h"

/* Of the port, as far as queue pairs need to know. */
struct st_port {
	bool active;
	uint16_t lid, pkey_index;
	bool grh_required;
	uint8_t gid[16];
	uint8_t mtu;			/* enum hca_mtu */
	unsigned int mtu_bytes;
};

/**
 * struct st_run - one run
 * @config: with defaults filled in
 * @report: the caller's
 * @step: the one under way
 * @transport: until the HCA took it over
 * @seed: of the next pattern
 * @messages, @bytes: sent so far in this step
 * @what: what the step is at, put before the text of a failure
 * @failed_pages: page requests of the firmware that could not be met, told by the event thread
 */
struct st_run {
	struct selftest_config config;
	struct selftest_report *report;
	struct selftest_step *step;
	const char *device;
	struct hca_transport *transport;
	struct hca *hca;
	struct st_port port;
	struct st_memory memory;
	struct st_objects objects;
	atomic_uint failed_pages;
	uint32_t seed;
	uint64_t messages, bytes;
	char what[96];
};

typedef int (*st_step_fn)(struct st_run *run);

/* Run one step, time it, say how it ended. Its result is also the return value. */
int st_step(struct st_run *run, const char *name, st_step_fn fn);
/* A step that is left out, and why. */
void st_skip(struct st_run *run, const char *name, const char *why);

/* What the step is at. */
void st_say_what(struct st_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What the step under way has to say; the last word counts. */
void st_note(struct st_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The step is left out, for this reason. Returns 0. */
int st_leave_out(struct st_run *run, const char *why);
/* The same when it fails: returns @err. The first word counts, later ones only follow from it. */
int st_fail(struct st_run *run, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* @what failed: by a command, if the error is that of the thread's last one. Returns @err. */
int st_fail_command(struct st_run *run, int err, const char *what);

#endif
