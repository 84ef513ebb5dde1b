/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the opening of a transport to a model. It must never know
 * what a test is after.
 */
#ifndef TESTS_UNIT_HOST_TRANSPORT_BED_H
#define TESTS_UNIT_HOST_TRANSPORT_BED_H

#include "host-backend/hca/transport.h"
#include "tests/unit/host/model_bed.h"

/* To the bed's first HCA; asserts that it opens. hca_transport_close() ends it. */
struct hca_transport *transport_bed_open(struct model_bed *bed);

#endif
