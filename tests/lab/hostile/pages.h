/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns lists of pages as commands carry them: good ones of the field, and such
 * as must be refused. Must never know which command carries one.
 */
#ifndef HOSTILE_PAGES_H
#define HOSTILE_PAGES_H

#include <linux/types.h>

#include "abi/commands.h"

struct hostile;

/* @bytes of the field, from the first byte of a page on; @slot: whose list pages may be taken. */
void pages_good(struct hostile *h, struct up_pages *pages, u64 bytes, unsigned int slot);
/* A contiguous run. */
void pages_plain(struct up_pages *pages, u64 gpa, u64 bytes);
/* Break a good one in a way that the contract refuses. Return: which, in words. */
const char *pages_spoil(struct hostile *h, struct up_pages *pages, unsigned int slot);
/* After changes by chance: no run names memory that is somebody else's in this guest. */
void pages_confine(struct hostile *h, struct up_pages *pages, unsigned int slot);

#endif
