// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the work request that changes a key, from its bytes to its completion.
 * Must never know how the queue was made. Source: Linux 6.12
 * drivers/infiniband/hw/mlx5/umr.c (mlx5r_umr_rereg_pd_access).
 */
#include "host-backend/hca/umr.h"

#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host-backend/hca/barrier.h"
#include "host-backend/hca/clock.h"
#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/mkey.h"
#include "host-backend/hca/opcodes.h"
#include "host-backend/hca/private.h"
#include "host-backend/hca/uar.h"
#include "host-backend/hca/umr_private.h"

enum {
	ANY_QPN = 0xffffff, CI_MASK = 0xffffff,
	SPINS = 200, SLEEP_MIN_US = 20, SLEEP_MAX_US = 1000,
};

/*
 * @lock: over @queue; outside of all locks of hca/, for commands run and completions
 * are waited for under it.
 */
struct hca_umr {
	struct hca *hca;
	const struct hca_defaults *defaults;
	uint32_t eqn;
	pthread_mutex_t lock;
	struct hca_umr_queue queue;
};

struct change {
	struct wqe_ctrl ctrl;
	struct wqe_umr_ctrl umr;
	uint8_t mkey[mkc__SIZE];
};

enum { BLOCKS = sizeof(struct change) / WQE_BB, RING_BLOCKS = 1 << HCA_UMR_LOG_SQ };

_Static_assert(sizeof(struct change) == 128 && RING_BLOCKS % BLOCKS == 0,
	       "a change never goes round the ring's end");

int hca_umr_create(struct hca *hca, const struct hca_defaults *defaults, uint32_t eqn,
		   struct hca_umr **out)
{
	struct hca_umr *umr = calloc(1, sizeof(*umr));

	if (!umr)
		return -ENOMEM;
	umr->hca = hca;
	umr->defaults = defaults;
	umr->eqn = eqn;
	pthread_mutex_init(&umr->lock, NULL);
	*out = umr;
	return 0;
}

int hca_umr_destroy(struct hca_umr *umr)
{
	int ret;

	if (!umr)
		return 0;
	ret = hca_umr_queue_unmake(umr->hca, &umr->queue);
	pthread_mutex_destroy(&umr->lock);
	free(umr);
	return ret;
}

int hca_umr_rest(struct hca_umr *umr)
{
	int ret;

	pthread_mutex_lock(&umr->lock);
	ret = hca_umr_queue_unmake(umr->hca, &umr->queue);
	pthread_mutex_unlock(&umr->lock);
	return ret;
}

static bool has(const struct hca *hca, uint32_t cap)
{
	return ifc_get(hca->caps, cap);
}

/* Without atomic operations it makes no difference what a key says of them. */
bool hca_umr_can(const struct hca *hca, unsigned int from, unsigned int to)
{
	return !((from ^ to) & HCA_MKEY_REMOTE_ATOMIC) || !has(hca, cmd_hca_cap__atomic) ||
	       !has(hca, cmd_hca_cap__umr_modify_atomic_disabled);
}

/* Only the fields that the mask names count, but for the variant, which must be the key's. */
static void fill_mkey(uint8_t *c, uint32_t key, uint32_t pd, unsigned int access)
{
	ifc_set(c, mkc__lr, !!(access & HCA_MKEY_LOCAL_READ));
	ifc_set(c, mkc__lw, !!(access & HCA_MKEY_LOCAL_WRITE));
	ifc_set(c, mkc__rr, !!(access & HCA_MKEY_REMOTE_READ));
	ifc_set(c, mkc__rw, !!(access & HCA_MKEY_REMOTE_WRITE));
	ifc_set(c, mkc__a, !!(access & HCA_MKEY_REMOTE_ATOMIC));
	ifc_set(c, mkc__pd, pd);
	ifc_set(c, mkc__qpn, ANY_QPN);
	ifc_set(c, mkc__mkey_7_0, key & 0xff);
}

/* Which are to change. */
static uint64_t fields(const struct hca *hca)
{
	bool atomic = has(hca, cmd_hca_cap__atomic) &&
		      !has(hca, cmd_hca_cap__umr_modify_atomic_disabled);

	return UMR_MASK_LR | UMR_MASK_LW | UMR_MASK_RR | UMR_MASK_RW | UMR_MASK_PD |
	       (atomic ? UMR_MASK_A : 0);
}

static void post(struct hca_umr *umr, uint32_t key, uint32_t pd, unsigned int access)
{
	struct hca_umr_queue *q = &umr->queue;
	struct hca_transport *t = hca_transport(umr->hca);
	struct change wqe = {
		.ctrl = {
			.opmod_idx_opcode = htobe32((uint32_t)q->posted << 8 | WQE_UMR),
			.qpn_ds = htobe32(q->qpn << 8 | sizeof(wqe) / WQE_DS),
			.fm_ce_se = WQE_FM_INITIATOR_SMALL | WQE_CTRL_CQ_UPDATE,
			.imm = htobe32(key),
		},
		.umr = {
			.flags = UMR_INLINE | UMR_CHECK_FREE,
			.mkey_mask = htobe64(fields(umr->hca)),
		},
	};

	fill_mkey(wqe.mkey, key, pd, access);
	memcpy(q->sq + (size_t)(q->posted % RING_BLOCKS) * WQE_BB, &wqe, sizeof(wqe));
	q->posted = (uint16_t)(q->posted + BLOCKS);
	hca_to_device_barrier();
	__atomic_store_n(&q->sq_dbr[DBR_SND / 4], htobe32(q->posted), __ATOMIC_RELAXED);
	hca_to_device_barrier();
	t->ops->write64(t, hca_uar_offset(hca_own_uar(umr->hca)) + UAR_BF,
			be32toh(wqe.ctrl.opmod_idx_opcode), be32toh(wqe.ctrl.qpn_ds));
}

static bool take_completion(struct hca_umr_queue *q, struct cqe64 *out)
{
	const struct cqe64 *cqe = &q->cq[q->taken % (1u << HCA_UMR_LOG_CQ)];
	uint8_t op_own = __atomic_load_n(&cqe->op_own, __ATOMIC_ACQUIRE);

	if (op_own >> 4 == CQE_INVALID ||
	    (op_own & CQE_OWNER) != (q->taken >> HCA_UMR_LOG_CQ & 1))
		return false;
	hca_from_device_barrier();
	memcpy(out, cqe, sizeof(*out));
	q->taken++;
	__atomic_store_n(&q->cq_dbr[DBR_CQ_CI / 4], htobe32(q->taken & CI_MASK),
			 __ATOMIC_RELEASE);
	return true;
}

/* 0, -ETIMEDOUT, -ENODEV. */
static int await_completion(struct hca_umr *umr, struct cqe64 *cqe)
{
	uint64_t deadline = hca_now_ms() + umr->hca->config.command_ms, now;
	unsigned int spins = 0, us = SLEEP_MIN_US;

	for (;;) {
		now = hca_now_ms();
		if (take_completion(&umr->queue, cqe))
			return 0;
		if (hca_fatal(umr->hca))
			return -ENODEV;
		if (now >= deadline)
			return -ETIMEDOUT;
		if (spins++ < SPINS)
			continue;
		hca_sleep_us(us);
		us = 2 * us < SLEEP_MAX_US ? 2 * us : SLEEP_MAX_US;
	}
}

/* What the only completion there can be says of the only change. */
static int judge(const struct hca_umr_queue *q, const struct cqe64 *cqe, uint32_t *syndrome)
{
	const struct err_cqe *error = (const struct err_cqe *)cqe;
	uint32_t qpn = be32toh(cqe->sop_drop_qpn) & 0xffffff;

	if (qpn != q->qpn || be16toh(cqe->wqe_counter) != (uint16_t)(q->posted - BLOCKS))
		return -EIO;
	if (cqe->op_own >> 4 == CQE_REQ)
		return 0;
	if (cqe->op_own >> 4 != CQE_REQ_ERR)
		return -EIO;
	*syndrome = (uint32_t)error->syndrome << 8 | error->vendor_err_synd;
	return -EREMOTEIO;
}

/* Lock held. What is broken and cannot be had rid of stays behind; its memory is abandoned. */
static int make_ready(struct hca_umr *umr)
{
	struct hca_umr_queue *q = &umr->queue;

	if (q->ready)
		return 0;
	hca_umr_queue_unmake(umr->hca, q);
	return hca_umr_queue_make(umr->hca, umr->defaults, umr->eqn, q);
}

/* An error of the work request becomes the calling thread's last one. Returns @err. */
static int failed(struct hca_umr *umr, int err, uint32_t syndrome)
{
	const struct hca_cmd_error error = {
		.opcode = HCA_OP_UMR, .err = err, .syndrome = syndrome,
	};

	hca_cmd_blame(umr->hca, &error);
	return err;
}

/* Lock held. After an error nothing more is posted to that queue. */
static int change(struct hca_umr *umr, uint32_t key, uint32_t pd, unsigned int access,
		  bool *perhaps)
{
	uint32_t syndrome = 0;
	struct cqe64 cqe;
	int ret = make_ready(umr);

	if (ret)
		return ret;
	post(umr, key, pd, access);
	ret = await_completion(umr, &cqe);
	if (!ret)
		ret = judge(&umr->queue, &cqe, &syndrome);
	if (!ret)
		return 0;
	umr->queue.ready = false;
	*perhaps = ret != -EREMOTEIO;
	return failed(umr, ret, syndrome);
}

/* The queue for the calling thread alone; false: not within the limit. */
static bool enter(struct hca_umr *umr)
{
	struct timespec limit = hca_ms_timespec(hca_now_ms() + umr->hca->config.command_ms);

	return !pthread_mutex_clocklock(&umr->lock, CLOCK_MONOTONIC, &limit);
}

int hca_umr_change(struct hca_umr *umr, uint32_t key, uint32_t pd, unsigned int access,
		   bool *perhaps)
{
	int ret;

	*perhaps = false;
	if (access & ~(unsigned int)HCA_MKEY_ACCESS_ALL)
		return -EINVAL;
	if (!enter(umr))
		return failed(umr, -EBUSY, 0);
	ret = hca_fatal(umr->hca) ? failed(umr, -ENODEV, 0) : change(umr, key, pd, access, perhaps);
	pthread_mutex_unlock(&umr->lock);
	return ret;
}
