/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the event thread of an HCA: vector 0, the queues on it, health, and the
 * limits of commands that nobody waits for. Must never know what an event
 * means to its owner.
 */
#ifndef HCA_EVENTS_H
#define HCA_EVENTS_H

#include <stdbool.h>

#include "host-backend/hca/hca.h"

struct hca_eq;
struct hca_events;

enum { HCA_EVENTS_MAX_EQS = 4 };

/* The thread starts, and does nothing yet. 0; -ENOMEM; errors of eventfd() and pthread_create(). */
int hca_events_create(struct hca *hca, struct hca_events **out);
/* The thread ends; no queue is on it any more. NULL is ignored. */
void hca_events_destroy(struct hca_events *events);

/* Vector 0 raises our eventfd, or none. Errors of the transport. */
int hca_events_interrupts(struct hca_events *events, bool on);
/* From now on it looks after health and commands: the command queue is there. */
void hca_events_watch(struct hca_events *events);
/* Whether the owner is told of events. False: no call of it is under way any more. */
void hca_events_tell(struct hca_events *events, bool on);

/* A queue on vector 0 is polled here. After removal it is not touched any more. */
void hca_events_add(struct hca_events *events, struct hca_eq *eq);
void hca_events_remove(struct hca_events *events, struct hca_eq *eq);

/* Look at everything, soon. */
void hca_events_wake(struct hca_events *events);
/* Whether the calling thread is the event thread. NULL: no. */
bool hca_events_is_self(const struct hca_events *events);

/* In the event thread: tell the owner, if it wants to hear. */
void hca_events_report(struct hca_events *events, const struct hca_event *event);

#endif
