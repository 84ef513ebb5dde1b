// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about sends that invalidate a key of the receiver: which
 * key may go, and who hears of a refusal. It must never know the model's
 * insides.
 */
#include "tests/unit/hca/world.h"

enum { KEY_VA = 0x4440000, BYTES = 4096 };

static uint32_t make_key(struct side *s, uint32_t pd, bool en_rinval, bool umr_en, uint32_t qpn)
{
	uint64_t page = s->mr.mem.iova + 8192;
	struct hc_mkey m = { .pd = pd, .rights = HC_ALL_RIGHTS, .mode = HC_MODE_MTT,
			     .log_page = 12, .pages = &page, .n = 1, .start = KEY_VA,
			     .len = BYTES, .variant = 0x21, .qpn = qpn, .umr_en = umr_en,
			     .en_rinval = en_rinval };
	uint32_t key;

	assert_ok(hc_mkey_create(s->hc, &m, &key));
	return key;
}

static void write_through(struct pair *p, uint32_t key, uint8_t syndrome)
{
	struct hc_sge sge = sge_of(&p->a, 0, 100);
	struct hc_wr wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p->b, 0);

	wr.rkey = key;
	wr.raddr = KEY_VA;
	post_one(&p->a, &wr);
	if (!syndrome) {
		expect_ok(&p->a, &p->a.scq, CQE_REQ, NULL);
		return;
	}
	expect_error(&p->a, &p->a.scq, CQE_REQ_ERR, syndrome);
	pair_reconnect(p);
}

/* Both sides hear of it, and nobody sees a message. */
static void refuses(struct pair *p, uint32_t key)
{
	struct hc_sge sge = sge_of(&p->a, 0, 2000);
	struct hc_wr wr = wr_rdma(WQE_SEND_INVAL, &sge, &p->b, 0);

	post_recv_buf(&p->b, 16384, 8192);
	post_recv_buf(&p->b, 16384, 8192);
	wr.imm = key;
	post_one(&p->a, &wr);
	expect_error(&p->a, &p->a.scq, CQE_REQ_ERR, CQE_SYND_REMOTE_ACCESS);
	expect_error(&p->b, &p->b.rcq, CQE_RESP_ERR, CQE_SYND_WR_FLUSH);
	expect_error(&p->b, &p->b.rcq, CQE_RESP_ERR, CQE_SYND_WR_FLUSH);
	expect_none(&p->b, &p->b.rcq);
	expect_dead(&p->a);
	expect_dead(&p->b);
	pair_reconnect(p);
}

/* Of one packet and of several: the last one carries the key. */
static void a_send_invalidates_the_key_it_names(void **state)
{
	static const uint32_t sizes[] = { 0, 700, 5000 };
	struct pair p;
	unsigned int i;

	pair_open(*state, HC_RC, 0, NULL, &p);
	for (i = 0; i < 3; i++) {
		struct hc_sge sge = sge_of(&p.a, 0, sizes[i]);
		struct hc_wr wr = wr_rdma(WQE_SEND_INVAL, &sge, &p.b, 0);
		uint32_t key = make_key(&p.b, p.b.pd, true, true, i == 1 ? p.b.qp.qpn : 0);
		uint32_t other = make_key(&p.b, p.b.pd, true, true, 0);
		struct hc_wc wc;

		write_through(&p, key, 0);
		pattern(p.a.mr.mem.ptr, sizes[i], i);
		post_recv_buf(&p.b, 16384, 8192);
		wr.imm = key;
		post_one(&p.a, &wr);
		expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
		expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND_INV, &wc);
		assert_int_equal(wc.imm, key);
		assert_int_equal(wc.bytes, sizes[i]);
		assert_true(pattern_is(p.b.mr.mem.ptr + 16384, sizes[i], i));
		write_through(&p, other, 0);
		write_through(&p, key, CQE_SYND_REMOTE_ACCESS);
		refuses(&p, key);				/* it is gone already */
		assert_ok(hc_mkey_destroy(p.b.hc, key));
		assert_ok(hc_mkey_destroy(p.b.hc, other));
	}
	pair_close(&p);
}

static void a_key_that_is_not_to_be_invalidated_stays(void **state)
{
	struct pair p;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	key = make_key(&p.b, p.b.pd, false, true, 0);		/* en_rinval is clear */
	refuses(&p, key);
	write_through(&p, key, 0);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	key = make_key(&p.b, p.b.pd, true, true, 0);
	refuses(&p, key ^ 1);					/* another variant */
	write_through(&p, key, 0);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	refuses(&p, key);					/* no such key */
	key = make_key(&p.b, p.b.pd, true, false, 0);		/* umr_en is clear */
	refuses(&p, key);
	write_through(&p, key, 0);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	pair_close(&p);
}

static void a_key_of_others_stays(void **state)
{
	struct pair p, q;
	uint32_t key;

	pair_open(*state, HC_RC, 0, NULL, &p);
	pair_open(*state, HC_RC, 0, NULL, &q);
	key = make_key(&q.b, q.b.pd, true, true, 0);		/* another domain */
	refuses(&p, key);
	write_through(&q, key, 0);
	assert_ok(hc_mkey_destroy(q.b.hc, key));
	key = make_key(&q.b, q.b.pd, true, true, q.b.qp.qpn);
	refuses(&p, key);
	write_through(&q, key, 0);
	assert_ok(hc_mkey_destroy(q.b.hc, key));
	key = make_key(&p.b, p.b.pd, true, true, q.b.qp.qpn);	/* another queue pair's */
	refuses(&p, key);
	assert_ok(hc_mkey_destroy(p.b.hc, key));
	pair_close(&q);
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(a_send_invalidates_the_key_it_names),
		in_world(a_key_that_is_not_to_be_invalidated_stays),
		in_world(a_key_of_others_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
