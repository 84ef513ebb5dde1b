// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what becomes of one slot: claimed, filled, answered, freed or buried. Must
 * never know what a command does, nor who waits.
 */
#include "host-backend/hca/cmdq_slot.h"

#include <errno.h>
#include <string.h>

#include "host-backend/hca/barrier.h"
#include "host-backend/hca/clock.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/hca/iseg.h"
#include "host-backend/hca/opcodes.h"

/* Offsets in an entry (Linux, include/linux/mlx5/device.h, struct mlx5_cmd_layout). */
enum {
	ENTRY_TYPE = 0, ENTRY_ILEN = 4, ENTRY_IN_PTR = 8, ENTRY_IN = 16, ENTRY_OUT = 32,
	ENTRY_OUT_PTR = 48, ENTRY_OLEN = 56, ENTRY_TOKEN = 60, ENTRY_STATUS_OWN = 63,
	ENTRY_BYTES = 64,
	ENTRY_TYPE_PCI = 7,
	OWNED_BY_HW = 1,
};

static uint8_t *entry_of(struct hca_cmdq *q, const struct hca_slot *s)
{
	return q->queue.ptr + ((size_t)(s - q->slot) << q->log_stride);
}

void hca_slot_mailboxes_give(struct hca_cmdq *q, struct hca_slot *s)
{
	hca_mailbox_give(&q->mailboxes, &s->in);
	hca_mailbox_give(&q->mailboxes, &s->out);
}

static void slot_free(struct hca_cmdq *q, struct hca_slot *s)
{
	s->state = HCA_SLOT_FREE;
	memset(&s->submitted, 0, sizeof(s->submitted));
	pthread_cond_broadcast(&q->freed);
}

void hca_slot_look(struct hca_cmdq *q, struct hca_slot *s)
{
	uint8_t *own = entry_of(q, s) + ENTRY_STATUS_OWN;

	if (s->state != HCA_SLOT_BUSY && s->state != HCA_SLOT_ZOMBIE)
		return;
	if (__atomic_load_n(own, __ATOMIC_ACQUIRE) & OWNED_BY_HW)
		return;
	hca_from_device_barrier();
	if (s->state == HCA_SLOT_BUSY) {
		s->state = HCA_SLOT_DONE;
		q->stats.in_flight--;
		pthread_cond_signal(&s->answered);
		return;
	}
	q->stats.late++;
	hca_slot_mailboxes_give(q, s);
	slot_free(q, s);
}

void hca_slot_bury(struct hca_cmdq *q, struct hca_slot *s)
{
	s->state = HCA_SLOT_ZOMBIE;
	q->stats.in_flight--;
	if (!q->dead)
		q->stats.timed_out++;
}

/* The last slot is kept for MANAGE_PAGES, so that the firmware gets memory however busy we are. */
static struct hca_slot *free_slot(struct hca_cmdq *q, uint16_t opcode)
{
	bool pages = opcode == HCA_OP_MANAGE_PAGES || q->n_slots == 1;
	unsigned int first = pages ? q->n_slots - 1 : 0;
	unsigned int end = pages ? q->n_slots : q->n_slots - 1, i;

	for (i = first; i < end; i++) {
		hca_slot_look(q, &q->slot[i]);
		if (q->slot[i].state == HCA_SLOT_FREE)
			return &q->slot[i];
	}
	return NULL;
}

static int slot_claim(struct hca_cmdq *q, const void *in, bool wait, struct hca_slot **out)
{
	uint64_t now = hca_now_ms(), deadline = now + q->config.limit_ms, next;
	uint16_t opcode = (uint16_t)ifc_get(in, cmd_in__opcode);
	struct hca_slot *s = NULL;
	int err = 0;

	pthread_mutex_lock(&q->lock);
	while (!q->dead && !(s = free_slot(q, opcode))) {
		now = hca_now_ms();
		if (!wait || now >= deadline)
			break;
		next = now + hca_cmdq_look_ms(q);
		hca_cmdq_wait(q, &q->freed, next < deadline ? next : deadline);
	}
	if (q->dead) {
		err = -ENODEV;
	} else if (!s) {
		err = -EBUSY;
	} else {
		s->state = HCA_SLOT_CLAIMED;
		if (!++q->last_token)
			q->last_token = 1;
		s->token = q->last_token;
		s->opcode = opcode;
		s->op_mod = (uint16_t)ifc_get(in, cmd_in__op_mod);
		*out = s;
	}
	pthread_mutex_unlock(&q->lock);
	return err;
}

static void slot_release(struct hca_cmdq *q, struct hca_slot *s)
{
	hca_slot_mailboxes_give(q, s);
	pthread_mutex_lock(&q->lock);
	slot_free(q, s);
	pthread_mutex_unlock(&q->lock);
}

static int slot_fill(struct hca_cmdq *q, struct hca_slot *s, const void *in, size_t ilen, size_t olen)
{
	uint8_t *e = entry_of(q, s);
	int err;

	s->olen = olen < HCA_CMD_INLINE ? HCA_CMD_INLINE : olen;
	err = hca_mailbox_take(&q->mailboxes, ilen, s->token, &s->in);
	if (err)
		return err;
	err = hca_mailbox_take(&q->mailboxes, s->olen, s->token, &s->out);
	if (err)
		return err;
	hca_mailbox_write(&s->in, in, ilen);
	memset(e, 0, ENTRY_BYTES);
	e[ENTRY_TYPE] = ENTRY_TYPE_PCI;
	ifc_store32(e + ENTRY_ILEN, (uint32_t)ilen);
	ifc_store64(e + ENTRY_IN_PTR, s->in.buf.iova);
	memcpy(e + ENTRY_IN, in, HCA_CMD_INLINE);
	ifc_store64(e + ENTRY_OUT_PTR, s->out.buf.iova);
	ifc_store32(e + ENTRY_OLEN, (uint32_t)s->olen);
	e[ENTRY_TOKEN] = s->token;
	__atomic_store_n(&e[ENTRY_STATUS_OWN], OWNED_BY_HW, __ATOMIC_RELEASE);
	return 0;
}

/* From a filled slot to one that the device has. */
static int slot_ring(struct hca_cmdq *q, struct hca_slot *s)
{
	struct hca_transport *t = q->config.transport;

	pthread_mutex_lock(&q->lock);
	if (q->dead) {
		pthread_mutex_unlock(&q->lock);
		return -ENODEV;
	}
	s->state = HCA_SLOT_BUSY;
	s->deadline = hca_now_ms() + q->config.limit_ms;
	if (++q->stats.in_flight > q->stats.max_in_flight)
		q->stats.max_in_flight = q->stats.in_flight;
	pthread_mutex_unlock(&q->lock);
	hca_to_device_barrier();
	t->ops->write32(t, HCA_ISEG_CMD_DOORBELL, 1u << (s - q->slot));
	return 0;
}

int hca_slot_send(struct hca_cmdq *q, const void *in, size_t ilen, size_t olen,
		  const struct hca_submitted *submitted, struct hca_slot **out)
{
	struct hca_slot *s;
	int err;

	if (ilen < HCA_CMD_INLINE || ilen > HCA_CMD_MAX || olen > HCA_CMD_MAX)
		return -EMSGSIZE;
	err = slot_claim(q, in, !submitted, &s);
	if (err)
		return err;
	if (submitted)
		s->submitted = *submitted;
	err = slot_fill(q, s, in, ilen, olen);
	if (!err)
		err = slot_ring(q, s);
	if (err)
		slot_release(q, s);
	else
		*out = s;
	return err;
}

static int entry_judge(const uint8_t *e, const struct hca_slot *s, struct hca_cmd_error *error)
{
	error->delivery = e[ENTRY_STATUS_OWN] >> 1;
	if (error->delivery)
		return -EIO;
	if (e[ENTRY_TYPE] != ENTRY_TYPE_PCI || e[ENTRY_TOKEN] != s->token ||
	    !hca_mailbox_sane(&s->out, s->olen, s->token))
		return -EIO;
	error->status = (uint8_t)ifc_get(e + ENTRY_OUT, cmd_out__status);
	error->syndrome = (uint32_t)ifc_get(e + ENTRY_OUT, cmd_out__syndrome);
	return error->status ? -EREMOTEIO : 0;
}

void hca_slot_collect(struct hca_cmdq *q, struct hca_slot *s, void *out, size_t olen,
			 struct hca_cmd_error *error)
{
	const uint8_t *e = entry_of(q, s);

	error->err = entry_judge(e, s, error);
	if (out && error->err != -EIO) {
		memcpy(out, e + ENTRY_OUT, olen < HCA_CMD_INLINE ? olen : HCA_CMD_INLINE);
		hca_mailbox_read(&s->out, out, olen);
	}
	hca_slot_mailboxes_give(q, s);
	pthread_mutex_lock(&q->lock);
	if (error->err)
		q->stats.failed++;
	else
		q->stats.done++;
	slot_free(q, s);
	pthread_mutex_unlock(&q->lock);
}

void hca_cmd_error_init(struct hca_cmd_error *error, uint16_t opcode, uint16_t op_mod, int err)
{
	memset(error, 0, sizeof(*error));
	error->opcode = opcode;
	error->op_mod = op_mod;
	error->err = err;
}
