// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how a CQE is recognized and read. It must never know who posted what.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "tests/hca-client/poll.h"

static const struct cqe64 *cqe_at(const struct hc_cq *cq, uint32_t index)
{
	const uint8_t *p = cq->buf.ptr + (size_t)(index & ((1u << cq->log) - 1)) * cq->cqe_bytes;

	return (const struct cqe64 *)(p + cq->cqe_bytes - sizeof(struct cqe64));
}

static bool cqe_is_ours(const struct hc_cq *cq)
{
	const struct cqe64 *cqe = cqe_at(cq, cq->ci);
	uint8_t op_own = __atomic_load_n(&cqe->op_own, __ATOMIC_ACQUIRE);

	return op_own >> 4 != CQE_INVALID &&
	       (op_own & CQE_OWNER) == (cq->ci >> cq->log & 1);
}

/*
 * The mark of a resize takes one index; later completions are in the new ring.
 * (Everything before it was taken already, so nothing has to be copied.)
 */
static void take_new_ring(struct hc_cq *cq)
{
	cq->ci++;
	cq->buf = cq->next_buf;		/* the old ring stays allocated until the arena goes */
	cq->log = cq->next_log;
	memset(&cq->next_buf, 0, sizeof(cq->next_buf));
}

static void decode(const struct cqe64 *cqe, struct hc_wc *wc)
{
	const struct err_cqe *err = (const struct err_cqe *)cqe;
	uint32_t rqpn = be32toh(cqe->flags_rqpn);

	memset(wc, 0, sizeof(*wc));
	wc->opcode = cqe->op_own >> 4;
	wc->qpn = be32toh(cqe->sop_drop_qpn) & 0xffffff;
	wc->send_opcode = (uint8_t)(be32toh(cqe->sop_drop_qpn) >> 24);
	wc->index = be16toh(cqe->wqe_counter);
	wc->srqn_uidx = be32toh(cqe->srqn_uidx) & 0xffffff;
	if (wc->opcode == CQE_REQ_ERR || wc->opcode == CQE_RESP_ERR) {
		wc->syndrome = err->syndrome;
		wc->vendor = err->vendor_err_synd;
		return;
	}
	wc->bytes = be32toh(cqe->byte_cnt);
	wc->imm = be32toh(cqe->imm_inval_pkey);
	wc->src_qpn = rqpn & 0xffffff;
	wc->sl = rqpn >> 24 & 0xf;
	wc->grh = rqpn >> 28 & 3;
	wc->slid = be16toh(cqe->slid);
}

bool hc_cq_poll(struct hc_cq *cq, struct hc_wc *wc)
{
	if (!cqe_is_ours(cq))
		return false;
	if (cqe_at(cq, cq->ci)->op_own >> 4 == CQE_RESIZE_CQ) {
		take_new_ring(cq);
		if (!cqe_is_ours(cq))
			return false;
	}
	decode(cqe_at(cq, cq->ci), wc);
	cq->ci++;
	__atomic_store_n((uint32_t *)(cq->dbr.ptr + DBR_CQ_CI), htobe32(cq->ci & 0xffffff),
			 __ATOMIC_RELEASE);
	return true;
}

int hc_cq_wait(struct hc *hc, struct hc_cq *cq, struct hc_wc *wc)
{
	return hc_until(hc, hc_cq_poll(cq, wc)) ? 0 : -ETIMEDOUT;
}

void hc_cq_arm(struct hc *hc, struct hc_cq *cq, bool solicited_only)
{
	uint32_t word = (uint32_t)(cq->arm_sn & 3) << DBR_CQ_SN_SHIFT |
			(solicited_only ? DBR_CQ_SOLICITED_ONLY : 0) | (cq->ci & 0xffffff);

	__atomic_store_n((uint32_t *)(cq->dbr.ptr + DBR_CQ_ARM), htobe32(word), __ATOMIC_RELEASE);
	hc_write64(hc, (uint64_t)cq->uar * UAR_PAGE_SIZE + UAR_CQ_ARM, word, cq->cqn);
}
