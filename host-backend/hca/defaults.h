/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the objects that a QP context must name where a QP has none of its own:
 * a PD, a CQ, two XRC domains, two shared receive queues. Must never know QPs.
 */
#ifndef HCA_DEFAULTS_H
#define HCA_DEFAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/dma.h"

struct hca;

/* As the Linux driver makes them (drivers/infiniband/hw/mlx5/main.c, mlx5_ib_dev_res_init). */
struct hca_defaults {
	uint32_t pd;
	uint32_t cqn;			/* of XRC target QPs */
	uint32_t xrcd_srq, xrcd;	/* of QPs with an SRQ, of all others */
	uint32_t xrc_srqn, rmpn;	/* of XRC QPs, of QPs with a receive queue of their own */
	struct hca_buf memory;		/* of the rings */
	unsigned int made;		/* how far hca_defaults_create() got */
};

/**
 * hca_defaults_create() - make them
 * @hca: HCA
 * @uar: UAR page, e.g. hca_own_uar()
 * @eqn: an event queue for the CQ, on which nothing ever completes
 * @defaults: result
 *
 * Return: 0; errors of hca_cmd() and hca_dma_alloc(): all is undone.
 */
int hca_defaults_create(struct hca *hca, uint32_t uar, uint32_t eqn,
			struct hca_defaults *defaults);

/**
 * hca_defaults_destroy() - the mirror
 * @hca: HCA
 * @defaults: zeroed in every case; a zeroed one is ignored
 *
 * Return: 0, or the first error of hca_cmd(): the rings' memory is then
 * abandoned, not freed.
 */
int hca_defaults_destroy(struct hca *hca, struct hca_defaults *defaults);

#endif
