/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the init segment's registers, as 32-bit words in host order. It must
 * never know how they travel.
 */
#ifndef HCA_MODEL_PCI_INIT_SEGMENT_H
#define HCA_MODEL_PCI_INIT_SEGMENT_H

#include <stdint.h>

struct hca;

enum { INIT_SEGMENT_BYTES = 0x3000 };

uint32_t init_segment_read(struct hca *hca, uint32_t reg);
void init_segment_write(struct hca *hca, uint32_t reg, uint32_t value);

#endif
