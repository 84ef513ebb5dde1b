/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns two RC QPs of one port that are connected to each other, each with a CQ
 * and a completion channel. Must never know what is sent between them.
 */
#ifndef TESTS_LAB_VERBS_PAIR_H
#define TESTS_LAB_VERBS_PAIR_H

#include "tests/lab/verbs/device.h"

struct verbs_end {
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
};

struct verbs_pair {
	struct verbs_end end[2];
};

/**
 * verbs_pair_create() - both ends, in RTS; says what failed
 * @device: whose
 * @inline_bytes: a send can carry inline
 * @pair: filled; nothing is left after an error
 *
 * Return: 0; what libibverbs says.
 */
int verbs_pair_create(const struct verbs_device *device, uint32_t inline_bytes, struct verbs_pair *pair);

/**
 * verbs_pair_destroy() - destroy both ends; all events must have been acknowledged
 * @pair: created; half of it or all zero is allowed
 *
 * Return: 0, or the last error; all that can be destroyed is.
 */
int verbs_pair_destroy(struct verbs_pair *pair);

#endif
