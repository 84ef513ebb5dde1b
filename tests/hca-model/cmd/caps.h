/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the limits that capabilities announce and tables obey. It must never
 * know who asks.
 */
#ifndef HCA_MODEL_CMD_CAPS_H
#define HCA_MODEL_CMD_CAPS_H

struct hca;

enum {
	CAP_LOG_MAX_QP = 17, CAP_LOG_MAX_SRQ = 16, CAP_LOG_MAX_CQ = 16, CAP_LOG_MAX_MKEY = 20,
	CAP_LOG_MAX_PD = 16, CAP_LOG_MAX_MCG = 13, CAP_LOG_MAX_XRCD = 16, CAP_MAX_QP_COUNTERS = 256,
};

/* Current capabilities back to the maximum, as at power-on. */
void caps_reset(struct hca *hca);

#endif
