/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns a guest that has one object of every kind, and a good command of every
 * sort at hand. It must never know what a test does to them.
 */
#ifndef TESTS_UNIT_PV_GUEST_WORLD_H
#define TESTS_UNIT_PV_GUEST_WORLD_H

#include "tests/unit/pv/guest_verbs.h"

struct guest_world {
	struct guest_verbs v;
	struct guest_mr mr;
	uint32_t xrcd, pd;		/* another domain than the verbs' */
	struct guest_srq srq, xsrq;
	struct guest_qp rc, ud;		/* RESET; INIT */
	/* Memory for what the commands make. */
	struct guest_window ring, records;
};

void guest_world_open(struct guest_bed *bed, struct guest_world *w);
void guest_world_close(struct guest_world *w);
/* The test's own memory only: the device lost the rest. */
void guest_world_forget(struct guest_world *w);

/* Commands that succeed in a world as it was opened; bytes of the command. */
uint32_t guest_world_command(struct guest_world *w, uint32_t opcode, void *in);
/* Undo what that command made, whose answer is @out. */
void guest_world_undo(struct guest_world *w, uint32_t opcode, const void *in, const void *out);
/* Bytes of the answer. */
uint32_t guest_world_answer(uint32_t opcode);

/* All opcodes there are, ended by 0. */
extern const uint32_t guest_world_opcodes[];

#endif
