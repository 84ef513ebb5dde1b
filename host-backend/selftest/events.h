/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the completion event queue in registered memory and the interrupt that
 * wakes who waits for it. Must never know what completed.
 */
#ifndef HOST_BACKEND_SELFTEST_EVENTS_H
#define HOST_BACKEND_SELFTEST_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "host-backend/selftest/memory.h"

struct st_run;

/**
 * struct st_events - event queue and interrupt
 * @ring: its memory
 * @fd: eventfd that @vector raises
 * @ci: events taken, free running
 */
struct st_events {
	struct st_window ring;
	int fd;
	unsigned int vector;
	uint32_t eqn, uar, ci;
	bool routed, made, quarantined;
};

/* On the run's UAR page. */
int st_events_open(struct st_run *run, struct st_events *events);
/* A zeroed one with fd -1 is ignored. */
int st_events_close(struct st_run *run, struct st_events *events);

/**
 * st_events_wait() - sleep until the interrupt, then take the events it stands for
 * @run: its CQs that events name become "not armed"
 * @end: st_now_ms() at which to give up
 *
 * Return: 0 when at least one event was taken; -ETIMEDOUT; -EIO for an event of
 * another type or of a CQ that is not ours, or the error of poll(), said as the step's text.
 */
int st_events_wait(struct st_run *run, uint64_t end);

/* Milliseconds that only grow. */
uint64_t st_now_ms(void);

#endif
