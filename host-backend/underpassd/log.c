// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns lines on standard error. Must never know what they are about.
 */
#include "host-backend/underpassd/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static enum pv_log_level most = PV_LOG_NOTE;

void daemon_log_level(enum pv_log_level level)
{
	most = level;
}

/* For journald the priority of syslog stands before the line (sd-daemon(3)); people know it without. */
void daemon_log(enum pv_log_level level, const char *fmt, ...)
{
	static const char *const priority[] = {
		[PV_LOG_ERROR] = "<3>", [PV_LOG_WARNING] = "<4>", [PV_LOG_NOTE] = "<6>",
	};
	char text[512];
	va_list args;

	if (level > most)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fprintf(stderr, "%s%s\n", isatty(STDERR_FILENO) ? "underpassd: " : priority[level], text);
}
