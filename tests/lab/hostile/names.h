/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns where commands name objects. Must never know which one is named.
 */
#ifndef HOSTILE_NAMES_H
#define HOSTILE_NAMES_H

#include "world.h"

struct chance;

/* At @at of a command @opcode stands the number of an object of that kind. */
struct name {
	u8 opcode;
	u8 kind;			/* enum kind */
	u16 at;
};

/* By chance. */
const struct name *name_any(struct chance *c);
/* One of a command that makes an object which then stands on the named one. NULL: there is none. */
const struct name *name_below(struct chance *c, enum kind kind);

#endif
