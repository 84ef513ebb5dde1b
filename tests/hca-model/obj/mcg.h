/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns multicast groups of one HCA: which QPs get packets for which MGID. It
 * must never know the fabric's groups.
 */
#ifndef HCA_MODEL_OBJ_MCG_H
#define HCA_MODEL_OBJ_MCG_H

#include <stdint.h>

struct hca;
struct qp;

/* Call @fn for each QP attached to @mgid. @fn must not attach or detach. */
void mcg_each(struct hca *hca, const uint8_t mgid[16], void (*fn)(struct qp *qp, void *arg),
	      void *arg);
void mcg_detach_all(struct hca *hca, struct qp *qp);

#endif
