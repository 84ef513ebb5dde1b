/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the making and unmaking of an HCA for the model. It must never know
 * other HCAs.
 */
#ifndef HCA_MODEL_HCA_DEVICE_H
#define HCA_MODEL_HCA_DEVICE_H

#include "tests/hca-model/model.h"

int hca_create(struct model *model, const struct model_hca_config *config, struct hca **out);
void hca_destroy(struct hca *hca);	/* accepts half-built ones */

#endif
