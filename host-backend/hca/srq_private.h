/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what XRC SRQs and RMPs have in common. Private to them; must never know
 * either's layout.
 */
#ifndef HCA_SRQ_PRIVATE_H
#define HCA_SRQ_PRIVATE_H

#include "host-backend/hca/srq.h"

enum {
	SRQ_LOG_SIZE_MAX = 15,
	SRQ_LOG_STRIDE_MIN = 5, SRQ_LOG_STRIDE_MAX = 11,	/* bytes */
};

/* The sizes checked and the pages planned: 0, -EINVAL. */
int hca_srq_plan(const struct hca_srq_attr *attr, unsigned int max_units, struct hca_pas *pas);

#endif
