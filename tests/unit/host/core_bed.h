/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what tests of bring-up, pages and health share: an HCA opened on the
 * model or on paper, and the events it told. It must never know what a test is
 * after.
 */
#ifndef TESTS_UNIT_HOST_CORE_BED_H
#define TESTS_UNIT_HOST_CORE_BED_H

#include <pthread.h>

#include "host-backend/hca/hca.h"
#include "tests/unit/host/model_bed.h"
#include "tests/unit/host/paper_hca.h"

enum { CORE_MAX_EVENTS = 64 };

/* Events as they were told. */
struct core_events {
	pthread_mutex_t lock;
	struct hca_event event[CORE_MAX_EVENTS];
	unsigned int n;
};

void core_events_init(struct core_events *e);
/* For struct hca_config: @ctx is a struct core_events. */
void core_events_take(void *ctx, const struct hca_event *event);
/* How many of a type there were. */
unsigned int core_events_count(struct core_events *e, enum hca_event_type type);
/* Waits, 10 s at most, until there were @n of a type; returns the @n-th. */
struct hca_event core_events_wait(struct core_events *e, enum hca_event_type type, unsigned int n);

/* Return: as hca_open(); on error the transport is closed. */
int core_try_open(struct model_bed *bed, unsigned int i, const struct hca_config *config,
		  struct hca **hca, struct hca_open_error *error);
/* Assert that it works. */
struct hca *core_open(struct model_bed *bed, unsigned int i, const struct hca_config *config);
struct hca *core_open_paper(struct paper_hca *p, const struct hca_config *config);
/* Asserts a clean teardown. */
void core_close(struct hca *hca);

/* Waits, 10 s at most, until @cond. */
#define core_until(cond) do {						\
	unsigned int core_i_ = 0;					\
	bool core_ok_;							\
									\
	while (!(core_ok_ = (cond)) && core_i_++ < 5000)		\
		core_nap();						\
	assert_true(core_ok_);						\
} while (0)
/* 2 ms */
void core_nap(void);

#endif
