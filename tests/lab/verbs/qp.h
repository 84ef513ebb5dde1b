/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns an RC QP: its making, and its way to RTS. Must never know what is sent
 * by it.
 */
#ifndef TESTS_LAB_VERBS_QP_H
#define TESTS_LAB_VERBS_QP_H

#include "tests/lab/verbs/device.h"

/**
 * verbs_qp_create() - an RC QP with room for one send and one receive; says what failed
 * @device: whose
 * @cq: for both queues; stays the caller's, and must live longer
 * @inline_bytes: a send can carry inline
 * @out: the QP, for ibv_destroy_qp()
 *
 * Return: 0; what libibverbs says.
 */
int verbs_qp_create(const struct verbs_device *device, struct ibv_cq *cq, uint32_t inline_bytes,
		    struct ibv_qp **out);

/**
 * verbs_qp_connect() - from RESET to INIT, RTR and RTS; says what failed
 * @device: whose
 * @qp: the QP
 * @peer: number of a QP on the same port; may be @qp's own
 *
 * Return: 0; what libibverbs says. The QP then stays in the state it reached.
 */
int verbs_qp_connect(const struct verbs_device *device, struct ibv_qp *qp, uint32_t peer);

#endif
