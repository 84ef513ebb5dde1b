/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns measured times and what sums them up. Must never know what was measured.
 */
#ifndef TESTS_LAB_VERBS_SAMPLES_H
#define TESTS_LAB_VERBS_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct verbs_samples {
	uint64_t *ns;
	size_t n, room;
};

struct verbs_summary {
	uint64_t median_ns, mean_ns, min_ns;
};

/**
 * verbs_samples_init() - room for times; says what failed
 * @samples: filled
 * @room: most of them, not 0
 *
 * Return: 0; -ENOMEM.
 */
int verbs_samples_init(struct verbs_samples *samples, size_t room);

/**
 * verbs_samples_fini() - give the room back
 * @samples: initialized; all zero is allowed
 */
void verbs_samples_fini(struct verbs_samples *samples);

/**
 * verbs_samples_add() - one time more; there must be room
 * @samples: initialized
 * @ns: nanoseconds
 */
void verbs_samples_add(struct verbs_samples *samples, uint64_t ns);

/**
 * verbs_samples_sum_up() - median (of two, the mean), mean, minimum
 * @samples: at least one; sorted by this
 *
 * Return: the three.
 */
struct verbs_summary verbs_samples_sum_up(struct verbs_samples *samples);

#endif
