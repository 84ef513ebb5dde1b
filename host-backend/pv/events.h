/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what befalls the HCA on its way to the guest. Must never know the ring.
 */
#ifndef PV_EVENTS_H
#define PV_EVENTS_H

#include <pthread.h>

#include "host-backend/hca/hca.h"

struct pv;

enum { PV_EVENTS_WAITING = 256 };

/* Everything under @lock. */
struct pv_events {
	pthread_mutex_t lock;
	struct hca_event waiting[PV_EVENTS_WAITING];
	unsigned int first, n;
};

void pv_events_init(struct pv_events *events);
void pv_events_fini(struct pv_events *events);

/* For struct hca_config: in the HCA's event thread. */
void pv_events_hca(void *ctx, const struct hca_event *event);
/* In a worker: those of the guest's objects go to the guest. */
void pv_events_publish(struct pv *pv);
/* Nothing of what waits is the next guest's. */
void pv_events_drop(struct pv *pv);

#endif
