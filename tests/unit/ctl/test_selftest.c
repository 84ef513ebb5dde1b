// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of `underpassctl selftest`: what is shown of each step and
 * cycle, as text and as JSON, and its exit status.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ctl/ctl_bed.h"

#define DEVICE	"vfio-user:/run/hca.sock"

/* The self-test of these tests: three steps, of which "RC write" fails in one cycle. */
static struct {
	unsigned int runs, fail_in;
	char device[64];
	enum iommu_policy policy;
	uint64_t granule;
} selftest;

static void add(struct selftest_report *report, const struct selftest_config *config,
		const char *name, enum selftest_result result, const char *text)
{
	struct selftest_step *step = &report->steps[report->n_steps++];

	step->name = name;
	step->result = result;
	step->us = 12345;
	snprintf(step->text, sizeof(step->text), "%s", text);
	if (result == SELFTEST_FAILED) {
		step->err = -EREMOTEIO;
		report->n_failed++;
		report->err = step->err;
	}
	if (config->told)
		config->told(config->ctx, step);
}

static int run_selftest(const char *device, const struct selftest_config *config,
			struct selftest_report *report)
{
	selftest.runs++;
	snprintf(selftest.device, sizeof(selftest.device), "%s", device);
	selftest.policy = config->policy;
	selftest.granule = config->granule;
	assert_int_equal(report->n_steps, 0);
	add(report, config, "bring-up", SELFTEST_OK, "firmware 12.28.2006");
	add(report, config, "XRC send", SELFTEST_SKIPPED, "the HCA has no XRC");
	if (selftest.runs == selftest.fail_in)
		add(report, config, "RC write", SELFTEST_FAILED,
		    "CREATE_QP: bad parameter (status 0x3, syndrome 0x1234)");
	add(report, config, "teardown", SELFTEST_OK, "");
	return report->err;
}

static struct ctl_bed *bed_with_selftest(void **state, unsigned int fail_in)
{
	struct ctl_bed *bed = *state;

	bed->world.selftest = run_selftest;
	memset(&selftest, 0, sizeof(selftest));
	selftest.fail_in = fail_in;
	return bed;
}

static void a_good_one_shows_each_step_and_0(void **state)
{
	struct ctl_bed *bed = bed_with_selftest(state, 0);

	assert_int_equal(ctl_bed_run(bed, "selftest --device " DEVICE), CTL_OK);
	assert_string_equal(bed->out,
		"ok       bring-up              12.3 ms  firmware 12.28.2006\n"
		"skipped  XRC send              12.3 ms  the HCA has no XRC\n"
		"ok       teardown              12.3 ms\n");
	assert_string_equal(bed->err, "");
	assert_string_equal(selftest.device, DEVICE);
	assert_int_equal(selftest.runs, 1);
}

static void a_failure_is_1_and_says_what(void **state)
{
	struct ctl_bed *bed = bed_with_selftest(state, 1);

	assert_int_equal(ctl_bed_run(bed, "selftest --device " DEVICE), CTL_FAILED);
	ctl_bed_assert_in(bed->out, "FAILED   RC write              12.3 ms  CREATE_QP: bad parameter "
			  "(status 0x3, syndrome 0x1234)\nok       teardown");
	assert_string_equal(bed->err, "underpassctl: " DEVICE ": the self-test failed\n");
}

static void of_many_cycles_the_first_is_shown_whole_then_one_line_each(void **state)
{
	struct ctl_bed *bed = bed_with_selftest(state, 0);

	assert_int_equal(ctl_bed_run(bed, "selftest --cycles 3 --device " DEVICE), CTL_OK);
	assert_string_equal(bed->out,
		"ok       bring-up              12.3 ms  firmware 12.28.2006\n"
		"skipped  XRC send              12.3 ms  the HCA has no XRC\n"
		"ok       teardown              12.3 ms\n"
		"cycle 1 of 3: 2 ok, 1 skipped, 0 failed, 37.0 ms\n"
		"cycle 2 of 3: 2 ok, 1 skipped, 0 failed, 37.0 ms\n"
		"cycle 3 of 3: 2 ok, 1 skipped, 0 failed, 37.0 ms\n");
}

static void cycles_end_at_the_first_failure_and_show_it(void **state)
{
	struct ctl_bed *bed = bed_with_selftest(state, 2);

	assert_int_equal(ctl_bed_run(bed, "selftest -c 100 -d " DEVICE), CTL_FAILED);
	assert_int_equal(selftest.runs, 2);
	ctl_bed_assert_in(bed->out,
		"cycle 1 of 100: 2 ok, 1 skipped, 0 failed, 37.0 ms\n"
		"FAILED   RC write              12.3 ms  CREATE_QP: bad parameter (status 0x3, syndrome 0x1234)\n"
		"cycle 2 of 100: 2 ok, 1 skipped, 1 failed, 49.3 ms\n");
}

static void registrations_go_by_the_policy_that_is_asked_for(void **state)
{
	static const struct {
		const char *options;
		enum iommu_policy policy;
		uint64_t granule;
	} rows[] = {
		{ "", IOMMU_POLICY_EXACT, 0 },
		{ "--policy exact ", IOMMU_POLICY_EXACT, 0 },
		{ "--policy=lazy ", IOMMU_POLICY_LAZY, 0 },
		{ "-p static ", IOMMU_POLICY_STATIC, 0 },
		{ "-p granule ", IOMMU_POLICY_GRANULE, 0 },
		{ "-p granule --granule 4096 ", IOMMU_POLICY_GRANULE, 4096 },
		{ "--granule 64K --policy granule ", IOMMU_POLICY_GRANULE, 65536 },
		{ "-p granule -g 32M ", IOMMU_POLICY_GRANULE, 32ull << 20 },
		{ "-p granule -g 1G ", IOMMU_POLICY_GRANULE, 1ull << 30 },
	};
	struct ctl_bed *bed = bed_with_selftest(state, 0);
	char line[128];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(line, sizeof(line), "selftest %s--device " DEVICE, rows[i].options);
		assert_int_equal(ctl_bed_run(bed, line), CTL_OK);
		assert_int_equal(selftest.policy, rows[i].policy);
		assert_int_equal(selftest.granule, rows[i].granule);
	}
}

static void json_has_every_step_of_every_cycle(void **state)
{
	struct ctl_bed *bed = bed_with_selftest(state, 2);
	json_t *root, *cycles, *steps, *step;

	assert_int_equal(ctl_bed_run(bed, "selftest --json --cycles 5 --device " DEVICE), CTL_FAILED);
	root = json_loads(bed->out, 0, NULL);
	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(root, "device")), DEVICE);
	assert_true(json_is_false(json_object_get(root, "passed")));
	assert_int_equal(json_integer_value(json_object_get(root, "cycles_wanted")), 5);
	cycles = json_object_get(root, "cycles");
	assert_int_equal(json_array_size(cycles), 2);
	assert_true(json_is_true(json_object_get(json_array_get(cycles, 0), "passed")));
	assert_true(json_is_false(json_object_get(json_array_get(cycles, 1), "passed")));
	steps = json_object_get(json_array_get(cycles, 1), "steps");
	assert_int_equal(json_array_size(steps), 4);
	assert_string_equal(json_string_value(json_object_get(json_array_get(steps, 1), "result")),
			    "skipped");
	step = json_array_get(steps, 2);
	assert_string_equal(json_string_value(json_object_get(step, "name")), "RC write");
	assert_string_equal(json_string_value(json_object_get(step, "result")), "failed");
	assert_int_equal(json_integer_value(json_object_get(step, "errno")), EREMOTEIO);
	assert_int_equal(json_integer_value(json_object_get(step, "microseconds")), 12345);
	ctl_bed_assert_in(json_string_value(json_object_get(step, "text")), "syndrome 0x1234");
	assert_true(json_is_null(json_object_get(json_array_get(steps, 3), "text")));
	json_decref(root);
}

static void json_of_a_good_one_says_passed_and_0(void **state)
{
	struct ctl_bed *bed = bed_with_selftest(state, 0);
	json_t *root;

	assert_int_equal(ctl_bed_run(bed, "selftest --json --device 3b:00.0"), CTL_OK);
	root = json_loads(bed->out, 0, NULL);
	assert_true(json_is_true(json_object_get(root, "passed")));
	json_decref(root);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ctl_bed_setup, ctl_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_one_shows_each_step_and_0),
		TEST(a_failure_is_1_and_says_what),
		TEST(of_many_cycles_the_first_is_shown_whole_then_one_line_each),
		TEST(cycles_end_at_the_first_failure_and_show_it),
		TEST(registrations_go_by_the_policy_that_is_asked_for),
		TEST(json_has_every_step_of_every_cycle),
		TEST(json_of_a_good_one_says_passed_and_0),
	};

	return cmocka_run_group_tests_name("selftest as it is shown", tests, NULL, NULL);
}
