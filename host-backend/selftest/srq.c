// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the linked list that a shared receive queue is. Must never know who sends
 * to it.
 */
#include "host-backend/selftest/srq.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "host-backend/hca/barrier.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/hca/srq.h"
#include "host-backend/hca/xrcd.h"
#include "host-backend/selftest/run.h"

enum {
	LOG_WQES = 4, WQES = 1 << LOG_WQES,
	LOG_STRIDE = 5,			/* the link and one piece */
	USER_INDEX = 0x5e1f01,
};

static struct wqe_srq_next *wqe_at(const struct st_srq *srq, uint16_t index)
{
	return (struct wqe_srq_next *)(srq->ring.ptr + ((size_t)(index % WQES) << LOG_STRIDE));
}

/*
 * As only one WQE waits at a time, they are consumed in the order of the ring, and the
 * list never needs another one.
 */
static int ring_open(struct st_run *run, struct st_srq *srq)
{
	uint16_t i;
	int ret;

	ret = st_window(run, (uint64_t)WQES << LOG_STRIDE, true, &srq->ring);
	if (ret)
		return ret;
	for (i = 0; i < WQES; i++)
		wqe_at(srq, i)->next_wqe_index = htobe16((i + 1) % WQES);
	return st_record_take(&run->objects.records, &srq->record);
}

int st_srq_open(struct st_run *run, struct st_srq *srq)
{
	struct hca_srq_attr attr = {
		.pd = run->objects.pd, .log_size = LOG_WQES, .log_stride = LOG_STRIDE,
		.cqn = run->objects.recv_cq.cqn, .user_index = USER_INDEX,
	};
	int ret;

	memset(srq, 0, sizeof(*srq));
	ret = hca_xrcd_alloc(run->hca, &srq->xrcd);
	if (ret)
		return st_fail_command(run, ret, "XRC domain");
	srq->has_xrcd = true;
	ret = ring_open(run, srq);
	if (ret)
		return ret;
	attr.xrcd = srq->xrcd;
	attr.ring = st_window_ring(&srq->ring);
	attr.dbr_iova = srq->record.bus;
	ret = hca_xrc_srq_create(run->hca, &attr, &srq->srqn);
	srq->made = !ret;
	srq->quarantined = hca_cmd_unsure(ret);
	return ret ? st_fail_command(run, ret, "XRC shared receive queue") : 0;
}

int st_srq_close(struct st_run *run, struct st_srq *srq)
{
	int ret = srq->made ? hca_xrc_srq_destroy(run->hca, srq->srqn) : 0, err;

	if (ret)
		st_fail_command(run, ret, "XRC shared receive queue");
	st_record_give(&run->objects.records, &srq->record, ret || srq->quarantined);
	err = st_window_end(run, &srq->ring, ret || srq->quarantined);
	ret = ret ? ret : err;
	err = srq->has_xrcd ? hca_xrcd_dealloc(run->hca, srq->xrcd) : 0;
	if (err)
		st_fail_command(run, err, "XRC domain");
	memset(srq, 0, sizeof(*srq));
	return ret ? ret : err;
}

uint16_t st_srq_receive(struct st_srq *srq, const struct st_piece *pieces, unsigned int n)
{
	uint16_t index = srq->posted++ % WQES;

	st_wqe_receive((uint8_t *)(wqe_at(srq, index) + 1), 1, pieces, n);
	hca_to_device_barrier();
	st_record_write(srq->record.word, srq->posted);
	return index;
}
