/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what differs between kinds of objects when they end. Must never know why
 * they do.
 */
#ifndef PV_KINDS_H
#define PV_KINDS_H

#include "host-backend/pv/table.h"

struct pv;

/**
 * struct pv_kind_ops - one kind
 * @destroy: at the HCA; errors of hca_cmd(). NULL: it knows nothing of it
 * @lost: in place of the end when @destroy did not confirm it. NULL: nothing
 * @gone: the object is about to be freed. NULL: nothing
 */
struct pv_kind_ops {
	int (*destroy)(struct pv *pv, struct pv_object *o);
	void (*lost)(struct pv *pv, struct pv_object *o);
	void (*gone)(struct pv *pv, struct pv_object *o);
};

extern const struct pv_kind_ops pv_uar_ops, pv_pd_ops, pv_xrcd_ops, pv_pages_ops, pv_mr_ops,
	pv_eq_ops, pv_cq_ops, pv_srq_ops, pv_qp_ops;

const struct pv_kind_ops *pv_kind_ops(enum pv_kind kind);

#endif
