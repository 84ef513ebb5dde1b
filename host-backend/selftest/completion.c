// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how a completion is recognized, read, waited for. Must never know who
 * posted what.
 */
#include "host-backend/selftest/completion.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "host-backend/hca/barrier.h"
#include "host-backend/hca/cq.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/selftest/run.h"

enum {
	LOG_CQES = 6,
	CQE_FRESH = CQE_INVALID << 4 | CQE_OWNER,
	CI_MASK = 0xffffff,
};

static const struct cqe64 *cqe_at(const struct st_cq *cq, uint32_t index)
{
	return (const struct cqe64 *)cq->ring.ptr + (index & ((1u << LOG_CQES) - 1));
}

int st_cq_open(struct st_run *run, struct st_cq *cq)
{
	struct hca_cq_attr attr = {
		.log_size = LOG_CQES, .cqe_bytes = sizeof(struct cqe64),
		.uar = run->objects.uar, .eqn = run->objects.events.eqn,
		.dbr_iova = cq->record.bus,
	};
	uint32_t i;
	int ret;

	ret = st_window(run, sizeof(struct cqe64) << LOG_CQES, true, &cq->ring);
	if (ret)
		return ret;
	for (i = 0; i < 1u << LOG_CQES; i++)
		cq->ring.ptr[(i + 1) * sizeof(struct cqe64) - 1] = CQE_FRESH;
	attr.ring = st_window_ring(&cq->ring);
	cq->uar = attr.uar;
	ret = hca_cq_create(run->hca, &attr, &cq->cqn);
	cq->made = !ret;
	cq->quarantined = hca_cmd_unsure(ret);
	return ret ? st_fail_command(run, ret, cq->name) : 0;
}

int st_cq_close(struct st_run *run, struct st_cq *cq)
{
	int ret = cq->made ? hca_cq_destroy(run->hca, cq->cqn) : 0, err;

	if (ret)
		st_fail_command(run, ret, cq->name);
	st_record_give(&run->objects.records, &cq->record, ret || cq->quarantined);
	err = st_window_end(run, &cq->ring, ret || cq->quarantined);
	memset(cq, 0, sizeof(*cq));
	return ret ? ret : err;
}

static void decode(const struct cqe64 *cqe, struct st_completion *c)
{
	const struct err_cqe *error = (const struct err_cqe *)cqe;
	uint32_t word = be32toh(cqe->sop_drop_qpn), source = be32toh(cqe->flags_rqpn);

	*c = (struct st_completion){
		.opcode = cqe->op_own >> 4, .wqe_opcode = (uint8_t)(word >> 24),
		.qpn = word & 0xffffff, .index = be16toh(cqe->wqe_counter),
		.user_index = be32toh(cqe->srqn_uidx) & 0xffffff,
	};
	if (c->opcode == CQE_REQ_ERR || c->opcode == CQE_RESP_ERR) {
		c->syndrome = error->syndrome;
		c->vendor = error->vendor_err_synd;
		return;
	}
	c->bytes = be32toh(cqe->byte_cnt);
	c->imm = be32toh(cqe->imm_inval_pkey);
	c->src_qpn = source & 0xffffff;
	c->grh = source >> 28 & 3;
	c->src_lid = be16toh(cqe->slid);
}

bool st_cq_poll(struct st_cq *cq, struct st_completion *c)
{
	const struct cqe64 *cqe = cqe_at(cq, cq->ci);
	uint8_t op_own = __atomic_load_n(&cqe->op_own, __ATOMIC_RELAXED);

	if (op_own >> 4 == CQE_INVALID || (op_own & CQE_OWNER) != (cq->ci >> LOG_CQES & 1))
		return false;
	hca_from_device_barrier();
	decode(cqe, c);
	cq->ci++;
	st_record_write(cq->record.word, cq->ci & CI_MASK);
	return true;
}

void st_cq_arm(struct st_run *run, struct st_cq *cq)
{
	uint32_t word = (uint32_t)(cq->sn & 3) << DBR_CQ_SN_SHIFT | (cq->ci & CI_MASK);
	struct hca_transport *t = hca_transport(run->hca);

	if (cq->armed)
		return;
	st_record_write(cq->record.word + 1, word);
	hca_to_device_barrier();
	t->ops->write64(t, (uint64_t)cq->uar * UAR_PAGE_SIZE + UAR_CQ_ARM, word, cq->cqn);
	cq->armed = true;
}

/* An event that was asked for must come; the completion alone is not enough. */
static int missed(struct st_run *run, struct st_cq *cq)
{
	struct st_completion c;

	if (st_cq_poll(cq, &c))
		return st_fail(run, -ETIMEDOUT, "%s: a completion came, but its event did not "
			       "within %u ms: interrupts of vector %u do not arrive", cq->name,
			       run->config.completion_ms, run->objects.events.vector);
	return st_fail(run, -ETIMEDOUT, "%s: no completion within %u ms", cq->name,
		       run->config.completion_ms);
}

/* Until an armed CQ has its event. */
static int wait_event(struct st_run *run, struct st_cq *cq)
{
	uint64_t end = st_now_ms() + run->config.completion_ms;
	int ret = 0;

	while (cq->armed && !ret)
		ret = st_events_wait(run, end);
	return ret == -ETIMEDOUT ? missed(run, cq) : ret;
}

int st_cq_wait(struct st_run *run, struct st_cq *cq, struct st_completion *c)
{
	int ret = wait_event(run, cq);

	while (!ret && !st_cq_poll(cq, c)) {
		st_cq_arm(run, cq);
		if (st_cq_poll(cq, c))
			return 0;
		ret = wait_event(run, cq);
	}
	return ret;
}

void st_cq_drain(struct st_cq *cq)
{
	struct st_completion c;

	while (st_cq_poll(cq, &c))
		;
}

const char *st_syndrome_name(uint8_t syndrome)
{
	switch (syndrome) {
	case CQE_SYND_LOCAL_LENGTH:	return "local length error";
	case CQE_SYND_LOCAL_QP_OP:	return "local QP operation error";
	case CQE_SYND_LOCAL_PROT:	return "local protection error";
	case CQE_SYND_WR_FLUSH:		return "flushed";
	case CQE_SYND_MW_BIND:		return "memory window bind error";
	case CQE_SYND_BAD_RESP:		return "bad response";
	case CQE_SYND_LOCAL_ACCESS:	return "local access error";
	case CQE_SYND_REMOTE_INVAL_REQ:	return "remote invalid request";
	case CQE_SYND_REMOTE_ACCESS:	return "remote access error";
	case CQE_SYND_REMOTE_OP:	return "remote operation error";
	case CQE_SYND_RETRY_EXC:	return "transport retries exceeded";
	case CQE_SYND_RNR_RETRY_EXC:	return "receiver-not-ready retries exceeded";
	case CQE_SYND_REMOTE_ABORTED:	return "remote aborted";
	default:			return "no known syndrome";
	}
}
