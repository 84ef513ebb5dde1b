/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns failures that a test asks for: of commands, and of work requests that
 * change a key. It must never know which one fails.
 */
#ifndef HCA_MODEL_CMD_INJECT_H
#define HCA_MODEL_CMD_INJECT_H

#include <stdbool.h>

enum cmd_inject {
	INJECT_NONE = 0,
	INJECT_STATUS,		/* refuse with cmdq.inject_status */
	INJECT_TIMEOUT,		/* never complete */
	INJECT_GARBAGE,		/* execute, then answer nonsense with status OK */
	INJECT_GONE,		/* the device vanishes: registers read all ones */
	INJECT_UMR_REFUSED,	/* no command: a UMR work request is refused */
	INJECT_UMR_SILENT,	/* it is carried out, but its completion never comes */
};

struct cmd_queue;

/* What is to become of the next command, or of the next UMR work request. */
enum cmd_inject cmd_injected(struct cmd_queue *q, bool umr);

/* By the word that a test says, e.g. "timeout"; -1: there is none. */
int cmd_inject_kind(const char *word);

#endif
