// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns queue pairs in user memory: made and ended here. User space posts by
 * itself. Must never know what is posted.
 */
#include <linux/log2.h>
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "command.h"
#include "pages.h"
#include "uar.h"
#include "verbs.h"

enum {
	LOG_BLOCK = 6,			/* the send queue is in blocks of 64 bytes */
	SEGMENT = 16,			/* bytes of a piece of memory in a WQE */
	LOG_MIN_STRIDE = 4, LOG_MAX_STRIDE = 11,
	NO_QUEUE = 0xff,
	USER_INDEX_NONE = 0xffffff,
};

static int to_wire_type(const struct up_dev *dev, enum ib_qp_type type)
{
	switch (type) {
	case IB_QPT_RC: return UP_QP_RC;
	case IB_QPT_UC: return UP_QP_UC;
	case IB_QPT_UD: return UP_QP_UD;
	case IB_QPT_XRC_INI: return dev->caps.flags & UP_DEVICE_XRC ? UP_QP_XRC_INI : -EOPNOTSUPP;
	case IB_QPT_XRC_TGT: return dev->caps.flags & UP_DEVICE_XRC ? UP_QP_XRC_TGT : -EOPNOTSUPP;
	default: return -EOPNOTSUPP;
	}
}

static int read_request(struct ib_udata *udata, struct mlx5_ib_create_qp *cmd)
{
	const u32 hints = MLX5_QP_FLAG_SCATTER_CQE | MLX5_QP_FLAG_ALLOW_SCATTER_CQE;
	int err;

	if (udata->inlen < offsetof(struct mlx5_ib_create_qp, uidx))
		return -EINVAL;
	if (udata->inlen > sizeof(*cmd) &&
	    !ib_is_udata_cleared(udata, sizeof(*cmd), udata->inlen - sizeof(*cmd)))
		return -EINVAL;
	memset(cmd, 0, sizeof(*cmd));
	err = ib_copy_from_udata(cmd, udata, min(udata->inlen, sizeof(*cmd)));
	if (err)
		return err;
	/* Hints the HCA may do without; other flags ask for what is not offered. */
	if (cmd->flags & ~(hints | MLX5_QP_FLAG_UAR_PAGE_INDEX))
		return -EOPNOTSUPP;
	return 0;
}

static bool has_rq(const struct ib_qp_init_attr *attr)
{
	return attr->qp_type != IB_QPT_XRC_INI && attr->qp_type != IB_QPT_XRC_TGT &&
	       !attr->srq && attr->cap.max_recv_wr;
}

/* Sizes as user space laid the queues out. */
static int take_sizes(const struct up_dev *dev, const struct ib_qp_init_attr *attr,
		      const struct mlx5_ib_create_qp *cmd, struct up_qp *qp)
{
	u32 max = 1u << dev->caps.log_max_qp_wr;

	if (attr->cap.max_recv_wr > max || attr->cap.max_send_wr > max)
		return -EINVAL;
	if (cmd->sq_wqe_count > max || (cmd->sq_wqe_count && !is_power_of_2(cmd->sq_wqe_count)))
		return -EINVAL;
	qp->sq_blocks = cmd->sq_wqe_count;
	if (!has_rq(attr))
		return 0;
	if (cmd->rq_wqe_count > max || !is_power_of_2(cmd->rq_wqe_count))
		return -EINVAL;
	if (cmd->rq_wqe_shift < LOG_MIN_STRIDE || cmd->rq_wqe_shift > LOG_MAX_STRIDE)
		return -EINVAL;
	qp->rq_wqes = cmd->rq_wqe_count;
	qp->rq_sge = (1u << cmd->rq_wqe_shift) / SEGMENT;
	return 0;
}

/* The page in which user space rings for this QP. */
static int find_uar(struct up_ucontext *context, const struct mlx5_ib_create_qp *cmd,
		    struct up_uar **uar)
{
	u32 number;

	if (cmd->flags & MLX5_QP_FLAG_UAR_PAGE_INDEX)
		number = cmd->bfreg_index;
	else if (context->static_uar)
		number = context->static_uar->uar->number;
	else
		return -EINVAL;
	*uar = up_uar_get_mapped(context, number);
	return *uar ? 0 : -EINVAL;
}

/* UAR page, doorbell record, rings: of all but XRC targets. */
static int get_memory(struct up_dev *dev, struct up_ucontext *context,
		      const struct mlx5_ib_create_qp *cmd, struct up_qp *qp)
{
	size_t size = ((size_t)qp->rq_wqes << cmd->rq_wqe_shift) +
		      ((size_t)qp->sq_blocks << LOG_BLOCK);
	int err;

	err = find_uar(context, cmd, &qp->uar);
	if (err || !size)
		return err;
	err = up_db_map(context, cmd->db_addr, &qp->db);
	if (err)
		goto put_uar;
	qp->umem = up_mem_get(dev, cmd->buf_addr, size, 0);
	if (!IS_ERR(qp->umem))
		return 0;
	err = PTR_ERR(qp->umem);
	qp->umem = NULL;
	up_db_unmap(&qp->db, 0);
put_uar:
	up_uar_put(qp->uar);
	return err;
}

static void put_memory(struct up_dev *dev, struct up_qp *qp, int unsure)
{
	up_mem_put(dev, qp->umem, unsure);
	up_db_unmap(&qp->db, unsure);
	up_uar_put(qp->uar);
}

static __le32 cqn(struct ib_cq *ibcq)
{
	return cpu_to_le32(ibcq ? to_up_cq(ibcq)->cqn : 0);
}

/* What the QP is, but for its memory. */
static struct up_create_qp describe(const struct up_qp *qp, const struct ib_qp_init_attr *attr,
				    int type, u8 log_rq_stride, u32 user_index)
{
	struct up_create_qp in = {
		.type = cpu_to_le32(type),
		.user_index = cpu_to_le32(user_index),
		.log_sq = qp->sq_blocks ? ilog2(qp->sq_blocks) : NO_QUEUE,
		.log_rq = qp->rq_wqes ? ilog2(qp->rq_wqes) : NO_QUEUE,
		.log_rq_stride = qp->rq_wqes ? log_rq_stride : 0,
		.dbr = up_db_wire(&qp->db),
	};

	if (attr->qp_type == IB_QPT_XRC_TGT) {
		in.xrcd = cpu_to_le32(to_up_xrcd(attr->xrcd)->xrcdn);
		return in;
	}
	in.pd = cpu_to_le32(to_up_pd(qp->ibqp.pd)->pdn);
	in.uar = cpu_to_le32(qp->uar->number);
	in.scq = cqn(attr->send_cq);
	if (attr->qp_type != IB_QPT_XRC_INI)
		in.rcq = cqn(attr->recv_cq);
	if (attr->srq)
		in.srq = cpu_to_le32(to_up_srq(attr->srq)->srqn);
	return in;
}

static int command_create(struct up_dev *dev, struct up_qp *qp, struct up_create_qp *in)
{
	struct up_page_list list;
	int err;

	err = up_pages_of_umem(dev, qp->umem, &list);
	if (err)
		return err;
	in->ring = list.wire;
	err = up_command_create(dev, UP_CREATE_QP, in, sizeof(*in), &qp->qpn);
	up_pages_free(&list);
	return err;
}

static int publish(struct up_dev *dev, struct up_qp *qp, struct ib_udata *udata)
{
	/* Of a library with static pages: the first register. Others know theirs. */
	struct mlx5_ib_create_qp_resp resp = {};
	int err;

	qp->ibqp.qp_num = qp->qpn;
	err = xa_err(xa_store(&dev->qps, qp->qpn, qp, GFP_KERNEL));
	if (err || !udata)
		return err;
	err = ib_copy_to_udata(udata, &resp, min(udata->outlen, sizeof(resp)));
	if (err)
		up_forget(dev, &dev->qps, qp->qpn, qp);
	return err;
}

/* With its memory, if it has any, in place. */
static int create(struct up_dev *dev, struct up_qp *qp, struct up_create_qp in,
		  struct ib_udata *udata)
{
	int err, unsure;

	err = command_create(dev, qp, &in);
	unsure = up_command_unsure(dev, err);
	if (err)
		goto put;
	err = publish(dev, qp, udata);
	if (err)
		goto destroy;
	return 0;

destroy:
	unsure = up_command_destroy(dev, UP_DESTROY_QP, qp->qpn);
put:
	put_memory(dev, qp, unsure);
	return err;
}

static int create_user(struct up_dev *dev, struct up_qp *qp, const struct ib_qp_init_attr *attr,
		       int type, struct ib_udata *udata)
{
	struct up_ucontext *context = rdma_udata_to_drv_context(udata, struct up_ucontext,
								ibucontext);
	struct mlx5_ib_create_qp cmd;
	u32 user_index;
	int err;

	err = read_request(udata, &cmd);
	if (err)
		return err;
	err = take_sizes(dev, attr, &cmd, qp);
	if (err)
		return err;
	err = get_memory(dev, context, &cmd, qp);
	if (err)
		return err;
	user_index = context->cqe_version ? cmd.uidx : USER_INDEX_NONE;
	return create(dev, qp, describe(qp, attr, type, cmd.rq_wqe_shift, user_index), udata);
}

int up_create_qp(struct ib_qp *ibqp, struct ib_qp_init_attr *attr, struct ib_udata *udata)
{
	struct up_dev *dev = to_up_dev(ibqp->device);
	struct up_qp *qp = to_up_qp(ibqp);
	int type;

	if (attr->rwq_ind_tbl || attr->create_flags)
		return -EOPNOTSUPP;
	type = to_wire_type(dev, attr->qp_type);
	if (type < 0)
		return type;
	mutex_init(&qp->mutex);
	qp->type = attr->qp_type;
	qp->state = IB_QPS_RESET;
	/* XRC targets have no memory; they are nobody's, and user space adds nothing. */
	if (qp->type == IB_QPT_XRC_TGT)
		return create(dev, qp, describe(qp, attr, type, 0, USER_INDEX_NONE), NULL);
	return udata ? create_user(dev, qp, attr, type, udata) : -EOPNOTSUPP;
}

int up_destroy_qp(struct ib_qp *ibqp, struct ib_udata *udata)
{
	struct up_dev *dev = to_up_dev(ibqp->device);
	struct up_qp *qp = to_up_qp(ibqp);
	int err;

	err = up_command_destroy(dev, UP_DESTROY_QP, qp->qpn);
	if (err == -EBUSY)
		return err;
	up_forget(dev, &dev->qps, qp->qpn, qp);
	put_memory(dev, qp, err);
	return 0;
}
