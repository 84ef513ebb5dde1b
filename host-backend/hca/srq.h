/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the commands on XRC shared receive queues. Must never know what is
 * received. Basic ones are RMPs: rmp.h.
 */
#ifndef HCA_SRQ_H
#define HCA_SRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/pas.h"

struct hca;

/**
 * struct hca_srq_attr - what CREATE_XRC_SRQ and CREATE_RMP get
 * @pd: protection domain
 * @log_size: log2 WQEs, at most 15
 * @log_stride: log2 bytes of a WQE, 5 to 11
 * @limit: an event when fewer WQEs are left; 0: none
 * @ring: (1 << log_size) << log_stride bytes; a linked list of WQEs. For an RMP
 *	it must begin in the first half of a page
 * @dbr_iova: doorbell record, 8 bytes, aligned to 8
 * @xrcd, @cqn, @user_index: XRC only; user_index: told in completions
 */
struct hca_srq_attr {
	uint32_t pd;
	uint8_t log_size, log_stride;
	uint16_t limit;
	struct hca_ring ring;
	uint64_t dbr_iova;
	uint32_t xrcd, cqn, user_index;
};

struct hca_srq_info {
	bool error;
	uint32_t pd;
	uint8_t log_size, log_stride;
	uint16_t limit;			/* 0: none, or its event was sent */
	uint64_t dbr_iova;
	uint32_t xrcd, cqn, user_index;	/* XRC only */
};

/* -EINVAL: sizes, or a ring hca_ring_plan() refuses; -ENOMEM; hca_cmd()'s, see hca_cmd_unsure(). */
int hca_xrc_srq_create(struct hca *hca, const struct hca_srq_attr *attr, uint32_t *srqn);
/* Errors of hca_cmd(): it may still read its ring. */
int hca_xrc_srq_destroy(struct hca *hca, uint32_t srqn);
int hca_xrc_srq_arm(struct hca *hca, uint32_t srqn, uint16_t limit);
int hca_xrc_srq_query(struct hca *hca, uint32_t srqn, struct hca_srq_info *info);

#endif
