/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how static rates of the contract, which are IBA's, become the HCA's and
 * back. Must never know paths.
 */
#ifndef PV_RATE_H
#define PV_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct pv;

/* 0 is the port's own. */
bool pv_rate_known(uint8_t rate);
/* The HCA's code; of a rate that it does not limit to, the next lower one's it does. */
uint8_t pv_rate_to_hca(struct pv *pv, uint8_t rate);
uint8_t pv_rate_from_hca(uint8_t code);

#endif
