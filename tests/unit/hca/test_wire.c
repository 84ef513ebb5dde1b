// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that a message is full packets on the wire, in whatever
 * runs the model moves them. It must never know what a message means.
 */
#include "tests/hca-model/fabric/port.h"
#include "tests/unit/hca/world.h"

/* A key for the side's buffer with its pages in the opposite order: no two of them are neighbours. */
static void reverse_key(const struct side *s, size_t len, struct hc_mkey *m, uint64_t *pages)
{
	uint32_t i, n = (uint32_t)(len / HC_PAGE);

	for (i = 0; i < n; i++)
		pages[i] = s->mr.mem.iova + (uint64_t)(n - 1 - i) * HC_PAGE;
	*m = (struct hc_mkey) { .pd = s->pd, .rights = HC_ALL_RIGHTS, .mode = HC_MODE_MTT,
				.start = s->mr.va, .len = len, .log_page = 12, .n = n,
				.pages = pages };
}

static void a_long_message_from_scattered_pages_is_full_packets_on_the_wire(void **state)
{
	enum { LEN = 1 << 20, PAGES = LEN / HC_PAGE, OFF = 100, PACKETS = LEN / 4096 - 1,
	       HEADERS = 8 + 12 + 4, RETH = 16 };
	struct hc_path path = hc_path_default;
	static uint64_t pages[PAGES];
	static uint8_t data[LEN];
	const struct port_counters *sent, *got;
	struct port_counters sent0, got0;
	struct hc_mkey m;
	struct hc_sge sge;
	struct hc_wr wr;
	struct pair p;
	unsigned int i;

	path.mtu = HC_MTU_4096;
	pair_open(*state, HC_RC, LEN, &path, &p);
	sent = &p.a.hca->port->count;
	got = &p.b.hca->port->count;
	reverse_key(&p.a, LEN, &m, pages);
	assert_ok(hc_mkey_create(p.a.hc, &m, &sge.key));
	pattern(data, LEN, 1);
	for (i = 0; i < PAGES; i++)
		memcpy(p.a.mr.mem.ptr + (PAGES - 1 - i) * HC_PAGE, data + i * HC_PAGE, HC_PAGE);
	sge.va = p.a.mr.va + OFF;
	sge.len = PACKETS * 4096;
	wr = wr_rdma(WQE_RDMA_WRITE, &sge, &p.b, 0);
	sent0 = *sent;
	got0 = *got;
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	assert_memory_equal(p.b.mr.mem.ptr, data + OFF, PACKETS * 4096);
	assert_true(all_are(p.b.mr.mem.ptr + PACKETS * 4096, 4096, 0));
	assert_int_equal(sent->xmit_packets - sent0.xmit_packets, PACKETS);
	assert_int_equal(got->rcv_packets - got0.rcv_packets, PACKETS);
	assert_int_equal(got->unicast_rcv - got0.unicast_rcv, PACKETS);
	assert_int_equal(sent->xmit_bytes - sent0.xmit_bytes,
			 PACKETS * (4096 + HEADERS) + RETH);
	assert_int_equal(got->rcv_bytes - got0.rcv_bytes, PACKETS * (4096 + HEADERS) + RETH);
	assert_ok(hc_mkey_destroy(p.a.hc, sge.key));
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(a_long_message_from_scattered_pages_is_full_packets_on_the_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
