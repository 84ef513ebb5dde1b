// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about what a driver that never stops gets: an error at the
 * announced limit. It must never know why it would want so many.
 */
#include "tests/unit/hca/world.h"

#include <stdlib.h>

#include "tests/hca-model/cmd/caps.h"
#include "tests/hca-model/cmd/cmd.h"

static void groups_end_at_the_announced_number(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint8_t gid[16] = { 0xff, 0x12 };
	struct side s;
	uint32_t i;

	side_open(w, 0, 0, &s);
	side_qp(&s, HC_UD, &s.qp);
	for (i = 0; i < 1u << CAP_LOG_MAX_MCG; i++) {
		ifc_store32(gid + 12, i);
		assert_ok(hc_mcg(hc, HC_ATTACH_TO_MCG, s.qp.qpn, gid));
	}
	ifc_store32(gid + 12, i);
	assert_refused(hc, hc_mcg(hc, HC_ATTACH_TO_MCG, s.qp.qpn, gid), CMD_EXCEED_LIM);
	ifc_store32(gid + 12, 7);
	assert_ok(hc_mcg(hc, HC_DETACH_FROM_MCG, s.qp.qpn, gid));
	ifc_store32(gid + 12, i);
	assert_ok(hc_mcg(hc, HC_ATTACH_TO_MCG, s.qp.qpn, gid));
	side_close(&s);			/* a QP that goes is in no group any more */
}

static void pages_that_nobody_asked_for_are_refused(void **state)
{
	enum { AT_ONCE = 0x10000 };
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	size_t ilen = 0x10 + AT_ONCE * 8;
	uint8_t *in = calloc(1, ilen), out[16];
	struct hc_mem mem;
	unsigned int i, given = 0;
	int ret = 0;

	assert_non_null(in);
	assert_ok(hc_alloc(hc, HC_PAGE, HC_PAGE, &mem));
	hc_head(in, HC_MANAGE_PAGES, 1);
	ifc_set(in, manage_pages_in__input_num_entries, AT_ONCE);
	for (i = 0; i < AT_ONCE; i++)
		ifc_store64(in + 0x10 + i * 8, mem.iova);
	for (i = 0; i < 32 && !ret; i++) {
		ret = hc_exec(hc, in, ilen, out, sizeof(out));
		given += ret ? 0 : AT_ONCE;
	}
	assert_refused(hc, ret, CMD_EXCEED_LIM);
	assert_true(given < 1 << 20);
	free(in);
	hc_free(hc, &mem);
	assert_ok(hc_device_reset(hc));
	hc_forget(hc);
	assert_ok(hc_bringup(hc));
}

static void an_event_queue_beyond_the_last_is_refused(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	struct hc_eq eq[EQ_MAX] = { 0 };
	int ret = 0, n = 0;

	while (n < EQ_MAX && !ret) {
		ret = hc_eq_create(hc, 1, 4, 0, &eq[n]);
		n += !ret;
	}
	assert_refused(hc, ret, CMD_EXCEED_LIM);
	while (n)
		assert_ok(hc_eq_destroy(hc, &eq[--n]));
}

#define up(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		up(groups_end_at_the_announced_number),
		up(pages_that_nobody_asked_for_are_refused),
		up(an_event_queue_beyond_the_last_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
