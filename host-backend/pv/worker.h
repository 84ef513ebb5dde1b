/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the threads that wait for the HCA in the guest's place, and who does
 * what when. Must never know what a command means.
 */
#ifndef PV_WORKER_H
#define PV_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct pv;

enum pv_work {
	PV_WORK_EVENTS = 1 << 0,	/* events wait for the guest */
	PV_WORK_REVOKED = 1 << 1,	/* memory of objects went away */
	PV_WORK_RING = 1 << 2,		/* the guest kicked */
	PV_WORK_RESET = 1 << 3,		/* the guest is to go; done by one, while the others do nothing */
};

/**
 * struct pv_workers - the threads, and what there is to do for them
 * @look_ns: for so long the last one looks at the ring before it sleeps
 * @left_ns: when it last went to sleep
 *
 * All others are under @lock.
 */
struct pv_workers {
	pthread_mutex_t lock;
	pthread_cond_t wake;		/* there is work */
	pthread_cond_t still;		/* a reset ended */
	pthread_t *threads;
	unsigned int n;
	unsigned int work;		/* enum pv_work, that nobody has taken yet */
	unsigned int busy;		/* workers that have some */
	bool resetting, quit;
	_Atomic uint64_t look_ns, left_ns;
};

void pv_workers_init(struct pv *pv);
void pv_workers_fini(struct pv *pv);
/* 0; -ENOMEM; errors of pthread_create(). */
int pv_workers_start(struct pv *pv);
/* They end; what was under way is finished. */
void pv_workers_stop(struct pv *pv);

/* From any thread. */
void pv_workers_wake(struct pv *pv, enum pv_work work);
/* The guest kicked: look at the ring. */
void pv_workers_kick(struct pv *pv);
/* Until no reset is wanted or under way. */
void pv_workers_wait_reset(struct pv *pv);

#endif
