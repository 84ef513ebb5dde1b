/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what a service manager is told (sd_notify(3)). Must never know what the
 * service does.
 */
#ifndef UNDERPASSD_NOTIFY_H
#define UNDERPASSD_NOTIFY_H

/* E.g. "READY=1"; nothing where no manager listens. */
void daemon_notify(const char *state);

#endif
