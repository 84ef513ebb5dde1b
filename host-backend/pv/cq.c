// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns completion queues of the guest. Must never know what completes.
 */
#include "host-backend/hca/cq.h"

#include <endian.h>
#include <errno.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/ifc.h"
#include "host-backend/pv/kinds.h"
#include "host-backend/pv/pages.h"
#include "host-backend/pv/private.h"

enum { PERIOD_MAX = 4095, ACCESS = IOMMU_READ | IOMMU_WRITE };

/* @attr: as the CQ was made, for a resize; its ring is not looked at. */
struct pv_cq {
	struct pv_object o;
	struct hca_cq_attr attr;
};

static bool size_fits(struct pv *pv, uint32_t log_size)
{
	return log_size <= ifc_get(hca_caps(pv->adapter.hca), cmd_hca_cap__log_max_cq_sz);
}

static enum up_result check(struct pv *pv, struct pv_command *cmd)
{
	const struct up_create_cq *in = (const void *)cmd->in;
	uint32_t cqe = le32toh(in->cqe_bytes);

	if (le32toh(in->flags) & ~(uint32_t)UP_CQ_IGNORE_OVERRUN)
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_create_cq, flags));
	if (in->reserved)
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_create_cq, reserved));
	if (!size_fits(pv, le32toh(in->log_size)))
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_create_cq, log_size));
	if (cqe != 64 && cqe != 128)
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_create_cq, cqe_bytes));
	return UP_OK;
}

/* What it stands on and where it lies. */
static enum up_result gather(struct pv *pv, struct pv_command *cmd, struct pv_cq *cq)
{
	const struct up_create_cq *in = (const void *)cmd->in;
	struct hca_cq_attr *attr = &cq->attr;

	*attr = (struct hca_cq_attr){
		.log_size = (uint8_t)le32toh(in->log_size), .cqe_bytes = le32toh(in->cqe_bytes),
		.ignore_overrun = in->flags & htole32(UP_CQ_IGNORE_OVERRUN),
		.uar = le32toh(in->uar), .eqn = le32toh(in->eqn),
	};
	if (pv_object_use(pv, &cq->o, PV_UAR, attr->uar, NULL))
		return pv_refuse(cmd, UP_BAD_OBJECT, offsetof(struct up_create_cq, uar));
	if (pv_object_use(pv, &cq->o, PV_EQ, attr->eqn, NULL))
		return pv_refuse(cmd, UP_BAD_OBJECT, offsetof(struct up_create_cq, eqn));
	return pv_pages_record(pv, cmd, offsetof(struct up_create_cq, dbr), &cq->o,
			       &attr->dbr_iova);
}

enum up_result pv_cq_create(struct pv *pv, struct pv_command *cmd)
{
	struct pv_object *o;
	struct pv_cq *cq;
	enum up_result result = check(pv, cmd);
	uint32_t cqn = 0;
	int err;

	if (result)
		return result;
	result = pv_object_new(pv, PV_CQ, sizeof(*cq), &o);
	if (result)
		return result;
	cq = (struct pv_cq *)o;
	result = gather(pv, cmd, cq);
	if (!result)
		result = pv_pages_ring(pv, cmd, offsetof(struct up_create_cq, ring), ACCESS,
				       (uint64_t)cq->attr.cqe_bytes << cq->attr.log_size, o,
				       &cq->attr.ring);
	if (result)
		return pv_object_abort(pv, o, result);
	err = hca_cq_create(pv->adapter.hca, &cq->attr, &cqn);
	return pv_object_finish(pv, cmd, o, err, cqn);
}

/*
 * The new ring is an object of nobody's until the HCA has taken it. When that
 * is not sure neither ring can be used again.
 */
static enum up_result resize(struct pv *pv, struct pv_command *cmd, struct pv_cq *cq)
{
	const struct up_resize_cq *in = (const void *)cmd->in;
	struct pv_object ring = { .kind = PV_CQ };
	struct hca_cq_attr attr = cq->attr;
	enum up_result result;
	int err;

	attr.log_size = (uint8_t)le32toh(in->log_size);
	result = pv_pages_ring(pv, cmd, offsetof(struct up_resize_cq, ring), ACCESS,
			       (uint64_t)attr.cqe_bytes << attr.log_size, &ring, &attr.ring);
	if (result)
		return result;
	err = hca_cq_resize(pv->adapter.hca, cq->o.number, &attr);
	if (!err) {
		pv_memory_swap(pv, &cq->o, &ring);
		cq->attr = attr;
	}
	pv_memory_release(pv, &ring, !hca_cmd_unsure(err));
	if (hca_cmd_unsure(err))
		pv_adapter_doubt(pv);
	return err ? pv_hca_result(pv, cmd, err) : UP_OK;
}

enum up_result pv_cq_resize(struct pv *pv, struct pv_command *cmd)
{
	const struct up_resize_cq *in = (const void *)cmd->in;
	struct pv_object *o;
	enum up_result result;

	if (!size_fits(pv, le32toh(in->log_size)))
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_resize_cq, log_size));
	result = pv_object_claim(pv, PV_CQ, le32toh(in->cqn), false, &o);
	if (result)
		return result;
	result = resize(pv, cmd, (struct pv_cq *)o);
	pv_object_unclaim(pv, o);
	return result;
}

enum up_result pv_cq_moderate(struct pv *pv, struct pv_command *cmd)
{
	const struct up_moderate_cq *in = (const void *)cmd->in;
	uint16_t period = le16toh(in->period_us);
	struct pv_object *o;
	enum up_result result;
	int err;

	if (period > PERIOD_MAX)
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_moderate_cq, period_us));
	result = pv_object_claim(pv, PV_CQ, le32toh(in->cqn), false, &o);
	if (result)
		return result;
	err = hca_cq_moderate(pv->adapter.hca, o->number, period, le16toh(in->count));
	pv_object_unclaim(pv, o);
	return err ? pv_hca_result(pv, cmd, err) : UP_OK;
}

static int cq_destroy(struct pv *pv, struct pv_object *o)
{
	return hca_cq_destroy(pv->adapter.hca, o->number);
}

const struct pv_kind_ops pv_cq_ops = { .destroy = cq_destroy };
