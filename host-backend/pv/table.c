// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the objects of the guest. Must never know what the HCA is told.
 */
#include <errno.h>
#include <stdlib.h>

#include "host-backend/pv/private.h"

enum { FIRST_BUCKETS = 256, GOLDEN = 0x9e3779b1 };

static struct pv_bucket *bucket_of(const struct pv_table *t, enum pv_kind kind, uint32_t number)
{
	uint32_t hash = (number * (uint32_t)PV_KINDS + (uint32_t)kind) * (uint32_t)GOLDEN;

	return &t->buckets[(hash ^ hash >> 16) & (t->n_buckets - 1)];
}

int pv_table_init(struct pv_table *t, const struct pv_limits *limits)
{
	const uint32_t max[PV_KINDS] = {
		[PV_UAR] = limits->uars, [PV_PD] = limits->pds, [PV_XRCD] = limits->xrcds,
		[PV_PAGES] = limits->pages, [PV_MR] = limits->mrs, [PV_EQ] = limits->eqs,
		[PV_CQ] = limits->cqs, [PV_SRQ] = limits->srqs, [PV_QP] = limits->qps,
	};
	unsigned int i;

	t->buckets = calloc(FIRST_BUCKETS, sizeof(*t->buckets));
	if (!t->buckets)
		return -ENOMEM;
	t->n_buckets = FIRST_BUCKETS;
	t->max_mcasts = limits->mcasts;
	for (i = 0; i < PV_KINDS; i++) {
		TAILQ_INIT(&t->kinds[i].objects);
		t->kinds[i].limit = max[i];
	}
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, NULL);
	return 0;
}

void pv_table_fini(struct pv_table *t)
{
	if (!t->buckets)
		return;
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t->buckets);
}

/* Lost ones as well. */
static struct pv_object *find_any(const struct pv_table *t, enum pv_kind kind, uint32_t number)
{
	struct pv_object *o;

	LIST_FOREACH(o, bucket_of(t, kind, number), bucket)
		if (o->number == number && o->kind == kind)
			return o;
	return NULL;
}

static struct pv_object *find(const struct pv_table *t, enum pv_kind kind, uint32_t number)
{
	struct pv_object *o = find_any(t, kind, number);

	return o && !o->lost ? o : NULL;
}

/* Twice the buckets; without memory for them they just get longer. */
static void grow(struct pv_table *t)
{
	struct pv_bucket *old = t->buckets;
	size_t n = t->n_buckets, i;
	struct pv_object *o;

	t->buckets = calloc(2 * n, sizeof(*t->buckets));
	if (!t->buckets) {
		t->buckets = old;
		return;
	}
	t->n_buckets = 2 * n;
	for (i = 0; i < n; i++)
		while ((o = LIST_FIRST(&old[i]))) {
			LIST_REMOVE(o, bucket);
			LIST_INSERT_HEAD(bucket_of(t, o->kind, o->number), o, bucket);
		}
	free(old);
}

enum up_result pv_object_new(struct pv *pv, enum pv_kind kind, size_t size,
			     struct pv_object **out)
{
	struct pv_table *t = &pv->table;
	struct pv_object *o;
	bool room;

	pthread_mutex_lock(&t->lock);
	room = t->kinds[kind].count < t->kinds[kind].limit;
	t->kinds[kind].count += room;
	pthread_mutex_unlock(&t->lock);
	if (!room)
		return UP_QUOTA;
	o = calloc(1, size);
	if (!o) {
		pthread_mutex_lock(&t->lock);
		t->kinds[kind].count--;
		pthread_mutex_unlock(&t->lock);
		return UP_NO_RESOURCES;
	}
	o->kind = (uint8_t)kind;
	*out = o;
	return UP_OK;
}

enum up_result pv_object_use(struct pv *pv, struct pv_object *o, enum pv_kind kind,
			     uint32_t number, struct pv_object **out)
{
	struct pv_table *t = &pv->table;
	struct pv_object *used;

	pthread_mutex_lock(&t->lock);
	used = find(t, kind, number);
	if (used && used->ending)
		used = NULL;
	if (used) {
		used->users++;
		o->uses[o->n_uses++] = used;
	}
	pthread_mutex_unlock(&t->lock);
	if (!used)
		return UP_BAD_OBJECT;
	if (out)
		*out = used;
	return UP_OK;
}

void pv_object_leave(struct pv *pv, struct pv_object *o, unsigned int i)
{
	pthread_mutex_lock(&pv->table.lock);
	o->uses[i]->users--;
	o->uses[i] = o->uses[--o->n_uses];
	pthread_cond_broadcast(&pv->table.changed);
	pthread_mutex_unlock(&pv->table.lock);
}

/* Lock held. It is nowhere any more. */
static void drop(struct pv_table *t, struct pv_object *o)
{
	unsigned int i;

	for (i = 0; i < o->n_uses; i++)
		o->uses[i]->users--;
	t->kinds[o->kind].count--;
	if (o->published) {
		LIST_REMOVE(o, bucket);
		TAILQ_REMOVE(&t->kinds[o->kind].objects, o, entry);
		t->n--;
	}
	pthread_cond_broadcast(&t->changed);
}

/*
 * Both locks held, and again on return. The HCA may give a number anew before
 * whoever ended its last owner has come back from there: that one is waited for.
 */
static struct pv_object *last_owner(struct pv *pv, enum pv_kind kind, uint32_t number)
{
	struct pv_table *t = &pv->table;
	struct pv_object *old;

	while ((old = find_any(t, kind, number)) && old->ending && !old->lost) {
		hca_ioas_unlock(pv->adapter.hca);	/* it takes this one to unmap */
		pthread_cond_wait(&t->changed, &t->lock);
		pthread_mutex_unlock(&t->lock);
		hca_ioas_lock(pv->adapter.hca);
		pthread_mutex_lock(&t->lock);
	}
	return old;
}

bool pv_object_publish(struct pv *pv, struct pv_object *o, uint32_t number)
{
	struct pv_table *t = &pv->table;
	struct pv_object *old;

	hca_ioas_lock(pv->adapter.hca);
	pthread_mutex_lock(&t->lock);
	old = last_owner(pv, o->kind, number);
	if (old && old->lost)	/* the HCA gave the number again: that one is gone after all */
		drop(t, old);
	if (!old || old->lost) {
		if (t->n >= 2 * t->n_buckets)
			grow(t);
		o->number = number;
		o->published = true;
		LIST_INSERT_HEAD(bucket_of(t, o->kind, number), o, bucket);
		TAILQ_INSERT_HEAD(&t->kinds[o->kind].objects, o, entry);
		t->n++;
		pv_memory_published(pv, o);
	}
	pthread_mutex_unlock(&t->lock);
	hca_ioas_unlock(pv->adapter.hca);
	if (!old)
		return true;
	if (!old->lost)
		return false;
	free(old);
	return true;
}

void pv_object_discard(struct pv *pv, struct pv_object *o)
{
	pthread_mutex_lock(&pv->table.lock);
	drop(&pv->table, o);
	pthread_mutex_unlock(&pv->table.lock);
	free(o);
}

enum up_result pv_object_claim(struct pv *pv, enum pv_kind kind, uint32_t number, bool end,
			       struct pv_object **out)
{
	struct pv_table *t = &pv->table;
	enum up_result result = UP_OK;
	struct pv_object *o;

	pthread_mutex_lock(&t->lock);
	while ((o = find(t, kind, number)) && o->claimed)
		pthread_cond_wait(&t->changed, &t->lock);
	if (!o) {
		result = UP_BAD_OBJECT;
	} else if (end && o->users) {
		result = UP_BUSY;
	} else {
		o->claimed = true;
		o->ending = end;
		*out = o;
	}
	pthread_mutex_unlock(&t->lock);
	return result;
}

void pv_object_unclaim(struct pv *pv, struct pv_object *o)
{
	pthread_mutex_lock(&pv->table.lock);
	o->claimed = false;
	o->ending = false;
	pthread_cond_broadcast(&pv->table.changed);
	pthread_mutex_unlock(&pv->table.lock);
}

void pv_object_remove(struct pv *pv, struct pv_object *o)
{
	pv_object_discard(pv, o);
}

void pv_object_lose(struct pv *pv, struct pv_object *o)
{
	pthread_mutex_lock(&pv->table.lock);
	o->lost = true;
	o->claimed = false;
	pthread_cond_broadcast(&pv->table.changed);
	pthread_mutex_unlock(&pv->table.lock);
}

bool pv_object_exists(struct pv *pv, enum pv_kind kind, uint32_t number)
{
	bool exists;

	pthread_mutex_lock(&pv->table.lock);
	exists = find(&pv->table, kind, number);
	pthread_mutex_unlock(&pv->table.lock);
	return exists;
}

struct pv_object *pv_object_any(struct pv *pv, enum pv_kind kind)
{
	struct pv_object *o;

	pthread_mutex_lock(&pv->table.lock);
	o = TAILQ_FIRST(&pv->table.kinds[kind].objects);
	pthread_mutex_unlock(&pv->table.lock);
	return o;
}
