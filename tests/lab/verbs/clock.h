/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the clock of these programs. Must never know what is timed.
 */
#ifndef TESTS_LAB_VERBS_CLOCK_H
#define TESTS_LAB_VERBS_CLOCK_H

#include <stdint.h>
#include <time.h>

#define VERBS_NS_PER_S	1000000000ull

/* Monotonic, in nanoseconds; by the vDSO, so without a system call where the machine's clock allows it. */
static inline uint64_t verbs_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * VERBS_NS_PER_S + (uint64_t)t.tv_nsec;
}

#endif
