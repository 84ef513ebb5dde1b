/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what is counted, and how it is told: /proc/hostile and one line in the
 * kernel's log. Must never know how an attack is made.
 */
#ifndef HOSTILE_FIGURES_H
#define HOSTILE_FIGURES_H

#include <linux/compiler_attributes.h>
#include <linux/types.h>

#include "attack.h"

/**
 * struct figures - of the whole run
 * @state: one word
 * @seed, @count: as asked for
 * @now: the attack that runs; ATTACKS: none, what happens is not counted as one
 * @by: of each attack: what was fired, and as far as there was an answer which
 * @fired: sum of all
 * @breaches: what must be refused and worked, or an answer that cannot be
 * @unexpected: what is honest and did not work
 * @failed: commands that ended with UP_HCA_FAILED
 * @unanswered: commands that never ended
 * @lost: times that the device said the HCA is lost
 * @resets, @stopped_rings: of the device; by the device for nonsense
 * @worlds: honest worlds that were opened; @honest: honest writes that arrived
 * @interrupts: of all vectors
 * @canary_checks, @broken_canaries: looks at the pages that nothing may write; those that were
 *
 * One thread writes, but for @interrupts.
 */
struct figures {
	const char *state;
	u64 seed, count;
	enum attack_id now;
	struct {
		u64 fired, refused, ok;
	} by[ATTACKS];
	u64 fired, breaches, unexpected, failed, unanswered, lost, resets, stopped_rings;
	u64 worlds, honest, canary_checks, broken_canaries;
	atomic64_t interrupts;
};

extern struct figures figures;

void figures_fired(u64 n);
void figures_refused(void);
void figures_ok(void);
/* What must not be: said in the kernel's log with the attack's name, the first ones. */
__printf(1, 2) void figures_breach(const char *fmt, ...);
__printf(1, 2) void figures_unexpected(const char *fmt, ...);

/* 0; -ENOMEM. */
int figures_show(void);
void figures_hide(void);
/* The one line. */
void figures_tell(void);

#endif
