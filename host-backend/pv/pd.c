// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns protection domains and XRC domains of the guest. Must never know what is
 * in one.
 */
#include "host-backend/hca/pd.h"
#include "host-backend/hca/xrcd.h"
#include "host-backend/pv/kinds.h"
#include "host-backend/pv/private.h"

static enum up_result alloc(struct pv *pv, struct pv_command *cmd, enum pv_kind kind,
			    int (*make)(struct hca *hca, uint32_t *number))
{
	struct pv_object *o;
	enum up_result result = pv_object_new(pv, kind, sizeof(*o), &o);
	uint32_t number = 0;
	int err;

	if (result)
		return result;
	err = make(pv->adapter.hca, &number);
	return pv_object_finish(pv, cmd, o, err, number);
}

enum up_result pv_pd_alloc(struct pv *pv, struct pv_command *cmd)
{
	return alloc(pv, cmd, PV_PD, hca_pd_alloc);
}

enum up_result pv_xrcd_alloc(struct pv *pv, struct pv_command *cmd)
{
	return alloc(pv, cmd, PV_XRCD, hca_xrcd_alloc);
}

static int pd_destroy(struct pv *pv, struct pv_object *o)
{
	return hca_pd_dealloc(pv->adapter.hca, o->number);
}

static int xrcd_destroy(struct pv *pv, struct pv_object *o)
{
	return hca_xrcd_dealloc(pv->adapter.hca, o->number);
}

const struct pv_kind_ops pv_pd_ops = { .destroy = pd_destroy };
const struct pv_kind_ops pv_xrcd_ops = { .destroy = xrcd_destroy };
