// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns completion queues in user memory. User space polls and arms them itself
 * (its UAR page); here they are made, resized and ended. Must never know what
 * completes.
 */
#include <linux/log2.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/mlx5-abi.h>
#include <rdma/mlx5_user_ioctl_cmds.h>
#include <rdma/uverbs_ioctl.h>

#include "command.h"
#include "eq.h"
#include "pages.h"
#include "uar.h"
#include "verbs.h"

#define UVERBS_MODULE_NAME underpass
#include <rdma/uverbs_named_ioctl.h>

enum { MAX_PERIOD_US = 0xfff };

/* Entries of a ring for @cqe completions; 0: too many. */
static u32 ring_entries(const struct up_dev *dev, u32 cqe)
{
	u32 max = 1u << dev->caps.log_max_cq;

	return cqe < max ? roundup_pow_of_two(cqe + 1) : 0;
}

static int read_request(const struct up_dev *dev, struct ib_udata *udata,
			struct mlx5_ib_create_cq *cmd)
{
	int err;

	if (udata->inlen < offsetof(struct mlx5_ib_create_cq, flags))
		return -EINVAL;
	memset(cmd, 0, sizeof(*cmd));
	err = ib_copy_from_udata(cmd, udata, min(udata->inlen, sizeof(*cmd)));
	if (err)
		return err;
	if (cmd->reserved0 || cmd->reserved1)
		return -EINVAL;
	if (cmd->cqe_size != 64 && cmd->cqe_size != 128)
		return -EINVAL;
	if (cmd->cqe_size == 128 && !(dev->caps.flags & UP_DEVICE_CQE_128))
		return -EOPNOTSUPP;
	if (cmd->cqe_comp_en || (cmd->flags & ~MLX5_IB_CREATE_CQ_FLAGS_UAR_PAGE_INDEX))
		return -EOPNOTSUPP;
	return 0;
}

/* The page in which user space arms this queue. */
static int find_uar(struct up_ucontext *context, const struct mlx5_ib_create_cq *cmd,
		    struct uverbs_attr_bundle *attrs, struct up_uar **uar)
{
	u32 number;
	int err;

	if (uverbs_attr_is_valid(attrs, MLX5_IB_ATTR_CREATE_CQ_UAR_INDEX)) {
		err = uverbs_copy_from(&number, attrs, MLX5_IB_ATTR_CREATE_CQ_UAR_INDEX);
		if (err)
			return err;
	} else if (cmd->flags & MLX5_IB_CREATE_CQ_FLAGS_UAR_PAGE_INDEX) {
		number = cmd->uar_page_index;
	} else if (context->static_uar) {
		number = context->static_uar->uar->number;
	} else {
		return -EINVAL;
	}
	*uar = up_uar_get_mapped(context, number);
	return *uar ? 0 : -EINVAL;
}

static int command_create(struct up_dev *dev, struct up_cq *cq, u32 entries, u32 flags)
{
	struct up_create_cq in = {
		.log_size = cpu_to_le32(ilog2(entries)),
		.cqe_bytes = cpu_to_le32(cq->cqe_bytes),
		.uar = cpu_to_le32(cq->uar->number),
		.eqn = cpu_to_le32(up_eq_number(cq->eq)),
		.flags = cpu_to_le32(flags),
		.dbr = up_db_wire(&cq->db),
	};
	struct up_page_list list;
	int err;

	err = up_pages_of_umem(dev, cq->umem, &list);
	if (err)
		return err;
	in.ring = list.wire;
	err = up_command_create(dev, UP_CREATE_CQ, &in, sizeof(in), &cq->cqn);
	up_pages_free(&list);
	return err;
}

/* Events find it from now on, and user space learns its number. */
static int publish(struct up_dev *dev, struct up_cq *cq, struct ib_udata *udata)
{
	struct mlx5_ib_create_cq_resp resp = { .cqn = cq->cqn };
	int err;

	err = xa_err(xa_store(&dev->cqs, cq->cqn, cq, GFP_KERNEL));
	if (err)
		return err;
	err = ib_copy_to_udata(udata, &resp, min(udata->outlen, sizeof(resp)));
	if (err)
		up_forget(dev, &dev->cqs, cq->cqn, cq);
	return err;
}

/* Time stamps are in every completion; libraries ask for them as a matter of course. */
static int to_wire_flags(u32 flags, u32 *wire)
{
	if (flags & ~(IB_UVERBS_CQ_FLAGS_TIMESTAMP_COMPLETION | IB_UVERBS_CQ_FLAGS_IGNORE_OVERRUN))
		return -EOPNOTSUPP;
	*wire = flags & IB_UVERBS_CQ_FLAGS_IGNORE_OVERRUN ? UP_CQ_IGNORE_OVERRUN : 0;
	return 0;
}

int up_create_cq(struct ib_cq *ibcq, const struct ib_cq_init_attr *attr,
		 struct uverbs_attr_bundle *attrs)
{
	struct up_dev *dev = to_up_dev(ibcq->device);
	struct up_ucontext *context = rdma_udata_to_drv_context(
		&attrs->driver_udata, struct up_ucontext, ibucontext);
	struct up_cq *cq = to_up_cq(ibcq);
	struct mlx5_ib_create_cq cmd;
	u32 entries = ring_entries(dev, attr->cqe), flags;
	int err, unsure;

	if (!entries || attr->comp_vector >= dev->n_eqs)
		return -EINVAL;
	err = to_wire_flags(attr->flags, &flags);
	if (err)
		return err;
	err = read_request(dev, &attrs->driver_udata, &cmd);
	if (err)
		return err;

	mutex_init(&cq->resize);
	cq->cqe_bytes = cmd.cqe_size;
	cq->eq = dev->eqs[attr->comp_vector];
	if (!up_eq_take(cq->eq))
		return -ENOMEM;
	err = find_uar(context, &cmd, attrs, &cq->uar);
	if (err)
		goto give_eq;
	err = up_db_map(context, cmd.db_addr, &cq->db);
	if (err)
		goto put_uar;
	cq->umem = up_mem_get(dev, cmd.buf_addr, (size_t)entries * cq->cqe_bytes,
			      IB_ACCESS_LOCAL_WRITE);
	if (IS_ERR(cq->umem)) {
		err = PTR_ERR(cq->umem);
		goto unmap_db;
	}
	err = command_create(dev, cq, entries, flags);
	unsure = up_command_unsure(dev, err);
	if (err)
		goto put_mem;
	ibcq->cqe = entries - 1;
	err = publish(dev, cq, &attrs->driver_udata);
	if (err)
		goto destroy;
	return 0;

destroy:
	unsure = up_command_destroy(dev, UP_DESTROY_CQ, cq->cqn);
	up_eq_synchronize(cq->eq);
put_mem:
	up_mem_put(dev, cq->umem, unsure);
	up_db_unmap(&cq->db, unsure);
	goto put_uar;
unmap_db:
	up_db_unmap(&cq->db, 0);
put_uar:
	up_uar_put(cq->uar);
give_eq:
	up_eq_give(cq->eq);
	return err;
}

/* The HCA goes over to the ring in @umem; on success the old one is free. */
static int command_resize(struct up_dev *dev, struct up_cq *cq, u32 entries, struct ib_umem *umem)
{
	struct up_resize_cq in = {
		.cqn = cpu_to_le32(cq->cqn),
		.log_size = cpu_to_le32(ilog2(entries)),
	};
	struct up_page_list list;
	int err;

	err = up_pages_of_umem(dev, umem, &list);
	if (err)
		return err;
	in.ring = list.wire;
	err = up_command(dev, UP_RESIZE_CQ, &in, sizeof(in), NULL, 0);
	up_pages_free(&list);
	return err;
}

static int resize(struct up_dev *dev, struct up_cq *cq, u32 entries, u64 address)
{
	struct ib_umem *umem;
	int err;

	umem = up_mem_get(dev, address, (size_t)entries * cq->cqe_bytes, IB_ACCESS_LOCAL_WRITE);
	if (IS_ERR(umem))
		return PTR_ERR(umem);
	err = command_resize(dev, cq, entries, umem);
	if (err) {
		up_mem_put(dev, umem, up_command_unsure(dev, err));
		return err;
	}
	up_mem_put(dev, cq->umem, 0);
	cq->umem = umem;
	cq->ibcq.cqe = entries - 1;
	return 0;
}

int up_resize_cq(struct ib_cq *ibcq, up_compat_cqe cqe, struct ib_udata *udata)
{
	struct up_dev *dev = to_up_dev(ibcq->device);
	struct up_cq *cq = to_up_cq(ibcq);
	struct mlx5_ib_resize_cq cmd = {};
	u32 entries = ring_entries(dev, cqe);
	int err;

	if (!(dev->caps.flags & UP_DEVICE_CQ_RESIZE))
		return -EOPNOTSUPP;
	if (!cqe || !entries)
		return -EINVAL;
	err = ib_copy_from_udata(&cmd, udata, min(udata->inlen, sizeof(cmd)));
	if (err)
		return err;
	if (cmd.reserved0 || cmd.reserved1 || cmd.cqe_size != cq->cqe_bytes)
		return -EINVAL;
	mutex_lock(&cq->resize);
	err = entries == ibcq->cqe + 1 ? 0 : resize(dev, cq, entries, cmd.buf_addr);
	mutex_unlock(&cq->resize);
	return err;
}

int up_modify_cq(struct ib_cq *ibcq, u16 count, u16 period)
{
	struct up_dev *dev = to_up_dev(ibcq->device);
	struct up_moderate_cq in = {
		.cqn = cpu_to_le32(to_up_cq(ibcq)->cqn),
		.period_us = cpu_to_le16(period),
		.count = cpu_to_le16(count),
	};

	if (!(dev->caps.flags & UP_DEVICE_CQ_MODERATION))
		return -EOPNOTSUPP;
	if (period > MAX_PERIOD_US)
		return -EINVAL;
	return up_command(dev, UP_MODERATE_CQ, &in, sizeof(in), NULL, 0);
}

int up_destroy_cq(struct ib_cq *ibcq, struct ib_udata *udata)
{
	struct up_dev *dev = to_up_dev(ibcq->device);
	struct up_cq *cq = to_up_cq(ibcq);
	int err;

	err = up_command_destroy(dev, UP_DESTROY_CQ, cq->cqn);
	if (err == -EBUSY)
		return err;
	up_forget(dev, &dev->cqs, cq->cqn, cq);
	up_eq_synchronize(cq->eq);
	up_mem_put(dev, cq->umem, err);
	up_db_unmap(&cq->db, err);
	up_uar_put(cq->uar);
	up_eq_give(cq->eq);
	return 0;
}

ADD_UVERBS_ATTRIBUTES_SIMPLE(up_cq_create_attributes, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE,
			     UVERBS_ATTR_PTR_IN(MLX5_IB_ATTR_CREATE_CQ_UAR_INDEX,
						UVERBS_ATTR_TYPE(u32), UA_OPTIONAL));

const struct uapi_definition up_cq_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_CQ, &up_cq_create_attributes),
	{}
};
