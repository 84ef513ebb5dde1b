// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the event thread. Must never know what an event means to its owner.
 */
#include "host-backend/hca/events.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host-backend/hca/clock.h"
#include "host-backend/hca/eqe.h"
#include "host-backend/hca/health.h"
#include "host-backend/hca/private.h"

struct hca_events {
	struct hca *hca;
	pthread_t thread;
	int irq, wake;			/* eventfds */

	/* Protects all below; held while queues are polled and the owner is told. */
	pthread_mutex_t lock;
	bool quit, watching, telling;
	struct hca_eq *eq[HCA_EVENTS_MAX_EQS];
	unsigned int n_eqs;

	/* The thread's own. */
	struct hca_health health;
	uint64_t next_look;		/* milliseconds */
	bool fatal_told;
};

static void drain(int fd)
{
	uint64_t count;

	while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

void hca_events_wake(struct hca_events *ev)
{
	uint64_t one = 1;

	while (write(ev->wake, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void hca_events_report(struct hca_events *ev, const struct hca_event *event)
{
	const struct hca_config *config = &ev->hca->config;

	if (ev->telling && config->event)
		config->event(config->ctx, event);
}

/* An EQ that took an event has to be armed again; one that took none still is. */
static void poll_eqs(struct hca_events *ev)
{
	struct eqe eqe;
	unsigned int i;
	bool any;

	for (i = 0; i < ev->n_eqs; i++) {
		for (any = false; hca_eq_poll(ev->eq[i], &eqe); any = true)
			hca_eqe_handle(ev->hca, &eqe);
		if (any)
			hca_eq_arm(ev->eq[i]);
	}
}

static void look_after_health(struct hca_events *ev)
{
	uint64_t now = hca_now_ms();
	uint32_t syndrome;

	if (now < ev->next_look)
		return;
	ev->next_look = now + ev->hca->config.health_ms;
	syndrome = hca_health_look(&ev->health, ev->hca->transport);
	if (syndrome)
		hca_fatal_set(ev->hca, syndrome);
}

static void tell_fatal(struct hca_events *ev)
{
	struct hca_event event = {
		.type = HCA_EVENT_FATAL, .syndrome = hca_fatal(ev->hca),
	};

	if (!event.syndrome || ev->fatal_told || !ev->telling)
		return;
	ev->fatal_told = true;
	hca_events_report(ev, &event);
}

/* One round, lock held; milliseconds until the next, -1: when woken. */
static int look(struct hca_events *ev)
{
	int commands, health = -1;
	uint64_t now;

	if (!ev->watching)
		return -1;
	if (!hca_fatal(ev->hca))
		look_after_health(ev);
	poll_eqs(ev);
	commands = hca_cmdq_tick(ev->hca->cmdq);
	tell_fatal(ev);
	if (!hca_fatal(ev->hca)) {
		now = hca_now_ms();
		health = ev->next_look > now ? (int)(ev->next_look - now) : 0;
	}
	if (commands < 0 || health < 0)
		return commands < 0 ? health : commands;
	return commands < health ? commands : health;
}

static void *run(void *arg)
{
	struct hca_events *ev = arg;
	struct pollfd fds[2] = {
		{ .fd = ev->irq, .events = POLLIN }, { .fd = ev->wake, .events = POLLIN },
	};
	bool quit = false;
	int timeout = -1;

	while (!quit) {
		if (poll(fds, 2, timeout) > 0) {
			if (fds[0].revents)
				drain(ev->irq);
			if (fds[1].revents)
				drain(ev->wake);
		}
		pthread_mutex_lock(&ev->lock);
		quit = ev->quit;
		timeout = quit ? -1 : look(ev);
		pthread_mutex_unlock(&ev->lock);
	}
	return NULL;
}

/* Signals are for the threads of whoever uses us. */
static int thread_start(struct hca_events *ev)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = -pthread_create(&ev->thread, NULL, run, ev);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

int hca_events_create(struct hca *hca, struct hca_events **out)
{
	struct hca_events *ev = calloc(1, sizeof(*ev));
	int err;

	if (!ev)
		return -ENOMEM;
	ev->hca = hca;
	ev->irq = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ev->irq < 0) {
		err = -errno;
		goto free_ev;
	}
	ev->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ev->wake < 0) {
		err = -errno;
		goto close_irq;
	}
	pthread_mutex_init(&ev->lock, NULL);
	err = thread_start(ev);
	if (err)
		goto close_wake;
	*out = ev;
	return 0;

close_wake:
	pthread_mutex_destroy(&ev->lock);
	close(ev->wake);
close_irq:
	close(ev->irq);
free_ev:
	free(ev);
	return err;
}

void hca_events_destroy(struct hca_events *ev)
{
	if (!ev)
		return;
	pthread_mutex_lock(&ev->lock);
	ev->quit = true;
	pthread_mutex_unlock(&ev->lock);
	hca_events_wake(ev);
	pthread_join(ev->thread, NULL);
	pthread_mutex_destroy(&ev->lock);
	close(ev->wake);
	close(ev->irq);
	free(ev);
}

int hca_events_interrupts(struct hca_events *ev, bool on)
{
	struct hca_transport *t = ev->hca->transport;

	return t->ops->set_irq(t, 0, on ? ev->irq : -1);
}

void hca_events_watch(struct hca_events *ev)
{
	pthread_mutex_lock(&ev->lock);
	ev->watching = true;
	pthread_mutex_unlock(&ev->lock);
	hca_events_wake(ev);
}

void hca_events_tell(struct hca_events *ev, bool on)
{
	pthread_mutex_lock(&ev->lock);
	ev->telling = on;
	pthread_mutex_unlock(&ev->lock);
	hca_events_wake(ev);
}

void hca_events_add(struct hca_events *ev, struct hca_eq *eq)
{
	pthread_mutex_lock(&ev->lock);
	ev->eq[ev->n_eqs++] = eq;
	pthread_mutex_unlock(&ev->lock);
	hca_events_wake(ev);	/* what came before is polled now */
}

void hca_events_remove(struct hca_events *ev, struct hca_eq *eq)
{
	unsigned int i;

	pthread_mutex_lock(&ev->lock);
	for (i = 0; i < ev->n_eqs; i++)
		if (ev->eq[i] == eq)
			break;
	if (i < ev->n_eqs) {
		ev->n_eqs--;
		memmove(&ev->eq[i], &ev->eq[i + 1], (ev->n_eqs - i) * sizeof(ev->eq[0]));
	}
	pthread_mutex_unlock(&ev->lock);
}

bool hca_events_is_self(const struct hca_events *ev)
{
	return ev && pthread_equal(pthread_self(), ev->thread);
}
