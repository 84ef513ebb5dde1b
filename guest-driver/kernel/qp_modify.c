// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the states of queue pairs: which transitions are legal, and how their
 * attributes travel. Must never know queues.
 */
#include <linux/log2.h>
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "command.h"
#include "verbs.h"

static_assert((int)UP_QPS_RESET == IB_QPS_RESET && (int)UP_QPS_INIT == IB_QPS_INIT &&
	      (int)UP_QPS_RTR == IB_QPS_RTR && (int)UP_QPS_RTS == IB_QPS_RTS &&
	      (int)UP_QPS_SQD == IB_QPS_SQD && (int)UP_QPS_SQE == IB_QPS_SQE &&
	      (int)UP_QPS_ERR == IB_QPS_ERR);

/* Attributes that travel as they are. */
static const struct {
	int verbs;
	u32 wire;
} masks[] = {
	{ IB_QP_PKEY_INDEX, UP_QP_PKEY },
	{ IB_QP_QKEY, UP_QP_QKEY },
	{ IB_QP_AV, UP_QP_PATH },
	{ IB_QP_PORT, UP_QP_PATH },
	{ IB_QP_PATH_MTU, UP_QP_MTU },
	{ IB_QP_TIMEOUT, UP_QP_TIMEOUT },
	{ IB_QP_RETRY_CNT, UP_QP_RETRY },
	{ IB_QP_RNR_RETRY, UP_QP_RNR_RETRY },
	{ IB_QP_MIN_RNR_TIMER, UP_QP_MIN_RNR },
	{ IB_QP_RQ_PSN, UP_QP_RQ_PSN },
	{ IB_QP_SQ_PSN, UP_QP_SQ_PSN },
	{ IB_QP_MAX_QP_RD_ATOMIC, UP_QP_RD_ATOMIC },
	{ IB_QP_MAX_DEST_RD_ATOMIC, UP_QP_DEST_RD_ATOMIC | UP_QP_ACCESS },
	{ IB_QP_ACCESS_FLAGS, UP_QP_ACCESS },
	{ IB_QP_DEST_QPN, UP_QP_DEST },
};

static u32 to_wire_mask(int mask)
{
	u32 wire = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(masks); i++)
		if (mask & masks[i].verbs)
			wire |= masks[i].wire;
	return wire;
}

static void path_to_wire(const struct rdma_ah_attr *ah, struct up_path *path)
{
	path->dlid = cpu_to_le16(rdma_ah_get_dlid(ah));
	path->sl = rdma_ah_get_sl(ah);
	path->path_bits = rdma_ah_get_path_bits(ah);
	path->static_rate = rdma_ah_get_static_rate(ah);
	path->grh = !!(rdma_ah_get_ah_flags(ah) & IB_AH_GRH);
	if (path->grh) {
		const struct ib_global_route *grh = rdma_ah_read_grh(ah);

		path->sgid_index = grh->sgid_index;
		path->hop_limit = grh->hop_limit;
		path->traffic_class = grh->traffic_class;
		path->flow_label = cpu_to_le32(grh->flow_label);
		memcpy(path->dgid, grh->dgid.raw, sizeof(path->dgid));
	}
}

static void path_from_wire(const struct up_path *path, struct rdma_ah_attr *ah)
{
	ah->type = RDMA_AH_ATTR_TYPE_IB;
	rdma_ah_set_port_num(ah, path->port);
	rdma_ah_set_dlid(ah, le16_to_cpu(path->dlid));
	rdma_ah_set_sl(ah, path->sl);
	rdma_ah_set_path_bits(ah, path->path_bits);
	rdma_ah_set_static_rate(ah, path->static_rate);
	if (path->grh) {
		rdma_ah_set_grh(ah, NULL, le32_to_cpu(path->flow_label), path->sgid_index,
				path->hop_limit, path->traffic_class);
		memcpy(ah->grh.dgid.raw, path->dgid, sizeof(path->dgid));
	}
}

/* Reads and atomics are served only where there is room to remember them. */
static u32 access_to_wire(int access, u8 dest_rd_atomic)
{
	u32 wire = access & IB_ACCESS_REMOTE_WRITE ? UP_ACCESS_REMOTE_WRITE : 0;

	if (dest_rd_atomic && (access & IB_ACCESS_REMOTE_READ))
		wire |= UP_ACCESS_REMOTE_READ;
	if (dest_rd_atomic && (access & IB_ACCESS_REMOTE_ATOMIC))
		wire |= UP_ACCESS_REMOTE_ATOMIC;
	return wire;
}

static u8 round_up_count(u8 n)
{
	return n ? roundup_pow_of_two(n) : 0;
}

static struct up_modify_qp describe(const struct up_qp *qp, const struct ib_qp_attr *attr, int mask,
				    enum ib_qp_state from, enum ib_qp_state to)
{
	int access = mask & IB_QP_ACCESS_FLAGS ? attr->qp_access_flags : qp->access;
	u8 dest_rd = mask & IB_QP_MAX_DEST_RD_ATOMIC ? attr->max_dest_rd_atomic :
						       qp->dest_rd_atomic;
	struct up_modify_qp in = {
		.qpn = cpu_to_le32(qp->qpn),
		.mask = cpu_to_le32(to_wire_mask(mask)),
		.from = from,
		.to = to,
		.attr = {
			.qkey = cpu_to_le32(attr->qkey),
			.dest_qpn = cpu_to_le32(attr->dest_qp_num),
			.rq_psn = cpu_to_le32(attr->rq_psn),
			.sq_psn = cpu_to_le32(attr->sq_psn),
			.access = cpu_to_le32(access_to_wire(access, dest_rd)),
			.pkey_index = cpu_to_le16(attr->pkey_index),
			.path_mtu = attr->path_mtu,
			.timeout = attr->timeout,
			.retry = attr->retry_cnt,
			.rnr_retry = attr->rnr_retry,
			.min_rnr = attr->min_rnr_timer,
			.rd_atomic = round_up_count(attr->max_rd_atomic),
			.dest_rd_atomic = round_up_count(attr->max_dest_rd_atomic),
		},
	};

	if (mask & IB_QP_AV)
		path_to_wire(&attr->ah_attr, &in.attr.path);
	in.attr.path.port = mask & IB_QP_PORT ? attr->port_num : qp->port;
	return in;
}

static int check(const struct up_dev *dev, const struct up_qp *qp, const struct ib_qp_attr *attr,
		 int mask, enum ib_qp_state from, enum ib_qp_state to)
{
	u32 max_rd = 1u << dev->caps.log_max_rd_atomic;

	/* Alternate paths and rate limits are not offered. */
	if ((mask & ~IB_QP_ATTR_STANDARD_BITS) || (mask & IB_QP_ALT_PATH))
		return -EOPNOTSUPP;
	if ((mask & IB_QP_PATH_MIG_STATE) && attr->path_mig_state != IB_MIG_MIGRATED)
		return -EOPNOTSUPP;
	if (!ib_modify_qp_is_ok(from, to, qp->type, mask))
		return -EINVAL;
	if ((mask & IB_QP_PORT) && (!attr->port_num || attr->port_num > dev->caps.n_ports))
		return -EINVAL;
	if ((mask & IB_QP_PKEY_INDEX) && attr->pkey_index >= dev->port.n_pkeys)
		return -EINVAL;
	if ((mask & IB_QP_PATH_MTU) &&
	    (attr->path_mtu < IB_MTU_256 || attr->path_mtu > IB_MTU_4096))
		return -EINVAL;
	if ((mask & IB_QP_MAX_QP_RD_ATOMIC) && attr->max_rd_atomic > max_rd)
		return -EINVAL;
	if ((mask & IB_QP_MAX_DEST_RD_ATOMIC) && attr->max_dest_rd_atomic > max_rd)
		return -EINVAL;
	if ((mask & IB_QP_ACCESS_FLAGS) && (attr->qp_access_flags & IB_ACCESS_REMOTE_ATOMIC) &&
	    !(dev->caps.flags & UP_DEVICE_ATOMIC))
		return -EOPNOTSUPP;
	return 0;
}

static void remember(struct up_qp *qp, const struct ib_qp_attr *attr, int mask,
		     enum ib_qp_state state)
{
	qp->state = state;
	if (mask & IB_QP_PORT)
		qp->port = attr->port_num;
	if (mask & IB_QP_ACCESS_FLAGS)
		qp->access = attr->qp_access_flags;
	if (mask & IB_QP_MAX_DEST_RD_ATOMIC)
		qp->dest_rd_atomic = attr->max_dest_rd_atomic;
	if (state == IB_QPS_RESET) {
		qp->access = 0;
		qp->dest_rd_atomic = 0;
	}
}

static int modify(struct up_dev *dev, struct up_qp *qp, const struct ib_qp_attr *attr, int mask)
{
	enum ib_qp_state from = mask & IB_QP_CUR_STATE ? attr->cur_qp_state : qp->state;
	enum ib_qp_state to = mask & IB_QP_STATE ? attr->qp_state : from;
	struct up_modify_qp in;
	int err;

	lockdep_assert_held(&qp->mutex);
	err = check(dev, qp, attr, mask, from, to);
	if (err || (from == IB_QPS_RESET && to == IB_QPS_RESET))
		return err;
	in = describe(qp, attr, mask, from, to);
	err = up_command(dev, UP_MODIFY_QP, &in, sizeof(in), NULL, 0);
	if (!err)
		remember(qp, attr, mask, to);
	return err;
}

/* Nothing of the mlx5 UAPI's extras is offered: rate limits, ECE, other ordering. */
static int check_request(struct ib_udata *udata)
{
	struct mlx5_ib_modify_qp cmd = {};
	int err;

	if (!udata || !udata->inlen)
		return 0;
	if (udata->inlen > sizeof(cmd) &&
	    !ib_is_udata_cleared(udata, sizeof(cmd), udata->inlen - sizeof(cmd)))
		return -EOPNOTSUPP;
	err = ib_copy_from_udata(&cmd, udata, min(udata->inlen, sizeof(cmd)));
	if (err)
		return err;
	return memchr_inv(&cmd, 0, sizeof(cmd)) ? -EOPNOTSUPP : 0;
}

int up_modify_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask, struct ib_udata *udata)
{
	struct up_qp *qp = to_up_qp(ibqp);
	int err;

	err = check_request(udata);
	if (err)
		return err;
	mutex_lock(&qp->mutex);
	err = modify(to_up_dev(ibqp->device), qp, attr, mask);
	mutex_unlock(&qp->mutex);
	return err;
}

static int access_from_wire(u32 wire)
{
	return (wire & UP_ACCESS_REMOTE_WRITE ? IB_ACCESS_REMOTE_WRITE : 0) |
	       (wire & UP_ACCESS_REMOTE_READ ? IB_ACCESS_REMOTE_READ : 0) |
	       (wire & UP_ACCESS_REMOTE_ATOMIC ? IB_ACCESS_REMOTE_ATOMIC : 0);
}

static void attr_from_wire(const struct up_qp *qp, const struct up_qp_attr *wire,
			   struct ib_qp_attr *attr)
{
	attr->qkey = le32_to_cpu(wire->qkey);
	attr->dest_qp_num = le32_to_cpu(wire->dest_qpn);
	attr->rq_psn = le32_to_cpu(wire->rq_psn);
	attr->sq_psn = le32_to_cpu(wire->sq_psn);
	attr->qp_access_flags = access_from_wire(le32_to_cpu(wire->access));
	attr->pkey_index = le16_to_cpu(wire->pkey_index);
	attr->path_mtu = wire->path_mtu;
	attr->timeout = wire->timeout;
	attr->retry_cnt = wire->retry;
	attr->rnr_retry = wire->rnr_retry;
	attr->min_rnr_timer = wire->min_rnr;
	attr->max_rd_atomic = wire->rd_atomic;
	attr->max_dest_rd_atomic = wire->dest_rd_atomic;
	attr->path_mig_state = IB_MIG_MIGRATED;
	attr->port_num = wire->path.port;
	if (qp->type != IB_QPT_UD)
		path_from_wire(&wire->path, &attr->ah_attr);
	/* User space knows its send queue better. */
	attr->cap.max_recv_wr = qp->rq_wqes;
	attr->cap.max_recv_sge = qp->rq_sge;
}

static int query(struct up_dev *dev, struct up_qp *qp, struct ib_qp_attr *attr)
{
	struct up_number in = { .number = cpu_to_le32(qp->qpn) };
	struct up_query_qp_out out;
	u32 state;
	int err;

	lockdep_assert_held(&qp->mutex);
	err = up_command(dev, UP_QUERY_QP, &in, sizeof(in), &out, sizeof(out));
	if (err)
		return err;
	state = le32_to_cpu(out.state);
	if (state > UP_QPS_ERR)
		return -EPROTO;
	qp->state = state;
	attr->qp_state = state;
	attr->cur_qp_state = state;
	attr_from_wire(qp, &out.attr, attr);
	return 0;
}

int up_query_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask,
		struct ib_qp_init_attr *init_attr)
{
	struct up_qp *qp = to_up_qp(ibqp);
	int err;

	memset(attr, 0, sizeof(*attr));
	memset(init_attr, 0, sizeof(*init_attr));
	mutex_lock(&qp->mutex);
	err = query(to_up_dev(ibqp->device), qp, attr);
	mutex_unlock(&qp->mutex);
	if (err)
		return err;
	init_attr->qp_type = qp->type;
	init_attr->recv_cq = ibqp->recv_cq;
	init_attr->send_cq = ibqp->send_cq;
	init_attr->srq = ibqp->srq;
	init_attr->cap = attr->cap;
	return 0;
}
