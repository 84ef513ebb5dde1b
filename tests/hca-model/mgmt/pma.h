/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the performance management agent of a port. It must never know how the
 * MAD travelled.
 */
#ifndef HCA_MODEL_MGMT_PMA_H
#define HCA_MODEL_MGMT_PMA_H

#include <stdint.h>

struct port;
struct port_counters;

/* Replace the request in @mad (256 bytes, Get or Set of class 0x04) by its answer. */
void pma_answer(struct port *port, uint8_t *mad);

/* What was counted since @base, counter by counter. */
void counters_since(const struct port_counters *now, const struct port_counters *base,
		    struct port_counters *out);

#endif
