/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what all transports of a run share: UAR page, PD, event queue, CQs, doorbell
 * records, two pieces of registered data. Must never know what is sent.
 */
#ifndef HOST_BACKEND_SELFTEST_OBJECTS_H
#define HOST_BACKEND_SELFTEST_OBJECTS_H

#include "host-backend/hca/defaults.h"
#include "host-backend/hca/pas.h"
#include "host-backend/selftest/completion.h"
#include "host-backend/selftest/data.h"
#include "host-backend/selftest/events.h"
#include "host-backend/selftest/record.h"

/* @near is where requests come from, @far what they are aimed at. */
struct st_objects {
	uint32_t uar, pd;
	bool has_uar, has_pd;
	struct hca_defaults defaults;
	struct st_records records;
	struct st_events events;
	struct st_cq send_cq, recv_cq;
	struct st_data near, far;
};

/* -errno, with the text said. What was made stays until st_objects_close(). */
int st_objects_open(struct st_run *run);
/* All of it, however far it got. The first error. */
int st_objects_close(struct st_run *run);

/* st_window_open() that says why it failed. */
int st_window(struct st_run *run, uint64_t size, bool scattered, struct st_window *window);
/* st_window_close(); or st_window_abandon() when the HCA may still use it. Says why it failed. */
int st_window_end(struct st_run *run, struct st_window *window, bool quarantine);
/* All of a window as the memory of a queue. */
struct hca_ring st_window_ring(const struct st_window *window);

#endif
