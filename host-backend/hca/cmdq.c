// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the life of the command queue as a whole. Must never know what a command
 * does.
 */
#include "host-backend/hca/cmdq.h"

#include <errno.h>
#include <stdlib.h>

#include "host-backend/hca/barrier.h"
#include "host-backend/hca/clock.h"
#include "host-backend/hca/cmdq_slot.h"
#include "host-backend/hca/iseg.h"

enum {
	LOG_MIN_STRIDE = 6, LOG_QUEUE_BYTES = 12, QUEUE_BYTES = 1 << LOG_QUEUE_BYTES,
	LOOK_MS = 100,			/* longest time between looks at an entry and the device */
};

static void cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

void hca_cmdq_wait(struct hca_cmdq *q, pthread_cond_t *cond, uint64_t until_ms)
{
	struct timespec ts = hca_ms_timespec(until_ms);

	pthread_cond_timedwait(cond, &q->lock, &ts);
}

uint64_t hca_cmdq_look_ms(const struct hca_cmdq *q)
{
	unsigned int ms = q->config.limit_ms / 8 + 1;

	return ms < LOOK_MS ? ms : LOOK_MS;
}

static int read_shape(struct hca_cmdq *q)
{
	struct hca_transport *t = q->config.transport;
	uint32_t shape = t->ops->read32(t, HCA_ISEG_CMDQ_L);
	unsigned int log_slots = shape >> 4 & 0xf;

	if (t->ops->read32(t, HCA_ISEG_CMDIF_FW_SUB) >> 16 != HCA_CMDIF_REVISION)
		return -EOPNOTSUPP;
	q->log_stride = shape & 0xf;
	if (1u << log_slots > HCA_CMDQ_MAX_SLOTS || q->log_stride < LOG_MIN_STRIDE ||
	    log_slots + q->log_stride > LOG_QUEUE_BYTES)
		return -EOPNOTSUPP;
	q->n_slots = 1u << log_slots;
	return 0;
}

int hca_cmdq_create(const struct hca_cmdq_config *config, struct hca_cmdq **out)
{
	struct hca_cmdq *q = calloc(1, sizeof(*q));
	unsigned int i;
	int err;

	if (!q)
		return -ENOMEM;
	q->config = *config;
	err = read_shape(q);
	if (err)
		goto free_q;
	err = hca_dma_alloc(config->dma, QUEUE_BYTES, QUEUE_BYTES, &q->queue);
	if (err)
		goto free_q;
	hca_mailbox_cache_init(&q->mailboxes, config->dma);
	pthread_mutex_init(&q->lock, NULL);
	cond_init(&q->freed);
	for (i = 0; i < HCA_CMDQ_MAX_SLOTS; i++)
		cond_init(&q->slot[i].answered);
	*out = q;
	return 0;

free_q:
	free(q);
	return err;
}

void hca_cmdq_destroy(struct hca_cmdq *q)
{
	unsigned int i;

	if (!q)
		return;
	for (i = 0; i < HCA_CMDQ_MAX_SLOTS; i++) {
		hca_slot_mailboxes_give(q, &q->slot[i]);
		pthread_cond_destroy(&q->slot[i].answered);
	}
	pthread_cond_destroy(&q->freed);
	pthread_mutex_destroy(&q->lock);
	hca_mailbox_cache_fini(&q->mailboxes);
	hca_dma_free(q->config.dma, &q->queue);
	free(q);
}

void hca_cmdq_start(struct hca_cmdq *q)
{
	struct hca_transport *t = q->config.transport;

	hca_to_device_barrier();
	t->ops->write32(t, HCA_ISEG_CMDQ_H, (uint32_t)(q->queue.iova >> 32));
	t->ops->write32(t, HCA_ISEG_CMDQ_L, (uint32_t)q->queue.iova);
}

void hca_cmdq_use_events(struct hca_cmdq *q, bool on)
{
	pthread_mutex_lock(&q->lock);
	q->events = on;
	pthread_mutex_unlock(&q->lock);
}

void hca_cmdq_abort(struct hca_cmdq *q)
{
	unsigned int i;

	pthread_mutex_lock(&q->lock);
	q->dead = true;
	for (i = 0; i < q->n_slots; i++)
		pthread_cond_broadcast(&q->slot[i].answered);
	pthread_cond_broadcast(&q->freed);
	pthread_mutex_unlock(&q->lock);
}

void hca_cmdq_stats(struct hca_cmdq *q, struct hca_cmd_stats *stats)
{
	pthread_mutex_lock(&q->lock);
	*stats = q->stats;
	pthread_mutex_unlock(&q->lock);
}
