/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the commands on receive memory pools, which are what a basic shared
 * receive queue is from ISSI 1 on. Must never know what is received.
 */
#ifndef HCA_RMP_H
#define HCA_RMP_H

#include "host-backend/hca/srq.h"

/* As their namesakes in srq.h. The number is what QPs name as their SRQ. */
int hca_rmp_create(struct hca *hca, const struct hca_srq_attr *attr, uint32_t *rmpn);
int hca_rmp_destroy(struct hca *hca, uint32_t rmpn);
int hca_rmp_arm(struct hca *hca, uint32_t rmpn, uint16_t limit);
int hca_rmp_query(struct hca *hca, uint32_t rmpn, struct hca_srq_info *info);

#endif
