// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns shared receive queues in user memory, basic and XRC. Must never know
 * what is received.
 */
#include <linux/log2.h>
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "command.h"
#include "pages.h"
#include "verbs.h"

enum {
	SEGMENT = 16,			/* bytes: head of a WQE, and one piece of memory */
	MIN_STRIDE = 32,
	USER_INDEX_NONE = 0xffffff,
};

static int read_request(struct ib_udata *udata, struct mlx5_ib_create_srq *cmd)
{
	int err;

	if (udata->inlen < offsetof(struct mlx5_ib_create_srq, uidx))
		return -EINVAL;
	if (udata->inlen > sizeof(*cmd) &&
	    !ib_is_udata_cleared(udata, sizeof(*cmd), udata->inlen - sizeof(*cmd)))
		return -EINVAL;
	memset(cmd, 0, sizeof(*cmd));
	err = ib_copy_from_udata(cmd, udata, min(udata->inlen, sizeof(*cmd)));
	if (err)
		return err;
	if (cmd->reserved0 || cmd->reserved1)
		return -EINVAL;
	return cmd->flags ? -EOPNOTSUPP : 0;	/* signatures */
}

static int check_size(const struct up_dev *dev, const struct ib_srq_init_attr *attr)
{
	if (attr->srq_type != IB_SRQT_BASIC && attr->srq_type != IB_SRQT_XRC)
		return -EOPNOTSUPP;
	if (attr->srq_type == IB_SRQT_XRC && !(dev->caps.flags & UP_DEVICE_XRC))
		return -EOPNOTSUPP;
	if (attr->attr.max_wr >= 1u << dev->caps.log_max_srq_wr ||
	    attr->attr.max_sge > dev->caps.max_rq_desc / SEGMENT)
		return -EINVAL;
	return 0;
}

/* What the queue is, but for its memory. */
static struct up_create_srq describe(const struct up_srq *srq, const struct ib_srq_init_attr *attr,
				     u32 stride, u32 user_index)
{
	struct up_create_srq in = {
		.kind = cpu_to_le32(UP_SRQ_BASIC),
		.pd = cpu_to_le32(to_up_pd(srq->ibsrq.pd)->pdn),
		.log_size = cpu_to_le32(ilog2(srq->wqes)),
		.log_stride = cpu_to_le32(ilog2(stride)),
		.user_index = cpu_to_le32(USER_INDEX_NONE),
		.dbr = up_db_wire(&srq->db),
	};

	if (attr->srq_type == IB_SRQT_XRC) {
		in.kind = cpu_to_le32(UP_SRQ_XRC);
		in.xrcd = cpu_to_le32(to_up_xrcd(attr->ext.xrc.xrcd)->xrcdn);
		in.cqn = cpu_to_le32(to_up_cq(attr->ext.cq)->cqn);
		in.user_index = cpu_to_le32(user_index);
	}
	return in;
}

static int command_create(struct up_dev *dev, struct up_srq *srq, struct up_create_srq *in)
{
	struct up_page_list list;
	int err;

	err = up_pages_of_umem(dev, srq->umem, &list);
	if (err)
		return err;
	in->ring = list.wire;
	err = up_command_create(dev, UP_CREATE_SRQ, in, sizeof(*in), &srq->srqn);
	up_pages_free(&list);
	return err;
}

static int publish(struct up_dev *dev, struct up_srq *srq, struct ib_udata *udata)
{
	struct mlx5_ib_create_srq_resp resp = { .srqn = srq->srqn };
	int err;

	srq->ibsrq.ext.xrc.srq_num = srq->srqn;
	err = xa_err(xa_store(&dev->srqs, srq->srqn, srq, GFP_KERNEL));
	if (err)
		return err;
	err = ib_copy_to_udata(udata, &resp, min(udata->outlen, sizeof(resp)));
	if (err)
		up_forget(dev, &dev->srqs, srq->srqn, srq);
	return err;
}

int up_create_srq(struct ib_srq *ibsrq, struct ib_srq_init_attr *attr, struct ib_udata *udata)
{
	struct up_dev *dev = to_up_dev(ibsrq->device);
	struct up_ucontext *context = rdma_udata_to_drv_context(udata, struct up_ucontext,
								ibucontext);
	struct up_srq *srq = to_up_srq(ibsrq);
	struct mlx5_ib_create_srq cmd;
	struct up_create_srq in;
	int err, unsure;
	u32 stride;

	err = check_size(dev, attr);
	if (err)
		return err;
	err = read_request(udata, &cmd);
	if (err)
		return err;
	stride = roundup_pow_of_two(SEGMENT + attr->attr.max_sge * SEGMENT);
	stride = max_t(u32, stride, MIN_STRIDE);
	srq->wqes = roundup_pow_of_two(attr->attr.max_wr + 1);
	srq->max_sge = stride / SEGMENT - 1;

	err = up_db_map(context, cmd.db_addr, &srq->db);
	if (err)
		return err;
	srq->umem = up_mem_get(dev, cmd.buf_addr, (size_t)srq->wqes * stride, 0);
	if (IS_ERR(srq->umem)) {
		err = PTR_ERR(srq->umem);
		goto unmap_db;
	}
	in = describe(srq, attr, stride, context->cqe_version ? cmd.uidx : USER_INDEX_NONE);
	err = command_create(dev, srq, &in);
	unsure = up_command_unsure(dev, err);
	if (err)
		goto put_mem;
	err = publish(dev, srq, udata);
	if (err)
		goto destroy;
	attr->attr.max_wr = srq->wqes - 1;
	return 0;

destroy:
	unsure = up_command_destroy(dev, UP_DESTROY_SRQ, srq->srqn);
put_mem:
	up_mem_put(dev, srq->umem, unsure);
	up_db_unmap(&srq->db, unsure);
	return err;

unmap_db:
	up_db_unmap(&srq->db, 0);
	return err;
}

int up_modify_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr, enum ib_srq_attr_mask mask,
		  struct ib_udata *udata)
{
	struct up_srq *srq = to_up_srq(ibsrq);
	struct up_arm_srq in = {
		.srqn = cpu_to_le32(srq->srqn),
		.limit = cpu_to_le32(attr->srq_limit),
	};

	if (mask & IB_SRQ_MAX_WR)	/* resize */
		return -EINVAL;
	if (!(mask & IB_SRQ_LIMIT))
		return 0;
	if (attr->srq_limit >= srq->wqes)
		return -EINVAL;
	return up_command(to_up_dev(ibsrq->device), UP_ARM_SRQ, &in, sizeof(in), NULL, 0);
}

int up_query_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr)
{
	struct up_srq *srq = to_up_srq(ibsrq);
	struct up_number in = { .number = cpu_to_le32(srq->srqn) };
	struct up_query_srq_out out;
	int err;

	err = up_command(to_up_dev(ibsrq->device), UP_QUERY_SRQ, &in, sizeof(in),
			 &out, sizeof(out));
	if (err)
		return err;
	attr->srq_limit = le32_to_cpu(out.limit);
	attr->max_wr = srq->wqes - 1;
	attr->max_sge = srq->max_sge;
	return 0;
}

int up_destroy_srq(struct ib_srq *ibsrq, struct ib_udata *udata)
{
	struct up_dev *dev = to_up_dev(ibsrq->device);
	struct up_srq *srq = to_up_srq(ibsrq);
	int err;

	err = up_command_destroy(dev, UP_DESTROY_SRQ, srq->srqn);
	if (err == -EBUSY)
		return err;
	up_forget(dev, &dev->srqs, srq->srqn, srq);
	up_mem_put(dev, srq->umem, err);
	up_db_unmap(&srq->db, err);
	return 0;
}
