/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the daemon says of itself: one answer for each word. Must never
 * know who asks.
 */
#ifndef UNDERPASSD_ANSWERS_H
#define UNDERPASSD_ANSWERS_H

#include <time.h>

#include "host-backend/pv/pv.h"
#include "host-backend/underpassd/settings.h"

/* Of whom is asked. */
struct answers {
	struct pv *pv;
	const struct settings *settings;
	struct timespec started;	/* CLOCK_MONOTONIC */
};

/**
 * answers_give() - the answer to a request
 * @answers: daemon
 * @request: "status", "objects [KIND]", "stats" give one JSON object; "metrics"
 *	text for Prometheus
 *
 * Return: lines, to be freed; of an unknown request {"error": ...}. NULL: no memory.
 */
char *answers_give(const struct answers *answers, const char *request);

/* metrics.c */
char *answers_metrics(const struct answers *answers);
double answers_uptime(const struct answers *answers);
const char *answers_policy(const struct answers *answers);

#endif
