/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the opening and closing of a transport to a model. It must never know
 * what a test is after.
 */
#ifndef TESTS_UNIT_HOST_TRANSPORT_BED_H
#define TESTS_UNIT_HOST_TRANSPORT_BED_H

#include "host-backend/hca/transport.h"
#include "tests/unit/host/model_bed.h"

/* To the bed's first HCA; asserts that it opens. */
struct hca_transport *transport_bed_open(struct model_bed *bed);
/* With its domain, which nobody took. */
void transport_bed_close(struct hca_transport *t);

#endif
