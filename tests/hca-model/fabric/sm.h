/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the built-in subnet manager. It must never know how a port tells its
 * owner.
 */
#ifndef HCA_MODEL_FABRIC_SM_H
#define HCA_MODEL_FABRIC_SM_H

#include <stdbool.h>
#include <stdint.h>

struct fabric;
struct port;
struct sm;

enum { SM_PRIORITY = 15, SM_STATE_MASTER = 3, SM_STATE_NOT_ACTIVE = 0 };

int sm_create(struct fabric *fabric, struct sm **out);
void sm_destroy(struct sm *sm);
/* Something changed in the fabric: sweep soon. */
void sm_wake(struct fabric *fabric);
void sm_forget(struct fabric *fabric, struct port *port);
bool sm_is_on(const struct fabric *fabric);
/* Sweeps since the start, as SMInfo.ActCount counts. */
uint32_t sm_sweeps(const struct fabric *fabric);

#endif
