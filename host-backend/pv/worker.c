// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the threads that wait for the HCA in the guest's place. Must never know
 * what a command means.
 */
#include "host-backend/pv/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "host-backend/hca/clock.h"
#include "host-backend/pv/private.h"
#include "host-backend/pv/reset.h"

enum {
	LATER_US = 1000,		/* between looks at a ring that has to wait */
	LOOK_MIN_US = 20,		/* looking costs less than being kicked */
	KICKS_TO_TRY = 8,		/* after so many we look as long as we may */
};

static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

/*
 * A kick, which the guest's processor waits out. If looking a little longer would
 * have spared it, we shall; if not by far, we need not look as long. As KVM does when
 * a processor halts (Linux, Documentation/virt/kvm/halt-polling.rst), but that one
 * pause does not make us forget all: to learn it again would cost a kick each step.
 * A kick that takes longer than we may look hides how soon its command followed;
 * that is seen only by looking.
 */
static void learn(struct pv *pv)
{
	struct pv_workers *w = &pv->workers;
	uint64_t max = pv->config.spin_us * 1000ull, look = atomic_load(&w->look_ns);
	uint64_t slept = pv_stats_now() - atomic_load(&w->left_ns);

	look = slept < max ? 2 * look : look / 2;
	if (look < LOOK_MIN_US * 1000ull)
		look = LOOK_MIN_US * 1000ull;
	if (!(atomic_load(&pv->stats.kicks) % KICKS_TO_TRY))
		look = max;
	atomic_store(&w->look_ns, look < max ? look : max);
}

/* The next command, for which we look a little longer unless somebody else does. */
static enum pv_ring_look look_for(struct pv *pv, struct pv_command *cmd, bool alone)
{
	uint64_t end = pv_stats_now() + atomic_load(&pv->workers.look_ns);
	enum pv_ring_look look;

	for (;;) {
		look = pv_ring_take(pv, cmd);
		if (look == PV_RING_LATER)
			hca_sleep_us(LATER_US);
		else if (look != PV_RING_EMPTY || !alone || pv_stats_now() >= end)
			return look;
		else
			relax();
	}
}

/* Commands, until there are none or the ring is closed. */
static void serve_ring(struct pv *pv)
{
	bool alone = pv_ring_look_begin(pv) == 1, more;
	enum pv_ring_look look;
	struct pv_command cmd;

	do {
		look = look_for(pv, &cmd, alone);
		more = pv_ring_look_end(pv);
		if (look == PV_RING_TAKEN) {
			if (more)
				pv_workers_wake(pv, PV_WORK_RING);
			pv_command_run(pv, &cmd);
			/* First, so that a guest that hears of it need not kick for its next one. */
			alone = pv_ring_look_begin(pv) == 1;
			pv_ring_complete(pv, &cmd);
		} else if (more && look != PV_RING_CLOSED) {
			alone = pv_ring_look_begin(pv) == 1;
		}
	} while (look == PV_RING_TAKEN || (more && look != PV_RING_CLOSED));
	atomic_store(&pv->workers.left_ns, pv_stats_now());
}

/* Lock held. One sort of work for the calling thread, 0: none now. */
static unsigned int take_work(struct pv_workers *w)
{
	unsigned int work;

	if (w->resetting)
		return 0;
	if (w->work & PV_WORK_RESET) {
		if (w->busy)
			return 0;
		w->resetting = true;
		w->work = 0;
		return PV_WORK_RESET;
	}
	work = w->work & -w->work;
	w->work &= ~work;
	return work;
}

static void do_work(struct pv *pv, unsigned int work)
{
	switch (work) {
	case PV_WORK_EVENTS:
		pv_events_publish(pv);
		break;
	case PV_WORK_REVOKED:
		pv_reset_revoked(pv);
		break;
	case PV_WORK_RING:
		serve_ring(pv);
		break;
	case PV_WORK_RESET:
		pv_reset_run(pv);
		break;
	}
}

/* Lock held. */
static void reset_ended(struct pv *pv)
{
	struct pv_workers *w = &pv->workers;

	w->resetting = false;
	if (!(w->work & PV_WORK_RESET))
		pv_registers_reset_done(pv);
	pthread_cond_broadcast(&w->still);
}

static void *run(void *arg)
{
	struct pv *pv = arg;
	struct pv_workers *w = &pv->workers;
	unsigned int work;

	pthread_mutex_lock(&w->lock);
	while (!w->quit) {
		work = take_work(w);
		if (!work) {
			pthread_cond_wait(&w->wake, &w->lock);
			continue;
		}
		w->busy++;
		pthread_mutex_unlock(&w->lock);
		do_work(pv, work);
		pthread_mutex_lock(&w->lock);
		w->busy--;
		if (work == PV_WORK_RESET)
			reset_ended(pv);
		/* Others may have gone to sleep because of what is over now. */
		if (w->work)
			pthread_cond_broadcast(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

void pv_workers_init(struct pv *pv)
{
	struct pv_workers *w = &pv->workers;

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	pthread_cond_init(&w->still, NULL);
	atomic_init(&w->look_ns, LOOK_MIN_US * 1000ull);
	atomic_init(&w->left_ns, 0);
}

void pv_workers_fini(struct pv *pv)
{
	struct pv_workers *w = &pv->workers;

	pthread_cond_destroy(&w->still);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
}

int pv_workers_start(struct pv *pv)
{
	struct pv_workers *w = &pv->workers;
	sigset_t all, old;
	int err = 0;

	w->threads = calloc(pv->config.n_workers, sizeof(*w->threads));
	if (!w->threads)
		return -ENOMEM;
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (; !err && w->n < pv->config.n_workers; w->n += !err)
		err = -pthread_create(&w->threads[w->n], NULL, run, pv);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

void pv_workers_stop(struct pv *pv)
{
	struct pv_workers *w = &pv->workers;
	unsigned int i;

	pthread_mutex_lock(&w->lock);
	w->quit = true;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
	for (i = 0; i < w->n; i++)
		pthread_join(w->threads[i], NULL);
	free(w->threads);
	w->threads = NULL;
	w->n = 0;
}

void pv_workers_wake(struct pv *pv, enum pv_work work)
{
	struct pv_workers *w = &pv->workers;

	pthread_mutex_lock(&w->lock);
	w->work |= work;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void pv_workers_kick(struct pv *pv)
{
	learn(pv);
	pv_workers_wake(pv, PV_WORK_RING);
}

void pv_workers_wait_reset(struct pv *pv)
{
	struct pv_workers *w = &pv->workers;

	pthread_mutex_lock(&w->lock);
	while (w->resetting || w->work & PV_WORK_RESET)
		pthread_cond_wait(&w->still, &w->lock);
	pthread_mutex_unlock(&w->lock);
}
