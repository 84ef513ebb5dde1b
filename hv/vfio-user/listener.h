/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the making of a listening UNIX socket with the right owner and mode.
 * Must never know what is spoken on it.
 */
#ifndef HV_VFIO_USER_LISTENER_H
#define HV_VFIO_USER_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * vfu_listener_open() - listen at a path
 * @path: socket file; one that nobody answers at is replaced
 * @mode: access mode of the file
 * @set_group: whether to give it to @group
 * @group: see @set_group
 * @out: non-blocking listening socket, owned by the caller
 *
 * The file is never more accessible than @mode, not even for a moment.
 *
 * Return: 0; -EADDRINUSE when something answers at @path or it is not a
 * socket; -ENAMETOOLONG; -errno.
 */
int vfu_listener_open(const char *path, mode_t mode, bool set_group,
		      gid_t group, int *out);

#endif
