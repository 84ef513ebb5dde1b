/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns numbers: each object of a kind gets one, from a bounded space. It must
 * never know what an object is.
 */
#ifndef HCA_MODEL_OBJ_TABLE_H
#define HCA_MODEL_OBJ_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct objtab {
	void **slot;
	uint32_t first;		/* lowest number */
	uint32_t limit;		/* one past the highest number */
	uint32_t room;		/* slots allocated now */
	uint32_t next;		/* where the search for a free number starts */
	uint32_t live;		/* objects in the table */
};

void objtab_init(struct objtab *t, uint32_t first, uint32_t limit);
void objtab_fini(struct objtab *t);
/* Numbers go round, so that a stale number is not reused at once. 0, -ENOSPC, -ENOMEM. */
int objtab_add(struct objtab *t, void *obj, uint32_t *number);
void *objtab_del(struct objtab *t, uint32_t number);

static inline void *objtab_get(const struct objtab *t, uint32_t number)
{
	if (number < t->first || number - t->first >= t->room)
		return NULL;
	return t->slot[number - t->first];
}

/* Visit every object; @fn may delete the one it is given. */
void objtab_each(struct objtab *t, void (*fn)(void *obj, void *arg), void *arg);

#endif
