/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the firmware command queue: entries in host memory, mailboxes, slots,
 * delivery and completion. It must never know what a command does.
 */
#ifndef HCA_MODEL_CMD_QUEUE_H
#define HCA_MODEL_CMD_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct hca;

enum {
	CMDQ_LOG_ENTRIES = 5,		/* 32 slots */
	CMDQ_LOG_STRIDE = 6,
};

struct cmd_queue {
	uint64_t base;			/* bus address of entry 0 */
	bool ready;			/* an address was written */
	uint64_t executed;		/* commands since the process began */
	uint64_t refused;		/* of these: status not OK */
	/* Fault injection (control socket): see cmd/inject.c */
	uint32_t inject_after;		/* commands or UMRs to let pass, counted down */
	uint8_t inject_kind;		/* enum cmd_inject */
	uint8_t inject_status;
};

/* The driver wrote the command doorbell: bit n = entry n is handed over. */
void cmdq_doorbell(struct hca *hca, uint32_t slots);
/* FLR or teardown: forget the queue's address. */
void cmdq_reset(struct hca *hca);

#endif
