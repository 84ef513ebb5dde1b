// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the objects that a QP context must name where a QP has none of its own.
 * Must never know QPs.
 */
#include "host-backend/hca/defaults.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "host-backend/hca/command.h"
#include "host-backend/hca/cq.h"
#include "host-backend/hca/hca.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/hca/pd.h"
#include "host-backend/hca/rmp.h"
#include "host-backend/hca/srq.h"
#include "host-backend/hca/xrcd.h"

enum {
	/* Everything of each queue in its own page: ring first, doorbell record in the middle. */
	CQ_PAGE, XRC_SRQ_PAGE, RMP_PAGE, N_PAGES,
	PAGE = 4096, DBR_AT = 2048,
	LOG_ENTRIES = 1,
	CQE_BYTES = 64, CQE_HCA_OWNED = CQE_INVALID << 4 | CQE_OWNER,
	SRQ_LOG_STRIDE = 5,		/* one next segment, one data segment */
};

/* In the order they are made; struct hca_defaults.made counts them. */
enum { MADE_NOTHING, MADE_PD, MADE_XRCD_SRQ, MADE_XRCD, MADE_CQ, MADE_XRC_SRQ, MADE_RMP };

static uint8_t *page_ptr(const struct hca_defaults *d, unsigned int page)
{
	return d->memory.ptr + (size_t)page * PAGE;
}

static void init_rings(const struct hca_defaults *d)
{
	struct wqe_srq_next next = { .next_wqe_index = htobe16(1) };
	unsigned int i;

	for (i = 0; i < 1u << LOG_ENTRIES; i++)
		page_ptr(d, CQ_PAGE)[(i + 1) * CQE_BYTES - 1] = CQE_HCA_OWNED;
	memcpy(page_ptr(d, XRC_SRQ_PAGE), &next, sizeof(next));
	memcpy(page_ptr(d, RMP_PAGE), &next, sizeof(next));
}

static int make_cq(struct hca *hca, uint32_t uar, uint32_t eqn, struct hca_defaults *d)
{
	const struct bus_run run = { d->memory.iova + CQ_PAGE * PAGE, PAGE };
	const struct hca_cq_attr attr = {
		.log_size = LOG_ENTRIES, .cqe_bytes = CQE_BYTES, .uar = uar, .eqn = eqn,
		.ring = { .runs = &run, .n_runs = 1, .bytes = DBR_AT },
		.dbr_iova = run.iova + DBR_AT,
	};

	return hca_cq_create(hca, &attr, &d->cqn);
}

static int make_srq(struct hca *hca, unsigned int page, struct hca_defaults *d)
{
	const struct bus_run run = { d->memory.iova + (uint64_t)page * PAGE, PAGE };
	const struct hca_srq_attr attr = {
		.pd = d->pd, .log_size = LOG_ENTRIES, .log_stride = SRQ_LOG_STRIDE,
		.ring = { .runs = &run, .n_runs = 1, .bytes = DBR_AT },
		.dbr_iova = run.iova + DBR_AT,
		.xrcd = d->xrcd_srq, .cqn = d->cqn,
	};

	return page == RMP_PAGE ? hca_rmp_create(hca, &attr, &d->rmpn) :
				  hca_xrc_srq_create(hca, &attr, &d->xrc_srqn);
}

static int make(struct hca *hca, unsigned int step, uint32_t uar, uint32_t eqn,
		struct hca_defaults *d)
{
	switch (step) {
	case MADE_PD:
		return hca_pd_alloc(hca, &d->pd);
	case MADE_XRCD_SRQ:
		return hca_xrcd_alloc(hca, &d->xrcd_srq);
	case MADE_XRCD:
		return hca_xrcd_alloc(hca, &d->xrcd);
	case MADE_CQ:
		return make_cq(hca, uar, eqn, d);
	case MADE_XRC_SRQ:
		return make_srq(hca, XRC_SRQ_PAGE, d);
	default:
		return make_srq(hca, RMP_PAGE, d);
	}
}

static int unmake(struct hca *hca, unsigned int step, const struct hca_defaults *d)
{
	switch (step) {
	case MADE_PD:
		return hca_pd_dealloc(hca, d->pd);
	case MADE_XRCD_SRQ:
		return hca_xrcd_dealloc(hca, d->xrcd_srq);
	case MADE_XRCD:
		return hca_xrcd_dealloc(hca, d->xrcd);
	case MADE_CQ:
		return hca_cq_destroy(hca, d->cqn);
	case MADE_XRC_SRQ:
		return hca_xrc_srq_destroy(hca, d->xrc_srqn);
	default:
		return hca_rmp_destroy(hca, d->rmpn);
	}
}

/* @unsure: a queue that we do not know of may use the memory. */
static int destroy(struct hca *hca, struct hca_defaults *d, bool unsure)
{
	struct hca_cmd_error cause = { 0 };
	int first = 0, ret;

	for (; d->made > MADE_NOTHING; d->made--) {
		ret = unmake(hca, d->made, d);
		if (ret && !first) {
			first = ret;
			cause = *hca_cmd_last_error(hca);
		}
	}
	if (first)
		hca_cmd_blame(hca, &cause);
	if (first || unsure)
		hca_dma_abandon(hca_dma(hca), &d->memory);
	else
		hca_dma_free(hca_dma(hca), &d->memory);
	memset(d, 0, sizeof(*d));
	return first;
}

int hca_defaults_create(struct hca *hca, uint32_t uar, uint32_t eqn,
			struct hca_defaults *defaults)
{
	struct hca_cmd_error cause;
	int ret;

	memset(defaults, 0, sizeof(*defaults));
	ret = hca_dma_alloc(hca_dma(hca), (size_t)N_PAGES * PAGE, PAGE, &defaults->memory);
	if (ret)
		return ret;
	init_rings(defaults);
	while (defaults->made < MADE_RMP) {
		ret = make(hca, defaults->made + 1, uar, eqn, defaults);
		if (ret) {
			cause = *hca_cmd_last_error(hca);
			destroy(hca, defaults, hca_cmd_unsure(ret));
			hca_cmd_blame(hca, &cause);
			return ret;
		}
		defaults->made++;
	}
	return 0;
}

int hca_defaults_destroy(struct hca *hca, struct hca_defaults *defaults)
{
	return defaults->memory.ptr ? destroy(hca, defaults, false) : 0;
}
