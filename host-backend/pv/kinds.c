// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how objects of all kinds come to their end. Must never know why they do.
 */
#include "host-backend/pv/kinds.h"

#include <endian.h>

#include "host-backend/pv/private.h"

const struct pv_kind_ops *pv_kind_ops(enum pv_kind kind)
{
	static const struct pv_kind_ops *const ops[PV_KINDS] = {
		[PV_UAR] = &pv_uar_ops, [PV_PD] = &pv_pd_ops, [PV_XRCD] = &pv_xrcd_ops,
		[PV_PAGES] = &pv_pages_ops, [PV_MR] = &pv_mr_ops, [PV_EQ] = &pv_eq_ops,
		[PV_CQ] = &pv_cq_ops, [PV_SRQ] = &pv_srq_ops, [PV_QP] = &pv_qp_ops,
	};

	return ops[kind];
}

/* Not sent, or refused: it is as it was. */
static bool still_there(int err)
{
	return !hca_cmd_unsure(err);
}

void pv_object_doubt(struct pv *pv, struct pv_object *o)
{
	const struct pv_kind_ops *ops = pv_kind_ops(o->kind);

	pv_memory_release(pv, o, false);
	pv_adapter_doubt(pv);
	if (ops->lost)
		ops->lost(pv, o);
	pv_object_lose(pv, o);
}

int pv_object_end(struct pv *pv, struct pv_object *o)
{
	const struct pv_kind_ops *ops = pv_kind_ops(o->kind);
	int err = ops->destroy ? ops->destroy(pv, o) : 0;

	if (err && still_there(err)) {
		pv_object_unclaim(pv, o);
		return err;
	}
	if (err) {
		pv_object_doubt(pv, o);
		return err;
	}
	pv_memory_release(pv, o, true);
	if (ops->gone)
		ops->gone(pv, o);
	pv_object_remove(pv, o);
	return 0;
}

enum up_result pv_object_abort(struct pv *pv, struct pv_object *o, enum up_result result)
{
	pv_memory_release(pv, o, true);
	pv_object_discard(pv, o);
	return result;
}

enum up_result pv_object_finish(struct pv *pv, struct pv_command *cmd, struct pv_object *o,
				int err, uint32_t number)
{
	struct up_number_out *out = (void *)cmd->out;
	bool unsure = hca_cmd_unsure(err);
	enum up_result result = err ? pv_hca_result(pv, cmd, err) : UP_OK;

	out->number = htole32(number);
	if (!err && pv_object_publish(pv, o, number))
		return UP_OK;
	if (!err) {
		pv_log(pv, PV_LOG_ERROR, "the HCA gave the number 0x%x twice", number);
		result = UP_HCA_FAILED;
		unsure = true;
	}
	if (unsure)
		pv_adapter_doubt(pv);
	pv_memory_release(pv, o, !unsure);
	pv_object_discard(pv, o);
	return result;
}
