// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the tests of bring-up and teardown over the model. It must never know
 * how the model works.
 */
#include "tests/unit/host/model_bed.h"

#include <stdio.h>
#include <string.h>

#include "host-backend/hca/hca.h"

static struct hca *open_ok(struct model_bed *bed, unsigned int i, const struct hca_config *config)
{
	struct hca_open_error error = { "" };
	struct hca_transport *t;
	struct hca *hca;

	if (hca_transport_open(model_bed_device(bed, i), &t, &error))
		fail_msg("%s", error.text);
	if (hca_open(t, config, &hca, &error))
		fail_msg("%s", error.text);
	return hca;
}

static void close_ok(struct hca *hca)
{
	struct hca_close_report report;

	hca_close(hca, &report);
	if (report.err)
		fail_msg("%s", report.step);
	assert_int_equal(report.pages_kept, 0);
	assert_int_equal(report.maps_left, 0);
}

static void bringup_and_teardown_leave_nothing(void **state)
{
	struct model_bed *bed = *state;
	struct hca *hca = open_ok(bed, 0, NULL);
	struct model_bed_counts c;

	model_bed_counts(bed, 0, &c);
	assert_int_equal(c.eq, 3);
	assert_int_equal(c.uar, 1);
	assert_int_equal(c.pages, hca_pages_lent(hca));
	assert_int_equal(c.refused, 0);
	close_ok(hca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bringup_and_teardown_leave_nothing, model_bed_setup_pf,
						model_bed_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
