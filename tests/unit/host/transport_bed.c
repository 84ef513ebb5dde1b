// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the opening of a transport to a model. It must never know
 * what a test is after.
 */
#include "tests/unit/host/transport_bed.h"

struct hca_transport *transport_bed_open(struct model_bed *bed)
{
	struct hca_open_error error = { "" };
	struct hca_transport *t;

	if (hca_transport_open(model_bed_device(bed, 0), &t, &error))
		fail_msg("%s", error.text);
	return t;
}
