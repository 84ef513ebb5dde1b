/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns lines on standard error, as journald and people read them. Must never
 * know what they are about.
 */
#ifndef UNDERPASSD_LOG_H
#define UNDERPASSD_LOG_H

#include "host-backend/pv/pv.h"

/* What is less important than @level is not said from now on. */
void daemon_log_level(enum pv_log_level level);
/* One line, from any thread. */
void daemon_log(enum pv_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
