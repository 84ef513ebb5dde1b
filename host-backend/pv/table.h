/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the objects of the guest: by kind and number, who uses whom, how many
 * there may be. Must never know what the HCA is told.
 *
 * Life: pv_object_new() reserves, pv_object_use() says what it stands on,
 * pv_object_publish() lets others find it; pv_object_discard() in place of the
 * last. A command that changes or ends an object claims it, others wait; what it
 * stands on may change then, too.
 */
#ifndef PV_TABLE_H
#define PV_TABLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "guest-driver/abi/ring.h"	/* enum up_result */

struct pv;
struct pv_limits;
struct iommu_registration;

/* Objects are destroyed from the last kind to the first: none stands on a later one. */
enum pv_kind {
	PV_UAR, PV_PD, PV_XRCD, PV_PAGES, PV_MR, PV_EQ, PV_CQ, PV_SRQ, PV_QP, PV_KINDS,
};

enum { PV_MAX_USES = 6 };

/**
 * struct pv_object - one object; kinds have a struct of their own that begins with it
 * @number: the HCA's
 * @users: objects that stand on it
 * @claimed: a command has it to itself
 * @ending: and destroys it
 * @lost: the HCA did not confirm its end: nobody finds it any more
 * @published: has a number
 * @uses: what it stands on
 * @memory: what the HCA reaches for it; NULL: nothing
 * @revoked: @memory went away; under hca_ioas_lock(), as are the next two
 * @queued: on the list of revoked objects
 */
struct pv_object {
	LIST_ENTRY(pv_object) bucket;
	TAILQ_ENTRY(pv_object) entry;
	uint32_t number;
	uint8_t kind;			/* enum pv_kind */
	uint8_t n_uses;
	bool claimed, ending, lost, published;
	unsigned int users;
	struct pv_object *uses[PV_MAX_USES];
	struct iommu_registration *memory;
	bool revoked, queued;
	TAILQ_ENTRY(pv_object) revoked_entry;
};

TAILQ_HEAD(pv_objects, pv_object);
LIST_HEAD(pv_bucket, pv_object);

struct pv_table {
	pthread_mutex_t lock;
	pthread_cond_t changed;		/* a claim or an object ended */
	struct pv_bucket *buckets;
	size_t n_buckets;		/* a power of two */
	size_t n;
	struct {
		struct pv_objects objects;
		uint32_t count, limit;	/* count: those that are on the way as well */
	} kinds[PV_KINDS];
	uint32_t mcasts, max_mcasts;
};

int pv_table_init(struct pv_table *table, const struct pv_limits *limits);
/* No object is left. */
void pv_table_fini(struct pv_table *table);

/* UP_OK; UP_QUOTA; UP_NO_RESOURCES. @size bytes, zeroed but for the beginning. */
enum up_result pv_object_new(struct pv *pv, enum pv_kind kind, size_t size,
			     struct pv_object **out);
/* UP_OK; UP_BAD_OBJECT. @out, which may be NULL, stays while @o does. */
enum up_result pv_object_use(struct pv *pv, struct pv_object *o, enum pv_kind kind,
			     uint32_t number, struct pv_object **out);
/* And no longer stands on @o->uses[@i]; the last one takes its place. */
void pv_object_leave(struct pv *pv, struct pv_object *o, unsigned int i);
/*
 * Others find it from now on. Waits for a command that is about to end the
 * number's last owner. False: the number is another object's, which cannot be.
 */
bool pv_object_publish(struct pv *pv, struct pv_object *o, uint32_t number);
/* The end of an object that was not published; its memory went before. */
void pv_object_discard(struct pv *pv, struct pv_object *o);

/*
 * UP_OK; UP_BAD_OBJECT; with @end UP_BUSY when others stand on it. Waits for the
 * command that has it.
 */
enum up_result pv_object_claim(struct pv *pv, enum pv_kind kind, uint32_t number, bool end,
			       struct pv_object **out);
void pv_object_unclaim(struct pv *pv, struct pv_object *o);
/* The end of a claimed object; its memory went before. */
void pv_object_remove(struct pv *pv, struct pv_object *o);
/* In place of that: it may still be there. */
void pv_object_lose(struct pv *pv, struct pv_object *o);

/* Whether there is one. */
bool pv_object_exists(struct pv *pv, enum pv_kind kind, uint32_t number);
/* The newest of a kind, or NULL; for who is alone. */
struct pv_object *pv_object_any(struct pv *pv, enum pv_kind kind);

#endif
