/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the talk with running daemons: where their control sockets are, a
 * question, its answer. Must never know what is asked.
 */
#ifndef UNDERPASSCTL_ASK_H
#define UNDERPASSCTL_ASK_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "host-backend/underpassctl/ctl.h"

enum { ASK_MAX_DAEMONS = 256 };

/* Control sockets; paths are owned. */
struct ask_daemons {
	char *path[ASK_MAX_DAEMONS];
	size_t n;
};

/**
 * ask_find() - the daemons that are meant
 * @world: where
 * @name: of the guest, as in its unit, or the path of a control socket; NULL: all in world->run
 * @daemons: filled, ascending; to be released in every case
 *
 * Return: 0; -ENOENT none; -ENOMEM.
 */
int ask_find(const struct ctl_world *world, const char *name, struct ask_daemons *daemons);
void ask_release(struct ask_daemons *daemons);

/**
 * ask_daemon() - one question
 * @path: control socket
 * @question: without its end of line
 * @answer: text, to be freed
 *
 * Return: 0; -ETIMEDOUT after 10 s; -EPROTO no answer; -errno of the socket.
 */
int ask_daemon(const char *path, const char *question, char **answer);

/* ask_text.c: answers for people. @answer is one of the word's. */
void ask_print_status(const json_t *answer, FILE *out);
void ask_print_objects(const json_t *answer, FILE *out);
void ask_print_stats(const json_t *answer, FILE *out);

#endif
