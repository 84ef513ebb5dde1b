// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the honest world that is attacked from within. Must never know an attack.
 */
#include <linux/delay.h>
#include <linux/mlx5/qp.h>
#include <linux/string.h>

#include "device.h"
#include "pages.h"
#include "template.h"

/* Pages of the home; what is between them are canaries. */
enum {
	AT_RECORDS = 2,
	AT_EQ = 4, EQ_PAGES = (64 << LOG_EQ) / UP_PAGE,
	AT_CQ = 10, CQ_PAGES = (64 << LOG_CQ) / UP_PAGE,
	AT_SPARE_CQ = 28, SPARE_CQ_PAGES = (64 << LOG_SPARE_CQ) / UP_PAGE,
	AT_SRQ = 32, AT_XRC_SRQ = 34,
	AT_QPS = 36, QP_PAGES = 2 * QUEUE_BYTES / UP_PAGE, QP_EVERY = QP_PAGES + 1,
	AT_REGIONS = 80, REGION_EVERY = REGION_PAGES + 2,
	REGIONS = 6,
	PORT_ACTIVE = 4, PORT_TRIES = 500,
	RECORD_BYTES = 64,		/* a cache line for each */
	ALL_ACCESS = UP_ACCESS_LOCAL_WRITE | UP_ACCESS_REMOTE_WRITE | UP_ACCESS_REMOTE_READ |
		     UP_ACCESS_REMOTE_ATOMIC,
	PLAIN_NUMBER = 0xffffff,	/* user_index: the object's own */
};

static u8 *home(struct hostile *h, unsigned int page)
{
	return h->memory.home.ptr + page * UP_PAGE;
}

static void home_pages(struct hostile *h, unsigned int page, u64 bytes, struct up_pages *pages)
{
	pages_plain(pages, h->memory.home.gpa + page * UP_PAGE, bytes);
}

static __be32 *record(struct hostile *h, unsigned int i)
{
	return (__be32 *)(home(h, AT_RECORDS) + i * RECORD_BYTES);
}

static struct up_dbr record_of(struct hostile *h, unsigned int i)
{
	return (struct up_dbr){ cpu_to_le32(h->world.records), cpu_to_le32(i * RECORD_BYTES) };
}

/* Takes the home's pages, zeroes them, and says where everything is. */
static void lay_out(struct hostile *h)
{
	struct region *regions[REGIONS] = {
		&h->world.near, &h->world.far, &h->world.constant, &h->world.other,
		&h->world.withdrawn, &h->world.moved,
	};
	static const u64 va[REGIONS] = {
		VA_NEAR, VA_FAR, VA_CONSTANT, VA_OTHER, VA_WITHDRAWN, VA_MOVED,
	};
	struct block *b = &h->memory.home;
	struct world *w = &h->world;
	unsigned int i;

	memory_use(b, AT_RECORDS, 1);
	memory_use(b, AT_EQ, EQ_PAGES);
	memory_use(b, AT_CQ, CQ_PAGES);
	memory_use(b, AT_SPARE_CQ, SPARE_CQ_PAGES);
	memory_use(b, AT_SRQ, 1);
	memory_use(b, AT_XRC_SRQ, 1);
	w->cq.ring = home(h, AT_CQ);
	w->cq.record = record(h, 0);
	for (i = 0; i < WORLD_QPS; i++) {
		memory_use(b, AT_QPS + i * QP_EVERY, QP_PAGES);
		w->qps[i].rq = home(h, AT_QPS + i * QP_EVERY);
		w->qps[i].sq = w->qps[i].rq + QUEUE_BYTES;
		w->qps[i].record = record(h, 1 + i);
	}
	for (i = 0; i < REGIONS; i++) {
		memory_use(b, AT_REGIONS + i * REGION_EVERY, REGION_PAGES);
		regions[i]->ptr = home(h, AT_REGIONS + i * REGION_EVERY);
		regions[i]->va = va[i];
		regions[i]->bytes = REGION_PAGES * UP_PAGE;
	}
}

void world_init(struct hostile *h)
{
	unsigned int i;

	for (i = 0; i < KINDS; i++)
		xa_init(&h->world.given[i]);
	lay_out(h);
}

void world_fini(struct hostile *h)
{
	unsigned int i;

	for (i = 0; i < KINDS; i++)
		xa_destroy(&h->world.given[i]);
}

void world_given(struct hostile *h, u32 opcode, const void *answer)
{
	enum kind kind = template_makes(opcode);
	struct world *w = &h->world;
	u32 number;

	if (kind == KIND_NONE)
		return;
	number = le32_to_cpup(answer);
	xa_store(&w->given[kind], number, xa_mk_value(1), GFP_KERNEL);
	if (figures.now != ATTACKS)
		w->recent[kind][w->made[kind]++ % RECENT] = number;
}

static u32 any_number(struct hostile *h)
{
	const struct world *w = &h->world;
	const u32 ours[] = {
		w->uar, w->pd, w->xrcd, w->records, w->near.key, w->eqn, w->cqn, w->srqn, w->rc,
		w->qps[0].qpn,
	};
	struct chance *c = &h->chance;
	u32 own = ours[chance_below(c, ARRAY_SIZE(ours))];

	switch (chance_below(c, 6)) {
	case 0:
		return chance_below(c, 300);
	case 1:
		return own;
	case 2:
		return own + (s32)chance_between(c, 0, 64) - 32;
	case 3:
		return own ^ 1U << chance_below(c, 32);
	case 4:
		return chance_below(c, 1 << 16) << 8 | chance_below(c, 4);	/* like a key */
	default:
		return chance_u64(c);
	}
}

u32 world_foreign(struct hostile *h, enum kind kind)
{
	u32 number;

	do {
		number = any_number(h);
	} while (xa_load(&h->world.given[kind], number));
	return number;
}

u32 world_recent(struct hostile *h, enum kind kind)
{
	unsigned int n = min_t(unsigned int, h->world.made[kind], RECENT);

	return n ? h->world.recent[kind][chance_below(&h->chance, n)] : world_foreign(h, kind);
}

/* --- one honest step each: false when it does not work ------------------------ */

static bool make(struct hostile *h, u32 opcode, const void *in, u32 length, u32 *number)
{
	if (!ring_command(h, opcode, in, length, MUST_WORK))
		return false;
	*number = le32_to_cpup((const __le32 *)h->ring.last.data);
	return true;
}

static bool learn(struct hostile *h)
{
	const struct up_query_port in = { .port = cpu_to_le32(1) };
	const struct up_query_port_out *out = (const void *)h->ring.last.data;
	struct world *w = &h->world;
	unsigned int tries;

	if (!ring_command(h, UP_QUERY_DEVICE, NULL, 0, MUST_WORK))
		return false;
	memcpy(&w->caps, h->ring.last.data, sizeof(w->caps));
	for (tries = 0; tries < PORT_TRIES; tries++) {
		if (!ring_command(h, UP_QUERY_PORT, &in, sizeof(in), MUST_WORK))
			return false;
		w->lid = le16_to_cpu(out->lid);
		if (out->state == PORT_ACTIVE && w->lid)
			return true;
		usleep_range(20000, 30000);
	}
	figures_unexpected("the port is not active");
	return false;
}

static bool make_uar(struct hostile *h, u32 *uar, u32 *page)
{
	const struct up_alloc_uar_out *out = (const void *)h->ring.last.data;

	if (!make(h, UP_ALLOC_UAR, NULL, 0, uar))
		return false;
	*page = le32_to_cpu(out->page);
	return *page < h->uar_pages;
}

static bool make_plain(struct hostile *h)
{
	struct world *w = &h->world;
	struct up_pin_pages pin;

	home_pages(h, AT_RECORDS, UP_PAGE, &pin.pages);
	return make_uar(h, &w->uar, &w->page) && make_uar(h, &w->spare_uar, &w->spare_page) &&
	       make(h, UP_ALLOC_PD, NULL, 0, &w->pd) &&
	       make(h, UP_ALLOC_PD, NULL, 0, &w->other_pd) &&
	       make(h, UP_ALLOC_XRCD, NULL, 0, &w->xrcd) &&
	       make(h, UP_PIN_PAGES, &pin, sizeof(pin), &w->records);
}

static bool make_eq(struct hostile *h)
{
	struct up_create_eq in = {
		.log_size = cpu_to_le32(LOG_EQ), .vector = cpu_to_le32(1),
		.uar = cpu_to_le32(h->world.uar),
	};

	home_pages(h, AT_EQ, EQ_PAGES * UP_PAGE, &in.ring);
	return make(h, UP_CREATE_EQ, &in, sizeof(in), &h->world.eqn);
}

static bool make_cq(struct hostile *h, unsigned int page, u32 log, unsigned int rec, u32 *cqn)
{
	struct up_create_cq in = {
		.log_size = cpu_to_le32(log), .cqe_bytes = cpu_to_le32(64),
		.uar = cpu_to_le32(h->world.uar), .eqn = cpu_to_le32(h->world.eqn),
		.dbr = record_of(h, rec),
	};

	home_pages(h, page, 64 << log, &in.ring);
	return make(h, UP_CREATE_CQ, &in, sizeof(in), cqn);
}

static bool make_srq(struct hostile *h, enum up_srq_kind kind, u32 *srqn)
{
	bool xrc = kind == UP_SRQ_XRC;
	struct up_create_srq in = {
		.kind = cpu_to_le32(kind), .pd = cpu_to_le32(h->world.pd),
		.log_size = cpu_to_le32(LOG_SRQ), .log_stride = cpu_to_le32(LOG_SRQ_STRIDE),
		.xrcd = cpu_to_le32(xrc ? h->world.xrcd : 0),
		.cqn = cpu_to_le32(xrc ? h->world.cqn : 0),
		.user_index = cpu_to_le32(PLAIN_NUMBER),
		.dbr = record_of(h, WORLD_QPS + 2 + kind),
	};

	home_pages(h, xrc ? AT_XRC_SRQ : AT_SRQ, 1 << (LOG_SRQ + LOG_SRQ_STRIDE), &in.ring);
	return make(h, UP_CREATE_SRQ, &in, sizeof(in), srqn);
}

static bool make_region(struct hostile *h, struct region *region, u32 pd, u32 access)
{
	struct up_reg_mr in = {
		.pd = cpu_to_le32(pd), .access = cpu_to_le32(access),
		.va = cpu_to_le64(region->va),
	};

	pages_plain(&in.pages, virt_to_phys(region->ptr), region->bytes);
	return make(h, UP_REG_MR, &in, sizeof(in), &region->key);
}

/* Under the same key, if the HCA can do that; else it is a key of nothing. */
static void change_region(struct hostile *h, struct region *region, u32 pd, u32 access)
{
	const struct up_rereg_mr in = {
		.lkey = cpu_to_le32(region->key), .pd = cpu_to_le32(pd),
		.access = cpu_to_le32(access),
	};

	if (ring_command(h, UP_REREG_MR, &in, sizeof(in), MAY))
		return;
	region->key = 0;
	if (!h->ring.over && h->ring.last.status != UP_BAD_COMMAND)
		figures_unexpected("a region does not change: result %u", h->ring.last.status);
}

static bool make_qp(struct hostile *h, enum up_qp_type type, unsigned int i, u32 *qpn)
{
	struct up_create_qp in = {
		.type = cpu_to_le32(type), .pd = cpu_to_le32(h->world.pd),
		.scq = cpu_to_le32(h->world.cqn), .rcq = cpu_to_le32(h->world.cqn),
		.uar = cpu_to_le32(h->world.uar), .user_index = cpu_to_le32(PLAIN_NUMBER),
		.log_sq = LOG_SQ, .log_rq = LOG_RQ, .log_rq_stride = 6,
		.dbr = record_of(h, 1 + i),
	};

	home_pages(h, AT_QPS + i * QP_EVERY, 2 * QUEUE_BYTES, &in.ring);
	return make(h, UP_CREATE_QP, &in, sizeof(in), qpn);
}

/* Two that are never connected: for commands. They share memory, as they do nothing with it. */
static bool make_idle_qps(struct hostile *h)
{
	struct up_modify_qp in = {
		.from = UP_QPS_RESET, .to = UP_QPS_INIT,
		.mask = cpu_to_le32(UP_QP_PKEY | UP_QP_QKEY | UP_QP_PATH),
		.attr = { .qkey = cpu_to_le32(0x11111111), .path = { .port = 1 } },
	};

	if (!make_qp(h, UP_QP_RC, WORLD_QPS - 1, &h->world.rc) ||
	    !make_qp(h, UP_QP_UD, WORLD_QPS - 1, &h->world.ud))
		return false;
	in.qpn = cpu_to_le32(h->world.ud);
	return ring_command(h, UP_MODIFY_QP, &in, sizeof(in), MUST_WORK);
}

static bool make_queues(struct hostile *h)
{
	struct world *w = &h->world;
	unsigned int i;

	if (!make_eq(h) || !make_cq(h, AT_CQ, LOG_CQ, 0, &w->cqn) ||
	    !make_cq(h, AT_SPARE_CQ, LOG_SPARE_CQ, WORLD_QPS + 1, &w->spare_cqn) ||
	    !make_srq(h, UP_SRQ_BASIC, &w->srqn) || !make_srq(h, UP_SRQ_XRC, &w->xrc_srqn) ||
	    !make_idle_qps(h))
		return false;
	for (i = 0; i < WORLD_QPS; i++)
		if (!make_qp(h, UP_QP_RC, i, &w->qps[i].qpn))
			return false;
	return true;
}

static bool make_regions(struct hostile *h)
{
	struct world *w = &h->world;

	if (!make_region(h, &w->near, w->pd, ALL_ACCESS) ||
	    !make_region(h, &w->far, w->pd, ALL_ACCESS) ||
	    !make_region(h, &w->constant, w->pd, 0) ||
	    !make_region(h, &w->other, w->other_pd, ALL_ACCESS) ||
	    !make_region(h, &w->withdrawn, w->pd, ALL_ACCESS) ||
	    !make_region(h, &w->moved, w->pd, ALL_ACCESS))
		return false;
	change_region(h, &w->withdrawn, w->pd, UP_ACCESS_LOCAL_WRITE);
	change_region(h, &w->moved, w->other_pd, ALL_ACCESS);
	return true;
}

bool world_works(struct hostile *h)
{
	struct world *w = &h->world;
	struct wqe wqe;
	unsigned int i;

	for (i = 0; i < WORLD_QPS; i++) {
		memset(w->near.ptr + i * 256, 1 + chance_below(&h->chance, 255), 256);
		memset(w->far.ptr + i * 256, 0, 256);
		wqe_begin(&wqe, &w->qps[i], MLX5_OPCODE_RDMA_WRITE);
		wqe_remote(&wqe, w->far.va + i * 256, w->far.key);
		wqe_data(&wqe, w->near.va + i * 256, w->near.key, 256);
		qp_post(h, &w->qps[i], &wqe, false, "honest");
	}
	i = qp_poll(h, 5000);
	figures.honest += i;
	if (i == WORLD_QPS && !memcmp(w->near.ptr, w->far.ptr, WORLD_QPS * 256))
		return true;
	if (!hostile_over(h))
		figures_unexpected("%u of %u honest writes arrived", i, WORLD_QPS);
	return false;
}

int world_open(struct hostile *h)
{
	struct world *w = &h->world;
	unsigned int i;

	world_fini(h);
	memset(w->made, 0, sizeof(w->made));
	if (device_restart(h))
		return -EIO;
	lay_out(h);
	cq_clear(&w->cq);
	for (i = 0; i < WORLD_QPS; i++)
		qp_clear(&w->qps[i]);
	if (!learn(h) || !make_plain(h) || !make_queues(h) || !make_regions(h) ||
	    !qp_connect_all(h) || !world_works(h))
		return -EIO;
	figures.worlds++;
	return 0;
}
