// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of `underpassctl probe` on HCAs that are served by vfio-user.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ctl/ctl_bed.h"

#define PROBE	"probe --device vfio-user:/run/hca.sock"

static void a_served_hca_is_opened_shown_closed_and_0(void **state)
{
	static const struct iova_range ranges[] = { { 0, 0xffffffffffff } };
	struct ctl_bed *bed = *state;

	bed->domain = (struct fake_domain_config){ .ranges = ranges, .n_ranges = 1, .max_maps = 4096 };
	bed->device = 0x1014;
	/* Nothing of it is locked, so the limit does not matter. */
	bed->world.memlock = 0;
	assert_int_equal(ctl_bed_run(bed, PROBE), CTL_OK);
	assert_string_equal(bed->out,
		"vfio-user:/run/hca.sock  ConnectX-4 VF (15b3:1014 rev 00)\n"
		"  firmware       12.28.2006\n"
		"  ports          not known before the HCA is started (underpassctl selftest does)\n"
		"  IOMMU          none of this machine: served by vfio-user\n"
		"  DMA            coherent\n"
		"  bus addresses  0x0 to 0xffffffffffff\n"
		"  mappings       4096 at the same time\n"
		"  verdict        can be assigned\n");
	assert_string_equal(bed->last_opened, "vfio-user:/run/hca.sock");
	assert_int_equal(bed->closed, 1);
}

static void nobody_there_is_3(void **state)
{
	struct ctl_bed *bed = *state;

	bed->open_ret = -ENODEV;
	bed->open_text = "nobody serves /run/hca.sock";
	assert_int_equal(ctl_bed_run(bed, PROBE), CTL_NO_HCA);
	assert_string_equal(bed->err, "underpassctl: nobody serves /run/hca.sock\n");
	assert_string_equal(bed->out, "");
}

static void another_device_is_3(void **state)
{
	struct ctl_bed *bed = *state;

	bed->vendor = 0x1af4;
	bed->device = 0x1041;
	assert_int_equal(ctl_bed_run(bed, PROBE), CTL_NO_HCA);
	ctl_bed_assert_in(bed->err, "1af4:1041 is no HCA of the mlx5 family");
	assert_int_equal(bed->closed, 1);
}

static void a_configuration_space_that_cannot_be_read_is_3(void **state)
{
	struct ctl_bed *bed = *state;

	bed->config_ret = -EIO;
	assert_int_equal(ctl_bed_run(bed, PROBE), CTL_NO_HCA);
	ctl_bed_assert_in(bed->err, "configuration space cannot be read");
	assert_int_equal(bed->closed, 1);
}

static void a_served_hca_that_is_dead_is_10(void **state)
{
	struct ctl_bed *bed = *state;

	bed->fw_rev = 0xffffffff;
	assert_int_equal(ctl_bed_run(bed, PROBE), CTL_UNUSABLE);
	ctl_bed_assert_in(bed->out, "its registers cannot be read");
}

static void a_socket_of_somebody_else_is_7(void **state)
{
	struct ctl_bed *bed = *state;

	bed->open_ret = -EACCES;
	bed->open_text = "no right to connect to /run/hca.sock";
	assert_int_equal(ctl_bed_run(bed, PROBE), CTL_NO_PERMISSION);
	ctl_bed_assert_in(bed->out, "no right to connect to /run/hca.sock");
	/* What it is could not be found out. */
	ctl_bed_assert_in(bed->out, "vfio-user:/run/hca.sock  an HCA\n");
}

static void a_path_too_long_for_a_socket_is_2(void **state)
{
	struct ctl_bed *bed = *state;
	char words[400] = "probe --device vfio-user:/";

	memset(words + strlen(words), 'x', 300);
	assert_int_equal(ctl_bed_run(bed, words), CTL_USAGE);
	assert_int_equal(bed->opened, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ctl_bed_setup, ctl_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_served_hca_is_opened_shown_closed_and_0),
		TEST(nobody_there_is_3),
		TEST(another_device_is_3),
		TEST(a_configuration_space_that_cannot_be_read_is_3),
		TEST(a_served_hca_that_is_dead_is_10),
		TEST(a_socket_of_somebody_else_is_7),
		TEST(a_path_too_long_for_a_socket_is_2),
	};

	return cmocka_run_group_tests_name("probe of HCAs served by vfio-user", tests, NULL, NULL);
}
