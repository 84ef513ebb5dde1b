/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what a service manager is told (sd_notify(3)), and what it keeps for who
 * is started after us (sd_pid_notify_with_fds(3)). Must never know what the
 * service does.
 */
#ifndef UNDERPASSD_NOTIFY_H
#define UNDERPASSD_NOTIFY_H

#include <stdbool.h>

/* E.g. "READY=1"; nothing where no manager listens. */
void daemon_notify(const char *state);

/**
 * daemon_keep() - files that outlive this process, if it does not end well
 * @fds: files; they stay the caller's
 * @n: how many, a few
 *
 * A manager that does not listen keeps nothing.
 */
void daemon_keep(const int *fds, unsigned int n);

/**
 * daemon_kept() - what an earlier process of this service left so
 * @fds: @n of them in the order of daemon_keep(); the caller's, and no longer the manager's
 * @n: how many there must be
 *
 * What is not complete is closed.
 *
 * Return: whether there are any.
 */
bool daemon_kept(int *fds, unsigned int n);

#endif
