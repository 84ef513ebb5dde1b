// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns one life of each firmware object. It must never know why a command
 * fails.
 */
#include "tests/unit/host/objects_lives.h"

#include <string.h>

#include "host-backend/hca/counter.h"
#include "host-backend/hca/cq.h"
#include "host-backend/hca/mad.h"
#include "host-backend/hca/mcg.h"
#include "host-backend/hca/mkey.h"
#include "host-backend/hca/pd.h"
#include "host-backend/hca/port.h"
#include "host-backend/hca/qp.h"
#include "host-backend/hca/registers.h"
#include "host-backend/hca/rmp.h"
#include "host-backend/hca/uar.h"
#include "host-backend/hca/umr.h"
#include "host-backend/hca/xrcd.h"

enum { LOG_CQ = 6, LOG_QUEUE = 4, LOG_STRIDE = 6, POOL = 3 };

/* Remembers the first error. Returns @ret. */
static int note(struct objects_run *run, int ret)
{
	if (ret && !run->first) {
		run->first = ret;
		run->cause = *hca_cmd_last_error(run->bed->hca);
	}
	return ret;
}

/* The same for what makes an object. */
static int made(struct objects_run *run, int ret)
{
	run->unsure |= ret && hca_cmd_unsure(ret);
	return note(run, ret);
}

/* The end of an object and of the ring it used; tried twice. */
static void end(struct objects_run *run, int (*destroy)(struct hca *hca, uint32_t number),
		uint32_t number, struct objects_ring *ring)
{
	int ret = note(run, destroy(run->bed->hca, number));

	if (ret)
		ret = destroy(run->bed->hca, number);
	run->left |= ret;
	if (ring)
		objects_ring_free(run->bed, ring, ret);
}

/* The end of a ring whose object was not made. */
static void drop(struct objects_run *run, struct objects_ring *ring, int ret)
{
	objects_ring_free(run->bed, ring, hca_cmd_unsure(ret));
}

static void pd_lives(struct objects_run *run)
{
	uint32_t pd;

	if (!made(run, hca_pd_alloc(run->bed->hca, &pd)))
		end(run, hca_pd_dealloc, pd, NULL);
}

static void xrcd_lives(struct objects_run *run)
{
	uint32_t xrcd;

	if (!made(run, hca_xrcd_alloc(run->bed->hca, &xrcd)))
		end(run, hca_xrcd_dealloc, xrcd, NULL);
}

static int counter_dealloc(struct hca *hca, uint32_t set)
{
	return hca_counter_dealloc(hca, (uint8_t)set);
}

static void counter_lives(struct objects_run *run)
{
	struct hca_counters counters;
	uint8_t set;

	if (made(run, hca_counter_alloc(run->bed->hca, &set)))
		return;
	note(run, hca_counter_query(run->bed->hca, set, true, &counters));
	end(run, counter_dealloc, set, NULL);
}

static void uar_pool_lives(struct objects_run *run)
{
	struct hca_uar_pool *pool;

	if (!made(run, hca_uar_pool_create(run->bed->hca, POOL, &pool)))
		run->left |= note(run, hca_uar_pool_destroy(pool));
}

static void klm_key_lives(struct objects_run *run, const struct hca_mkey_attr *attr, uint32_t inner)
{
	const struct hca_klm klm = { (uint32_t)attr->len, inner, attr->start };
	uint32_t key;

	if (!made(run, hca_mkey_create_klm(run->bed->hca, attr, &klm, 1, &key)))
		end(run, hca_mkey_destroy, key, NULL);
}

static void mkey_lives(struct objects_run *run)
{
	struct hca_mkey_attr attr = { .access = HCA_MKEY_LOCAL_READ, .start = 1ull << 32,
				      .len = OBJECTS_PAGE };
	struct objects_ring memory;
	struct hca_mkey_info info;
	uint32_t key;
	int ret;

	if (note(run, objects_ring_alloc(run->bed, OBJECTS_PAGE, &memory)))
		return;
	ret = made(run, hca_pd_alloc(run->bed->hca, &attr.pd));
	if (ret) {
		drop(run, &memory, 0);
		return;
	}
	ret = made(run, hca_mkey_create(run->bed->hca, &attr, &memory.run, 1, 0, &key));
	if (ret) {
		drop(run, &memory, ret);
	} else {
		note(run, hca_mkey_query(run->bed->hca, key, &info));
		klm_key_lives(run, &attr, key);
		end(run, hca_mkey_destroy, key, &memory);
	}
	end(run, hca_pd_dealloc, attr.pd, NULL);
}

static int cq_make(struct objects_run *run, struct objects_ring *ring, struct hca_cq_attr *attr,
		   uint32_t *cqn)
{
	int ret = note(run, objects_ring_alloc(run->bed, 64u << LOG_CQ, ring));

	if (ret)
		return ret;
	objects_ring_fresh_cqes(ring, 64);
	*attr = (struct hca_cq_attr){
		.log_size = LOG_CQ, .cqe_bytes = 64, .uar = hca_own_uar(run->bed->hca),
		.eqn = run->bed->eq->eqn, .ring = ring->ring, .dbr_iova = ring->dbr_iova,
	};
	ret = made(run, hca_cq_create(run->bed->hca, attr, cqn));
	if (ret)
		drop(run, ring, ret);
	return ret;
}

static void cq_lives(struct objects_run *run)
{
	struct objects_ring ring, next;
	struct hca_cq_attr attr;
	struct hca_cq_info info;
	uint32_t cqn;

	if (cq_make(run, &ring, &attr, &cqn))
		return;
	note(run, hca_cq_query(run->bed->hca, cqn, &info));
	note(run, hca_cq_moderate(run->bed->hca, cqn, 10, 10));
	/* Whichever ring it ends up with: both are kept until it is gone. */
	if (!note(run, objects_ring_alloc(run->bed, 128u << LOG_CQ, &next))) {
		objects_ring_fresh_cqes(&next, 64);
		attr.log_size = LOG_CQ + 1;
		attr.ring = next.ring;
		note(run, hca_cq_resize(run->bed->hca, cqn, &attr));
	}
	end(run, hca_cq_destroy, cqn, &ring);
	objects_ring_free(run->bed, &next, run->left);
}

static void rmp_lives(struct objects_run *run)
{
	struct hca_srq_attr attr = { .log_size = LOG_QUEUE, .log_stride = LOG_STRIDE };
	struct hca_srq_info info;
	struct objects_ring ring;
	uint32_t rmpn;
	int ret;

	if (made(run, hca_pd_alloc(run->bed->hca, &attr.pd)))
		return;
	if (note(run, objects_ring_alloc(run->bed, 1u << (LOG_QUEUE + LOG_STRIDE), &ring)))
		goto pd;
	attr.ring = ring.ring;
	attr.dbr_iova = ring.dbr_iova;
	ret = made(run, hca_rmp_create(run->bed->hca, &attr, &rmpn));
	if (ret) {
		drop(run, &ring, ret);
		goto pd;
	}
	note(run, hca_rmp_arm(run->bed->hca, rmpn, 3));
	note(run, hca_rmp_query(run->bed->hca, rmpn, &info));
	end(run, hca_rmp_destroy, rmpn, &ring);
pd:
	end(run, hca_pd_dealloc, attr.pd, NULL);
}

/* On the defaults' PD, CQ and XRC domain. */
static void xrc_srq_on(struct objects_run *run, const struct hca_defaults *defaults)
{
	struct hca_srq_attr attr = { .log_size = LOG_QUEUE, .log_stride = LOG_STRIDE,
				     .pd = defaults->pd, .xrcd = defaults->xrcd,
				     .cqn = defaults->cqn };
	struct hca_srq_info info;
	struct objects_ring ring;
	uint32_t srqn;
	int ret;

	if (note(run, objects_ring_alloc(run->bed, 1u << (LOG_QUEUE + LOG_STRIDE), &ring)))
		return;
	attr.ring = ring.ring;
	attr.dbr_iova = ring.dbr_iova;
	ret = made(run, hca_xrc_srq_create(run->bed->hca, &attr, &srqn));
	if (ret) {
		drop(run, &ring, ret);
		return;
	}
	note(run, hca_xrc_srq_arm(run->bed->hca, srqn, 3));
	note(run, hca_xrc_srq_query(run->bed->hca, srqn, &info));
	end(run, hca_xrc_srq_destroy, srqn, &ring);
}

/* What the life of an object that needs them begins and ends with. */
static void with_defaults(struct objects_run *run,
			  void (*live)(struct objects_run *run, const struct hca_defaults *d))
{
	struct hca *hca = run->bed->hca;
	struct hca_defaults defaults;

	if (made(run, hca_defaults_create(hca, hca_own_uar(hca), run->bed->eq->eqn, &defaults)))
		return;
	live(run, &defaults);
	run->left |= note(run, hca_defaults_destroy(hca, &defaults));
}

static void xrc_srq_lives(struct objects_run *run)
{
	with_defaults(run, xrc_srq_on);
}

static void qp_moves(struct objects_run *run, const struct hca_defaults *defaults,
		     const struct hca_qp_attr *attr, uint32_t qpn)
{
	static const enum hca_qp_verb verbs[] = {
		HCA_QP_RST2INIT, HCA_QP_INIT2INIT, HCA_QP_INIT2RTR, HCA_QP_RTR2RTS,
		HCA_QP_RTS2RTS, HCA_QP_2ERR, HCA_QP_2RST,
	};
	const struct hca_qp_change change = { .path = { .dlid = 1, .port = 1 },
					      .mtu = HCA_MTU_1024 };
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (note(run, hca_qp_modify(run->bed->hca, defaults, qpn, attr, verbs[i], &change)))
			return;
}

static void qp_on(struct objects_run *run, const struct hca_defaults *defaults,
		  enum hca_qp_type type)
{
	const uint8_t group[16] = { 0xff, 0x12, [15] = 3 };
	struct hca_qp_attr attr = {
		.type = type, .pd = defaults->pd, .uar = hca_own_uar(run->bed->hca),
		.send_cqn = defaults->cqn, .recv_cqn = defaults->cqn, .has_sq = true,
		.has_rq = true, .log_sq = LOG_QUEUE, .log_rq = LOG_QUEUE,
		.log_rq_stride = LOG_STRIDE,
	};
	struct objects_ring ring;
	struct hca_qp_info info;
	uint32_t qpn;
	int ret;

	if (note(run, objects_ring_alloc(run->bed, hca_qp_ring_bytes(&attr, NULL), &ring)))
		return;
	attr.ring = ring.ring;
	attr.dbr_iova = ring.dbr_iova;
	ret = made(run, hca_qp_create(run->bed->hca, defaults, &attr, &qpn));
	if (ret) {
		drop(run, &ring, ret);
		return;
	}
	note(run, hca_qp_query(run->bed->hca, qpn, &info));
	qp_moves(run, defaults, &attr, qpn);
	if (type == HCA_QP_UD && !note(run, hca_mcg_attach(run->bed->hca, qpn, group)))
		note(run, hca_mcg_detach(run->bed->hca, qpn, group));
	end(run, hca_qp_destroy, qpn, &ring);
}

static void rc_qp_on(struct objects_run *run, const struct hca_defaults *defaults)
{
	qp_on(run, defaults, HCA_QP_RC);
}

static void rc_qp_lives(struct objects_run *run)
{
	with_defaults(run, rc_qp_on);
}

static void ud_qp_on(struct objects_run *run, const struct hca_defaults *defaults)
{
	qp_on(run, defaults, HCA_QP_UD);
}

static void ud_qp_lives(struct objects_run *run)
{
	with_defaults(run, ud_qp_on);
}

static void umr_on(struct objects_run *run, const struct hca_defaults *defaults)
{
	const struct hca_mkey_attr attr = { .pd = defaults->pd, .changeable = true, .len = 1 };
	const struct bus_run memory = { defaults->memory.iova, OBJECTS_PAGE };
	struct hca *hca = run->bed->hca;
	struct hca_umr *umr;
	bool perhaps;
	uint32_t key;

	if (made(run, hca_mkey_create(hca, &attr, &memory, 1, 0, &key)))
		return;
	if (!note(run, hca_umr_create(hca, defaults, run->bed->eq->eqn, &umr))) {
		made(run, hca_umr_change(umr, key, defaults->pd, HCA_MKEY_LOCAL_READ, &perhaps));
		run->left |= note(run, hca_umr_destroy(umr)) != 0;
	}
	end(run, hca_mkey_destroy, key, NULL);
}

static void umr_lives(struct objects_run *run)
{
	with_defaults(run, umr_on);
}

/* Nothing is made: every question is asked, whatever became of the one before. */
static void port_is_asked(struct objects_run *run)
{
	const struct hca_port_change nothing = { 0 };
	struct hca *hca = run->bed->hca;
	uint8_t mad[HCA_MAD_BYTES] = { 1, 1, 1, 1, [17] = 0x11 };	/* Get(NodeInfo) */
	uint8_t desc[HCA_NODE_DESC_BYTES], gids[8][16];
	struct hca_port_info info;
	struct hca_link_mtu mtu;
	struct hca_link_vls vls;
	struct hca_link link;
	uint16_t pkeys[128];

	note(run, hca_port_query(hca, 1, &info));
	note(run, hca_port_gids(hca, 1, gids));
	note(run, hca_port_pkeys(hca, 1, pkeys));
	note(run, hca_port_modify(hca, 1, &nothing));
	note(run, hca_reg_link(hca, 1, &link));
	note(run, hca_reg_mtu(hca, 1, &mtu));
	note(run, hca_reg_vls(hca, 1, &vls));
	note(run, hca_reg_node_desc(hca, desc));
	note(run, hca_mad(hca, 1, HCA_MAD_IGNORE_MKEY, mad, mad));
}

/* PD, XRC domains, CQ, XRC SRQ, RMP. */
#define DEFAULTS_MADE 0x800, 0x80e, 0x80e, 0x400, 0x705, 0x90c
#define DEFAULTS_GONE 0x90e, 0x706, 0x401, 0x80f, 0x80f, 0x801
#define QP_MOVES 0x502, 0x50e, 0x503, 0x504, 0x505, 0x507, 0x50a

static const uint16_t pd_ops[] = { 0x800, 0x801 };
static const uint16_t xrcd_ops[] = { 0x80e, 0x80f };
static const uint16_t counter_ops[] = { 0x771, 0x773, 0x772 };
static const uint16_t uar_pool_ops[] = { 0x802, 0x802, 0x802, 0x803, 0x803, 0x803 };
static const uint16_t mkey_ops[] = { 0x800, 0x200, 0x201, 0x200, 0x202, 0x202, 0x801 };
static const uint16_t cq_ops[] = { 0x400, 0x402, 0x403, 0x403, 0x401 };
static const uint16_t rmp_ops[] = { 0x800, 0x90c, 0x90d, 0x90f, 0x90e, 0x801 };
static const uint16_t xrc_srq_ops[] = { DEFAULTS_MADE, 0x705, 0x708, 0x707, 0x706, DEFAULTS_GONE };
static const uint16_t rc_qp_ops[] = { DEFAULTS_MADE, 0x500, 0x50b, QP_MOVES, 0x501, DEFAULTS_GONE };
static const uint16_t ud_qp_ops[] = {
	DEFAULTS_MADE, 0x500, 0x50b, QP_MOVES, 0x806, 0x807, 0x501, DEFAULTS_GONE,
};
static const uint16_t umr_ops[] = {
	DEFAULTS_MADE, 0x200, 0x400, 0x500, 0x502, 0x503, 0x504, 0x501, 0x401, 0x202, DEFAULTS_GONE,
};
static const uint16_t port_ops[] = {
	0x762, 0x764, 0x765, 0x763, 0x805, 0x805, 0x805, 0x805, 0x50d,
};

#define LIFE(name, live, ops) { name, live, ops, sizeof(ops) / sizeof((ops)[0]) }

const struct objects_life objects_lives[] = {
	LIFE("PD", pd_lives, pd_ops), LIFE("XRC domain", xrcd_lives, xrcd_ops),
	LIFE("counter set", counter_lives, counter_ops),
	LIFE("UAR pool", uar_pool_lives, uar_pool_ops), LIFE("mkey", mkey_lives, mkey_ops),
	LIFE("CQ", cq_lives, cq_ops), LIFE("RMP", rmp_lives, rmp_ops),
	LIFE("XRC SRQ", xrc_srq_lives, xrc_srq_ops), LIFE("RC QP", rc_qp_lives, rc_qp_ops),
	LIFE("UD QP", ud_qp_lives, ud_qp_ops), LIFE("UMR queue", umr_lives, umr_ops),
	LIFE("port", port_is_asked, port_ops),
};
const size_t objects_n_lives = sizeof(objects_lives) / sizeof(objects_lives[0]);
