/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the commands on completion queues. Must never know what completes.
 */
#ifndef HCA_CQ_H
#define HCA_CQ_H

#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/pas.h"

struct hca;

/**
 * struct hca_cq_attr - what CREATE_CQ gets
 * @log_size: log2 entries
 * @cqe_bytes: 64 or 128
 * @ignore_overrun: a completion that finds no room is no error
 * @uar: UAR page its arming doorbell is in
 * @eqn: event queue
 * @ring: cqe_bytes << log_size bytes; every entry's last byte must say that it
 *	is the HCA's (0xf1) before
 * @dbr_iova: doorbell record, 8 bytes, aligned to 8
 */
struct hca_cq_attr {
	uint8_t log_size;
	unsigned int cqe_bytes;
	bool ignore_overrun;
	uint32_t uar, eqn;
	struct hca_ring ring;
	uint64_t dbr_iova;
};

/* -EINVAL: sizes, or a ring hca_ring_plan() refuses; -ENOMEM; hca_cmd()'s, see hca_cmd_unsure(). */
int hca_cq_create(struct hca *hca, const struct hca_cq_attr *attr, uint32_t *cqn);
/* Errors of hca_cmd(): it may still write to its ring. */
int hca_cq_destroy(struct hca *hca, uint32_t cqn);

/**
 * hca_cq_resize() - go over to another ring
 * @hca: HCA
 * @cqn: CQ
 * @attr: of the CQ, with the new log_size and ring; the rest as it was created
 *
 * Completions go on to be written into the old ring up to a CQE of opcode 5
 * (resize), after which that ring is free.
 *
 * Return: as hca_cq_create(). -EREMOTEIO also when more completions wait than
 * fit; the old ring is then still in use. After an error of which
 * hca_cmd_unsure() is true both may be.
 */
int hca_cq_resize(struct hca *hca, uint32_t cqn, const struct hca_cq_attr *attr);

/*
 * Events after @count completions or @period_us microseconds; 0 and 0: at once.
 * -EINVAL: period above 4095; errors of hca_cmd().
 */
int hca_cq_moderate(struct hca *hca, uint32_t cqn, uint16_t period_us, uint16_t count);

struct hca_cq_info {
	bool error;			/* overrun, or its ring could not be written */
	bool armed, armed_solicited;
	uint8_t log_size;
	unsigned int cqe_bytes;
	uint32_t uar, eqn;
	uint32_t consumer, producer;	/* 24 bits */
	uint16_t period_us, count;
	uint64_t dbr_iova;
};

int hca_cq_query(struct hca *hca, uint32_t cqn, struct hca_cq_info *info);

#endif
