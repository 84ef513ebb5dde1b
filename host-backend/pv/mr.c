// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns memory regions of the guest. Must never know how they are mapped.
 */
#include <endian.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/mkey.h"
#include "host-backend/pv/kinds.h"
#include "host-backend/pv/pages.h"
#include "host-backend/pv/private.h"

enum {
	ACCESS_REMOTE_CHANGE = UP_ACCESS_REMOTE_WRITE | UP_ACCESS_REMOTE_ATOMIC,
	ACCESS_ALL = UP_ACCESS_LOCAL_WRITE | UP_ACCESS_REMOTE_READ | ACCESS_REMOTE_CHANGE,
};

/* @access: as the guest last had it. The domain is what it stands on, and all that is. */
struct pv_mr {
	struct pv_object o;
	uint32_t access;
};

static unsigned int mkey_access(uint32_t access)
{
	return HCA_MKEY_LOCAL_READ |
	       (access & UP_ACCESS_LOCAL_WRITE ? HCA_MKEY_LOCAL_WRITE : 0u) |
	       (access & UP_ACCESS_REMOTE_READ ? HCA_MKEY_REMOTE_READ : 0u) |
	       (access & UP_ACCESS_REMOTE_WRITE ? HCA_MKEY_REMOTE_WRITE : 0u) |
	       (access & UP_ACCESS_REMOTE_ATOMIC ? HCA_MKEY_REMOTE_ATOMIC : 0u);
}

static enum up_result check_access(struct pv_command *cmd, uint32_t access, size_t at)
{
	if (access & ~(uint32_t)ACCESS_ALL)
		return pv_refuse(cmd, UP_BAD_COMMAND, at);
	/* IBA volume 1, 10.6.3.1: who changes from afar may be read back here. */
	if (access & ACCESS_REMOTE_CHANGE && !(access & UP_ACCESS_LOCAL_WRITE))
		return pv_refuse(cmd, UP_BAD_VALUE, at);
	return UP_OK;
}

static enum up_result check(struct pv *pv, struct pv_command *cmd)
{
	const struct up_reg_mr *in = (const void *)cmd->in;
	uint64_t va = le64toh(in->va), bytes = le64toh(in->pages.bytes);
	uint64_t log_max = ifc_get(hca_caps(pv->adapter.hca), cmd_hca_cap__log_max_mrw_sz);
	enum up_result result = check_access(cmd, le32toh(in->access),
					     offsetof(struct up_reg_mr, access));

	if (result)
		return result;
	if ((va & (UP_PAGE - 1)) != le32toh(in->pages.offset))
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_reg_mr, va));
	if (!bytes || bytes - 1 > UINT64_MAX - va || (bytes - 1) >> log_max)
		return pv_refuse(cmd, UP_BAD_VALUE, offsetof(struct up_reg_mr, pages.bytes));
	if (bytes > pv->config.limits.mr_bytes)
		return pv_refuse(cmd, UP_QUOTA, IOMMU_OWNER_BYTES);
	return UP_OK;
}

static int create(struct pv *pv, const struct up_reg_mr *in, struct pv_object *o, uint32_t *key)
{
	const struct hca_mkey_attr attr = {
		.pd = le32toh(in->pd), .access = mkey_access(le32toh(in->access)),
		.changeable = true,
		.variant = (uint8_t)atomic_fetch_add(&pv->adapter.next_variant, 1),
		.start = le64toh(in->va), .len = le64toh(in->pages.bytes),
	};
	const struct bus_run *runs;
	size_t n;

	runs = iommu_registration_bus(o->memory, &n);
	return hca_mkey_create(pv->adapter.hca, &attr, runs, n, attr.start & (UP_PAGE - 1), key);
}

enum up_result pv_mr_register(struct pv *pv, struct pv_command *cmd)
{
	const struct up_reg_mr *in = (const void *)cmd->in;
	struct up_reg_mr_out *out = (void *)cmd->out;
	unsigned int access = IOMMU_READ;
	struct pv_object *o;
	enum up_result result = check(pv, cmd);
	uint32_t key = 0;
	int err;

	if (result)
		return result;
	if (in->access & htole32(UP_ACCESS_LOCAL_WRITE))
		access |= IOMMU_WRITE;
	result = pv_object_new(pv, PV_MR, sizeof(struct pv_mr), &o);
	if (result)
		return result;
	((struct pv_mr *)o)->access = le32toh(in->access);
	if (pv_object_use(pv, o, PV_PD, le32toh(in->pd), NULL))
		return pv_object_abort(pv, o, pv_refuse(cmd, UP_BAD_OBJECT,
							offsetof(struct up_reg_mr, pd)));
	result = pv_pages_register(pv, cmd, offsetof(struct up_reg_mr, pages), access,
				   le64toh(in->va), o);
	if (result)
		return pv_object_abort(pv, o, result);
	err = create(pv, in, o, &key);
	result = pv_object_finish(pv, cmd, o, err, key);
	out->lkey = htole32(key);
	out->rkey = htole32(key);
	return result;
}

/* Whether it can be done at all, without a new region. */
static enum up_result check_change(struct pv *pv, struct pv_command *cmd, struct pv_mr *mr)
{
	const struct up_rereg_mr *in = (const void *)cmd->in;
	uint32_t access = le32toh(in->access);

	if (access & UP_ACCESS_LOCAL_WRITE && !pv_memory_is_writable(pv, &mr->o))
		return pv_refuse(cmd, UP_BAD_MEMORY, IOMMU_READ_ONLY);
	if (!hca_umr_can(pv->adapter.hca, mkey_access(mr->access), mkey_access(access)))
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_rereg_mr, access));
	return UP_OK;
}

/*
 * Claimed. Until it is known which domain it is in, it stands on both. When that
 * never comes to be known the region is lost, and keeps both.
 */
static enum up_result change(struct pv *pv, struct pv_command *cmd, struct pv_mr *mr)
{
	const struct up_rereg_mr *in = (const void *)cmd->in;
	uint32_t pd = le32toh(in->pd), access = le32toh(in->access);
	bool moves = pd != mr->o.uses[0]->number, perhaps;
	enum up_result result = check_change(pv, cmd, mr);
	int err;

	if (!result && moves && pv_object_use(pv, &mr->o, PV_PD, pd, NULL))
		result = pv_refuse(cmd, UP_BAD_OBJECT, offsetof(struct up_rereg_mr, pd));
	if (result) {
		pv_object_unclaim(pv, &mr->o);
		return result;
	}
	err = hca_umr_change(pv->adapter.umr, mr->o.number, pd, mkey_access(access), &perhaps);
	if (err && perhaps) {
		pv_object_doubt(pv, &mr->o);
		return pv_hca_result(pv, cmd, err);
	}
	if (hca_cmd_unsure(err))
		pv_adapter_doubt(pv);
	if (!err)
		mr->access = access;
	if (moves)
		pv_object_leave(pv, &mr->o, err ? 1 : 0);
	pv_object_unclaim(pv, &mr->o);
	return err ? pv_hca_result(pv, cmd, err) : UP_OK;
}

enum up_result pv_mr_change(struct pv *pv, struct pv_command *cmd)
{
	const struct up_rereg_mr *in = (const void *)cmd->in;
	enum up_result result = check_access(cmd, le32toh(in->access),
					     offsetof(struct up_rereg_mr, access));
	struct pv_object *o;

	if (in->reserved)
		return pv_refuse(cmd, UP_BAD_COMMAND, offsetof(struct up_rereg_mr, reserved));
	if (result)
		return result;
	result = pv_object_claim(pv, PV_MR, le32toh(in->lkey), false, &o);
	return result ? result : change(pv, cmd, (struct pv_mr *)o);
}

static int mr_destroy(struct pv *pv, struct pv_object *o)
{
	return hca_mkey_destroy(pv->adapter.hca, o->number);
}

const struct pv_kind_ops pv_mr_ops = { .destroy = mr_destroy };
const struct pv_kind_ops pv_pages_ops = { .destroy = NULL };
