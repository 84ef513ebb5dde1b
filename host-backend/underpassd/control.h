/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the control socket: a request per line, an answer for each, then the
 * end. Must never know what is asked.
 */
#ifndef UNDERPASSD_CONTROL_H
#define UNDERPASSD_CONTROL_H

#include "host-backend/underpassd/answers.h"

struct control;
struct event_base;

/**
 * control_open() - listen
 * @base: loop
 * @path: socket; a stale file is replaced. Its owner alone may connect
 * @answers: copied
 * @out: to be closed before the loop is freed
 *
 * Return: 0; errors of vfu_listener_open(); -ENOMEM.
 */
int control_open(struct event_base *base, const char *path, const struct answers *answers,
		 struct control **out);
/* NULL is ignored. */
void control_close(struct control *control);

#endif
