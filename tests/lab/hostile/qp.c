// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns queue pairs that are connected to themselves, and the queue that they
 * complete in. Must never know why a WQE is good or bad.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/mlx5/cq.h>
#include <linux/mlx5/qp.h>
#include <linux/string.h>

#include "hostile.h"

enum {
	CQ_MASK = (1 << LOG_CQ) - 1,
	FRESH = MLX5_CQE_INVALID << 4 | MLX5_CQE_OWNER_MASK,
	ALWAYS_COMPLETE = MLX5_WQE_CTRL_CQ_UPDATE,
	REACH = UP_QP_PATH | UP_QP_MTU | UP_QP_DEST | UP_QP_RQ_PSN | UP_QP_DEST_RD_ATOMIC |
		UP_QP_MIN_RNR,
	SEND = UP_QP_TIMEOUT | UP_QP_RETRY | UP_QP_RNR_RETRY | UP_QP_RD_ATOMIC | UP_QP_SQ_PSN,
};

void cq_clear(struct cq *cq)
{
	unsigned int i;

	memset(cq->ring, 0, 64 << LOG_CQ);
	for (i = 0; i <= CQ_MASK; i++)
		((struct mlx5_cqe64 *)cq->ring)[i].op_own = FRESH;
	cq->consumer = 0;
}

void qp_clear(struct qp *qp)
{
	memset(qp->rq, 0, 2 * QUEUE_BYTES);
	WRITE_ONCE(qp->record[0], 0);
	WRITE_ONCE(qp->record[1], 0);
	qp->posted = 0;
	qp->received = 0;
	qp->waits = false;
}

void wqe_begin(struct wqe *wqe, const struct qp *qp, u8 opcode)
{
	struct mlx5_wqe_ctrl_seg *ctrl = (void *)wqe->bytes;

	memset(wqe, 0, sizeof(*wqe));
	ctrl->opmod_idx_opcode = cpu_to_be32((u32)qp->posted << 8 | opcode);
	ctrl->fm_ce_se = ALWAYS_COMPLETE;
	wqe->ds = 1;
}

static void *add(struct wqe *wqe)
{
	return wqe->bytes + 16 * wqe->ds++;
}

void wqe_remote(struct wqe *wqe, u64 va, u32 rkey)
{
	struct mlx5_wqe_raddr_seg *seg = add(wqe);

	seg->raddr = cpu_to_be64(va);
	seg->rkey = cpu_to_be32(rkey);
}

static void fill_data(struct mlx5_wqe_data_seg *seg, u64 va, u32 lkey, u32 bytes)
{
	seg->byte_count = cpu_to_be32(bytes);
	seg->lkey = cpu_to_be32(lkey);
	seg->addr = cpu_to_be64(va);
}

void wqe_data(struct wqe *wqe, u64 va, u32 lkey, u32 bytes)
{
	fill_data(add(wqe), va, lkey, bytes);
}

void wqe_atomic(struct wqe *wqe, u64 swap_add, u64 compare)
{
	struct mlx5_wqe_atomic_seg *seg = add(wqe);

	seg->swap_add = cpu_to_be64(swap_add);
	seg->compare = cpu_to_be64(compare);
}

void qp_receive(struct qp *qp, u64 va, u32 lkey, u32 bytes)
{
	struct mlx5_wqe_data_seg *seg = (void *)(qp->rq + (qp->received % (1 << LOG_RQ)) * 64);

	fill_data(seg, va, lkey, bytes);
	seg[1].lkey = cpu_to_be32(0x100);	/* the end of the list */
	seg[1].byte_count = 0;
	qp->received++;
	dma_wmb();	/* the WQE before the record */
	WRITE_ONCE(qp->record[0], cpu_to_be32(qp->received));
}

void qp_post(struct hostile *h, struct qp *qp, struct wqe *wqe, bool must_fail, const char *what)
{
	unsigned int blocks = max(1u, DIV_ROUND_UP(wqe->ds, 4)), i;
	struct mlx5_wqe_ctrl_seg *ctrl = (void *)wqe->bytes;

	if (!ctrl->qpn_ds)
		ctrl->qpn_ds = cpu_to_be32(qp->qpn << 8 | (wqe->ds & MLX5_WQE_CTRL_DS_MASK));
	blocks = min_t(unsigned int, blocks, WQE_BYTES / 64);
	for (i = 0; i < blocks; i++)
		memcpy(qp->sq + ((qp->posted + i) % (1 << LOG_SQ)) * 64, wqe->bytes + i * 64, 64);
	qp->posted += blocks;
	qp->waits = true;
	qp->must_fail = must_fail;
	qp->what = what;
	figures_fired(1);
	dma_wmb();	/* the WQE before the record */
	WRITE_ONCE(qp->record[1], cpu_to_be32(qp->posted));
	wmb();		/* the record before the doorbell */
	__raw_writeq((__force u64)wqe->longs[0], h->uars + h->world.page * UP_PAGE + UAR_SEND);
}

static struct mlx5_cqe64 *next(struct cq *cq)
{
	struct mlx5_cqe64 *cqe = (struct mlx5_cqe64 *)cq->ring + (cq->consumer & CQ_MASK);
	u8 own = READ_ONCE(cqe->op_own), lap = cq->consumer >> LOG_CQ & 1;

	if (own >> 4 == MLX5_CQE_INVALID || (own & MLX5_CQE_OWNER_MASK) != lap)
		return NULL;
	dma_rmb();	/* the owner bit before the rest */
	cq->consumer++;
	return cqe;
}

static struct qp *find(struct hostile *h, u32 qpn)
{
	unsigned int i;

	for (i = 0; i < WORLD_QPS; i++)
		if (h->world.qps[i].qpn == qpn)
			return &h->world.qps[i];
	return NULL;
}

/* Whether it did well. Receives say nothing that the sender is not told as well. */
static bool take(struct hostile *h, const struct mlx5_cqe64 *cqe)
{
	struct qp *qp = find(h, be32_to_cpu(cqe->sop_drop_qpn) & 0xffffff);
	u8 opcode = cqe->op_own >> 4;

	if (opcode != MLX5_CQE_REQ && opcode != MLX5_CQE_REQ_ERR)
		return false;
	if (!qp || !qp->waits)
		return false;
	qp->waits = false;
	if (opcode == MLX5_CQE_REQ_ERR) {
		figures_refused();
		return false;
	}
	figures_ok();
	if (qp->must_fail)
		figures_breach("WQE (%s) worked", qp->what);
	return true;
}

static unsigned int waiting(const struct hostile *h)
{
	unsigned int n = 0, i;

	for (i = 0; i < WORLD_QPS; i++)
		n += h->world.qps[i].waits;
	return n;
}

unsigned int qp_poll(struct hostile *h, unsigned int ms)
{
	ktime_t end = ktime_add_ms(ktime_get(), ms);
	struct cq *cq = &h->world.cq;
	struct mlx5_cqe64 *cqe;
	unsigned int good = 0;

	for (;;) {
		while ((cqe = next(cq)))
			good += take(h, cqe);
		WRITE_ONCE(cq->record[0], cpu_to_be32(cq->consumer & 0xffffff));
		if (!waiting(h) || ktime_after(ktime_get(), end) || hostile_over(h))
			return good;
		usleep_range(20, 60);
	}
}

/* One transition of all, all at once. */
static bool modify_all(struct hostile *h, u8 from, u8 to, u32 mask)
{
	u32 worked = h->ring.worked;
	struct up_modify_qp *in;
	struct up_slot *slot;
	unsigned int i;

	for (i = 0; i < WORLD_QPS; i++) {
		slot = ring_take(h);
		if (!slot)
			return false;
		in = (void *)slot->data;
		*in = (struct up_modify_qp){
			.qpn = cpu_to_le32(h->world.qps[i].qpn), .from = from, .to = to,
			.mask = cpu_to_le32(mask),
			.attr = {
				.dest_qpn = cpu_to_le32(h->world.qps[i].qpn), .path_mtu = 3,
				.access = cpu_to_le32(UP_ACCESS_REMOTE_WRITE |
						      UP_ACCESS_REMOTE_READ |
						      UP_ACCESS_REMOTE_ATOMIC),
				.timeout = 14, .retry = 7, .rd_atomic = 4, .dest_rd_atomic = 4, .min_rnr = 1,
				.path = { .dlid = cpu_to_le16(h->world.lid), .port = 1 },
			},
		};
		ring_fire(h, slot, UP_MODIFY_QP, sizeof(*in), MUST_WORK, "honest");
	}
	return ring_drain(h) && h->ring.worked - worked == WORLD_QPS;
}

bool qp_connect_all(struct hostile *h)
{
	enum attack_id now = figures.now;
	unsigned int i;
	bool good;

	figures.now = ATTACKS;		/* no attack */
	good = modify_all(h, UP_QPS_RESET, UP_QPS_RESET, 0);
	qp_poll(h, 0);			/* what came late is of no queue pair that waits */
	for (i = 0; i < WORLD_QPS; i++)
		qp_clear(&h->world.qps[i]);
	good = good && modify_all(h, UP_QPS_RESET, UP_QPS_INIT,
				  UP_QP_ACCESS | UP_QP_PKEY | UP_QP_PATH) &&
	       modify_all(h, UP_QPS_INIT, UP_QPS_RTR, REACH) &&
	       modify_all(h, UP_QPS_RTR, UP_QPS_RTS, SEND);
	figures.now = now;
	return good;
}
