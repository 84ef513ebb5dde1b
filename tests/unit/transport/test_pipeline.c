// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the proof that a reliable connection stays one whatever the line does:
 * requests of every kind in one pipeline, both ways at once, over lines that
 * lose, duplicate and reorder. It must never know how the transport recovers.
 */

#include "tests/hca-model/fabric/faults.h"
#include "tests/hca-model/hca.h"
#include "tests/unit/hca/world.h"

enum {
	OPS = 24,			/* requests of one side in one round */
	SLOT = 16384,			/* each with its own piece of the buffers */
	LOCAL = 0,			/* offsets in a side's buffer: what it sends or reads into */
	REMOTE = OPS * SLOT,		/* what the peer writes to or reads from */
	RECV = 2 * OPS * SLOT,
	COUNTER = 3 * OPS * SLOT,
	BUFFER = COUNTER + 4096,
};

struct op {
	uint8_t opcode;
	uint32_t len, seed;
};

/* One side's plan for a round. */
struct plan {
	struct op op[OPS];
	unsigned int n_recv;
	uint64_t adds;			/* fetch-adds so far */
};

static uint32_t rnd(uint32_t *x)
{
	*x = *x * 1664525u + 1013904223u;
	return *x >> 8;
}

static uint8_t random_opcode(uint32_t *x)
{
	static const uint8_t all[] = {
		WQE_SEND, WQE_SEND_IMM, WQE_RDMA_WRITE, WQE_RDMA_WRITE, WQE_RDMA_WRITE_IMM,
		WQE_RDMA_READ, WQE_RDMA_READ, WQE_ATOMIC_FA,
	};

	return all[rnd(x) % sizeof(all)];
}

static bool takes_receive(uint8_t opcode)
{
	return opcode == WQE_SEND || opcode == WQE_SEND_IMM || opcode == WQE_RDMA_WRITE_IMM;
}

static uint8_t *at(const struct side *s, uint32_t off)
{
	return s->mr.mem.ptr + off;
}

static void make_plan(struct plan *plan, uint32_t *x)
{
	plan->n_recv = 0;
	for (unsigned int i = 0; i < OPS; i++) {
		plan->op[i].opcode = random_opcode(x);
		plan->op[i].len = rnd(x) % 4 ? rnd(x) % SLOT : rnd(x) % 64;
		plan->op[i].seed = rnd(x);
		plan->n_recv += takes_receive(plan->op[i].opcode);
	}
}

static void fill(const struct side *s, const struct side *peer, const struct plan *plan)
{
	for (unsigned int i = 0; i < OPS; i++) {
		const struct op *op = &plan->op[i];

		memset(at(peer, REMOTE + i * SLOT), 0, SLOT);
		memset(at(peer, RECV + i * SLOT), 0, SLOT);
		pattern(at(s, LOCAL + i * SLOT), op->len, op->seed);
		if (op->opcode == WQE_RDMA_READ) {
			memset(at(s, LOCAL + i * SLOT), 0, SLOT);
			pattern(at(peer, REMOTE + i * SLOT), op->len, op->seed);
		}
	}
}

/* The message in up to three pieces, each with its own segment. */
static unsigned int cut(const struct side *s, unsigned int slot, uint32_t len, uint32_t *x,
			struct hc_sge *sge)
{
	uint64_t va = s->mr.va + LOCAL + slot * SLOT;
	unsigned int n = 0;

	while (len) {
		uint32_t some = n < 2 ? rnd(x) % len + 1 : len;

		sge[n++] = (struct hc_sge){ va, some, s->mr.key };
		va += some;
		len -= some;
	}
	return n;
}

static void post_plan(struct side *s, const struct side *peer, struct plan *plan, uint32_t *x)
{
	for (unsigned int i = 0; i < OPS; i++) {
		const struct op *op = &plan->op[i];
		struct hc_sge sge[3];
		struct hc_wr wr = wr_rdma(op->opcode, sge, peer, REMOTE + i * SLOT);

		wr.imm = op->seed;
		wr.n_sge = cut(s, i, op->len, x, sge);
		if (rnd(x) % 4 == 0)
			wr.flags |= HC_FENCE;
		if (op->opcode == WQE_ATOMIC_FA) {
			sge[0] = (struct hc_sge){ s->mr.va + LOCAL + i * SLOT, 8, s->mr.key };
			wr.n_sge = 1;
			wr.raddr = peer->mr.va + COUNTER;
			wr.swap_add = 1;
		}
		hc_post_send(&s->qp, &wr);
		if (rnd(x) % 3 == 0)
			hc_ring(s->hc, &s->qp);
	}
	hc_ring(s->hc, &s->qp);
}

static void check_sent(struct side *s, const struct side *peer, struct plan *plan)
{
	for (unsigned int i = 0; i < OPS; i++) {
		const struct op *op = &plan->op[i];
		struct hc_wc wc;

		expect_ok(s, &s->scq, CQE_REQ, &wc);
		assert_int_equal(wc.send_opcode, op->opcode);
		if (op->opcode == WQE_RDMA_READ)
			assert_true(pattern_is(at(s, LOCAL + i * SLOT), op->len, op->seed));
		if (op->opcode == WQE_RDMA_WRITE || op->opcode == WQE_RDMA_WRITE_IMM)
			assert_true(pattern_is(at(peer, REMOTE + i * SLOT), op->len, op->seed));
		if (op->opcode == WQE_ATOMIC_FA) {
			assert_int_equal(*(uint64_t *)at(s, LOCAL + i * SLOT), plan->adds);
			plan->adds++;
		}
	}
	assert_int_equal(*(uint64_t *)at(peer, COUNTER), plan->adds);
}

static void check_received(struct side *s, const struct plan *plan)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < OPS; i++) {
		const struct op *op = &plan->op[i];
		struct hc_wc wc;

		if (!takes_receive(op->opcode))
			continue;
		expect_ok(s, &s->rcq, op->opcode == WQE_SEND ? CQE_RESP_SEND :
			  op->opcode == WQE_SEND_IMM ? CQE_RESP_SEND_IMM : CQE_RESP_WR_IMM, &wc);
		assert_int_equal(wc.bytes, op->len);
		if (op->opcode != WQE_SEND)
			assert_int_equal(wc.imm, op->seed);
		if (op->opcode != WQE_RDMA_WRITE_IMM)
			assert_true(pattern_is(at(s, RECV + n * SLOT), op->len, op->seed));
		n++;
	}
}

static void receive(struct side *s, unsigned int first, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		post_recv_buf(s, RECV + (first + i) * SLOT, SLOT);
}

static void converse(struct pair *p, uint32_t seed, unsigned int rounds, bool late_receives)
{
	struct plan plan[2] = { 0 };
	struct side *side[2] = { &p->a, &p->b };
	uint32_t x = seed;

	for (unsigned int r = 0; r < rounds; r++) {
		for (unsigned int i = 0; i < 2; i++) {
			make_plan(&plan[i], &x);
			fill(side[i], side[!i], &plan[i]);
		}
		for (unsigned int i = 0; i < 2; i++) {
			unsigned int early = late_receives ? plan[!i].n_recv / 2 : plan[!i].n_recv;

			receive(side[i], 0, early);
			post_plan(side[i], side[!i], &plan[i], &x);
		}
		for (unsigned int i = 0; late_receives && i < 2; i++) {
			world_settle(p->w, 1);
			receive(side[i], plan[!i].n_recv / 2,
				plan[!i].n_recv - plan[!i].n_recv / 2);
		}
		for (unsigned int i = 0; i < 2; i++) {
			check_sent(side[i], side[!i], &plan[i]);
			check_received(side[!i], &plan[i]);
		}
	}
}

static void over(void **state, const struct fault_config *bad, bool late_receives)
{
	struct hc_path path = hc_path_default;
	uint64_t hit = 0;
	struct pair p;

	path.ack_timeout = 8;		/* about 1 ms */
	path.rnr_retry = 7;
	path.min_rnr = 1;		/* 10 us */
	for (uint32_t seed = 1; seed <= 6; seed++) {
		struct fault_config now = *bad;

		path.mtu = (uint8_t)(seed % 5 + 1);
		pair_open(*state, HC_RC, BUFFER, &path, &p);
		for (unsigned int i = 0; i < 4; i++) {
			now.seed = seed * 4 + i;
			assert_ok(faults_set(p.w->hca[i & 1]->port,
					     i & 2 ? FAULT_TX : FAULT_RX, &now));
		}
		memset(at(&p.a, COUNTER), 0, 8);
		memset(at(&p.b, COUNTER), 0, 8);
		converse(&p, seed, 4, late_receives);
		for (unsigned int i = 0; i < 2; i++) {
			struct fault_stats st = faults_stats(p.w->hca[i]->port, FAULT_TX);

			hit += st.lost + st.duplicated + st.reordered;
			faults_clear(p.w->hca[i]->port);
		}
		pair_close(&p);
	}
	assert_int_equal(hit > 0, bad->loss + bad->dup + bad->reorder > 0);
}

static void a_pipeline_of_everything_is_executed_once_and_in_order(void **state)
{
	const struct fault_config none = { 0 };

	over(state, &none, false);
}

static void it_waits_for_receives_that_come_late(void **state)
{
	const struct fault_config none = { 0 };

	over(state, &none, true);
}

static void it_survives_loss(void **state)
{
	const struct fault_config bad = { .loss = 0.02 };

	over(state, &bad, false);
}

static void it_survives_duplicates(void **state)
{
	const struct fault_config bad = { .dup = 0.3 };

	over(state, &bad, false);
}

static void it_survives_reordering(void **state)
{
	const struct fault_config bad = { .reorder = 0.05 };

	over(state, &bad, false);
}

static void it_survives_all_at_once_with_late_receives(void **state)
{
	const struct fault_config bad = { .loss = 0.005, .dup = 0.1, .reorder = 0.02 };

	over(state, &bad, true);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(a_pipeline_of_everything_is_executed_once_and_in_order),
		in_world(it_waits_for_receives_that_come_late),
		in_world(it_survives_loss),
		in_world(it_survives_duplicates),
		in_world(it_survives_reordering),
		in_world(it_survives_all_at_once_with_late_receives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
