/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the count of pages that the firmware needs. It must never know what it
 * keeps there.
 */
#ifndef HCA_MODEL_CMD_PAGES_H
#define HCA_MODEL_CMD_PAGES_H

#include <stdbool.h>

struct hca;

/* Whether the driver has lent what INIT_HCA needs. */
bool pages_suffice(const struct hca *hca);

#endif
