/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the fabric: the switch that joins the ports, its subnet manager, and
 * the faults it is told to make. It must never know HCAs.
 */
#ifndef HCA_MODEL_FABRIC_FABRIC_H
#define HCA_MODEL_FABRIC_FABRIC_H

#include <stdint.h>

struct event_base;
struct fabric;

int fabric_create(struct event_base *base, struct fabric **out);
void fabric_destroy(struct fabric *fabric);

#endif
