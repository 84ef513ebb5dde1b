/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what creation and transitions of queue pairs both put into a context.
 * Private to them; must never know a command.
 */
#ifndef HCA_QP_PRIVATE_H
#define HCA_QP_PRIVATE_H

#include "host-backend/hca/defaults.h"
#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/qp.h"

enum {
	QP_PM_MIGRATED = 3,		/* no alternate path */
	QP_ATOMIC_IB = 1,		/* qpc.atomic_mode: 8 bytes, as IBA has them */
};

/* qpc.st; -EINVAL: no such type. */
int hca_qp_service(enum hca_qp_type type);
static inline bool hca_qp_is_xrc(enum hca_qp_type type)
{
	return type == HCA_QP_XRC_INI || type == HCA_QP_XRC_TGT;
}

static inline bool hca_qp_is_special(enum hca_qp_type type)
{
	return type == HCA_QP_SMI || type == HCA_QP_GSI;
}

/* PD as the context names it. */
static inline uint32_t hca_qp_pd(const struct hca_qp_attr *attr,
				 const struct hca_defaults *defaults)
{
	return attr->type == HCA_QP_XRC_TGT ? defaults->pd : attr->pd;
}

#endif
