// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what befalls the HCA on its way to the guest. Must never know the ring.
 */
#include "host-backend/pv/events.h"

#include <endian.h>
#include <stdbool.h>

#include "host-backend/pv/private.h"

void pv_events_init(struct pv_events *events)
{
	pthread_mutex_init(&events->lock, NULL);
}

void pv_events_fini(struct pv_events *events)
{
	pthread_mutex_destroy(&events->lock);
}

/* The thread must not be kept waiting: somebody else writes to the guest. */
void pv_events_hca(void *ctx, const struct hca_event *event)
{
	struct pv *pv = ctx;
	struct pv_events *e = &pv->events;
	bool room;

	if (event->type == HCA_EVENT_PAGES_FAILED) {
		pv_log(pv, PV_LOG_ERROR, "the firmware asked for pages and got none");
		return;
	}
	pthread_mutex_lock(&e->lock);
	room = e->n < PV_EVENTS_WAITING;
	if (room)
		e->waiting[(e->first + e->n++) % PV_EVENTS_WAITING] = *event;
	pthread_mutex_unlock(&e->lock);
	if (!room)
		pv_stats_add(&pv->stats.events_lost, 1);
	if (event->type == HCA_EVENT_FATAL)
		pv_registers_fail(pv, event->syndrome);
	pv_workers_wake(pv, PV_WORK_EVENTS);
}

static bool next(struct pv_events *e, struct hca_event *event)
{
	bool any;

	pthread_mutex_lock(&e->lock);
	any = e->n;
	if (any) {
		*event = e->waiting[e->first];
		e->first = (e->first + 1) % PV_EVENTS_WAITING;
		e->n--;
	}
	pthread_mutex_unlock(&e->lock);
	return any;
}

/* What the guest is told, unless it is about nothing of the guest's. */
static bool translate(struct pv *pv, const struct hca_event *event, struct up_event *out)
{
	static const struct {
		enum up_event_type type;
		enum pv_kind kind;
	} objects[] = {
		[HCA_EVENT_QP] = { UP_EVENT_QP, PV_QP },
		[HCA_EVENT_SRQ] = { UP_EVENT_SRQ, PV_SRQ },
		[HCA_EVENT_CQ] = { UP_EVENT_CQ, PV_CQ },
	};
	uint32_t type;

	switch (event->type) {
	case HCA_EVENT_QP:
	case HCA_EVENT_SRQ:
	case HCA_EVENT_CQ:
		if (!pv_object_exists(pv, objects[event->type].kind, event->number))
			return false;
		type = objects[event->type].type;
		break;
	case HCA_EVENT_PORT:
		type = UP_EVENT_PORT;
		break;
	case HCA_EVENT_FATAL:
		type = UP_EVENT_FATAL;
		break;
	default:
		return false;
	}
	*out = (struct up_event){
		.type = htole32(type), .number = htole32(event->number),
		.code = htole32((uint32_t)event->fw_type << 8 | event->fw_subtype),
		.syndrome = htole32(event->syndrome),
	};
	return true;
}

void pv_events_publish(struct pv *pv)
{
	struct hca_event event;
	struct up_event out;

	while (next(&pv->events, &event))
		if (translate(pv, &event, &out)) {
			pv_stats_add(&pv->stats.events, 1);
			pv_ring_event(pv, &out);
		}
}

void pv_events_drop(struct pv *pv)
{
	pthread_mutex_lock(&pv->events.lock);
	pv->events.n = 0;
	pthread_mutex_unlock(&pv->events.lock);
}
