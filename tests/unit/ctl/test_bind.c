// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of `underpassctl bind` and `unbind`: there and back, whole
 * or not at all, and never under anybody's feet.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/ctl/ctl_bed.h"

#define BDF	"0000:3b:00.0"

static void assert_place(struct ctl_bed *bed, const char *driver, const char *override)
{
	assert_string_equal(ctl_bed_bound(bed, BDF), driver);
	assert_string_equal(ctl_bed_override(bed, BDF), override);
}

static bool has_record(struct ctl_bed *bed)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/bind/" BDF, bed->run);
	return !access(path, F_OK);
}

/* An HCA of mlx5_core, with vfio-pci at hand. */
static struct ctl_bed *bed_with_hca(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "mlx5_core", 12);
	ctl_bed_driver(bed, "vfio-pci");
	return bed;
}

static void bind_gives_it_to_vfio_and_unbind_brings_it_back(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);

	assert_int_equal(ctl_bed_run(bed, "bind 3b:00.0"), CTL_OK);
	assert_string_equal(bed->out, BDF ": mlx5_core -> vfio-pci\n");
	assert_string_equal(bed->err, "");
	assert_place(bed, "vfio-pci", "vfio-pci");
	assert_true(has_record(bed));
	assert_int_equal(ctl_bed_run(bed, "unbind " BDF), CTL_OK);
	assert_string_equal(bed->out, BDF ": vfio-pci -> mlx5_core\n");
	assert_place(bed, "mlx5_core", "");
	assert_false(has_record(bed));
}

static void both_do_nothing_the_second_time(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);

	assert_int_equal(ctl_bed_run(bed, "unbind " BDF), CTL_OK);
	assert_string_equal(bed->out, BDF ": bound to mlx5_core, nothing to give back\n");
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_OK);
	bed->changes = 0;
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_OK);
	assert_string_equal(bed->out, BDF ": bound to vfio-pci already\n");
	assert_int_equal(bed->changes, 0);
	assert_int_equal(ctl_bed_run(bed, "unbind " BDF), CTL_OK);
	assert_place(bed, "mlx5_core", "");
}

static void the_former_override_comes_back_too(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);

	ctl_bed_file(bed, "mlx5_core\n", "sys/bus/pci/devices/" BDF "/driver_override");
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_OK);
	assert_place(bed, "vfio-pci", "vfio-pci");
	assert_int_equal(ctl_bed_run(bed, "unbind " BDF), CTL_OK);
	assert_place(bed, "mlx5_core", "mlx5_core");
}

static void an_hca_without_driver_is_without_one_again(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, NULL, 12);
	ctl_bed_driver(bed, "vfio-pci");
	ctl_bed_driver(bed, "mlx5_core");
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_OK);
	assert_string_equal(bed->out, BDF ": no driver -> vfio-pci\n");
	assert_int_equal(ctl_bed_run(bed, "unbind " BDF), CTL_OK);
	assert_string_equal(bed->out, BDF ": vfio-pci -> no driver\n");
	assert_place(bed, "", "");
}

/* The three changes of a move: override, unbind, bind. */
static void a_failure_of_any_step_of_bind_puts_all_back(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);
	unsigned int n;

	for (n = 1; n <= 3; n++) {
		bed->changes = 0;
		bed->fail_at = n;
		bed->fail_ret = -EIO;
		assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_FAILED);
		ctl_bed_assert_in(bed->err, "Input/output error; the kernel's log may say more\n");
		ctl_bed_assert_in(bed->err, BDF ": is back with mlx5_core, as before\n");
		assert_string_equal(bed->out, "");
		assert_place(bed, "mlx5_core", "");
		assert_false(has_record(bed));
	}
}

static void a_failure_of_any_step_of_unbind_keeps_it_with_vfio(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);
	unsigned int n;

	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_OK);
	for (n = 1; n <= 3; n++) {
		bed->changes = 0;
		bed->fail_at = n;
		bed->fail_ret = -EIO;
		assert_int_equal(ctl_bed_run(bed, "unbind " BDF), CTL_FAILED);
		ctl_bed_assert_in(bed->err, BDF ": is back with vfio-pci, as before\n");
		assert_place(bed, "vfio-pci", "vfio-pci");
		assert_true(has_record(bed));
	}
	bed->fail_at = 0;
	assert_int_equal(ctl_bed_run(bed, "unbind " BDF), CTL_OK);
	assert_place(bed, "mlx5_core", "");
}

static void a_bind_that_only_claims_success_is_found_out(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);

	bed->ignore_at = 3;
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_FAILED);
	ctl_bed_assert_in(bed->err, BDF ": vfio-pci did not take it\n");
	assert_place(bed, "mlx5_core", "");
	assert_false(has_record(bed));
}

static void a_way_back_that_fails_too_is_told_with_what_to_do(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);

	bed->fail_at = 3;
	bed->fail_ret = -EIO;
	bed->fail_on = true;
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_FAILED);
	ctl_bed_assert_in(bed->err, BDF ": could not be given back to mlx5_core: driver_override: ");
	ctl_bed_assert_in(bed->err, "/bus/pci/drivers_probe\n");
}

static void no_right_is_7_and_says_root(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);

	bed->fail_at = 1;
	bed->fail_ret = -EACCES;
	bed->fail_on = true;
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_NO_PERMISSION);
	ctl_bed_assert_in(bed->err, "this needs root");
	assert_place(bed, "mlx5_core", "");
}

static void a_user_who_is_not_root_is_told_before_anything_changes(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);
	int ret;

	if (geteuid())
		assert_int_equal(chmod(bed->dir, 0500), 0);
	else
		assert_int_equal(seteuid(65534), 0);
	ret = ctl_bed_run(bed, "bind " BDF);
	if (!getuid())
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(bed->dir, 0755), 0);
	assert_int_equal(ret, CTL_NO_PERMISSION);
	ctl_bed_assert_in(bed->err, "/bind: Permission denied; this needs root\n");
	assert_int_equal(bed->changes, 0);
}

static void an_interface_that_is_up_is_5_unless_forced(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);

	ctl_bed_file(bed, "0x1003\n", "sys/bus/pci/devices/" BDF "/net/ib0/flags");
	ctl_bed_file(bed, "0x1002\n", "sys/bus/pci/devices/" BDF "/net/ib1/flags");
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_IN_USE);
	assert_string_equal(bed->err, "underpassctl: " BDF
			    ": in use: network interface ib0 is up. End that first, or give --force\n");
	assert_place(bed, "mlx5_core", "");
	assert_int_equal(ctl_bed_run(bed, "bind --force " BDF), CTL_OK);
	assert_place(bed, "vfio-pci", "vfio-pci");
}

static void programs_that_have_it_open_are_5_and_named(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);

	ctl_bed_file(bed, "", "sys/bus/pci/devices/" BDF "/infiniband_verbs/uverbs0/dev");
	ctl_bed_file(bed, "", "sys/bus/pci/devices/" BDF "/infiniband_mad/umad0/dev");
	ctl_bed_process(bed, 812, "opensm", "infiniband/umad0");
	ctl_bed_process(bed, 900, "ib_write_bw", "infiniband/uverbs0");
	ctl_bed_process(bed, 901, "ib_send_bw", "infiniband/uverbs0");
	ctl_bed_process(bed, 902, "elsewhere", "infiniband/uverbs1");
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_IN_USE);
	ctl_bed_assert_in(bed->err, "uverbs0 opened by ib_write_bw (pid 900), ib_send_bw (pid 901); "
			  "umad0 opened by opensm (pid 812)");
}

static void virtual_functions_are_5(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);

	ctl_bed_file(bed, "4\n", "sys/bus/pci/devices/" BDF "/sriov_numvfs");
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_IN_USE);
	ctl_bed_assert_in(bed->err, "its 4 virtual functions would go with it");
}

static void a_group_that_is_held_is_not_unbound_even_by_force(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);

	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_OK);
	ctl_bed_process(bed, 813, "underpassd", "vfio/12");
	bed->changes = 0;
	assert_int_equal(ctl_bed_run(bed, "unbind --force " BDF), CTL_IN_USE);
	assert_string_equal(bed->err, "underpassctl: " BDF
			    ": its IOMMU group 12 is held by underpassd (pid 813). End that first\n");
	assert_int_equal(bed->changes, 0);
	assert_place(bed, "vfio-pci", "vfio-pci");
}

static void vfio_pci_is_loaded_when_it_is_not_there(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "mlx5_core", 12);
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_FAILED);
	assert_string_equal(bed->err, "underpassctl: the driver vfio-pci is not there, and 'modprobe vfio-pci' "
			    "did not bring it\n");
	assert_place(bed, "mlx5_core", "");
	assert_false(has_record(bed));
	bed->modules = "vfio-pci ";
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_OK);
	assert_string_equal(bed->loaded, "vfio-pci vfio-pci ");
}

static void the_former_driver_is_loaded_when_it_is_gone(void **state)
{
	struct ctl_bed *bed = bed_with_hca(state);

	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_OK);
	ctl_bed_remove(bed, "sys/bus/pci/drivers/mlx5_core/bind");
	ctl_bed_remove(bed, "sys/bus/pci/drivers/mlx5_core");
	assert_int_equal(ctl_bed_run(bed, "unbind " BDF), CTL_FAILED);
	assert_place(bed, "vfio-pci", "vfio-pci");
	bed->modules = "mlx5_core ";
	assert_int_equal(ctl_bed_run(bed, "unbind " BDF), CTL_OK);
	assert_place(bed, "mlx5_core", "");
}

static void what_others_bound_comes_back_by_force_only(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	ctl_bed_driver(bed, "mlx5_core");
	ctl_bed_file(bed, "vfio-pci\n", "sys/bus/pci/devices/" BDF "/driver_override");
	assert_int_equal(ctl_bed_run(bed, "unbind " BDF), CTL_FAILED);
	ctl_bed_assert_in(bed->err, "was not bound by underpassctl, so its driver is not known. With --force");
	assert_place(bed, "vfio-pci", "vfio-pci");
	assert_int_equal(ctl_bed_run(bed, "unbind --force " BDF), CTL_OK);
	assert_string_equal(bed->out, BDF ": vfio-pci -> mlx5_core\n");
	assert_place(bed, "mlx5_core", "");
}

static void by_force_but_without_any_driver_it_stays(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	ctl_bed_file(bed, "vfio-pci\n", "sys/bus/pci/devices/" BDF "/driver_override");
	assert_int_equal(ctl_bed_run(bed, "unbind --force " BDF), CTL_FAILED);
	ctl_bed_assert_in(bed->err, BDF ": a driver of the kernel's did not take it\n");
	assert_place(bed, "vfio-pci", "vfio-pci");
}

static void a_broken_record_is_not_believed(void **state)
{
	static const char *const broken[] = {
		"", "driver=mlx5_core\n", "override=\ndriver=mlx5_core\n",
		"driver=../../evil\noverride=\n",
		"driver=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\noverride=\n",
	};
	struct ctl_bed *bed = bed_with_hca(state);
	size_t i;

	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_OK);
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		ctl_bed_file(bed, broken[i], "run/bind/" BDF);
		assert_int_equal(ctl_bed_run(bed, "unbind " BDF), CTL_FAILED);
		ctl_bed_assert_in(bed->err, "/bind/" BDF ": ");
		assert_place(bed, "vfio-pci", "vfio-pci");
	}
}

static void without_iommu_bind_is_9(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_hca(bed, BDF, "mlx5_core", -1);
	ctl_bed_driver(bed, "vfio-pci");
	assert_int_equal(ctl_bed_run(bed, "bind " BDF), CTL_NO_IOMMU);
	assert_place(bed, "mlx5_core", "");
}

static void what_is_no_hca_is_left_alone(void **state)
{
	struct ctl_bed *bed = *state;

	ctl_bed_pci(bed, BDF, 0x144da808, "nvme", 12);
	ctl_bed_driver(bed, "vfio-pci");
	assert_int_equal(ctl_bed_run(bed, "bind --force " BDF), CTL_NO_HCA);
	ctl_bed_assert_in(bed->err, "(144d:a808) is no HCA");
	assert_int_equal(ctl_bed_run(bed, "bind 0000:00:1f.0"), CTL_NO_HCA);
	assert_string_equal(bed->err, "underpassctl: there is no PCI device 0000:00:1f.0\n");
	assert_place(bed, "nvme", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ctl_bed_setup, ctl_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bind_gives_it_to_vfio_and_unbind_brings_it_back),
		TEST(both_do_nothing_the_second_time),
		TEST(the_former_override_comes_back_too),
		TEST(an_hca_without_driver_is_without_one_again),
		TEST(a_failure_of_any_step_of_bind_puts_all_back),
		TEST(a_failure_of_any_step_of_unbind_keeps_it_with_vfio),
		TEST(a_bind_that_only_claims_success_is_found_out),
		TEST(a_way_back_that_fails_too_is_told_with_what_to_do),
		TEST(no_right_is_7_and_says_root),
		TEST(a_user_who_is_not_root_is_told_before_anything_changes),
		TEST(an_interface_that_is_up_is_5_unless_forced),
		TEST(programs_that_have_it_open_are_5_and_named),
		TEST(virtual_functions_are_5),
		TEST(a_group_that_is_held_is_not_unbound_even_by_force),
		TEST(vfio_pci_is_loaded_when_it_is_not_there),
		TEST(the_former_driver_is_loaded_when_it_is_gone),
		TEST(what_others_bound_comes_back_by_force_only),
		TEST(by_force_but_without_any_driver_it_stays),
		TEST(a_broken_record_is_not_believed),
		TEST(without_iommu_bind_is_9),
		TEST(what_is_no_hca_is_left_alone),
	};

	return cmocka_run_group_tests_name("bind and unbind", tests, NULL, NULL);
}
