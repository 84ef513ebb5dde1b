// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns setup and teardown of the test world, and the small steps that every
 * test takes. It must never know what is being tested.
 */
#include "tests/unit/hca/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/hca-model/hca.h"
#include "tests/hca-model/obj/qp.h"

static void pump(void *arg)
{
	struct world *w = arg;

	model_run_once(w->model, false);
}

static int open_hca(struct world *w, unsigned int i)
{
	char path[64];
	struct model_hca_config mc = { .name = i ? "b" : "a", .socket_path = path,
				       .listen_fd = -1, .strict = true };
	struct hc_config config = { .socket_path = path, .pump = pump, .pump_arg = w,
				    .arena = 128ul << 20, .iova = (uint64_t)(i + 1) << 32 };
	int ret;

	snprintf(path, sizeof(path), "%s/%u", w->dir, i);
	ret = model_add_hca(w->model, &mc, &w->hca[i]);
	if (ret)
		return ret;
	return hc_open(&config, &w->hc[i]);
}

int world_setup_silent(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	unsigned int i;

	if (!w)
		return -1;
	strcpy(w->dir, "/tmp/hca-test-XXXXXX");
	if (!mkdtemp(w->dir) || model_create(&w->model))
		return -1;
	w->model->log = fopen(getenv("HCA_LOG") ? getenv("HCA_LOG") : "/dev/null", "a");
	if (getenv("HCA_TRACE"))
		w->model->trace = fopen(getenv("HCA_TRACE"), "a");
	for (i = 0; i < 2; i++)
		if (open_hca(w, i))
			return -1;
	*state = w;
	return 0;
}

int world_setup(void **state)
{
	struct world *w;
	unsigned int i;

	if (world_setup_silent(state))
		return -1;
	w = *state;
	for (i = 0; i < 2; i++)
		if (hc_bringup(w->hc[i]) || hc_port_wait_active(w->hc[i], &w->lid[i]))
			return -1;
	return 0;
}

void assert_nothing_left(const struct hca *hca)
{
	struct object_counts c;

	objects_count(hca, &c);
	assert_int_equal(c.pages, 0);
	assert_int_equal(c.uar, 0);
	assert_int_equal(c.pd, 0);
	assert_int_equal(c.xrcd, 0);
	assert_int_equal(c.mkey, 0);
	assert_int_equal(c.eq, 0);
	assert_int_equal(c.cq, 0);
	assert_int_equal(c.qp, 0);
	assert_int_equal(c.srq, 0);
	assert_int_equal(c.counter, 0);
	assert_int_equal(c.umem, 0);
	assert_int_equal(c.mcg, 0);
}

int world_teardown(void **state)
{
	struct world *w = *state;
	FILE *log, *trace;
	int ret = 0;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (w->hc[i]->fw) {
			int err = hc_teardown(w->hc[i]);

			if (!err)
				assert_nothing_left(w->hca[i]);
			ret |= err;
		}
		hc_close(w->hc[i]);
	}
	log = w->model->log;
	trace = w->model->trace;
	model_destroy(w->model);
	if (log)
		fclose(log);
	if (trace)
		fclose(trace);
	rmdir(w->dir);
	free(w);
	return ret;
}

void world_settle(struct world *w, unsigned int ms)
{
	uint64_t end = hc_now_ms() + ms;

	do
		model_run_once(w->model, false);
	while (hc_now_ms() < end || model_is_busy(w->model));
}

void side_open(struct world *w, unsigned int i, size_t mr_bytes, struct side *s)
{
	memset(s, 0, sizeof(*s));
	s->w = w;
	s->hc = w->hc[i];
	s->hca = w->hca[i];
	s->lid = w->lid[i];
	assert_ok(hc_cmd_number(s->hc, HC_ALLOC_PD, &s->pd));
	assert_ok(hc_cmd_number(s->hc, HC_ALLOC_XRCD, &s->xrcd));
	assert_ok(hc_cq_create(s->hc, SIDE_LOG_CQ, 64, s->hc->fw->comp.eqn, &s->scq));
	assert_ok(hc_cq_create(s->hc, SIDE_LOG_CQ, 64, s->hc->fw->comp.eqn, &s->rcq));
	assert_ok(hc_reg(s->hc, s->pd, mr_bytes ? mr_bytes : 65536, HC_ALL_RIGHTS, &s->mr));
}

void side_close(struct side *s)
{
	assert_ok(hc_qp_destroy(s->hc, &s->qp));
	assert_ok(hc_srq_destroy(s->hc, &s->srq));
	assert_ok(hc_dereg(s->hc, &s->mr));
	assert_ok(hc_cq_destroy(s->hc, &s->scq));
	assert_ok(hc_cq_destroy(s->hc, &s->rcq));
	assert_ok(hc_cmd_simple(s->hc, HC_DEALLOC_XRCD, 0, s->xrcd));
	assert_ok(hc_cmd_simple(s->hc, HC_DEALLOC_PD, 0, s->pd));
}

void side_qp(struct side *s, uint8_t type, struct hc_qp *qp)
{
	struct hc_qp_init init = {
		.type = type, .pd = s->pd, .xrcd = s->xrcd, .scq = &s->scq, .rcq = &s->rcq,
		.log_sq = SIDE_LOG_SQ, .log_rq = SIDE_LOG_RQ, .log_rq_stride = SIDE_RQ_STRIDE,
		.user_index = HC_NO_INDEX,
	};

	if (type == HC_XRC) {
		init.log_rq_stride = 0;
		if (s->srq.buf.ptr)
			init.srq = &s->srq;
	}
	assert_ok(hc_qp_create(s->hc, &init, qp));
}

static void connect_side(struct side *s, const struct side *peer, struct hc_path path)
{
	path.dlid = peer->lid;
	path.remote_qpn = peer->qp.qpn;
	path.sq_psn = s->qp.qpn * 7919 & 0xffffff;
	path.rq_psn = peer->qp.qpn * 7919 & 0xffffff;
	assert_ok(hc_qp_to_rts(s->hc, &s->qp, &path));
}

/* Both to RTS; and what the HCAs then do by themselves is over. */
static void connect_both(struct pair *p)
{
	connect_side(&p->a, &p->b, p->path);
	connect_side(&p->b, &p->a, p->path);
	world_settle(p->w, 0);
}

void pair_open(struct world *w, uint8_t type, size_t mr_bytes, const struct hc_path *path,
	       struct pair *p)
{
	memset(p, 0, sizeof(*p));
	p->w = w;
	p->path = path ? *path : hc_path_default;
	side_open(w, 0, mr_bytes, &p->a);
	side_open(w, 1, mr_bytes, &p->b);
	if (type == HC_XRC)
		assert_ok(hc_srq_create(p->b.hc, HC_SRQ_XRC, p->b.pd, 6, 7, p->b.xrcd,
					p->b.rcq.cqn, 0x77, &p->b.srq));
	side_qp(&p->a, type, &p->a.qp);
	side_qp(&p->b, type, &p->b.qp);
	connect_both(p);
}

void pair_reconnect(struct pair *p)
{
	assert_ok(hc_qp_reset(p->a.hc, &p->a.qp));
	assert_ok(hc_qp_reset(p->b.hc, &p->b.qp));
	connect_both(p);
}

void pair_close(struct pair *p)
{
	side_close(&p->a);
	side_close(&p->b);
}

void pattern(uint8_t *p, size_t n, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;
	size_t i;

	for (i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = (uint8_t)(x >> 24);
	}
}

bool pattern_is(const uint8_t *p, size_t n, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;
	size_t i;

	for (i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		if (p[i] != (uint8_t)(x >> 24))
			return false;
	}
	return true;
}

bool all_are(const uint8_t *p, size_t n, uint8_t value)
{
	return n == 0 || (p[0] == value && !memcmp(p, p + 1, n - 1));
}

struct hc_sge sge_of(const struct side *s, uint64_t off, uint32_t len)
{
	return (struct hc_sge){ s->mr.va + off, len, s->mr.key };
}

unsigned int sge_cut(const struct side *s, uint64_t off, uint32_t size, unsigned int pieces,
		     struct hc_sge *sge)
{
	unsigned int i;
	uint32_t len;

	for (i = 0; i < pieces && size; i++) {
		len = i + 1 == pieces ? size : size / (pieces - i) | 1;
		len = len < size ? len : size;
		sge[i] = sge_of(s, off, len);
		off += len;
		size -= len;
	}
	return i;
}

void post_one(struct side *s, const struct hc_wr *wr)
{
	hc_post_send(&s->qp, wr);
	hc_ring(s->hc, &s->qp);
}

void post_recv_buf(struct side *s, uint64_t off, uint32_t len)
{
	struct hc_sge sge = sge_of(s, off, len);

	if (s->srq.buf.ptr)
		assert_true(hc_post_srq_recv(&s->srq, &sge, 1) >= 0);
	else
		hc_post_recv(&s->qp, &sge, 1);
}

struct hc_wr wr_rdma(uint8_t opcode, const struct hc_sge *sge, const struct side *remote,
		     uint64_t off)
{
	return (struct hc_wr){ .opcode = opcode, .flags = HC_SIGNALED, .sge = sge, .n_sge = 1,
			       .raddr = remote->mr.va + off, .rkey = remote->mr.key,
			       .xrc_srqn = remote->srq.srqn };
}

void expect_ok(struct side *s, struct hc_cq *cq, uint8_t opcode, struct hc_wc *wc)
{
	struct hc_wc here;

	wc = wc ? wc : &here;
	assert_ok(hc_cq_wait(s->hc, cq, wc));
	assert_int_equal(wc->syndrome, 0);
	assert_int_equal(wc->opcode, opcode);
}

void expect_error(struct side *s, struct hc_cq *cq, uint8_t opcode, uint8_t syndrome)
{
	struct hc_wc wc;

	assert_ok(hc_cq_wait(s->hc, cq, &wc));
	assert_int_equal(wc.opcode, opcode);
	assert_int_equal(wc.syndrome, syndrome);
}

void expect_none(struct side *s, struct hc_cq *cq)
{
	struct hc_wc wc;

	world_settle(s->w, 2);
	assert_false(hc_cq_poll(cq, &wc));
}

void expect_dead(struct side *s)
{
	assert_int_equal(hc_qp_state(s->hc, &s->qp), QP_ERR);
}

void fails_with(struct pair *p, struct hc_wr wr, uint8_t syndrome)
{
	wr.flags = 0;			/* an error completes without being asked */
	hc_post_send(&p->a.qp, &wr);
	hc_post_send(&p->a.qp, &wr);
	hc_ring(p->a.hc, &p->a.qp);
	expect_error(&p->a, &p->a.scq, CQE_REQ_ERR, syndrome);
	expect_error(&p->a, &p->a.scq, CQE_REQ_ERR, CQE_SYND_WR_FLUSH);
	expect_dead(&p->a);
	pair_reconnect(p);
}

void fails_at_the_remote_qp(struct pair *p, struct hc_wr wr)
{
	struct hc_wc wc;

	post_one(&p->a, &wr);
	assert_ok(hc_cq_wait(p->a.hc, &p->a.scq, &wc));
	assert_int_equal(wc.opcode, CQE_REQ_ERR);
	assert_true(wc.syndrome == CQE_SYND_REMOTE_ACCESS ||
		    wc.syndrome == CQE_SYND_REMOTE_INVAL_REQ);
	pair_reconnect(p);
}

static bool next_event(struct side *s, struct eqe *e)
{
	world_settle(s->w, 2);
	return hc_eq_poll(s->hc, &s->hc->fw->async, e);
}

void expect_event(struct side *s, uint8_t type, uint32_t number)
{
	struct eqe e;

	assert_true(next_event(s, &e));
	assert_int_equal(e.type, type);
	assert_int_equal(ifc_load32(e.data + 24), number);
}

void expect_no_event(struct side *s)
{
	struct eqe e;

	assert_false(next_event(s, &e));
}

void forget_events(struct side *s)
{
	struct eqe e;

	while (next_event(s, &e))
		;
}
