// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns memory regions of user space. Must never know who accesses them.
 */
#include <linux/slab.h>

#include "command.h"
#include "pages.h"
#include "verbs.h"

/* Of all IB_ACCESS_*: those that are not the HCA's business are heeded elsewhere, or are hints. */
static u32 to_wire_access(int access)
{
	return (access & IB_ACCESS_LOCAL_WRITE ? UP_ACCESS_LOCAL_WRITE : 0) |
	       (access & IB_ACCESS_REMOTE_WRITE ? UP_ACCESS_REMOTE_WRITE : 0) |
	       (access & IB_ACCESS_REMOTE_READ ? UP_ACCESS_REMOTE_READ : 0) |
	       (access & IB_ACCESS_REMOTE_ATOMIC ? UP_ACCESS_REMOTE_ATOMIC : 0);
}

/* @mr with its memory becomes a region. The memory stays the caller's on failure. */
static int reg(struct up_dev *dev, struct ib_pd *ibpd, u64 iova, struct up_mr *mr)
{
	struct up_reg_mr in = {
		.pd = cpu_to_le32(to_up_pd(ibpd)->pdn),
		.access = cpu_to_le32(to_wire_access(mr->access)),
		.va = cpu_to_le64(iova),
	};
	struct up_reg_mr_out out;
	struct up_page_list list;
	int err;

	if ((iova ^ mr->umem->address) & ~PAGE_MASK)
		return -EINVAL;
	err = up_pages_of_umem(dev, mr->umem, &list);
	if (err)
		return err;
	in.pages = list.wire;
	err = up_command(dev, UP_REG_MR, &in, sizeof(in), &out, sizeof(out));
	up_pages_free(&list);
	if (err)
		return err;
	mr->ibmr.lkey = le32_to_cpu(out.lkey);
	mr->ibmr.rkey = le32_to_cpu(out.rkey);
	mr->ibmr.iova = iova;
	mr->ibmr.length = mr->umem->length;
	return 0;
}

static struct ib_mr *reg_user_mr(struct ib_pd *ibpd, u64 start, u64 length, u64 iova, int access)
{
	struct up_dev *dev = to_up_dev(ibpd->device);
	struct up_mr *mr;
	int err;

	if (access & IB_ACCESS_ON_DEMAND)
		return ERR_PTR(-EOPNOTSUPP);
	if (length > dev->caps.max_mr_bytes)
		return ERR_PTR(-EINVAL);
	mr = kzalloc(sizeof(*mr), GFP_KERNEL);
	if (!mr)
		return ERR_PTR(-ENOMEM);
	mr->access = access;
	mr->umem = up_mem_get(dev, start, length, access);
	if (IS_ERR(mr->umem)) {
		err = PTR_ERR(mr->umem);
		goto free;
	}
	err = reg(dev, ibpd, iova, mr);
	if (err)
		goto put;
	return &mr->ibmr;

put:
	up_mem_put(dev, mr->umem, up_command_unsure(dev, err));
free:
	kfree(mr);
	return ERR_PTR(err);
}

struct ib_mr *up_reg_user_mr(struct ib_pd *ibpd, u64 start, u64 length, u64 iova, int access,
			     UP_COMPAT_DMAH struct ib_udata *udata)
{
	if (up_compat_has_dmah)
		return ERR_PTR(-EOPNOTSUPP);
	return reg_user_mr(ibpd, start, length, iova, access);
}

/* The same pages in a new region: they go over to it, the old one keeps none. */
static struct ib_mr *reuse_memory(struct up_mr *old, struct ib_pd *ibpd, int access)
{
	struct up_dev *dev = to_up_dev(ibpd->device);
	struct up_mr *mr;
	int err;

	mr = kzalloc(sizeof(*mr), GFP_KERNEL);
	if (!mr)
		return ERR_PTR(-ENOMEM);
	mr->access = access;
	mr->umem = old->umem;
	err = reg(dev, ibpd, old->ibmr.iova, mr);
	if (err)
		goto free;
	/* Both name the pages until the core ends the old region, which it does next. */
	old->umem = NULL;
	return &mr->ibmr;

free:
	/* It is still the old one's, which will find out whether the HCA has it. */
	kfree(mr);
	return ERR_PTR(err);
}

/* The same region under the same keys; -EFAULT: it would be written, but was given for reading. */
static int change(struct up_mr *mr, struct ib_pd *ibpd, int access)
{
	struct up_rereg_mr in = {
		.lkey = cpu_to_le32(mr->ibmr.lkey),
		.pd = cpu_to_le32(to_up_pd(ibpd)->pdn),
		.access = cpu_to_le32(to_wire_access(access)),
	};
	int err;

	if (ib_access_writable(access) && !mr->umem->writable)
		return -EFAULT;
	err = up_command(to_up_dev(ibpd->device), UP_REREG_MR, &in, sizeof(in), NULL, 0);
	if (!err)
		mr->access = access;
	return err;
}

/*
 * NULL: the old region has become what was asked for. Else a new one with new
 * keys; the core ends the old one then. That is for other memory, for memory that
 * has to be pinned anew because it is to be written, and where the host or its
 * HCA cannot change what there is.
 */
struct ib_mr *up_rereg_user_mr(struct ib_mr *ibmr, int flags, u64 start, u64 length, u64 iova,
			       int access, struct ib_pd *ibpd, struct ib_udata *udata)
{
	struct up_mr *old = to_up_mr(ibmr);
	int err;

	if (!old->umem)
		return ERR_PTR(-EINVAL);
	if (!(flags & IB_MR_REREG_ACCESS))
		access = old->access;
	if (!(flags & IB_MR_REREG_PD))
		ibpd = ibmr->pd;
	if (flags & IB_MR_REREG_TRANS)
		return reg_user_mr(ibpd, start, length, iova, access);
	if (access & IB_ACCESS_ON_DEMAND)
		return ERR_PTR(-EOPNOTSUPP);
	err = change(old, ibpd, access);
	if (err == -EFAULT)
		return reg_user_mr(ibpd, old->umem->address, old->umem->length, ibmr->iova,
				   access);
	if (err == -EOPNOTSUPP)
		return reuse_memory(old, ibpd, access);
	return ERR_PTR(err);
}

int up_dereg_mr(struct ib_mr *ibmr, struct ib_udata *udata)
{
	struct up_dev *dev = to_up_dev(ibmr->device);
	struct up_mr *mr = to_up_mr(ibmr);
	int err;

	err = up_command_destroy(dev, UP_DEREG_MR, ibmr->lkey);
	if (err == -EBUSY)
		return err;
	up_mem_put(dev, mr->umem, err);
	kfree(mr);
	return 0;
}
