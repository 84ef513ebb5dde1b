/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the device's side of the control ring in guest RAM: slots are read once,
 * answers and events written, nobody is woken without need. Must never know
 * what a command means.
 */
#ifndef PV_RING_H
#define PV_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "guest-driver/abi/ring.h"

struct pv;
struct pv_command;

/* Everything under @lock. The guest's counters are never believed, ours are never read back. */
struct pv_ring {
	pthread_mutex_t lock;
	bool open;
	uint64_t life;			/* of the guest whose it is */
	uint64_t gpa;
	struct up_ring *ptr;		/* good while memory.changes is ... */
	uint64_t changes;
	uint32_t seen, complete, event, event_lost;
	unsigned int lookers;
	uint64_t next_ns, interval_ns;	/* commands per second */
};

enum pv_ring_look {
	PV_RING_TAKEN,
	PV_RING_EMPTY,
	PV_RING_LATER,			/* there may be some, but they have to wait */
	PV_RING_CLOSED,
};

void pv_ring_init(struct pv *pv);
void pv_ring_fini(struct pv *pv);

/* The ring at @gpa, of which the driver has zeroed all it does not own. 0; errors of pv_memory_ptr(). */
int pv_ring_open(struct pv *pv, uint64_t gpa);
/* Nothing of it is read or written any more. */
void pv_ring_close(struct pv *pv);

/*
 * A worker looks at the ring between begin() and end(); while one does, the
 * driver does not kick. begin(): how many look now. end(): there is something
 * that nobody would look at.
 */
unsigned int pv_ring_look_begin(struct pv *pv);
bool pv_ring_look_end(struct pv *pv);
/* The next command. A ring that makes no sense is closed, and the driver told. */
enum pv_ring_look pv_ring_take(struct pv *pv, struct pv_command *cmd);

/* The answer; dropped when the guest is not the same any more. */
void pv_ring_complete(struct pv *pv, const struct pv_command *cmd);
/* An event; without room for it the driver can see that one was lost. */
void pv_ring_event(struct pv *pv, const struct up_event *event);

#endif
