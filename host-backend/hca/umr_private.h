/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the queue of changes is made of, for the two files that make it and
 * use it. Must never be included by anything above them.
 */
#ifndef HCA_UMR_PRIVATE_H
#define HCA_UMR_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/defaults.h"
#include "host-backend/hca/dma.h"
#include "host-backend/hca/ifc/wqe.h"

enum { HCA_UMR_LOG_SQ = 4, HCA_UMR_LOG_CQ = 3 };	/* WQE blocks, completions */

/**
 * struct hca_umr_queue - a queue pair of type REG_UMR and its CQ
 * @memory: of the rings and doorbell records
 * @sq, @sq_dbr, @cq, @cq_dbr: in it
 * @cqn, @qpn: if @has_cq and @has_qp
 * @ready: in RTS
 * @posted: WQE blocks
 * @taken: completions
 */
struct hca_umr_queue {
	struct hca_buf memory;
	uint8_t *sq;
	struct cqe64 *cq;
	uint32_t *sq_dbr, *cq_dbr;
	uint32_t cqn, qpn;
	bool has_cq, has_qp, ready;
	uint16_t posted;
	uint32_t taken;
};

/**
 * hca_umr_queue_make() - a queue that takes changes
 * @hca: HCA
 * @defaults: what its context names besides
 * @eqn: of its CQ, which is never armed
 * @q: zeroed; made
 *
 * Return: 0; errors of hca_cmd() and hca_dma_alloc(): all is undone.
 */
int hca_umr_queue_make(struct hca *hca, const struct hca_defaults *defaults, uint32_t eqn,
		       struct hca_umr_queue *q);

/*
 * The mirror; zeroes @q in every case, a zeroed one is ignored. Errors of
 * hca_cmd(): the memory is abandoned.
 */
int hca_umr_queue_unmake(struct hca *hca, struct hca_umr_queue *q);

#endif
