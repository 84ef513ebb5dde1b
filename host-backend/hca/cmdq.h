/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the command queue: its slots, who waits for which, what becomes of
 * answers that nobody waits for. Must never know what a command does.
 */
#ifndef HCA_CMDQ_H
#define HCA_CMDQ_H

#include "host-backend/hca/command.h"
#include "host-backend/hca/dma.h"
#include "host-backend/hca/transport.h"

struct hca_cmdq;

enum { HCA_CMDQ_MAX_SLOTS = 32 };

/**
 * struct hca_cmdq_config - what a queue needs
 * @transport: for the doorbell
 * @dma: for entries and mailboxes
 * @limit_ms: time limit of a command
 * @look: called now and then by threads that wait, to see whether the device is
 *	still there; it may call hca_cmdq_abort()
 * @ctx: its argument
 */
struct hca_cmdq_config {
	struct hca_transport *transport;
	struct hca_dma *dma;
	unsigned int limit_ms;
	void (*look)(void *ctx);
	void *ctx;
};

/**
 * hca_cmdq_create() - a queue as large as the device says
 * @config: copied
 * @out: the queue; polling
 *
 * Return: 0; -EOPNOTSUPP for another command interface than revision 5, or a
 * queue of an impossible shape; -ENOMEM; errors of hca_dma_alloc().
 */
int hca_cmdq_create(const struct hca_cmdq_config *config, struct hca_cmdq **out);
/* All memory goes, also of commands without an answer: the device was reset. NULL is ignored. */
void hca_cmdq_destroy(struct hca_cmdq *q);

/* Tell the device where the queue is; it may use it from now on. */
void hca_cmdq_start(struct hca_cmdq *q);

/*
 * Whether answers are told of by command events. Until then, and again at the
 * end, every waiting thread polls for its own.
 */
void hca_cmdq_use_events(struct hca_cmdq *q, bool on);
/* A command event: bit n = slot n. In the event thread. */
void hca_cmdq_event(struct hca_cmdq *q, uint32_t slots);
/* The device is dead: every command ends with -ENODEV, now and later. */
void hca_cmdq_abort(struct hca_cmdq *q);

/**
 * hca_cmdq_run() - send a command and wait for its end
 * @q: queue
 * @in: input, @ilen bytes, at least 16
 * @out: output, @olen bytes; may be NULL with @olen 0
 * @error: filled in every case
 *
 * Return: as hca_cmd().
 */
int hca_cmdq_run(struct hca_cmdq *q, const void *in, size_t ilen, void *out, size_t olen,
		 struct hca_cmd_error *error);

/**
 * hca_cmdq_submit() - send a command, do not wait; in the event thread
 * @q: queue
 * @in: input, @ilen bytes, at least 16; not kept
 * @out: output, @olen bytes; must live until @done
 * @done: told of the end, in the event thread, once; may submit the next one
 * @ctx: its first argument
 *
 * Return: 0; what hca_cmd() returns for a command that was not sent; then @done
 * is not called.
 */
int hca_cmdq_submit(struct hca_cmdq *q, const void *in, size_t ilen, void *out, size_t olen,
		    void (*done)(void *ctx, const struct hca_cmd_error *error), void *ctx);

/*
 * Ends submitted commands that nobody answers. In the event thread.
 * Milliseconds until it should be called again, -1: nothing was submitted.
 */
int hca_cmdq_tick(struct hca_cmdq *q);

void hca_cmdq_stats(struct hca_cmdq *q, struct hca_cmd_stats *stats);

#endif
