/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the control socket: status and faults for those who test. It must
 * never be needed by an HCA.
 */
#ifndef HCA_MODEL_CONTROL_H
#define HCA_MODEL_CONTROL_H

struct control;
struct model;

enum { CONTROL_LINE = 1024, CONTROL_CLIENTS = 16 };

/**
 * control_create - take commands on a unix stream socket
 * @model: what they are about
 * @path:  of the socket; a stale socket is replaced, a live one is not
 * @out:   destroy with control_destroy(), before the model
 *
 * One request per line of at most CONTROL_LINE bytes, one line of JSON as
 * answer: {"ok":true,...} or {"ok":false,"error":"..."}. `help` tells the
 * words. A client that sends a longer line, or does not read its answers, is
 * dropped. Served by the model's event loop; nothing here blocks it.
 *
 * Return: 0, -ENAMETOOLONG, -EADDRINUSE, -ENOMEM or why it cannot listen.
 */
int control_create(struct model *model, const char *path, struct control **out);
void control_destroy(struct control *control);

/**
 * control_execute - run one line
 * @model: the model
 * @line:  without its end; cut into words in place
 *
 * Return: the answer without an end of line, to be freed; NULL without memory.
 */
char *control_execute(struct model *model, char *line);

#endif
