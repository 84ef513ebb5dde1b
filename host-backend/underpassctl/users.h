/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns finding the processes that have a file open. Must never know which file
 * it is.
 */
#ifndef UNDERPASSCTL_USERS_H
#define UNDERPASSCTL_USERS_H

#include <stddef.h>

/**
 * ctl_users() - processes that have a file open
 * @proc: where procfs is mounted
 * @path: the file, as /proc/PID/fd shows it
 * @buf: "opensm (pid 812), ibstat (pid 9)" is added to the text in it
 * @len: room, bytes
 *
 * Without privileges only the caller's own processes are seen. This process is
 * left out.
 *
 * Return: how many.
 */
unsigned int ctl_users(const char *proc, const char *path, char *buf, size_t len);

#endif
