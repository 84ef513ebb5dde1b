// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns when a failure that a test asked for is due. It must never know which
 * command or work request fails.
 */
#include "tests/hca-model/cmd/inject.h"

#include <string.h>

#include "tests/hca-model/cmd/queue.h"

enum cmd_inject cmd_injected(struct cmd_queue *q, bool umr)
{
	enum cmd_inject kind = (enum cmd_inject)q->inject_kind;

	if (!kind || (kind >= INJECT_UMR_REFUSED) != umr || q->inject_after-- > 0)
		return INJECT_NONE;
	q->inject_kind = INJECT_NONE;
	return kind;
}

int cmd_inject_kind(const char *word)
{
	static const char *const kinds[] = {
		"none", "status", "timeout", "garbage", "gone", "umr-refused", "umr-silent",
	};
	int kind = sizeof(kinds) / sizeof(kinds[0]);

	while (kind-- && strcmp(word, kinds[kind]))
		;
	return kind;
}
