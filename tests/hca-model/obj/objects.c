// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the tables of one HCA's objects: set up, emptied in the order of their
 * dependencies, counted. It must never know what is inside an object.
 */
#include "tests/hca-model/obj/objects.h"

#include <stdlib.h>
#include <string.h>

#include "tests/hca-model/cmd/caps.h"
#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/cq.h"
#include "tests/hca-model/obj/eq.h"
#include "tests/hca-model/obj/mkey.h"
#include "tests/hca-model/obj/qp.h"
#include "tests/hca-model/obj/srq.h"
#include "tests/hca-model/obj/umem.h"

enum {		/* numbers a driver never gets, as on a card */
	FIRST_MKEY = 8, FIRST_EQ = 4, FIRST_CQ = 0x80, FIRST_QP = 0x80, FIRST_SRQ = 0x10,
};

void objects_init(struct hca *hca)
{
	struct objects *obj = &hca->obj;

	objtab_init(&obj->uar, UAR_FIRST, BAR_BYTES / UAR_PAGE_SIZE);
	objtab_init(&obj->pd, 1, 1u << CAP_LOG_MAX_PD);
	objtab_init(&obj->xrcd, 1, 1u << CAP_LOG_MAX_XRCD);
	objtab_init(&obj->mkey, FIRST_MKEY, 1u << CAP_LOG_MAX_MKEY);
	objtab_init(&obj->eq, FIRST_EQ, FIRST_EQ + EQ_MAX);
	objtab_init(&obj->cq, FIRST_CQ, 1u << CAP_LOG_MAX_CQ);
	objtab_init(&obj->qp, FIRST_QP, 1u << CAP_LOG_MAX_QP);
	objtab_init(&obj->srq, FIRST_SRQ, 1u << CAP_LOG_MAX_SRQ);
	objtab_init(&obj->counter, 1, CAP_MAX_QP_COUNTERS);
	objtab_init(&obj->umem, 1, 1u << 16);
	TAILQ_INIT(&obj->mcgs);
	caps_reset(hca);
}

static void free_qp(void *qp, void *hca)
{
	qp_free(hca, qp);
}

static void free_srq(void *srq, void *hca)
{
	srq_free(hca, srq);
}

static void free_cq(void *cq, void *hca)
{
	cq_free(hca, cq);
}

static void free_eq(void *eq, void *hca)
{
	eq_free(hca, eq);
}

static void free_mkey(void *mkey, void *hca)
{
	mkey_free(hca, mkey);
}

static void free_umem(void *umem, void *hca)
{
	umem_free(hca, umem);
}

static void free_plain(void *obj, void *arg)
{
	(void)arg;
	free(obj);
}

static void count_swept(struct hca *hca)
{
	struct object_counts *swept = &hca->obj.swept;
	struct object_counts c;

	objects_count(hca, &c);
	swept->uar += c.uar;
	swept->pd += c.pd;
	swept->xrcd += c.xrcd;
	swept->mkey += c.mkey;
	swept->eq += c.eq;
	swept->cq += c.cq;
	swept->qp += c.qp;
	swept->srq += c.srq;
	swept->counter += c.counter;
	swept->umem += c.umem;
	swept->mcg += c.mcg;
}

void objects_destroy_all(struct hca *hca)
{
	struct objects *obj = &hca->obj;

	count_swept(hca);
	objtab_each(&obj->qp, free_qp, hca);
	objtab_each(&obj->srq, free_srq, hca);
	objtab_each(&obj->cq, free_cq, hca);
	objtab_each(&obj->eq, free_eq, hca);
	objtab_each(&obj->mkey, free_mkey, hca);
	objtab_each(&obj->umem, free_umem, hca);
	objtab_each(&obj->counter, free_plain, NULL);
	objtab_each(&obj->xrcd, free_plain, NULL);
	objtab_each(&obj->pd, free_plain, NULL);
	objtab_each(&obj->uar, free_plain, NULL);
	objtab_fini(&obj->qp);
	objtab_fini(&obj->srq);
	objtab_fini(&obj->cq);
	objtab_fini(&obj->eq);
	objtab_fini(&obj->mkey);
	objtab_fini(&obj->umem);
	objtab_fini(&obj->counter);
	objtab_fini(&obj->xrcd);
	objtab_fini(&obj->pd);
	objtab_fini(&obj->uar);
	memset(&obj->default_counters, 0, sizeof(obj->default_counters));
}

void objects_fini(struct hca *hca)
{
	objects_destroy_all(hca);
	hca->obj.swept.pages += hca->obj.n_pages;
	free(hca->obj.page_list);
	hca->obj.page_list = NULL;
	hca->obj.n_pages = 0;
	hca->obj.room_pages = 0;
}

void objects_count(const struct hca *hca, struct object_counts *out)
{
	const struct objects *obj = &hca->obj;

	*out = (struct object_counts){
		.pages = obj->n_pages, .uar = obj->uar.live, .pd = obj->pd.live,
		.xrcd = obj->xrcd.live, .mkey = obj->mkey.live, .eq = obj->eq.live,
		.cq = obj->cq.live, .qp = obj->qp.live, .srq = obj->srq.live,
		.counter = obj->counter.live, .umem = obj->umem.live, .mcg = obj->n_mcg,
	};
}
