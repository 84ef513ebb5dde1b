/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what a queue pair of the guest is besides an object. Must never know its
 * rings.
 */
#ifndef PV_QP_H
#define PV_QP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "host-backend/hca/qp.h"
#include "host-backend/pv/table.h"

/* A multicast group that the queue pair is in; unless @sure, it may be. */
struct pv_mcast {
	LIST_ENTRY(pv_mcast) entry;
	uint8_t gid[16];
	bool sure;
};

/**
 * struct pv_qp - a queue pair; what changes belongs to whoever claimed it
 * @attr: as it was made; its ring is not looked at
 * @state: enum up_qp_state that commands brought it to
 * @access: enum up_access that the guest wants
 * @mcasts: see mcast.c
 */
struct pv_qp {
	struct pv_object o;		/* first */
	struct hca_qp_attr attr;
	uint8_t state;
	uint32_t access;
	LIST_HEAD(, pv_mcast) mcasts;
};

/* mcast.c: the queue pair is gone, and with it its memberships. */
void pv_mcast_forget(struct pv *pv, struct pv_qp *qp);

/* qp_modify.c: attributes as the HCA has them. */
struct up_qp_attr;
void pv_qp_attr_fill(const struct hca_qp_info *info, struct up_qp_attr *attr);

#endif
