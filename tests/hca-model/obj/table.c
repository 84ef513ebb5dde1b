// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns number allocation. It must never know what an object is.
 */
#include "tests/hca-model/obj/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void objtab_init(struct objtab *t, uint32_t first, uint32_t limit)
{
	memset(t, 0, sizeof(*t));
	t->first = first;
	t->limit = limit;
}

void objtab_fini(struct objtab *t)
{
	free(t->slot);
	t->slot = NULL;
	t->room = 0;
	t->live = 0;
	t->next = 0;
}

static int objtab_grow(struct objtab *t)
{
	uint32_t max = t->limit - t->first;
	uint32_t room = t->room ? t->room * 2 : 64;
	void **slot;

	if (room > max)
		room = max;
	if (room == t->room)
		return -ENOSPC;
	slot = realloc(t->slot, room * sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	memset(slot + t->room, 0, (room - t->room) * sizeof(*slot));
	t->slot = slot;
	t->room = room;
	return 0;
}

int objtab_add(struct objtab *t, void *obj, uint32_t *number)
{
	uint32_t i, at;
	int ret;

	/* Grow while the table is more than half full, so that the search is short. */
	if (t->live >= t->room / 2) {
		ret = objtab_grow(t);
		if (ret && (ret != -ENOSPC || t->live == t->room))
			return ret;
	}
	for (i = 0; i < t->room; i++) {
		at = t->next + i < t->room ? t->next + i : t->next + i - t->room;
		if (t->slot[at])
			continue;
		t->slot[at] = obj;
		t->next = at + 1 < t->room ? at + 1 : 0;
		t->live++;
		*number = t->first + at;
		return 0;
	}
	return -ENOSPC;
}

void *objtab_del(struct objtab *t, uint32_t number)
{
	void *obj = objtab_get(t, number);

	if (obj) {
		t->slot[number - t->first] = NULL;
		t->live--;
	}
	return obj;
}

void objtab_each(struct objtab *t, void (*fn)(void *obj, void *arg), void *arg)
{
	uint32_t i;

	for (i = 0; i < t->room; i++)
		if (t->slot[i])
			fn(t->slot[i], arg);
}
