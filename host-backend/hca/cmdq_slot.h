/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the slots of the command queue, for the files cmdq*.c only. Must never
 * know what a command does.
 *
 * A slot belongs to one command until the device has cleared the ownership bit
 * of its entry, whoever still waits. So a late event cannot end a newer
 * command: whatever tells of an answer, only that bit is believed.
 */
#ifndef HCA_CMDQ_SLOT_H
#define HCA_CMDQ_SLOT_H

#include <stdbool.h>

#include "host-backend/hca/cmdq.h"
#include "host-backend/hca/mailbox.h"

enum hca_slot_state {
	HCA_SLOT_FREE,
	HCA_SLOT_CLAIMED,		/* being filled, or its answer being read */
	HCA_SLOT_BUSY,			/* the device has it, somebody waits */
	HCA_SLOT_DONE,			/* answered, to be read by whom it belongs to */
	HCA_SLOT_ZOMBIE,		/* the device has it, nobody waits any more */
};

/* Whom to tell of the end of a command for which no thread waits. */
struct hca_submitted {
	void (*done)(void *ctx, const struct hca_cmd_error *error);
	void *ctx;
	void *out;
	size_t olen;
};

struct hca_slot {
	enum hca_slot_state state;
	uint8_t token;
	uint16_t opcode, op_mod;
	struct hca_mailbox in, out;
	size_t olen;			/* as the device knows it */
	uint64_t deadline;		/* milliseconds */
	pthread_cond_t answered;
	struct hca_submitted submitted;	/* done is NULL: somebody waits */
};

struct hca_cmdq {
	struct hca_cmdq_config config;
	struct hca_buf queue;
	unsigned int log_stride, n_slots;
	struct hca_mailbox_cache mailboxes;

	/* Protects all below; the mailboxes' lock and those of hca_dma come inside of it. */
	pthread_mutex_t lock;
	pthread_cond_t freed;
	bool events, dead;
	uint8_t last_token;
	struct hca_slot slot[HCA_CMDQ_MAX_SLOTS];
	struct hca_cmd_stats stats;
};

/* Lock held. */
void hca_cmdq_wait(struct hca_cmdq *q, pthread_cond_t *cond, uint64_t until_ms);
/* A waiting thread looks for itself this often: a lost interrupt costs no more. */
uint64_t hca_cmdq_look_ms(const struct hca_cmdq *q);

/* What the device says of a slot it has: BUSY becomes DONE, ZOMBIE becomes FREE. Lock held. */
void hca_slot_look(struct hca_cmdq *q, struct hca_slot *s);
/* Nobody waits for it any more; its memory stays the device's. Lock held. */
void hca_slot_bury(struct hca_cmdq *q, struct hca_slot *s);

/**
 * hca_slot_send() - claim a slot, fill it, ring its doorbell
 * @q: queue
 * @in: input, @ilen bytes
 * @olen: bytes of output wanted
 * @submitted: whom to tell, copied; NULL: the caller waits, also for a slot
 * @out: the slot
 *
 * Return: 0; what hca_cmd() returns for a command that was not sent.
 */
int hca_slot_send(struct hca_cmdq *q, const void *in, size_t ilen, size_t olen,
		  const struct hca_submitted *submitted, struct hca_slot **out);
/* The answer of a slot that is DONE, and the end of it. Lock not held. */
void hca_slot_collect(struct hca_cmdq *q, struct hca_slot *s, void *out, size_t olen,
		      struct hca_cmd_error *error);
void hca_slot_mailboxes_give(struct hca_cmdq *q, struct hca_slot *s);

void hca_cmd_error_init(struct hca_cmd_error *error, uint16_t opcode, uint16_t op_mod, int err);

#endif
