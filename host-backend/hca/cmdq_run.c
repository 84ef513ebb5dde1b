// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns commands that a thread waits for, and those that only report their end.
 * Must never know what a command does.
 */
#include "host-backend/hca/cmdq.h"

#include <errno.h>

#include "host-backend/hca/clock.h"
#include "host-backend/hca/cmdq_slot.h"
#include "host-backend/hca/ifc/ifc.h"

enum { SPINS = 200, SLEEP_MIN_US = 20, SLEEP_MAX_US = 1000 };

struct pace {
	unsigned int spins, sleep_us;
};

/* Between two polls; lock held, and let go meanwhile. */
static void poll_pause(struct hca_cmdq *q, struct pace *pace)
{
	pthread_mutex_unlock(&q->lock);
	if (pace->spins < SPINS) {
		pace->spins++;
	} else {
		pace->sleep_us = pace->sleep_us ? pace->sleep_us * 2 : SLEEP_MIN_US;
		if (pace->sleep_us > SLEEP_MAX_US)
			pace->sleep_us = SLEEP_MAX_US;
		hca_sleep_us(pace->sleep_us);
	}
	pthread_mutex_lock(&q->lock);
}

static void device_look(struct hca_cmdq *q)
{
	pthread_mutex_unlock(&q->lock);
	q->config.look(q->config.ctx);
	pthread_mutex_lock(&q->lock);
}

/* Until it is answered: 0, -ETIMEDOUT, -ENODEV: then the slot is buried. */
static int slot_wait(struct hca_cmdq *q, struct hca_slot *s)
{
	uint64_t now = hca_now_ms(), next = now + hca_cmdq_look_ms(q);
	struct pace pace = { 0 };
	int err = 0;

	pthread_mutex_lock(&q->lock);
	for (;;) {
		hca_slot_look(q, s);
		if (s->state == HCA_SLOT_DONE)
			break;
		if (q->dead || now >= s->deadline) {
			err = q->dead ? -ENODEV : -ETIMEDOUT;
			hca_slot_bury(q, s);
			break;
		}
		if (q->events)
			hca_cmdq_wait(q, &s->answered, next < s->deadline ? next : s->deadline);
		else
			poll_pause(q, &pace);
		now = hca_now_ms();
		if (s->state == HCA_SLOT_BUSY && (now >= next || now >= s->deadline)) {
			device_look(q);
			next = now + hca_cmdq_look_ms(q);
		}
	}
	pthread_mutex_unlock(&q->lock);
	return err;
}

int hca_cmdq_run(struct hca_cmdq *q, const void *in, size_t ilen, void *out, size_t olen,
		 struct hca_cmd_error *error)
{
	struct hca_slot *s;
	int err;

	hca_cmd_error_init(error, (uint16_t)ifc_get(in, cmd_in__opcode),
		   (uint16_t)ifc_get(in, cmd_in__op_mod), 0);
	err = hca_slot_send(q, in, ilen, olen, NULL, &s);
	if (!err)
		err = slot_wait(q, s);
	if (!err)
		hca_slot_collect(q, s, out, olen, error);
	else
		error->err = err;
	return error->err;
}

int hca_cmdq_submit(struct hca_cmdq *q, const void *in, size_t ilen, void *out, size_t olen,
		    void (*done)(void *ctx, const struct hca_cmd_error *error), void *ctx)
{
	struct hca_submitted submitted = { .done = done, .ctx = ctx, .out = out, .olen = olen };
	struct hca_slot *s;

	return hca_slot_send(q, in, ilen, olen, &submitted, &s);
}

/* A submitted command ended: @err 0: it was answered. Lock not held. */
static void submitted_end(struct hca_cmdq *q, struct hca_slot *s, int err)
{
	struct hca_submitted submitted = s->submitted;
	struct hca_cmd_error error;

	hca_cmd_error_init(&error, s->opcode, s->op_mod, err);
	if (!err)
		hca_slot_collect(q, s, submitted.out, submitted.olen, &error);
	submitted.done(submitted.ctx, &error);
}

/* Looks at submitted commands, those of @slots; the most urgent deadline, UINT64_MAX: none. */
static uint64_t submitted_look(struct hca_cmdq *q, uint32_t slots)
{
	uint64_t now = hca_now_ms(), first = UINT64_MAX;
	struct hca_slot *s;
	unsigned int i;
	int err;

	pthread_mutex_lock(&q->lock);
	for (i = 0; i < q->n_slots; i++) {
		s = &q->slot[i];
		if (!(slots >> i & 1))
			continue;
		hca_slot_look(q, s);
		if ((s->state != HCA_SLOT_BUSY && s->state != HCA_SLOT_DONE) || !s->submitted.done)
			continue;
		err = s->state == HCA_SLOT_DONE ? 0 : q->dead ? -ENODEV :
		      now >= s->deadline ? -ETIMEDOUT : 1;
		if (err > 0) {
			first = s->deadline < first ? s->deadline : first;
			continue;
		}
		if (err)
			hca_slot_bury(q, s);
		pthread_mutex_unlock(&q->lock);
		submitted_end(q, s, err);
		pthread_mutex_lock(&q->lock);
	}
	pthread_mutex_unlock(&q->lock);
	return first;
}

void hca_cmdq_event(struct hca_cmdq *q, uint32_t slots)
{
	submitted_look(q, slots);
}

int hca_cmdq_tick(struct hca_cmdq *q)
{
	uint64_t deadline = submitted_look(q, ~0u), now = hca_now_ms(), left;

	if (deadline == UINT64_MAX)
		return -1;
	left = deadline > now ? deadline - now : 0;
	return (int)(left < hca_cmdq_look_ms(q) ? left : hca_cmdq_look_ms(q));
}

