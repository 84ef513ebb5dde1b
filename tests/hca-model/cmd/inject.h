/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns failures of commands that a test asks for. It must never know which
 * command fails.
 */
#ifndef HCA_MODEL_CMD_INJECT_H
#define HCA_MODEL_CMD_INJECT_H

enum cmd_inject {
	INJECT_NONE = 0,
	INJECT_STATUS,		/* refuse with cmdq.inject_status */
	INJECT_TIMEOUT,		/* never complete */
	INJECT_GARBAGE,		/* execute, then answer nonsense with status OK */
	INJECT_GONE,		/* the device vanishes: registers read all ones */
};

#endif
