/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the MSI-X vectors of the device: the first is raised by us, each of the
 * others by the HCA's vector of the same number. Must never know why.
 */
#ifndef PV_VECTORS_H
#define PV_VECTORS_H

#include <pthread.h>

struct pv;

struct pv_vectors {
	pthread_mutex_t lock;
	int notify;			/* an eventfd of our own, -1: nobody hears us */
};

void pv_vectors_init(struct pv_vectors *vectors);
void pv_vectors_fini(struct pv_vectors *vectors);

/* The loop's: hv_device_ops.vector_changed(). */
void pv_vectors_set(struct pv *pv, unsigned int vector, int eventfd);
/* Vector 0; from any thread. */
void pv_vectors_notify(struct pv *pv);

#endif
