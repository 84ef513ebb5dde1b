/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how values and documents become JSON in all commands. Must never know
 * what they are.
 */
#ifndef UNDERPASSCTL_JSON_H
#define UNDERPASSCTL_JSON_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Null for "", which stands for unknown or none. Bytes that are not ASCII
 * (anybody names sockets and processes) become '?' where they are no UTF-8.
 */
json_t *ctl_json_text(const char *text);
/* Null for UINT64_MAX, which stands for no limit. */
json_t *ctl_json_count(uint64_t count);
/*
 * Appends @item, consumed. Should memory run out, *@list is dropped and becomes
 * NULL, as does all that is packed of it.
 */
void ctl_json_add(json_t **list, json_t *item);

/**
 * ctl_json_print() - write a document, its end of line included
 * @root: consumed; NULL when memory ran out
 * @out: where
 *
 * Return: 0, -ENOMEM (nothing was written), -EIO.
 */
int ctl_json_print(json_t *root, FILE *out);

#endif
