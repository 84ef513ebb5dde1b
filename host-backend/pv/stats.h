/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what is counted of commands. Must never know what they do.
 */
#ifndef PV_STATS_H
#define PV_STATS_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

enum {
	PV_STATS_OPCODES = 0x70,	/* what is beyond is counted at 0 */
	PV_STATS_RESULTS = 16,
	PV_STATS_BUCKETS = 24,		/* n: less than 2^n microseconds */
};

/* From any thread. */
struct pv_stats {
	struct {
		_Atomic uint64_t count, failed, ns;
		_Atomic uint64_t below[PV_STATS_BUCKETS];
	} commands[PV_STATS_OPCODES];
	_Atomic uint64_t results[PV_STATS_RESULTS];
	_Atomic uint64_t kicks, interrupts, events, events_lost, resets, revoked;
};

static inline uint64_t pv_stats_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void pv_stats_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static inline void pv_stats_count(struct pv_stats *stats, uint32_t opcode, unsigned int result,
				  uint64_t ns)
{
	uint64_t us = ns / 1000;
	unsigned int bucket = us ? 64 - (unsigned int)__builtin_clzll(us) : 0;

	if (opcode >= PV_STATS_OPCODES)
		opcode = 0;
	if (bucket >= PV_STATS_BUCKETS)
		bucket = PV_STATS_BUCKETS - 1;
	pv_stats_add(&stats->commands[opcode].count, 1);
	pv_stats_add(&stats->commands[opcode].failed, result != 0);
	pv_stats_add(&stats->commands[opcode].ns, ns);
	pv_stats_add(&stats->commands[opcode].below[bucket], 1);
	pv_stats_add(&stats->results[result % PV_STATS_RESULTS], 1);
}

#endif
