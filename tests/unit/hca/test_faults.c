// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about bad memory maps and resets in the middle of traffic.
 * It must never know the model's insides.
 */
#include "tests/unit/hca/world.h"

#include "tests/hca-model/hca.h"

enum { PAGE = 4096 };

/* A key over four bus pages at @iova. */
static uint32_t key_at(struct side *s, uint64_t iova)
{
	uint64_t pages[4] = { iova, iova + PAGE, iova + 2 * PAGE, iova + 3 * PAGE };
	struct hc_mkey m = { .pd = s->pd, .rights = HC_ALL_RIGHTS, .mode = HC_MODE_MTT,
			     .log_page = 12, .pages = pages, .n = 4, .start = 0x4440000,
			     .len = 4 * PAGE };
	uint32_t key;

	assert_ok(hc_mkey_create(s->hc, &m, &key));
	return key;
}

/* Pages of a side's buffer at a second bus address. */
static void map_again(struct side *s, unsigned int page, unsigned int n, uint64_t iova,
		      uint32_t prot)
{
	assert_ok(hc_map(s->hc, s->mr.mem.ptr + page * PAGE, (size_t)n * PAGE, iova, prot));
}

static void an_unmapped_page_is_a_fault_and_nothing_more(void **state)
{
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	uint64_t hole = 0x700000000000ull, faults;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	memset(p.b.mr.mem.ptr, 0xa5, 65536);
	/* pages 0 and 1 and 3 stay, page 2 goes behind the key's back */
	map_again(&p.b, 0, 2, hole, VFU_DMA_READ | VFU_DMA_WRITE);
	map_again(&p.b, 2, 1, hole + 2 * PAGE, VFU_DMA_READ | VFU_DMA_WRITE);
	map_again(&p.b, 3, 1, hole + 3 * PAGE, VFU_DMA_READ | VFU_DMA_WRITE);
	key = key_at(&p.b, hole);
	assert_ok(hc_unmap(p.b.hc, hole + 2 * PAGE, PAGE));
	faults = p.b.hca->dma.faults;
	sge = (struct hc_sge){ p.a.mr.va, 100, p.a.mr.key };
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
	wr.rkey = key;
	wr.raddr = 0x4440000 + 2 * PAGE - 50;
	post_one(&p.a, &wr);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_OP);
	assert_true(p.b.hca->dma.faults > faults);
	assert_int_equal(p.b.hca->dma.last_fault, hole + 2 * PAGE);
	assert_true(all_are(p.b.mr.mem.ptr, 2 * PAGE - 50, 0xa5));
	assert_true(all_are(p.b.mr.mem.ptr + 2 * PAGE, 65536 - 2 * PAGE, 0xa5));

	/* the same page from the local side */
	pair_reconnect(&p);
	sge = (struct hc_sge){ 0x4440000 + 2 * PAGE - 50, 100, key };
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.a, 0);
	post_one(&p.b, &wr);
	expect_error(&p.b, &p.b.scq, CQE_REQ_ERR, CQE_SYND_LOCAL_PROT);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	assert_ok(hc_unmap(p.b.hc, hole, 2 * PAGE));
	assert_ok(hc_unmap(p.b.hc, hole + 3 * PAGE, PAGE));
	pair_close(&p);
}

static void a_read_only_map_is_read_but_never_written(void **state)
{
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	uint64_t at = 0x710000000000ull, faults;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	pattern(p.b.mr.mem.ptr, 4 * PAGE, 3);
	map_again(&p.b, 0, 4, at, VFU_DMA_READ | VFU_DMA_WRITE);
	key = key_at(&p.b, at);
	assert_ok(hc_unmap(p.b.hc, at, 4 * PAGE));
	map_again(&p.b, 0, 4, at, VFU_DMA_READ);
	sge = (struct hc_sge){ p.a.mr.va, 6000, p.a.mr.key };
	wr = wr_rdma(WQE_RDMA_READ, &sge, &p.b, 0);
	wr.rkey = key;
	wr.raddr = 0x4440000 + 1;
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_memory_equal(p.a.mr.mem.ptr, p.b.mr.mem.ptr + 1, 6000);
	faults = p.b.hca->dma.faults;
	wr.opcode = WQE_RDMA_WRITE;
	post_one(&p.a, &wr);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_OP);
	assert_true(p.b.hca->dma.faults > faults);
	assert_true(pattern_is(p.b.mr.mem.ptr, 4 * PAGE, 3));
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	assert_ok(hc_unmap(p.b.hc, at, 4 * PAGE));
	pair_close(&p);
}

static void memory_that_was_unmapped_is_not_touched_again(void **state)
{
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	uint64_t at = 0x720000000000ull;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	map_again(&p.b, 0, 4, at, VFU_DMA_READ | VFU_DMA_WRITE);
	key = key_at(&p.b, at);
	sge = (struct hc_sge){ p.a.mr.va, 64, p.a.mr.key };
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
	wr.rkey = key;
	wr.raddr = 0x4440000;
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_ok(hc_unmap(p.b.hc, at, 4 * PAGE));
	memset(p.b.mr.mem.ptr, 0xa5, PAGE);
	post_one(&p.a, &wr);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_OP);
	assert_true(all_are(p.b.mr.mem.ptr, PAGE, 0xa5));
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	pair_close(&p);
}

static void a_device_that_is_not_bus_master_touches_nothing(void **state)
{
	struct pair p;
	uint16_t off = 0x2, on = 0x6;
	uint32_t value = 1;
	struct hc_wr wr;

	pair_open(*state, HC_RC, 0, NULL, &p);
	wr = wr_rdma(WQE_RDMA_WRITE, NULL, &p.b, 0);
	wr.n_sge = 0;
	wr.inl = &value;
	wr.inl_len = 4;
	assert_ok(hc_config_access(p.b.hc, 4, &off, 2, true));
	post_one(&p.a, &wr);
	expect_error(&p.a, &p.a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_OP);
	assert_int_equal(*(uint32_t *)p.b.mr.mem.ptr, 0);
	assert_ok(hc_config_access(p.b.hc, 4, &on, 2, true));
	pair_close(&p);
}

/* Rings, records, queues, page lists: none of it is there any more. */
static void everything_unmapped_under_traffic_is_survived(void **state)
{
	static const uint8_t types[] = { HC_RC, HC_UC, HC_UD, HC_XRC };
	struct world *w = *state;
	struct pair p;
	struct hc_wr wr;
	uint64_t faults;
	unsigned int i, k;

	for (i = 0; i < 4; i++) {
		struct hc_av av = { .qkey = 0x11111111 };
		struct hc_sge sge;

		pair_open(w, types[i], 1 << 20, NULL, &p);
		av.qpn = p.b.qp.qpn;
		av.lid = p.b.lid;
		sge = (struct hc_sge){ p.a.mr.va, 4000, p.a.mr.key };
		for (k = 0; k < 4; k++)
			post_recv_buf(&p.b, 0, 8192);
		wr = wr_rdma(WQE_SEND, &sge, &p.b, 0);
		wr.av = types[i] == HC_UD ? &av : NULL;
		for (k = 0; k < 4; k++)
			hc_post_send(&p.a.qp, &wr);
		pattern(p.b.mr.mem.ptr, 8192, 6);
		faults = w->hca[i & 1]->dma.faults;
		/* one side or the other */
		assert_ok(hc_unmap(w->hc[i & 1], w->hc[i & 1]->iova, w->hc[i & 1]->arena_size));
		hc_ring(p.a.hc, &p.a.qp);
		world_settle(w, 20);
		assert_true(w->hca[i & 1]->dma.faults > faults);
		if (i & 1)
			assert_true(pattern_is(p.b.mr.mem.ptr, 8192, 6));
		assert_ok(hc_map(w->hc[i & 1], w->hc[i & 1]->arena, w->hc[i & 1]->arena_size,
				 w->hc[i & 1]->iova, VFU_DMA_READ | VFU_DMA_WRITE));
		pair_close(&p);
	}
}

static void reset_in_mid_traffic_leaves_nothing(void **state)
{
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	struct hc_wc wc;
	unsigned int i, round;

	for (round = 0; round < 4; round++) {
		pair_open(*state, HC_RC, 8 << 20, NULL, &p);
		sge = (struct hc_sge){ p.a.mr.va, 4 << 20, p.a.mr.key };
		wr = wr_rdma(round & 1 ? WQE_RDMA_READ : WQE_RDMA_WRITE, &sge, &p.b, 0);
		for (i = 0; i < 8; i++)
			hc_post_send(&p.a.qp, &wr);
		hc_ring(p.a.hc, &p.a.qp);
		for (i = 0; i < 3; i++)
			model_run_once(p.w->model, false);
		/* the busy one, then the other, so that both see the peer vanish */
		{
			struct side *s = round & 2 ? &p.b : &p.a, *t = round & 2 ? &p.a : &p.b;

			assert_ok(hc_device_reset(s->hc));
			assert_nothing_left(s->hca);
			hc_forget(s->hc);
			world_settle(p.w, 3);
			while (hc_cq_poll(&t->scq, &wc))
				;
			assert_ok(hc_device_reset(t->hc));
			assert_nothing_left(t->hca);
			hc_forget(t->hc);
		}
		for (i = 0; i < 2; i++) {
			hc_free_all(p.w->hc[i]);
			assert_ok(hc_bringup(p.w->hc[i]));
			assert_ok(hc_port_wait_active(p.w->hc[i], &p.w->lid[i]));
		}
	}
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(an_unmapped_page_is_a_fault_and_nothing_more),
		in_world(a_read_only_map_is_read_but_never_written),
		in_world(memory_that_was_unmapped_is_not_touched_again),
		in_world(a_device_that_is_not_bus_master_touches_nothing),
		in_world(everything_unmapped_under_traffic_is_survived),
		in_world(reset_in_mid_traffic_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
