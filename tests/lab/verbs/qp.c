// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the attributes of a QP that talks to its own port. Must never know what
 * is sent by it.
 */
#include <errno.h>

#include "tests/lab/verbs/complaint.h"
#include "tests/lab/verbs/qp.h"

#define ACK_TIMEOUT	14	/* 4.096 us << 14: 67 ms */
#define RETRIES		7
#define RNR_TIMER	12	/* 0.64 ms */

int verbs_qp_create(const struct verbs_device *device, struct ibv_cq *cq, uint32_t inline_bytes,
		    struct ibv_qp **out)
{
	struct ibv_qp_init_attr init = {
		.send_cq = cq,
		.recv_cq = cq,
		.qp_type = IBV_QPT_RC,
		.cap = {
			.max_send_wr = 1,
			.max_recv_wr = 1,
			.max_send_sge = 1,
			.max_recv_sge = 1,
			.max_inline_data = inline_bytes,
		},
	};

	*out = ibv_create_qp(device->pd, &init);
	return *out ? 0 : verbs_failed(errno, "ibv_create_qp");
}

static int to_init(const struct verbs_device *device, struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = device->port,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ,
	};
	int error = ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);

	return error ? verbs_failed(error, "ibv_modify_qp to INIT") : 0;
}

static int to_rtr(const struct verbs_device *device, struct ibv_qp *qp, uint32_t peer)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = device->mtu,
		.dest_qp_num = peer,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = RNR_TIMER,
		.ah_attr = { .dlid = device->lid, .port_num = device->port },
	};
	int error = ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
				  IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);

	return error ? verbs_failed(error, "ibv_modify_qp to RTR") : 0;
}

static int to_rts(struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.timeout = ACK_TIMEOUT,
		.retry_cnt = RETRIES,
		.rnr_retry = RETRIES,
		.max_rd_atomic = 1,
	};
	int error = ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
				  IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);

	return error ? verbs_failed(error, "ibv_modify_qp to RTS") : 0;
}

int verbs_qp_connect(const struct verbs_device *device, struct ibv_qp *qp, uint32_t peer)
{
	int ret = to_init(device, qp);

	if (!ret)
		ret = to_rtr(device, qp, peer);
	if (!ret)
		ret = to_rts(qp);
	return ret;
}
