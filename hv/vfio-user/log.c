// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the rate limit of the server's log lines.
 * Must never know where they go, nor hold text that a client chose.
 */
#include <stdarg.h>
#include <stdio.h>

#include "hv/vfio-user/private.h"

#define LINES_PER_SECOND	10u
#define LINE_LEN		256

void vfu_log(struct vfu_server *s, enum vfu_log_level level,
	     const char *format, ...)
{
	struct vfu_log_limit *limit = &s->log_limit;
	struct timespec now;
	char line[LINE_LEN];
	va_list args;

	if (!s->config.log)
		return;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (now.tv_sec != limit->second) {
		if (limit->dropped) {
			snprintf(line, sizeof(line), "%u lines left out",
				 limit->dropped);
			s->config.log(s->config.ctx, VFU_LOG_WARNING, line);
		}
		limit->second = now.tv_sec;
		limit->lines = 0;
		limit->dropped = 0;
	}
	if (limit->lines >= LINES_PER_SECOND) {
		limit->dropped++;
		return;
	}
	limit->lines++;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	s->config.log(s->config.ctx, level, line);
}
