/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the list of attacks: one function each, which makes one batch. Must never
 * know how they are made.
 */
#ifndef HOSTILE_ATTACK_H
#define HOSTILE_ATTACK_H

#include <linux/types.h>

struct hostile;

enum attack_id {
	ATTACK_MALFORMED,		/* opcodes, lengths, reserved fields, flags */
	ATTACK_VALUES,			/* fields out of their range */
	ATTACK_LISTS,			/* lists of pages */
	ATTACK_OBJECTS,			/* numbers that are not this guest's */
	ATTACK_REPLAYS,			/* twice, too late, at once */
	ATTACK_WQES,			/* other keys, raw addresses, privileged opcodes */
	ATTACK_REGISTERS,		/* BAR 0 */
	ATTACK_MUTATED,			/* good commands with bytes changed by chance */
	ATTACK_DOORBELLS,		/* all of the UAR BAR */
	ATTACK_RACES,			/* commands, lists and counters that change while they are read */
	ATTACK_RING,			/* counters and slots that make no sense; reset under way */
	ATTACK_START,			/* ring addresses, features and statuses that make no sense */
	ATTACK_CONFIG,			/* bus mastering, MSI-X table, reset by function */
	ATTACKS,
};

/* What an attack leaves of the honest world. */
enum attack_phase {
	PHASE_EXACT,			/* all of it: what must be refused is known exactly */
	PHASE_WILD,			/* nobody knows: objects came and went */
	PHASE_SPOIL,			/* nothing: the device is to be reset */
	PHASES,
};

struct attack {
	const char *name;
	enum attack_phase phase;
	unsigned int weight;		/* within its phase */
	void (*run)(struct hostile *h);
};

extern const struct attack attacks[ATTACKS];

void attack_malformed(struct hostile *h);
void attack_mutated(struct hostile *h);
void attack_values(struct hostile *h);
void attack_lists(struct hostile *h);
void attack_objects(struct hostile *h);
void attack_replays(struct hostile *h);
void attack_wqes(struct hostile *h);
void attack_registers(struct hostile *h);
void attack_doorbells(struct hostile *h);
void attack_races(struct hostile *h);
void attack_ring(struct hostile *h);
void attack_start(struct hostile *h);
void attack_config(struct hostile *h);

#endif
