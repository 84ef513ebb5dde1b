/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the self-test of one HCA: bring-up, every transport looped through queue
 * pairs of its own with all bytes compared, refusals, teardown, and what was left
 * behind. Must never know what its report looks like on paper.
 */
#ifndef HOST_BACKEND_SELFTEST_SELFTEST_H
#define HOST_BACKEND_SELFTEST_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host-backend/hca/transport.h"
#include "iommu/registration.h"

enum {
	SELFTEST_MAX_STEPS = 40,
	SELFTEST_TEXT = 320,		/* bytes of a text, its end included */
};

enum selftest_result {
	SELFTEST_OK,
	SELFTEST_FAILED,
	SELFTEST_SKIPPED,		/* the text says why; not a failure by itself */
};

/**
 * struct selftest_step - one thing that was tried
 * @name: e.g. "RC write"; a constant
 * @result: how it ended
 * @err: 0, or -errno of the failure
 * @us: microseconds it took
 * @text: one line. Failed: exactly what (command, status and syndrome; completion
 *	syndrome; byte offset and values) and the remedy where there is one. Else what
 *	was found or done
 */
struct selftest_step {
	const char *name;
	enum selftest_result result;
	int err;
	uint64_t us;
	char text[SELFTEST_TEXT];
};

struct selftest_report {
	struct selftest_step steps[SELFTEST_MAX_STEPS];
	size_t n_steps;
	size_t n_failed;
	int err;			/* of the first failure, 0: all went well */
};

/**
 * struct selftest_config - how to test
 * @policy, @granule: of the registrations everything goes through
 * @brief: few sizes for each transport, for sweeps over faults
 * @command_ms: time limit of a command, 0: that of hca_open()
 * @port_ms: how long the port may take to become ACTIVE, 0: 30000
 * @completion_ms: how long one completion may take, 0: 5000
 * @told: told of each step as it ends; may be NULL
 * @ctx: its first argument
 */
struct selftest_config {
	enum iommu_policy policy;
	uint64_t granule;
	bool brief;
	unsigned int command_ms, port_ms, completion_ms;
	void (*told)(void *ctx, const struct selftest_step *step);
	void *ctx;
};

/**
 * selftest_run() - test the HCA that a name leads to
 * @device: as for hca_transport_open()
 * @config: NULL: all defaults
 * @report: filled in every case
 *
 * Touches nothing but objects of its own. Every wait is bounded. The function is
 * reset before and after, with bus mastering and interrupts off at the end. When a step fails,
 * steps that need it are left out; teardown is always tried and reported.
 *
 * Return: 0 when every step went well or was skipped, else the first failure.
 */
int selftest_run(const char *device, const struct selftest_config *config,
		 struct selftest_report *report);

/* The same over a transport that is open already. It is closed in every case. */
int selftest_run_on(struct hca_transport *transport, const struct selftest_config *config,
		    struct selftest_report *report);

#endif
