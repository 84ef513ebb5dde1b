/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what a shared receive queue of the guest is besides an object. Must
 * never know its users.
 */
#ifndef PV_SRQ_H
#define PV_SRQ_H

#include <stdbool.h>

#include "host-backend/pv/table.h"

struct pv_srq {
	struct pv_object o;		/* first */
	bool xrc;			/* else an RMP */
};

#endif
