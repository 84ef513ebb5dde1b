/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the commands on protection domains. Must never know what is in one.
 */
#ifndef HCA_PD_H
#define HCA_PD_H

#include <stdint.h>

struct hca;

/* Errors of hca_cmd(); hca_cmd_unsure() of an error: a PD may be lost, which costs nothing else. */
int hca_pd_alloc(struct hca *hca, uint32_t *pd);
/* Errors of hca_cmd(): the PD may still be there. -EREMOTEIO while something is in it. */
int hca_pd_dealloc(struct hca *hca, uint32_t pd);

#endif
