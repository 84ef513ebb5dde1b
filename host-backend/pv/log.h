/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how many lines a guest can cause. Must never know where they go.
 */
#ifndef PV_LOG_H
#define PV_LOG_H

#include <pthread.h>
#include <time.h>

#include "host-backend/pv/pv.h"

enum {
	PV_LOG_LINES = 10,		/* per second, of each level */
	PV_LOG_LEVELS = PV_LOG_NOTE + 1,
};

/* Each level by itself, so that those a guest causes at will do not drown the others. */
struct pv_log {
	pthread_mutex_t lock;
	struct {
		time_t second;
		unsigned int lines, dropped;
	} levels[PV_LOG_LEVELS];
};

void pv_log_init(struct pv_log *log);
void pv_log_fini(struct pv_log *log);

/* From any thread. Never with a guest's string in it. */
void pv_log(struct pv *pv, enum pv_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
