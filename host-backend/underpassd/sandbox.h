/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the process may do once everything is open: who it is, and which
 * system calls there are. Must never know what it does with them.
 */
#ifndef UNDERPASSD_SANDBOX_H
#define UNDERPASSD_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * sandbox_become() - be nobody special any more
 * @uid, @gid: from now on, without other groups or capabilities
 *
 * Return: 0, -errno.
 */
int sandbox_become(uid_t uid, gid_t gid);

/*
 * All threads, now and later: system calls that the daemon has no need of fail
 * with EPERM, those that start programs end it. 0, -errno; -EOPNOTSUPP on
 * processors that it is not written for.
 */
int sandbox_filter(void);

#endif
