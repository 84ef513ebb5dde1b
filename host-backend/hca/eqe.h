/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what an asynchronous event says, and who is to know. Must never know
 * queues.
 */
#ifndef HCA_EQE_H
#define HCA_EQE_H

#include "host-backend/hca/ifc/wqe.h"

struct hca;

/* In the event thread: to the command queue, the pages, or the HCA's owner. */
void hca_eqe_handle(struct hca *hca, const struct eqe *eqe);

#endif
