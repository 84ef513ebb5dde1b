// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the list of receive WQEs of a shared receive queue and its limit event.
 * It must never know what is received, or commands.
 */
#include "tests/hca-model/obj/srq.h"

#include <errno.h>

#include "host-backend/hca/ifc/wqe.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/events.h"
#include "tests/hca-model/trace.h"

struct srq *srq_get(struct hca *hca, uint32_t srqn)
{
	return objtab_get(&hca->obj.srq, srqn);
}

static int srq_fail(struct hca *hca, struct srq *srq, const char *why)
{
	srq->error = true;
	hca_log(hca, "SRQ 0x%x fails: %s", srq->srqn, why);
	event_srq(hca, srq->srqn, EVENT_SRQ_CATAS_ERROR);
	return -EFAULT;
}

static void srq_check_limit(struct hca *hca, struct srq *srq, uint16_t posted)
{
	if (!srq->lwm || (uint16_t)(posted - srq->taken) >= srq->lwm)
		return;
	srq->lwm = 0;
	event_srq(hca, srq->srqn, EVENT_SRQ_RQ_LIMIT);
}

int srq_pop(struct hca *hca, struct srq *srq, void *wqe, uint32_t room,
	    uint32_t *bytes, uint16_t *index)
{
	uint32_t stride = 1u << srq->log_stride;
	uint64_t off = (uint64_t)srq->head << srq->log_stride;
	struct wqe_srq_next next;
	uint32_t posted;

	if (srq->error)
		return -EFAULT;
	if (dma_read_be32(hca, srq->dbr + DBR_RCV, &posted))
		return srq_fail(hca, srq, "doorbell record not accessible");
	if ((uint16_t)posted == srq->taken) {
		srq_check_limit(hca, srq, (uint16_t)posted);
		return -ENOENT;
	}
	*bytes = stride - sizeof(next);
	if (*bytes > room)
		return srq_fail(hca, srq, "stride");
	if (pas_buf_read(hca, &srq->buf, off, &next, sizeof(next)) ||
	    pas_buf_read(hca, &srq->buf, off + sizeof(next), wqe, *bytes))
		return srq_fail(hca, srq, "ring not accessible");
	*index = srq->head;
	srq->taken++;
	srq->head = be16toh(next.next_wqe_index) & ((1u << srq->log_size) - 1);
	srq_check_limit(hca, srq, (uint16_t)posted);
	return 0;
}
