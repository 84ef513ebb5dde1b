/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the commands on XRC domains. Must never know what is in one.
 */
#ifndef HCA_XRCD_H
#define HCA_XRCD_H

#include <stdint.h>

struct hca;

/* As hca_pd_alloc() and hca_pd_dealloc(). */
int hca_xrcd_alloc(struct hca *hca, uint32_t *xrcd);
int hca_xrcd_dealloc(struct hca *hca, uint32_t xrcd);

#endif
