// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the device's side of the control ring. Must never know what a command
 * means.
 */
#include "host-backend/pv/ring.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "host-backend/pv/private.h"

enum { BURST = 64 };			/* commands that may come at once under a limit */

void pv_ring_init(struct pv *pv)
{
	uint32_t per_second = pv->config.limits.commands_per_second;

	pthread_mutex_init(&pv->ring.lock, NULL);
	pv->ring.interval_ns = per_second ? 1000000000u / per_second : 0;
}

void pv_ring_fini(struct pv *pv)
{
	pthread_mutex_destroy(&pv->ring.lock);
}

static uint32_t get(const __le32 *p)
{
	return le32toh(__atomic_load_n(p, __ATOMIC_ACQUIRE));
}

static void put(__le32 *p, uint32_t value)
{
	__atomic_store_n(p, htole32(value), __ATOMIC_RELEASE);
}

/*
 * Lock held. The ring in this process until leave(); NULL: it is closed, or the
 * guest's memory is not there any more.
 */
static struct up_ring *enter(struct pv *pv)
{
	struct pv_ring *r = &pv->ring;
	void *ptr;

	if (!r->open)
		return NULL;
	pv_memory_enter(pv);
	if (r->changes == pv->memory.changes)
		return r->ptr;
	if (!pv_memory_ptr(pv, r->gpa, sizeof(struct up_ring), IOMMU_READ | IOMMU_WRITE, &ptr)) {
		r->ptr = ptr;
		r->changes = pv->memory.changes;
		return r->ptr;
	}
	pv_memory_leave(pv);
	r->open = false;
	return NULL;
}

/* Whether a counter that went from @from to @to has passed @wake. */
static bool passes(uint32_t wake, uint32_t from, uint32_t to)
{
	return to - wake < to - from;
}

int pv_ring_open(struct pv *pv, uint64_t gpa)
{
	struct pv_ring *r = &pv->ring;
	uint64_t life = pv_memory_life(pv);
	struct up_ring *ring;
	int ret = 0;

	pthread_mutex_lock(&r->lock);
	r->open = true;
	r->life = life;
	r->gpa = gpa;
	r->changes = 0;
	r->seen = r->complete = r->event = r->event_lost = 0;
	ring = enter(pv);
	if (ring) {
		put(&ring->submit_wake, 1);
		pv_memory_leave(pv);
	} else {
		ret = -EFAULT;
	}
	pthread_mutex_unlock(&r->lock);
	return ret;
}

void pv_ring_close(struct pv *pv)
{
	pthread_mutex_lock(&pv->ring.lock);
	pv->ring.open = false;
	pthread_mutex_unlock(&pv->ring.lock);
}

unsigned int pv_ring_look_begin(struct pv *pv)
{
	struct pv_ring *r = &pv->ring;
	struct up_ring *ring;
	unsigned int lookers;

	pthread_mutex_lock(&r->lock);
	lookers = ++r->lookers;
	if (lookers == 1) {
		ring = enter(pv);
		if (ring) {
			put(&ring->submit_wake, r->seen);
			pv_memory_leave(pv);
		}
	}
	pthread_mutex_unlock(&r->lock);
	return lookers;
}

bool pv_ring_look_end(struct pv *pv)
{
	struct pv_ring *r = &pv->ring;
	struct up_ring *ring;
	bool more = false;

	pthread_mutex_lock(&r->lock);
	if (!--r->lookers) {
		ring = enter(pv);
		if (ring) {
			put(&ring->submit_wake, r->seen + 1);
			atomic_thread_fence(memory_order_seq_cst);
			more = get(&ring->submit) != r->seen;
			pv_memory_leave(pv);
		}
	}
	pthread_mutex_unlock(&r->lock);
	return more;
}

/* Lock held. Whether another command may go now. */
static bool may_go(struct pv_ring *r)
{
	uint64_t now;

	if (!r->interval_ns)
		return true;
	now = pv_stats_now();
	if (r->next_ns > now)
		return false;
	if (r->next_ns + BURST * r->interval_ns < now)
		r->next_ns = now - BURST * r->interval_ns;
	r->next_ns += r->interval_ns;
	return true;
}

/* The only time that the slot is read. */
static void copy_slot(const struct up_slot *slot, struct pv_command *cmd)
{
	struct up_slot copy;

	memcpy(&copy, slot, sizeof(copy));
	__asm__ volatile("" ::: "memory");	/* nothing is fetched again later */
	cmd->opcode = le32toh(copy.opcode);
	cmd->length = le32toh(copy.length);
	cmd->sequence = le32toh(copy.sequence);
	cmd->reserved = copy.reserved0 | copy.reserved1 | copy.reserved2[0] | copy.reserved2[1] |
			copy.reserved2[2] | copy.reserved2[3];
	memcpy(cmd->in, copy.data, sizeof(cmd->in));
}

static enum pv_ring_look take(struct pv *pv, struct up_ring *ring, struct pv_command *cmd)
{
	struct pv_ring *r = &pv->ring;
	uint32_t waiting = get(&ring->submit) - r->seen;

	if (!waiting)
		return PV_RING_EMPTY;
	if (waiting > UP_SLOTS)
		return PV_RING_CLOSED;
	if (!may_go(r))
		return PV_RING_LATER;
	cmd->slot = get(&ring->submissions[r->seen % UP_SLOTS]);
	if (cmd->slot >= UP_SLOTS)
		return PV_RING_CLOSED;
	copy_slot(&ring->slots[cmd->slot], cmd);
	cmd->life = r->life;
	r->seen++;
	put(&ring->submit_seen, r->seen);
	return PV_RING_TAKEN;
}

enum pv_ring_look pv_ring_take(struct pv *pv, struct pv_command *cmd)
{
	struct pv_ring *r = &pv->ring;
	enum pv_ring_look look = PV_RING_CLOSED;
	struct up_ring *ring;
	bool was_open;

	pthread_mutex_lock(&r->lock);
	was_open = r->open;
	ring = enter(pv);
	if (ring) {
		look = take(pv, ring, cmd);
		pv_memory_leave(pv);
	}
	if (look == PV_RING_CLOSED)
		r->open = false;
	pthread_mutex_unlock(&r->lock);
	if (was_open && look == PV_RING_CLOSED) {
		pv_log(pv, PV_LOG_WARNING, "the guest's command ring makes no sense: it is stopped");
		pv_registers_refuse(pv);
	}
	return look;
}

void pv_ring_complete(struct pv *pv, const struct pv_command *cmd)
{
	struct pv_ring *r = &pv->ring;
	struct up_completion *completion;
	struct up_ring *ring = NULL;
	struct up_slot *slot;
	bool notify = false;

	pthread_mutex_lock(&r->lock);
	if (r->life == cmd->life)
		ring = enter(pv);
	if (ring) {
		slot = &ring->slots[cmd->slot];
		memcpy(slot->data, cmd->out, cmd->out_length);
		slot->out_length = htole32(cmd->out_length);
		slot->detail = htole32(cmd->detail);
		slot->status = htole32(cmd->result);
		completion = &ring->completions[r->complete % UP_SLOTS];
		completion->sequence = htole32(cmd->sequence);
		completion->slot = htole32(cmd->slot);
		r->complete++;
		put(&ring->complete, r->complete);
		atomic_thread_fence(memory_order_seq_cst);
		notify = passes(get(&ring->complete_wake), r->complete - 1, r->complete);
		pv_memory_leave(pv);
	}
	pthread_mutex_unlock(&r->lock);
	if (notify)
		pv_vectors_notify(pv);
}

/* Lock held. Whether to notify. */
static bool put_event(struct pv_ring *r, struct up_ring *ring, const struct up_event *event)
{
	if (r->event - get(&ring->event_seen) >= UP_EVENTS) {
		r->event_lost++;
		put(&ring->event_lost, r->event_lost);
		return true;
	}
	memcpy(&ring->events[r->event % UP_EVENTS], event, sizeof(*event));
	r->event++;
	put(&ring->event, r->event);
	atomic_thread_fence(memory_order_seq_cst);
	return passes(get(&ring->event_wake), r->event - 1, r->event);
}

void pv_ring_event(struct pv *pv, const struct up_event *event)
{
	struct pv_ring *r = &pv->ring;
	struct up_ring *ring;
	bool notify = false;

	pthread_mutex_lock(&r->lock);
	ring = enter(pv);
	if (ring) {
		notify = put_event(r, ring, event);
		pv_memory_leave(pv);
	}
	pthread_mutex_unlock(&r->lock);
	if (notify)
		pv_vectors_notify(pv);
}
