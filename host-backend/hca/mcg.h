/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the commands on multicast groups of UD queue pairs. Must never know who
 * joined a group in the fabric.
 */
#ifndef HCA_MCG_H
#define HCA_MCG_H

#include <stdint.h>

struct hca;

/* -EINVAL: not a multicast GID; errors of hca_cmd(). Attaching twice is no error. */
int hca_mcg_attach(struct hca *hca, uint32_t qpn, const uint8_t mgid[16]);
/* Errors of hca_cmd(): it may still be attached. Destroying the QP detaches it. */
int hca_mcg_detach(struct hca *hca, uint32_t qpn, const uint8_t mgid[16]);

#endif
