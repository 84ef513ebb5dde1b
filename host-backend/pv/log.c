// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how many lines a guest can cause. Must never know where they go.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "host-backend/pv/private.h"

void pv_log_init(struct pv_log *log)
{
	pthread_mutex_init(&log->lock, NULL);
}

void pv_log_fini(struct pv_log *log)
{
	pthread_mutex_destroy(&log->lock);
}

/* Whether another line may go; @dropped: how many of its level did not before it. */
static bool may_say(struct pv_log *log, enum pv_log_level level, unsigned int *dropped)
{
	struct timespec now;
	bool may;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&log->lock);
	if (now.tv_sec != log->levels[level].second) {
		log->levels[level].second = now.tv_sec;
		log->levels[level].lines = 0;
	}
	may = log->levels[level].lines < PV_LOG_LINES;
	*dropped = may ? log->levels[level].dropped : 0;
	if (may) {
		log->levels[level].lines++;
		log->levels[level].dropped = 0;
	} else {
		log->levels[level].dropped++;
	}
	pthread_mutex_unlock(&log->lock);
	return may;
}

void pv_log(struct pv *pv, enum pv_log_level level, const char *fmt, ...)
{
	unsigned int dropped;
	char text[256];
	va_list args;

	if (!pv->config.log || !may_say(&pv->log, level, &dropped))
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	pv->config.log(pv->config.ctx, level, text);
	if (!dropped)
		return;
	snprintf(text, sizeof(text), "%u lines before this one were too many", dropped);
	pv->config.log(pv->config.ctx, PV_LOG_WARNING, text);
}
