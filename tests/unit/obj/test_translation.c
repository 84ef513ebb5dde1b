// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about what a key's translation may say: page sizes, rights
 * of pages, pieces of the reserved key. It must never know packets.
 */
#include "tests/unit/hca/world.h"

#include "tests/hca-model/mem/access.h"
#include "tests/hca-model/obj/mkey.h"

static enum access_result reach(struct side *s, const struct access *a, uint64_t va, uint32_t len,
				bool write)
{
	struct iovec iov[8];
	unsigned int n;

	return access_resolve(s->hca, a, va, len, write, iov, 8, &n);
}

static void pages_below_the_adapters_are_no_translation(void **state)
{
	struct world *w = *state;
	struct hc_mkey m = { .rights = HC_ALL_RIGHTS, .mode = HC_MODE_MTT, .log_page = 12,
			     .len = 2 * HC_PAGE, .n = 2 };
	struct access a = { .rights = MKEY_LOCAL_READ };
	uint64_t pages[2];
	struct mkey *mkey;
	struct side s;

	side_open(w, 0, 0, &s);
	pages[0] = s.mr.mem.iova;
	pages[1] = pages[0] + HC_PAGE;
	m.pages = pages;
	m.pd = a.pd = s.pd;
	assert_ok(hc_mkey_create(s.hc, &m, &a.key));
	assert_int_equal(reach(&s, &a, 0, 8192, false), ACCESS_OK);
	mkey = mkey_get(s.hca, a.key >> 8);
	ifc_set(mkey->ctx, mkc__log_page_size, 0);	/* as a UMR may */
	assert_ok(mkey_decode(mkey));
	assert_int_equal(reach(&s, &a, 0, 1, false), ACCESS_PROTECTION);
	assert_ok(hc_mkey_destroy(s.hc, a.key));
	side_close(&s);
}

static void set_pg_access(uint8_t *in, size_t len)
{
	(void)len;
	if (ifc_get(in, cmd_in__opcode) == HC_CREATE_MKEY)
		ifc_set(in, create_mkey_in__pg_access, 1);
}

static void pages_may_have_rights_of_their_own(void **state)
{
	struct world *w = *state;
	struct hc_mkey m = { .rights = HC_ALL_RIGHTS, .mode = HC_MODE_MTT, .log_page = 12,
			     .len = 2 * HC_PAGE, .n = 2 };
	struct access a = { .rights = MKEY_LOCAL_READ };
	uint64_t pages[2];
	struct side s;

	side_open(w, 0, 0, &s);
	pages[0] = s.mr.mem.iova | MTT_READ | MTT_WRITE;
	pages[1] = (s.mr.mem.iova + HC_PAGE) | MTT_READ;
	m.pages = pages;
	m.pd = a.pd = s.pd;
	s.hc->edit = set_pg_access;
	assert_ok(hc_mkey_create(s.hc, &m, &a.key));
	s.hc->edit = NULL;
	assert_int_equal(reach(&s, &a, 0, 8192, false), ACCESS_OK);
	assert_int_equal(reach(&s, &a, 0, 4096, true), ACCESS_OK);
	assert_int_equal(reach(&s, &a, 0, 4097, true), ACCESS_PROTECTION);
	assert_ok(hc_mkey_destroy(s.hc, a.key));
	/* without the flag the bits say nothing */
	assert_ok(hc_mkey_create(s.hc, &m, &a.key));
	assert_int_equal(reach(&s, &a, 0, 8192, true), ACCESS_OK);
	assert_ok(hc_mkey_destroy(s.hc, a.key));
	side_close(&s);
}

/* The Linux driver describes gathered regions (sg_gaps) so. */
static void pieces_of_the_reserved_key_need_a_queue_pair_that_may(void **state)
{
	struct world *w = *state;
	struct hc_klm klm = { 4096, RESERVED_LKEY, 0 };
	struct hc_mkey m = { .rights = HC_ALL_RIGHTS, .mode = HC_MODE_KLM, .len = 4096,
			     .klms = &klm, .n = 1 };
	struct access a = { .rights = MKEY_REMOTE_READ };
	struct side s;

	side_open(w, 0, 0, &s);
	klm.va = s.mr.mem.iova;
	m.pd = a.pd = s.pd;
	assert_ok(hc_mkey_create(s.hc, &m, &a.key));
	assert_int_equal(reach(&s, &a, 0, 100, false), ACCESS_PROTECTION);
	a.pieces_reserved_ok = true;
	assert_int_equal(reach(&s, &a, 0, 100, false), ACCESS_OK);
	assert_int_equal(reach(&s, &a, 4090, 100, false), ACCESS_PROTECTION);
	assert_ok(hc_mkey_destroy(s.hc, a.key));
	/* as an rkey the reserved key is nothing, whoever receives */
	a.key = RESERVED_LKEY;
	assert_int_equal(reach(&s, &a, s.mr.mem.iova, 100, false), ACCESS_PROTECTION);
	side_close(&s);
}

#define up(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		up(pages_below_the_adapters_are_no_translation),
		up(pages_may_have_rights_of_their_own),
		up(pieces_of_the_reserved_key_need_a_queue_pair_that_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
