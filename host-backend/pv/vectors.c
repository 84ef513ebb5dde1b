// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the MSI-X vectors of the device. Must never know why one is raised.
 */
#include "host-backend/pv/vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "host-backend/pv/private.h"

void pv_vectors_init(struct pv_vectors *v)
{
	pthread_mutex_init(&v->lock, NULL);
	v->notify = -1;
}

void pv_vectors_fini(struct pv_vectors *v)
{
	if (v->notify >= 0)
		close(v->notify);
	pthread_mutex_destroy(&v->lock);
}

/* A duplicate: the hypervisor may close its own while a worker writes. */
static int set_notify(struct pv_vectors *v, int eventfd)
{
	int copy = eventfd >= 0 ? fcntl(eventfd, F_DUPFD_CLOEXEC, 0) : -1, old;

	if (eventfd >= 0 && copy < 0)
		return -errno;
	pthread_mutex_lock(&v->lock);
	old = v->notify;
	v->notify = copy;
	pthread_mutex_unlock(&v->lock);
	if (old >= 0)
		close(old);
	return 0;
}

void pv_vectors_set(struct pv *pv, unsigned int vector, int eventfd)
{
	struct hca_transport *t = hca_transport(pv->adapter.hca);
	int ret;

	if (vector)
		ret = t->ops->set_irq(t, vector, eventfd);
	else
		ret = set_notify(&pv->vectors, eventfd);
	if (ret && ret != -ENODEV)
		pv_log(pv, PV_LOG_ERROR, "interrupt vector %u cannot be handed on: %s", vector,
		       strerror(-ret));
}

/* The eventfd may be a blocking one. When it is full, whoever reads it is told already. */
void pv_vectors_notify(struct pv *pv)
{
	struct pv_vectors *v = &pv->vectors;
	const uint64_t one = 1;
	struct pollfd pfd;

	pv_stats_add(&pv->stats.interrupts, 1);
	pthread_mutex_lock(&v->lock);
	pfd = (struct pollfd){ .fd = v->notify, .events = POLLOUT };
	if (v->notify >= 0 && poll(&pfd, 1, 0) == 1)
		while (write(v->notify, &one, sizeof(one)) < 0 && errno == EINTR)
			;
	pthread_mutex_unlock(&v->lock);
}
