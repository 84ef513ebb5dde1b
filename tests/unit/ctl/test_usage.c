// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of underpassctl's command line: wrong usage is 2 and says
 * what is wrong, help is everywhere.
 */
#include <stdio.h>

#include "tests/unit/ctl/ctl_bed.h"

static void wrong_usage_is_2_and_says_what_is_wrong(void **state)
{
	static const struct {
		const char *words, *says;
	} wrong[] = {
		{ "", "underpassctl: which command?" },
		{ "frob", "underpassctl: there is no command 'frob'" },
		{ "--frob", "unrecognized option '--frob'" },
		{ "probe --frob", "underpassctl probe: unrecognized option '--frob'" },
		{ "probe 3b:00.0", "underpassctl probe: '3b:00.0' is too much" },
		{ "probe --device", "underpassctl probe: option '--device' requires an argument" },
		{ "probe --device nonsense", "'nonsense' names no device: give a PCI address" },
		{ "probe --device vfio-user:", "'vfio-user:' names no device" },
		{ "bind", "underpassctl bind: which device?" },
		{ "bind nonsense", "underpassctl bind: 'nonsense' is not a PCI address" },
		{ "bind vfio-user:/run/hca.sock", "'vfio-user:/run/hca.sock' is not a PCI address" },
		{ "bind 3b:00.0 3b:00.1", "underpassctl bind: one device at a time" },
		{ "bind ../../../etc", "'../../../etc' is not a PCI address" },
		{ "unbind", "underpassctl unbind: which device?" },
		{ "selftest", "underpassctl selftest: which HCA?" },
		{ "selftest 3b:00.0", "underpassctl selftest: '3b:00.0' is too much" },
		{ "selftest --device nonsense", "'nonsense' names no device" },
		{ "selftest --device 3b:00.0 --cycles 0", "--cycles wants a number from 1 to" },
		{ "selftest --device 3b:00.0 --cycles -1", "--cycles wants a number from 1 to" },
		{ "selftest --device 3b:00.0 --cycles 5x", "--cycles wants a number from 1 to" },
		{ "selftest --device 3b:00.0 --cycles 99999999999999999999", "--cycles wants a number" },
		{ "selftest --device 3b:00.0 --policy all", "exact, lazy, granule or static, not 'all'" },
		{ "selftest --device 3b:00.0 --policy granule --granule 2K", "--granule wants a power" },
		{ "selftest --device 3b:00.0 --policy granule --granule 2G", "--granule wants a power" },
		{ "selftest --device 3b:00.0 --policy granule --granule 3M", "--granule wants a power" },
		{ "selftest --device 3b:00.0 --policy granule --granule 2MB", "--granule wants a power" },
		{ "selftest --device 3b:00.0 --policy granule --granule 0", "--granule wants a power" },
		{ "selftest --device 3b:00.0 --policy granule --granule -4K", "--granule wants a power" },
		{ "selftest --device 3b:00.0 --policy granule --granule 17592186044416G",
		  "--granule wants a power" },
		{ "selftest --device 3b:00.0 --granule 2M", "--granule goes with --policy granule" },
		{ "selftest --device 3b:00.0 --granule 2M --policy lazy",
		  "--granule goes with --policy granule" },
	};
	struct ctl_bed *bed = *state;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(ctl_bed_run_child(bed, wrong[i].words), CTL_USAGE);
		ctl_bed_assert_in(bed->err, wrong[i].says);
		assert_string_equal(bed->out, "");
	}
	assert_int_equal(bed->changes + bed->opened, 0);
}

static void help_and_version_are_everywhere_and_0(void **state)
{
	static const char *const commands[] = { "", "probe ", "bind ", "unbind ", "selftest " };
	struct ctl_bed *bed = *state;
	char words[64];
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		snprintf(words, sizeof(words), "%s--help", commands[i]);
		assert_int_equal(ctl_bed_run_child(bed, words), CTL_OK);
		ctl_bed_assert_in(bed->out, "Usage: underpassctl ");
		ctl_bed_assert_in(bed->out, commands[i]);
		assert_string_equal(bed->err, "");
		snprintf(words, sizeof(words), "%s--version", commands[i]);
		assert_int_equal(ctl_bed_run_child(bed, words), CTL_OK);
		assert_string_equal(bed->out, "underpassctl (Underpass) 0.1\n");
	}
}

static void options_of_a_command_are_not_those_of_the_program(void **state)
{
	struct ctl_bed *bed = *state;

	assert_int_equal(ctl_bed_run_child(bed, "--json probe"), CTL_USAGE);
	ctl_bed_assert_in(bed->err, "unrecognized option '--json'");
}

static void a_result_that_cannot_be_written_is_1(void **state)
{
	struct ctl_bed *bed = *state;
	char *argv[] = { (char[]){ "underpassctl" }, (char[]){ "probe" }, NULL };
	FILE *full = fopen("/dev/full", "w");

	assert_non_null(full);
	ctl_bed_hca(bed, "0000:3b:00.0", "vfio-pci", 12);
	bed->world.out = full;
	bed->world.err = tmpfile();
	assert_non_null(bed->world.err);
	assert_int_equal(ctl_main(&bed->world, 2, argv), CTL_FAILED);
	fclose(full);
	fclose(bed->world.err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ctl_bed_setup, ctl_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wrong_usage_is_2_and_says_what_is_wrong),
		TEST(help_and_version_are_everywhere_and_0),
		TEST(options_of_a_command_are_not_those_of_the_program),
		TEST(a_result_that_cannot_be_written_is_1),
	};

	return cmocka_run_group_tests_name("the command line", tests, NULL, NULL);
}
