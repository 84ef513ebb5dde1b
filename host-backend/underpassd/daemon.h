/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the daemon's life: HCA, device, socket, loop, and back. Must never know
 * how it was configured.
 */
#ifndef UNDERPASSD_DAEMON_H
#define UNDERPASSD_DAEMON_H

#include "host-backend/underpassd/settings.h"

/* Until SIGTERM or SIGINT. The exit status: 0; 1: something failed, and was said. */
int daemon_run(const struct settings *settings);

#endif
